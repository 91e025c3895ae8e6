"""Calls of a function that differ in which arrays they are given, and not in the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adbench.backends.arrays import Array
from adbench.backends.protocol import Arrays


def by_array(
    run: Callable[[list[Any]], list[Array]],
    make: Callable[[Arrays], list[Any]],
    write: Callable[[Any, Array], object] | None,
    x: Arrays,
    other: Arrays,
) -> list[list[Array] | None]:
    """What `BoundFunction.same_arrays` gives.

    `make` turns NumPy arrays into new ones of the backend's, `write` puts numbers into one of those
    (None where that cannot be done), and `run` calls the function.
    """
    first, equal, new = make(x), make(x), make(other)
    at_x: list[list[Array] | None] = [run(first), run(first), run(equal)]
    try:
        if write is None:
            return [*at_x, None, run(new)]
        for array, numbers in zip(first, other, strict=True):
            write(array, numbers)
        return [*at_x, run(first), run(new)]
    except Exception:  # away from x a function may raise whatever it likes
        return [*at_x, None, None]


def write(array: Any, numbers: Array) -> None:
    """Into a NumPy array."""
    array[...] = numbers
