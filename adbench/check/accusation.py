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
from adbench.check.subject import Subject
from adbench.numeric.derivative import derivatives
from adbench.numeric.sampling import Rows
from adbench.numeric.structure import coarse_views

Array = NDArray[Any]

_MOST = 12
"""Accused directions that are looked at again one by one; the worst, when there are more."""
_SMALL = 1e-3
"""Relative difference up to which coarse-grained noise may explain an accusation."""


def wobble(
    derivative: Callable[[Array], Array], x: Array, epsilon: float, rng: np.random.Generator
) -> Array:
    """How far the AD values move when every input moves by its last bit or two.

    A right derivative of an ill-conditioned function differs by this much from the true one,
    for no fault of the backend. `derivative` maps a point to the AD values.
    """
    here = derivative(x)
    spread = np.zeros_like(here)
    for _ in range(3):
        nudge = 2 * epsilon * rng.choice([-1.0, 0.0, 1.0], x.shape)
        there = derivative(x + nudge * np.abs(x))
        with np.errstate(invalid="ignore"):
            spread = np.fmax(spread, np.abs(there - here))
    slack: Array = 4 * spread + 8 * epsilon * np.abs(np.nan_to_num(here))
    return slack


def reconsider(
    case: Comparison,
    subject: Subject,
    function: Rows,
    x: Array,
    origin: Array,
    directions: Array,
    weights: Array,
    rtol: float,
    atol: Array,
    reference: Array,
    slack: Callable[[], Array],
) -> Comparison:
    """The comparison again, with every accusation that does not hold withdrawn.

    `slack` computes the AD side's uncertainty (D, m); it is asked only when somebody is accused.
    """
    if not case.accused.any():
        return case
    case = compare(case.ad, case.numeric, reference, rtol, atol, slack())
    worst = np.argsort(-np.where(case.accused, case.excess, -1).max(axis=1), kind="stable")
    suspects = np.array([d for d in worst[:_MOST] if case.accused[d].any()], dtype=int)
    if not suspects.size:
        return case
    again = derivatives(
        function, x, origin, directions[suspects] * 1.3125, weights, subject.epsilon
    )
    for row, d in enumerate(map(int, suspects)):
        for j in map(int, np.flatnonzero(case.accused[d])):
            if not _second_ladder_agrees(case, again, row, d, j):
                case.accused[d, j], case.open[d, j] = False, True
                case.resolution[d, j] = np.nan
            elif _small(case, d, j):
                _coarser(case, function, x, origin, directions[d], weights, d, j)
    return case


def _second_ladder_agrees(case: Comparison, again: Any, row: int, d: int, j: int) -> bool:
    """Whether a ladder of other steps accuses too."""
    best = again.best
    value, bound = best.value[row, j] / 1.3125, best.bound[row, j] / 1.3125
    if not np.isfinite(bound):
        return False
    if not np.isfinite(case.ad[d, j]):
        return True
    allowed = case.tolerance[d, j] + 2 * (bound + case.slack[d, j])
    return bool(abs(case.ad[d, j] - value) > allowed)


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
