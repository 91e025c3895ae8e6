"""The metrics of the matrix: what each says, how it is read from a task, how a row ranks it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adbench.record.bench import Measurement
from adbench.record.model import CaseResult, CheckResult
from adbench.report.view.numbers import ratio, seconds, size

_MOST_DIGITS = 15.9
"""Of a double: 2⁻⁵³ is 1.1e-16."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One way to fill the matrix."""

    key: str
    """Its first letter is that of no other: a page calls it by that, thousands of times."""
    label: str
    meaning: str
    factor: bool
    """Whether the numbers are factors, of which a geometric mean can be taken."""
    to_best: bool
    """Whether a cell shows the ratio to the row's best; then with the quantity itself beside."""
    show: Callable[[float], str]
    shades: tuple[float, ...] = ()
    """Where the tints begin, from the best on."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of one cell."""

    text: str
    note: str = ""
    """The quantity itself, where `text` is a ratio."""
    order: float | None = None
    """What to sort and to average by."""
    shade: int | None = None
    tie: bool = False
    """Whether it cannot be told apart from another of its row."""


def _digits(value: float) -> str:
    return f"{value:.1f}"


def _calls(value: float) -> str:
    return "never" if math.isinf(value) else f"{math.ceil(value):,}"


_TO_BEST = (1.1, 2.0, 5.0)
METRICS = (
    Metric(
        "digits",
        "Digits of agreement",
        "decimal digits in which AD and the numeric derivative agree, as far as the bound proves",
        factor=False,
        to_best=False,
        show=_digits,
    ),
    Metric(
        "time",
        "Time",
        "steady time of one gradient, as a ratio to the fastest of the row",
        factor=True,
        to_best=True,
        show=seconds,
        shades=_TO_BEST,
    ),
    Metric(
        "ratio",
        "Gradient ÷ primal",
        "the gradient's time over that of the function alone, same backend and mode",
        factor=True,
        to_best=False,
        show=ratio,
        shades=(3.0, 5.0, 10.0),
    ),
    Metric(
        "memory",
        "Memory",
        "peak memory of one gradient above its inputs, as a ratio to the row's least",
        factor=True,
        to_best=True,
        show=size,
        shades=_TO_BEST,
    ),
    Metric(
        "compile",
        "Compile time",
        "time of the first call beyond a steady one, as a ratio to the row's least",
        factor=True,
        to_best=True,
        show=seconds,
        shades=(2.0, 10.0, 100.0),
    ),
    Metric(
        "break",
        "Break-even",
        "calls after which compiling has paid, against the same backend uncompiled",
        factor=False,
        to_best=False,
        show=_calls,
    ),
)


def agreement(check: CheckResult) -> float | None:
    """Decimal digits in which AD agrees with the numeric derivative where they differ most.

    Counted no further than the numeric derivative's bound proves; 0 where AD is not finite.
    """
    pairs = [(e.ad, e.numeric, e.bound) for d in check.derivatives for e in d.worst]
    if not pairs:
        curves = [d.v_curve for d in check.derivatives if d.v_curve]
        pairs = [(c.ad, c.numeric, c.bound) for c in curves]
    pairs += [
        (f.ad, f.numeric, f.bound or 0.0)
        for f in check.findings
        if f.level == "fail" and f.ad is not None and f.numeric is not None
    ]
    found = [d for d in (_agreeing_digits(*pair) for pair in pairs) if d is not None]
    return min(found, default=None)


def _agreeing_digits(ad: float, numeric: float, bound: float) -> float | None:
    if not (math.isfinite(numeric) and math.isfinite(bound)):
        return None
    if not math.isfinite(ad):
        return 0.0
    scale = max(abs(ad), abs(numeric))
    if scale == 0:
        return None  # two zeros agree in every digit, and in none
    known = max(abs(ad - numeric), bound) / scale
    return _MOST_DIGITS if known == 0 else min(_MOST_DIGITS, max(0.0, -math.log10(known)))


def readings(check: CaseResult | None, measurement: Measurement | None) -> dict[str, float]:
    """By metric, the quantity of one task: digits, seconds, factors, bytes, calls."""
    found: dict[str, float | None] = {}
    if check is not None and check.check is not None:
        found["digits"] = agreement(check.check)
    if measurement is not None and measurement.status == "measured":
        m = measurement
        found["time"] = m.steady.value if m.steady else None
        found["ratio"] = m.ratio.value if m.ratio else None
        found["memory"] = float(m.memory.peak) if m.memory else None
        found["compile"] = compile_seconds(m)
        if m.break_even:
            found["break"] = math.inf if m.break_even.calls is None else m.break_even.calls
    return {k: v for k, v in found.items() if v is not None and not math.isnan(v)}


def compile_seconds(measurement: Measurement) -> float | None:
    """What getting ready costs: the stages where they are known, else the slow first call."""
    if measurement.compile:
        return sum(stage.seconds for stage in measurement.compile)
    if measurement.first_call is None or measurement.steady is None:
        return None
    return max(0.0, measurement.first_call - measurement.steady.value)


def figures(
    row: Sequence[dict[str, float]], trusted: Sequence[bool], ranks: Sequence[int | None]
) -> list[dict[str, Figure]]:
    """The row's quantities as they are shown, ratios to the best of its right gradients."""
    told: list[dict[str, Figure]] = [{} for _ in row]
    for metric in METRICS:
        values = [quantities.get(metric.key) for quantities in row]
        right = [v for v, sure in zip(values, trusted, strict=True) if sure and v is not None]
        best = min((v for v in right if v > 0), default=None)
        for cell, value, sure, rank in zip(told, values, trusted, ranks, strict=True):
            if value is None:
                continue
            tie = metric.key == "time" and rank is not None and list(ranks).count(rank) > 1
            if metric.to_best:
                factor = value / best if best and sure else None
                cell[metric.key] = Figure(
                    ratio(factor), metric.show(value), factor, _shade(factor, metric), tie
                )
            else:
                shade = _shade(value, metric) if sure else None
                cell[metric.key] = Figure(metric.show(value), "", value, shade)
    return told


def _shade(value: float | None, metric: Metric) -> int | None:
    """0 for the best, up to the number of shades; None where a metric has none."""
    if value is None or not metric.shades:
        return None
    return sum(value > threshold for threshold in metric.shades)
