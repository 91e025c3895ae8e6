"""A first look at all other points at once: those that agree need no look of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import products
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
    subject, weights = trials.subject, trials.weights
    there = {k: look for k, x in enumerate(points) if (look := _at(subject, x, weights))}
    if not there:
        return {}
    many = DIRECTIONS if subject.inputs.size <= LARGE else DIRECTIONS // 2
    directions = [
        random_directions(scales(at.x, at.inputs), at.inputs, gradients, trials.rng, many)
        for at, gradients in there.values()
    ]
    each = len(directions[0])
    ad = [
        products(rows, gradients)
        for rows, (_, gradients) in zip(directions, there.values(), strict=True)
    ]
    x = np.repeat([at.x for at, _ in there.values()], each, axis=0)
    origin = np.repeat([at.origin for at, _ in there.values()], each, axis=0)
    probes = np.concatenate(directions)
    case = judge(
        np.concatenate(ad),
        at_points(subject.rows, x, origin, probes, weights, subject.epsilon),
        origin,
        probes,
        weights,
        trials.tolerance,
        subject.epsilon,
        groups=np.repeat(np.arange(len(there)), each),
    )
    agrees = np.asarray(settled(case, SEEN).reshape(len(there), -1).all(axis=1))
    return {
        k: Trial("vjp", directions[i], weights, case.rows(slice(i * each, (i + 1) * each)), None)
        for i, k in enumerate(there)
        if agrees[i]
    }


def _at(given: Subject, x: Array, weights: Array) -> tuple[Subject, Array] | None:
    """The subject at x and its gradients (m, n) there; None where anything is not finite."""
    pulled = given.pulled(x, weights[0])
    if pulled is None:
        return None
    subject, first = pulled
    if not np.isfinite(subject.origin).all() or exploded(given, subject):
        return None
    gradients = np.stack([first] + [subject.gradient(subject.x, w) for w in weights[1:]])
    return (subject, gradients) if np.isfinite(gradients).all() else None


def exploded(given: Subject, there: Subject) -> bool:
    """Whether the outputs have grown out of all proportion: a matrix that became singular."""
    here = np.abs(given.origin)
    largest = np.max(here[np.isfinite(here)], initial=0.0)
    after = np.abs(there.origin)
    return bool(largest > 0 and np.max(after[np.isfinite(after)]) > _EXPLODED * largest)
