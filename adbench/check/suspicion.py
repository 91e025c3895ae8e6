"""A quick look at one point: is its gradient suspicious enough for a proper examination?"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.probes import random_directions, scales, weightings
from adbench.check.subject import Subject

Array = NDArray[Any]

_STEPS = np.array([2.0**-13, 2.0**-15]) * (1 + 0b0011011011 / 2**10)
_ROUNDING = 64
_RANGE = (1e-100, 1e100)
GROSS = 1e-4
"""Relative difference that a search looks for."""


def ordinary(values: Array) -> bool:
    """Whether some values are finite, and none of them so small or large that a product of a few
    would underflow or overflow: there right formulas go wrong too."""
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    least, most = _RANGE
    return bool(np.isfinite(values).any() and ((size > least) & (size < most)).all())


def suspicious(subject: Subject, x: Array, seed: int) -> bool:
    """Whether AD and differences disagree grossly along two random directions at x (n,).

    One VJP a weighting and nine evaluations. The same point always gets the same answer. A kink
    at the point excuses what lies between its slopes.
    """
    rng = np.random.default_rng([seed, zlib.crc32(x.tobytes())])
    here = subject.at(x)
    if here is None or not ordinary(here.origin):
        return False
    finite = np.isfinite(here.origin)
    weights = weightings(here.origin, here.outputs, here.output_dtypes, rng)
    gradients = np.stack([here.gradient(here.x, weight) for weight in weights])
    scale = scales(here.x, here.inputs)
    directions = random_directions(scale, here.inputs, gradients, rng, 2)[:2]

    steps = np.concatenate([_STEPS, -_STEPS])
    moved = here.x + (directions[:, None] * steps[:, None]).reshape(-1, x.size)
    rise = (here.rows(moved) - here.origin)[:, finite] @ weights[:, finite].T
    ahead, behind = np.split(rise.reshape(len(directions), 4, -1), 2, axis=1)
    h = _STEPS[:, None]
    coarse, fine = np.moveaxis((ahead - behind) / (2 * h), 1, 0)
    bend = np.abs(ahead + behind)[:, 1] / _STEPS[1]
    rounding = np.abs(weights[:, finite]) @ np.abs(here.origin[finite])
    doubt = np.abs(fine - coarse) + bend + _ROUNDING * here.epsilon * rounding / _STEPS[1]
    slope = fine + (fine - coarse) / 15
    ad = directions @ gradients.T
    if not np.isfinite(ad).all():
        return bool((np.abs(slope) > doubt).any())
    return bool((np.abs(ad - slope) > doubt + GROSS * np.maximum(np.abs(ad), np.abs(slope))).any())
