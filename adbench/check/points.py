"""Other points to look at: a bug in a branch that the given point never takes is not seen there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import Layout

Array = NDArray[Any]

LARGE = 2000
"""Inputs with more coordinates than this are looked at in one further point only."""
_FACTORS = np.array([1.0, -1.0, 4.0, -4.0, 0.25, -0.25])
_SCATTERINGS = 4


def other_points(
    x: Array, layout: Layout, rng: np.random.Generator, *, thorough: bool = False
) -> Iterator[tuple[str, Array]]:
    """Names and coordinates of points derived from x: scattered, negated, scaled up, with ties.

    More of them when `thorough`: further scatterings, other scales, and jittered zeros and ones.
    """
    # Never the same factor twice: a symmetric matrix, or a pair of equals, shall not stay one.
    factors = _FACTORS.take(rng.integers(len(_FACTORS), size=x.shape, dtype=np.int8))
    factors *= rng.uniform(0.9, 1.1, x.shape)
    zero = x == 0
    moved = x
    if zero.any():
        typical = 1.0 if zero.all() else np.median(np.abs(x[~zero]))
        moved = np.where(zero, typical * rng.standard_normal(x.shape), x)
    yield "each element times about ±¼, ±1 or ±4", moved * factors
    if x.size > LARGE:
        return
    yield "the inputs negated", -x
    yield "the inputs times 4", 4 * x
    if (tied := _tied(x, layout)) is not None:
        yield "neighbouring elements made equal", tied
    if (level := _level(x, layout)) is not None:
        yield "all elements of an input made equal", level
    if not thorough:
        return
    for _ in range(_SCATTERINGS):
        yield (
            "each element times 10ᵘ, u in [-2, 2], of either sign",
            moved * (10 ** rng.uniform(-2, 2, x.shape) * rng.choice([-1.0, 1.0], x.shape)),
        )
    for factor in (0.1, 10.0, 100.0, 1e-3):
        yield f"the inputs times {factor:g}", factor * x
    yield "every element 0 ± 0.01", 0.01 * rng.uniform(-1, 1, x.shape)
    yield "every element 1 ± 0.01", 1 + 0.01 * rng.uniform(-1, 1, x.shape)


def _level(x: Array, layout: Layout) -> Array | None:
    """Every leaf filled with its first element."""
    level = x.copy()
    for i, leaf in enumerate(layout.leaves):
        span, step = layout.span(i), 2 if leaf.dtype.kind == "c" else 1
        part = level[span].reshape(-1, step)
        part[:] = part[:1]
    return None if np.array_equal(level, x) else level


def _tied(x: Array, layout: Layout) -> Array | None:
    """Pairs of neighbours made equal, and inputs of the same shape made equal to the first."""
    tied = x.copy()
    first = layout.leaves[0]
    for i, leaf in enumerate(layout.leaves):
        span = layout.span(i)
        if i and leaf.shape == first.shape and leaf.dtype == first.dtype:
            tied[span] = tied[layout.span(0)]
            continue
        step = 4 if leaf.dtype.kind == "c" else 2
        part, half = tied[span], step // 2
        whole = part[: part.size // step * step].reshape(-1, step)
        whole[:, half:] = whole[:, :half]
    return None if np.array_equal(tied, x) else tied
