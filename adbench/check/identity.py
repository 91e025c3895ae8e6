"""Whether a function looks at which array it is given, rather than at the numbers in it.

A cache by `id(x)`, or a comparison by `is`, is right as long as every call has a new array, as in a
check. It is not in a training loop, which writes into the arrays that it keeps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import UnsupportedError
from adbench.check.reverse import ELEMENTWISE
from adbench.check.subject import Subject
from adbench.record.model import Finding

Array = NDArray[Any]

_GROSS = 1e-3
"""Relative difference from which two values are not the same function's."""
_AWAY = 2.0**-10
"""How far the numbers move that are written into the same array, relative to their size."""


def identity(subject: Subject, *, unsteady: bool) -> list[Finding]:
    """A finding where the same numbers in another array, or others in the same, tell it apart.

    `unsteady` says that calls differ anyhow, so that a second one proves nothing. Five evaluations;
    none where the inputs are large or the backend does not show its arrays.
    """
    if subject.inputs.size > ELEMENTWISE:
        return []
    moved = subject.x * (1 + _AWAY) + (subject.x == 0) * _AWAY
    try:
        seen = subject.bound.same_arrays(subject.arrays(subject.x), subject.arrays(moved))
    except UnsupportedError:
        return []
    subject.count.evaluations += len(seen)
    first, again, equal, rewritten, new = (
        np.empty(0) if values is None else subject.outputs.pack(values) for values in seen
    )
    if _apart(first, again):
        if unsteady or _apart(first, equal):
            return []
        return [_finding(subject, first, again, "the very same array a second time")]
    if _apart(first, equal):
        return [_finding(subject, first, equal, "equal numbers in another array")]
    # A cache keeps the old value to the last bit.
    if np.array_equal(rewritten, first) and not np.array_equal(new, first):
        how = "other numbers written into that array, as an optimiser does"
        return [_finding(subject, new, rewritten, how)]
    return []


def _apart(one: Array, other: Array) -> bool:
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(one), np.abs(other))
        return bool((np.abs(one - other) > _GROSS * size).any())


def _finding(subject: Subject, value: Array, other: Array, how: str) -> Finding:
    with np.errstate(invalid="ignore"):
        worst = int(np.argmax(np.nan_to_num(np.abs(value - other))))
    return Finding(
        kind="identity",
        level="fail",
        output=subject.outputs.label(worst),
        message=f"the function looks at which array it is given: {value[worst]:.6g} becomes "
        f"{other[worst]:.6g} for {how}",
        diagnosis="it compares by `is` or id(), or keeps results by them, and not by the numbers",
    )
