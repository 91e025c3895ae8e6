"""From a trial's arrays to a verdict with its reason and its worth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check import chance
from adbench.check.trial import Trial
from adbench.numeric.ladder import Kind
from adbench.record.model import DerivativeResult, VCurve, Verdict

Array = NDArray[Any]

_AMPLIFIED = 1e11
"""Noise, in units of rounding, that no stopping rule explains."""
FAILED = "differs beyond tolerance and both error bounds"


def conclude(trial: Trial, *, failed: bool, curve: VCurve | None = None) -> DerivativeResult:
    """The verdict on one derivative; `failed` says that something else than values is wrong too."""
    case = trial.comparison
    best = case.numeric.best
    known = case.sharpest[np.isfinite(case.sharpest)]
    kinks = int(case.subgradient.sum())
    if failed or case.accused.any():
        verdict, reason = Verdict.FAIL, FAILED
    elif vacuous(trial):
        verdict = Verdict.INCONCLUSIVE
        reason = (
            f"every derivative is zero here: the check could not have failed; {_why_zero(trial)}"
        )
    elif unresolved(trial):
        verdict, reason = Verdict.INCONCLUSIVE, _why_open(trial)
    elif kinks:
        verdict = Verdict.KINK
        reason = f"a kink in {kinks} of {best.kind.size} probes; AD gives a subgradient there"
    else:
        verdict, reason = Verdict.PASS, f"agrees within tolerance{_unseen(trial)}{_settled(trial)}"
    what = "elements" if trial.coordinates is not None else "random directions"
    return DerivativeResult(
        derivative=trial.derivative,
        verdict=verdict,
        reason=reason,
        # What was not decided would not have been seen.
        resolution=float(known.max())
        if known.size and verdict is not Verdict.INCONCLUSIVE
        else None,
        compared=int(known.size),
        method=f"Richardson differences along {len(trial.directions)} {what}, "
        f"{len(trial.weights)} output weightings",
        v_curve=curve,
        second_opinion=trial.opinion.words,
    )


def _settled(trial: Trial) -> str:
    """What the differences alone would have left open, in words that follow others."""
    if not trial.opinion.settled:
        return ""
    count = f"{trial.opinion.settled} of {len(trial.directions)}"
    return f"; in {count} directions only the complex step could tell"


def _unseen(trial: Trial) -> str:
    """Which elements agree as zeros only, in words that follow others."""
    case = trial.comparison
    rows = ~(np.isfinite(case.sharpest) | case.subgradient.any(axis=1))
    if trial.coordinates is None or not rows.any():
        return ""
    are = "is" if rows.sum() == 1 else "are"
    return (
        f"; {int(rows.sum())} of {rows.size} elements {are} zero, or too small beside the others "
        "to be seen"
    )


def vacuous(trial: Trial) -> bool:
    """Whether every numeric derivative is zero within its bound: agreement is no evidence."""
    best = trial.comparison.numeric.best
    zero = best.still | (np.abs(best.value) <= best.bound)
    return bool(zero.all()) and not (best.kind == Kind.KINK).any()


def unresolved(trial: Trial) -> bool:
    """Whether some direction is open, and nothing would have been seen of it otherwise."""
    return bool(_open(trial).any())


def _open(trial: Trial) -> Array:
    """Directions (D,) that are open under some weighting and show nothing under another: what one
    swamps another may show, but that it is too small there to be seen is no evidence."""
    case = trial.comparison
    shown = (np.isfinite(case.resolution) | case.subgradient) & ~case.open
    return np.asarray(case.open.any(axis=1) & ~shown.any(axis=1))


def _why_zero(trial: Trial) -> str:
    if trial.comparison.numeric.best.still.all():
        return (
            "the function does not move around this point (it is constant, a staircase such as a "
            "rounding, or its terms cancel); try another point or output"
        )
    return (
        "the function is flat here to first order (an extremum, a staircase such as a rounding, or "
        "terms that cancel, as in the sum of a softmax); try another point or output"
    )


def _why_open(trial: Trial) -> str:
    case = trial.comparison
    best = case.numeric.best
    rows = _open(trial)
    count = f"{int(rows.sum())} of {rows.size} directions"
    if (case.numeric.quantised & case.open)[rows].any():
        return (
            f"in {count} the function is a staircase: constant at the finest steps, rising "
            "at coarser ones; its values cannot tell which slope is meant"
        )
    if (best.noise > _AMPLIFIED * best.rounding)[rows].any():
        return (
            f"in {count} the last bits of the input decide the function's value, so that no digits "
            "of a derivative remain: it amplifies rounding, as a hash or a chaotic iteration does; "
            "fewer steps, or smaller arguments, would settle it"
        )
    if not np.isfinite(best.bound[rows]).all():
        return (
            f"in {count} no differences converge: the function is rough, discontinuous, singular "
            "or undefined next to this point"
        )
    return (
        f"in {count} the numeric derivative is too uncertain to compare with (the "
        "function's noise swamps its change); a larger input, or less noise, would settle it"
    )


def with_other_points(
    result: DerivativeResult, trial: Trial, agreeing: list[Trial]
) -> DerivativeResult:
    """Say at how many other points it agreed, which is evidence where the given point has none."""
    if not agreeing or result.verdict is Verdict.FAIL:
        return result
    elsewhere = f"{len(agreeing)} other point{'s' if len(agreeing) > 1 else ''}"
    if vacuous(trial) and not unresolved(trial):
        known = np.concatenate([t.comparison.sharpest for t in agreeing])
        known = known[np.isfinite(known)]
        return result.model_copy(
            update={
                "verdict": Verdict.PASS,
                "reason": f"zero at the given point; agrees within tolerance at {elsewhere}",
                "resolution": float(known.max()) if known.size else None,
                "compared": int(known.size),
            }
        )
    return result.model_copy(update={"reason": f"{result.reason}, also at {elsewhere}"})


def with_search(result: DerivativeResult, tried: int | None) -> DerivativeResult:
    """Say how many inputs a search has tried in vain."""
    if tried is None or result.verdict is Verdict.FAIL:
        return result
    words = f"a search of {tried:,} inputs found nothing wrong"
    if not tried:
        words = "a search was too short to try a single input"
    return result.model_copy(update={"reason": f"{result.reason}; {words}"})


def with_chance(result: DerivativeResult, trial: Trial, gradients: Array) -> DerivativeResult:
    """Say what a check along random directions may miss."""
    if trial.coordinates is not None or result.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        return result
    probability = chance.chance_of_missing(trial, gradients)
    if probability is None:
        return result
    words = chance.in_words(probability, gradients.shape[1])
    return result.model_copy(update={"reason": f"{result.reason}; {words}"})
