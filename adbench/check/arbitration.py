"""The referee is asked about what differences in double precision leave open, or accuse.

It replays the user's function with 50 digits, which settles whether a derivative is right with
a bound far below double rounding; where it cannot replay the function, nothing changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.comparison import WIDE, Comparison
from adbench.check.subject import Subject
from adbench.numeric.ladder import Kind
from adbench.numeric.referee import CannotReplay, ExactDerivatives, exact_derivatives

Array = NDArray[Any]

SECONDS = 2.0
"""Time that the referee may take for one trial."""
_DROWNED = 1e-9
"""Size, relative to the largest derivative, below which AD's rounding may hide an element."""
POOR = 1e-5
"""Resolution beyond which the referee is asked although nothing seems wrong."""
_LITTLE = 1e-4
"""Relative error of a function's own differences that may be its conditioning."""
_MOST = 32
_MARGIN = 4.0
"""How many times the AD side's own uncertainty excuses a difference from the exact derivative."""


def doubtful(case: Comparison) -> Array:
    """Which directions (D,) are accused, open under every weighting, or poorly resolved."""
    return np.asarray(case.accused.any(axis=1) | case.open.all(axis=1) | (case.sharpest > POOR))


def arbitrate(
    case: Comparison,
    subject: Subject,
    directions: Array,
    weights: Array,
    slack: Array,
    reference: Array,
    *,
    convict: bool = True,
) -> None:
    """Settle in place what is accused, or open under every weighting, as far as it can be.

    Without `convict` it only acquits: beyond what double precision can resolve, an exact
    derivative may have little to do with what a program computes.

    An exact derivative replaces the numeric one and its bound. AD is right if it lies within
    tolerance of it, allowing for its own rounding `slack` (D, m); it is accused if it does not.
    """
    asked = np.flatnonzero(doubtful(case))[:_MOST]
    if not asked.size:
        return
    finite = np.isfinite(subject.origin)
    try:
        exact = exact_derivatives(
            subject.bound.apply,
            subject.arrays(subject.x),
            [subject.inputs.unpack(directions[d]) for d in asked],
            [subject.outputs.unpack(np.where(finite, w, 0.0)) for w in weights],
            deadline=SECONDS,
        )
    except (CannotReplay, NotImplementedError):
        return
    for row, d in enumerate(asked):
        for j in range(len(weights)):
            if case.accused[d, j] or case.open[d, j] or case.resolution[d, j] > POOR:
                noise, size = float(slack[d, j]), float(reference[d, j])
                _settle(case, exact, row, int(d), j, noise, size, convict)


def _settle(
    case: Comparison,
    exact: ExactDerivatives,
    row: int,
    d: int,
    j: int,
    slack: float,
    reference: float,
    convict: bool,
) -> None:
    ad, best = float(case.ad[d, j]), case.numeric.best
    bound = float(exact.bound[row, j])
    if exact.kink[row, j] and convict:
        low, high = sorted((float(exact.left[row, j]), float(exact.right[row, j])))
        case.accused[d, j] = not low - _MARGIN * slack <= ad <= high + _MARGIN * slack
        case.subgradient[d, j] = not case.accused[d, j]
        case.open[d, j] = False
        best.kind[d, j] = Kind.KINK
        best.left[d, j], best.right[d, j] = exact.left[row, j], exact.right[row, j]
        return
    if not np.isfinite(bound):
        return
    value = float(exact.value[row, j])
    allowed = case.rtol * abs(value) + float(case.atol[d, j])
    if abs(value) <= bound:
        # Of terms that cancel, AD leaves the rounding; so do the function's own values.
        slack = max(slack, float(np.nan_to_num(best.noise[d, j], posinf=0.0)))
    slack = max(slack, _miss(float(best.value[d, j]), float(best.bound[d, j]), value))
    wrong = not abs(ad - value) <= allowed + 2 * bound + _MARGIN * slack
    if wrong and abs(ad - best.value[d, j]) <= 2 * best.bound[d, j] + case.tolerance[d, j]:
        return  # AD agrees with the function as it is computed, if not as it is written
    if wrong and not convict:
        return
    size = abs(value) or reference
    best.value[d, j], best.bound[d, j], best.kind[d, j] = value, bound, Kind.CENTRAL
    best.still[d, j] = False
    resolution = (allowed + 2 * bound + _MARGIN * slack) / size if size else np.nan
    # Where AD's own rounding would excuse anything, agreement is no evidence; but where that
    # rounding is tiny beside the largest derivative, no program could have done better.
    drowned = resolution * size <= _DROWNED * reference
    vague = not wrong and resolution > WIDE and not drowned
    case.accused[d, j], case.open[d, j] = wrong, vague
    case.resolution[d, j] = np.nan if resolution > WIDE else resolution


def _miss(numeric: float, bound: float, exact: float) -> float:
    """By how much the function, as it is computed, misses its exact derivative: as much as AD may.

    An ill-conditioned solve is off by its condition number times rounding, whatever it is that
    rounds: differences see that, and the backward pass has an error of its own of that size.
    """
    off = abs(numeric - exact)
    sure = np.isfinite(numeric) and off > _MARGIN * bound
    return off if sure and off <= _LITTLE * abs(exact) else 0.0
