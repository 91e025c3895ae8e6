"""The arrays that sample calls ask for, and constants that several families use."""

from typing import NamedTuple

import numpy as np


class Arr(NamedTuple):
    """An array to draw: uniform in [low, high], or one of the named kinds."""

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    kind: str = "uniform"


def arr(*shape: int, low: float = -2.0, high: float = 2.0, kind: str = "uniform") -> Arr:
    return Arr(shape, low, high, kind)


R = (-2.0, 2.0)
P = (0.3, 3.0)
U = (0.1, 0.9)
INDEX = np.array([[0, 2], [2, 1]])
MASK = np.array([True, False, True])
HOLES = np.array([[False, True, False, False, True], [False, False, True, False, False]])
