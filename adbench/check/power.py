"""The power of a check: which usual faults, planted in this very gradient, it would catch."""

from __future__ import annotations

from copy import copy
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from adbench.check.accusation import wobble
from adbench.check.comparison import compare
from adbench.check.faults import STALE, Planted, faults
from adbench.check.reverse import Reverse
from adbench.check.subject import Subject
from adbench.check.trial import Trial
from adbench.record.model import Finding

Array = NDArray[Any]

_SAME = 8
"""Differences up to this many units of rounding are none: such a fault is no fault here."""


def power(trials: Reverse, trial: Trial, gradients: Array) -> dict[str, bool]:
    """By fault, whether the comparison that `trial` made accuses the faulty gradient.

    The numeric derivatives, their bounds and the AD side's own uncertainty are those of the trial;
    only the VJP is taken anew, a call a fault and weighting. A fault that leaves this gradient
    (m, n) as it is, such as a transposition of a vector, is not planted.
    """
    subject, case = trials.subject, trial.comparison

    def projected(x: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return np.asarray(trial.directions @ trials.gradients(x).T)

    slack = np.maximum(case.slack, wobble(projected, subject.x, subject.epsilon, trials.rng))
    reference = np.broadcast_to(np.abs(np.nan_to_num(case.numeric.best.value)).max(0), slack.shape)
    caught = {}
    for name, planted in _plants(trials, gradients).items():
        faulty = Reverse(planted, trials.weights, trials.tolerance, trials.rng)
        given = faulty.gradients(subject.x)
        if not _differ(given, gradients, subject.epsilon):
            continue
        with np.errstate(invalid="ignore"):
            ad = trial.directions @ given.T
        judged = compare(ad, case.numeric, reference, case.rtol, case.atol, subject.epsilon, slack)
        caught[name] = bool(judged.accused.any())
    return caught


def _plants(trials: Reverse, gradients: Array) -> dict[str, Subject]:
    subject = trials.subject
    healthy = subject.inputs.unpack(gradients[0])
    planted = {
        name: Planted(subject.bound, fault) for name, fault in faults(healthy, trials.rng).items()
    }
    if (there := _elsewhere(trials)) is not None:
        planted[STALE] = Planted(subject.bound, stale=subject.arrays(there))
    return {name: _bound_to(subject, bound) for name, bound in planted.items()}


def _bound_to(subject: Subject, bound: Planted) -> Subject:
    other = copy(subject)
    other.bound = bound
    return other


def _elsewhere(trials: Reverse) -> Array | None:
    """A point whose gradient a stale backward pass may have kept; None where there is none."""
    random = trials.rng.uniform(0.5, 1.0, trials.scale.shape)
    for reach in (0.25, -0.25, 2.0**-6):
        x = trials.subject.x + reach * random * trials.scale
        try:
            if np.isfinite(trials.gradients(x)).all():
                return x
        except Exception:  # outside its domain a function may raise whatever it likes
            continue
    return None


def _differ(given: Array, healthy: Array, epsilon: float) -> bool:
    with np.errstate(invalid="ignore"):
        return not bool((np.abs(given - healthy) <= _SAME * epsilon * np.abs(healthy)).all())


def measured(
    trials: Reverse, trial: Trial, gradients: Array, floor: float | None
) -> tuple[dict[str, bool] | None, list[Finding]]:
    """The power, None where it cannot be measured, and what there is to say of it.

    A pass whose power is below the `floor`, or not known, does not meet it.
    """
    caught = trials.subject.explanations.attempt(
        "what share of planted faults this check would have caught",
        lambda: power(trials, trial, gradients),
        None,
    )
    if caught is None:
        words = f"the floor of {floor:.0%} could not be examined" if floor is not None else ""
        return None, [_finding(words, level="inconclusive")] if words else []
    words = in_words(caught)
    if floor is None or share(caught) >= floor:
        return caught, [_finding(words)]
    below = f"a pass would mean too little: {words}, below the floor of {floor:.0%}"
    return caught, [_finding(below, level="inconclusive")]


def _finding(message: str, level: Literal["note", "inconclusive"] = "note") -> Finding:
    about = None if level == "note" else "vjp"
    return Finding(kind="power", level=level, derivative=about, message=message)


def in_words(caught: dict[str, bool]) -> str:
    """`8 of 9 planted faults would have been caught; missed: stale`."""
    missed = [name for name, seen in caught.items() if not seen]
    count = f"{len(caught) - len(missed)} of {len(caught)} planted faults would have been caught"
    return f"{count}; missed: {', '.join(missed)}" if missed else count


def share(caught: dict[str, bool]) -> float:
    """The share that was caught; 0 where nothing could be planted."""
    return sum(caught.values()) / len(caught) if caught else 0.0
