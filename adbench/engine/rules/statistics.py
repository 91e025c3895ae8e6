"""Statistics, differences and interpolation: compositions of the functions in the other tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adbench.engine.array import plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import derived
from adbench.engine.rules.reductions import axes_of, count_of

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
    ddof = ddof if correction in (None, np._NoValue) else correction
    centre = (
        np.mean(a, axis=axis, dtype=dtype, keepdims=True) if mean in (None, np._NoValue) else mean
    )
    count = max(count_of(axis, a.shape) - ddof, 0)
    return np.sum(_square(a - centre), axis=axis, keepdims=bool(_given(keepdims))) / count


@derived(np.std)
def _std(*args: Any, **kwargs: Any) -> Any:
    return np.sqrt(_var(*args, **kwargs))


def _square(a: Any) -> Any:
    return np.real(a * np.conj(a)) if a.dtype.kind == "c" else np.square(a)


def _given(option: Any) -> Any:
    return None if option is np._NoValue else option


def _only_all_elements(function: str, where: Any) -> None:
    if _given(where) not in (None, True):
        raise DifferentiationError(
            function, "where= has no derivative rule", "np.where, or x[mask]"
        )


@derived(np.average)
def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False
) -> Any:
    keepdims = bool(_given(keepdims))
    if weights is None:
        average = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.full(np.shape(average), float(count_of(axis, np.shape(a))))
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
    return np.reshape(np.transpose(a, (*kept, *axes)), (*(shape[i] for i in kept), -1))


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
    q = np.asarray(plain(q), dtype=float)
    place = np.multiply.outer(counts - 1.0, q.ravel())
    low, high, share = _between(method, np.broadcast_to(place, (*rows.shape[:-1], q.size)))
    share = share.astype(rows.dtype)
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
    return _quantiles(a, q, axis, method, keepdims, np.array(count_of(axis, a.shape)))


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
    return _quantiles(a, q, axis, method, bool(_given(keepdims)), counts)


@derived(np.nanpercentile)
def _nanpercentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return np.nanquantile(a, np.asarray(plain(q)) / 100, *args, **kwargs)


@derived(np.nanmedian)
def _nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    return np.nanquantile(a, 0.5, axis=axis, keepdims=bool(_given(keepdims)))


@derived(np.percentile)
def _percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return np.quantile(a, np.asarray(plain(q)) / 100, *args, **kwargs)


@derived(np.median)
def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    return np.quantile(a, 0.5, axis=axis, keepdims=bool(_given(keepdims)))


@derived(np.ptp)
def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    keepdims = bool(_given(keepdims))
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
    return np.sum(np.where(np.isnan(a), 0, a), axis=axis, keepdims=bool(_given(keepdims)))


@derived(np.nanmean)
def _nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    present = ~np.isnan(a)
    keepdims = bool(_given(keepdims))
    return np.nansum(a, axis=axis, keepdims=keepdims) / np.sum(
        present, axis=axis, keepdims=keepdims
    )


@derived(np.nanmax)
def _nanmax(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any) -> Any:
    return np.max(np.where(np.isnan(a), -np.inf, a), axis=axis, keepdims=bool(_given(keepdims)))


@derived(np.nanmin)
def _nanmin(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **kwargs: Any) -> Any:
    return np.min(np.where(np.isnan(a), np.inf, a), axis=axis, keepdims=bool(_given(keepdims)))


@derived(np.nanprod)
def _nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    **kwargs: Any,
) -> Any:
    return np.prod(np.where(np.isnan(a), 1, a), axis=axis, keepdims=bool(_given(keepdims)))


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
    keepdims = bool(_given(keepdims))
    centred = np.where(np.isnan(a), 0, a - np.nanmean(a, axis=axis, keepdims=True))
    count = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)
    return np.sum(_square(centred), axis=axis, keepdims=keepdims) / (count - ddof)


@derived(np.nanstd)
def _nanstd(*args: Any, **kwargs: Any) -> Any:
    return np.sqrt(_nanvar(*args, **kwargs))


@derived(np.nancumsum)
def _nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return np.cumsum(np.where(np.isnan(a), 0, a), axis=axis)


@derived(np.nancumprod)
def _nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return np.cumprod(np.where(np.isnan(a), 1, a), axis=axis)


# Differences, sums and interpolation on a grid.


@derived(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    lead = (slice(None),) * (axis % a.ndim)
    edges = [_given(prepend), a, _given(append)]
    if edges[0] is not None or edges[2] is not None:
        shape = tuple(1 if i == axis % a.ndim else k for i, k in enumerate(a.shape))
        edges = [
            np.broadcast_to(e, shape) if np.ndim(e) == 0 else e for e in edges if e is not None
        ]
        a = np.concatenate(edges, axis=axis)
    for _ in range(n):
        a = a[(*lead, slice(1, None))] - a[(*lead, slice(None, -1))]
    return a


@derived(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ary = np.ravel(ary)
    parts = [to_begin, ary[1:] - ary[:-1], to_end]
    return np.concatenate([np.ravel(p) for p in parts if p is not None])


@derived(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    axes = axes_of(axis, f.shape)
    steps = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    results = [_gradient_along(f, h, i, edge_order) for h, i in zip(steps, axes, strict=True)]
    return results[0] if len(results) == 1 else tuple(results)


def _gradient_along(f: Any, step: Any, axis: int, edge_order: int) -> Any:
    """Second-order differences inside, one-sided ones of `edge_order` at the ends."""
    f = np.moveaxis(f, axis, -1)
    h = np.diff(step) if np.ndim(step) == 1 else step * np.ones(f.shape[-1] - 1)
    a, b = h[:-1], h[1:]
    inside = (
        f[..., 2:] * (a / (b * (a + b)))
        + f[..., 1:-1] * ((b - a) / (a * b))
        - f[..., :-2] * (b / (a * (a + b)))
    )
    if edge_order == 1:
        first = (f[..., 1] - f[..., 0]) / h[0]
        last = (f[..., -1] - f[..., -2]) / h[-1]
    else:
        p, q = h[0], h[1]
        first = (
            -(2 * p + q) / (p * (p + q)) * f[..., 0]
            + (p + q) / (p * q) * f[..., 1]
            - p / (q * (p + q)) * f[..., 2]
        )
        p, q = h[-2], h[-1]
        last = (
            q / (p * (p + q)) * f[..., -3]
            - (p + q) / (p * q) * f[..., -2]
            + (2 * q + p) / (q * (p + q)) * f[..., -1]
        )
    joined = np.concatenate([first[..., None], inside, last[..., None]], axis=-1)
    return np.moveaxis(joined, -1, axis)


@derived(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = np.moveaxis(y, axis, -1)
    if x is None:
        step = dx
    else:
        step = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1), axis=-1)
    return np.sum(step * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


@derived(np.interp)
def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    if period is not None:
        raise DifferentiationError("numpy.interp", "period= has no rule", "np.mod before np.interp")
    xp, fp = np.ravel(xp), np.ravel(fp)
    n = np.shape(xp)[0]
    if n == 1:
        inside = fp[0] + 0 * x
    else:
        place = np.clip(np.searchsorted(plain(xp), plain(x), side="right") - 1, 0, n - 2)
        x0, x1, f0, f1 = xp[place], xp[place + 1], fp[place], fp[place + 1]
        inside = f0 + (x - x0) * ((f1 - f0) / (x1 - x0))
    inside = np.where(plain(x) < plain(xp[0]), fp[0] if left is None else left, inside)
    return np.where(plain(x) > plain(xp[-1]), fp[-1] if right is None else right, inside)


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
    return _with_initial(
        x, np.cumsum(x, axis=axis or 0, dtype=dtype), axis or 0, 0, include_initial
    )


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
    return _with_initial(x, np.cumprod(x, axis=axis or 0), axis or 0, 1, include_initial)


def _with_initial(x: Any, result: Any, axis: int, initial: int, include: bool) -> Any:
    if not include:
        return result
    shape = [1 if i == axis % x.ndim else n for i, n in enumerate(x.shape)]
    return np.concatenate([np.full(shape, initial, dtype=result.dtype), result], axis=axis)


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
    top = np.max(plain(array), axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(array - top), axis=axis, keepdims=True)) + top
    if keepdims:
        return total
    axes = axes_of(axis, array.shape)
    return np.reshape(total, tuple(n for i, n in enumerate(array.shape) if i not in axes))


# Elementwise functions that NumPy composes itself.


@derived(np.sinc)
def _sinc(x: Any) -> Any:
    near = np.abs(plain(x)) < 0.01
    # Near 0 its series stands in: the derivatives of sin(y)/y cancel there.
    y = math.pi * np.where(near, 1, x)
    t = (math.pi * x) ** 2
    return np.where(near, 1 - t / 6 + t**2 / 120 - t**3 / 5040, np.sin(y) / y)


@derived(np.modf)
def _modf(x: Any, /) -> Any:
    whole = np.trunc(x)
    return x - whole, whole


@derived(np.frexp)
def _frexp(x: Any, /) -> Any:
    exponent = np.frexp(plain(x))[1]
    return x * np.exp2(-exponent.astype(x.dtype)), exponent


@derived(np.nextafter)
def _nextafter(x1: Any, x2: Any, /) -> Any:
    x1_plain, x2_plain = plain(x1), plain(x2)
    return x1 + (np.nextafter(x1_plain, x2_plain) - x1_plain)


@derived(np.divmod)
def _divmod(x: Any, y: Any, /) -> Any:
    return np.floor_divide(x, y), np.remainder(x, y)


@derived(np.linspace)
def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    gaps = max(num - 1 if endpoint else num, 1)
    step = (stop - start) / gaps
    n = np.ndim(step)
    place = np.reshape(np.arange(num), (-1,) + (1,) * n)
    points = start + place * step
    if endpoint and num > 1:  # exactly, not up to rounding
        points = np.where(place == num - 1, stop, points)
    points = np.moveaxis(points, 0, axis)
    points = points if dtype is None else points.astype(dtype)
    return (points, step) if retstep else points


@derived(np.logspace)
def _logspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0) -> Any:
    return np.power(base, np.linspace(start, stop, num, endpoint))


@derived(np.geomspace)
def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    return start * np.exp(np.linspace(0 * start, np.log(stop / start), num, endpoint))


@derived(np.nan_to_num)
def _nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    replaced = np.nan_to_num(plain(x), nan=nan, posinf=posinf, neginf=neginf)
    return np.where(np.isfinite(x), x, replaced)


@derived(np.real_if_close)
def _real_if_close(a: Any, tol: float = 100) -> Any:
    return a if np.iscomplexobj(np.real_if_close(plain(a), tol)) else np.real(a)


@derived(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * math.pi) -> Any:
    return p + (np.unwrap(plain(p), discont, axis, period=period) - plain(p))


@derived(np.apply_along_axis)
def _apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    rows = np.moveaxis(arr, axis, -1)
    lead = rows.shape[:-1]
    results = [func1d(rows[i], *args, **kwargs) for i in np.ndindex(*lead)]
    inner = np.shape(results[0])
    whole = np.reshape(np.stack(results), (*lead, *inner))
    return np.moveaxis(
        whole,
        tuple(range(len(lead), len(lead) + len(inner))),
        tuple(range(axis % arr.ndim, axis % arr.ndim + len(inner))),
    )


@derived(np.apply_over_axes)
def _apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    for axis in (axes,) if np.ndim(axes) == 0 else axes:
        reduced = func(a, axis)
        a = reduced if np.ndim(reduced) == np.ndim(a) else np.expand_dims(reduced, axis)
    return a


@derived(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kwargs: Any) -> Any:
    conditions = [np.asarray(plain(c), dtype=bool) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    result = np.zeros_like(x)
    for condition, f in zip(conditions, funclist, strict=True):
        if np.any(condition):
            result[condition] = f(x[condition], *args, **kwargs) if callable(f) else f
    return result


@derived(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    places = np.nonzero(plain(filt))[0]
    if filt.ndim != 1 or places.size == 0:
        raise DifferentiationError("numpy.trim_zeros", "works on vectors with a nonzero element")
    start = int(places[0]) if "f" in trim.lower() else 0
    stop = int(places[-1]) + 1 if "b" in trim.lower() else filt.shape[0]
    return filt[start:stop]


@derived(np.sort_complex)
def _sort_complex(a: Any) -> Any:
    return np.sort(a + 0j)
