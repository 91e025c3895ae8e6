"""One ladder of differences, analysed: a value with a bound, or the reason why there is none.

The ladder samples f(x ± h·v) at steps h, each about a quarter of the last. From the rises it makes
three Richardson tables (central, right, left), measures the noise of the function's values on
each side separately, and says what the point looks like: smooth, a kink, an edge, or nothing
that converges.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.numeric.extrapolation import RATIO, choose, table
from adbench.numeric.sampling import Lines

Array = NDArray[Any]


class Kind(IntEnum):
    """How a derivative came about, or why there is none."""

    CENTRAL = 0
    RIGHT = 1
    """Only t > 0 is usable: the point lies on an edge of the domain, or at a jump."""
    LEFT = 2
    KINK = 3
    """Both one-sided derivatives exist and differ; `left` and `right` hold them."""
    NONE = 4
    """Nothing converged."""


# Every step has a mantissa of its own, of few bits: x ± step stays exact, while the rounding errors
# of f at different steps have nothing in common, as they would at powers of two (differences of
# x² show no noise there) or in a fixed ratio (a rise of 17.01 quanta, and another of 4.25).
_MANTISSAS = 1 + np.array([219, 57, 401, 143, 331, 11, 263, 97, 437, 181, 367, 29]) / 2**10
_CENTRAL_COLUMNS = 4
_SIDED_COLUMNS = 5
_KINK_FACTOR = 4.0
PIECES = 1e-6
"""Height, relative to the function, up to which pieces at the finest steps count as rounding."""
STEEP = 10.0
"""How many times the secants around a slope must be to be a piece's."""
_TELLING = 4.0
"""How far beyond noise the two sides must differ for that to be a fact."""
_SMOOTH_RATE = 0.6
"""Power of the step with which they have to approach each other; it is 1 at a smooth point."""
_TAIL = 3
"""Levels whose scatter is averaged into a noise estimate."""


def ladder(first: float, last: float) -> Array:
    """Steps from about `first` down to about `last`, each about a quarter of the one before."""
    start = np.exp2(np.round(np.log2(first)))
    levels = 1 + int(np.ceil(np.log(start / last) / np.log(RATIO)))
    steps: Array = np.resize(_MANTISSAS, levels) * start * RATIO ** -np.arange(levels)
    return steps


@dataclass(slots=True)
class Estimates:
    """Derivatives of D directions × m weightings; arrays have shape (D, m) unless said.

    |true − value| ≤ bound, with bound infinite where `kind` is NONE. At a KINK, `value` is the
    mean of the two one-sided derivatives and `bound` covers both.
    """

    value: Array
    bound: Array
    kind: Array
    step: Array
    left: Array
    left_bound: Array
    right: Array
    right_bound: Array
    elsewhere: Array
    """The sharpest central estimate, where finer differences contradict it; else NaN."""
    elsewhere_bound: Array
    noise: Array
    """Measured uncertainty of the weighted output's value, absolute."""
    hidden: Array
    """It could not be measured, as the function bends at all steps, and is a guess."""
    rounding: Array
    """What unit round-off alone would explain of the noise."""
    nearby: Array
    """The steepest secant to the neighbourhood, |f(x ± h) − f(x)| / h at the coarser steps: what
    a derivative that vanishes here is measured against."""
    still: Array
    """The weighted output did not move at any step."""
    stepped: Array
    """It moved at the coarsest steps, and not at all at the finest: quantised."""
    gentle: Array
    """The steepest secant at the coarser steps where the function hardly moves, else inf."""
    pieces: Array
    """The slope is that of a piece between two roundings inside the function: steeper by far than
    every secant to the neighbourhood, of a function that hardly moves there."""
    steps: Array
    """(L,), in units of the direction."""
    plain: Array
    """The plain central differences, (L, D, m)."""
    forward: Array
    """The plain forward differences, (L, D, m)."""
    roundoff: Array
    """What noise may do to each of the central ones, (L, D, m)."""

    def copy(self) -> Estimates:
        """The same in arrays of its own."""
        return Estimates(*[getattr(self, field.name).copy() for field in fields(self)])

    def rows(self, which: slice) -> Estimates:
        """The same for some of the directions."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, part in parts.items():
            if name in ("plain", "forward", "roundoff"):
                parts[name] = part[:, which]
            elif name != "steps":
                parts[name] = part[which]
        return Estimates(**parts)


def differentiate(
    lines: Lines, weights: Array, steps: Array, epsilon: float, noise: Array | None = None
) -> Estimates:
    """Derivatives along every direction of `lines` of every weighting (m, p) of the outputs.

    As `estimates`, from 2·len(steps) evaluations a direction.
    """
    return estimates(lines.origin, lines.sides(steps), weights, steps, epsilon, noise)


def estimates(
    origin: Array,
    rise: Array,
    weights: Array,
    steps: Array,
    epsilon: float,
    noise: Array | None = None,
) -> Estimates:
    """Derivatives from the rises (D, 2, L, p) over steps ahead and behind.

    `origin` (p,) or (D, p) are the outputs they start from. `epsilon` is the unit round-off of the
    arithmetic that the function is computed in; `noise` (D, m) is how noisy smaller steps have
    shown the weighted outputs to be, which coarser ones may not see.
    """
    size = np.abs(weights)
    unit = epsilon * np.abs(origin)
    with np.errstate(all="ignore"):
        moved = (rise != 0).any(axis=(1, 2))
        weighted = rise @ weights.T
        rounding = _accumulated(moved * unit, size)
        # An output that no step moved may have absorbed up to half a unit in its last place.
        absorbed = (~moved * unit) @ size.T / (2 * steps[0])
    ahead = np.moveaxis(weighted[:, 0], 1, 0)
    behind = np.moveaxis(weighted[:, 1], 1, 0)
    least = rounding if noise is None else np.maximum(rounding, noise)
    found = _analyse(ahead, behind, steps, rounding, least, epsilon)
    found.bound = found.bound + absorbed
    return found


def _persists(apart: Array, blur: Array, gap: Array) -> Array:
    """Whether the two sides' plain quotients still differ by the gap (D,) at the finest steps.

    At a smooth point they differ by curvature × step, which goes to zero whatever the tables,
    made with coarser steps, have extrapolated to. `apart` (L, D) is by how much they differ, `blur`
    (L, D) by how much they might because of noise.
    """
    telling = blur < 0.1 * gap
    same = np.abs(apart - gap) < 0.3 * gap
    finest = np.where(telling, np.arange(len(apart))[:, None], -1).max(axis=0)
    columns = np.arange(len(gap))
    return np.asarray(
        (finest >= _TAIL) & same[finest, columns] & same[np.maximum(finest - 1, 0), columns]
    )


def _bend(apart: Array, blur: Array, h: Array) -> tuple[Array, Array]:
    """How far the two sides' plain quotients may be apart at the finest steps, and whether that
    shrinks too slowly for a second derivative to exist; both (D,).

    At a smooth point it is curvature × step. A gap that stays is a kink closer than the steps, one
    that falls like a root of the step is a singularity, and both may hide from a central table.
    """
    blur = _TELLING * blur
    telling = apart > blur
    levels = np.arange(len(h))[:, None]
    finest = np.where(telling, levels, -1).max(axis=0)
    before, columns = np.maximum(finest - 1, 0), np.arange(apart.shape[1])
    rate = np.log(apart[before, columns] / apart[finest, columns])
    rate /= np.log(h[before, 0] / h[finest, 0])
    known = (finest > 0) & telling[before, columns]
    left_over = np.where(levels >= finest, apart + np.where(telling, 0.0, blur), np.inf)
    return np.nanmin(left_over, axis=0, initial=np.inf), known & (rate < _SMOOTH_RATE)


def _accumulated(errors: Array, size: Array) -> Array:
    """Errors (D, p) of the outputs, weighted by size (m, p) and added up; (D, m).

    Independent errors add in quadrature; few of them may conspire.
    """
    largest = np.maximum((errors[:, None] * size).max(axis=2, initial=0.0), 1e-300)
    square = np.stack(
        [
            ((errors * row / top[:, None]) ** 2).sum(axis=1)
            for row, top in zip(size, largest.T, strict=True)
        ],
        axis=1,
    )
    return np.asarray(np.minimum(errors @ size.T, 4 * largest * np.sqrt(square)))


@dataclass(frozen=True, slots=True)
class _Side:
    """One-sided quotients (L, D) and what their scatter says about the values behind them."""

    quotients: Array
    noise: Array
    resolved: Array
    """False where the values jump about as much at the finest steps as at the coarsest."""
    hidden: Array
    """Truncation is larger than the noise at every step: the noise is a guess."""


def _side(rises: Array, h: Array, rounding: Array, epsilon: float) -> _Side:
    """Measure the noise on one side of the point; `rises` (L, D) over steps h (L, 1).

    One extrapolation removes curvature; what is left between neighbouring levels, times the
    step, is noise, unless it keeps falling with the step as truncation does.
    """
    quotients = rises / h
    once = quotients[1:] + np.diff(quotients, axis=0) / (h[:-1] / h[1:] - 1)
    scatter = np.abs(np.diff(once, axis=0)) * h[2:]
    noise, before = _size(scatter[-_TAIL:]), _size(scatter[-2 * _TAIL : -_TAIL])
    # A few samples may be small by chance; the next coarser ones are as good unless truncation
    # dominates there.
    noise = 2 * np.where(before < 10 * noise, np.maximum(noise, before), noise)
    tail = scatter[-_TAIL - 1 :]
    falling = (tail[1:] < tail[:-1] / 1.5).all(axis=0)
    # Where truncation hides the noise, assume what changes in the last bits of the input would do.
    noise = np.maximum(np.where(falling, 4 * epsilon * np.abs(quotients[-1]), noise), rounding)
    size = np.abs(rises)
    highest = np.where(np.isfinite(size), size, 0.0).max(axis=0)
    rough = (noise > 0.1 * highest) & (noise > 1e3 * np.maximum(rounding, epsilon * highest))
    return _Side(quotients, noise, ~rough, np.asarray(falling))


def _size(scatter: Array) -> Array:
    """Root mean square over levels, of what is finite."""
    known = np.isfinite(scatter)
    largest = np.where(known, scatter, 0.0).max(axis=0, initial=0.0)
    # In units of the largest, so that no square overflows.
    power = np.where(known, scatter / np.maximum(largest, np.finfo(float).tiny), 0.0) ** 2
    return np.asarray(largest * np.sqrt(power.sum(axis=0) / np.maximum(known.sum(axis=0), 1)))


def _halves(sides: Array) -> Array:
    """What holds of both sides, (…, 2 D), by side: (…, 2, D)."""
    return np.asarray(sides.reshape(*sides.shape[:-1], 2, -1))


def _analyse(
    ahead: Array, behind: Array, steps: Array, rounding: Array, least: Array, epsilon: float
) -> Estimates:
    """Estimates from rises (L, D, m) at +steps and −steps, no less noisy than `least` (D, m)."""
    shape = rounding.shape
    up, down = ahead.reshape(len(steps), -1), behind.reshape(len(steps), -1)
    floor, known, h = rounding.reshape(-1), least.reshape(-1), steps[:, None]
    with np.errstate(all="ignore"):
        # Both sides in one go, the right one first: from the left, f rises by f(x) − f(x − h).
        sides = _side(np.concatenate([up, -down], axis=1), h, np.tile(known, 2), epsilon)
        differences = (up - down) / (2 * h)
        size = np.fmax(np.abs(up), np.abs(down))
        own = epsilon * size / h
        noise = np.maximum(*_halves(sides.noise))
        roundoff = noise / h + own
        both_table = table(differences, steps, roundoff, 2, _CENTRAL_COLUMNS)
        both = choose(both_table, epsilon, np.logical_and(*_halves(sides.resolved)))
        sided_roundoff = 2 * sides.noise / h + np.tile(own, 2)
        sided_table = table(sides.quotients, steps, sided_roundoff, 1, _SIDED_COLUMNS)
        one_sided = choose(sided_table, epsilon, sides.resolved)
        (right, left), (right_bound, left_bound) = map(_halves, (one_sided.value, one_sided.bound))
        right_level, left_level = _halves(one_sided.level)

        gap, sided = np.abs(right - left), right_bound + left_bound
        limit = _KINK_FACTOR * sided + 1e3 * epsilon * np.abs(both.value)
        right_quotients, left_quotients = np.moveaxis(_halves(sides.quotients), 1, 0)
        apart = np.abs(right_quotients - left_quotients)
        blur = 2 * _halves(sides.noise).sum(axis=0) / h
        bend, rough = _bend(apart, blur, h)
        kink = np.isfinite(sided) & (gap > limit) & _persists(apart, blur, gap)
        edge = ~np.isfinite(both.bound)
        lost_left = edge & np.isfinite(right_bound) & ~np.isfinite(left_bound)
        lost_right = edge & np.isfinite(left_bound) & ~np.isfinite(right_bound)
        unmoved = (up == 0) & (down == 0)
        still = unmoved.all(axis=0)
        stepped = unmoved[-_TAIL:].all(axis=0) & ~still
        wide = np.abs(differences[: len(steps) // 2]).max(axis=0)
        hardly = size.max(axis=0) < PIECES * floor / epsilon
        gentle = np.where(hardly & ~np.isnan(wide), wide, np.inf)
        pieces = np.abs(both.value) > STEEP * gentle
        secants = np.fmax(np.abs(right_quotients[:_TAIL]), np.abs(left_quotients[:_TAIL]))
        nearby = np.where(np.isfinite(secants), secants, 0.0).max(axis=0)
        # Central differences are blind to what is even about x: they converge fast where a kink, a
        # root or a spike lies a little beside it. The two sides see that, and the slope at x is
        # between theirs.
        even = np.fmax(np.where(rough, bend, 0.0), np.where(gap > 2 * sided, gap, 0.0))
    central, worst = both.bound + even, np.maximum(right_bound, left_bound)
    case = np.select([kink, lost_left, lost_right], [Kind.KINK, Kind.RIGHT, Kind.LEFT], 0)
    bound = np.choose(case, [central, right_bound, left_bound, gap / 2 + worst])
    kind = np.where((case == 0) & ~np.isfinite(bound), Kind.NONE, case)
    level = np.choose(case, [both.level, right_level, left_level, both.level])
    value = np.choose(case, [both.value, right, left, (right + left) / 2])
    return Estimates(
        value=value.reshape(shape),
        bound=bound.reshape(shape),
        kind=kind.reshape(shape),
        step=steps[level].reshape(shape),
        left=left.reshape(shape),
        left_bound=left_bound.reshape(shape),
        right=right.reshape(shape),
        right_bound=right_bound.reshape(shape),
        elsewhere=both.challenged.reshape(shape),
        elsewhere_bound=both.challenged_bound.reshape(shape),
        noise=noise.reshape(shape),
        hidden=np.logical_or(*_halves(sides.hidden)).reshape(shape),
        rounding=rounding,
        nearby=nearby.reshape(shape),
        gentle=gentle.reshape(shape),
        pieces=pieces.reshape(shape),
        still=still.reshape(shape),
        stepped=stepped.reshape(shape),
        steps=steps,
        plain=differences.reshape(ahead.shape),
        forward=right_quotients.reshape(ahead.shape),
        roundoff=roundoff.reshape(ahead.shape),
    )
