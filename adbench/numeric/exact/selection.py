"""Choosing, comparing, rounding, sorting and searching with exact arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adbench.numeric.exact.array import ExactArray, cast, is_complex, raw_of, wrap
from adbench.numeric.exact.numbers import box, mp
from adbench.numeric.exact.reductions import exact
from adbench.numeric.exact.scalars import sinc as sinc_of
from adbench.numeric.exact.structure import covers
from adbench.numeric.refusal import refuse, spend


def _apply(function: Any, array: ExactArray, complex_: bool, cost: float = 1) -> ExactArray:
    spend(cost * array.size, array.size)
    return wrap(box(np.frompyfunc(function, 1, 1)(array.raw)), complex_)


@covers(np.where)
def where(condition: Any, *choices: Any) -> Any:
    """As numpy.where, of one argument or of three."""
    test = _truth(condition)
    if not choices:
        return np.nonzero(test)
    x, y = choices
    complex_ = is_complex(x) or is_complex(y)
    chosen = np.where(test, raw_of(x, complex_), raw_of(y, complex_))
    spend(chosen.size, chosen.size)
    return wrap(chosen, complex_)


def _truth(condition: Any) -> Any:
    return np.not_equal(condition, 0) if isinstance(condition, ExactArray) else condition


@covers(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """As numpy.select: the first choice whose condition holds."""
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = np.where(condition, choice, result)
    return result


@covers(np.clip)
def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **options: Any,
) -> Any:
    """As numpy.clip, by either pair of names."""
    if out is not None or options:
        raise refuse("numpy.clip", "with out= and other options is not covered")
    low = a_min if min is None else min
    high = a_max if max is None else max
    result: Any = exact(a)
    if low is not None:
        result = np.maximum(result, low)
    return result if high is None else np.minimum(result, high)


@covers(np.real)
def real(val: Any) -> Any:
    """The real part."""
    return _apply(lambda x: x.real, val, False) if val.complex else val


@covers(np.imag)
def imag(val: Any) -> Any:
    """The imaginary part; zeros for real arrays."""
    return _apply(lambda x: x.imag, val, False) if val.complex else np.zeros_like(val)


@covers(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The argument of complex numbers."""
    result = np.arctan2(np.imag(z), np.real(z))
    return np.degrees(result) if deg else result


@covers(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The array itself where it is real."""
    if a.complex:
        raise refuse("numpy.real_if_close", "decides by rounding errors")
    return a


@covers(np.round, np.around)
def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """To the nearest multiple of 10^-decimals, halves to even."""
    if out is not None or is_complex(a):
        raise refuse("numpy.round", "with out= or complex numbers is not covered")
    if decimals == 0:
        return np.rint(a)
    return np.divide(np.rint(np.multiply(a, raw_scale(decimals))), raw_scale(decimals))


def raw_scale(decimals: int) -> ExactArray:
    """10^decimals, exact."""
    return wrap(box(mp.mpf(10) ** decimals), False)


@covers(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    """Towards zero."""
    return np.trunc(x)


@covers(np.sinc)
def sinc(x: Any) -> Any:
    """sin(πx) / (πx)."""
    return _apply(sinc_of, x, x.complex, 20)


@covers(np.i0)
def i0(x: Any) -> Any:
    """Modified Bessel function of order 0."""
    return _apply(lambda value: mp.besseli(0, value), x, False, 500)


@covers(np.nan_to_num)
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """As numpy.nan_to_num, for real arrays."""
    if is_complex(x) or not copy:
        raise refuse("numpy.nan_to_num", "is covered for real arrays and copies only")
    largest = np.finfo(float).max
    result = np.where(np.isnan(x), nan, x)
    result = np.where(result == np.inf, largest if posinf is None else posinf, result)
    return np.where(result == -np.inf, -largest if neginf is None else neginf, result)


@covers(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """As numpy.astype; see `ExactArray` on casts."""
    return cast(x, dtype, copy)


@covers(np.iscomplex)
def iscomplex(x: Any) -> Any:
    """Where the imaginary part is not zero."""
    return np.imag(x) != 0


@covers(np.isreal)
def isreal(x: Any) -> Any:
    """Where the imaginary part is zero."""
    return np.imag(x) == 0


@covers(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    """Where x is +inf."""
    return x == np.inf


@covers(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    """Where x is −inf."""
    return x == -np.inf


@covers(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    """Where |a − b| ≤ atol + rtol·|b|."""
    near = np.abs(np.subtract(a, b)) <= np.abs(exact(b)) * rtol + atol
    near = (near & np.isfinite(b)) | np.asarray(np.equal(a, b))
    return near | (np.isnan(a) & np.isnan(b)) if equal_nan else near


@covers(np.allclose)
def allclose(a: Any, b: Any, *args: Any, **options: Any) -> bool:
    """Whether `isclose` holds everywhere."""
    return bool(np.all(isclose(a, b, *args, **options)))


@covers(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Whether shapes and values are the same."""
    if np.shape(a1) != np.shape(a2):
        return False
    same = np.equal(a1, a2)
    return bool(np.all(same | (np.isnan(a1) & np.isnan(a2)) if equal_nan else same))


def _on_truth(function: Any) -> Callable[..., Any]:
    def handler(a: Any, *args: Any, **options: Any) -> Any:
        return function(_truth(a), *args, **options)

    return handler


for _function in (np.all, np.any, np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero):
    covers(_function)(_on_truth(_function))


def _place(function: Any) -> Callable[..., Any]:
    def handler(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
        if out is not None:
            raise refuse(f"numpy.{function.__name__}", "with out= is not covered")
        keep = keepdims is True
        undefined = np.isnan(a)
        found = function(_sortable(a, undefined), axis=axis, keepdims=keep)
        # As NumPy has it, the first nan is the extremum.
        first = np.argmax(undefined, axis=axis, keepdims=keep)
        return np.where(np.any(undefined, axis=axis, keepdims=keep), first, found)[()]

    return handler


def _sortable(a: Any, undefined: Any) -> Any:
    if a.complex:
        raise refuse("numpy.sort", "and its kin are not covered for complex numbers")
    spend(a.size * 8)
    return np.where(undefined, mp.inf + 0, a.raw) if np.any(undefined) else a.raw


covers(np.argmax)(_place(np.argmax))
covers(np.argmin)(_place(np.argmin))


@covers(np.argsort)
def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    """The order that sorts; nan last; equal values keep their order."""
    return np.argsort(_sortable(a, np.isnan(a)), axis=axis, kind="stable")


@covers(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """Sorted along an axis; nan last."""
    array: Any = exact(a)
    if axis is None:
        array, axis = np.ravel(array), 0
    return np.take_along_axis(array, argsort(array, axis), axis=axis)


@covers(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None) -> Any:
    """Sorted, which is partitioned too."""
    return sort(a, axis)


@covers(np.argpartition)
def argpartition(a: Any, kth: Any, axis: Any = -1, kind: Any = None, order: Any = None) -> Any:
    """The order that sorts, which partitions too."""
    return argsort(a, axis)


@covers(np.searchsorted)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Where values belong in a sorted array."""
    return np.searchsorted(raw_of(a), raw_of(v), side=side, sorter=sorter)  # type: ignore[call-overload]


@covers(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """Which of increasing bins each value falls into."""
    if not np.all(np.diff(bins) >= 0):
        raise refuse("numpy.digitize", "is covered for increasing bins only")
    return searchsorted(bins, x, "left" if right else "right")


@covers(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Piecewise linear interpolation."""
    if period is not None or is_complex(fp):
        raise refuse("numpy.interp", "with period= or complex values is not covered")
    places, knots, values = exact(x), exact(xp), exact(fp)
    above = np.clip(searchsorted(knots, places, "right"), 1, len(knots) - 1)
    start, end = knots[above - 1], knots[above]
    low, high = values[above - 1], values[above]
    between = low + (high - low) * (places - start) / (end - start)
    between = np.where(places >= knots[-1], values[-1] if right is None else right, between)
    between = np.where(places == knots[-1], values[-1], between)
    return np.where(places < knots[0], values[0] if left is None else left, between)
