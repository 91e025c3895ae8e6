"""numpy.fft on exact arrays, by direct sums: n² operations, for transforms of modest length."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from adbench.numeric.exact.array import ExactArray, raw_of, wrap
from adbench.numeric.exact.numbers import Objects, complexly, mp, mpf
from adbench.numeric.exact.reductions import exact
from adbench.numeric.exact.structure import covers
from adbench.numeric.refusal import spend

_OPPOSITE = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


@lru_cache(maxsize=8)
def _roots(n: int, digits: int) -> list[Any]:
    """exp(−2πi k / n) for k = 0 … n − 1, at the present precision."""
    return [mp.expjpi(-mpf(2 * k) / n) for k in range(n)]


def _scale(n: int, norm: str | None, inverse: bool) -> Any:
    """What the direct sum is multiplied by."""
    if norm == "ortho":
        return 1 / mp.sqrt(n)
    return 1 / mpf(n) if (norm == "forward") != inverse else mpf(1)


def _fit(a: Any, n: int, axis: int) -> Objects:
    """The numbers with the axis last, cut or padded with zeros to length n."""
    raw = complexly(np.moveaxis(raw_of(a), axis, -1))[..., :n]
    missing = n - raw.shape[-1]
    if missing:
        raw = np.concatenate([raw, complexly(np.zeros((*raw.shape[:-1], missing)))], axis=-1)
    return raw


def transform(a: Any, n: int | None, axis: int, norm: str | None, inverse: bool) -> ExactArray:
    """The DFT, or its inverse, along an axis."""
    array = exact(a)
    length = array.shape[axis] if n is None else n
    if length < 1:
        raise ValueError(f"Invalid number of FFT data points ({length}) specified.")
    raw = _fit(array, length, axis)
    spend(4 * raw.size * length, max(raw.size, length**2))
    roots = _roots(length, mp.prec)
    turn = -1 if inverse else 1
    matrix = np.empty((length, length), dtype=object)
    for j in range(length):
        for k in range(length):
            matrix[j, k] = roots[turn * j * k % length]
    result = raw @ matrix * _scale(length, norm, inverse)
    return wrap(np.moveaxis(result, -1, axis), True)


@covers(np.fft.fft)
def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """As numpy.fft.fft."""
    return transform(a, n, axis, norm, False)


@covers(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """As numpy.fft.ifft."""
    return transform(a, n, axis, norm, True)


@covers(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """As numpy.fft.rfft."""
    array = exact(a)
    if array.complex:
        raise TypeError("rfft of complex numbers")
    length = array.shape[axis] if n is None else n
    return np.take(transform(array, n, axis, norm, False), range(length // 2 + 1), axis=axis)


@covers(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """As numpy.fft.irfft: the imaginary parts of the first and the middle term are ignored."""
    array = exact(a)
    length = 2 * (array.shape[axis] - 1) if n is None else n
    half = length // 2 + 1
    raw = np.moveaxis(_fit(array, half, axis), -1, 0)
    spectrum = np.empty((length, *raw.shape[1:]), dtype=object)
    for k in range(half):
        # A term that is its own mirror image counts by its real part.
        own = k in (0, length - k)
        spectrum[k] = _real(raw[k]) if own else raw[k]
        if not own and 0 < length - k < length:
            spectrum[length - k] = _conjugate(raw[k])
    full = wrap(np.moveaxis(complexly(spectrum), 0, axis), True)
    return np.real(transform(full, length, axis, norm, True))


_real = np.frompyfunc(lambda z: z.real, 1, 1)
_conjugate = np.frompyfunc(lambda z: z.conjugate(), 1, 1)


@covers(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """As numpy.fft.hfft."""
    return irfft(np.conjugate(a), n, axis, _OPPOSITE[norm])


@covers(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """As numpy.fft.ihfft."""
    return np.conjugate(rfft(a, n, axis, _OPPOSITE[norm]))


def _axes_and_lengths(a: Any, s: Any, axes: Any) -> list[tuple[int, Any]]:
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(-np.ndim(a), 0)
    chosen = list(axes)
    lengths = [None] * len(chosen) if s is None else [None if n == -1 else n for n in s]
    return list(zip(chosen, lengths, strict=True))


def _along_all(one: Any) -> Callable[..., Any]:
    def handler(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
        for axis, n in reversed(_axes_and_lengths(a, s, axes)):
            a = one(a, n, axis, norm)
        return a

    return handler


def _real_along_all(
    a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None
) -> Any:
    *others, (last, n) = _axes_and_lengths(a, s, axes)
    a = rfft(a, n, last, norm)
    for axis, length in reversed(others):
        a = fft(a, length, axis, norm)
    return a


def _real_back_along_all(
    a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None
) -> Any:
    *others, (last, n) = _axes_and_lengths(a, s, axes)
    for axis, length in others:
        a = ifft(a, length, axis, norm)
    return irfft(a, n, last, norm)


def _two(all_axes: Callable[..., Any]) -> Callable[..., Any]:
    def handler(
        a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None
    ) -> Any:
        return all_axes(a, s, axes, norm)

    return handler


covers(np.fft.fftn)(_along_all(fft))
covers(np.fft.ifftn)(_along_all(ifft))
covers(np.fft.rfftn)(_real_along_all)
covers(np.fft.irfftn)(_real_back_along_all)
covers(np.fft.fft2)(_two(_along_all(fft)))
covers(np.fft.ifft2)(_two(_along_all(ifft)))
covers(np.fft.rfft2)(_two(_real_along_all))
covers(np.fft.irfft2)(_two(_real_back_along_all))
