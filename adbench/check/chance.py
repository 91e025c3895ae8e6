"""The probability that one wrong element among many goes unseen by random directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.trial import Trial

Array = NDArray[Any]

OFF_BY = 0.01
"""The relative error of the wrong element that the stated probability is about."""


def chance_of_missing(trial: Trial, gradients: Array, off_by: float = OFF_BY) -> float | None:
    """P that a single element, drawn evenly from those that matter, could be wrong unseen.

    An element i whose gradient g_i is off by δ·g_i moves the derivative along a direction u by
    u_i·g_i·δ. It goes unseen if that stays within what the direction allows, τ = tolerance + twice
    both error bounds, along every direction and under every weighting:

        P(miss) = share of elements i with |u_i g_i| δ ≤ τ_u for all u.

    The entries u_i are random signs times ½, 1 or 2 times the element's scale, so that this is, in
    expectation, what k independent directions give: P(|u_i| ≤ τ/(δ|g_i|))^k. (For Gaussian
    directions and an error vector e it would be erf(τ / (√2 ‖e‖))^k.) Elements whose gradient is
    zero have no relative error and are left out; `gradients` (m, n) are the AD side's, which
    stand for the true ones. None where no element is left.
    """
    case, best = trial.comparison, trial.comparison.numeric.best
    allowed = case.tolerance + 2 * (best.bound + case.slack)
    usable = np.isfinite(allowed) & ~case.open
    sizes = np.abs(np.nan_to_num(gradients, nan=0.0, posinf=0.0, neginf=0.0))
    counted = (sizes > 0).any(axis=0)
    unseen = counted.copy()
    for d, direction in enumerate(np.abs(trial.directions)):
        for j in np.flatnonzero(usable[d]):
            unseen &= direction * sizes[j] * off_by <= allowed[d, j]
    return float(unseen.sum() / counted.sum()) if counted.any() else None


def in_words(chance: float, size: int, off_by: float = OFF_BY) -> str:
    """`one of 1,000 elements off by 1% goes unseen with probability 0.02`."""
    least = 1 / size
    probability = f"{chance:.2g}" if chance > 0 else f"below {least:.0e}"
    return (
        f"one of {size:,} elements off by {off_by:.0%} goes unseen with probability {probability}"
    )
