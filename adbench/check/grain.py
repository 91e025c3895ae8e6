"""The precision that a function in double precision really has, where it casts to a lower one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.probes import scales
from adbench.check.subject import Subject

Array = NDArray[Any]

DOUBLE = 2.0**-53
_UNITS = {
    "float32": 2.0**-24,
    "complex64": 2.0**-24,
    "float16": 2.0**-11,
    "bfloat16": 2.0**-8,
}
_STILL = (2.0**-44, 2.0**-36)
"""Relative changes of the input that show in any function that is computed in double precision."""
_MOVING = 2.0**-6


def grain(subject: Subject) -> float:
    """The unit round-off of the coarsest arithmetic inside, as the values show it.

    A cast that the backend sees counts if the values are a staircase: one in the backward pass
    alone is no excuse for it. The declared precision's where there is nothing coarser.
    """
    if subject.epsilon > DOUBLE:
        return subject.epsilon
    if subject.grain is None:
        subject.grain = _measured(subject)
    return subject.grain


def _measured(subject: Subject) -> float:
    if not _staircase(subject):
        return subject.epsilon
    ones = np.where(np.isfinite(subject.origin), 1.0, 0.0)
    found = subject.bound.narrowings(subject.arrays(subject.x), subject.cotangents(ones))
    units = [_UNITS[narrowing.dtype] for narrowing in found if narrowing.dtype in _UNITS]
    return max([*units, _of_values(subject), subject.epsilon])


def _staircase(subject: Subject) -> bool:
    """Whether some output stays, bit for bit, while the inputs move by more than rounding hides,
    and moves when they move by more."""
    scale = scales(subject.x, subject.inputs)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], scale.shape) * scale
    steps = np.array([0.0, *_STILL, _MOVING])
    outputs = subject.rows(subject.x + steps[:, None] * signs)
    with np.errstate(invalid="ignore"):
        still = (outputs[1:-1] == outputs[0]).any(axis=0)
        return bool((still & (outputs[-1] != outputs[0])).any())


def _of_values(subject: Subject) -> float:
    """The precision whose numbers all outputs are, where there are enough to tell."""
    values = subject.origin[np.isfinite(subject.origin) & (subject.origin != 0)]
    for dtype in (np.float16, np.float32):
        with np.errstate(all="ignore"):
            if values.size > 1 and (values.astype(dtype) == values).all():
                return float(np.finfo(dtype).eps / 2)
    return 0.0
