"""A low-precision gradient against the same formula's gradient at float64."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.accusation import wobble
from adbench.check.subject import Subject
from adbench.record.model import CheckOptions, Finding

Array = NDArray[Any]

_UNDERFLOW = 16.0


def compare_precisions(
    low: Subject,
    full: Subject,
    weights: Array,
    gradients: Array,
    options: CheckOptions,
    rng: np.random.Generator,
) -> list[Finding]:
    """Findings where the gradient at the declared precision is further from the float64 one,
    `gradients` (m, n), than that precision explains.

    What it explains: the tolerance for the dtype, and how far the gradient moves, at either
    precision, when the inputs move by a last bit of the declared one.
    """
    if low is full:
        return []
    rtol = np.sqrt(2 * low.epsilon) / 32 if options.rtol is None else options.rtol
    found: list[Finding] = []
    for weight, exact in zip(weights, gradients, strict=True):
        given = low.gradient(low.x, weight)
        with np.errstate(invalid="ignore", over="ignore"):
            slack = wobble(partial(_gradient, low, weight), low.x, low.epsilon, rng)
            slack += wobble(partial(_gradient, full, weight), full.x, low.epsilon, rng)
            allowed = rtol * np.abs(exact) + (options.atol or 0.0) * np.abs(weight).max()
            apart = np.abs(given - exact)
            wrong = np.isfinite(exact) & ~(apart <= allowed + 2 * slack)
            # Beyond the dtype's range a float32 gradient is infinite, and right to be.
            wrong &= np.abs(exact) < low.largest
            # Below the dtype's normal range digits are lost, and that is no fault either.
            wrong &= apart > _UNDERFLOW * low.smallest * max(1.0, float(np.abs(weight).max()))
        if wrong.any():
            worst = int(np.argmax(np.where(wrong, np.nan_to_num(apart, nan=np.inf), -1)))
            leaf, index, _ = low.inputs.place(worst)
            found.append(
                Finding(
                    kind="precision",
                    level="fail",
                    derivative="vjp",
                    input=low.inputs.leaves[leaf].name,
                    index=index,
                    ad=float(given[worst]),
                    numeric=float(exact[worst]),
                    bound=float(slack[worst]),
                    tolerance=float(allowed[worst]),
                    message=f"at {low.dtypes[leaf]} the gradient of {low.inputs.label(worst)} is "
                    "further from the float64 gradient of the same code than that precision "
                    "explains",
                )
            )
            break
    return found


def _gradient(subject: Subject, weight: Array, x: Array) -> Array:
    return subject.gradient(x, weight)
