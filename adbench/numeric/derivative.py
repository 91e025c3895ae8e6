"""Directional derivatives by differences, each with a bound on its error.

For a point x, directions v and output weightings c, this gives d/dt ⟨c, f(x + t·v)⟩ at t = 0
with a half-width that covers truncation, round-off and the function's own measured noise. A
first ladder of steps serves nearly everything; problems that it does not resolve are looked at
again with finer steps, or with coarser ones where the direction is tiny. A caller that can tell
when it has seen enough gets a few coarse steps first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.numeric.extrapolation import RATIO
from adbench.numeric.ladder import (
    PIECES,
    STEEP,
    Estimates,
    Kind,
    differentiate,
    estimates,
    ladder,
)
from adbench.numeric.sampling import Lines, Rows

Array = NDArray[Any]

_COARSE = 2.0**-3
_SHORT = 2.0**-11
"""Where a short ladder ends, after five steps: four extrapolations cancel the error's terms up to
the eighth power of the step."""
_FEW = 4
"""Steps at its fine end that often do: three extrapolations, up to the sixth power."""
_FEWEST = 3
"""Steps there that do where less is asked of them."""
_GROWTH = (1.0, 2.0**10, 2.0**20)
"""How far beyond order one the steps may grow while a derivative drowns in noise."""
_VAGUE = 1e-4
_CLEAR = 0.02
"""Relative bound up to which a slope on another scale counts as one."""
_VISIBLE = 0.5
"""The same for smaller steps that contradict: they have fewer digits."""
_GOOD = 1e-6
"""Relative bound beyond which a problem is looked at again on another scale."""
_LAST = 4
"""Steps of few bits at the end of the finest ladder."""
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

    def rows(self, which: slice) -> Derivatives:
        """The same for some of the directions; what it cost stays what it was for all."""
        looks = []
        for covered, factors, found in self.looks:
            mine = slice(*np.searchsorted(covered, [which.start, which.stop]))
            looks.append((covered[mine] - which.start, factors[mine], found.rows(mine)))
        return replace(
            self,
            best=self.best.rows(which),
            looks=looks,
            elsewhere=self.elsewhere[which],
            elsewhere_bound=self.elsewhere_bound[which],
            quantised=self.quantised[which],
        )

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
    needed or not. `enough` is asked whether the estimates from a few steps will do, then those of
    a short ladder; without it, every direction has the whole ladder. `epsilon` is the unit
    round-off of the computation.
    """
    lines = Lines(function, x, directions, origin)
    finest = epsilon**0.44
    steps = ladder(_COARSE, finest)
    if enough is None:
        first = differentiate(lines, weights, steps, epsilon)
    else:
        first, done = _as_far_as(enough, lines, weights, steps, epsilon)
        if done:
            return _as_derivatives(first, lines)
    best = first.copy()
    everyone = np.arange(len(directions))
    looks = [(everyone, np.ones(len(directions)), first)]
    quantised = best.stepped.copy()

    def look(which: Array, factors: Array, steps: Array, noise: Array | None = None) -> Estimates:
        scaled = Lines(function, x, directions[which] * factors[:, None], origin)
        found = differentiate(scaled, weights, steps, epsilon, noise)
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
            # Far out a function may be flat, and says nothing of how noisy it is here.
            found = look(which, factors[which] * growth, steps, first.noise[which])
            quantised[which] |= best.still[which] & ~found.still
            _merge_coarser(best, which, factors[which] * growth, found, first)
    # Finer steps end where x ± step would no longer be exact.
    which = np.flatnonzero(((loose & smooth) | rough | first.hidden | closely).any(axis=1))
    if which.size and epsilon < 1e-12:
        exact, last = fine_steps(finest, epsilon)
        found = look(which, np.ones(len(which)), exact)
        finest_look = look(which, np.ones(len(which)), last) if closely else found
        quantised[which] |= (found.stepped | found.still) & ~best.still[which]
        _merge_finer(best, which, found, finest_look, elsewhere, elsewhere_bound, epsilon)
    return Derivatives(
        best, looks, lines.evaluations, lines.calls, elsewhere, elsewhere_bound, quantised
    )


def fine_steps(finest: float, epsilon: float) -> tuple[Array, Array]:
    """A ladder that begins where the first one ends, and what remains down to the last place."""
    exact = ladder(finest * 2.0**2, epsilon**0.77)
    # From here on x ± step is exact for short mantissas only, and f hardly moves: too little for a
    # table, enough to see a spike.
    last = np.exp2(np.floor(np.log2(exact[-1]))) * 1.375
    return exact, last * RATIO ** -np.arange(1.0, 1 + _LAST)


def at_points(
    function: Rows, x: Array, origin: Array, directions: Array, weights: Array, epsilon: float
) -> Derivatives:
    """Derivatives from a few steps, along directions (D, n) that start each at its own x (D, n).

    As `derivatives`, with the outputs `origin` (D, p) there.
    """
    lines = Lines(function, x, directions, origin)
    steps = ladder(_COARSE, _SHORT)[-_FEWEST:]
    return _as_derivatives(differentiate(lines, weights, steps, epsilon), lines)


def _as_far_as(
    enough: Callable[[Derivatives], bool],
    lines: Lines,
    weights: Array,
    steps: Array,
    epsilon: float,
) -> tuple[Estimates, bool]:
    """A few steps, a short ladder, or all of `steps`, and whether less than all was enough."""
    short = ladder(_COARSE, _SHORT)
    rise = lines.sides(short[-_FEW:])
    found = estimates(lines.origin, rise, weights, short[-_FEW:], epsilon)
    if enough(_as_derivatives(found, lines)):
        return found, True
    rise = np.concatenate([lines.sides(short[:-_FEW]), rise], axis=2)
    found = estimates(lines.origin, rise, weights, short, epsilon)
    if enough(_as_derivatives(found, lines)):
        return found, True
    if len(steps) <= len(short):  # low precision
        return differentiate(lines, weights, steps, epsilon), False
    rise = np.concatenate([rise, lines.sides(steps[len(short) :])], axis=2)
    return estimates(lines.origin, rise, weights, steps, epsilon), False


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
_PLAIN = ("kind", "noise", "hidden", "rounding", "still")


def _merge_coarser(
    best: Estimates, which: Array, factors: Array, found: Estimates, first: Estimates
) -> None:
    """Take a smooth derivative from larger steps where it is sharper and agrees, or where the
    smaller steps did not move the function at all. The differences of the `first` ladder have a
    say too, where its tables have none."""
    by = factors[:, None]
    with np.errstate(invalid="ignore"):
        apart = np.abs(found.value / by - best.value[which])
        agrees = apart <= found.bound / by + best.bound[which]
        take = (found.bound / by < best.bound[which]) & agrees & (found.kind == Kind.CENTRAL)
        # A function that saturates is as flat far away as it is here: no news of its slope here.
        take &= ~(found.still | found.stepped)
        apart = np.abs(first.plain[:, which] - found.value / by)
        overruled = apart > _reach(first)[:, which] + found.bound / by
        take &= ~overruled.any(axis=0)
        best.nearby[which] = np.fmax(best.nearby[which], found.nearby / by)
    _take(best, which, factors, found, take)
    # Steps of the function's own scale see no pieces, and may well see it saturate.
    best.pieces[which] &= ~take


def _merge_finer(
    best: Estimates,
    which: Array,
    found: Estimates,
    finest: Estimates,
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
        fine = contradicted & (relative <= _VISIBLE) & ~take & ~(found.stepped | found.still)
    kept = take & good
    witness, reach = _witness(found, finest, best.value[which], best.bound[which])
    emerging = np.isfinite(witness)
    values = [best.value[which], witness, found.value]
    bounds = [best.bound[which], reach, found.bound]
    elsewhere[which] = np.select([kept, emerging, fine], values, elsewhere[which])
    elsewhere_bound[which] = np.select([kept, emerging, fine], bounds, elsewhere_bound[which])
    with np.errstate(invalid="ignore"):
        pieces = np.abs(found.value) > STEEP * best.gentle[which]
        # Values are no quieter at the steps that served than at these.
        disturbed = np.maximum(best.bound[which], found.noise / best.step[which])
    best.bound[which] = np.where(best.kind[which] == Kind.CENTRAL, disturbed, best.bound[which])
    _take(best, which, np.ones(len(which)), found, take)
    best.pieces[which] |= take & pieces


def _reach(found: Estimates) -> Array:
    """How far from the truth each plain difference of a ladder may be, (L, D, m).

    By as much as it has changed since the step before, and by what noise does to it; steps too
    small to move the function say nothing.
    """
    change = np.abs(np.diff(found.plain, axis=0, prepend=np.inf))
    reach = np.nan_to_num(change + found.roundoff, nan=np.inf)
    return np.where(found.plain == 0, np.inf, reach)


def _witness(
    found: Estimates, finest: Estimates, value: Array, bound: Array
) -> tuple[Array, Array]:
    """The finest plain difference of two ladders that contradicts value ± bound (D, m), and how far
    it reaches; NaN where there is none.

    Structure finer than all but the last few steps makes no table converge, and is noise to
    coarser ones. Yet two differences that agree are no noise's, which grow as the steps shrink.
    """
    plain = np.concatenate([found.plain, finest.plain])
    steps = np.concatenate([found.steps, finest.steps])
    with np.errstate(invalid="ignore"):
        reach = np.abs(np.diff(plain, axis=0, prepend=np.inf))
        reach += finest.noise / steps[:, None, None]
        telling = reach <= _VISIBLE * np.abs(plain)
        telling &= np.abs(plain - value) > reach + bound
    level = np.where(telling, np.arange(len(steps))[:, None, None], -1).max(axis=0)
    at, seen = np.maximum(level, 0)[None], level >= 0
    return (
        np.where(seen, np.take_along_axis(plain, at, axis=0)[0], np.nan),
        np.where(seen, np.take_along_axis(reach, at, axis=0)[0], np.nan),
    )


def _take(best: Estimates, which: Array, factors: Array, found: Estimates, take: Array) -> None:
    by = factors[:, None]
    for name in _SCALED:
        target = getattr(best, name)
        target[which] = np.where(take, getattr(found, name) / by, target[which])
    best.step[which] = np.where(take, found.step * by, best.step[which])
    for name in _PLAIN:
        target = getattr(best, name)
        target[which] = np.where(take, getattr(found, name), target[which])
