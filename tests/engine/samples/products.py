"""Sample calls of adbench/engine/rules/products.py."""

import warnings
from typing import Any

import numpy as np
from samples.arrays import arr


def planar_cross(a: Any, b: Any) -> Any:
    """Of vectors of two, which NumPy still takes, with a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return np.cross(a, b)


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "matmul": [
        (lambda x, y: x @ y, arr(2, 3), arr(3, 4)),
        (lambda x, y: x @ y, arr(3), arr(3, 4)),
        (lambda x, y: x @ y, arr(2, 3), arr(3)),
        (lambda x, y: x @ y, arr(3), arr(3)),
        (lambda x, y: x @ y, arr(5, 2, 3), arr(3, 4)),
        (lambda x, y: x @ y, arr(2, 3), arr(5, 3, 4)),
        (lambda x, y: x @ y, arr(5, 1, 2, 3), arr(4, 3, 2)),
        (lambda x, y: x @ y, arr(3), arr(5, 3, 2)),
        (lambda x, y: x @ y, arr(5, 2, 3), arr(3)),
        (lambda x, y: x @ y, arr(0, 3), arr(3, 2)),
        (lambda x, y: x @ y, arr(2, 0), arr(0, 2)),
        (lambda x, y: np.matmul(x, y), arr(2, 0), arr(0, 3)),
        (lambda x, y: np.matmul(x, y), arr(0, 2), arr(2, 3)),
        (lambda x, y: np.matmul(x, y), arr(0), arr(0)),
    ],
    "dot": [
        (lambda a, b: np.dot(a, b), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.dot(a, b), arr(), arr(3)),
        (lambda a, b: np.dot(a, b), arr(2, 3), arr(4, 3, 2)),
        (lambda a, b: np.dot(a, b), arr(2, 4, 3), arr(3)),
    ],
    "tensordot": [
        (lambda a, b: np.tensordot(a, b), arr(2, 3, 4), arr(3, 4, 2)),
        (lambda a, b: np.tensordot(a, b, 0), arr(2), arr(3)),
        (lambda a, b: np.tensordot(a, b, ([0, 2], [1, 0])), arr(2, 3, 4), arr(4, 2)),
        (lambda a, b: np.tensordot(a, b, (-1, 0)), arr(2, 3), arr(3, 2)),
        (lambda a, b: np.tensordot(a, b, 1), arr(2, 0), arr(0, 3)),
    ],
    "linalg.tensordot": [(lambda a, b: np.linalg.tensordot(a, b, axes=1), arr(2, 3), arr(3, 2))],
    "inner": [
        (lambda a, b: np.inner(a, b), arr(2, 3), arr(4, 3)),
        (lambda a, b: np.inner(a, b), arr(3), arr(3)),
    ],
    "outer": [
        (lambda a, b: np.outer(a, b), arr(2, 2), arr(3)),
        (lambda a, b: np.outer(a, b), arr(0), arr(2)),
    ],
    "linalg.outer": [(lambda a, b: np.linalg.outer(a, b), arr(2), arr(3))],
    "multiply.outer": [(lambda a, b: np.multiply.outer(a, b), arr(2, 2), arr(3))],
    "add.outer": [(lambda a, b: np.add.outer(a, b), arr(2, 2), arr(3))],
    "subtract.outer": [(lambda a, b: np.subtract.outer(a, b), arr(2, 2), arr(3))],
    "vdot": [(lambda a, b: np.vdot(a, b), arr(2, 3), arr(2, 3))],
    "vecdot": [
        (lambda a, b: np.vecdot(a, b), arr(2, 3), arr(3)),
        (lambda a, b: np.vecdot(a, b, axis=0), arr(3, 2), arr(3, 2)),
    ],
    "linalg.vecdot": [(lambda a, b: np.linalg.vecdot(a, b), arr(2, 3), arr(2, 3))],
    "matvec": [(lambda a, b: np.matvec(a, b), arr(2, 4, 3), arr(3))],
    "vecmat": [(lambda a, b: np.vecmat(a, b), arr(4), arr(2, 4, 3))],
    "linalg.matmul": [(lambda a, b: np.linalg.matmul(a, b), arr(2, 3), arr(3, 2))],
    "kron": [
        (lambda a, b: np.kron(a, b), arr(2, 3), arr(2, 2)),
        (lambda a, b: np.kron(a, b), arr(2), arr(2, 2)),
    ],
    "cross": [
        (lambda a, b: np.cross(a, b), arr(4, 3), arr(3)),
        (lambda a, b: np.cross(a, b, axis=0), arr(3, 2), arr(3, 2)),
        (planar_cross, arr(4, 2), arr(2)),
        (planar_cross, arr(4, 2), arr(3)),
    ],
    "linalg.cross": [(lambda a, b: np.linalg.cross(a, b), arr(3), arr(3))],
    "linalg.multi_dot": [
        (lambda a, b, c: np.linalg.multi_dot([a, b, c]), arr(3), arr(3, 4), arr(4, 2))
    ],
    "einsum": [
        (lambda a, b: np.einsum("ij,jk->ik", a, b), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.einsum("ij,jk", a, b), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.einsum("...ij,...j->...i", a, b), arr(4, 2, 3), arr(3)),
        (lambda a: np.einsum("ii->i", a), arr(3, 3)),
        (lambda a: np.einsum("ii", a), arr(3, 3)),
        (lambda a, b: np.einsum("iij,k->kj", a, b), arr(3, 3, 2), arr(4)),
        (lambda a, b, c: np.einsum("i,j,k->", a, b, c, optimize=True), arr(2), arr(3), arr(2)),
        (lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.einsum("...i,...i", a, b), arr(4, 1, 3), arr(2, 3)),
        (lambda a: np.einsum("ij->ji", a), arr(0, 3)),
        (lambda a, b: np.einsum("ij,jk->ik", a, b), arr(0, 2), arr(2, 3)),
    ],
    "convolve": [
        (lambda a, v: np.convolve(a, v), arr(5), arr(3)),
        (lambda a, v: np.convolve(a, v, "same"), arr(3), arr(4)),
        (lambda a, v: np.convolve(a, v, "valid"), arr(5), arr(3)),
    ],
    "correlate": [
        (lambda a, v: np.correlate(a, v), arr(5), arr(3)),
        (lambda a, v: np.correlate(a, v, "full"), arr(3), arr(4)),
        (lambda a, v: np.correlate(a, v, "same"), arr(5), arr(4)),
        (lambda a, v: np.correlate(a, v, "same"), arr(3), arr(4)),
        (lambda a, v: np.correlate(a, v, "valid"), arr(3), arr(5)),
    ],
}

COMPLEX = {
    "convolve",
    "correlate",
    "cross",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "vdot",
    "vecdot",
    "vecmat",
}
