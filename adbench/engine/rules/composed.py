"""Functions that NumPy composes itself, composed the same way here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import derived

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
    kind = np.result_type(start, stop, 1.0)
    place = np.reshape(np.arange(num, dtype=kind, **like(step)), (-1,) + (1,) * n)
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
    start = start * np.ones((), np.result_type(start, stop, np.float64), **like(stop / start))
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
    conditions = [np.asarray(plain(c), dtype=bool, **like(x)) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(np.stack(conditions), axis=0))
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
    return np.sort(a if a.dtype.kind == "c" else a.astype(complex))
