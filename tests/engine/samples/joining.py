"""Sample calls of adbench/engine/rules/joining.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "broadcast_to": [
        (lambda a: np.broadcast_to(a, (4, 2, 3)), arr(2, 1)),
        (lambda a: np.broadcast_to(a, (2,)), arr()),
        (lambda a: np.broadcast_to(a, (0, 3)), arr(3)),
        (lambda a: np.broadcast_to(a, (0, 3)), arr(1, 3)),
    ],
    "broadcast_arrays": [(lambda a, b: np.broadcast_arrays(a, b), arr(3, 1), arr(2))],
    "repeat": [
        (lambda a: np.repeat(a, 2), arr(2, 2)),
        (lambda a: np.repeat(a, [1, 0, 2], axis=1), arr(2, 3)),
        (lambda a: np.repeat(a, 0, axis=0), arr(2, 3)),
        (lambda a: np.repeat(a, 2, axis=0), arr()),
    ],
    "tile": [
        (lambda a: np.tile(a, 3), arr(2)),
        (lambda a: np.tile(a, (2, 1, 3)), arr(2, 2)),
        (lambda a: np.tile(a, 2), arr(2, 2)),
        (lambda a: np.tile(a, (2, 1)), arr(0, 3)),
    ],
    "resize": [(lambda a: np.resize(a, (2, 4)), arr(3))],
    "meshgrid": [
        (lambda a, b: np.meshgrid(a, b), arr(2), arr(3)),
        (lambda a, b: np.meshgrid(a, b, indexing="ij", sparse=True), arr(2), arr(3)),
    ],
    "concatenate": [
        (lambda a, b: np.concatenate([a, b, a]), arr(2, 3), arr(1, 3)),
        (lambda a, b: np.concatenate([a, b], axis=-1), arr(2, 3), arr(2, 0)),
        (lambda a, b: np.concatenate([a, b], axis=None), arr(2, 3), arr(2)),
        (lambda a: np.concatenate([a, np.ones(2)]), arr(2)),
        (lambda a, b: np.concatenate([a, b]), arr(0, 3), arr(2, 3)),
    ],
    "stack": [
        (lambda a, b: np.stack([a, b]), arr(3), arr(3)),
        (lambda a, b: np.stack([a, b], axis=-1), arr(2, 3), arr(2, 3)),
        (lambda a, b: np.stack([a, b], 1), arr(0, 3), arr(0, 3)),
    ],
    "vstack": [(lambda a, b: np.vstack([a, b]), arr(3), arr(2, 3))],
    "hstack": [
        (lambda a, b: np.hstack([a, b]), arr(2, 1), arr(2, 3)),
        (lambda a, b: np.hstack([a, b]), arr(2), arr()),
    ],
    "dstack": [(lambda a, b: np.dstack([a, b]), arr(3), arr(1, 3))],
    "column_stack": [(lambda a, b: np.column_stack([a, b]), arr(3), arr(3, 2))],
    "append": [
        (lambda a, b: np.append(a, b), arr(2, 2), arr(3)),
        (lambda a, b: np.append(a, b, 0), arr(2, 2), arr(1, 2)),
    ],
    "block": [
        (lambda a, b: np.block([[a, b], [b, a]]), arr(2, 2), arr(2, 2)),
        (lambda a, b: np.block([a, b]), arr(2), arr(3)),
    ],
    "split": [
        (lambda a: np.split(a, 2), arr(4, 2)),
        (lambda a: np.split(a, [1, 1, 3], axis=1), arr(2, 4)),
        (lambda a: np.split(a, [0, 2]), arr(3, 2)),
    ],
    "array_split": [(lambda a: np.array_split(a, 3), arr(5))],
    "hsplit": [(lambda a: np.hsplit(a, 2), arr(2, 4))],
    "vsplit": [(lambda a: np.vsplit(a, 2), arr(4, 2))],
    "dsplit": [(lambda a: np.dsplit(a, 2), arr(2, 1, 4))],
    "unstack": [(lambda a: np.unstack(a, axis=1), arr(2, 3))],
    "delete": [
        (lambda a: np.delete(a, 1, axis=1), arr(2, 3)),
        (lambda a: np.delete(a, [0, 2]), arr(4)),
    ],
    "insert": [
        (lambda a, v: np.insert(a, 1, v, axis=0), arr(3, 2), arr(2)),
        (lambda a, v: np.insert(a, -1, v), arr(3), arr()),
    ],
    "pad": [
        (lambda a: np.pad(a, 1), arr(2, 3)),
        (lambda a: np.pad(a, ((1, 0), (0, 2)), constant_values=3.0), arr(2, 3)),
        (lambda a: np.pad(a, 2, mode="edge"), arr(3)),
        (lambda a: np.pad(a, 2, mode="wrap"), arr(3, 2)),
        (lambda a: np.pad(a, 2, mode="reflect"), arr(3)),
        (lambda a: np.pad(a, (1, 2), mode="symmetric"), arr(3)),
        (lambda a: np.pad(a, 1), arr(0, 3)),
        (lambda a: np.pad(a, 1), arr()),
    ],
}

COMPLEX = {
    "broadcast_to",
    "concatenate",
    "pad",
    "repeat",
    "split",
    "stack",
    "tile",
}
