"""The complex step, a second opinion: Im f(x + ih·v) / h, which subtracts nothing.

It is as exact as f itself (Squire & Trapp 1998; Martins, Sturdza & Alonso 2003), but of an analytic
f only: |x|, max, a conjugate or a branch are other functions off the real axis, and nothing in the
number tells. So it decides where every operation was seen to be holomorphic, and then it acquits,
and settles what is open; it never accuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import UnsupportedError
from adbench.check.arbitration import POOR, doubtful
from adbench.check.comparison import WIDE, Comparison
from adbench.check.subject import Subject
from adbench.numeric.ladder import Kind

Array = NDArray[Any]

_STEPS = (1e-30, 1e-22)
"""Far below rounding, so that there is no truncation; two, so that underflow shows."""
_UNITS = 64
"""Rounding of the imaginary part, which is that of a derivative in forward mode."""
_MOST = 16
"""Directions that are asked about; the others stay as they are."""


def applies_to(subject: Subject) -> bool:
    """Whether inputs and outputs are real and in double precision: then f may be analytic."""
    leaves = (*subject.inputs.leaves, *subject.outputs.leaves)
    return all(leaf.dtype.kind != "c" for leaf in leaves) and subject.epsilon == 2.0**-53


def complex_step(subject: Subject, directions: Array, weights: Array) -> tuple[Array, Array]:
    """Derivatives along directions (D, n) under weightings (m, p), and their bounds; both (D, m).

    Two evaluations a direction. Raises UnsupportedError where not every operation is holomorphic,
    and what the function raises.
    """
    finite = np.isfinite(subject.origin)
    weights = np.where(finite, weights, 0.0).T
    first, second = (
        np.where(finite, np.stack([_moved(subject, v, h) for v in directions]), 0.0) for h in _STEPS
    )
    with np.errstate(invalid="ignore"):
        bound = 2 * np.abs((first - second) @ weights)
        bound += _UNITS * subject.epsilon * (np.abs(first) @ np.abs(weights))
    return first @ weights, np.where(np.isfinite(bound), bound, np.inf)


def _moved(subject: Subject, direction: Array, h: float) -> Array:
    """Im f(x + ih·v) / h, (p,)."""
    x, v = subject.inputs.unpack(subject.x), subject.inputs.unpack(h * direction)
    outputs = subject.bound.holomorphic([a + 1j * b for a, b in zip(x, v, strict=True)])
    subject.count.evaluations += 1
    return np.concatenate([np.imag(out).reshape(-1) for out in outputs]) / h


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the complex step has said: in words, and how many directions it settled."""

    words: str = ""
    settled: int = 0


NOT_ASKED = Opinion()


def second_opinion(
    case: Comparison, subject: Subject, directions: Array, weights: Array, spread: Array
) -> Opinion:
    """Acquit, settle or sharpen in place what is accused, open or poorly resolved.

    It does so where AD and the complex step are equal within the tolerance and the step's bound,
    with no allowance for rounding; what else it says changes nothing. A derivative that passes is
    only sharpened where the complex step lies within the differences' own bound. One whose
    `spread` (D, m) under changes of the last bits is as large as itself has no digits, whoever
    agrees on them.
    """
    asked = np.flatnonzero(doubtful(case))[:_MOST]
    if not asked.size or not applies_to(subject):
        return NOT_ASKED
    try:
        values, bounds = complex_step(subject, directions[asked], weights)
    except UnsupportedError as error:
        return Opinion(f"no complex step: {error}")
    except Exception as error:
        return Opinion(f"no complex step: {type(error).__name__}, with complex inputs")
    best = case.numeric.best
    with np.errstate(invalid="ignore"):
        disputed = (case.accused | case.open)[asked]
        near = np.abs(values - best.value[asked]) <= best.bound[asked]
        atol = np.broadcast_to(case.atol, case.ad.shape)[asked]
        allowed = case.rtol * np.abs(values) + atol + 2 * bounds
        agrees = np.abs(case.ad[asked] - values) <= allowed
        known = (allowed <= WIDE * np.abs(values)) & (spread[asked] <= WIDE * np.abs(values))
        against = (case.accused[asked] & near & ~agrees).any(axis=1)
        take = agrees & known & (disputed | (near & (case.resolution[asked] > POOR)))
    settled = (take & disputed).any(axis=1)
    for row, j in np.argwhere(take):
        d = asked[row]
        best.value[d, j], best.bound[d, j] = values[row, j], bounds[row, j]
        best.kind[d, j], best.still[d, j] = Kind.CENTRAL, False
        case.accused[d, j] = case.open[d, j] = False
        case.resolution[d, j] = allowed[row, j] / abs(values[row, j])
    words = f"the complex step agrees with AD in {int(take.any(axis=1).sum())}"
    if against.any():
        words += f", and with the differences against AD in {int(against.sum())}"
    return Opinion(f"{words} of {asked.size} doubtful directions", int(settled.sum()))
