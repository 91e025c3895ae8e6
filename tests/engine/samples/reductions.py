"""Sample calls of adbench/engine/rules/reductions.py."""

from typing import Any

import numpy as np
from samples.arrays import MASK, arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "sum": [
        (lambda a: np.sum(a), arr(2, 3)),
        (lambda a: np.sum(a, axis=(0, -1), keepdims=True), arr(2, 3, 4)),
        (lambda a: np.sum(a, axis=1, where=MASK), arr(2, 3)),
        (lambda a: a.sum(0), arr(0, 3)),
        (lambda a: np.add.reduce(a), arr(2, 3)),
        (lambda a: np.sum(a), arr()),
        (lambda a: np.sum(a, axis=0), arr(0, 3)),
        (lambda a: np.sum(a), arr(0, 3)),
        (lambda a: np.sum(a, axis=-1), arr()),
    ],
    "mean": [
        (lambda a: np.mean(a), arr(2, 3)),
        (lambda a: np.mean(a, axis=(0, 2)), arr(2, 3, 4)),
        (lambda a: a.mean(axis=-1, keepdims=True), arr(2, 3)),
        (lambda a: np.mean(a, axis=1), arr(0, 3)),
    ],
    "prod": [
        (lambda a: np.prod(a), arr(2, 3)),
        (lambda a: np.prod(a, axis=(0, 2), keepdims=True), arr(2, 3, 2)),
        (lambda a: np.prod(a, axis=1), arr(3, 0)),
        (lambda a: np.multiply.reduce(a, axis=1), arr(2, 3)),
        (lambda a: np.prod(a, axis=0), arr(0, 3)),
        (lambda a: np.prod(a, axis=0), arr()),
    ],
    "max": [
        (lambda a: np.max(a), arr(2, 3)),
        (lambda a: np.amax(a, 0) - np.amin(a, 0), arr(2, 3)),
        (lambda a: np.max(a, axis=(0, 2)), arr(2, 3, 2)),
        (lambda a: np.maximum.reduce(a, axis=1), arr(2, 3)),
        (lambda a: np.max(a, axis=1), arr(0, 3)),
        (lambda a: np.max(a, axis=-1), arr()),
    ],
    "min": [(lambda a: np.min(a), arr(2, 3)), (lambda a: a.min(axis=-1, keepdims=True), arr(2, 3))],
    "cumsum": [
        (lambda a: np.cumsum(a), arr(2, 3)),
        (lambda a: np.cumsum(a, axis=-2), arr(2, 3)),
        (lambda a: np.add.accumulate(a), arr(3)),
        (lambda a: np.cumsum(a, axis=1), arr(2, 0)),
        (lambda a: np.cumsum(a, axis=0), arr()),
    ],
    "cumprod": [
        (lambda a: np.cumprod(a), arr(2, 3)),
        (lambda a: np.cumprod(a, axis=0), arr(3, 2)),
        (lambda a: np.multiply.accumulate(a), arr(3)),
        (lambda a: np.cumprod(a, axis=1), arr(2, 0)),
        (lambda a: np.cumprod(a, axis=0), arr()),
    ],
}

COMPLEX = {
    "cumprod",
    "cumsum",
    "mean",
    "prod",
    "sum",
}
