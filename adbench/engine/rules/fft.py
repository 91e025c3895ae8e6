"""Rules of discrete Fourier transforms. The DFT matrix is symmetric, so fft is its own transpose.

A length `n` cuts or pads first; the transpose pads or cuts last. Of the real transforms only
half the spectrum is kept, which counts twice except at frequency 0 and at Nyquist.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import like
from adbench.engine.primitive import define, derived

INVERSE: dict[Any, Any] = {
    None: "forward",
    "backward": "forward",
    "ortho": "ortho",
    "forward": "backward",
}
"""The normalisation that an inverse transform needs to be scaled like the transform itself."""


def resized(g: Any, n: int, axis: int) -> Any:
    """Cut or pad with zeros to length n along an axis: the transpose of doing so."""
    axis = axis % len(g.shape)
    have = g.shape[axis]
    if have > n:
        return g[(slice(None),) * axis + (slice(n),)]
    if have < n:
        return np.pad(g, [(0, n - have if i == axis else 0) for i in range(len(g.shape))])
    return g


def rfft_pull_back(g: Any, a_shape: Any, n: Any, axis: int, norm: Any) -> Any:
    """Re(Fᵀg), with the missing half of the spectrum taken as zero."""
    n = a_shape[axis] if n is None else n
    return resized(np.real(np.fft.fft(g, n, axis, norm)), a_shape[axis], axis)


def irfft_pull_back(g: Any, a_shape: Any, axis: int, norm: Any) -> Any:
    """conj(rfft(g)), doubled where a frequency stands for its mirror image too."""
    n = g.shape[axis]
    spectrum = np.conj(np.fft.rfft(g, n, axis, INVERSE[norm]))
    frequency = np.arange(n // 2 + 1, **like(g))
    weight = np.where((frequency == 0) | (2 * frequency == n), 1, 2)
    shape = [1] * len(g.shape)
    shape[axis] = -1
    return resized(spectrum * np.reshape(weight, shape).astype(g.dtype), a_shape[axis], axis)


define(
    np.fft.fft,
    a=lambda g, a_shape, n, axis, norm: resized(np.fft.fft(g, n, axis, norm), a_shape[axis], axis),
)
define(
    np.fft.ifft,
    a=lambda g, a_shape, n, axis, norm: resized(np.fft.ifft(g, n, axis, norm), a_shape[axis], axis),
)
define(np.fft.rfft, a=rfft_pull_back)
define(np.fft.irfft, a=irfft_pull_back)


def _axes(a: Any, s: Any, axes: Any) -> list[tuple[int, Any]]:
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(-np.ndim(a), 0)
    return list(zip(axes, [None] * len(axes) if s is None else s, strict=True))


def _along_each(transform: Any) -> Any:
    def nd(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
        for axis, n in reversed(_axes(a, s, axes)):
            a = transform(a, None if n == -1 else n, axis, norm)
        return a

    return nd


def _two(nd: Any) -> Any:
    def transform(
        a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None
    ) -> Any:
        return nd(a, s, axes, norm)

    return transform


@derived(np.fft.rfftn)
def _rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    *others, (last, n) = _axes(a, s, axes)
    a = np.fft.rfft(a, n, last, norm)
    for axis, n in reversed(others):
        a = np.fft.fft(a, n, axis, norm)
    return a


@derived(np.fft.irfftn)
def _irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    *others, (last, n) = _axes(a, s, axes)
    for axis, m in reversed(others):
        a = np.fft.ifft(a, m, axis, norm)
    return np.fft.irfft(a, n, last, norm)


derived(np.fft.fftn)(_along_each(np.fft.fft))
derived(np.fft.ifftn)(_along_each(np.fft.ifft))
derived(np.fft.fft2)(_two(np.fft.fftn))
derived(np.fft.ifft2)(_two(np.fft.ifftn))
derived(np.fft.rfft2)(_two(np.fft.rfftn))
derived(np.fft.irfft2)(_two(np.fft.irfftn))


@derived(np.fft.hfft)
def _hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    return np.fft.irfft(np.conj(a), n, axis, INVERSE[norm])


@derived(np.fft.ihfft)
def _ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    return np.conj(np.fft.rfft(a, n, axis, INVERSE[norm]))


@derived(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    axes = _shift_axes(x, axes)
    return np.roll(x, tuple(x.shape[i] // 2 for i in axes), axes)


@derived(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    axes = _shift_axes(x, axes)
    return np.roll(x, tuple(-(x.shape[i] // 2) for i in axes), axes)


def _shift_axes(x: Any, axes: Any) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(x.ndim))
    return tuple(axes) if isinstance(axes, (tuple, list)) else (axes,)
