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
_STEP = 2.0**-25
"""Relative changes of the input that a lower precision does not follow smoothly."""
_STEPS = 12
_ORDER = 3
_UNEVEN = 2.0**-32
"""Third difference, relative to the value, that rounding in double precision does not explain."""
_ELSEWHERE = 2


def grain(subject: Subject) -> float:
    """The unit round-off of the coarsest arithmetic inside, as the values show it.

    A cast that the backend sees counts if the values feel it: one in the backward pass alone is no
    excuse for it. The declared precision's where there is nothing coarser.
    """
    if subject.epsilon > DOUBLE:
        return subject.epsilon
    if subject.grain is None:
        subject.grain = _measured(subject)
    return subject.grain


def _measured(subject: Subject) -> float:
    ones = np.where(np.isfinite(subject.origin), 1.0, 0.0)
    found = subject.bound.narrowings(subject.arrays(subject.x), subject.cotangents(ones))
    units = [_UNITS[narrowing.dtype] for narrowing in found if narrowing.dtype in _UNITS]
    unit = max([*units, _of_values(subject)])
    return unit if unit > subject.epsilon and _uneven(subject) else subject.epsilon


def _uneven(subject: Subject) -> bool:
    """Whether some output is no smooth function of changes that double precision does follow.

    At the point itself, and at others, since a lower precision may saturate here.
    """
    rng = np.random.default_rng(0)
    scale = scales(subject.x, subject.inputs)
    factors = np.exp2(rng.uniform(-2.0, 1.0, (_ELSEWHERE, scale.size)))
    for start in (subject.x, *(subject.x * factors)):
        direction = rng.uniform(0.5, 1.0, scale.shape) * rng.choice([-1.0, 1.0], scale.shape)
        steps = _STEP * np.arange(_STEPS)[:, None]
        outputs = subject.rows(start + steps * direction * scale)
        with np.errstate(invalid="ignore"):
            bend = np.abs(np.diff(outputs, _ORDER, axis=0)).max(axis=0)
            if (bend > _UNEVEN * np.abs(outputs).max(axis=0)).any():
                return True
    return False


def _of_values(subject: Subject) -> float:
    """The precision whose numbers all outputs are, where there are enough to tell."""
    values = subject.origin[np.isfinite(subject.origin) & (subject.origin != 0)]
    for dtype in (np.float16, np.float32):
        with np.errstate(all="ignore"):
            if values.size > 1 and (values.astype(dtype) == values).all():
                return float(np.finfo(dtype).eps / 2)
    return 0.0
