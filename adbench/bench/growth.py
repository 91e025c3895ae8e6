"""How cost grows with a case's size: a power law fitted to what was measured."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from adbench.record.bench import Growth, Interval, Measurement

FEWEST_SIZES = 3
"""Two sizes have a slope too, but nothing to tell whether it holds beyond them."""
_Z = 1.96
_RATIO_GROWS = 0.1
"""A ratio whose exponent lies wholly above this is pointed out: over a hundredfold size it then
grows by more than half."""

Quantity = Literal["time", "memory", "ratio", "numeric"]


def fit(measurements: Iterable[Measurement]) -> tuple[Growth, ...]:
    """The exponents of each backend's time, memory, gradient ÷ primal and forward differences.

    One curve holds the measurements that differ in nothing but the size; there is none for fewer
    than three sizes.
    """
    found = []
    for curve in _curves(measurements):
        first = curve[0]
        for quantity, value_of in _QUANTITIES.items():
            seen = [(m.size, value_of(m)) for m in curve]
            points = [(size, v) for size, v in seen if size and v is not None and v.low > 0]
            if len(points) < FEWEST_SIZES:
                continue
            sizes, values = zip(*points, strict=True)
            exponent = fit_exponent(sizes, values)
            found.append(
                Growth(
                    suite=first.suite,
                    base=first.base,
                    point=_point(first),
                    backend=first.backend,
                    mode=first.mode,
                    what=first.what,
                    parameter=first.parameter or "",
                    quantity=quantity,
                    exponent=exponent,
                    sizes=sizes,
                    flagged=_flag(first, exponent, points) if quantity == "ratio" else "",
                )
            )
    return tuple(found)


def fit_exponent(sizes: Sequence[float], values: Sequence[Interval]) -> Interval:
    """The exponent b of value ∝ size^b, by least squares over the logarithms.

    The interval holds 95 % of what the values' own intervals let b be, and the slope between
    every two neighbouring sizes: few costs are power laws at the sizes measured (a fixed cost
    flattens their beginning), and an interval that left that out would promise too much. Sizes
    ascend; they, and the values with their intervals, are above 0.
    """
    x, y = np.log(sizes), np.log([value.value for value in values])
    error = np.array([math.log(v.high / v.low) / (2 * _Z) for v in values])
    centred = x - x.mean()
    weights = centred / (centred @ centred)
    slope = float(weights @ y)
    spread = _Z * float(np.sqrt(((weights * error) ** 2).sum()))
    local = np.diff(y) / np.diff(x)
    low, high = min(slope - spread, local.min()), max(slope + spread, local.max())
    return Interval(value=slope, low=float(low), high=float(high))


def _curves(measurements: Iterable[Measurement]) -> Iterator[list[Measurement]]:
    """Measurements that differ in the size alone, by ascending size."""
    curves: dict[tuple[Any, ...], list[Measurement]] = {}
    for m in measurements:
        if m.status == "measured" and m.size is not None and m.size > 0 and m.parameter:
            others = {name: value for name, value in m.params.items() if name != m.parameter}
            key = (m.suite, m.base, m.backend, m.mode, m.dtype, m.device, m.what)
            curves.setdefault((*key, json.dumps(others, sort_keys=True)), []).append(m)
    for curve in curves.values():
        yield sorted(curve, key=lambda m: m.size or 0.0)


def _point(m: Measurement) -> str:
    """The grid point without the size: `D=2,K=5` of `gmm[D=2,K=5,N=100]`."""
    inside = m.case.removeprefix(m.base).strip("[]")
    parts = inside.split(",") if inside else []
    return ",".join(part for part in parts if part.partition("=")[0] != m.parameter)


def _memory(m: Measurement) -> Interval | None:
    """A counter is exact."""
    if m.memory is None:
        return None
    return Interval(value=m.memory.peak, low=m.memory.peak, high=m.memory.peak)


def _flag(m: Measurement, exponent: Interval, points: Sequence[tuple[float, Interval]]) -> str:
    if exponent.low <= _RATIO_GROWS:
        return ""
    (small, least), (large, most) = points[0], points[-1]
    at = f"with {point}, " if (point := _point(m)) else ""
    return (
        f"{at}the gradient costs {least.value:.2g} primals at {m.parameter} = {small:g} and "
        f"{most.value:.2g} at {large:g}: a ratio that grows with the size"
    )


_QUANTITIES: dict[Quantity, Callable[[Measurement], Interval | None]] = {
    "time": lambda m: m.steady,
    "memory": _memory,
    "ratio": lambda m: m.ratio,
    "numeric": lambda m: m.numeric,
}
