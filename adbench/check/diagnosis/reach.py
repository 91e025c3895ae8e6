"""Which outputs an element reaches: in AD others than in the function, by axis or by group."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence


def other_outputs(e: Evidence) -> Iterator[str]:
    """AD reaches outputs that the function does not reach from there."""
    yield from _of_one(e, spurious=True)


def fewer_outputs(e: Evidence) -> Iterator[str]:
    """AD reaches but a part of them, which is more than the element's own."""
    yield from _of_one(e, spurious=False)


def _of_one(e: Evidence, *, spurious: bool) -> Iterator[str]:
    """Said of one element, where the outputs that each reaches can be written as a slice."""
    if not e.by_output or len(e.outputs.leaves) != 1 or e.complex or not e.known.all():
        return
    outer = Evidence.shape_of(e.outputs, 0)
    if outer != e.outputs.leaves[0].shape or len(e.ad) < 3:
        return
    size = int(np.prod(e.shape, dtype=int))
    true = e.substantial.reshape(*outer, size)
    given = e.given.reshape(*outer, size)
    more, less = given & ~true, true & ~given
    if more.any() != spurious or not (more | less).any() or not given.any():
        return
    if outer == e.shape and not given.reshape(size, size)[~np.eye(size, dtype=bool)].any():
        return  # AD keeps to each element's own
    guilty = np.flatnonzero((more | less).reshape(-1, size).any(axis=0))
    said = []
    for element in guilty:
        sets = [_as_slices(array[..., element]) for array in (true, given)]
        if None in sets or (not spurious and given[..., element].sum() < 2):
            return
        said.append((int(element), *sets))
    first, right, wrong = said[0]
    name, out = e.inputs.label(e.inputs.span(e.leaf).start + first), e.outputs.leaves[0].name
    yield (
        f"wrong axis or grouping: {name} reaches {out}{right} in the function, and {out}{wrong} "
        "in AD"
    )


def _as_slices(mask: Array) -> str | None:
    """`[0, 1:3, :]`, the indices where a mask is true; None where no such slice is the mask."""
    if not mask.any():
        return None
    parts, whole = [], np.ones(mask.shape, dtype=bool)
    for axis, length in enumerate(mask.shape):
        others = tuple(a for a in range(mask.ndim) if a != axis)
        along = mask.any(axis=others)
        places = np.flatnonzero(along)
        whole &= np.expand_dims(along, others)
        steps = np.unique(np.diff(places))
        if len(steps) > 1:
            return None
        first, last, step = places[0], places[-1], int(steps[0]) if len(steps) else 1
        if len(places) == 1:
            parts.append(f"{first}")
        elif len(places) == length:
            parts.append(":")
        else:
            stop = "" if last + step >= length else f"{last + 1}"
            start = f"{first}" if first else ""
            parts.append(f"{start}:{stop}" + (f":{step}" if step > 1 else ""))
    return f"[{', '.join(parts)}]" if np.array_equal(whole, mask) else None
