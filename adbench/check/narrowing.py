"""From a random direction that fails to the elements that are to blame, in O(log n) probes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.subject import Subject
from adbench.check.trial import Trial
from adbench.numeric.extrapolation import RATIO
from adbench.numeric.ladder import differentiate, ladder
from adbench.numeric.sampling import Lines

Array = NDArray[Any]

_LEVELS = 3


def short_ladder(last: float) -> Array:
    """A few steps that end at one which has served."""
    return ladder(min(last * RATIO**_LEVELS, 0.125), last)


def culprits(subject: Subject, trial: Trial, d: int, j: int, gradient: Array) -> Array:
    """Up to a few coordinates that explain why direction d fails under weighting j.

    Group testing: the error of a direction is the sum of the errors of its halves, so one probe
    a halving tells which half to blame; `gradient` (n,) is the AD side. Every probe uses a short
    ladder that ends at the step which served the whole direction.
    """
    direction = trial.directions[d]
    best = trial.comparison.numeric.best
    steps = short_ladder(float(best.step[d, j]))
    members = np.flatnonzero(direction)
    error = float(trial.comparison.ad[d, j] - best.value[d, j])
    while members.size > 1:
        half = members[: members.size // 2]
        probe = np.zeros_like(direction)
        probe[half] = direction[half]
        lines = Lines(subject.rows, subject.x, probe[None], subject.origin)
        found = differentiate(lines, trial.weights[j : j + 1], steps, subject.epsilon)
        if not np.isfinite(found.bound[0, 0]):
            break
        of_half = float(gradient @ probe - found.value[0, 0])
        of_rest = error - of_half
        members, error = (
            (half, of_half) if abs(of_half) >= abs(of_rest) else (members[half.size :], of_rest)
        )
    return members[:8]
