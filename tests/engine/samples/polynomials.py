"""Sample calls of adbench/engine/rules/polynomials.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "polyadd": [(lambda a, b: np.polyadd(a, b), arr(4), arr(2))],
    "polysub": [(lambda a, b: np.polysub(a, b), arr(2), arr(3))],
    "polymul": [(lambda a, b: np.polymul(a, b), arr(3), arr(2))],
    "polydiv": [(lambda a, b: np.polydiv(a, b), arr(5), arr(3, low=0.5))],
    "polyder": [(lambda p: np.polyder(p, 2), arr(5))],
    "polyint": [(lambda p: np.polyint(p, 2, [1.0, 2.0]), arr(3))],
    "poly": [(lambda z: np.poly(z), arr(3))],
    "roots": [(lambda p: np.sort_complex(np.roots(p)), arr(4, low=0.5))],
    "polyfit": [
        (lambda x, y: np.polyfit(np.cumsum(x), y, 2), arr(6, low=0.5), arr(6)),
        (lambda y, w: np.polyfit(np.arange(5.0), y, 1, w=w), arr(5), arr(5, low=0.5)),
    ],
    "polyval": [(lambda p, x: np.polyval(p, x), arr(4), arr(3))],
    "vander": [
        (lambda x: np.vander(x), arr(3, low=0.5)),
        (lambda x: np.vander(x, 2, increasing=True), arr(3, low=0.5)),
    ],
}

COMPLEX = {
    "polyval",
}
