"""Sums, extrema and statistics of exact arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adbench.numeric.exact.array import ExactArray, cast, raw_of, wrap
from adbench.numeric.exact.numbers import complexly, exactly
from adbench.numeric.exact.structure import covers
from adbench.numeric.exact.ufuncs import ELEMENTWISE
from adbench.numeric.refusal import refuse, spend

_NOTHING: Any = np._NoValue
"""What NumPy's signatures have for arguments that are not given."""


def exact(a: Any, dtype: Any = None) -> ExactArray:
    """An exact array of anything; truth values and integers become numbers."""
    array = a if isinstance(a, ExactArray) else ExactArray(a)
    return array if dtype is None else cast(array, dtype, copy=False)


def reduce(name: str, array: ExactArray, axis: Any, keepdims: Any, **options: Any) -> ExactArray:
    """A ufunc's reduction along one axis, several, or all (None)."""
    given = {key: value for key, value in options.items() if value is not _NOTHING}
    if given.get("initial") is None:
        given.pop("initial", None)
    else:
        given["initial"] = raw_of(given["initial"], array.complex)[()]
    spend(array.size)
    keep = keepdims is True
    values = ELEMENTWISE[name].of.reduce(array.raw, axis=axis, keepdims=keep, **given)
    return wrap(complexly(values) if array.complex else exactly(values), array.complex)


def _no_out(function: Any, out: Any) -> None:
    if out is not None:
        raise refuse(f"numpy.{function.__name__}", "with out= is not covered")


def _total(function: Any, ufunc: str) -> Callable[..., Any]:
    def handler(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _NOTHING,
        where: Any = _NOTHING,
    ) -> Any:
        _no_out(function, out)
        return reduce(ufunc, exact(a, dtype), axis, keepdims, initial=initial, where=where)

    return handler


def _extremum(function: Any, ufunc: str) -> Callable[..., Any]:
    def handler(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _NOTHING,
        where: Any = _NOTHING,
    ) -> Any:
        _no_out(function, out)
        return reduce(ufunc, exact(a), axis, keepdims, initial=initial, where=where)

    return handler


covers(np.sum)(_total(np.sum, "add"))
covers(np.prod)(_total(np.prod, "multiply"))
covers(np.max, np.amax)(_extremum(np.max, "maximum"))
covers(np.min, np.amin)(_extremum(np.min, "minimum"))
covers(np.nanmax)(_extremum(np.nanmax, "fmax"))
covers(np.nanmin)(_extremum(np.nanmin, "fmin"))


def _running(function: Any, ufunc: str) -> Callable[..., Any]:
    def handler(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        _no_out(function, out)
        array = exact(a, dtype)
        spend(array.size, array.size)
        raw = array.raw.ravel() if axis is None else array.raw
        values = ELEMENTWISE[ufunc].of.accumulate(raw, axis=axis or 0)
        return wrap(values, array.complex)

    return handler


def _cumulative(function: Any, ufunc: str, start: int) -> Callable[..., Any]:
    running = _running(function, ufunc)

    def handler(
        x: Any,
        /,
        *,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        if axis is None and x.ndim > 1:
            raise ValueError("for arrays of several dimensions axis= is required")
        total = running(x, axis or 0, dtype, out)
        if not include_initial:
            return total
        first = np.full_like(np.take(total, [0], axis=axis or 0), start)
        return np.concatenate([first, total], axis=axis or 0)

    return handler


covers(np.cumsum)(_running(np.cumsum, "add"))
covers(np.cumprod)(_running(np.cumprod, "multiply"))
covers(np.cumulative_sum)(_cumulative(np.cumulative_sum, "add", 0))
covers(np.cumulative_prod)(_cumulative(np.cumulative_prod, "multiply", 1))


def _counted(array: ExactArray, axis: Any) -> int:
    axes = range(array.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod(array.shape[i] for i in axes)


@covers(np.mean)
def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> Any:
    """As numpy.mean."""
    _no_out(np.mean, out)
    array = exact(a, dtype)
    if where is True:
        return np.divide(reduce("add", array, axis, keepdims), _counted(array, axis))
    chosen = np.broadcast_to(where, array.shape)
    count = np.sum(chosen, axis=axis, keepdims=keepdims is True)
    return np.divide(reduce("add", array, axis, keepdims, where=where), count)


@covers(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = _NOTHING,
    correction: Any = _NOTHING,
) -> Any:
    """As numpy.var."""
    _no_out(np.var, out)
    if where is not True:
        raise refuse("numpy.var", "with where= is not covered")
    array = exact(a, dtype)
    centre = np.mean(array, axis=axis, keepdims=True) if mean is _NOTHING else mean
    away = array - centre
    squares: Any = np.real(away * np.conjugate(away))
    freedom = max(_counted(array, axis) - (ddof if correction is _NOTHING else correction), 0)
    return np.divide(np.sum(squares, axis=axis, keepdims=keepdims is True), freedom)


@covers(np.std)
def std(*args: Any, **options: Any) -> Any:
    """As numpy.std."""
    return np.sqrt(var(*args, **options))


@covers(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    """As numpy.average, with weights of the array's shape or along one axis."""
    if returned:
        raise refuse("numpy.average", "with returned=True is not covered")
    array = exact(a)
    if weights is None:
        return mean(array, axis, keepdims=keepdims)
    w: Any = exact(weights)
    if w.shape != array.shape:
        w = np.moveaxis(np.reshape(w, w.shape + (1,) * (array.ndim - 1)), 0, axis)
    keep = keepdims is True
    total = np.sum(np.broadcast_to(w, array.shape), axis=axis, keepdims=keep)
    return np.divide(np.sum(np.multiply(array, w), axis=axis, keepdims=keep), total)


@covers(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """Largest minus smallest."""
    _no_out(np.ptp, out)
    keep = keepdims is True
    return np.subtract(np.max(a, axis=axis, keepdims=keep), np.min(a, axis=axis, keepdims=keep))


@covers(np.nansum)
def nansum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Any:
    """The sum without what is nan."""
    _no_out(np.nansum, out)
    return np.sum(np.where(np.isnan(a), 0.0, exact(a, dtype)), axis=axis, **options)


@covers(np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Any:
    """The mean of what is not nan."""
    count = np.sum(~np.isnan(a), axis=axis, keepdims=options.get("keepdims") is True)
    return np.divide(nansum(a, axis, dtype, out, **options), count)


@covers(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """As numpy.quantile, by linear interpolation between the sorted values."""
    _no_out(np.quantile, out)
    if method != "linear" or weights is not None or isinstance(axis, tuple):
        raise refuse("numpy.quantile", "is covered for method='linear' along one axis only")
    array = exact(a)
    along = 0 if axis is None else axis
    values: Any = np.sort(np.ravel(array) if axis is None else array, axis=along)
    fractions = np.asarray(q, dtype=float)
    picked = [_at(values, along, exact(fraction)) for fraction in fractions.ravel()]
    result = np.stack(picked).reshape(fractions.shape + picked[0].shape)
    if keepdims is True:
        shape = tuple(1 if axis in (None, i, i - array.ndim) else n for i, n in _axes(array))
        result = result.reshape(fractions.shape + shape)
    return result


def _axes(array: ExactArray) -> Any:
    return enumerate(array.shape)


def _at(values: Any, axis: int, fraction: Any) -> Any:
    place = fraction * (values.shape[axis] - 1)
    below = int(place)
    above = min(below + 1, values.shape[axis] - 1)
    low, high = np.take(values, below, axis=axis), np.take(values, above, axis=axis)
    return low + (high - low) * (place - below)


@covers(np.percentile)
def percentile(a: Any, q: Any, *args: Any, **options: Any) -> Any:
    """As numpy.percentile, by linear interpolation between the sorted values."""
    return quantile(a, np.true_divide(q, 100), *args, **options)


@covers(np.median)
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    """The middle value, or the mean of the two."""
    return quantile(a, 0.5, axis, out, keepdims=keepdims)


@covers(np.cov)
def cov(
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
    """As numpy.cov, without weights and for real data."""
    if y is not None or fweights is not None or aweights is not None:
        raise refuse("numpy.cov", "with y or weights is not covered")
    data: Any = exact(m, dtype)
    data = data.reshape(1, -1) if data.ndim == 1 else data if rowvar else data.T
    away = data - np.mean(data, axis=1, keepdims=True)
    freedom = data.shape[1] - (ddof if ddof is not None else 0 if bias else 1)
    return np.squeeze(away @ np.conjugate(away.T) / freedom)


@covers(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, **options: Any) -> Any:
    """As numpy.corrcoef of one set of variables."""
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    spread = np.sqrt(np.diagonal(c))
    return c / spread[:, None] / spread[None, :]
