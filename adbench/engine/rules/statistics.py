"""Moments, order statistics, reductions without NaN, cumulative sums, as compositions."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import derived
from adbench.engine.rules.reductions import axes_of, count_of, given

# Moments.


@derived(np.var)
def _var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    correction: Any = None,
    mean: Any = None,
    where: Any = None,
) -> Any:
    _only_all_elements("numpy.var", where)
    a = _as(a, dtype)
    ddof = ddof if correction in (None, np._NoValue) else correction
    centre = np.mean(a, axis=axis, keepdims=True) if mean in (None, np._NoValue) else mean
    count = max(count_of(axis, a.shape) - ddof, 0)
    return np.sum(_square(a - centre), axis=axis, keepdims=bool(given(keepdims))) / count


@derived(np.std)
def _std(*args: Any, **kwargs: Any) -> Any:
    return np.sqrt(_var(*args, **kwargs))


def _as(a: Any, dtype: Any) -> Any:
    """a in the dtype that a reduction adds up in."""
    return a if given(dtype) is None else a.astype(dtype)


def _square(a: Any) -> Any:
    return np.real(a * np.conj(a)) if a.dtype.kind == "c" else np.square(a)


def _only_all_elements(function: str, where: Any) -> None:
    if given(where) not in (None, True):
        raise DifferentiationError(
            function, "where= has no derivative rule", "np.where, or x[mask]"
        )


def _no_options(function: str, options: dict[str, Any]) -> None:
    named = [name for name, value in options.items() if given(value) not in (None, True)]
    if named:
        raise DifferentiationError(
            function, f"{', '.join(named)} have no derivative rule", "np.where, or x[mask]"
        )


@derived(np.average)
def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    keepdims = bool(given(keepdims))
    if weights is None:
        average = np.mean(a, axis=axis, keepdims=keepdims)
        count = float(count_of(axis, np.shape(a)))
        total = np.full(np.shape(average), count, **like(a))
    else:
        if np.shape(weights) != np.shape(a):
            (place,) = axes_of(axis, np.shape(a))
            weights = np.reshape(weights, [-1 if i == place else 1 for i in range(np.ndim(a))])
            weights = np.broadcast_to(weights, np.shape(a))
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        average = np.sum(np.multiply(a, weights), axis=axis, keepdims=keepdims) / total
    return (average, total) if returned else average


@derived(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if fweights is not None or aweights is not None:
        raise DifferentiationError("numpy.cov", "weights have no rule", "np.average and np.outer")
    X = np.atleast_2d(m)
    X = X.astype(np.result_type(X, np.float64) if given(dtype) is None else dtype)
    X = X if rowvar or X.shape[0] == 1 else X.T
    if y is not None:
        Y = np.atleast_2d(y)
        X = np.concatenate([X, Y if rowvar or Y.shape[0] == 1 else Y.T], axis=0)
    ddof = ddof if ddof is not None else 0 if bias else 1
    X = X - np.mean(X, axis=1, keepdims=True)
    return np.squeeze(np.matmul(X, np.conj(X.T)) / (X.shape[1] - ddof))


@derived(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = np.cov(x, y, rowvar)
    if np.ndim(c) == 0:
        return c / c
    spread = np.sqrt(np.real(np.diagonal(c)))
    return c / spread[:, None] / spread[None, :]


# Order statistics.

_QUANTILE_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _rows(a: Any, axis: Any) -> Any:
    """The elements that are reduced together, along the last axis."""
    shape = a.shape
    axes = axes_of(axis, shape)
    kept = [i for i in range(len(shape)) if i not in axes]
    count = count_of(axis, shape)
    return np.reshape(np.transpose(a, (*kept, *axes)), (*(shape[i] for i in kept), count))


def _between(method: str, place: Any) -> tuple[Any, Any, Any]:
    """Positions below and above a fractional position, and the share of the one above."""
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    if method == "linear":
        return low, high, place - low
    if method == "midpoint":
        return low, high, np.where(low == high, 0.0, 0.5)
    chosen = {"lower": low, "higher": high, "nearest": np.rint(place).astype(int)}[method]
    return chosen, chosen, np.zeros_like(place)


def _quantiles(a: Any, q: Any, axis: Any, method: str, keepdims: bool, counts: Any) -> Any:
    """Quantiles of the first `counts` sorted elements of each row."""
    rows = np.sort(_rows(a, axis), axis=-1)
    q = plain(q)
    q = q if isinstance(q, (int, float)) else np.asarray(q)
    dtype = np.result_type(rows.dtype, q)  # in which a Python number has no say
    q = np.asarray(q, dtype=float, **like(a))
    place = np.multiply.outer(counts - 1.0, q.ravel())
    low, high, share = _between(method, np.broadcast_to(place, (*rows.shape[:-1], q.size)))
    share = share.astype(dtype)
    result = np.take_along_axis(rows, low, -1) * (1 - share)
    result = result + np.take_along_axis(rows, high, -1) * share
    result = np.moveaxis(result, -1, 0)
    axes = axes_of(axis, a.shape)
    kept = [1 if i in axes else n for i, n in enumerate(a.shape) if keepdims or i not in axes]
    return np.reshape(result, (*q.shape, *kept))


def _checked(function: str, method: str, kwargs: dict[str, Any]) -> str:
    if method not in _QUANTILE_METHODS or any(v is not None for v in kwargs.values()):
        raise DifferentiationError(
            function, f"method={method!r} has no rule", f"one of {_QUANTILE_METHODS}"
        )
    return method


@derived(np.quantile)
def _quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    **kwargs: Any,
) -> Any:
    method = _checked("numpy.quantile", method, kwargs)
    return _quantiles(a, q, axis, method, keepdims, np.asarray(count_of(axis, a.shape), **like(a)))


@derived(np.nanquantile)
def _nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    method = _checked("numpy.nanquantile", method, kwargs)
    counts = np.sum(~np.isnan(_rows(plain(a), axis)), axis=-1)  # NaN is sorted to the end
    return _quantiles(a, q, axis, method, bool(given(keepdims)), counts)


@derived(np.nanpercentile)
def _nanpercentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return np.nanquantile(a, _hundredths(q), *args, **kwargs)


def _hundredths(q: Any) -> Any:
    q = plain(q)
    return q / 100 if isinstance(q, (int, float)) else np.asarray(q) / 100


@derived(np.nanmedian)
def _nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    return np.nanquantile(a, 0.5, axis=axis, keepdims=bool(given(keepdims)))


@derived(np.percentile)
def _percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return np.quantile(a, _hundredths(q), *args, **kwargs)


@derived(np.median)
def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    if not count_of(axis, a.shape):
        return np.mean(a, axis=axis, keepdims=bool(given(keepdims)))  # NaN, and NumPy's warning
    return np.quantile(a, 0.5, axis=axis, keepdims=bool(given(keepdims)))


@derived(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    keepdims = bool(given(keepdims))
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


# Reductions that leave NaN out: the same reduction, where there is none.


@derived(np.nansum)
def _nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    _no_options("numpy.nansum", kwargs)
    a = _as(a, dtype)
    return np.sum(np.where(np.isnan(a), 0, a), axis=axis, keepdims=bool(given(keepdims)))


def _present(a: Any, axis: Any, keepdims: bool) -> Any:
    """How many elements are not NaN, in a's dtype."""
    return np.sum(~np.isnan(a), axis=axis, keepdims=keepdims).astype(a.dtype)


@derived(np.nanmean)
def _nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    _no_options("numpy.nanmean", kwargs)
    a = _as(a, dtype)
    keepdims = bool(given(keepdims))
    return np.nansum(a, axis=axis, keepdims=keepdims) / _present(a, axis, keepdims)


@derived(np.nanmax)
def _nanmax(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any) -> Any:
    _no_options("numpy.nanmax", kwargs)
    return np.max(np.where(np.isnan(a), -np.inf, a), axis=axis, keepdims=bool(given(keepdims)))


@derived(np.nanmin)
def _nanmin(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any) -> Any:
    _no_options("numpy.nanmin", kwargs)
    return np.min(np.where(np.isnan(a), np.inf, a), axis=axis, keepdims=bool(given(keepdims)))


@derived(np.nanprod)
def _nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    _no_options("numpy.nanprod", kwargs)
    a = _as(a, dtype)
    return np.prod(np.where(np.isnan(a), 1, a), axis=axis, keepdims=bool(given(keepdims)))


@derived(np.nanvar)
def _nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    _no_options("numpy.nanvar", kwargs)
    a = _as(a, dtype)
    keepdims = bool(given(keepdims))
    centred = np.where(np.isnan(a), 0, a - np.nanmean(a, axis=axis, keepdims=True))
    squares = _square(centred)
    count = _present(a, axis, keepdims).astype(squares.dtype)
    return np.sum(squares, axis=axis, keepdims=keepdims) / (count - ddof)


@derived(np.nanstd)
def _nanstd(*args: Any, **kwargs: Any) -> Any:
    return np.sqrt(_nanvar(*args, **kwargs))


@derived(np.nancumsum)
def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a = _as(a, dtype)
    return np.cumsum(np.where(np.isnan(a), 0, a), axis=axis)


@derived(np.nancumprod)
def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a = _as(a, dtype)
    return np.cumprod(np.where(np.isnan(a), 1, a), axis=axis)


# Cumulative sums and products.


@derived(np.cumulative_sum)
def _cumulative_sum(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    return _with_initial(x, np.cumsum(_as(x, dtype), axis=axis or 0), axis or 0, 0, include_initial)


@derived(np.cumulative_prod)
def _cumulative_prod(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    return _with_initial(
        x, np.cumprod(_as(x, dtype), axis=axis or 0), axis or 0, 1, include_initial
    )


def _with_initial(x: Any, result: Any, axis: int, initial: int, include: bool) -> Any:
    if not include:
        return result
    shape = [1 if i == axis % x.ndim else n for i, n in enumerate(x.shape)]
    return np.concatenate([np.full_like(plain(result), initial, shape=shape), result], axis=axis)


# Reductions by ufunc methods.


@derived((np.logaddexp, "reduce"))
def _logsumexp(
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = None,
) -> Any:
    _only_all_elements("numpy.logaddexp.reduce", where)
    if given(initial) is not None:
        raise DifferentiationError(
            "numpy.logaddexp.reduce", "initial= has no rule", "np.logaddexp(initial, result)"
        )
    top = np.max(plain(array), axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(array - top), axis=axis, keepdims=True)) + top
    if keepdims:
        return total
    axes = axes_of(axis, array.shape)
    return np.reshape(total, tuple(n for i, n in enumerate(array.shape) if i not in axes))
