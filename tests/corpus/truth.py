"""Derivatives of a corpus function from differences in 120 digits: the corpus's own referee.

With steps of 1e-25 (1e-50 at an exact zero) the truncation is about 1e-25 relative and the
round-off about 1e-70, so an interval between the two one-sided derivatives is exact for every
purpose here: a point where the function is smooth gives an interval of no width, a kink gives
its subgradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from corpus.entry import Array, Function, Inputs
from corpus.exact import MpArray, mp

Convention = Literal["transpose", "conjugate"]
STEP = mp.mpf(10) ** -25
MIXED_STEP = mp.mpf(10) ** -18


@dataclass(frozen=True)
class Interval:
    """The one-sided derivatives of one element, ordered; equal where the function is smooth.

    An index of None stands for the direction that raises every element of the leaf at once: at
    a tie only such a direction shows that a cotangent was counted twice.
    """

    name: str
    index: tuple[int, ...] | None
    low: complex
    high: complex


def lift(value: Array) -> Any:
    """A floating-point array in 120 digits; integer arrays (indices) stay as they are."""
    if value.dtype.kind not in "fc":
        return value
    number = mp.mpc if value.dtype.kind == "c" else mp.mpf
    flat = [number(item) for item in value.ravel().tolist()]
    raw = np.empty(len(flat), dtype=object)
    raw[:] = flat
    return MpArray(raw.reshape(value.shape))


def outputs(formula: Function, arguments: dict[str, Any]) -> list[MpArray]:
    """The outputs of a formula as a list."""
    result = formula(**arguments)
    return list(result) if isinstance(result, (tuple, list)) else [result]


def output_shapes(formula: Function, inputs: Inputs) -> list[tuple[int, ...]]:
    """Shapes of the outputs at these inputs."""
    arguments = {name: lift(value) for name, value in inputs.items()}
    return [output.shape for output in outputs(formula, arguments)]


def _weighted_change(
    before: list[MpArray], after: list[MpArray], weights: list[np.ndarray], convention: Convention
) -> Any:
    """Σ weight·(after − before), differenced output by output so that none swamps another."""
    total = mp.mpf(0)
    for old, new, weight in zip(before, after, weights, strict=True):
        for y0, y1, w in zip(old.raw.ravel(), new.raw.ravel(), weight.ravel(), strict=True):
            if mp.im(y1) != 0 and not isinstance(w, mp.mpc):
                raise ArithmeticError("a real function left its domain")
            total += mp.re((mp.conj(w) if convention == "conjugate" else w) * (y1 - y0))
    return total


def _scale(value: Array, index: tuple[int, ...] | None) -> Any:
    magnitudes = np.abs(value)
    own = float(magnitudes[index] if index is not None else np.min(magnitudes))
    return mp.mpf(own) if own else mp.mpf(float(np.max(magnitudes)) or 1.0) * STEP


def _moved(
    arguments: dict[str, Any], name: str, index: tuple[int, ...] | None, by: Any
) -> dict[str, Any]:
    raw = arguments[name].raw.copy()
    where = ... if index is None else index
    raw[where] = raw[where] + by
    return {**arguments, name: MpArray(raw)}


def _elements(
    inputs: Inputs, active: dict[str, bool], limit: int, always: Sequence[tuple[str, int]]
) -> list[tuple[str, tuple[int, ...]]]:
    """Up to `limit` elements of each active leaf, spread over it, and those in `always`."""
    chosen: list[tuple[str, tuple[int, ...]]] = []
    for name, value in inputs.items():
        if not active[name] or value.size == 0:
            continue
        flat = set(np.unique(np.linspace(0, value.size - 1, limit).round().astype(int)).tolist())
        flat |= {position for leaf, position in always if leaf == name}
        places = (np.unravel_index(position, value.shape) for position in sorted(flat))
        chosen += [(name, tuple(int(i) for i in place)) for place in places]
    return chosen


def gradient(
    formula: Function,
    inputs: Inputs,
    active: dict[str, bool],
    cotangents: list[Array],
    convention: Convention = "transpose",
    limit: int = 16,
    always: Sequence[tuple[str, int]] = (),
) -> list[Interval]:
    """The VJP's true elements (complex in the given convention), or their subgradients."""
    arguments = {name: lift(value) for name, value in inputs.items()}
    weights = [lift(np.asarray(c)).raw for c in cotangents]
    here = outputs(formula, arguments)
    result = []
    places: list[tuple[str, tuple[int, ...] | None]] = [
        *_elements(inputs, active, limit, always),
        *((name, None) for name, value in inputs.items() if active[name] and value.size),
    ]
    for name, index in places:
        step = STEP * _scale(inputs[name], index)
        parts = []
        for unit in (1, mp.mpc(0, 1)) if inputs[name].dtype.kind == "c" else (1,):
            sides = []
            for sign in (1, -1):
                moved = _moved(arguments, name, index, sign * step * unit)
                try:
                    there = outputs(formula, moved)
                    change = _weighted_change(here, there, weights, convention)
                except (ArithmeticError, ValueError):
                    continue
                sides.append(sign * change / step)
            if not sides:
                raise ArithmeticError(f"{name}{index}: undefined on both sides")
            parts.append((min(sides), max(sides)))
        if len(parts) == 1:
            low, high = (float(side) for side in parts[0])
        else:
            turn = 1j if convention == "conjugate" else -1j
            low, high = (float(re) + turn * float(im) for re, im in zip(*parts, strict=True))
        result.append(Interval(name, index, low, high))
    return result


def _along(arguments: dict[str, Any], tangents: dict[str, Array], by: Any) -> dict[str, Any]:
    return {
        name: value + lift(tangents[name]) * by if name in tangents else value
        for name, value in arguments.items()
    }


def tangent(formula: Function, inputs: Inputs, tangents: dict[str, Array]) -> list[Array]:
    """The JVP along `tangents`, by a central difference."""
    arguments = {name: lift(value) for name, value in inputs.items()}
    ends = [outputs(formula, _along(arguments, tangents, sign * STEP)) for sign in (1, -1)]
    return [
        np.asarray((plus.raw - minus.raw) / (2 * STEP)).astype(float)
        for plus, minus in zip(*ends, strict=True)
    ]


def curvature(
    formula: Function,
    inputs: Inputs,
    active: dict[str, bool],
    cotangents: list[Array],
    tangents: dict[str, Array],
    limit: int = 12,
) -> list[Interval]:
    """The HVP's true elements, by a mixed central difference (real functions)."""
    arguments = {name: lift(value) for name, value in inputs.items()}
    weights = [lift(np.asarray(c)).raw for c in cotangents]
    result = []
    for name, index in _elements(inputs, active, limit, ()):
        step = MIXED_STEP * _scale(inputs[name], index)
        total = mp.mpf(0)
        for a in (1, -1):
            moved = _moved(arguments, name, index, a * step)
            ends = [outputs(formula, _along(moved, tangents, b * MIXED_STEP)) for b in (-1, 1)]
            total += a * _weighted_change(*ends, weights, "transpose")
        true = float(total / (4 * step * MIXED_STEP))
        result.append(Interval(name, index, true, true))
    return result
