"""Evaluates a function along straight lines through a point, and counts the evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = Callable[[Array], Array]
"""A batched function: (k, n) points to (k, p) outputs, a row of NaN where it is undefined."""

# Points are made in blocks of about this many numbers, so that a ladder on a large input does
# not need the memory of the whole ladder at once.
_BLOCK = 4_000_000


class Lines:
    """The restriction of a function to the lines x + t·directions[d].

    `function` maps (k, n) float points to (k, p) float outputs; x has shape (n,) and
    `directions` (D, n). All arrays are real; a complex function comes as its real and imaginary
    parts. `origin` (p,) are the outputs at x.
    """

    def __init__(self, function: Rows, x: Array, directions: Array, origin: Array) -> None:
        self.function = function
        self.x = x
        self.directions = directions
        self.origin = origin
        self.evaluations = 0
        self.calls = 0

    def rise(self, which: Array, steps: Array) -> Array:
        """f(x + steps[k]·directions[which[k]]) − f(x) for every k; shape (k, p).

        Outputs that do not move cancel exactly, so that a large one among them adds no noise.
        For that, x is evaluated again beside its neighbours: a batched call may round otherwise
        than a single one.
        """
        block = max(1, _BLOCK // max(1, self.x.size))
        rows = []
        for start in range(0, len(steps), block):
            part = slice(start, start + block)
            points = np.empty((len(steps[part]) + 1, self.x.size))
            points[-1] = self.x
            np.multiply(self.directions[which[part]], steps[part, None], out=points[:-1])
            points[:-1] += self.x
            with np.errstate(all="ignore"):
                values = self.function(points)
                rows.append(values[:-1] - values[-1])
            self.evaluations += len(points)
            self.calls += 1
        return np.concatenate(rows) if rows else np.empty((0, self.origin.size))
