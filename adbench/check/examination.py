"""The whole check of one bound function: what is examined, in which order, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Backend, BoundFunction, UnsupportedError
from adbench.check import findings as report
from adbench.check import operator
from adbench.check.layout import wide
from adbench.check.narrowing import culprits
from adbench.check.precision import compare_precisions
from adbench.check.probes import elementwise, random_directions, scales, weightings
from adbench.check.subject import Subject
from adbench.check.trial import Tolerance, Trial, hold
from adbench.record.model import (
    CheckOptions,
    CheckResult,
    DerivativeResult,
    Finding,
    SourceLocation,
    Verdict,
)

Array = NDArray[Any]

ELEMENTWISE = 40
"""Inputs with up to this many real coordinates are checked one by one."""
_SAMPLED = 12
"""Elements looked at one by one when a random direction fails, before narrowing down."""


def examine(
    backend: Backend,
    bound: BoundFunction,
    options: CheckOptions,
    *,
    name: str = "",
    where: SourceLocation | None = None,
) -> CheckResult:
    """Check the asked derivatives of a bound function at the point it is bound to.

    The user's function may raise at the point itself: that exception passes through.
    """
    started = time.perf_counter()
    return _Examination(backend, bound, options).run(name, where, started)


class _Examination:
    def __init__(self, backend: Backend, bound: BoundFunction, options: CheckOptions) -> None:
        self.backend = backend
        self.bound = bound
        self.options = options
        self.rng = np.random.default_rng([options.seed, 0xADBE])
        declared = tuple(leaf.dtype for leaf in bound.inputs)
        self.own = Subject(backend, bound, declared)
        self.subject = self._at_full_precision(declared)
        eps = 2 * self.subject.epsilon
        self.tolerance = Tolerance(
            np.sqrt(eps) / 32 if options.rtol is None else options.rtol, options.atol or 0.0
        )
        self.findings: list[Finding] = []
        self.results: list[DerivativeResult] = []

    def _at_full_precision(self, declared: tuple[np.dtype[Any], ...]) -> Subject:
        """The same code at float64 where that works: a formula is checked where it is sharp."""
        full = tuple(wide(dtype) for dtype in declared)
        if full == declared:
            return self.own
        try:
            subject = Subject(self.backend, self.bound, full)
        except Exception:  # the function insists on its dtype, in whatever words
            return self.own
        return subject if subject.epsilon < self.own.epsilon else self.own

    def run(self, name: str, where: SourceLocation | None, started: float) -> CheckResult:
        finite = np.isfinite(self.subject.origin)
        if not finite.all():
            self._name_nonfinite(finite)
        if finite.any():
            weights = weightings(
                self.subject.origin, self.subject.outputs, self.own.output_dtypes, self.rng
            )
            self._vjp(weights)
            for derivative in self.options.derivatives:
                if derivative == "jvp":
                    self._guarded("jvp", self._jvp)
                elif derivative == "hvp":
                    self._guarded("hvp", lambda: self._hvp(weights))
        verdict, reason = self._verdict(bool(finite.any()))
        worths = [r.resolution for r in self.results if r.resolution is not None]
        used = {id(s): s for s in (self.own, self.subject)}.values()
        return CheckResult(
            verdict=verdict,
            reason=reason,
            function=name,
            backend=self.backend.name,
            mode=self.backend.mode,
            dtype=", ".join(sorted({str(leaf.dtype) for leaf in self.bound.inputs})),
            seed=self.options.seed,
            derivatives=tuple(self.results),
            findings=tuple(self.findings),
            resolution=max(worths) if worths else None,
            rtol=float(self.tolerance.rtol),
            atol=float(self.tolerance.atol),
            evaluations=sum(s.evaluations for s in used),
            batched_calls=sum(s.batched_calls for s in used),
            seconds=time.perf_counter() - started,
            where=where,
            value=tuple(float(v) for v in self.subject.origin[:4]),
        )

    def _name_nonfinite(self, finite: Array) -> None:
        place = int(np.flatnonzero(~finite)[0])
        value = self.subject.origin[place]
        self.findings.append(
            Finding(
                kind="nonfinite-value",
                level="inconclusive" if finite.any() else "error",
                output=self.subject.outputs.label(place),
                message=f"the function's own value is {value} in {int((~finite).sum())} of "
                f"{finite.size} outputs; these have no derivative and were left out",
            )
        )

    def _guarded(self, derivative: str, trial: Callable[[], None]) -> None:
        """A derivative that the backend does not offer is said to be skipped, not passed."""
        try:
            trial()
        except UnsupportedError as error:
            self.results.append(
                DerivativeResult(derivative=derivative, verdict=Verdict.SKIPPED, reason=str(error))
            )

    # The VJP, which is always examined: the others stand on it.

    def _vjp(self, weights: Array) -> None:
        subject = self.subject
        pullbacks = [subject.pullback(subject.x, weight) for weight in weights]
        found = operator.structure(self.own, self.own.pullback(self.own.x, weights[0]))
        self.findings += found
        if any(f.kind == "wrong-shape" for f in found):
            self.results.append(
                DerivativeResult(
                    derivative="vjp", verdict=Verdict.FAIL, reason="a gradient of another shape"
                )
            )
            return
        gradients = np.stack([subject.covector(p.gradients) for p in pullbacks])
        unsteady = operator.repeatable(subject, subject.x, weights[0], pullbacks[0])
        self.findings += unsteady
        if unsteady:
            self.results.append(
                DerivativeResult(
                    derivative="vjp", verdict=Verdict.FAIL, reason="two calls, two answers"
                )
            )
            return
        for weight, gradient in zip(weights, gradients, strict=True):
            nonlinear = operator.homogeneous(subject, subject.x, weight, gradient)
            self.findings += nonlinear[: 0 if len(self.findings) > 8 else None]
            if nonlinear:
                break
        missing = frozenset(
            leaf.name
            for leaf, g in zip(subject.inputs.leaves, pullbacks[0].gradients, strict=True)
            if g is None
        )
        trial = self._vjp_trial(weights, gradients, missing)
        lower = compare_precisions(self.own, subject, weights, gradients, self.options, self.rng)
        self.findings += lower
        failed = trial.comparison.accused.any() or any(f.level == "fail" for f in self.findings)
        self._conclude(trial, bool(failed))

    def _vjp_trial(self, weights: Array, gradients: Array, missing: frozenset[str]) -> Trial:
        subject = self.subject
        scale = scales(subject.x, subject.inputs)
        if subject.inputs.size <= ELEMENTWISE:
            trial = self._elementwise(np.arange(subject.inputs.size), scale, weights)
            self.findings += report.wrong_elements(subject, trial, missing)
            return trial
        directions = random_directions(
            scale, subject.inputs, gradients, self.rng, 4 if subject.inputs.size <= 2000 else 2
        )
        trial = hold(
            "vjp",
            subject,
            subject.rows,
            subject.origin,
            directions,
            weights,
            self._along(directions, weights),
            self.tolerance,
            self.rng,
        )
        if trial.comparison.accused.any():
            self.findings += self._narrow(trial, scale, gradients, missing)
        return trial

    def _along(self, directions: Array, weights: Array) -> Callable[[Array], Array]:
        def values(x: Array) -> Array:
            gradients = np.stack([self.subject.gradient(x, weight) for weight in weights])
            with np.errstate(invalid="ignore"):
                return np.asarray(directions @ gradients.T)

        return values

    def _elementwise(self, coordinates: Array, scale: Array, weights: Array) -> Trial:
        subject = self.subject
        directions = elementwise(scale, coordinates)

        def values(x: Array) -> Array:
            gradients = np.stack([subject.gradient(x, weight) for weight in weights])
            return np.asarray(gradients[:, coordinates].T * scale[coordinates, None])

        return hold(
            "vjp",
            subject,
            subject.rows,
            subject.origin,
            directions,
            weights,
            values,
            self.tolerance,
            self.rng,
            unit=1 / scale[coordinates],
            coordinates=coordinates,
            groups=np.array([subject.inputs.place(int(c))[0] for c in coordinates]),
        )

    def _narrow(
        self, trial: Trial, scale: Array, gradients: Array, missing: frozenset[str]
    ) -> list[Finding]:
        """The elements to blame for a failing direction: by a sample, then by group testing."""
        subject, case = self.subject, trial.comparison
        d, j = np.unravel_index(
            np.argmax(np.where(case.accused, case.excess, 0.0)), case.accused.shape
        )
        members = np.flatnonzero(trial.directions[d])
        nonfinite = members[~np.isfinite(gradients[j, members])]
        if nonfinite.size:
            candidates = nonfinite[:_SAMPLED]
        else:
            candidates = self.rng.choice(members, min(_SAMPLED, members.size), replace=False)
        sample = self._elementwise(np.sort(candidates), scale, trial.weights)
        found = report.wrong_elements(subject, sample, missing)
        if not found:
            guilty = culprits(subject, trial, int(d), int(j), gradients[j])
            sample = self._elementwise(np.union1d(candidates, guilty), scale, trial.weights)
            found = report.wrong_elements(subject, sample, missing)
        return found or [report.unexplained_direction(subject, trial)]

    def _jvp(self) -> None:
        subject = self.subject
        scale = scales(subject.x, subject.inputs)
        directions = self._tangents(scale)
        weights = self._rows_of_identity(subject.outputs.size)

        def values(x: Array) -> Array:
            return np.stack([weights @ subject.pushforward(x, v) for v in directions])

        trial = hold(
            "jvp",
            subject,
            subject.rows,
            subject.origin,
            directions,
            weights,
            values,
            self.tolerance,
            self.rng,
        )
        self.findings += report.wrong_directions(subject, trial)
        self._conclude(trial, bool(trial.comparison.accused.any()))

    def _hvp(self, all_weights: Array) -> None:
        subject, weight = self.subject, all_weights[-1]
        scale = scales(subject.x, subject.inputs)
        directions = self._tangents(scale)
        weights = self._rows_of_identity(subject.inputs.size)

        def gradient_rows(points: Array) -> Array:
            return np.stack([self._gradient_or_nan(point, weight) for point in points])

        def values(x: Array) -> Array:
            return np.stack([weights @ subject.second(x, weight, v) for v in directions])

        origin = subject.gradient(subject.x, weight)
        if not np.isfinite(origin).all():
            self.results.append(
                DerivativeResult(
                    derivative="hvp",
                    verdict=Verdict.INCONCLUSIVE,
                    reason="the gradient itself is not finite here",
                )
            )
            return
        trial = hold(
            "hvp",
            subject,
            gradient_rows,
            origin,
            directions,
            weights,
            values,
            self.tolerance,
            self.rng,
        )
        self.findings += report.wrong_directions(subject, trial)
        self._conclude(trial, bool(trial.comparison.accused.any()))

    def _gradient_or_nan(self, point: Array, weight: Array) -> Array:
        try:
            return self.subject.gradient(point, weight)
        except Exception:  # outside its domain a function may raise whatever it likes
            return np.full(self.subject.inputs.size, np.nan)

    def _tangents(self, scale: Array) -> Array:
        shape = (2, scale.size)
        signs = self.rng.choice([-1.0, 1.0], shape)
        return np.asarray(scale * np.exp2(self.rng.integers(-1, 2, shape)) * signs)

    def _rows_of_identity(self, size: int) -> Array:
        """Every coordinate by itself when there are few, random mixtures of them otherwise."""
        if size <= ELEMENTWISE:
            return np.eye(size)
        return self.rng.choice([-1.0, 1.0], (4, size))

    def _conclude(self, trial: Trial, failed: bool) -> None:
        case = trial.comparison
        best = case.numeric.best
        known = case.resolution[np.isfinite(case.resolution)]
        kinks, unknown = int(case.subgradient.sum()), int(case.open.sum())
        idle = bool((best.still | (np.abs(best.value) <= best.bound)).all()) and not kinks
        compared = int(np.isfinite(case.resolution).sum())
        if failed:
            verdict, reason = Verdict.FAIL, "differs beyond tolerance and both error bounds"
        elif idle and not known.size:
            verdict = Verdict.INCONCLUSIVE
            reason = (
                "every derivative is zero here: the check could not have failed; "
                "try another point or seed"
            )
        elif unknown:
            verdict, reason = Verdict.INCONCLUSIVE, self._why_open(trial)
        elif kinks:
            verdict = Verdict.KINK
            reason = f"a kink in {kinks} of {best.kind.size} probes; AD gives a subgradient there"
        else:
            verdict, reason = Verdict.PASS, "agrees within tolerance"
        what = "elements" if trial.coordinates is not None else "random directions"
        self.results.append(
            DerivativeResult(
                derivative=trial.derivative,
                verdict=verdict,
                reason=reason,
                resolution=float(known.max()) if known.size else None,
                compared=compared,
                method=f"Richardson differences along {len(trial.directions)} {what}, "
                f"{len(trial.weights)} output weightings",
                v_curve=report.v_curve(self.subject, trial) if trial.derivative == "vjp" else None,
            )
        )

    def _why_open(self, trial: Trial) -> str:
        case = trial.comparison
        best = case.numeric.best
        count = f"{int(case.open.sum())} of {case.open.size} probes"
        if (case.numeric.quantised & case.open).any():
            return (
                f"in {count} the function is a staircase: constant at the finest steps, rising "
                "at coarser ones; its values cannot tell which slope is meant"
            )
        if not np.isfinite(best.bound[case.open]).all():
            return (
                f"in {count} no differences converge: the function is rough, singular or "
                "undefined next to this point"
            )
        return (
            f"in {count} the numeric derivative is too uncertain to compare with (the "
            "function's noise swamps its change); a larger input, or less noise, would settle it"
        )

    def _verdict(self, any_finite: bool) -> tuple[Verdict, str]:
        if not any_finite:
            return Verdict.ERROR, "the function's value is not finite: there is nothing to check"
        worst = max(self._verdicts(), key=_SEVERITY.index)
        failing = [f for f in self.findings if f.level == "fail"]
        if worst is Verdict.FAIL:
            return worst, _first_words(failing)
        reasons = [r for r in self.results if r.verdict is worst]
        return worst, "; ".join(dict.fromkeys(f"{r.derivative}: {r.reason}" for r in reasons))

    def _verdicts(self) -> Iterator[Verdict]:
        for result in self.results:
            # Asked for and not to be had is not a pass.
            skipped = result.verdict is Verdict.SKIPPED
            yield Verdict.INCONCLUSIVE if skipped else result.verdict
        for finding in self.findings:
            if finding.level == "fail":
                yield Verdict.FAIL
            elif finding.level == "inconclusive":
                yield Verdict.INCONCLUSIVE


_SEVERITY = [
    Verdict.PASS,
    Verdict.KINK,
    Verdict.INCONCLUSIVE,
    Verdict.ERROR,
    Verdict.FAIL,
]


def _first_words(failing: list[Finding]) -> str:
    first = failing[0]
    looks = f": {first.diagnosis}" if first.diagnosis else ""
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    return f"{first.message}{looks}{more}"
