"""How a backward pass that is not linear in its cotangent treats it: clipped, squared, ignored …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.subject import Subject

Array = NDArray[Any]

_FAR = (2.0**20, 2.0**21)
_NEAR = (2.0**-24, 2.0**-25)
_HALVINGS = 60


def nonlinearity(subject: Subject, x: Array, weight: Array) -> str | None:
    """What happens to the cotangent, from gradients at multiples of one; None where nothing fits.

    A few dozen VJPs.
    """

    def at(scale: float) -> Array:
        return subject.gradient(x, scale * weight)

    try:
        return _in_words(subject, x, weight, at)
    except Exception:  # a backward pass may raise for cotangents out of the ordinary
        return None


def _in_words(
    subject: Subject, x: Array, weight: Array, at: Callable[[float], Array]
) -> str | None:
    one, minus, two = at(1.0), at(-1.0), at(2.0)
    if _same(minus, one) and _same(two, one):
        return "cotangent ignored: the gradient is the same whatever it is multiplied by"
    near = _same(2 * at(_NEAR[1]), at(_NEAR[0]))
    if near and _same(at(_FAR[0]), at(_FAR[1])):
        limit = _limit(subject, x, weight)
        return "cotangent clipped" + (f" at ±{limit:.3g}" if limit else "")
    if _same(two, one) and _same(minus, -one):
        if weight.size > 1:
            uneven = weight * np.where(np.arange(weight.size) == 0, 2.0, 1.0)
            changed = not _same(subject.gradient(x, uneven), one)
            return (
                f"cotangent normalised: only its {'direction counts' if changed else 'signs count'}"
            )
        return "cotangent normalised: only its sign counts"
    if _same(minus, one) and _same(two, 2 * one):
        return "cotangent's sign ignored: its absolute value is used"
    if _same(two, 4 * one) and _same(at(3.0), 9 * one):
        return "cotangent squared: multiplied in twice"
    if _same(two, 2 * one) and _same(at(-2.0), 2 * minus) and not _same(minus, -one):
        return "cotangent clamped: one of its signs is cut off or scaled"
    lost = (at(2.0**-30) == 0) & (one != 0)
    if lost.any() and _same(2 * at(_FAR[0]), at(_FAR[1]), 1e-5):
        return _vanishing(subject, x, weight)
    return None


def _limit(subject: Subject, x: Array, weight: Array) -> float | None:
    """The size at which a single output's cotangent stops to count."""
    single = np.zeros_like(weight)
    single[int(np.argmax(np.abs(weight)))] = 1.0
    large, small = (
        subject.gradient(x, scale * single) / unit
        for scale, unit in ((_FAR[0], 1.0), (_NEAR[0], _NEAR[0]))
    )
    known = small != 0
    if not known.any():
        return None
    limit = float(np.median(np.abs(large[known] / small[known])))
    return limit if np.isfinite(limit) and limit > 0 else None


def _vanishing(subject: Subject, x: Array, weight: Array) -> str | None:
    """Flushed to zero below a size, or rounded to multiples of one."""
    single = np.zeros_like(weight)
    single[int(np.argmax(np.abs(weight)))] = 1.0

    def at(scale: float) -> Array:
        return subject.gradient(x, scale * single)

    high, low = 1.0, 2.0**-40
    if not at(high).any() or at(low).any():
        return None
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if at(middle).any() else (middle, high)
    full, there = at(2.0**20) * 2.0**-20, at(high)
    place = int(np.argmax(np.abs(there)))
    kept = float(there[place] / (full[place] * high)) if full[place] else 0.0
    if abs(kept - 1) < 1e-3:
        return f"cotangent flushed to zero where it is smaller than {high:.2g}"
    return f"rounded to multiples: a cotangent below {high:.2g} gives nothing, as in fixed point"


def _same(one: Array, other: Array, close: float = 1e-9) -> bool:
    size = float(np.abs(one).max(initial=0.0))
    if not np.isfinite(size) or size == 0:
        return False
    return bool(np.allclose(one, other, rtol=close, atol=1e-12 * size))
