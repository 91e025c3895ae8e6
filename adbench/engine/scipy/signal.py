"""scipy.signal's convolutions and correlations: one bilinear primitive, of which they are parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.signal

from adbench.engine.errors import DifferentiationError
from adbench.engine.rules.linalg import conj
from adbench.engine.scipy.declare import composed, ruled


def _full(a: Any, b: Any) -> Any:
    return scipy.signal.convolve(a, b)


def one_factor(g: Any, other: Any) -> Any:
    """∂/∂a of Σₖ a[k] b[n − k]: Σₙ g[n] b[n − k], the part of g ∗ flip(b) that overlaps wholly."""
    whole = full(g, np.flip(other))
    return whole[tuple(slice(n - 1, m) for n, m in zip(np.shape(other), np.shape(g), strict=True))]


full = ruled(
    _full,
    "scipy.signal.full_convolution",
    a=lambda g, b: one_factor(g, b),
    b=lambda g, a: one_factor(g, a),
)


def part(whole: Any, first: Any, second: Any, mode: str, name: str) -> Any:
    """What `mode` keeps of a full convolution of arrays of two shapes."""
    if mode == "full":
        return whole
    if mode == "same":
        starts = [(n - 1) // 2 for n in second]
        return whole[tuple(slice(s, s + n) for s, n in zip(starts, first, strict=True))]
    if mode != "valid":
        raise ValueError(f"scipy.signal.{name}: mode={mode!r}: it is 'full', 'same' or 'valid'")
    pairs = list(zip(first, second, strict=True))
    if not (all(m >= n for m, n in pairs) or all(m <= n for m, n in pairs)):
        raise ValueError("for mode='valid' one array must be at least as large in every dimension")
    return whole[tuple(slice(min(pair) - 1, max(pair)) for pair in pairs)]


def declared(name: str, *, correlates: bool, options: tuple[str, ...]) -> Callable[..., Any]:
    """scipy.signal's function of that name, whose other options have to be as they are."""

    def composition(in1: Any, in2: Any, mode: str = "full", *args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(options, args, strict=False)), **kwargs}
        if given.get("boundary", "fill") != "fill" or given.get("fillvalue", 0) != 0:
            raise DifferentiationError(
                f"scipy.signal.{name}", "has a derivative for boundary='fill' with zeros", "np.pad"
            )
        if given.get("axes") is not None:
            raise DifferentiationError(
                f"scipy.signal.{name}", "axes= has no derivative rule", "one call for each slice"
            )
        kernel = conj(np.flip(in2)) if correlates else in2
        return part(full(in1, kernel), np.shape(in1), np.shape(in2), mode, name)

    return composed(getattr(scipy.signal, name), f"scipy.signal.{name}")(composition)


convolve = declared("convolve", correlates=False, options=("method",))
correlate = declared("correlate", correlates=True, options=("method",))
fftconvolve = declared("fftconvolve", correlates=False, options=("axes",))
oaconvolve = declared("oaconvolve", correlates=False, options=("axes",))
convolve2d = declared("convolve2d", correlates=False, options=("boundary", "fillvalue"))
correlate2d = declared("correlate2d", correlates=True, options=("boundary", "fillvalue"))

__all__ = ["convolve", "convolve2d", "correlate", "correlate2d", "fftconvolve", "oaconvolve"]
