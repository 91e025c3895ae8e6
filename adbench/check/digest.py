"""The primal and the gradient as a baseline keeps them: whole, or in figures, each with its noise.

The gradient is that of a weighting of the outputs which depends on the seed and on nothing that the
function computes, so that two runs of two versions of a function ask for the same thing. A single
number is weighted with 1: its gradient is the one a person expects to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import Layout, row_norms
from adbench.check.subject import Subject
from adbench.record.digest import random_bytes
from adbench.record.model import ArrayDigest, CheckOptions

Array = NDArray[Any]

WHOLE = 64
"""Up to this many real numbers are kept as they are."""
PROJECTIONS = 8
LARGEST = 10
_NEIGHBOURS = 3
"""Points beside the given one, whose values show how far the last bits of the inputs matter."""


@dataclass(frozen=True, slots=True)
class Digests:
    """The fields of a `CheckResult` of the same names."""

    outputs: tuple[ArrayDigest, ...] = ()
    gradient: tuple[ArrayDigest, ...] = ()


def digests(subject: Subject, options: CheckOptions) -> Digests:
    """The outputs of `subject`, and their weighting's gradient where the backend gives one.

    At the function's own dtypes: what its user gets. Costs one VJP, and three more at neighbouring
    points unless `options` forbid those.
    """
    weight = weighting(subject.outputs.size, options.seed)
    points = [subject.x]
    if options.other_points:
        points += _neighbours(subject, options.seed)
    values, gradients = [subject.origin], []
    for number, x in enumerate(points):
        try:
            pullback = subject.pullback(x, weight)
            gradient = subject.covector(pullback.gradients)
            value = subject.outputs.pack(pullback.outputs)
        except Exception:  # the check itself has said, or will say, what is wrong with it
            if number == 0:
                break
            continue
        gradients.append(gradient)
        if number:
            values.append(value)
    outputs = _arrays(subject.outputs, subject.output_dtypes, values, options.seed)
    if not gradients:
        return Digests(outputs)
    return Digests(outputs, _arrays(subject.inputs, subject.dtypes, gradients, options.seed))


def weighting(size: int, seed: int) -> Array:
    """The seeded weights (size,) of the outputs: whole numbers from 1 to 7 with random signs.

    They are exact in every floating dtype; all of them have to change for a change to be unseen.
    """
    if size == 1:
        return np.ones(1)
    raw = random_bytes(size, seed, "weighting")
    return np.asarray(np.where(raw & 128, -1.0, 1.0) * (1 + (raw & 127) % 7))


def _neighbours(subject: Subject, seed: int) -> list[Array]:
    """The point with every coordinate one last bit, of the coarsest dtype, up or down."""
    bits = random_bytes(subject.x.size, seed, "neighbours")
    step = 2 * subject.epsilon * np.abs(subject.x)
    return [
        subject.x + np.where(bits & (1 << number), step, -step) for number in range(_NEIGHBOURS)
    ]


def _arrays(
    layout: Layout, dtypes: Sequence[np.dtype[Any]], vectors: Sequence[Array], seed: int
) -> tuple[ArrayDigest, ...]:
    """A digest a leaf of the first vector; the others are the same at neighbouring points."""
    found = []
    for i, (leaf, dtype) in enumerate(zip(layout.leaves, dtypes, strict=True)):
        rows = np.stack([vector[layout.span(i)] for vector in vectors])
        complex_ = len(rows[0]) != int(np.prod(leaf.shape, dtype=int))
        digest = digest_of(rows, leaf.name, leaf.shape, complex_=complex_, seed=seed)
        found.append(digest.model_copy(update={"dtype": str(dtype)}))
    return tuple(found)


def digest_of(
    rows: Array, name: str, shape: tuple[int, ...], *, complex_: bool, seed: int
) -> ArrayDigest:
    """The digest of `rows[0]`, real coordinates (k,), with its figures' scatter over all rows."""
    if rows.shape[1] <= WHOLE:
        return ArrayDigest(
            name=name,
            shape=shape,
            dtype="",
            values=_floats(rows[0]),
            noise=_noise(rows),
        )
    size = np.where(np.isnan(rows[0]), np.inf, np.abs(rows[0]))
    candidates = np.flatnonzero(size >= -np.partition(-size, LARGEST - 1)[LARGEST - 1])
    # A stable order, so that of equal elements always the same ones are kept.
    places = candidates[np.argsort(-size[candidates], kind="stable")][:LARGEST]
    with np.errstate(all="ignore"):
        figures = np.concatenate(
            [row_norms(rows)[:, None], *_projections(rows, seed, name), rows[:, places]], axis=1
        )
    norm, projections, largest = np.split(figures[0], [1, 1 + PROJECTIONS])
    return ArrayDigest(
        name=name,
        shape=shape,
        dtype="",
        norm=float(norm[0]),
        projections=_floats(projections),
        largest=tuple(
            (_index(int(place), shape, complex_), float(value))
            for place, value in zip(places, largest, strict=True)
        ),
        noise=_noise(figures),
    )


def _projections(rows: Array, seed: int, name: str) -> Iterator[Array]:
    """Columns: the dot products of the rows with one vector of seeded signs after the other."""
    bits = random_bytes(rows.shape[1], seed, name)
    for number in range(PROJECTIONS):
        yield (rows @ np.where(bits & (1 << number), 1.0, -1.0))[:, None]


def _noise(rows: Array) -> tuple[float, ...]:
    """How far each column of the first row is from the others; () where there are none.

    Rounded up to two digits: more are chance, and take room in a file that people read.
    """
    if len(rows) < 2:
        return ()
    with np.errstate(all="ignore"):
        apart = np.nan_to_num(np.abs(rows[1:] - rows[0]).max(axis=0), nan=0.0, posinf=0.0)
    return tuple(float(f"{value:.1e}") for value in apart)


def _index(place: int, shape: tuple[int, ...], complex_: bool) -> tuple[int, ...]:
    """The element's index; a complex one's has 0 or 1 behind it, for its real or imaginary part."""
    part: tuple[int, ...] = ()
    if complex_:
        place, part = place // 2, (place % 2,)
    return tuple(int(i) for i in np.unravel_index(place, shape)) + part


def _floats(array: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in array)
