"""AD values against numeric derivatives with bounds: who is accused, who is cleared, who is open.

A value is accused only when it differs by more than the tolerance plus twice both sides' own
error. At a kink any value between the one-sided derivatives is a subgradient and is cleared.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.numeric.derivative import Derivatives
from adbench.numeric.ladder import Estimates, Kind

Array = NDArray[Any]

FAINT = 1e-7
"""Slope, relative to those nearby, that a function constant at the finest steps may hide."""
CANCELLATION = 32
"""Rounding of a derivative that is zero, in units of the largest one beside it."""
_QUANTA = 4.0
"""Rise, in units of the smallest one seen, from which a staircase's treads are small."""
_SMALL = 0.01
"""The same in units of the weighted output."""
WIDE = 0.1
"""Relative resolution beyond which agreement is no evidence."""


@dataclass(slots=True)
class Comparison:
    """Arrays (D, m) over directions and weightings; `slack` is the AD side's own uncertainty."""

    ad: Array
    numeric: Derivatives
    rtol: float
    atol: Array
    tolerance: Array
    slack: Array
    accused: Array
    open: Array
    """No number to compare with, or a bound too wide to mean anything."""
    subgradient: Array
    """At a kink, between the one-sided derivatives."""
    resolution: Array
    """Smallest relative error that would have been seen; NaN where nothing was compared."""

    def rows(self, which: slice) -> Comparison:
        """The same for some of the directions."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, part in parts.items():
            if isinstance(part, np.ndarray):
                parts[name] = part[which]
        return Comparison(**parts | {"numeric": self.numeric.rows(which)})

    @property
    def sharpest(self) -> Array:
        """The best resolution of each direction over the weightings, (D,); NaN where none."""
        best = np.where(np.isnan(self.resolution), np.inf, self.resolution).min(axis=1)
        return np.where(np.isfinite(best), best, np.nan)

    @property
    def excess(self) -> Array:
        """How many times the allowed difference was reached, (D, m)."""
        best = self.numeric.best
        allowed = self.tolerance + 2 * (np.where(np.isfinite(best.bound), best.bound, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.abs(self.ad - best.value) / (allowed + 2 * self.slack)
        return np.where(np.isnan(ratio), np.inf, ratio)


def _fine_staircase(ad: Array, best: Estimates, epsilon: float) -> Array:
    """Whether the function climbs in small treads that the finest steps do not see, (D, m).

    A sum that is large before its offset is taken away moves by the spacing of large numbers: by
    many treads at the coarsest step, or by treads that are small beside the function and beside
    which AD's slope would not show.
    """
    rise = np.abs(best.plain) * best.steps[:, None, None]
    least = np.where(rise > 0, rise, np.inf).min(axis=0)
    with np.errstate(invalid="ignore"):
        unseen = np.abs(best.value) <= 4 * best.bound
        many = rise.max(axis=0) >= _QUANTA * least
        small = least <= _SMALL * best.rounding / epsilon
        hidden = np.abs(ad) * best.steps[0] <= _QUANTA * least
        return np.asarray(unseen & (many | (small & hidden)))


def compare(
    ad: Array,
    numeric: Derivatives,
    reference: Array,
    rtol: float,
    atol: Array,
    epsilon: float,
    slack: Array | None = None,
) -> Comparison:
    """Judge AD values (D, m).

    `reference` (D, m) is the size of derivative against which a zero is measured; `atol` is
    added to the tolerance as it is; `epsilon` is the unit round-off of the computation.
    """
    best = numeric.best
    slack = np.zeros_like(ad) if slack is None else slack
    value, bound = best.value, best.bound
    with np.errstate(divide="ignore", invalid="ignore"):
        # Where terms cancel to zero, AD leaves the rounding of the terms.
        zero = np.abs(value) <= 2 * bound
        slack = np.where(zero, np.maximum(slack, CANCELLATION * epsilon * reference), slack)
        tolerance = rtol * np.abs(np.nan_to_num(value)) + atol
        allowed = tolerance + 2 * (bound + slack)
        smooth = (best.kind != Kind.KINK) & (best.kind != Kind.NONE)
        accused = smooth & ~(np.abs(ad - value) <= allowed)
        low = np.minimum(best.left, best.right)
        high = np.maximum(best.left, best.right)
        sided = 2 * (np.maximum(best.left_bound, best.right_bound) + slack)
        sided += rtol * np.maximum(np.abs(low), np.abs(high)) + atol
        kink = best.kind == Kind.KINK
        inside = (ad >= low - sided) & (ad <= high + sided)
        accused |= kink & ~inside
        # A function that is constant at the finest steps has two slopes, and zero is one.
        # Nor can its values speak of slopes that drown in the rounding of what it adds up.
        faint = (np.abs(ad) <= FAINT * best.nearby) & (np.abs(value) <= 4 * bound)
        flat = (
            numeric.quantised & (faint | (ad == 0) | _fine_staircase(ad, best, epsilon)) & accused
        )
        accused &= ~flat
        coarse = np.abs(ad - numeric.elsewhere) <= tolerance + 2 * (numeric.elsewhere_bound + slack)
        # The slope on another scale cannot convict, and does not clear either.
        torn = (coarse | best.pieces) & accused
        accused &= ~torn
        near = np.maximum(reference, best.nearby)
        size = np.where(np.abs(value) > 2 * bound, np.abs(value), near)
        resolution = (tolerance + 2 * (bound + slack)) / size
    # Nothing moved, at any step, and AD says zero: right, and no evidence of anything.
    idle = best.still & (ad == 0)
    unknown = (best.kind == Kind.NONE) | flat | torn
    unknown |= smooth & ~accused & ~(resolution <= WIDE) & ~idle
    with np.errstate(invalid="ignore"):
        unseen = (np.abs(value) <= 2 * bound) & ~(tolerance + 2 * bound <= WIDE * best.nearby)
    resolution = np.where(unknown | idle | kink | (unseen & smooth), np.nan, resolution)
    return Comparison(
        ad,
        numeric,
        rtol,
        atol,
        tolerance,
        slack,
        accused,
        unknown & ~accused,
        kink & inside,
        resolution,
    )
