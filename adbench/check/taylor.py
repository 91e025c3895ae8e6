"""The Taylor remainder's slope: how fast f(x + hv) − f(x) − h·(gradient · v) shrinks with h.

It needs no choice of a step: the slope is 2 where the gradient is right and 1 where it is wrong
(Farrell, Ham, Funke & Rognes 2013). It says nothing about small errors, and is only reported.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import products
from adbench.check.subject import Subject
from adbench.check.trial import Trial

Array = NDArray[Any]

_STEPS = 2.0 ** -np.arange(4, 12)
_LARGE = 2000
"""Inputs with more coordinates than this are asked for every second step only."""
_NOISE = 64.0
_LEAST = 3
"""So many remainders must stand out of the noise."""


def taylor_slope(
    subject: Subject, trial: Trial, direction: Array, weight: Array, gradient: Array
) -> float | None:
    """The least slope along the directions of a trial, from the values that it has seen.

    Where none of them shows one, as single elements of a product do not, along a direction (n,) of
    all elements under a weighting (p,), whose AD gradient is (n,): eight evaluations more, four for
    a large input. None where the remainder drowns in rounding there too, as for a linear function.
    """
    first = trial.comparison.numeric.looks[0][2]
    remainder = np.abs(first.forward - trial.comparison.ad) * first.steps[:, None, None]
    slope = _least(first.steps, remainder, _NOISE * first.noise)
    if slope is not None or not np.isfinite(subject.origin).all():
        return slope
    steps = _STEPS[::2] if subject.x.size > _LARGE else _STEPS
    values = subject.rows(subject.x + steps[:, None] * direction)
    rise = (values - subject.origin) @ weight
    remainder = np.abs(rise - steps * products(gradient[None], direction[None])[0])
    size = np.abs(values) @ np.abs(weight) + np.abs(subject.origin) @ np.abs(weight)
    return _least(steps, remainder, _NOISE * subject.epsilon * size.max())


def _least(steps: Array, remainder: Array, noise: Array | float) -> float | None:
    """The least slope of log(remainder) (L, …) over log(step) (L,), coarsest first."""
    clear = np.isfinite(remainder) & (remainder > noise)
    remainder, columns = remainder.reshape(len(steps), -1), clear.reshape(len(steps), -1)
    # The smallest steps show the slope best; rounding has the last word beyond the first gap.
    count = np.cumprod(columns, axis=0).sum(axis=0)
    shown = count >= _LEAST
    if not shown.any():
        return None
    levels = count[shown] - np.arange(_LEAST, 0, -1)[:, None]
    x, y = np.log2(steps)[levels], np.log2(remainder[levels, np.flatnonzero(shown)])
    x -= x.mean(axis=0)
    return float(((x * y).sum(axis=0) / (x**2).sum(axis=0)).min())
