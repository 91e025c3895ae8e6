"""A low-precision gradient against the same formula's gradient at float64."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.accusation import cancelled, scatter, wobble
from adbench.check.comparison import CANCELLATION
from adbench.check.probes import scales
from adbench.check.subject import Subject
from adbench.record.model import CheckOptions, Finding

Array = NDArray[Any]

_UNDERFLOW = 16.0
_ALL = 0.1
"""Share of the values that may be lost before nothing can be said of the gradient."""
_LOSSES = 4.0
"""How many times the values' relative loss a gradient's may be."""
_FEW = 128.0
"""Roundings by which values that lose no digits may be off."""
_NEIGHBOURS = 4
_MOVES = (1e-3, 1e-2)
"""How far the inputs move, relative to their size."""
_FACTORS = 6
"""Scales of the cotangent that are tried."""


def compare_precisions(
    low: Subject,
    full: Subject,
    weights: Array,
    gradients: Array,
    options: CheckOptions,
    rng: np.random.Generator,
) -> list[Finding]:
    """Findings where the gradient at the declared precision is further from the float64 one,
    `gradients` (m, n), than that precision explains.

    What it explains: the tolerance for the dtype, what is lost of the function's own value, and how
    far the gradient scatters when the inputs, or the scale of the cotangent, move a little.
    """
    if low is full:
        return []
    rtol = np.sqrt(2 * low.epsilon) / 32 if options.rtol is None else options.rtol
    found: list[Finding] = []
    for weight, exact in zip(weights, gradients, strict=True):
        given = low.gradient(low.x, weight)
        with np.errstate(invalid="ignore", over="ignore"):
            allowed = rtol * np.abs(exact) + (options.atol or 0.0) * np.abs(weight).max()
            largest = np.abs(exact[np.isfinite(exact)]).max(initial=0.0)
            allowed += CANCELLATION * low.epsilon * largest + cancelled(low, low.x, weight)
            apart = np.abs(given - exact)
            wrong = np.isfinite(exact) & ~(apart <= allowed)
            # Beyond the dtype's range a float32 gradient is infinite, and right to be.
            wrong &= np.abs(exact) < low.largest
            # Below the dtype's normal range digits are lost, and that is no fault either.
            wrong &= apart > _UNDERFLOW * low.smallest * max(1.0, float(np.abs(weight).max()))
            slack = np.zeros_like(apart)
            if wrong.any():
                lost = _lost(low, full, weight, rng)
                slack = _scatter(low, full, weight, rng, lost > _FEW * low.epsilon)
                slack += lost * np.abs(exact) if lost < _ALL else np.inf
            wrong &= ~(apart <= allowed + 2 * slack)
        if wrong.any():
            worst = int(np.argmax(np.where(wrong, np.nan_to_num(apart, nan=np.inf), -1)))
            leaf, index, _ = low.inputs.place(worst)
            found.append(
                Finding(
                    kind="precision",
                    level="fail",
                    derivative="vjp",
                    input=low.inputs.leaves[leaf].name,
                    index=index,
                    ad=float(given[worst]),
                    numeric=float(exact[worst]),
                    bound=float(slack[worst]),
                    tolerance=float(allowed[worst]),
                    message=f"at {low.dtypes[leaf]} the gradient of {low.inputs.label(worst)} is "
                    "further from the float64 gradient of the same code than that precision "
                    "explains",
                )
            )
            break
    return found


def _lost(low: Subject, full: Subject, weight: Array, rng: np.random.Generator) -> float:
    """The share of the weighted values, at x or nearby, that the declared precision has rounded
    away."""
    moves = 1 + _MOVES[-1] * rng.uniform(-1.0, 1.0, (_NEIGHBOURS, low.x.size))
    points = [low.inputs.pack(low.arrays(low.x * move)) for move in moves]
    given = np.vstack([low.origin, low.rows(np.stack(points))])
    exact = np.vstack([full.origin, full.rows(np.stack(points))])
    off, size = np.abs(weight * (given - exact)), np.abs(weight * exact)
    known = np.isfinite(off) & np.isfinite(size)
    typical = size[known].mean() if known.any() else 0.0
    return _LOSSES * float(off[known].max() / typical) if typical > 0 else 0.0


def _scatter(
    low: Subject, full: Subject, weight: Array, rng: np.random.Generator, widely: bool
) -> Array:
    """How far the low-precision gradient (n,) may be from where it should be.

    As far as it moves with the last bits of the inputs, and, where the values have lost digits too,
    `widely`: a function that adds 1000 and takes it away moves in treads of a thousand roundings,
    and it is their width that the inputs must move by to show it. What cancels in the backward
    pass leaves the rounding of its terms, which another scale of the cotangent rounds otherwise.
    """
    at = partial(_gradient, low, weight)
    slack = wobble(at, low.x, low.epsilon, rng)
    slack += wobble(partial(_gradient, full, weight), full.x, low.epsilon, rng)
    if not widely:
        return slack
    size = scales(low.x, low.inputs)
    for move in _MOVES:
        slack = np.maximum(slack, 2 * scatter(at, low.x, move * size, rng, slack.shape))
    factors = rng.uniform(1.0, 2.0, _FACTORS)
    here = np.stack([low.gradient(low.x, factor * weight) / factor for factor in factors])
    spread = np.nan_to_num(here.max(axis=0) - here.min(axis=0), nan=0.0, posinf=0.0)
    return np.asarray(slack + 2 * spread)


def _gradient(subject: Subject, weight: Array, x: Array) -> Array:
    return subject.gradient(x, weight)
