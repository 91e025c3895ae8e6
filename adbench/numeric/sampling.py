"""Evaluates a function along straight lines through a point, and counts the evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = Callable[[Array], Array]
"""A batched function: (k, n) points to (k, p) outputs, a row of NaN where it is undefined."""

# Points are made in blocks of about this many numbers: as many as a cache holds, and a ladder on a
# large input does not need the memory of the whole ladder at once.
_BLOCK = 2**18


class Lines:
    """The restriction of a function to the lines x[d] + t·directions[d].

    `function` maps (k, n) float points to (k, p) float outputs; `directions` (D, n) all start at
    x (n,), or each at its own x (D, n). All arrays are real; a complex function comes as its real
    and imaginary parts. `origin` (p,) or (D, p) are the outputs at x.
    """

    def __init__(self, function: Rows, x: Array, directions: Array, origin: Array) -> None:
        self.function = function
        self.x = np.atleast_2d(x)
        self.directions = directions
        self.origin = origin
        self.evaluations = 0
        self.calls = 0

    def rise(self, steps: Array) -> Array:
        """f(x + steps[k]·directions[d]) − f(x) for every d and k; shape (D, k, p).

        Outputs that do not move cancel exactly, so that a large one among them adds no noise.
        For that, x is evaluated again beside its neighbours: a batched call may round otherwise
        than a single one.
        """
        count, size = self.directions.shape
        which, along = np.repeat(np.arange(count), len(steps)), np.tile(steps, count)
        block = max(1, _BLOCK // max(1, size))
        values = []
        for i in range(0, len(which), block):
            part, starts = slice(i, i + block), self.x[: None if i == 0 else 0]
            values.append(self._values(which[part], along[part], starts))
        if not values:
            return np.empty((count, len(steps), self.origin.shape[-1]))
        with np.errstate(all="ignore"):
            start, moved = np.split(np.concatenate(values), [len(self.x)])
            rise = moved.reshape(count, len(steps), -1) - start[:, None]
        return np.asarray(rise)

    def sides(self, steps: Array) -> Array:
        """The rises over steps ahead, and over the same behind, (D, 2, k, p)."""
        rise = self.rise(np.concatenate([steps, -steps]))
        return rise.reshape(len(self.directions), 2, len(steps), -1)

    def _values(self, which: Array, along: Array, starts: Array) -> Array:
        """The outputs at the starts (s, n), and so far along those directions, in one call."""
        points = np.empty((len(starts) + len(which), self.directions.shape[1]))
        points[: len(starts)] = starts
        moved = points[len(starts) :]
        np.take(self.directions, which, axis=0, out=moved, mode="clip")  # "raise" makes a copy
        moved *= along[:, None]
        moved += self.x if len(self.x) == 1 else self.x[which]
        with np.errstate(all="ignore"):
            values = self.function(points)
        self.evaluations += len(points)
        self.calls += 1
        return values
