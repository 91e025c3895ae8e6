"""Sample calls of adbench/engine/rules/indexing.py."""

from typing import Any

import numpy as np
from samples.arrays import INDEX, MASK, arr


def written(function: Any) -> Any:
    """A function that writes into its first argument, as one that returns the result."""

    def call(x: Any, v: Any) -> Any:
        # x·1 + 0·v is a new array, on the tape if either is.
        y = x * 1.0 + 0.0 * np.sum(v)
        function(y, v)
        return y

    return call


def setitem(index: Any) -> Any:
    def write(y: Any, v: Any) -> None:
        y[index] = v

    return write


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "getitem": [
        (lambda x: x[1], arr(3)),
        (lambda x: x[1:, ::-1], arr(3, 4)),
        (lambda x: x[..., None, 0], arr(3, 4)),
        (lambda x: x[INDEX], arr(3, 2)),
        (lambda x: x[:, INDEX, 1], arr(2, 3, 2)),
        (lambda x: x[MASK], arr(3, 2)),
        (lambda x: x[MASK, 1:], arr(3, 2)),
        (lambda x: x[[0, 0, 2]], arr(3)),
        (lambda x: x[()], arr()),
        (lambda x: x[1:1], arr(3, 2)),
        (lambda x: x[2:2], arr(3, 2)),
        (lambda x: x[..., 1], arr(0, 3)),
        (lambda x: x[INDEX[:0]], arr(3, 2)),
    ],
    "scatter": [
        (lambda v: np.diag(v, 1), arr(3)),
    ],
    "setitem": [
        (written(setitem(1)), arr(3), arr()),
        (written(setitem(slice(1, None))), arr(3, 2), arr(2)),
        (written(setitem(INDEX)), arr(3), arr(2, 2)),
        (written(setitem((slice(None), [1, 1]))), arr(2, 3), arr(2, 2)),
        (written(setitem(MASK)), arr(3, 2), arr(2, 2)),
    ],
    "take": [
        (lambda a: np.take(a, INDEX), arr(3, 2)),
        (lambda a: np.take(a, INDEX, axis=1), arr(2, 3)),
        (lambda a: np.take(a, [4, -1], axis=-1, mode="wrap"), arr(2, 3)),
        (lambda a: np.take(a, [4, -1], mode="clip"), arr(3)),
        (lambda a: np.take(a, INDEX[:0], axis=1), arr(2, 3)),
        (lambda a: np.take(a, [0, 0], axis=0), arr()),
    ],
    "take_along_axis": [
        (lambda a: np.take_along_axis(a, np.array([[0], [2], [0]]), 1), arr(3, 3)),
        (lambda a: np.take_along_axis(a, np.array([2, 0]), None), arr(3, 1)),
        (lambda a: np.take_along_axis(a, INDEX, 0), arr(3, 2)),
    ],
    "lib.stride_tricks.sliding_window_view": [
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, 3), arr(5)),
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)), arr(3, 4)),
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 3), (-1, -2)), arr(2, 4, 3)),
    ],
    "compress": [(lambda a: np.compress(MASK, a, axis=1), arr(2, 3))],
    "extract": [(lambda a: np.extract(MASK, a), arr(3))],
    "where": [
        (lambda x, y: np.where(MASK, x, y), arr(2, 3), arr(3)),
        (lambda x, y: np.where(MASK, x, y), arr(2, 1), arr()),
        (lambda x, y: np.where(np.zeros((0, 3), bool), x, y), arr(0, 3), arr(3)),
    ],
    "select": [(lambda x, y: np.select([MASK, ~MASK], [x, y * y], 0.0), arr(2, 3), arr(3))],
    "choose": [(lambda x, y: np.choose(np.array([0, 1, 0]), [x, y]), arr(3), arr(2, 3))],
    "clip": [
        (lambda a: np.clip(a, -1, 1), arr(6)),
        (
            lambda a, lo, hi: np.clip(a, lo, hi),
            arr(6),
            arr(low=-0.6, high=-0.4),
            arr(6, low=0.3, high=0.4),
        ),
        (lambda a: np.clip(a, None, 0.5), arr(6)),
        (lambda a: np.clip(a, min=0.5), arr(6)),
    ],
    "sort": [
        (lambda a: np.sort(a), arr(3, 4)),
        (lambda a: np.sort(a, axis=0), arr(3, 4)),
        (lambda a: np.sort(a, axis=None), arr(3, 2)),
        (lambda a: np.sort(a, axis=0), arr(0, 3)),
    ],
    "partition": [(lambda a: np.sort(np.partition(a, 2)[:3]), arr(5))],
    "unique": [
        (lambda a: np.unique(a), arr(5)),
        (lambda a: np.unique(a, True, True)[0], arr(2, 3)),
    ],
    "unique_values": [(lambda a: np.sort(np.unique_values(a)), arr(5))],
    "unique_all": [(lambda a: np.unique_all(a).values, arr(4))],
    "unique_counts": [(lambda a: np.unique_counts(a).values, arr(5))],
    "unique_inverse": [(lambda a: np.unique_inverse(a).values, arr(5))],
    "bincount": [(lambda v: np.bincount(np.array([0, 2, 2]), weights=v, minlength=5), arr(3))],
    "tril": [
        (lambda m: np.tril(m), arr(3, 3)),
        (lambda m: np.tril(m, -1), arr(2, 3, 4)),
        (lambda m: np.tril(m), arr(0, 3)),
    ],
    "triu": [(lambda m: np.triu(m), arr(3, 3)), (lambda m: np.triu(m, 1), arr(2, 3, 4))],
    "diagonal": [
        (lambda a: np.diagonal(a), arr(3, 4)),
        (lambda a: np.diagonal(a, -1, 0, 2), arr(3, 2, 4)),
        (lambda a: np.diagonal(a, 2), arr(3, 4)),
        (lambda a: np.diagonal(a), arr(0, 3)),
    ],
    "linalg.diagonal": [(lambda a: np.linalg.diagonal(a, offset=1), arr(2, 3, 4))],
    "trace": [(lambda a: np.trace(a), arr(3, 4)), (lambda a: np.trace(a, 1, 1, 2), arr(2, 3, 3))],
    "linalg.trace": [(lambda a: np.linalg.trace(a), arr(2, 3, 3))],
    "diag": [(lambda v: np.diag(v), arr(3)), (lambda v: np.diag(v, -1), arr(3, 4))],
    "diagflat": [(lambda v: np.diagflat(v, 1), arr(2, 2))],
}

COMPLEX = {
    "diag",
    "diagonal",
    "getitem",
    "scatter",
    "setitem",
    "take",
    "trace",
    "tril",
    "triu",
    "where",
}
