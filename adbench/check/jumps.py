"""Outputs that jump right at a point, or rise in stairs: there differences mean little."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.subject import Subject

Array = NDArray[Any]

_STEP = 2.0**-24
_STEPS = np.array([2.0**-3, 4 * _STEP, 2 * _STEP, _STEP])
_NOISE = 256
_DIRECTIONS = 2


def jumps(subject: Subject, scale: Array, rng: np.random.Generator) -> Array:
    """Which outputs (p,) rise by J + a·h + b·h² for small steps h, with J well above rounding.

    J is the height of a jump, such as floor's at a whole number, or noise. Rounding is measured
    against the output and against what it rises by over a long step. Outputs that only long
    steps move are among them: log(1 - 1e-15) is a whole number of roundings.
    """
    signs = rng.choice([-1.0, 1.0], (_DIRECTIONS, scale.size))
    steps = np.concatenate([_STEPS, -_STEPS])
    moved = subject.x + ((signs * scale)[:, None] * steps[:, None]).reshape(-1, scale.size)
    rise = (subject.rows(moved) - subject.origin).reshape(2 * _DIRECTIONS, len(_STEPS), -1)
    far, fourth, second, first = np.moveaxis(np.nan_to_num(rise), 1, 0)
    height = (8 * first - 6 * second + fourth) / 3
    size = np.abs(np.nan_to_num(subject.origin)) + np.abs(far)
    jumping = np.abs(height) > _NOISE * subject.epsilon * size
    still = (fourth == 0) & (second == 0) & (first == 0)
    return np.asarray(jumping.any(axis=0) | (still.all(axis=0) & (far != 0).any(axis=0)))
