"""Before anything counts as wrong: what else could explain the difference?

Each accused value is looked at again: with the AD side's own sensitivity to the last bit of its
input, with a second, independent ladder of steps, and, where the difference is small, on the
coarser scale where a solver's stopping rule shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.comparison import Comparison, compare
from adbench.check.grain import grain
from adbench.check.subject import Subject
from adbench.numeric.derivative import Derivatives, derivatives
from adbench.numeric.sampling import Rows
from adbench.numeric.structure import coarse_views

Array = NDArray[Any]

_MOST = 12
"""Accused directions that are looked at again one by one; the worst, when there are more."""
_REACHES = (4.0, 1e3, 1e6, 1e8, 5e9)
"""How far the neighbours are whose scatter is measured, in units in the last place."""
_FAR = 1e6
_NEIGHBOURS = 8
_TERMS = 64.0
"""Rounding of the terms of a backward pass, in units of the largest."""
_STRETCH = 1.3125
"""The second ladder's steps are longer by this; few bits, so that they stay exact."""
_SMALL = 1e-3
"""Relative difference up to which coarse-grained noise may explain an accusation."""


def wobble(
    derivative: Callable[[Array], Array],
    x: Array,
    epsilon: float,
    rng: np.random.Generator,
    within: Array | None = None,
) -> Array:
    """The AD values' own rounding, as their scatter when the inputs move ever so little.

    A right derivative of an ill-conditioned function differs by this much from the true one, for
    no fault of the backend. `derivative` maps a point to the AD values. The inputs move by their
    last bits, and by up to 1e9 times as much where `within`, a relative distance for each value,
    allows: what is rounded inside the function may be the same for all close neighbours. It is to
    be zero where the function's own values are no noisier than rounding explains: scatter would be
    AD's alone there, a float32 in the backward pass for one, and is no excuse.
    """
    here = derivative(x)
    spread = np.zeros(here.shape)
    for reach in _REACHES:
        step = reach * epsilon
        counts = True if reach < _FAR else within is not None and step <= within
        if step < 1e-4 and np.any(counts):
            # Next to a singular matrix some of the closest neighbours are singular. Farther out,
            # what is not finite is the edge of a domain, and rounding is not what changes there.
            found = scatter(derivative, x, step * np.abs(x), rng, here.shape, reach < _FAR)
            spread = np.where(counts, np.fmax(spread, found), spread)
    return np.asarray(2 * spread + 8 * epsilon * np.abs(np.nan_to_num(here)))


def scatter(
    derivative: Callable[[Array], Array],
    x: Array,
    step: Array,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    partly: bool = False,
) -> Array:
    """The largest residual about a cubic through AD values at neighbours within 2·step (n,).

    Zero where a neighbour's value is not finite, or, with `partly`, where too few are.

    The value at x itself stays out: one that stands alone is what is to be found.
    """
    with np.errstate(all="ignore"):
        random = rng.uniform(0.5, 1.0, x.shape) * rng.choice([-1.0, 1.0], x.shape)
        # Uneven steps: rounding repeats itself along even ones.
        along = np.sort(rng.uniform(-2.0, 2.0, _NEIGHBOURS))
        points = [x + k * random * step for k in along]
        there = np.stack([or_nan(derivative, point, shape) for point in points])
        values = there.reshape(_NEIGHBOURS, -1)
        residual = _about_cubic(along, values)
    if not partly:
        residual[~np.isfinite(values).all(axis=0)] = 0.0
    return residual.reshape(shape)


def cancelled(subject: Subject, x: Array, weight: Array) -> float:
    """What rounding leaves of a gradient whose terms cancel, as those of a saturated softmax.

    The terms are of the size of the weighted outputs for each unit of the inputs.
    """
    size = np.abs(weight * subject.origin)
    unit = max(float(np.abs(x).max(initial=0.0)), 1.0)
    return float(_TERMS * grain(subject) * size[np.isfinite(size)].sum() / unit)


def _about_cubic(along: Array, values: Array) -> Array:
    """The largest residual (k,) of values (N, k) at `along` (N,) about a least-squares cubic.

    What is not finite is left out; zero where too little remains.
    """
    residual = np.zeros(values.shape[1])
    finite = np.isfinite(values)
    for known in finite.T[:1] if finite.all() else np.unique(finite.T, axis=0):
        rows, columns = np.flatnonzero(known), (known == finite.T).all(axis=1)
        powers = min(4, len(rows) - 2)
        if powers < 1:
            continue
        fit = np.vander(along[rows], powers)
        given = values[np.ix_(rows, columns)]
        residual[columns] = np.abs(given - fit @ (np.linalg.pinv(fit) @ given)).max(axis=0)
    return residual


def or_nan(derivative: Callable[[Array], Array], x: Array, shape: tuple[int, ...]) -> Array:
    """AD values at a neighbour, NaN where the function raises: outside its domain it may."""
    try:
        return derivative(x)
    except Exception:
        return np.full(shape, np.nan)


def reconsider(
    case: Comparison,
    subject: Subject,
    function: Rows,
    x: Array,
    origin: Array,
    directions: Array,
    weights: Array,
    reference: Array,
    slack: Array,
    unit: Array | None,
) -> Comparison:
    """The comparison again, with every accusation that does not hold withdrawn.

    `slack` is the AD side's own uncertainty (D, m), see `wobble`; `unit` as for `derivatives`.
    """
    if not case.accused.any():
        return case
    case = compare(case.ad, case.numeric, reference, case.rtol, case.atol, subject.epsilon, slack)
    worst = np.argsort(-np.where(case.accused, case.excess, -1).max(axis=1), kind="stable")
    suspects = np.array([d for d in worst[:_MOST] if case.accused[d].any()], dtype=int)
    if not suspects.size:
        return case
    again = derivatives(
        function,
        x,
        origin,
        directions[suspects] * _STRETCH,
        weights,
        subject.epsilon,
        unit=None if unit is None else unit[suspects] / _STRETCH,
        closely=True,
    )
    for row, d in enumerate(map(int, suspects)):
        for j in map(int, np.flatnonzero(case.accused[d])):
            if not _second_ladder_agrees(case, again, row, d, j):
                case.accused[d, j], case.open[d, j] = False, True
                case.resolution[d, j] = np.nan
            elif _small(case, d, j):
                _coarser(case, function, x, origin, directions[d], weights, d, j)
    return case


def _second_ladder_agrees(case: Comparison, again: Derivatives, row: int, d: int, j: int) -> bool:
    """Whether a ladder of other steps accuses too."""
    best = again.best
    if not np.isfinite(best.bound[row, j]):
        return False
    if not np.isfinite(case.ad[d, j]):
        return True
    views = [(best.value[row, j], best.bound[row, j])]
    views.append((again.elsewhere[row, j], again.elsewhere_bound[row, j]))
    own = case.tolerance[d, j] + 2 * case.slack[d, j]
    return not any(
        abs(case.ad[d, j] - value / _STRETCH) <= own + 2 * bound / _STRETCH
        for value, bound in views
    )


def _small(case: Comparison, d: int, j: int) -> bool:
    value = case.numeric.best.value[d, j]
    return bool(abs(case.ad[d, j] - value) <= _SMALL * abs(value))


def _coarser(
    case: Comparison,
    function: Rows,
    x: Array,
    origin: Array,
    direction: Array,
    weights: Array,
    d: int,
    j: int,
) -> None:
    """Withdraw a small accusation that lies within noise seen on a coarser scale."""
    fine = case.numeric.best
    for view in coarse_views(function, x, origin, direction, weights[j : j + 1]):
        slope, bound, noise = float(view.slope[0]), float(view.bound[0]), float(view.noise[0])
        rough = noise > 30 * max(float(fine.rounding[d, j]), 1e-300)
        explains = abs(case.ad[d, j] - slope) <= bound and abs(slope - fine.value[d, j]) <= bound
        if rough and explains and bound <= 2 * _SMALL * abs(slope):
            case.accused[d, j] = False
            fine.bound[d, j] = max(fine.bound[d, j], bound)
            case.resolution[d, j] = (case.tolerance[d, j] + 2 * bound) / abs(slope)
            return
