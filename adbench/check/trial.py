"""One derivative of one function put to the test: probes, AD values, numeric ones, judgement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.accusation import reconsider, wobble
from adbench.check.arbitration import arbitrate, doubtful
from adbench.check.comparison import CANCELLATION, Comparison, compare
from adbench.check.complex_step import NOT_ASKED, Opinion, second_opinion
from adbench.check.layout import row_norms
from adbench.check.probes import scales
from adbench.check.roughness import allow_for_roughness
from adbench.check.subject import Subject
from adbench.numeric.derivative import Derivatives, derivatives
from adbench.numeric.ladder import Kind
from adbench.numeric.sampling import Rows

Array = NDArray[Any]


_VANISHING = 1e-6
"""Size of a derivative, relative to the weighted outputs, below which it is what cancels."""
_ROUGH = 30.0
"""Noise of the function, in units of rounding, from which its gradient may be as noisy."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Relative tolerance, and an absolute one for a derivative at unit weighting."""

    rtol: float
    atol: float


@dataclass(slots=True)
class Trial:
    """What was asked and what came out. Directions (D, n), weights (m, p), comparison (D, m)."""

    derivative: str
    directions: Array
    weights: Array
    comparison: Comparison
    coordinates: Array | None
    """For an elementwise trial, which input coordinate each direction moves alone."""
    opinion: Opinion = NOT_ASKED
    """The complex step's."""


def hold(
    derivative: str,
    subject: Subject,
    function: Rows,
    origin: Array,
    directions: Array,
    weights: Array,
    values: Callable[[Array], Array],
    tolerance: Tolerance,
    rng: np.random.Generator,
    *,
    unit: Array | None = None,
    coordinates: Array | None = None,
    groups: Array | None = None,
    asked_for: bool = True,
    briefly: float | None = None,
) -> Trial:
    """Compare `values(x)` (D, m), the AD side, with differences of `function`.

    `groups` (D,) says which directions are of the same leaf: a zero derivative is measured
    against the largest of its group. `asked_for` says that the subject's point is the user's own.
    With `briefly`, a short ladder of steps is enough where AD agrees with it and a relative error
    of this size would have been seen: finer steps could only sharpen what agrees already.
    """
    x = subject.x
    ad = values(x)

    def judged(numeric: Derivatives) -> Comparison:
        return judge(
            ad,
            numeric,
            origin,
            directions,
            weights,
            tolerance,
            subject.epsilon,
            coordinates,
            groups,
        )

    def enough(numeric: Derivatives) -> bool:
        return bool(settled(judged(numeric), briefly or 0.0).all())

    numeric = derivatives(
        function,
        x,
        origin,
        directions,
        weights,
        subject.epsilon,
        unit,
        enough=enough if briefly is not None else None,
    )
    case = judged(numeric)
    opinion = NOT_ASKED
    if doubtful(case).any():
        reference = _reference(numeric.best.value, groups)
        first = numeric.looks[0][2]
        # Within a small part of the step that served the differences, only rounding scatters.
        within = np.where(first.noise > _ROUGH * first.rounding, 0.02 * first.step, 0.0)
        within = np.where(numeric.best.pieces, np.inf, within)
        spread = wobble(values, x, subject.epsilon, rng, within)
        slack = np.maximum(spread, case.slack)
        case = reconsider(
            case, subject, function, x, origin, directions, weights, reference, slack, unit
        )
        if function == subject.rows:
            arbitrate(case, subject, directions, weights, slack, reference, convict=asked_for)
            opinion = subject.explanations.attempt(
                "what the complex step says",
                lambda: second_opinion(case, subject, directions, weights, spread),
                NOT_ASKED,
            )
        if (case.accused | case.open).any():
            scale = scales(x, subject.inputs)
            allow_for_roughness(
                case, subject, function, origin, directions, weights, scale, values, rng
            )
    return Trial(derivative, directions, weights, case, coordinates, opinion)


def judge(
    ad: Array,
    numeric: Derivatives,
    origin: Array,
    directions: Array,
    weights: Array,
    tolerance: Tolerance,
    epsilon: float,
    coordinates: Array | None = None,
    groups: Array | None = None,
) -> Comparison:
    """AD values (D, m) against differences along directions (D, n) under weights (m, p).

    `origin` (p,) are the outputs, or (D, p) where each direction starts at a point of its own.
    """
    reference = _reference(numeric.best.value, groups)
    atol = _absolute(tolerance.atol, directions, weights, coordinates)
    size = np.abs(directions)
    reach, length = size.max(axis=1)[:, None], size.sum(axis=1)[:, None]
    floor = _rounding(numeric.best.value, origin, reach, length, weights, epsilon)
    floor[_overflown(ad, numeric.best.value, reach)] = np.inf
    return compare(ad, numeric, reference, tolerance.rtol, atol, epsilon, floor)


def _rounding(
    value: Array, origin: Array, reach: Array, length: Array, weights: Array, epsilon: float
) -> Array:
    """What AD's own rounding leaves of a derivative that all but vanishes, (D, m).

    `reach` (D, 1) is the largest step of each direction's elements, `length` (D, 1) their sum.

    A saturated softmax's derivative is a difference of terms of the size of the outputs times the
    cotangent, each rounded; nothing of that size can be told from it. Rounding errors of many
    outputs add up as their root mean square does.
    """
    outputs = np.atleast_2d(np.where(np.isfinite(origin), origin, 0.0))
    terms = outputs[:, None] * weights
    size = row_norms(terms.reshape(-1, weights.shape[1])).reshape(terms.shape[:2])
    with np.errstate(invalid="ignore"):
        # A small input's derivative may well have terms that are as small as it is.
        vanishing = (np.abs(value) <= _VANISHING * size) & (reach >= 1)
    # A gradient below the smallest normal number has lost its digits, if it has not become zero.
    underflow = np.finfo(float).tiny * length
    return np.asarray(np.where(vanishing, CANCELLATION * epsilon * size * reach, 0.0) + underflow)


def _overflown(ad: Array, value: Array, reach: Array) -> Array:
    """Where AD is infinite since no element's gradient is small enough to be written, (D, m).

    1/x² of an x below 1e-154 is infinite, and differences relative to x are not.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        beyond = np.abs(value) > np.finfo(float).max * reach
    return np.asarray(np.isinf(ad) & (np.sign(ad) == np.sign(value)) & beyond)


def settled(case: Comparison, resolution: float) -> Array:
    """Which problems agree at a smooth point, sharply enough, (D, m)."""
    best = case.numeric.best
    smooth = (best.kind == Kind.CENTRAL) & ~(best.still | best.stepped | best.pieces)
    return np.asarray(smooth & ~case.accused & ~case.open & (case.resolution <= resolution))


def _reference(value: Array, groups: Array | None) -> Array:
    """The size that each derivative (D, m) is measured against when it is zero."""
    size = np.abs(np.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0))
    overall: Array = np.broadcast_to(size.max(axis=0, keepdims=True), size.shape)
    if groups is None:
        return overall
    result: Array = np.empty_like(size)
    for group in np.unique(groups):
        members = groups == group
        top = size[members].max(axis=0)
        result[members] = np.where(top > 0, top, overall[members])
    return result


def _absolute(atol: float, directions: Array, weights: Array, coordinates: Array | None) -> Array:
    """What `atol` of absolute error in a gradient's element amounts to, (D, m).

    For one element it is its step's scale times the weighting; over many it adds up.
    """
    if atol == 0:
        # Where the scale of large inputs and weights overflows, too.
        return np.zeros((len(directions), len(weights)))
    length = np.abs(directions).max(axis=1) if coordinates is not None else row_norms(directions)
    return np.asarray(atol * length[:, None] * np.abs(weights).max(axis=1)[None, :])
