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
        most = max(1, _BLOCK // max(1, size))
        across, along = max(1, most // len(steps)), min(most, len(steps))
        rows = [
            np.concatenate(
                [
                    self._block(slice(d, d + across), steps[k : k + along])
                    for k in range(0, len(steps), along)
                ],
                axis=1,
            )
            for d in range(0, count, across)
        ]
        return np.concatenate(rows) if rows else np.empty((0, len(steps), self.origin.shape[-1]))

    def _block(self, which: slice, steps: Array) -> Array:
        """`rise` of some directions and steps, in one call of the function."""
        directions = self.directions[which]
        starts = self.x if len(self.x) == 1 else self.x[which]
        shape = len(directions), len(steps), directions.shape[1]
        neighbours = shape[0] * shape[1]
        points = np.empty((neighbours + len(starts), shape[2]))
        moved = points[:neighbours].reshape(shape)
        np.multiply(directions[:, None], steps[:, None], out=moved)
        moved += starts[:, None]
        points[neighbours:] = starts
        with np.errstate(all="ignore"):
            values = self.function(points)
            self.evaluations += len(points)
            self.calls += 1
            rise = values[:neighbours].reshape(*shape[:2], -1) - values[neighbours:][:, None]
        return np.asarray(rise)
