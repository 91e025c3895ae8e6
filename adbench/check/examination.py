"""The whole check of one bound function: what is examined, in which order, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Backend, BoundFunction, UnsupportedError
from adbench.check import digits, linearity, operator, power
from adbench.check import findings as report
from adbench.check.batched import Compared, batched
from adbench.check.conclusion import (
    conclude,
    unresolved,
    with_chance,
    with_other_points,
    with_search,
)
from adbench.check.culprit import located
from adbench.check.digest import Digests, digests
from adbench.check.elsewhere import Elsewhere
from adbench.check.forward import hvp_trial, jvp_trial
from adbench.check.found import FoundInputs
from adbench.check.identity import identity
from adbench.check.layout import wide
from adbench.check.nearby import Nearby
from adbench.check.precision import compare_precisions
from adbench.check.probes import weightings
from adbench.check.reverse import ELEMENTWISE, Reverse
from adbench.check.script import Script, script
from adbench.check.subject import Subject
from adbench.check.taylor import taylor_slope
from adbench.check.trial import Tolerance, Trial
from adbench.check.worst import worst_elements
from adbench.record.model import (
    CheckOptions,
    CheckResult,
    DerivativeResult,
    ElementComparison,
    Finding,
    SourceLocation,
    VCurve,
    Verdict,
)

Array = NDArray[Any]

_MEDIUM = 2000
_BRIEF = 16.0
"""Resolution, in units of the tolerance, at which a large input needs no further steps."""
_THOROUGH_DIRECTIONS = 16
_THOROUGH_ELEMENTWISE = 400
_THOROUGH_WEIGHTINGS = 3
"""Times as many weightings of the outputs."""
_LEAST_SECONDS = 0.5
"""Time that another point may take at least; the given point's time counts five times more."""
_LOCATION_SECONDS = 20.0
"""Time that finding out where a failure comes from may take at least; else three times the time
that finding it took."""
_SEVERITY = [Verdict.PASS, Verdict.KINK, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAIL]


def examine(
    backend: Backend,
    bound: BoundFunction,
    options: CheckOptions,
    *,
    name: str = "",
    where: SourceLocation | None = None,
    found: FoundInputs | None = None,
    keep: bool = True,
) -> CheckResult:
    """Check the asked derivatives of a bound function at the point it is bound to.

    `found` are inputs of earlier searches, which are looked at again, and where a search keeps
    what it finds; without it nothing is read or kept. `keep` says whether the result is for a run
    record: then it has digests of the value and the gradient, at four more VJPs. The user's
    function, and its backward pass, may raise at the point itself: that exception passes through.
    """
    # Overflow and division by zero next to the point are the function's edges, which the verdict
    # speaks of; a warning for each of hundreds of evaluations says nothing more.
    with np.errstate(all="ignore"):
        return _Examination(backend, bound, options, found, keep).run(name, where)


class _Examination:
    def __init__(
        self,
        backend: Backend,
        bound: BoundFunction,
        options: CheckOptions,
        found: FoundInputs | None = None,
        keep: bool = True,
    ) -> None:
        self.keep = keep
        self.backend = backend
        self.bound = bound
        self.options = options
        self.found = found
        self.started = time.perf_counter()
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
        self.power: dict[str, bool] | None = None
        self.located = False
        self.script = Script()

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

    def run(self, name: str, where: SourceLocation | None) -> CheckResult:
        finite = np.isfinite(self.subject.origin)
        if not finite.all():
            self._name_nonfinite(finite)
        if finite.any():
            weights = weightings(
                self.subject.origin,
                self.subject.outputs,
                self.own.output_dtypes,
                self.rng,
                _THOROUGH_WEIGHTINGS if self.options.thorough else 1,
            )
            self._vjp(weights)
            for derivative in self.options.derivatives:
                if derivative == "jvp":
                    self._guarded("jvp", self._jvp)
                elif derivative == "hvp":
                    self._guarded("hvp", lambda: self._hvp(weights[-1]))
            if self._failing() and not self.located:
                self._locate(self.subject, weights)
        verdict, reason = self._verdict(bool(finite.any()))
        attempt = self.subject.explanations.attempt
        worths = [r.resolution for r in self.results if r.resolution is not None]
        counts = {id(s.count): s.count for s in (self.own, self.subject)}.values()
        kept = Digests()
        if self.keep:
            kept = attempt(
                "what a baseline keeps", lambda: digests(self.own, self.options), Digests()
            )
        for subject in {id(s): s for s in (self.own, self.subject)}.values():
            self.findings += subject.explanations.notes
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
            power=self.power,
            evaluations=sum(count.evaluations for count in counts),
            batched_calls=sum(count.batched_calls for count in counts),
            seconds=time.perf_counter() - self.started,
            where=where,
            script=self.script.text,
            script_data=self.script.encoded(),
            value=tuple(float(v) for v in self.subject.origin[:4]),
            outputs=kept.outputs,
            gradient=kept.gradient,
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

    # The VJP is always examined: the others stand on it.

    def _vjp(self, weights: Array) -> None:
        subject = self.subject
        pullback = subject.pullback(subject.x, weights[0])
        self.findings += operator.structure(
            self.own,
            pullback if self.own is subject else self.own.pullback(self.own.x, weights[0]),
        )
        if any(f.kind == "wrong-shape" for f in self.findings):
            self._broken("a gradient of another shape")
            return
        exactly = linearity.scales_exactly(subject, subject.x, weights[0], pullback)
        self.findings += operator.repeatable(
            subject, subject.x, weights[0], pullback, exactly=exactly
        )
        if self._failing():
            self.findings[:0] = self._identity(unsteady=True)
        if any(f.kind.startswith("nondeterministic") for f in self._failing()):
            self._broken("two calls, two answers")
            return
        trials = Reverse(subject, weights, self.tolerance, self.rng)
        gradients = trials.gradients(subject.x, subject.covector(pullback.gradients))
        nonlinear = linearity.linear(subject, subject.x, weights, gradients, exactly=exactly)
        self.findings += nonlinear
        trials.fault = nonlinear[0].diagnosis if nonlinear else None
        missing = frozenset(
            leaf.name
            for leaf, g in zip(subject.inputs.leaves, pullback.gradients, strict=True)
            if g is None
        )
        trial = self._trial(trials, gradients)
        raised = tuple(subject.raised)
        found, elements = trials.explain(trial, gradients, missing)
        self.findings += found
        if trial.comparison.subgradient.any():
            self.findings += trials.ties()
        self.findings += compare_precisions(
            self.own, subject, weights, gradients, self.options, self.rng
        )
        nearby = Nearby(trials, missing)
        far = Elsewhere(
            trials, missing, self.own.dtypes, lambda x, rows: nearby.look(x, rows)[1], self.found
        )
        agreeing = self._other_points(nearby, far) if self.options.other_points else []
        if not self._failing():
            self.findings += self._identity(unsteady=False)
        in_batch = self._batched(weights, gradients, trials.scale)
        if self._failing():
            failed_at = next((x for x in (nearby.failed_at, far.failed_at) if x is not None), None)
            there = subject if failed_at is None else subject.at(failed_at) or subject
            self._locate(there, weights)
        result = conclude(trial, failed=bool(self._failing()), curve=self._curve(trial))
        if raised and unresolved(trial) and result.verdict is Verdict.INCONCLUSIVE:
            words = f"{result.reason}; it raises there ({raised[0]})"
            result = result.model_copy(update={"reason": words})
        slope = subject.explanations.attempt(
            "the Taylor remainder's slope",
            lambda: taylor_slope(subject, trial, trials.scale / 2, weights[0], gradients[0]),
            None,
        )
        worst = self._worst(elements)
        result = result.model_copy(
            update={"worst": worst, "taylor_slope": slope, "batched": in_batch}
        )
        lost = digits.lost(self.own, subject, result, self._failing(), weights[0], gradients[0])
        self.findings += lost
        result = digits.with_lost(result, lost)
        result = with_other_points(result, trial, agreeing)
        self.results.append(with_chance(with_search(result, far.tried), trial, gradients))
        wanted = self.options.power or self.options.power_floor is not None
        if wanted and not self._failing():
            floor = self.options.power_floor
            self.power, notes = power.measured(trials, trial, gradients, floor)
            self.findings += notes

    def _other_points(self, nearby: Nearby, far: Elsewhere) -> list[Trial]:
        """The trials elsewhere that agree, until something is wrong: found before, near, or far."""
        agreeing: list[Trial] = []
        if not self._failing():
            self.findings += far.found_before()
        if not self._failing():
            limit = _LEAST_SECONDS + 5 * (time.perf_counter() - self.started)
            agreeing = list(nearby.agreeing(limit, thorough=self.options.thorough))
            self.findings += nearby.findings
        if self.options.search and not self._failing():
            self.findings += far.searched(self.options.search, self.options.seed)
        return agreeing

    def _identity(self, *, unsteady: bool) -> list[Finding]:
        """A value that depends on which array it is given, whatever the numbers in it."""
        return self.subject.explanations.attempt(
            "whether the value depends on the input's identity",
            lambda: identity(self.subject, unsteady=unsteady),
            [],
        )

    def _batched(self, weights: Array, gradients: Array, scale: Array) -> str:
        """Nothing wrong one by one: then it must not be wrong in a batch."""
        if self._failing():
            return ""
        rng = np.random.default_rng([self.options.seed, 0xBA7C])
        always = self.options.thorough
        compared = self.subject.explanations.attempt(
            "whether a batched gradient is the same",
            lambda: batched(self.subject, weights, gradients, scale, rng, always=always),
            Compared([], ""),
        )
        self.findings += compared.findings
        return compared.words

    # What follows a verdict only explains it.

    def _locate(self, there: Subject, weights: Array) -> None:
        """Where in the user's code a failure comes from, and a script that shows it."""
        self.located = True
        attempt = self.subject.explanations.attempt
        self.findings = attempt(
            "where in the code it goes wrong",
            lambda: located(
                self.backend,
                there,
                self.findings,
                self.tolerance,
                self.rng,
                weights[-1],
                max(_LOCATION_SECONDS, 3 * (time.perf_counter() - self.started)),
            ),
            self.findings,
        )
        self.script = attempt(
            "a script that shows the failure",
            lambda: script(there, self.findings, weights),
            Script(),
        )

    def _curve(self, trial: Trial) -> VCurve | None:
        return self.subject.explanations.attempt(
            "the curve of error against step", lambda: report.v_curve(self.subject, trial), None
        )

    def _worst(self, trial: Trial) -> tuple[ElementComparison, ...]:
        return self.subject.explanations.attempt(
            "which elements differ most", lambda: worst_elements(self.subject, trial), ()
        )

    def _trial(self, trials: Reverse, gradients: Array) -> Trial:
        size, thorough = trials.subject.inputs.size, self.options.thorough
        if size <= (_THOROUGH_ELEMENTWISE if thorough else ELEMENTWISE):
            return trials.by_element(np.arange(size))
        if thorough:
            return trials.random(gradients, _THOROUGH_DIRECTIONS)
        if size <= _MEDIUM:
            return trials.random(gradients, 4)
        # Here every step costs: those that can no longer change the verdict are not made.
        return trials.random(gradients, 2, briefly=_BRIEF * float(self.tolerance.rtol))

    def _broken(self, reason: str) -> None:
        self.results.append(DerivativeResult(derivative="vjp", verdict=Verdict.FAIL, reason=reason))

    def _failing(self) -> list[Finding]:
        return [f for f in self.findings if f.level == "fail"]

    def _jvp(self) -> None:
        trial = jvp_trial(self.subject, self.tolerance, self.rng)
        self._conclude(trial)
        if not self._failing():
            self.findings += operator.adjoint(
                self.subject, trial.directions, trial.weights, trial.comparison.ad
            )

    def _hvp(self, weight: Array) -> None:
        trial = hvp_trial(self.subject, weight, self.tolerance, self.rng)
        if trial is not None:
            self._conclude(trial)
            if not self._failing():
                self.findings += operator.symmetric(self.subject, weight, trial.directions)
            return
        self.results.append(
            DerivativeResult(
                derivative="hvp",
                verdict=Verdict.INCONCLUSIVE,
                reason="the gradient itself is not finite here",
            )
        )

    def _conclude(self, trial: Trial) -> None:
        self.findings += report.wrong_directions(self.subject, trial)
        result = conclude(trial, failed=False)
        self.results.append(result.model_copy(update={"worst": self._worst(trial)}))

    def _verdict(self, any_finite: bool) -> tuple[Verdict, str]:
        if not any_finite:
            return Verdict.ERROR, "the function's value is not finite: there is nothing to check"
        worst = max(self._verdicts(), key=_SEVERITY.index)
        if worst is Verdict.FAIL:
            return worst, _first_words(self._failing())
        reasons = [f"{r.derivative}: {r.reason}" for r in self.results if _counted(r) is worst]
        reasons += [f.message for f in self.findings if f.level == worst.value]
        return worst, "; ".join(dict.fromkeys(reasons))

    def _verdicts(self) -> Iterator[Verdict]:
        yield from map(_counted, self.results)
        for finding in self.findings:
            if finding.level == "fail":
                yield Verdict.FAIL
            elif finding.level == "inconclusive":
                yield Verdict.INCONCLUSIVE


def _counted(result: DerivativeResult) -> Verdict:
    """Asked for and not to be had is not a pass."""
    return Verdict.INCONCLUSIVE if result.verdict is Verdict.SKIPPED else result.verdict


def _first_words(failing: list[Finding]) -> str:
    first = failing[0]
    looks = f": {first.diagnosis}" if first.diagnosis else ""
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    return f"{first.message}{looks}{more}"
