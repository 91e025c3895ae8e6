"""Points derived from the given one: trials there, and what is wrong there beyond doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.conclusion import unresolved, vacuous
from adbench.check.guard import OutOfTime, time_limit
from adbench.check.jumps import jumps
from adbench.check.points import other_points
from adbench.check.reverse import Reverse
from adbench.check.survey import DIRECTIONS, SEEN, exploded, survey
from adbench.check.trial import Trial
from adbench.numeric.ladder import Kind
from adbench.record.model import Finding

Array = NDArray[Any]

_SURE = 30.0
"""How many times AD's own rounding a difference must be there."""
_GROSS = 1e-4
"""Relative difference from which a gradient is wrong at a point that nobody has asked about."""
_ASIDE = Finding(
    kind="another-point",
    level="note",
    message="adbench made that point from the given one; a function that is not meant for such "
    "inputs should raise there, or return NaN",
)


@dataclass(slots=True)
class Nearby:
    """Looks at other points for the VJP that `trials` examines at the given one.

    `missing` are the leaves for which the backend reports no path.
    """

    trials: Reverse
    missing: frozenset[str]
    findings: list[Finding] = field(default_factory=list)
    """What was wrong at one of the points, once `agreeing` has run."""
    failed_at: Array | None = None
    """That point (n,)."""

    def agreeing(self, seconds: float, *, thorough: bool) -> Iterator[Trial]:
        """Trials at other points that agree and are evidence; a disagreement ends them.

        `seconds` is the time that each point may take.
        """
        subject, weights = self.trials.subject, self.trials.weights
        derived = list(other_points(subject.x, subject.inputs, self.trials.rng, thorough=thorough))
        settled = self._at_once([x for _, x in derived], seconds)
        for k, (words, x) in enumerate(derived):
            if k in settled and not vacuous(settled[k]):
                yield settled[k]
                continue
            try:
                with time_limit(seconds):
                    trial, found = self.look(x, weights)
            except (Exception, OutOfTime):
                continue  # outside its domain a function may raise, or loop, as it likes
            if found:
                self.failed_at = x
                self.findings = [
                    f.model_copy(update={"message": f"{f.message} at another point ({words})"})
                    for f in found
                ]
                self.findings.append(_ASIDE)
                return
            if trial is not None and not vacuous(trial) and not unresolved(trial):
                yield trial

    def _at_once(self, points: Sequence[Array], seconds: float) -> dict[int, Trial]:
        """The trials at those points that raise no question, by their place."""
        try:
            with time_limit(seconds * len(points)):
                return survey(self.trials, points)
        except (Exception, OutOfTime):
            return {}  # somewhere it raises, or loops: each point by itself

    def look(self, x: Array, weights: Array) -> tuple[Trial | None, list[Finding]]:
        """A trial at x (n,) under weightings (m, p), and what is wrong there beyond doubt.

        Nobody has asked about this point: a value or a gradient that is not finite is the edge
        of the function's domain, at a kink only ties can be wrong, and elsewhere only what is
        grossly so.
        """
        subject = self.trials.subject.at(x)
        if (
            subject is None
            or not np.isfinite(subject.origin).any()
            or exploded(self.trials.subject, subject)
        ):
            return None, []
        weights = np.where(np.isfinite(subject.origin), weights, 0.0)
        trials = Reverse(
            subject,
            weights,
            self.trials.tolerance,
            self.trials.rng,
            asked_for=False,
            right_at=self.trials.subject.x,
        )
        gradients = trials.gradients(x)
        if not np.isfinite(gradients).all():
            return None, []
        trial = trials.random(gradients, DIRECTIONS, briefly=SEEN)
        case, best = trial.comparison, trial.comparison.numeric.best
        kinks = best.kind == Kind.KINK
        with np.errstate(invalid="ignore"):
            apart = np.abs(case.ad - best.value)
            gross = apart > np.maximum(_GROSS * np.abs(best.value), _SURE * case.slack)
        # At the edge of a domain, which nobody has asked about either, powers of the step converge
        # too slowly for the bound to be trusted.
        case.accused &= (best.kind == Kind.CENTRAL) & gross
        found, _ = trials.explain(trial, gradients, self.missing)
        if found and not any(f.input for f in found):
            # A direction that fails while no element does may cross a jump, as of floor(x) at 5.
            jumping = jumps(subject, trials.scale, trials.rng)
            if weights[:, jumping].any():
                weights = np.where(jumping, 0.0, weights)
                return self.look(x, weights) if weights.any() else (None, [])
            # Or it leaves a kink at which the backward pass counts a tie twice.
            found = trials.ties() or found
        if kinks.any() and not found:
            found = trials.ties()
        return trial, found
