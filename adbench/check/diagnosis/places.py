"""The right values in the wrong places: other elements, other outputs, other inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence

Array = NDArray[Any]


def moved_in_input(e: Evidence) -> Iterator[str]:
    """Another order of the elements of this input."""
    if not e.looked_at.all() or e.wrong.size < 2:
        return
    axes = range(len(e.inputs.leaves[e.leaf].shape))
    square = len(axes) >= 2 and e.shape[axes[-1]] == e.shape[axes[-2]]
    if square and e.becomes(lambda a: np.swapaxes(a, 1 + axes[-1], 1 + axes[-2])):
        yield "transposed"
    for axis in axes:
        length = e.shape[axis]
        if length > 2 and e.becomes(lambda a, k=axis: np.flip(a, 1 + k)):
            yield f"reversed along axis {axis}"
        for shift in (1, -1):
            if length > 1 and e.becomes(lambda a, k=axis, s=shift: np.roll(a, s, 1 + k)):
                yield f"off by one along axis {axis}: shifted by {shift:+d}"


def permuted(e: Evidence) -> Iterator[str]:
    """The right values in no usual order."""
    if not e.looked_at.all() or e.wrong.size < 2:
        return
    ad = e.ad.reshape(len(e.ad), -1).T
    numeric = e.numeric.reshape(len(e.ad), -1).T
    doubt = e.doubt.reshape(len(e.ad), -1).T
    if _matching(ad, numeric, doubt) is not None:
        yield "permuted: the right values at other positions"


def other_input(e: Evidence) -> Iterator[str]:
    """Another input's gradient."""
    for leaf, spec in enumerate(e.inputs.leaves):
        if leaf == e.leaf or Evidence.shape_of(e.inputs, leaf) != e.shape:
            continue
        there, doubt = e.own(e.all_numeric, leaf), e.own(e.all_doubt, leaf)
        if e.fits(there, doubt):
            yield (
                f"swapped: this is the gradient of {spec.name}, returned in the place of {e.name}'s"
            )
        elif e.fits(-there, doubt):
            yield f"swapped, and sign flipped: this is minus the gradient of {spec.name}"


def adjoint(e: Evidence) -> Iterator[str]:
    """The Jacobian itself where its transpose belongs."""
    yield from _transposed(e, exactly=True)


def turned(e: Evidence) -> Iterator[str]:
    """The structure of the Jacobian where that of its transpose belongs, whatever the values."""
    yield from _transposed(e, exactly=False)


def _transposed(e: Evidence, *, exactly: bool) -> Iterator[str]:
    size = int(np.prod(e.shape, dtype=int))
    if not e.by_output or len(e.ad) != size or size < 2 or not e.looked_at.all():
        return
    if e.complex:
        return

    def transposed(array: Array) -> Array:
        return array.reshape(size, size).T.reshape(array.shape)

    matrix = e.numeric.reshape(size, size)
    reached, given = e.substantial.reshape(size, size), e.ad.reshape(size, size) != 0
    words = "transposed: the forward operator is applied where its transpose (adjoint) belongs"
    if not exactly:
        mirrored = np.array_equal(given, reached.T) and (given != reached).sum() > 2
        if not mirrored or not e.known.all():
            return
        words = "transposed: AD reaches from j to i where the function reaches from i to j"
    elif not e.becomes(transposed):
        return
    zero = ~reached
    if zero[np.tril_indices(size, -1)].all() or zero[np.triu_indices(size, 1)].all():
        words += "; a running sum's adjoint, for one, runs backwards, reversed"
    elif _circulant(matrix):
        words += "; the adjoint of a shift, or a convolution, shifts the other way"
    yield words


def adjoint_inside(e: Evidence) -> Iterator[str]:
    """AD's Jacobian is the transpose but for a factor an output and a factor an input."""
    size = int(np.prod(e.shape, dtype=int))
    if not e.by_output or len(e.ad) != size or size < 3 or not e.known.all() or e.complex:
        return
    ad, numeric = e.ad.reshape(size, size), e.numeric.reshape(size, size)
    if not (e.substantial.all() and e.given.all()):
        return
    if _rank_one(ad / numeric.T) and not _rank_one(ad / numeric):
        yield (
            "transposed inside: AD's Jacobian is the transpose of the right one, up to a factor "
            "an output and one an input: a matrix, or a solve, within stands where its transpose "
            "belongs"
        )


def _rank_one(matrix: Array) -> bool:
    sizes = np.linalg.svd(matrix, compute_uv=False)
    return bool(sizes[1] <= 1e-6 * sizes[0])


def moved_in_output(e: Evidence) -> Iterator[str]:
    """The cotangent's elements taken in another order."""
    if not e.by_output or len(e.ad) < 2 or not e.looked_at.all():
        return
    if words := _swapped_outputs(e):
        yield words
    if len(e.outputs.leaves) == 1:
        shape = Evidence.shape_of(e.outputs, 0)
        axes = range(len(e.outputs.leaves[0].shape))

        def within(change: Any) -> Any:
            return lambda a: change(a.reshape(*shape, -1)).reshape(a.shape)

        square = len(axes) >= 2 and shape[axes[-1]] == shape[axes[-2]]
        if square and e.becomes(within(lambda a: np.swapaxes(a, axes[-1], axes[-2]))):
            yield "the cotangent is transposed"
        for axis in axes:
            if shape[axis] > 2 and e.becomes(within(lambda a, k=axis: np.flip(a, k))):
                yield f"the cotangent is reversed along axis {axis}"
            for shift in (1, -1):
                if shape[axis] > 1 and e.becomes(
                    within(lambda a, k=axis, s=shift: np.roll(a, s, k))
                ):
                    yield (f"the cotangent is off by one along axis {axis}: shifted by {shift:+d}")
    ad, numeric = e.ad.reshape(len(e.ad), -1), e.numeric.reshape(len(e.ad), -1)
    order = _matching(ad, numeric, e.doubt.reshape(len(e.ad), -1))
    if order is not None:
        yield _order_in_words(order)


def _order_in_words(order: Array) -> str:
    size = len(order)
    shift = (order - np.arange(size)) % size
    if (shift == shift[0]).all():
        by = int(shift[0]) if shift[0] <= size / 2 else int(shift[0]) - size
        return f"the cotangent's elements are shifted by {by:+d}: a shift in the wrong direction"
    return "permuted: the cotangent's elements are taken in another order, as by p for p⁻¹"


def _swapped_outputs(e: Evidence) -> str | None:
    leaves = e.outputs.leaves
    for one in range(len(leaves)):
        for other in range(one + 1, len(leaves)):
            a, b = e.outputs.span(one), e.outputs.span(other)
            if a.stop - a.start != b.stop - b.start:
                continue
            order = np.arange(len(e.ad))
            order[a], order[b] = np.arange(b.start, b.stop), np.arange(a.start, a.stop)
            if e.becomes(lambda array, o=order: array[o]):
                return (
                    f"the cotangents of outputs {leaves[one].name} and {leaves[other].name} are "
                    "swapped"
                )
    return None


def _matching(ad: Array, numeric: Array, doubt: Array) -> Array | None:
    """The one order in which the rows of `numeric` are those of `ad`; None where there is none.

    Rows that are alike, or nearly right where they are, say nothing about an order.
    """
    if not (np.isfinite(ad).all() and np.isfinite(numeric).all() and np.isfinite(doubt).all()):
        return None
    size = float(np.abs(numeric).max(initial=0.0))
    if np.allclose(ad, numeric, rtol=1e-3, atol=1e-9 * size) or len(ad) > 256:
        return None
    apart = np.abs(ad[:, None] - numeric[None])
    close = (apart <= 4 * doubt[None] + 1e-6 * np.abs(numeric[None]) + 1e-12 * size).all(axis=-1)
    if not (close.sum(axis=0) == 1).all() or not (close.sum(axis=1) == 1).all():
        return None
    order = close.argmax(axis=1)
    return None if (order == np.arange(len(order))).all() else np.asarray(order)


def _circulant(matrix: Array) -> bool:
    size = float(np.abs(matrix).max())
    moved = np.roll(matrix, (1, 1), (0, 1))
    return bool(np.allclose(matrix, moved, rtol=1e-6, atol=1e-9 * size))
