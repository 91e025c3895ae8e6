"""Where a search looks: points near the given one and far from it, as hypothesis strategies.

Simple comes first in each strategy, since hypothesis shrinks towards it: zeros before whole
numbers, whole numbers before fractions, fresh values before the given ones with a few changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from adbench.check.layout import Layout

Array = NDArray[Any]

_MANY = 400
"""Leaves with more coordinates than this are one value throughout but for a few elements."""
_CHANGED = 3
_SMALLEST = 1e-3
"""Least magnitude beside zero, unless the given values are smaller: near zero, formulas that are
right lose their digits to cancellation."""
_SPECIAL = (0.5, 0.1, 0.01, 1e-3, 1e-4, 1.5, 2.5, 1e4, 1e5, 1e6, 1e8)
_FACTORS = (1.0, -1.0, 0.0, 2.0, -2.0, 10.0, -10.0, 0.1, -0.1, 100.0, -100.0, 0.01, 1e3, -1e3, 1e-3)


def points(x: Array, layout: Layout) -> SearchStrategy[Array]:
    """Coordinates (n,) of points to look at; `x` is the given one."""
    parts = [_leaf(x[layout.span(i)]) for i in range(len(layout.leaves))]
    return st.tuples(*parts).map(np.concatenate)


def _leaf(given: Array) -> SearchStrategy[Array]:
    if not given.size:
        return st.just(given)
    size = np.abs(given[np.isfinite(given) & (given != 0)])
    number = _numbers(float(np.median(size)) if size.size else 1.0)
    least = min(float(size.min()), _SMALLEST) if size.size else _SMALLEST
    if given.size <= _MANY:
        fresh = arrays(np.float64, given.size, elements=number, fill=_fill(given.size, number))
    else:
        fresh = number.map(lambda value: np.full(given.size, value))
    rounded = np.array([float(f"{value:.2g}") for value in given])
    kept = st.sampled_from(_FACTORS).map(lambda factor: rounded * factor)
    shifted = st.tuples(kept, number).map(lambda pair: pair[0] + pair[1])
    any_of = st.one_of(fresh, _changed(fresh, number), _changed(kept, number), shifted)
    return any_of.map(lambda values: np.where(np.abs(values) < 0.9 * least, 0.0, values))


def _fill(size: int, number: SearchStrategy[float]) -> SearchStrategy[float]:
    """A short leaf has every element drawn; a longer one has one value in most places."""
    return st.nothing() if size <= 16 else number


def _changed(base: SearchStrategy[Array], number: SearchStrategy[float]) -> SearchStrategy[Array]:
    """The base with one to three elements set to other values."""

    def change(pair: tuple[Array, list[tuple[int, float]]]) -> Array:
        changed = pair[0].copy()
        for place, value in pair[1]:
            changed[place % changed.size] = value
        return changed

    places = st.tuples(st.integers(0, 2**20), number)
    return st.tuples(base, st.lists(places, min_size=1, max_size=_CHANGED)).map(change)


def _numbers(typical: float) -> SearchStrategy[float]:
    """Numbers of few digits: small and larger whole ones, fractions, and other magnitudes."""
    wide = float(f"{100 * typical:.1g}")
    special = st.sampled_from([sign * value for value in _SPECIAL for sign in (1.0, -1.0)])
    return st.one_of(
        st.integers(-10, 10).map(float),
        st.integers(-100, 100).map(float),
        st.floats(-wide, wide, allow_subnormal=False).map(lambda value: float(f"{value:.2g}")),
        st.integers(-1000, 1000).map(float),
        special,
    )
