"""What a diagnosis is made from: AD and numeric derivatives of one leaf, by output and element."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import Layout
from adbench.check.subject import Subject

Array = NDArray[Any]

_RELATIVE = 1e-6
"""Relative difference up to which two values count as the same."""
_EXPLAINED = 1e-3
"""Share of the difference that a suspect may leave unexplained."""
_ROUNDING = 1e-12
"""What is left of a zero, relative to the largest value beside it; at least."""
_UNITS = 64
"""The same two limits, in units of the computation's rounding."""


@dataclass
class Evidence:
    """Derivatives (rows, n) over all input coordinates, and which of them belong to one leaf.

    Rows are the outputs where `by_output`, and random weightings of them otherwise. `doubt` is
    the uncertainty of AD − numeric; `known` says where both are there to be compared; `wrong`
    (n,) which coordinates were accused.
    """

    leaf: int
    inputs: Layout
    outputs: Layout
    x: Array
    y: Array
    all_ad: Array
    all_numeric: Array
    all_doubt: Array
    all_known: Array
    all_wrong: Array
    by_output: bool
    missing: frozenset[str] = frozenset()
    """Leaves for which the backend reports no path."""
    subject: Subject | None = None
    """For suspects that have to ask the function again; None where that cannot be done."""
    weights: Array | None = None
    """The rows' weightings of the outputs (rows, p)."""
    right_at: Array | None = None
    """Another point (n,) at which nothing is wrong."""
    until: float = float("inf")
    """How many evaluations the subject may have counted before nothing more is asked of it."""
    epsilon: float = 2.0**-53
    """The unit round-off of the computation."""
    sizes: tuple[int, ...] = field(default=())
    """Sizes that a forgotten mean or sum could have divided by."""

    @property
    def name(self) -> str:
        """The leaf's name."""
        return self.inputs.leaves[self.leaf].name

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The leaf's shape, with a last axis of 2 for the parts of a complex number."""
        return self.shape_of(self.inputs, self.leaf)

    @staticmethod
    def shape_of(layout: Layout, leaf: int) -> tuple[int, ...]:
        """A leaf's shape in real coordinates."""
        shape, span = layout.leaves[leaf].shape, layout.span(leaf)
        whole = span.stop - span.start == np.prod(shape, dtype=int)
        return shape if whole else (*shape, 2)

    @property
    def complex(self) -> bool:
        """Whether the leaf is complex."""
        return self.inputs.leaves[self.leaf].dtype.kind == "c"

    def where_finite(self) -> Evidence:
        """The same without the elements for which AD is not finite."""
        lost = ~np.isfinite(self.all_ad) & self.all_known
        known = self.all_known & ~lost.any(axis=0)
        return replace(self, all_known=known, all_wrong=self.all_wrong & ~lost.any(axis=0))

    @property
    def may_ask(self) -> bool:
        """Whether the function is there to be asked again, and has not been asked too often."""
        subject = self.subject
        return (
            subject is not None
            and self.weights is not None
            and subject.count.evaluations < self.until
        )

    def own(self, array: Array, leaf: int | None = None) -> Array:
        """The part (rows, *shape) of an array (rows, n) that belongs to this leaf or another."""
        leaf = self.leaf if leaf is None else leaf
        shape = self.shape_of(self.inputs, leaf)
        return np.asarray(array[..., self.inputs.span(leaf)].reshape((*array.shape[:-1], *shape)))

    @cached_property
    def ad(self) -> Array:
        """AD's values of this leaf, (rows, *shape)."""
        return self.own(self.all_ad)

    @cached_property
    def numeric(self) -> Array:
        """The numeric ones."""
        return self.own(self.all_numeric)

    @cached_property
    def doubt(self) -> Array:
        """The uncertainty of their difference."""
        return self.own(self.all_doubt)

    @cached_property
    def known(self) -> Array:
        """Where both are there, (rows, *shape)."""
        return self.own(self.all_known) & np.isfinite(self.numeric)

    @cached_property
    def wrong(self) -> Array:
        """Which of the leaf's elements were accused, (*shape)."""
        return self.own(self.all_wrong)

    @cached_property
    def values(self) -> Array:
        """The leaf's own values, (*shape)."""
        return self.own(self.x)

    @cached_property
    def looked_at(self) -> Array:
        """Which elements could be compared in some row, (*shape)."""
        return np.asarray(self.known.any(axis=0))

    @cached_property
    def substantial(self) -> Array:
        """Where the numeric derivative is known not to be zero, (rows, *shape)."""
        floor = self._rounding
        return self.known & (np.abs(self.numeric) > 4 * self.doubt + floor)

    @cached_property
    def given(self) -> Array:
        """Where AD is known not to be zero, (rows, *shape)."""
        size = np.abs(np.where(self.known, self.ad, 0.0))
        largest = size.max(axis=tuple(range(1, size.ndim)), keepdims=True, initial=0.0)
        floor = max(_ROUNDING, _UNITS * self.epsilon) * largest
        return np.asarray(self.known & (size > np.maximum(floor, 4 * self.doubt)))

    @cached_property
    def told_apart(self) -> tuple[Array, Array]:
        """Which elements are wrong and which right, (*shape) each.

        An element whose derivative is zero, in AD as well, is neither: nothing could go wrong.
        """
        moving = (self.substantial | (self.known & (self.ad != 0) & self.off)).any(axis=0)
        return self.wrong & self.looked_at, self.looked_at & ~self.wrong & moving

    @cached_property
    def off(self) -> Array:
        """Entries (rows, *shape) where AD and numeric differ by more than can be doubted."""
        with np.errstate(invalid="ignore"):
            apart = np.abs(self.ad - self.numeric)
            allowed = 4 * self.doubt + self._close(1e-9) * np.abs(self.numeric) + self._rounding
        return np.asarray(self.known & ~(apart <= allowed))

    @cached_property
    def _rounding(self) -> Array:
        """What is left of a zero in each row, (rows, 1, …)."""
        size = np.abs(np.where(self.known, self.numeric, 0.0))
        largest = size.max(axis=tuple(range(1, size.ndim)), keepdims=True, initial=0.0)
        return np.asarray(max(_ROUNDING, _UNITS * self.epsilon) * largest)

    def _close(self, relative: float) -> float:
        return max(relative, _UNITS * self.epsilon)

    @cached_property
    def relative(self) -> Array:
        """The relative differences of the entries that differ, (k,)."""
        size = np.maximum(np.abs(self.ad), np.abs(self.numeric))[self.off]
        return np.asarray(np.abs(self.ad - self.numeric)[self.off] / np.where(size > 0, size, 1.0))

    def fits(
        self,
        value: Array,
        doubt: Array | None = None,
        *,
        within: Array | None = None,
        least: int = 2,
    ) -> bool:
        """Whether AD equals `value` (rows, *shape) wherever it is known, unlike the numeric one.

        `doubt` is the value's own uncertainty, by default that of the numeric derivative; `within`
        restricts the question to some entries. At least so many entries must have been able to
        contradict: there `value` and the numeric derivative differ.
        """
        known = self.known if within is None else self.known & within
        value = np.broadcast_to(value, self.ad.shape)
        if not np.isfinite(value[known]).all() or not self.off[known].any():
            return False
        doubt = self.doubt if doubt is None else np.broadcast_to(doubt, self.ad.shape)
        close = self._close(min(_RELATIVE, _EXPLAINED * float(np.median(self.relative))))
        with np.errstate(invalid="ignore"):
            allowed = 4 * doubt + close * np.maximum(np.abs(self.ad), np.abs(value))
            allowed = allowed + self._rounding
            same = np.abs(self.ad - value) <= allowed
            telling = known & (np.abs(value - self.numeric) > 10 * allowed)
        return bool(same[known].all()) and int(telling.sum()) >= least

    def becomes(self, change: Any, *, least: int = 2, within: Array | None = None) -> bool:
        """Whether AD equals the numeric derivative after a linear change of its entries' places."""
        if not (self.ad[self.known] != 0).any():
            return False  # nothing is nowhere
        return self.fits(
            change(self.numeric), np.abs(change(self.doubt)), least=least, within=within
        )
