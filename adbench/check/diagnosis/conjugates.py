"""A conjugate missing or too many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence

Array = NDArray[Any]


def conjugate(e: Evidence) -> Iterator[str]:
    """The gradient, its cotangent, or the derivative between them, conjugated."""
    if e.complex and e.becomes(_of_input):
        yield "conjugate: AD gives the complex conjugate of the gradient"
    if not e.by_output or not any(leaf.dtype.kind == "c" for leaf in e.outputs.leaves):
        return
    signs = np.ones(len(e.ad))
    for leaf, spec in enumerate(e.outputs.leaves):
        if spec.dtype.kind == "c":
            signs[e.outputs.span(leaf)][1::2] = -1.0

    def of_output(array: Array) -> Array:
        return array * signs.reshape(-1, *([1] * len(e.shape)))

    if e.becomes(of_output):
        yield "conjugate: the cotangent is conjugated and should not be, or the other way round"
    if e.complex and e.becomes(lambda a: _of_input(of_output(a))):
        yield (
            "conjugate: the derivative is conjugated and should not be, or the other way round "
            "(the conventions of PyTorch and JAX differ by that)"
        )


def _of_input(array: Array) -> Array:
    return np.asarray(array * np.array([1.0, -1.0]))
