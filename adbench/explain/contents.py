"""Arrays as reports show them, and the memory that lies behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.backends.arrays import Array, is_bfloat16
from adbench.record.graph import Content, Saved

FEW = 6
"""Elements up to which an array is shown whole."""


def content_of(array: Array) -> Content:
    """The elements of a small array, and the norm of any."""
    flat = np.ravel(array)
    if is_bfloat16(flat.dtype) or flat.dtype.kind in "biu" or flat.dtype == np.float16:
        flat = flat.astype(np.float64)
    if flat.dtype.kind == "c":
        flat = np.stack([flat.real, flat.imag], axis=-1).ravel()
    values = tuple(float(v) for v in flat) if np.size(array) <= FEW else None
    with np.errstate(all="ignore"):
        return Content(values=values, norm=float(np.linalg.norm(flat)))


class Blocks:
    """Which blocks of memory have been counted: each one is, at its first holder."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()

    def saved(self, name: str, array: Any, block: Any, nbytes: int) -> Saved:
        """An array that something holds, lying in `block` (any key) of so many bytes."""
        first = block not in self._seen
        self._seen.add(block)
        return Saved(
            name=name,
            shape=tuple(array.shape),
            dtype=str(array.dtype).removeprefix("torch."),
            nbytes=nbytes,
            first=first,
        )


def kept(saved: tuple[Saved, ...]) -> int:
    """The bytes that only these hold alive."""
    return sum(item.nbytes for item in saved if item.first)
