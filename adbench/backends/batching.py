"""How many evaluations go into one batched call: as many as memory comfortably holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from adbench.backends.arrays import Array
from adbench.backends.errors import UnsupportedError

_BUDGET = 4 * 2**20
"""Bytes that the largest intermediate array of a batched call may take. What a batch saves is
the overhead of calls; once its arrays outgrow the caches it is slower than single calls."""


def rows_per_call(bytes_per_row: int, most: int, least: int = 2) -> int:
    """The power of two, at most `most`, of rows whose largest array stays within the budget.

    Raises UnsupportedError where not even `least` rows do.
    """
    rows = most
    while rows * bytes_per_row > _BUDGET and rows > 1:
        rows //= 2
    if rows < least:
        raise UnsupportedError(
            f"one evaluation makes an array of {bytes_per_row / 2**20:.0f} MiB, "
            "too much for a batch"
        )
    return rows


def in_chunks(
    evaluate: Callable[[list[Array]], list[Array]], x: Sequence[Array], rows: int
) -> list[Array]:
    """`evaluate`, which takes leaves with a leading batch axis, on `rows` rows at a time."""
    size = len(x[0])
    parts = [evaluate([a[i : i + rows] for a in x]) for i in range(0, size, rows)]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]
