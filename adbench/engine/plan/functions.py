"""What the recorder knows of NumPy's functions, and pure forms of those that write."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

QUERIES = frozenset(
    {np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type}
    | {np.common_type, np.may_share_memory, np.shares_memory, np.iscomplexobj, np.isrealobj}
    | {np.array_repr, np.array_str, np.array2string, np.typename, np.isscalar}
)
"""Functions that look at shapes and dtypes, or that print: nothing to record."""

WRITERS = frozenset({np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal})
"""Functions that write into an argument."""

BLANK = frozenset({np.zeros_like, np.ones_like, np.empty_like})
"""Functions whose result depends on shapes and dtypes only."""

VALUE_SHAPED = frozenset(
    {np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.unique_values, np.unique_all}
    | {np.unique_counts, np.unique_inverse, np.bincount, np.repeat, np.compress, np.extract}
    | {np.trim_zeros, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d, np.delete}
    | {np.linspace, np.histogram, np.histogram_bin_edges, np.resize, np.tile, np.pad}
    | {np.linalg.lstsq, np.block, np.insert, np.roots, np.poly, np.polyfit, np.arange}
)
"""Functions whose result's shape may depend on values, which is checked in every run."""


def getitem(x: Any, index: Any) -> Any:
    """x[index]."""
    return x[index]


def setitem(x: Any, value: Any, index: Any) -> Any:
    """x with x[index] = value."""
    result = x.copy()
    result[index] = value
    return result


def add_at(x: Any, value: Any, index: Any) -> Any:
    """x with `value` added at `index`, once for every time that a position is named."""
    result = x.copy()
    np.add.at(result, index, value)
    return result


def add_slice(x: Any, value: Any, index: Any) -> Any:
    """x with x[index] += value, for an index that names no position twice."""
    result = x.copy()
    result[index] += value
    return result


def subtract_slice(x: Any, value: Any, index: Any) -> Any:
    """x with x[index] -= value, for an index that names no position twice."""
    result = x.copy()
    result[index] -= value
    return result


def reshape(x: Any, shape: Any, order: Any = "C") -> Any:
    """x.reshape(shape)."""
    return x.reshape(shape, order=order)


def astype(x: Any, dtype: Any) -> Any:
    """x.astype(dtype)."""
    return x.astype(dtype)


def copy(x: Any) -> Any:
    """x.copy()."""
    return x.copy()


VIEWS = frozenset(
    {getitem, reshape, np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.broadcast_to}
    | {np.expand_dims, np.squeeze, np.flip, np.rot90, np.real, np.imag, np.ravel}
    | {np.matrix_transpose, np.diagonal}
)
"""Functions whose result may lie in their first argument's memory, and in no other's."""

FRESH = frozenset(
    {np.where, np.concatenate, np.stack, np.cumsum, np.cumprod, np.argsort, np.argmax}
    | {np.argmin, np.sort, np.tril, np.triu, np.convolve, np.linalg.solve}
    | {np.linalg.inv, np.linalg.cholesky, np.linalg.det, np.linalg.eigh, np.linalg.svd}
    | {np.linalg.qr, np.linalg.eig, np.linalg.slogdet, np.linalg.pinv, np.roll, np.searchsorted}
    | {np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, setitem, add_at, add_slice, astype}
    | {subtract_slice}
    | {copy, np.sum, np.mean, np.max, np.min, np.prod, np.pad, np.tile, np.argpartition}
)
"""Functions whose result has memory of its own. np.einsum's may be a view."""


def has_own_memory(function: Any) -> bool:
    """Whether a function certainly allocates its result."""
    return (
        isinstance(function, np.ufunc)
        or isinstance(getattr(function, "__self__", None), np.ufunc)
        or function in FRESH
    )


SYMBOLS = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.divide: "/",
    np.power: "**",
    np.floor_divide: "//",
    np.remainder: "%",
    np.less: "<",
    np.less_equal: "<=",
    np.greater: ">",
    np.greater_equal: ">=",
    np.equal: "==",
    np.not_equal: "!=",
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.pow: "**",
    operator.floordiv: "//",
    operator.mod: "%",
}
"""Python's operators, which on scalars take a tenth of the ufunc's time."""


def canonical(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call in the one form that the later passes look for."""
    if kwargs:
        kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
    if function is np.reshape and kwargs.keys() <= {"order"}:
        return reshape, (*args, *kwargs.values()), {}
    if function in REDUCTIONS and len(args) == 1 and kwargs.keys() <= {"axis", "keepdims"}:
        options = {"axis": kwargs.get("axis")}
        if kwargs.get("keepdims"):
            options["keepdims"] = True
        return REDUCTIONS[function].reduce, args, options
    if function is np.copy:
        return copy, args[:1], {}
    return function, args, kwargs


REDUCTIONS: dict[Any, Any] = {
    np.sum: np.add,
    np.prod: np.multiply,
    np.max: np.maximum,
    np.min: np.minimum,
}
