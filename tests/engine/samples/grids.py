"""Sample calls of adbench/engine/rules/grids.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "diff": [
        (lambda a: np.diff(a, 2), arr(2, 4)),
        (lambda a: np.diff(a, axis=0, prepend=1.0, append=2.0), arr(3, 2)),
        (lambda a: np.diff(a, axis=1), arr(0, 3)),
    ],
    "ediff1d": [(lambda a: np.ediff1d(a, to_begin=1.0), arr(2, 2))],
    "gradient": [
        (lambda a: np.gradient(a), arr(5)),
        (lambda a: np.gradient(a, 0.5, edge_order=2), arr(5)),
        (lambda a: np.gradient(a, np.array([0.0, 1.0, 3.0, 3.5]), axis=0, edge_order=2), arr(4, 2)),
        (lambda a: np.gradient(a), arr(3, 4)),
        (lambda a, x: np.gradient(a, np.cumsum(x)), arr(4), arr(4, low=0.5)),
    ],
    "trapezoid": [
        (lambda y: np.trapezoid(y, dx=0.5), arr(2, 4)),
        (lambda y, x: np.trapezoid(y, x, axis=0), arr(3, 2), arr(3)),
        (lambda y: np.trapezoid(y, axis=1), arr(0, 3)),
    ],
    "interp": [
        (lambda x: np.interp(x, [-1.0, 0.2, 1.5], [1.0, -2.0, 0.5]), arr(6)),
        (lambda x, f: np.interp(x, [-3.0, 0.2, 1.5, 3.0], f), arr(2, 2), arr(4)),
        (
            lambda p, f: np.interp([-0.5, 0.7], np.cumsum(p) - 3, f, left=0.0),
            arr(4, low=0.9),
            arr(4),
        ),
    ],
}

COMPLEX = {
    "diff",
    "ediff1d",
    "trapezoid",
}
