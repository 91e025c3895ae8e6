"""Sample calls of adbench/engine/rules/shape.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "reshape": [
        (lambda a: np.reshape(a, (3, 2)), arr(2, 3)),
        (lambda a: np.reshape(a, -1, order="F"), arr(2, 3)),
        (lambda a: a.reshape(3, -1), arr(2, 3)),
        (lambda a: np.reshape(a, (0, 2)), arr(3, 0)),
        (lambda a: np.reshape(a, (3, 0)), arr(0, 3)),
    ],
    "ravel": [(lambda a: np.ravel(a), arr(2, 3)), (lambda a: a.ravel(order="F"), arr(2, 3))],
    "transpose": [
        (lambda a: np.transpose(a), arr(2, 3)),
        (lambda a: a.transpose(1, 2, 0), arr(2, 3, 1)),
        (lambda a: np.transpose(a, (-1, 0, 1)), arr(2, 3, 1)),
        (lambda a: a.T, arr(2, 3)),
        (lambda a: np.transpose(a), arr(0, 3)),
    ],
    "swapaxes": [(lambda a: np.swapaxes(a, 0, -1), arr(2, 3, 4))],
    "moveaxis": [(lambda a: np.moveaxis(a, (0, 1), (-1, 0)), arr(2, 3, 4))],
    "rollaxis": [
        (lambda a: np.rollaxis(a, 2), arr(2, 3, 4)),
        (lambda a: np.rollaxis(a, 0, 2), arr(2, 3, 4)),
    ],
    "matrix_transpose": [(lambda a: np.matrix_transpose(a), arr(2, 3, 4))],
    "linalg.matrix_transpose": [(lambda a: np.linalg.matrix_transpose(a), arr(3, 4))],
    "expand_dims": [(lambda a: np.expand_dims(a, (0, 2)), arr(3))],
    "squeeze": [
        (lambda a: np.squeeze(a), arr(1, 3, 1)),
        (lambda a: np.squeeze(a, 0), arr(1, 3, 1)),
        (lambda a: np.squeeze(a, 1), arr(0, 1)),
    ],
    "flip": [
        (lambda a: np.flip(a), arr(2, 3)),
        (lambda a: np.flip(a, (1,)), arr(2, 3)),
        (lambda m: np.flip(m), arr(0, 3)),
    ],
    "fliplr": [(lambda a: np.fliplr(a), arr(2, 3))],
    "flipud": [(lambda a: np.flipud(a), arr(2, 3))],
    "roll": [
        (lambda a: np.roll(a, 2), arr(2, 3)),
        (lambda a: np.roll(a, (1, -1), (0, 1)), arr(2, 3)),
        (lambda a: np.roll(a, 1, 0), arr(0, 3)),
    ],
    "rot90": [(lambda a: np.rot90(a), arr(2, 3)), (lambda a: np.rot90(a, 3, (1, 0)), arr(2, 3))],
    "atleast_1d": [(lambda a, b: np.atleast_1d(a, b), arr(), arr(2, 2))],
    "atleast_2d": [(lambda a: np.atleast_2d(a), arr(3))],
    "atleast_3d": [(lambda a: np.atleast_3d(a), arr(3)), (lambda a: np.atleast_3d(a), arr(2, 3))],
    "astype": [(lambda a: np.astype(a, np.complex128) * (1 + 2j), arr(3))],
    "copy": [
        (lambda a: np.copy(a), arr(2, 3)),
        (lambda a: a.copy(), arr()),
        (lambda a: np.copy(a), arr(0, 3)),
    ],
}

COMPLEX = {
    "copy",
    "flip",
    "moveaxis",
    "ravel",
    "reshape",
    "roll",
    "swapaxes",
    "transpose",
}
