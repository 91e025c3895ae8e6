"""Which outputs an input reaches: terms between elements lost, sums not taken, axes confused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence

Array = NDArray[Any]


def mixed_cotangent(e: Evidence) -> Iterator[str]:
    """The cotangent replaced by its mean, its sum or its first element."""
    if not e.by_output or len(e.ad) < 2:
        return
    for leaf, spec in enumerate(e.outputs.leaves):
        span = e.outputs.span(leaf)
        shape = Evidence.shape_of(e.outputs, leaf)
        of = "the cotangent" if len(e.outputs.leaves) == 1 else f"the cotangent of {spec.name}"
        if span.stop - span.start < 2:
            continue
        everything = tuple(range(len(shape)))
        for axes in {everything, *((axis,) for axis in everything)}:
            along = "" if axes == everything else f" along axis {axes[0]}"
            for words, matrix in _mixtures(shape, axes):

                def mixed(array: Array, m: Array = matrix, s: slice = span) -> Array:
                    result = array.copy()
                    part = array[s].reshape(s.stop - s.start, -1)
                    result[s] = (m.T @ part).reshape(array[s].shape)
                    return result

                if e.becomes(mixed):
                    yield f"{of} is {words}{along} for every element"


def mixed_gradient(e: Evidence) -> Iterator[str]:
    """Every element given the sum, or the mean, of the gradient."""
    if not e.looked_at.all() or e.wrong.size < 3 or e.complex:
        return
    axes = tuple(range(1, e.ad.ndim))
    for over in {axes, *((axis,) for axis in axes)}:
        along = "" if over == axes else f" along axis {over[0] - 1}"
        if e.becomes(lambda a, o=over: np.broadcast_to(a.sum(o, keepdims=True), a.shape)):
            yield f"summed{along}: every element gets the sum of the right gradients"
        if e.becomes(lambda a, o=over: np.broadcast_to(a.mean(o, keepdims=True), a.shape)):
            yield f"averaged{along}: every element gets the mean of the right gradients"


def _mixtures(shape: tuple[int, ...], axes: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    """Matrices (p, p) from the cotangent to what is taken for it."""
    size = int(np.prod(shape, dtype=int))
    each = np.eye(size).reshape(*shape, size)
    mean = np.broadcast_to(each.mean(axes, keepdims=True), each.shape).reshape(size, size)
    yield "averaged", mean
    yield "summed", mean * np.prod([shape[a] for a in axes])
    first = each[tuple(slice(0, 1) if a in axes else slice(None) for a in range(len(shape)))]
    yield "taken from its first element", np.broadcast_to(first, each.shape).reshape(size, size)


def output_forgotten(e: Evidence) -> Iterator[str]:
    """Outputs that the gradient has nothing from, where all else is right."""
    if not e.by_output or len(e.ad) < 2 or not e.off.any() or (e.ad[e.off] != 0).any():
        return
    off = e.off.reshape(len(e.ad), -1)
    lost = np.asarray(off.any(axis=1))
    if lost.all() or not (~lost & e.substantial.reshape(len(e.ad), -1).any(axis=1)).any():
        return
    if (e.ad.reshape(len(e.ad), -1)[lost] != 0).any():
        return
    for leaf, spec in enumerate(e.outputs.leaves):
        span = e.outputs.span(leaf)
        if len(e.outputs.leaves) > 1 and np.array_equal(np.flatnonzero(lost), np.r_[span]):
            yield f"output {spec.name} contributes nothing: its cotangent is not pulled back"
            return
        if len(e.outputs.leaves) == 1 and _broadcast(e, lost):
            yield from _one_slice(~lost.reshape(Evidence.shape_of(e.outputs, leaf)))


def outputs_lost(e: Evidence) -> Iterator[str]:
    """Some outputs that the gradient has nothing from."""
    if not e.by_output or len(e.ad) < 2 or not e.off.any() or (e.ad[e.off] != 0).any():
        return
    lost = np.asarray(e.off.reshape(len(e.ad), -1).any(axis=1))
    if not lost.all() and (e.ad.reshape(len(e.ad), -1)[lost] == 0).all():
        yield f"{int(lost.sum())} of {len(lost)} outputs contribute nothing"


def _broadcast(e: Evidence, lost: Array) -> bool:
    """Whether all elements that reach an output that is lost reach one that is kept as well."""
    reached = e.substantial.reshape(len(lost), -1)
    return bool((~reached[lost].any(axis=0) | reached[~lost].any(axis=0)).all())


def _one_slice(kept: Array) -> Iterator[str]:
    for axis in range(kept.ndim):
        by_place = kept.reshape(kept.shape) if kept.ndim == 1 else np.moveaxis(kept, axis, 0)
        by_place = by_place.reshape(kept.shape[axis], -1)
        if (by_place.all(axis=1) == by_place.any(axis=1)).all() and by_place.any(axis=1).sum() == 1:
            place = int(np.flatnonzero(by_place.any(axis=1))[0])
            yield (
                f"a broadcast was not summed over: only the outputs at index {place} of axis "
                f"{axis} contribute"
            )
            return


def repeats_overwritten(e: Evidence) -> Iterator[str]:
    """Of several outputs that read one input, AD keeps a single one."""
    if not e.by_output or not e.off.any() or (e.ad[e.off] != 0).any():
        return
    reached = e.substantial.reshape(len(e.ad), -1)
    kept = reached & ~e.off.reshape(len(e.ad), -1)
    guilty = e.off.reshape(len(e.ad), -1).any(axis=0)
    if (kept[:, guilty].sum(axis=0) == 1).all():
        last = [np.flatnonzero(reached[:, c])[-1] for c in np.flatnonzero(guilty)]
        which = "the last" if kept[last, np.flatnonzero(guilty)].all() else "one"
        yield (
            f"where an input is read more than once, repeated, only {which} reading counts: "
            "overwritten instead of added up"
        )


def own_element_only(e: Evidence) -> Iterator[str]:
    """The terms between different elements are missing, or the elements' own."""
    if not e.by_output or not e.off.any() or not (e.ad != 0).any():
        return
    for leaf, span in ((k, e.outputs.span(k)) for k in range(len(e.outputs.leaves))):
        if Evidence.shape_of(e.outputs, leaf) != e.shape:
            continue
        size = int(np.prod(e.shape, dtype=int))
        if size < 3 or len(e.ad) != size:
            continue
        own = np.eye(size, dtype=bool).reshape(e.ad.shape)
        off, zero = e.off[span], e.ad[span] == 0
        between = e.substantial[span] & ~own
        if not between.any():
            continue
        columns = off.reshape(size, size).any(axis=0)
        if not (e.ad[span].reshape(size, size)[:, columns] != 0).any(axis=0).all():
            continue  # an element that has nothing at all is another matter
        if (zero | own).all():
            yield _diagonal_only(e, span, bool((off & own).any()))
        elif not (off & ~own).any():
            yield "a term is missing on the Jacobian's diagonal: each element's own share"


def _diagonal_only(e: Evidence, span: slice, own_wrong: bool) -> str:
    """What has been lost when AD gives every element its own output alone."""
    words = "terms between different elements are missing: AD's Jacobian is diagonal"
    if not own_wrong:
        return f"{words}, and right there"
    difference = (e.numeric - e.ad)[span].reshape(span.stop - span.start, -1)
    sizes = np.linalg.svd(difference, compute_uv=False)
    rank = int((sizes > 1e-6 * sizes[0]).sum())
    if rank == 1:
        return (
            f"{words}, and what it lacks has rank one: a sum, norm or mean over the elements is "
            "taken for a constant"
        )
    return (
        f"{words}, and what it lacks has rank {rank}: more than one number between the elements "
        "is taken for constant, as a mean for each group of them, a product with a matrix, or the "
        "solve with (I − ∂f/∂z)ᵀ of a fixed point or an implicit function"
    )


def tied_axes(e: Evidence, entries: Array) -> frozenset[tuple[int, int]]:
    """Pairs of an output's and an input's axis whose indices are equal wherever there is a
    derivative."""
    outer = Evidence.shape_of(e.outputs, 0)
    places = np.argwhere(entries.reshape((*outer, *e.shape)))
    axes = product(range(len(e.outputs.leaves[0].shape)), range(len(e.inputs.leaves[e.leaf].shape)))
    return frozenset(
        (o, i)
        for o, i in axes
        if outer[o] == e.shape[i] > 1
        and places.size
        and (places[:, o] == places[:, len(outer) + i]).all()
    )


def sums_along_another_axis(e: Evidence) -> Iterator[str]:
    """Derivatives that add up to the same number along one axis, and in AD along another."""
    axes = range(len(e.inputs.leaves[e.leaf].shape))
    if len(axes) < 2 or e.complex or not e.known.all():
        return
    numeric, ad = e.numeric.sum(axis=0), e.ad.sum(axis=0)
    for axis in axes:
        total = numeric.sum(axis=axis)
        level = float(total.flat[0])
        if level == 0 or total.size < 2 or not np.allclose(total, level, rtol=1e-6):
            continue
        for other in axes:
            regular = np.allclose(ad.sum(axis=other), level, rtol=1e-6)
            if other != axis and regular and not np.allclose(ad.sum(axis=axis), level, rtol=1e-6):
                yield (
                    f"wrong axis: the derivatives add up to {level:.6g} along axis {axis} of "
                    f"{e.name}, in AD along axis {other}"
                )
                return
