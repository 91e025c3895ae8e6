"""Rules of indexing, choosing and sorting: what was gathered is scattered back."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import Recorded, TracedArray, like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.operation import ZERO, Primitive
from adbench.engine.primitive import define, derived
from adbench.engine.tape import Scatter

# Indexing.


def _getitem(x: Any, index: Any) -> Any:
    return index.beside(x)[index] if isinstance(index, Recorded) else x[index]


def _scatter(values: Any, index: Any, shape: Any) -> Any:
    return Scatter(values, index, shape, repeats_nothing(index)).dense(values.dtype)


def _put(x: Any, values: Any, index: Any) -> Any:
    result = values.beside(x) if isinstance(values, Recorded) else x.copy()
    result[index] = values
    return result


def pull_back(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """The cotangent of an indexed array: a Scatter, or a recorded one if g is traced."""
    if isinstance(g, TracedArray):
        return scatter(g, index, shape)
    return Scatter(g, index, shape, repeats_nothing(index))


def pull_back_simple(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """As `pull_back`, for an index that is one integer or slice."""
    if isinstance(g, TracedArray):
        return scatter(g, index, shape)
    return Scatter(g, index, shape, True)


getitem = define(_getitem, name="getitem", x=lambda g, index, x_shape: pull_back(g, index, x_shape))
scatter = define(_scatter, name="scatter", values=lambda g, index: g[index])
put: Primitive = define(
    _put,
    name="setitem",
    x=lambda g, index: put(g, 0, index),
    values=lambda g, index: last_written(g, index) * g[index],
)


def frozen_index(index: Any) -> Any:
    """An index without traced parts, whose arrays the user's code cannot change later."""
    if type(index) is tuple:
        return tuple(frozen_index(i) for i in index)
    if isinstance(index, TracedArray):
        index = plain(index)
        if index.dtype.kind in "fc":
            raise DifferentiationError(
                "indexing", f"an index of dtype {index.dtype}", "x[i.astype(int)]"
            )
    if isinstance(index, (np.ndarray, Recorded)):
        return index.copy()
    return np.array(index) if type(index) is list else plain(index)


def repeats_nothing(index: Any) -> bool:
    """Whether an index certainly names each element once: integers, slices and masks do."""
    parts = index if type(index) is tuple else (index,)
    return all(np.ndim(i) == 0 or i.dtype.kind == "b" for i in parts if not isinstance(i, slice))


def last_written(g: Any, index: Any) -> Any:
    """1 for each assigned value that is still there, 0 where a later one overwrote it."""
    if repeats_nothing(index):
        return 1
    writer = np.zeros(g.shape, dtype=np.intp)
    order = np.arange(np.size(writer[index])).reshape(np.shape(writer[index]))
    writer[index] = order
    return np.asarray(writer[index] == order, dtype=g.dtype, **like(g))


@derived(np.take)
def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    if axis is None or np.ndim(a) == 0:
        a, axis = np.ravel(a), 0
    indices = plain(indices)
    if mode != "raise":
        size = a.shape[axis]
        indices = np.mod(indices, size) if mode == "wrap" else np.clip(indices, 0, size - 1)
    return a[(slice(None),) * (axis % a.ndim) + (indices,)]


def _along(indices: Any, axis: int) -> tuple[Any, ...]:
    grid = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    grid[axis] = indices
    return tuple(grid)


@derived(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    indices = plain(indices)
    if axis is None:
        return np.ravel(arr)[indices]
    axis = axis % arr.ndim
    shape = [
        n if i == axis else max(n, m)
        for i, (n, m) in enumerate(zip(indices.shape, arr.shape, strict=True))
    ]
    indices = np.broadcast_to(indices, shape)
    stretched = [
        n if i == axis else m for i, (n, m) in enumerate(zip(arr.shape, shape, strict=True))
    ]
    return np.broadcast_to(arr, stretched)[_along(indices, axis)]


@derived(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    widths = tuple(window_shape) if np.ndim(window_shape) else (window_shape,)
    if axis is None:
        axes: tuple[int, ...] = tuple(range(x.ndim))
    else:
        axes = tuple(axis) if np.ndim(axis) else (axis,)
    if len(widths) != len(axes):
        raise ValueError(f"window_shape {widths} does not match the axes {axes}")
    for a, width in zip([a % x.ndim for a in axes], widths, strict=True):
        starts = np.arange(x.shape[a] - width + 1)
        windows = np.take(x, starts[:, None] + np.arange(width), axis=a)
        x = np.moveaxis(windows, a + 1, -1)
    return x


@derived(np.compress)
def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    return np.take(a, np.flatnonzero(plain(condition)), axis=axis)


@derived(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return np.ravel(arr)[np.flatnonzero(plain(condition))]


# Choosing.


def _where(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)


where = define(
    _where,
    name="where",
    condition=ZERO,
    x=lambda g, condition: np.where(condition, g, 0),
    y=lambda g, condition: np.where(condition, 0, g),
)


@derived(np.where)
def _np_where(condition: Any, /, *branches: Any) -> Any:
    condition = plain(condition)
    return where(condition, *branches) if branches else np.nonzero(condition)


@derived(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(plain(condition), choice, result)
    return result


@derived(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    a = plain(a)
    *arrays, a = np.broadcast_arrays(*choices, a)
    return np.take_along_axis(np.stack(arrays), np.asarray(a, **like(arrays[0]))[None], axis=0)[0]


@derived(np.clip)
def _clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **kwargs: Any,
) -> Any:
    low, high = (
        next((b for b in bounds if b is not None and b is not np._NoValue), None)
        for bounds in ((a_min, min), (a_max, max))
    )
    a = a if low is None else np.maximum(a, low)
    a = a if high is None else np.minimum(a, high)
    if out is not None:
        from adbench.engine.array import write

        return write(out, a, "numpy.clip")
    return a


# Sorting: a permutation, found on the plain values.


@derived(np.sort)
def _sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    index = np.argsort(plain(a), axis=axis, kind=kind, stable=stable)
    return np.take_along_axis(a, index, axis)


@derived(np.partition)
def _partition(
    a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, np.argpartition(plain(a), kth, axis=axis), axis)


def _first_of_each(x: Any) -> Any:
    """x's distinct values in ascending order, each gathered from where it first occurs."""
    return np.ravel(x)[np.unique(plain(x), return_index=True)[1]]


@derived(np.unique_values)
def _unique_values(x: Any, /) -> Any:
    return _first_of_each(x)


@derived(np.unique_all)
def _unique_all(x: Any, /) -> Any:
    return np.unique_all(plain(x))._replace(values=_first_of_each(x))


@derived(np.unique_counts)
def _unique_counts(x: Any, /) -> Any:
    return np.unique_counts(plain(x))._replace(values=_first_of_each(x))


@derived(np.unique_inverse)
def _unique_inverse(x: Any, /) -> Any:
    return np.unique_inverse(plain(x))._replace(values=_first_of_each(x))


@derived(np.unique)
def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **kwargs: Any,
) -> Any:
    if axis is not None:
        raise DifferentiationError(
            "numpy.unique", "axis= has no derivative rule", "x[indices] from stop_gradient(x)"
        )
    found: Any = np.unique(plain(ar), True, return_inverse, return_counts)  # type: ignore[call-overload]
    results = (_first_of_each(ar), *(found[1:] if return_index else found[2:]))
    return results if len(results) > 1 else results[0]


@derived(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    x = plain(x)
    if weights is None:
        return np.bincount(x, minlength=minlength)
    return scatter(weights.astype(float), x, (max(minlength, int(np.max(x, initial=-1)) + 1),))


# Triangles and diagonals.

define(np.tril, m=lambda g, k: np.tril(g, k))
define(np.triu, m=lambda g, k: np.triu(g, k))


@derived(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = np.moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2:]
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    i = np.arange(n)
    return a[..., i - min(offset, 0), i + max(offset, 0)]


@derived(np.linalg.diagonal)
def _linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@derived(np.trace)
def _trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@derived(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return np.trace(x, offset, -2, -1, dtype=dtype)


@derived(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return np.diagonal(v, k)
    n = v.shape[0] + abs(k)
    i = np.arange(v.shape[0])
    return scatter(v, (i - min(k, 0), i + max(k, 0)), (n, n))


@derived(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)
