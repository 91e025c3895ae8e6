"""The VJP put to the test: element by element, or along random directions and then narrowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check import findings as report
from adbench.check.accusation import or_nan
from adbench.check.digits import half_inside, withdraw_treads
from adbench.check.extent import Extent, extent
from adbench.check.layout import products
from adbench.check.narrowing import culprits
from adbench.check.probes import elementwise, random_directions, scales
from adbench.check.subject import Subject
from adbench.check.trial import Tolerance, Trial, hold
from adbench.numeric.ladder import Kind
from adbench.record.model import Finding

Array = NDArray[Any]

ELEMENTWISE = 40
"""Inputs with up to this many real coordinates are checked one by one."""
_WHOLE = 64
"""So many elements are all looked at one by one, when a random direction fails."""
_SAMPLED = 12
"""Elements looked at one by one when a random direction fails, before narrowing down."""
_WEAK = 8.0
"""Times the allowed difference up to which a direction alone convicts nobody."""
_CLEAR = 1e3
"""Times the allowed difference beyond which how many more they are says nothing."""
_NEARBY = 8


class Reverse:
    """VJP trials of one subject with given output weightings (m, p).

    `asked_for` says that the subject's point is the user's own, not one derived from it;
    `right_at` is another point (n,) at which nothing is wrong; `fault` is a diagnosis that is known
    beforehand.
    """

    def __init__(
        self,
        subject: Subject,
        weights: Array,
        tolerance: Tolerance,
        rng: np.random.Generator,
        *,
        asked_for: bool = True,
        right_at: Array | None = None,
        fault: str | None = None,
    ) -> None:
        self.asked_for = asked_for
        self.right_at = right_at
        self.fault = fault
        self.subject = subject
        self.weights = weights
        self.tolerance = tolerance
        self.rng = rng
        self.scale = scales(subject.x, subject.inputs)
        self._here: Array | None = None

    def gradients(self, x: Array, first: Array | None = None) -> Array:
        """The AD gradients at x, a row a weighting, (m, n); those at the subject's point are kept.

        `first` is the gradient (n,) under the first weighting, where it is known already.
        """
        here = x is self.subject.x
        if here and self._here is not None:
            return self._here
        known = [] if first is None else [first]
        rest = [self.subject.gradient(x, weight) for weight in self.weights[len(known) :]]
        gradients = np.stack(known + rest)
        if here:
            self._here = gradients
        return gradients

    def by_element(self, coordinates: Array) -> Trial:
        """A trial of single coordinates."""
        subject, scale = self.subject, self.scale
        return hold(
            "vjp",
            subject,
            subject.rows,
            subject.origin,
            elementwise(scale, coordinates),
            self.weights,
            lambda x: np.asarray(self.gradients(x)[:, coordinates].T * scale[coordinates, None]),
            self.tolerance,
            self.rng,
            unit=1 / scale[coordinates],
            coordinates=coordinates,
            asked_for=self.asked_for,
            groups=np.array([subject.inputs.place(int(c))[0] for c in coordinates]),
        )

    def along(self, directions: Array, briefly: float | None = None) -> Trial:
        """A trial of whole directions (D, n); `briefly` as for `hold`."""
        return hold(
            "vjp",
            self.subject,
            self.subject.rows,
            self.subject.origin,
            directions,
            self.weights,
            self._projected(directions),
            self.tolerance,
            self.rng,
            asked_for=self.asked_for,
            briefly=briefly,
        )

    def random(self, gradients: Array, count: int, briefly: float | None = None) -> Trial:
        """A trial of random directions over all coordinates and over each leaf's."""
        return self.along(
            random_directions(self.scale, self.subject.inputs, gradients, self.rng, count), briefly
        )

    def _projected(self, directions: Array) -> Callable[[Array], Array]:
        def values(x: Array) -> Array:
            with np.errstate(invalid="ignore"):
                return products(directions, self.gradients(x))

        return values

    def explain(
        self, trial: Trial, gradients: Array, missing: frozenset[str]
    ) -> tuple[list[Finding], Trial]:
        """The elements to blame for what the trial accuses, and the trial that tells them apart.

        No findings if it accuses nobody. For a direction: those of a random sample that are
        wrong; if none is, the few that group testing singles out.
        """
        if trial.comparison.accused.any() and half_inside(self.subject, None):
            withdraw_treads(trial.comparison)
        if not trial.comparison.accused.any():
            return [], trial
        if trial.coordinates is not None:
            return self._wrong_elements(trial, missing), trial
        case = trial.comparison
        excess = np.where(case.accused, case.excess, 0.0)
        d, j = _clearest(excess, trial.directions)
        found, sample = self._narrowed(trial, gradients, missing, d, j)
        if not found and excess[d, j] <= _WEAK:
            # Twice the bound and more, yet no element bears it out: the bound may have been off.
            case.open |= case.accused
            case.accused[:] = False
            return [], trial
        return found or [report.unexplained_direction(self.subject, trial)], sample

    def _narrowed(
        self, trial: Trial, gradients: Array, missing: frozenset[str], d: int, j: int
    ) -> tuple[list[Finding], Trial]:
        """Wrong elements along direction d under weighting j, and the trial of single ones.

        At a point that nobody has asked about, a direction that no element bears out may be the
        ladder's mistake; there this is part of the judgement, and may raise.
        """
        if not self.asked_for:
            return self._narrow(trial, gradients, missing, d, j)
        nobody: tuple[list[Finding], Trial] = ([], trial)
        return self.subject.explanations.attempt(
            "which elements are wrong",
            lambda: self._narrow(trial, gradients, missing, d, j),
            nobody,
        )

    def _narrow(
        self, trial: Trial, gradients: Array, missing: frozenset[str], d: int, j: int
    ) -> tuple[list[Finding], Trial]:
        if self.subject.inputs.size <= _WHOLE:
            sample = self.by_element(np.arange(self.subject.inputs.size))
            return self._wrong_elements(sample, missing), sample
        members = np.flatnonzero(trial.directions[d])
        nonfinite = members[~np.isfinite(gradients[j, members])]
        if nonfinite.size:
            candidates = nonfinite[:_SAMPLED]
        else:
            candidates = self.rng.choice(members, min(_SAMPLED, members.size), replace=False)
        sample = self.by_element(np.sort(candidates))
        found = self._wrong_elements(sample, missing)
        accused = sample.comparison.accused.any(axis=1)
        if nonfinite.size or accused.all():
            return found, sample
        guilty = np.sort(candidates)[accused]
        if not found:
            guilty = culprits(self.subject, trial, d, j, gradients[j])
        step = float(trial.comparison.numeric.best.step[d, j])
        around = self._around(guilty, j, gradients[j], step)
        if not found:
            sample = self.by_element(np.union1d(guilty, around.telling))
            found = self._wrong_elements(sample, missing)
        return [_with(f, around.words) for f in found], sample

    def _around(self, guilty: Array, j: int, gradient: Array, step: float) -> Extent:
        """What is wrong around the first of the guilty elements."""
        nothing = Extent("", np.empty(0, dtype=int))
        return self.subject.explanations.attempt(
            "how far around an element it is wrong",
            lambda: (
                extent(self.subject, self.scale, int(guilty[0]), self.weights[j], gradient, step)
                or nothing
            ),
            nothing,
        )

    def _wrong_elements(self, trial: Trial, missing: frozenset[str]) -> list[Finding]:
        return report.wrong_elements(self.subject, trial, missing, self.right_at, self.fault)

    def ties(self) -> list[Finding]:
        """At a kink: inputs that tie move together, where the function is often smooth.

        The maximum of two equal numbers rises by 1 when both do; a backward pass that gives the
        full cotangent to both says 2, although each by itself is a subgradient. An accusation
        counts only if AD at neighbouring points agrees with the differences, and with itself:
        then the point is a kink of the backward pass alone.
        """
        subject = self.subject
        spans = [slice(0, subject.inputs.size)]
        if len(subject.inputs.leaves) > 1:
            spans += [subject.inputs.span(i) for i in range(len(subject.inputs.leaves))]
        directions = np.zeros((len(spans), subject.inputs.size))
        for row, span in zip(directions, spans, strict=True):
            row[span] = self.scale[span].max(initial=0.0)
        directions = directions[np.abs(directions).max(axis=1) > 0]
        trial = self.along(directions)
        case = trial.comparison
        near = self._neighbours(directions)
        best = case.numeric.best
        with np.errstate(invalid="ignore"):
            close = np.abs(near - best.value) <= 1e-3 * np.abs(best.value) + 2 * best.bound
            far = np.abs(case.ad - best.value) > 0.05 * np.abs(best.value) + 4 * best.bound
        # Not the trial's own accusation: at a kink the AD values wobble by a whole slope, which
        # would excuse anything. That the neighbours agree stands in its place.
        smooth = (best.kind == Kind.CENTRAL) & np.isfinite(best.bound)
        guilty = smooth & close.all(axis=0) & far
        if not guilty.any():
            return []
        d, j = (int(i) for i in np.argwhere(guilty)[0])
        return [
            Finding(
                kind="ties",
                level="fail",
                derivative="vjp",
                ad=float(case.ad[d, j]),
                numeric=float(best.value[d, j]),
                bound=float(best.bound[d, j]),
                message="at a tie the gradient is wrong along the direction in which the tied "
                "inputs move together, where the function is smooth",
                diagnosis=f"ties counted {case.ad[d, j] / best.value[d, j]:.3g} times: the "
                "cotangent must be given to one of them, or shared"
                if best.value[d, j]
                else None,
            )
        ]

    def _neighbours(self, directions: Array) -> Array:
        """AD derivatives along the directions at points close by, (k, D, m)."""
        values = self._projected(directions)
        nudges = 1e-6 * self.scale * self.rng.standard_normal((_NEARBY, self.scale.size))
        shape = (len(directions), len(self.weights))
        return np.stack([or_nan(values, self.subject.x + nudge, shape) for nudge in nudges])


def _clearest(excess: Array, directions: Array) -> tuple[int, int]:
    """Which direction and weighting, of excess (D, m), to explain: of those that are beyond doubt,
    whose order is rounding's, the direction that moves the fewest elements."""
    excess = np.minimum(excess, _CLEAR)
    moved = np.count_nonzero(directions, axis=1)
    d = int(np.lexsort((moved, -excess.max(axis=1)))[0])
    return d, int(excess[d].argmax())


def _with(finding: Finding, words: str) -> Finding:
    """The finding with more to say about where it is wrong."""
    said = "; ".join(filter(None, (finding.diagnosis, words)))
    return finding.model_copy(update={"diagnosis": said or None})
