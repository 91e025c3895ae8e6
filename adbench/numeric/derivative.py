"""Directional derivatives by differences, each with a bound on its error.

For a point x, directions v and output weightings c, this gives d/dt ⟨c, f(x + t·v)⟩ at t = 0
with a half-width that covers truncation, round-off and the function's own measured noise. A
first ladder of steps serves nearly everything; problems that it does not resolve are looked at
again with finer steps, or with coarser ones where the direction is tiny. A caller that can tell
when it has seen enough gets a few coarse steps first.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.numeric.ladder import PIECES, STEEP, Estimates, Kind, differentiate, ladder
from adbench.numeric.sampling import Lines, Rows

Array = NDArray[Any]

_COARSE = 2.0**-3
_SHORT = 2.0**-11
"""Where a short ladder ends: five steps, from which four extrapolations cancel the error's terms up
to the eighth power of the step."""
_GROWTH = (1.0, 2.0**10, 2.0**20)
"""How far beyond order one the steps may grow while a derivative drowns in noise."""
_VAGUE = 1e-4
_CLEAR = 0.02
"""Relative bound up to which a slope on another scale counts as one."""
_GOOD = 1e-6
"""Relative bound beyond which a problem is looked at again on another scale."""
_ROUGH = 1e3
"""Noise, in multiples of rounding, that might be structure too fine for the first ladder."""


@dataclass(frozen=True, slots=True)
class Point:
    """One plain difference of a ladder: what the V curve shows."""

    step: float
    value: float
    truncation: float
    roundoff: float


@dataclass(slots=True)
class Derivatives:
    """The best estimate of each problem over all ladders; arrays (D, m), see `Estimates`."""

    best: Estimates
    looks: list[tuple[Array, Array, Estimates]]
    """Every ladder: which directions it covered, by how much it scaled them, what it gave."""
    evaluations: int
    calls: int
    elsewhere: Array
    """A well-determined slope on another scale than `best`'s that contradicts it, NaN where there
    is none: rounding or tables inside the function show at one scale and not at the other."""
    elsewhere_bound: Array
    quantised: Array
    """The function is constant at the finest steps and rises at coarser ones: which of the two
    slopes a right gradient gives is not decidable from its values."""

    def curve(self, direction: int, weighting: int) -> list[Point]:
        """All plain central differences of one problem, coarsest first, in its own units."""
        points = []
        for covered, factors, found in self.looks:
            for row in np.flatnonzero(covered == direction):
                factor = float(factors[row])
                values = found.plain[:, row, weighting] / factor
                noise = found.roundoff[:, row, weighting] / factor
                changes = np.abs(np.diff(values))
                for level, step in enumerate(found.steps):
                    points.append(
                        Point(
                            float(step) * factor,
                            float(values[level]),
                            float(changes[max(level - 1, 0)]),
                            float(noise[level]),
                        )
                    )
        return sorted(points, key=lambda point: -point.step)


def derivatives(
    function: Rows,
    x: Array,
    origin: Array,
    directions: Array,
    weights: Array,
    epsilon: float,
    unit: Array | None = None,
    closely: bool = False,
    enough: Callable[[Derivatives], bool] | None = None,
) -> Derivatives:
    """Derivatives of ⟨weights[j], f⟩ (m, p) along directions (D, n) at x (n,).

    `function` maps (k, n) points to (k, p) outputs, a row of NaN where undefined; `origin` (p,)
    are its outputs at x, all finite. A direction's length should be the scale of the input it
    moves; `unit` (D,) says by how much it would have to grow to be of order one, which is tried
    where the values do not move enough. `closely` looks at every direction with finer steps too,
    needed or not. `enough` is asked whether a short ladder's estimates will do; without it, every
    direction has the whole ladder. `epsilon` is the unit round-off of the computation.
    """
    lines = Lines(function, x, directions, origin)
    if enough is not None:
        short = _short(lines, weights, epsilon)
        if enough(short):
            return short
    finest = epsilon**0.44
    steps = ladder(_COARSE, finest)
    first = differentiate(lines, weights, steps, epsilon)
    best = deepcopy(first)
    everyone = np.arange(len(directions))
    looks = [(everyone, np.ones(len(directions)), first)]
    quantised = best.stepped.copy()

    def look(which: Array, factors: Array, first: float, last: float) -> Estimates:
        scaled = Lines(function, x, directions[which] * factors[:, None], origin)
        found = differentiate(scaled, weights, ladder(first, last), epsilon)
        lines.evaluations += scaled.evaluations
        lines.calls += scaled.calls
        looks.append((which, factors, found))
        return found

    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(best.value), 1e-2 * best.nearby)
        loose = ~(best.bound <= _GOOD * size) & ~best.still
        smooth = best.kind != Kind.KINK
        rough = best.noise > _ROUGH * np.maximum(best.rounding, epsilon * np.abs(best.value))
    with np.errstate(invalid="ignore"):
        clear = best.elsewhere_bound <= _CLEAR * np.abs(best.elsewhere)
    elsewhere = np.where(clear, best.elsewhere, np.nan)
    elsewhere_bound = np.where(clear, best.elsewhere_bound, np.nan)
    factors = np.ones(len(directions)) if unit is None else np.maximum(unit, 1.0)
    for growth in _GROWTH:
        with np.errstate(invalid="ignore"):
            size = np.maximum(np.abs(best.value), 1e-2 * best.nearby)
            vague = ~(best.bound <= _VAGUE * size) & (best.kind != Kind.KINK)
            vague |= best.still & ~quantised
        which = np.flatnonzero(vague.any(axis=1) & (factors * growth > 2))
        if which.size:
            found = look(which, factors[which] * growth, _COARSE, finest)
            quantised[which] |= best.still[which] & ~found.still
            _merge_coarser(best, which, factors[which] * growth, found)
    # Finer steps end where x ± step would no longer be exact.
    which = np.flatnonzero(((loose & smooth) | rough | closely).any(axis=1))
    if which.size and epsilon < 1e-12:
        found = look(which, np.ones(len(which)), finest * 2.0**2, epsilon**0.77)
        quantised[which] |= (found.stepped | found.still) & ~best.still[which]
        _merge_finer(best, which, found, elsewhere, elsewhere_bound, epsilon)
    return Derivatives(
        best, looks, lines.evaluations, lines.calls, elsewhere, elsewhere_bound, quantised
    )


def at_points(
    function: Rows, x: Array, origin: Array, directions: Array, weights: Array, epsilon: float
) -> list[Derivatives]:
    """A short ladder's derivatives at P points, in one go.

    As `derivatives`, with points x (P, n), their outputs `origin` (P, p) and directions (P, D, n)
    for each. The evaluations are counted with the first.
    """
    many, each, size = directions.shape
    lines = Lines(
        function,
        np.repeat(x, each, axis=0),
        directions.reshape(-1, size),
        np.repeat(origin, each, axis=0),
    )
    found = _short(lines, weights, epsilon).best
    result = []
    for k in range(many):
        rows = slice(k * each, (k + 1) * each)
        part = Lines(function, x[k], directions[k], origin[k])
        if not k:
            part.evaluations, part.calls = lines.evaluations, lines.calls
        result.append(_as_derivatives(found.rows(rows), part))
    return result


def _short(lines: Lines, weights: Array, epsilon: float) -> Derivatives:
    """What the coarsest steps alone say."""
    return _as_derivatives(differentiate(lines, weights, ladder(_COARSE, _SHORT), epsilon), lines)


def _as_derivatives(found: Estimates, lines: Lines) -> Derivatives:
    """What one ladder found, with nothing looked at twice."""
    everyone = np.arange(len(lines.directions))
    unknown = np.full(found.value.shape, np.nan)
    return Derivatives(
        found,
        [(everyone, np.ones(len(everyone)), found)],
        lines.evaluations,
        lines.calls,
        unknown,
        unknown,
        found.stepped,
    )


_SCALED = ("value", "bound", "left", "left_bound", "right", "right_bound", "nearby")
_PLAIN = ("kind", "noise", "rounding", "still")


def _merge_coarser(best: Estimates, which: Array, factors: Array, found: Estimates) -> None:
    """Take a smooth derivative from larger steps where it is sharper and agrees, or where the
    smaller steps did not move the function at all."""
    by = factors[:, None]
    with np.errstate(invalid="ignore"):
        apart = np.abs(found.value / by - best.value[which])
        agrees = apart <= found.bound / by + best.bound[which]
        take = (found.bound / by < best.bound[which]) & agrees & (found.kind == Kind.CENTRAL)
        # A function that saturates is as flat far away as it is here: no news of its slope here.
        take &= ~(found.still | found.stepped)
        best.nearby[which] = np.fmax(best.nearby[which], found.nearby / by)
    _take(best, which, factors, found, take)
    # Steps of the function's own scale see no pieces, and may well see it saturate.
    best.pieces[which] &= ~take


def _merge_finer(
    best: Estimates,
    which: Array,
    found: Estimates,
    elsewhere: Array,
    elsewhere_bound: Array,
    epsilon: float,
) -> None:
    """Take what smaller steps show where it is sharper; keep a good coarser slope beside it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(found.value - best.value[which])
        contradicted = apart > found.bound + best.bound[which]
        sharper = found.bound < best.bound[which]
        relative = found.bound / np.abs(found.value)
        sharper |= contradicted & (relative < best.bound[which] / np.abs(best.value[which]))
        sharper |= ~np.isfinite(best.bound[which])
        # At steps too small to move the function, its differences are exactly zero: no news.
        take = sharper & np.isfinite(found.bound) & ~(found.stepped | found.still)
        good = best.bound[which] <= _CLEAR * np.abs(best.value[which])
        # Pieces this small are what rounding leaves of a function between two of its steps.
        pieces = best.noise[which] < PIECES * best.rounding[which] / epsilon
        good |= pieces & np.isfinite(best.bound[which])
        good &= (best.kind[which] == Kind.CENTRAL) & contradicted
        fine = contradicted & (relative <= _CLEAR) & ~take & ~(found.stepped | found.still)
    kept = take & good
    values, bounds = [best.value[which], found.value], [best.bound[which], found.bound]
    elsewhere[which] = np.select([kept, fine], values, elsewhere[which])
    elsewhere_bound[which] = np.select([kept, fine], bounds, elsewhere_bound[which])
    with np.errstate(invalid="ignore"):
        pieces = np.abs(found.value) > STEEP * best.gentle[which]
    _take(best, which, np.ones(len(which)), found, take)
    best.pieces[which] |= take & pieces


def _take(best: Estimates, which: Array, factors: Array, found: Estimates, take: Array) -> None:
    by = factors[:, None]
    for name in _SCALED:
        target = getattr(best, name)
        target[which] = np.where(take, getattr(found, name) / by, target[which])
    best.step[which] = np.where(take, found.step * by, best.step[which])
    for name in _PLAIN:
        target = getattr(best, name)
        target[which] = np.where(take, getattr(found, name), target[which])
