"""Sample calls of adbench/engine/rules/norms.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "linalg.norm2": [
        (lambda a: np.linalg.norm(a), arr(2, 3)),
        (lambda a: np.linalg.norm(a, axis=0), arr(2, 3)),
    ],
    "linalg.norm": [
        (lambda a: np.linalg.norm(a, 3, axis=-1), arr(2, 3)),
        (lambda a: np.linalg.norm(a, 1, axis=-1, keepdims=True), arr(2, 3)),
        (lambda a: np.linalg.norm(a, np.inf), arr(3)),
        (lambda a: np.linalg.norm(a, -np.inf), arr(3)),
        (lambda a: np.linalg.norm(a, "nuc"), arr(2, 3)),
        (lambda a: np.linalg.norm(a, "fro", axis=(0, 2)), arr(2, 2, 3)),
        (lambda a: np.linalg.norm(a, 2), arr(2, 3)),
        (lambda a: np.linalg.norm(a, -2), arr(2, 3)),
        (lambda a: np.linalg.norm(a, 1), arr(2, 3)),
        (lambda a: np.linalg.norm(a, -np.inf), arr(2, 3)),
        (lambda x: np.linalg.norm(x, axis=1), arr(0, 3)),
    ],
    "linalg.vector_norm": [
        (lambda a: np.linalg.vector_norm(a), arr(2, 3)),
        (lambda a: np.linalg.vector_norm(a, axis=1, ord=3, keepdims=True), arr(2, 3)),
    ],
    "linalg.matrix_norm": [(lambda a: np.linalg.matrix_norm(a, keepdims=True), arr(2, 3))],
    "linalg.cond": [
        (lambda a: np.linalg.cond(a), arr(3, 3, kind="regular")),
        (lambda a: np.linalg.cond(a, "fro"), arr(3, 3, kind="regular")),
    ],
}

COMPLEX = {
    "linalg.norm2",
}
