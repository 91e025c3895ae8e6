"""A gradient that is not finite in a region where the function is, near a point nobody gave."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.findings import wrong_elements
from adbench.check.reverse import Reverse
from adbench.numeric.ladder import Kind
from adbench.record.model import Finding

Array = NDArray[Any]

_NEIGHBOURS = 4
_REACH = 1e-3
_LOOKED_AT = 12
_TINY = 1e-100
"""A derivative below this is as good as none."""


def nonfinite_region(trials: Reverse, gradients: Array, missing: frozenset[str]) -> list[Finding]:
    """Findings if the gradients (m, n), not all finite, are a fault and not a domain's edge.

    At a single point a gradient may have a removable singularity, or an edge, as it likes. It is
    at fault if it is not finite at the neighbours either, while the function is finite and
    changes smoothly. Where the function is constant nothing is said: 1/(1 + exp(-x)), written
    like that, gives 0·∞ far out, and many would not call it wrong.
    """
    subject = trials.subject
    if not np.isfinite(subject.origin).all():
        return []  # zero times an infinite slope, in an output that is outside its domain
    lost = ~np.isfinite(gradients)
    for _ in range(_NEIGHBOURS):
        nudge = _REACH * trials.scale * trials.rng.uniform(-1.0, 1.0, trials.scale.shape)
        there = subject.at(subject.x + nudge)
        if there is None or not np.isfinite(there.origin).all():
            return []
        lost &= ~np.isfinite(trials.gradients(there.x))
    if not lost.any():
        return []
    trial = trials.by_element(np.flatnonzero(lost.any(axis=0))[:_LOOKED_AT])
    best = trial.comparison.numeric.best
    changing = (best.kind == Kind.CENTRAL) & (np.abs(best.value) > 2 * best.bound + _TINY)
    trial.comparison.accused &= changing & ~np.isfinite(trial.comparison.ad)
    return wrong_elements(subject, trial, missing) if trial.comparison.accused.any() else []
