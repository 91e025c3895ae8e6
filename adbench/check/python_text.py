"""A point as Python text, to be pasted into a test."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import Layout

Array = NDArray[Any]

_SHORT = 16
"""Arrays with up to this many elements are written out."""
_EXCEPTIONS = 4
"""Larger ones are written as one value with at most this many exceptions, or not at all."""


def python_text(arrays: list[Array], layout: Layout) -> str | None:
    """`x = np.array([0.0, 21.0]); y = np.float64(2.0)`; None where that would be no reading matter.

    The numbers are exact. Leaves inside a tree are named as they are reached: `params['w'] = …`.
    """
    parts = []
    for array, leaf in zip(arrays, layout.leaves, strict=True):
        text = _assigned(leaf.name, array)
        if text is None:
            return None
        parts.append(text)
    return "; ".join(parts)


def _assigned(name: str, array: Array) -> str | None:
    if array.size <= _SHORT:
        return f"{name} = np.array({array.tolist()}{_dtype(array)})"
    values, counts = np.unique(array, return_counts=True)
    usual = values[np.argmax(counts)]
    exceptions = np.argwhere(array != usual)
    if len(exceptions) > _EXCEPTIONS:
        return None
    text = f"{name} = np.full({array.shape}, {usual.item()}{_dtype(array)})"
    for place in map(tuple, exceptions.tolist()):
        text += f"; {name}[{', '.join(map(str, place))}] = {array[place].item()}"
    return text


def _dtype(array: Array) -> str:
    usual = array.dtype in (np.float64, np.complex128) and array.size > 0
    return "" if usual else f", dtype={str(array.dtype)!r}"


def effort(arrays: list[Array]) -> tuple[float, ...]:
    """How hard a point is to read: what differs from zero, its digits, its size."""
    flat = np.concatenate(
        [part.astype(np.float64).ravel() for a in arrays for part in (a.real, a.imag)]
    )
    values, counts = np.unique(flat, return_counts=True)
    digits = sum(len(repr(value)) for value in values[:100].tolist())
    with np.errstate(divide="ignore"):
        magnitude = np.abs(np.log10(np.abs(flat[flat != 0])))
    return (
        float(np.count_nonzero(flat)),
        float(len(values)),
        float(digits),
        float(magnitude.sum()),
        float(np.sum(flat < 0)),
        float(-counts.max(initial=0)),
    )
