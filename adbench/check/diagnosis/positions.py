"""Where by index the wrong elements are: the ends of an axis, one index, a diagonal, a triangle."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence

_CHANCE = 10
"""Ways to choose as many of the elements; of fewer, that a pattern fits says nothing."""


def by_index(e: Evidence) -> Iterator[str]:
    """The wrong elements are those of a plain pattern of indices, exactly."""
    if words := named_places(e, *e.told_apart):
        yield words


def named_places(e: Evidence, wrong: Array, right: Array) -> str | None:
    """`exactly on the diagonal`, or where else these elements are, as against the others."""
    known = wrong | right
    if not wrong.any() or not right.any() or not e.looked_at.all():
        return None  # of a sample no pattern is known
    if comb(int(known.sum()), int(wrong.sum())) < _CHANCE:
        return None
    axes = len(e.inputs.leaves[e.leaf].shape)
    for words, pattern in _patterns(e.shape[:axes]):
        whole = np.broadcast_to(
            pattern.reshape(*pattern.shape, *([1] * (known.ndim - axes))), known.shape
        )
        if np.array_equal(whole & known, wrong):
            return f"exactly {words}"
    return None


def _patterns(shape: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    """Named sets of indices, the plainest first, as masks of this shape."""
    index = np.indices(shape)
    if len(shape) >= 2 and shape[-1] == shape[-2] > 1:
        row, column = index[-2], index[-1]
        yield "on the diagonal", row == column
        yield "off the diagonal", row != column
        yield "below the diagonal", row > column
        yield "above the diagonal", row < column
        yield "on and below the diagonal", row >= column
        yield "on and above the diagonal", row <= column
    for axis, length in enumerate(shape):
        of = f"of axis {axis}" if len(shape) > 1 else "of the axis"
        place, last = index[axis], length - 1
        if length > 2:
            yield f"at the first and the last index {of}", (place == 0) | (place == last)
            yield f"between the ends {of}", (place > 0) & (place < last)
        if length > 1:
            yield f"at the first index {of}", place == 0
            yield f"at the last index {of}", place == last
            yield f"after the first index {of}", place > 0
            yield f"before the last index {of}", place < last
        if length > 3:
            yield f"at every second index {of}, the even ones", place % 2 == 0
            yield f"at every second index {of}, the odd ones", place % 2 == 1
        if len(shape) > 1:
            for k in range(1, last):
                yield f"at index {k} {of}", place == k
    if len(shape) >= 2 and min(shape[-2:]) > 2:
        ends = [(index[a] == 0) | (index[a] == shape[a] - 1) for a in (-2, -1)]
        yield "on the border of the last two axes", ends[0] | ends[1]
        yield "inside the border of the last two axes", ~(ends[0] | ends[1])
