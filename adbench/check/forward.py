"""The JVP and the HVP put to the test along random tangents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.probes import scales
from adbench.check.reverse import ELEMENTWISE
from adbench.check.subject import Subject
from adbench.check.trial import Tolerance, Trial, hold

Array = NDArray[Any]

_TANGENTS = 2
_MIXTURES = 4


def jvp_trial(subject: Subject, tolerance: Tolerance, rng: np.random.Generator) -> Trial:
    """The JVP against differences of the outputs. Raises UnsupportedError."""
    directions = _tangents(subject, rng)
    weights = _projections(subject.outputs.size, rng)
    weights[:, ~np.isfinite(subject.origin)] = 0.0

    def values(x: Array) -> Array:
        pushed = np.stack([subject.pushforward(x, v) for v in directions])
        pushed[:, ~np.isfinite(subject.origin)] = 0.0
        return np.asarray(pushed @ weights.T)

    return hold(
        "jvp",
        subject,
        subject.rows,
        subject.origin,
        directions,
        weights,
        values,
        tolerance,
        rng,
    )


def hvp_trial(
    subject: Subject, weight: Array, tolerance: Tolerance, rng: np.random.Generator
) -> Trial | None:
    """The HVP against differences of the gradient; None where that is not finite itself.

    It stands on the gradient, which is examined first. Raises UnsupportedError.
    """
    directions = _tangents(subject, rng)
    weights = _projections(subject.inputs.size, rng)
    origin = subject.gradient(subject.x, weight)
    if not np.isfinite(origin).all():
        return None

    def gradient_rows(points: Array) -> Array:
        return np.stack([_gradient_or_nan(subject, point, weight) for point in points])

    def values(x: Array) -> Array:
        return np.stack([weights @ subject.second(x, weight, v) for v in directions])

    return hold(
        "hvp",
        subject,
        gradient_rows,
        origin,
        directions,
        weights,
        values,
        tolerance,
        rng,
    )


def _gradient_or_nan(subject: Subject, point: Array, weight: Array) -> Array:
    try:
        return subject.gradient(point, weight)
    except Exception:  # outside its domain a function may raise whatever it likes
        return np.full(subject.inputs.size, np.nan)


def _tangents(subject: Subject, rng: np.random.Generator) -> Array:
    scale = scales(subject.x, subject.inputs)
    shape = (_TANGENTS, scale.size)
    signs = rng.choice([-1.0, 1.0], shape)
    return np.asarray(scale * np.exp2(rng.integers(-1, 2, shape)) * signs)


def _projections(size: int, rng: np.random.Generator) -> Array:
    """Every coordinate by itself when there are few, random mixtures of them otherwise."""
    if size <= ELEMENTWISE:
        return np.eye(size)
    return rng.choice([-1.0, 1.0], (_MIXTURES, size))
