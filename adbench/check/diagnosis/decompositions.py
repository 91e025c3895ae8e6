"""A gradient as the sum of two parts, one of them right: symmetric, averaged, along x …"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence

_NAMES = {-1.0: "its sign is flipped", 0.0: "missing", 2.0: "counted twice", 0.5: "halved"}
_CLOSE = 1e-6
_LEAST = 1e-4
"""Share of the gradient that a part must be to be spoken of."""

Projection = Callable[[Array], Array]


def one_part_wrong(e: Evidence) -> Iterator[str]:
    """One part is right, and the other has a factor, or is there where it should not be."""
    if e.complex or not e.looked_at.all() or not e.known.all() or e.ad.size < 4:
        return
    for part, rest, project in _decompositions(e):
        if (words := _of(e, part, rest, project)) or (words := _of(e, rest, part, _Rest(project))):
            yield words


class _Rest:
    """What a projection leaves of a gradient."""

    def __init__(self, project: Projection) -> None:
        self.project = project

    def __call__(self, array: Array) -> Array:
        return np.asarray(array - self.project(array))


def _of(e: Evidence, part: str, rest: str, project: Projection) -> str | None:
    """What is wrong with one part, if the rest is right."""
    size = float(np.abs(e.numeric).max())
    given, right = project(e.ad), project(e.numeric)
    # The parts are sums over elements, and so are their doubts.
    allowed = 8 * float(e.doubt.max()) * np.sqrt(e.wrong.size) + _CLOSE * size
    if np.abs((e.ad - given) - (e.numeric - right)).max() > allowed:
        return None
    if np.abs(given - right).max() <= 10 * allowed or np.abs(e.numeric - right).max() < (
        _LEAST * size
    ):
        return None
    if np.abs(right).max() <= allowed:
        return (
            f"a projection is missing, or not whole: AD has {part}, which the derivative has not; "
            f"{rest} is right"
        )
    for factor, name in _NAMES.items():
        if np.abs(given - factor * right).max() <= 4 * allowed:
            return f"{part} is wrong ({name}); {rest} is right"
    return None


def _decompositions(e: Evidence) -> Iterator[tuple[str, str, Projection]]:
    """Names of two parts that add up to a gradient, and what gives the first, (rows, *shape)."""
    shape = e.shape
    if len(shape) >= 2 and shape[-1] == shape[-2] > 1:
        yield (
            "the symmetric part of the gradient",
            "the antisymmetric part",
            _symmetric,
        )
        if len(shape) == 2 and shape[0] > 2 and np.allclose(e.values, e.values.T, rtol=1e-9):
            _, vectors = np.linalg.eigh(e.values)
            yield (
                f"the part that belongs to the eigenvectors of {e.name} (off the diagonal in their "
                "basis)",
                "the part that belongs to the eigenvalues",
                _Rest(partial(_diagonal, vectors=vectors)),
            )
    for axis, length in enumerate(shape):
        if length > 2:
            along = f" along axis {axis}" if len(shape) > 1 else ""
            yield f"a mean{along}", "what deviates from it", partial(_mean, axes=(axis + 1,))
    every = tuple(range(1, len(shape) + 1))
    if len(shape) > 1:
        yield "a mean", "what deviates from it", partial(_mean, axes=every)
    for axes in [(k,) for k in every if len(every) > 1 and shape[k - 1] > 2] + [every]:
        part = f"a part along {e.name} itself" + (f", axis {axes[0] - 1}" if axes != every else "")
        yield part, "what is orthogonal to it", partial(_along, direction=e.values[None], axes=axes)


def _mean(array: Array, axes: tuple[int, ...]) -> Array:
    return np.broadcast_to(array.mean(axis=axes, keepdims=True), array.shape)


def _symmetric(array: Array) -> Array:
    return np.asarray((array + np.swapaxes(array, -1, -2)) / 2)


def _diagonal(array: Array, vectors: Array) -> Array:
    inside = vectors.T @ array @ vectors
    return np.asarray(vectors @ (inside * np.eye(len(vectors))) @ vectors.T)


def _along(array: Array, direction: Array, axes: tuple[int, ...]) -> Array:
    square = (direction * direction).sum(axis=axes, keepdims=True)
    with np.errstate(all="ignore"):
        share = (array * direction).sum(axis=axes, keepdims=True) / square
    return np.asarray(np.nan_to_num(share) * direction)
