"""Finds where a function jumps: the stairs of a lower precision, or a solver's stopping rule.

A jump keeps its height however closely it is looked at, which neither a bend nor a steep smooth
rise does. So a line is sampled, the place that stands out is sampled again, more closely, and so
on until only a jump can be left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_FIRST = 97
_NEXT = 33
"""Samples of the whole line, and of what is looked at again."""
_ORDERS = range(1, 7)
"""Differences of these orders take out what is smooth."""
_NARROW = 2.0**-36
"""Part of the line that the place of a jump is narrowed down to."""
_ROUNDS = 24
_DOMINANT = 16.0
"""How many times the rises beside it a jump is, there."""
_REPEATED = 3
_SEEN = 64.0
"""How many times rounding it is."""
_ALIKE = 0.25


@dataclass(frozen=True, slots=True)
class Jump:
    """One jump of a function along a line, and how far apart such jumps are."""

    height: float
    spacing: float
    """Mean distance between jumps, in units of the line; the line's length where it saw one."""
    range: float
    """By how much the values on the line differ."""
    before: float
    after: float
    """The places on both sides of it."""


def jump(function: Callable[[Array], Array], low: float, high: float, floor: float) -> Jump | None:
    """The jump that stands out most between low and high, None where there is none.

    `function` maps (k,) places to (k,) values; `floor` is the rounding of a value. Uses 97
    evaluations where the function is smooth, and about 400 where it is not.
    """
    places = np.linspace(low, high, _FIRST)
    values = function(places)
    if not np.isfinite(values).all():
        return None
    extent = float(np.ptp(values))
    highest = _ORDERS[-1]
    last, before = (np.abs(np.diff(values, order)).max() for order in (highest, highest - 1))
    # Differences of a smooth function fall with the order, those of a jump nearly double.
    if last <= _SEEN * 2**highest * floor or last < before / 2:
        return None
    spacing = (high - low) / _count(values, floor)
    alone = 0.0
    for _ in range(_ROUNDS):
        order, at = _outlier(values, floor)
        left, right = places[at], places[at + order]
        if right - left <= _NARROW * (high - low):
            break
        # As much again on both sides, so that a jump has something to stand out from.
        margin = (right - left) / 4
        places = np.linspace(left - margin, right + margin, _NEXT)
        values = function(places)
        if not np.isfinite(values).all():
            return None
        if _jumps(np.diff(values)):
            alone = max(alone, float(np.abs(np.diff(values)).max()))
    at = int(np.abs(np.diff(values)).argmax())
    height = float(abs(values[at + 1] - values[at]))
    if height <= _SEEN * floor or height < alone / 2 or not alone:
        return None
    return Jump(height, spacing, extent, float(places[at]), float(places[at + 1]))


def _jumps(rises: Array) -> bool:
    """Whether one rise stands out, or many of the same height go up and down: where a stopping rule
    is met to the last bit, there is jump after jump."""
    size = np.abs(rises)
    highest = size.max()
    large = rises[size > highest / 2]
    return bool(
        highest >= _DOMINANT * np.median(size)
        or min((large > 0).sum(), (large < 0).sum()) >= _REPEATED
    )


def _outlier(values: Array, floor: float) -> tuple[int, int]:
    """The order of differences in which one stands out, the lowest such, and its place."""
    found = []
    for order in _ORDERS:
        differences = np.diff(values, order)
        if order == 1:
            differences = differences - np.median(differences)
        size = np.abs(differences)
        at = int(np.argmax(size))
        found.append((size[at] / (np.median(size) + 2.0**order * floor), order, at))
    most = max(ratio for ratio, _, _ in found)
    return next((order, at) for ratio, order, at in found if ratio >= most / 2)


def _count(values: Array, floor: float) -> int:
    """How many jumps of a kind the samples show, at least one."""
    order = _ORDERS[-1]
    size = np.abs(np.diff(values, order))
    standing = size > max(_ALIKE * float(size.max()), 2.0**order * floor)
    # A jump disturbs as many neighbouring differences as their order.
    return max(1, round(float(standing.sum()) / (order / 2)))
