"""Makes a failing point readable: zeros where they do, equal values, few digits, small numbers.

hypothesis shrinks the choices that made a point, which leaves it far from readable where those
were, say, the given values times ten. This works on the numbers themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_GROUPS = 24
"""Distinct values that are simplified one by one; the largest groups, when there are more."""
_ROUNDS = 4
_ZEROINGS = 300
"""Blocks that are tried in a round."""


def simplify(x: Array, fails: Callable[[Array], bool]) -> Array:
    """A point at which `fails` still holds, with simpler coordinates (n,) than x.

    `fails` may raise to end the search; whatever it has accepted, it has seen.
    """
    for _ in range(_ROUNDS):
        before = x
        x = _with_zeros(x, fails)
        for value in _distinct(x):
            x = _with_simpler(x, value, fails)
        if np.array_equal(x, before):
            break
    return x


def _with_zeros(x: Array, fails: Callable[[Array], bool]) -> Array:
    """Zero in blocks: all; where that will not do, its halves; and so on, while there are few."""
    blocks, left = deque([np.flatnonzero(x)]), _ZEROINGS
    while blocks and left:
        block = blocks.popleft()
        if not block.size:
            continue
        left -= 1
        candidate = x.copy()
        candidate[block] = 0.0
        if fails(candidate):
            x = candidate
        elif block.size > 1:
            blocks += np.array_split(block, 2)
    return x


def _distinct(x: Array) -> list[float]:
    values, counts = np.unique(x[x != 0], return_counts=True)
    return [float(v) for v in values[np.argsort(-counts, kind="stable")][:_GROUPS]]


def _with_simpler(x: Array, value: float, fails: Callable[[Array], bool]) -> Array:
    """Replace a value wherever it stands by the simplest one that will do."""
    places = x == value

    def holds(other: float) -> bool:
        return fails(np.where(places, other, x))

    simplest = next((other for other in _simpler(value) if holds(other)), value)
    if abs(simplest) > 1 and simplest == int(simplest):
        simplest = _least_whole(simplest, holds)
    return np.where(places, simplest, x)


def _simpler(value: float) -> Iterator[float]:
    """Numbers that are simpler than a value and may do in its place, simplest first."""
    tried: set[float] = set()
    numbers = [1.0, -1.0, 2.0, -2.0, 0.5, -0.5, *([-value] if value < 0 else [])]
    numbers += [float(f"{value:.1g}"), np.floor(value), np.ceil(value)]
    numbers += [float(f"{value:.{digits}g}") for digits in (2, 3, 4, 6)]
    for number in map(float, numbers):
        if number == value:
            return
        if number not in tried and number != 0 and np.isfinite(number):
            tried.add(number)
            yield number


def _least_whole(value: float, holds: Callable[[float], bool]) -> float:
    """The whole number of least magnitude that will do, if those that do are all the larger."""
    sign, high, low = np.sign(value), abs(value), 0.0
    while high - low > 1 and np.isfinite(high):
        middle = np.floor((low + high) / 2)
        if middle in (low, high):
            break
        if holds(float(sign * middle)):
            high = middle
        else:
            low = middle
    return float(sign * high)
