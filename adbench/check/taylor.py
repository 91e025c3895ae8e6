"""The Taylor remainder's slope: how fast f(x + hv) − f(x) − h·(gradient · v) shrinks with h.

It needs no choice of a step: the slope is 2 where the gradient is right and 1 where it is wrong
(Farrell, Ham, Funke & Rognes 2013). It says nothing about small errors, and is only reported.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.subject import Subject

Array = NDArray[Any]

_STEPS = 2.0 ** -np.arange(4, 12)
_LARGE = 2000
"""Inputs with more coordinates than this are asked for every second step only."""
_NOISE = 64.0
_LEAST = 3
"""So many remainders must stand out of the rounding."""


def taylor_slope(
    subject: Subject, direction: Array, weight: Array, gradient: Array
) -> float | None:
    """The slope along a direction (n,) under a weighting (p,), whose AD gradient is (n,).

    None where the remainder drowns in rounding, as for a linear function. Eight evaluations, four
    for a large input.
    """
    if not np.isfinite(subject.origin).all() or not np.isfinite(gradient).all():
        return None
    steps = _STEPS[::2] if subject.x.size > _LARGE else _STEPS
    values = subject.rows(subject.x + steps[:, None] * direction)
    rise = (values - subject.origin) @ weight
    remainder = np.abs(rise - steps * float(gradient @ direction))
    size = np.abs(values) @ np.abs(weight) + np.abs(subject.origin) @ np.abs(weight)
    clear = np.isfinite(remainder) & (remainder > _NOISE * subject.epsilon * size)
    # The smallest steps show the slope best; rounding has the last word beyond the first gap.
    usable = np.flatnonzero(np.cumprod(clear))[-_LEAST:]
    if len(usable) < _LEAST:
        return None
    slope, _ = np.polyfit(np.log2(steps[usable]), np.log2(remainder[usable]), 1)
    return float(slope)
