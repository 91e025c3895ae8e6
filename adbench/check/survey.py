"""A first look at all other points at once: those that agree need no look of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.points import LARGE
from adbench.check.probes import random_directions, scales
from adbench.check.reverse import Reverse
from adbench.check.subject import Subject
from adbench.check.trial import Trial, judge, settled
from adbench.numeric.derivative import at_points

Array = NDArray[Any]

DIRECTIONS = 2
"""Random directions at every other point, and half as many where the input is large: there each
evaluation costs, and only gross errors are looked for."""
SEEN = 1e-5
"""Relative error that has to be visible at another point."""
_EXPLODED = 1e8
"""Growth of the outputs from which a point counts as outside the function's domain."""


def survey(trials: Reverse, points: Sequence[Array]) -> dict[int, Trial]:
    """The trials, by the point's place, at points where AD agrees at once with a short ladder.

    `trials` examines the given point; its weightings serve at the others. One batched evaluation
    serves all points. Whatever is odd about a point, and whatever differs there, is left to a
    closer look. The user's function, and its backward pass, may raise.
    """
    there = {k: subject for k, x in enumerate(points) if (subject := _at(trials.subject, x))}
    gradients = {
        k: np.stack([subject.gradient(subject.x, weight) for weight in trials.weights])
        for k, subject in there.items()
    }
    places = [k for k, values in gradients.items() if np.isfinite(values).all()]
    if not places:
        return {}
    directions = [
        random_directions(
            scales(there[k].x, trials.subject.inputs),
            trials.subject.inputs,
            gradients[k],
            trials.rng,
            DIRECTIONS if trials.subject.inputs.size <= LARGE else DIRECTIONS // 2,
        )
        for k in places
    ]
    numeric = at_points(
        trials.subject.rows,
        np.stack([there[k].x for k in places]),
        np.stack([there[k].origin for k in places]),
        np.stack(directions),
        trials.weights,
        trials.subject.epsilon,
    )
    agreeing = {}
    for k, probes, found in zip(places, directions, numeric, strict=True):
        ad = probes @ gradients[k].T
        case = judge(
            ad,
            found,
            there[k].origin,
            probes,
            trials.weights,
            trials.tolerance,
            trials.subject.epsilon,
        )
        if settled(case, SEEN).all():
            agreeing[k] = Trial("vjp", probes, trials.weights, case, None)
    return agreeing


def _at(given: Subject, x: Array) -> Subject | None:
    subject = given.at(x)
    if subject is None or not np.isfinite(subject.origin).all() or exploded(given, subject):
        return None
    return subject


def exploded(given: Subject, there: Subject) -> bool:
    """Whether the outputs have grown out of all proportion: a matrix that became singular."""
    here = np.abs(given.origin)
    largest = np.max(here[np.isfinite(here)], initial=0.0)
    after = np.abs(there.origin)
    return bool(largest > 0 and np.max(after[np.isfinite(after)]) > _EXPLODED * largest)
