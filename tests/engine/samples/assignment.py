"""Sample calls of adbench/engine/assignment.py."""

from typing import Any

import numpy as np
from samples.arrays import MASK, arr


def written(function: Any) -> Any:
    """A function that writes into its first argument, as one that returns the result."""

    def call(x: Any, v: Any) -> Any:
        # x·1 + 0·v is a new array, on the tape if either is.
        y = x * 1.0 + 0.0 * np.sum(v)
        function(y, v)
        return y

    return call


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "copyto": [
        (written(lambda y, v: np.copyto(y, v)), arr(2, 3), arr(3)),
        (written(lambda y, v: np.copyto(y, v, where=MASK)), arr(2, 3), arr(3)),
    ],
    "put": [
        (written(lambda y, v: np.put(y, [0, 4], v)), arr(2, 3), arr(2)),
        (written(lambda y, v: np.put(y, [0, -1, 7], v, mode="wrap")), arr(2, 3), arr(2)),
    ],
    "putmask": [(written(lambda y, v: np.putmask(y, MASK, v)), arr(3), arr(2))],
    "place": [(written(lambda y, v: np.place(y, MASK, v)), arr(3), arr(1))],
    "put_along_axis": [
        (
            written(lambda y, v: np.put_along_axis(y, np.array([[1], [0]]), v, 1)),
            arr(2, 3),
            arr(2, 1),
        )
    ],
    "fill_diagonal": [
        (written(lambda y, v: np.fill_diagonal(y, v)), arr(3, 3), arr()),
        (written(lambda y, v: np.fill_diagonal(y, v)), arr(2, 3), arr(2)),
    ],
    "add.at": [(written(lambda y, v: np.add.at(y, [0, 0, 2], v)), arr(3), arr(3))],
    "subtract.at": [
        (written(lambda y, v: np.subtract.at(y, ([0, 0], [1, 1]), v)), arr(2, 2), arr())
    ],
}
