"""Rules of functions that repeat, join, split and pad: the transpose sums, splits, joins, cuts."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import Any

import numpy as np

from adbench.engine.array import TracedArray, like, plain, write
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import define, derived

# Repeating.

define(
    np.broadcast_to,
    array=lambda g: g,  # the sweep sums a cotangent over the axes that were stretched
)


@derived(np.broadcast_arrays)
def _broadcast_arrays(*arrays: Any, subok: bool = False) -> Any:
    shape = np.broadcast_shapes(*(np.shape(a) for a in arrays))
    return tuple(np.broadcast_to(a, shape) for a in arrays)


@derived(np.repeat)
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    if axis is None or np.ndim(a) == 0:
        a, axis = np.ravel(a), 0
    index = np.repeat(np.arange(a.shape[axis]), plain(repeats))
    return np.take(a, index, axis=axis)


@derived(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    shape = (1,) * (len(reps) - np.ndim(A)) + np.shape(A)
    reps = (1,) * (len(shape) - len(reps)) + reps
    spaced = np.reshape(A, [n for size in shape for n in (1, size)])
    repeated = np.broadcast_to(
        spaced, [n for rep, size in zip(reps, shape, strict=True) for n in (rep, size)]
    )
    # Of one element, or where nothing is repeated, that is a view; NumPy's tile is a copy.
    return np.copy(np.reshape(repeated, [r * n for r, n in zip(reps, shape, strict=True)]))


@derived(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    index = np.arange(int(np.prod(shape))) % max(np.size(a), 1)
    return np.reshape(np.take(np.ravel(a), index), shape)


@derived(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    n = len(xi)
    grids = [np.reshape(x, (1,) * i + (-1,) + (1,) * (n - i - 1)) for i, x in enumerate(xi)]
    if indexing == "xy" and n > 1:
        grids = [np.swapaxes(grid, 0, 1) for grid in grids]
    return tuple(grids) if sparse else np.broadcast_arrays(*grids)


# Joining.


def _concatenate(*arrays: Any, axis: int = 0) -> Any:
    return np.concatenate(arrays, axis=axis)


def _section(g: Any, position: int, shapes: Any, axis: int) -> Any:
    axis = axis % len(g.shape)
    start = sum(shape[axis] for shape in shapes[:position])
    return g[(slice(None),) * axis + (slice(start, start + shapes[position][axis]),)]


concatenate = define(_concatenate, name="concatenate", each=_section)


def _stack(*arrays: Any, axis: int = 0) -> Any:
    return np.stack(arrays, axis=axis)


stack = define(
    _stack,
    name="stack",
    each=lambda g, position, axis: g[(slice(None),) * (axis % len(g.shape)) + (position,)],
)


@derived(np.concatenate, np.concat)
def _np_concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = None
) -> Any:
    arrays = list(arrays)
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    joined = concatenate(*arrays, axis=axis)
    joined = joined if dtype is None else joined.astype(dtype)
    return joined if out is None else write(out, joined, "numpy.concatenate")


@derived(np.stack)
def _np_stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = None
) -> Any:
    joined = stack(*arrays, axis=axis)
    joined = joined if dtype is None else joined.astype(dtype)
    return joined if out is None else write(out, joined, "numpy.stack")


def _listed(arrays: Any, function: Any) -> list[Any]:
    results = function(*arrays)
    return list(results) if isinstance(results, (tuple, list)) else [results]


@derived(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    return np.concatenate(_listed(tup, np.atleast_2d), 0, dtype=dtype)


@derived(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Any:
    arrays = _listed(tup, np.atleast_1d)
    return np.concatenate(arrays, 0 if arrays and arrays[0].ndim == 1 else 1, dtype=dtype)


@derived(np.dstack)
def _dstack(tup: Any) -> Any:
    return np.concatenate(_listed(tup, np.atleast_3d), 2)


@derived(np.column_stack)
def _column_stack(tup: Any) -> Any:
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup], 1)


@derived(np.append)
def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.concatenate([np.ravel(arr), np.ravel(values)])
    return np.concatenate([arr, values], axis=axis)


@derived(np.block)
def _block(arrays: Any) -> Any:
    def depth(item: Any) -> int:
        return 1 + max(map(depth, item)) if isinstance(item, list) else 0

    def join(item: Any, axis: int) -> Any:
        if isinstance(item, list):
            return np.concatenate([join(part, axis + 1) for part in item], axis=axis)
        return np.reshape(item, (1,) * (ndim - np.ndim(item)) + np.shape(item))

    def leaves(item: Any) -> Any:
        return [x for part in item for x in leaves(part)] if isinstance(item, list) else [item]

    ndim = max(depth(arrays), *(np.ndim(leaf) for leaf in leaves(arrays)), 0)
    return join(arrays, ndim - depth(arrays))


# Splitting: slices of one array, which accumulate into one buffer on the way back.


def _cut(ary: Any, indices_or_sections: Any, axis: int, even: bool) -> list[Any]:
    size = np.shape(ary)[axis]
    try:
        sections = operator.index(indices_or_sections)
    except TypeError:
        bounds = [0, *(int(i) for i in indices_or_sections), size]
    else:
        if even and size % sections:
            raise ValueError("array split does not result in an equal division")
        each, extra = divmod(size, sections)
        bounds = [i * each + min(i, extra) for i in range(sections + 1)]
    lead = (slice(None),) * (axis % np.ndim(ary))
    return [ary[(*lead, slice(a, b))] for a, b in pairwise(bounds)]


@derived(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return _cut(ary, indices_or_sections, axis, even=True)


@derived(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return _cut(ary, indices_or_sections, axis, even=False)


@derived(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, 0 if np.ndim(ary) == 1 else 1)


@derived(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, 0)


@derived(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    return np.split(ary, indices_or_sections, 2)


@derived(np.unstack)
def _unstack(x: Any, /, *, axis: int = 0) -> Any:
    lead = (slice(None),) * (axis % np.ndim(x))
    return tuple(x[(*lead, i)] for i in range(x.shape[axis]))


@derived(np.delete)
def _delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    if axis is None:
        arr, axis = np.ravel(arr), 0
    return np.take(arr, np.delete(np.arange(np.shape(arr)[axis]), plain(obj)), axis=axis)


@derived(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        arr, axis = np.ravel(arr), 0
    if np.ndim(obj) > 0:
        raise DifferentiationError(
            "numpy.insert", "takes a single position here", "np.concatenate of the pieces"
        )
    place = int(plain(obj))
    size = np.shape(arr)[axis]
    place = place + size if place < 0 else place
    values = np.moveaxis(values, 0, axis) if np.ndim(values) == np.ndim(arr) else values
    if np.ndim(values) < np.ndim(arr):
        kept = [n for i, n in enumerate(np.shape(arr)) if i != axis % np.ndim(arr)]
        values = np.expand_dims(
            np.broadcast_to(values, np.broadcast_shapes(np.shape(values), tuple(kept))), axis
        )
    before, after = np.split(arr, [place], axis)
    return np.concatenate([before, values, after], axis=axis, dtype=np.result_type(arr))


# Padding.


def _pad_constant(array: Any, pad_width: Any) -> Any:
    return np.pad(array, pad_width)


pad_constant = define(
    _pad_constant,
    name="pad",
    array=lambda g, array_shape, pad_width: g[
        tuple(slice(a, a + n) for (a, _), n in zip(pad_width, array_shape, strict=True))
    ],
)


@derived(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    if np.ndim(array) == 0:
        return np.copy(array)
    widths = [
        (int(a), int(b)) for a, b in np.broadcast_to(np.asarray(pad_width), (np.ndim(array), 2))
    ]
    values = kwargs.get("constant_values", 0)
    if mode == "constant" and not isinstance(values, TracedArray) and not np.any(values):
        return pad_constant(array, widths)
    if mode == "constant":
        if isinstance(values, TracedArray):
            raise DifferentiationError(
                "numpy.pad",
                "is not differentiable in constant_values",
                "np.concatenate, or np.where with a mask",
            )
        inside = np.pad(np.ones(np.shape(array), dtype=bool, **like(array)), widths)
        border = np.pad(np.zeros(np.shape(array), **like(array)), widths, constant_values=values)
        return pad_constant(array, widths) + np.where(inside, 0, border).astype(array.dtype)
    if mode not in ("edge", "wrap", "reflect", "symmetric"):
        raise DifferentiationError(
            "numpy.pad",
            f"mode={mode!r} has no derivative rule",
            "one of constant, edge, wrap, reflect, symmetric",
        )
    places = np.pad(np.arange(np.size(array)).reshape(np.shape(array)), widths, mode, **kwargs)
    return np.take(np.ravel(array), places)
