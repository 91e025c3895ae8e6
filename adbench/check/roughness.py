"""Functions whose values are coarser than their dtype: float32 inside, solvers with a tolerance.

Seen from close by, such a function is a branch of an algorithm or a tread of a staircase, and so
are its differences, however exact they look. What a right gradient gives is the slope of the
function that is meant. So before a value counts as wrong the function is searched for jumps along
the direction in question; where there are any, AD is held to the slope over many of them, or is
allowed what the few that there are may hide. Functions that do not jump are judged as before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.accusation import scatter
from adbench.check.comparison import CANCELLATION, WIDE, Comparison
from adbench.check.grain import DOUBLE, grain
from adbench.check.guard import OutOfTime, time_limit
from adbench.check.subject import Subject
from adbench.numeric.discontinuity import Jump, jump
from adbench.numeric.ladder import Kind
from adbench.numeric.sampling import Lines, Rows
from adbench.numeric.structure import CoarseView, coarse_views

Array = NDArray[Any]

_MOST = 12
"""Directions that are looked at again, the worst first."""
_SLIGHT = 0.05
"""Relative difference up to which jumps are looked for where the ladder saw none."""
_BESIDE = 1e-3
"""The same, relative to the largest derivative."""
_ROUGH = 30.0
"""Noise in units of rounding that the ladder did see."""
_LOW = 1e-2
"""Height of a jump, relative to what the function varies by, up to which it is an algorithm's."""
_NEAR = 2.0**-3
_FARTHER = (0.3, 0.9)
"""In turn: what is smooth bends less on the shorter line, and hides a solver's jumps less there."""
_SECONDS = 3.0
"""Time that a search far from the point may take."""
_FEW = 12
"""Jumps on the near line up to which each is an event of its own."""
_HIDDEN = 16.0
"""How many times its height, over the way to the next, a jump may hide of a slope. A sequence that
converges like qⁿ has an error of 1 / (1 − q) last corrections, and its derivative n times that."""
_TREADS = 8.0
"""Height of a lower precision's treads, in its roundings of the values."""
_RESIDUAL = 64.0
"""Height of a fit's residual, in jumps, up to which it is theirs."""
_MARGIN = 4.0
_SPANS = np.exp2(np.arange(-25.0, -3.0))
_REACHES = (3e-7, 3e-5, 1e-3)
"""How far AD's inputs are moved, in units of their scale, to see what AD rounds."""


def allow_for_roughness(
    case: Comparison,
    subject: Subject,
    function: Rows,
    origin: Array,
    directions: Array,
    weights: Array,
    scale: Array,
    values: Callable[[Array], Array],
    rng: np.random.Generator,
) -> None:
    """Withdraw accusations in place that jumps of the function explain; settle what is open.

    `scale` (n,) are the inputs' magnitudes, `values` maps a point to the AD values (D, m).
    """
    values_of_its_own = function == subject.rows
    if subject.epsilon > DOUBLE or (values_of_its_own and subject.smooth):
        return
    coarse = grain(subject) > subject.epsilon
    asked = (case.accused & (coarse | _may_be_rough(case))) | case.open
    asked &= np.isfinite(case.ad)
    if 2 * asked.sum() < case.accused.sum():
        return  # most of it is wrong without doubt, and what is open will not change that
    excess = np.where(asked, np.minimum(case.excess, 1e300), -1.0)
    worst = np.argsort(-excess.max(axis=1), kind="stable")[:_MOST]
    noise: Array | None = None
    everywhere = scale * rng.choice([-1.0, 1.0], scale.shape)
    rows = {int(j): [int(d) for d in worst if asked[d, j]] for j in range(len(weights))}
    looks = {
        j: _Look(subject, function, origin, weights[j], everywhere) for j, ds in rows.items() if ds
    }
    found = {j: look.nearest(directions[rows[j][0]]) for j, look in looks.items()}
    # What jumps for one weighting does for all, if less visibly.
    shared = next((event for event in found.values() if event is not None), None)
    for j, look in looks.items():
        event = found[j] or (shared and shared.under(weights[j]))
        if event is None and not coarse:
            continue
        # Saturated: AD rounds all the same.
        seen = Jump(0.0, 1.0, 0.0, 0.0, 0.0) if event is None else event.jump
        if seen.height > _LOW * seen.range and not coarse:
            continue  # a jump of the function itself
        near = event is not None and event.near
        size = np.abs(np.where(np.isfinite(origin), weights[j] * origin, 0.0)).sum()
        treads = coarse and seen.height <= _TREADS * grain(subject) * (size + seen.range)
        if noise is None:
            noise = _rounded_by_ad(subject, origin, directions, weights, scale, values, rng)
        for d in rows[j]:
            views = look.views(directions[d], seen) if near else []
            _judge(case, d, j, seen, near, views, float(noise[d, j]), treads)
    if values_of_its_own and asked.any() and shared is None and not coarse:
        subject.smooth = True


def _may_be_rough(case: Comparison) -> Array:
    """Which accusations (D, m) are slight, or of a function that is not smooth to the ladder."""
    best = case.numeric.best
    with np.errstate(invalid="ignore"):
        size = np.abs(best.value)
        little = _SLIGHT * size + _BESIDE * np.nan_to_num(size).max(axis=0)
        slight = np.abs(case.ad - best.value) <= little
        rough = best.noise > _ROUGH * np.maximum(best.rounding, 1e-300)
    odd = best.still | best.stepped | case.numeric.quantised | (best.kind != Kind.CENTRAL)
    return np.asarray(slight | rough | odd)


@dataclass(frozen=True, slots=True)
class _Event:
    """A jump that was found, close by or not, and how far each output jumps there, (p,)."""

    jump: Jump
    rises: Array
    near: bool

    def under(self, weight: Array) -> _Event:
        """The same of outputs weighted otherwise; each counts by itself: several may cancel, and
        what they hide need not."""
        return replace(self, jump=replace(self.jump, height=float(np.abs(weight) @ self.rises)))


@dataclass(frozen=True, slots=True)
class _Look:
    """The function along lines, under one weighting (p,)."""

    subject: Subject
    function: Rows
    origin: Array
    weight: Array
    everywhere: Array
    """A direction that moves every element by its magnitude, (n,)."""

    def nearest(self, direction: Array) -> _Event | None:
        """The first jump that is found close by along the line, or where all elements move by their
        own size, or from a quarter of the input to four times it."""
        near = self._jump(direction, -_NEAR, _NEAR)
        if near is not None:
            return replace(near, near=True)
        try:
            # As far away as this, a solver may never end.
            with time_limit(_SECONDS):
                for reach in _FARTHER:
                    far = self._jump(self.everywhere, -reach, reach)
                    if far is not None:
                        return far
                return self._jump(self.subject.x, -0.75, 3.0)
        except OutOfTime:
            return None

    def _jump(self, direction: Array, low: float, high: float) -> _Event | None:
        lines = Lines(self.function, self.subject.x, direction[None], self.origin)
        ends = lines.rise(np.array([low, high]))[0]
        # What does not move adds no rounding to what does.
        moves = np.isfinite(self.origin) & np.isfinite(ends).all(axis=0) & (ends != 0).any(axis=0)
        if not moves.any():
            return None
        size = np.abs(self.weight * np.maximum(np.abs(self.origin), np.abs(ends).max(axis=0)))
        found = jump(
            lambda places: lines.rise(places)[0][:, moves] @ self.weight[moves],
            low,
            high,
            self.subject.epsilon * float(size[moves].sum()),
        )
        if found is None:
            return None
        before, after = lines.rise(np.array([found.before, found.after]))[0]
        rises = np.where(moves, np.abs(after - before), 0.0)
        return _Event(found, rises, near=False).under(self.weight)

    def views(self, direction: Array, seen: Jump) -> list[CoarseView]:
        """Slopes over many jumps, as far as nothing but jumps is in the way of a smooth fit."""
        weights = self.weight[None]
        views = coarse_views(self.function, self.subject.x, self.origin, direction, weights)
        if grain(self.subject) > self.subject.epsilon:
            return views
        return [view for view in views if view.residual[0] <= _RESIDUAL * seen.height]


def _judge(
    case: Comparison,
    d: int,
    j: int,
    seen: Jump,
    near: bool,
    views: list[CoarseView],
    noise: float,
    treads: bool,
) -> None:
    """`treads` says that the jumps are a lower precision's, whose slope of zero nobody means."""
    best = case.numeric.best
    ad, fine = float(case.ad[d, j]), float(best.value[d, j])
    own = float(case.tolerance[d, j]) + _MARGIN * noise
    candidates = [(float(view.slope[0]), float(view.reach[0])) for view in views]
    spacing = min(1.0, seen.spacing)
    if not near or seen.spacing * _FEW >= 2 * _NEAR:
        hidden = _HIDDEN * seen.height / spacing
        candidates.append((fine, float(best.bound[d, j]) + hidden))
    known = [(value, bound) for value, bound in candidates if np.isfinite(value + bound)]
    if not known:
        return
    value, bound = min(known, key=lambda pair: pair[1])
    agreeing = [(v, b) for v, b in known if abs(ad - v) <= own + 2 * b]
    if agreeing:
        value, bound = min(agreeing, key=lambda pair: pair[1])
    elif not case.accused[d, j] and not (
        case.numeric.quantised[d, j] and (ad or treads) and bound <= WIDE * abs(value)
    ):
        return  # a slope of its own on the way from one jump to the next, or nothing to hold it to
    resolution = (own + 2 * bound) / abs(value) if value else np.inf
    case.accused[d, j] = not agreeing
    case.open[d, j] = bool(agreeing) and not resolution <= WIDE
    case.resolution[d, j] = resolution if resolution <= WIDE else np.nan
    best.value[d, j], best.bound[d, j], best.kind[d, j] = value, bound, Kind.CENTRAL
    best.still[d, j] = False
    case.slack[d, j] = max(case.slack[d, j], noise)


def _rounded_by_ad(
    subject: Subject,
    origin: Array,
    directions: Array,
    weights: Array,
    scale: Array,
    values: Callable[[Array], Array],
    rng: np.random.Generator,
) -> Array:
    """What AD's own lower precision may do to its values, (D, m).

    Its scatter when the inputs move, and the rounding of terms that cancel.
    """
    shape = len(directions), len(weights)
    noise = np.zeros(shape)
    for reach in _REACHES:
        noise = np.maximum(noise, scatter(values, subject.x, reach * scale, rng, shape))
    terms = np.abs(np.where(np.isfinite(origin), origin, 0.0))
    if grain(subject) > subject.epsilon and terms.size == subject.outputs.size:
        quanta = _quanta(subject, scale)
        # What does not move has absorbed what moves.
        hidden = np.where(quanta > 0, quanta / (2 * grain(subject)), terms.max(initial=0.0))
        terms = np.maximum(terms, hidden)
    size = np.linalg.norm(weights * terms, axis=1)
    reach = np.abs(directions).max(axis=1)[:, None]
    return np.asarray(noise + CANCELLATION / _MARGIN * grain(subject) * size * reach)


def _quanta(subject: Subject, scale: Array) -> Array:
    """The smallest change that is seen of each output (p,), zero where none is.

    What is left of large terms, as the logarithm of a probability near one, moves by their last
    bits, however small it is.
    """
    signs = np.random.default_rng(0).choice([-1.0, 1.0], scale.shape)
    steps = np.concatenate([_SPANS, -_SPANS])
    outputs = np.sort(subject.rows(subject.x + steps[:, None] * signs * scale), axis=0)
    with np.errstate(invalid="ignore"):
        changes = np.diff(outputs, axis=0)
        least = np.where(changes > 0, changes, np.inf).min(axis=0)
    return np.where(np.isfinite(least), least, 0.0)
