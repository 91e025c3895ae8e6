"""Where in the user's code a derivative goes wrong: which rule, or which operation.

Asked only when a gradient has failed. Each derivative rule that the user wrote is checked by
itself, at the inputs that it is given in the function; a gradient that is not finite is followed
back to the operation that made it so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Backend, Lost, Part
from adbench.check import findings as report
from adbench.check.detachment import detached_by
from adbench.check.forward import hvp_trial, jvp_trial
from adbench.check.guard import time_limit
from adbench.check.linearity import homogeneous
from adbench.check.location import location, location_of
from adbench.check.narrowing import culprits
from adbench.check.overwriting import OVERWRITTEN, named, overwriting
from adbench.check.probes import weightings
from adbench.check.reverse import ELEMENTWISE, Reverse
from adbench.check.subject import Subject
from adbench.check.trial import Tolerance
from adbench.record.model import Finding, SourceLocation

Array = NDArray[Any]

_MOST = 16
"""Calls of rules that are checked."""
_VALUES = (
    "wrong-derivative",
    "nonfinite-derivative",
    "nonlinear-cotangent",
    "outside-subdifferential",
    "ties",
    "precision",
    "asymmetric-hessian",
    "jvp-is-not-vjp",
)
"""Kinds of findings that a rule by itself can be to blame for."""


_WRITES = ("mutated-cotangent", "mutated-input")


@dataclass(frozen=True, slots=True)
class _Guilty:
    part: Part
    finding: Finding


def located(
    backend: Backend,
    subject: Subject,
    findings: list[Finding],
    tolerance: Tolerance,
    rng: np.random.Generator,
    weight: Array,
    seconds: float,
) -> list[Finding]:
    """The findings at the subject's point, with the place that is to blame where it is found.

    A rule that is one of several, or is called within the function, has a finding of its own that
    says what is wrong about it by itself. `weight` (p,) is a weighting of the outputs, `seconds`
    the time that this may take. May raise whatever the user's rules do, and OutOfTime.
    """
    if not any(f.level == "fail" and f.kind in _VALUES + _WRITES for f in findings):
        return findings
    if subject.bound.rule is not None:
        return _placed(findings, location(subject.bound.rule), None, _VALUES + _WRITES)
    with time_limit(seconds):
        parts = subject.bound.parts(subject.arrays(subject.x))[-_MOST:]
        if len(parts) == 1 and _is_all(parts[0], subject, findings, weight):
            return _placed(findings, location_of(parts[0]), None)
        findings = _mutating(parts, findings)
        if not any(f.level == "fail" and f.kind in _VALUES for f in findings):
            return findings
        guilty = _guilty(backend, parts, findings, tolerance, rng)
        if guilty is not None and _whole(guilty.part, subject):
            return _placed(findings, location_of(guilty.part), None)
        if guilty is not None:
            return [
                *_placed(findings, location_of(guilty.part), _of_rule(guilty)),
                _of_part(guilty),
            ]
        if (shared := overwriting(backend, parts)) is not None:
            words = f"stale: {named(shared)} {OVERWRITTEN}"
            return _placed([_without_surmise(f) for f in findings], location_of(shared), words)
        if any(f.kind == "nonfinite-derivative" for f in findings):
            return _lost(subject, findings)
        return detached_by(subject, findings, weight)


def _guilty(
    backend: Backend,
    parts: list[Part],
    findings: list[Finding],
    tolerance: Tolerance,
    rng: np.random.Generator,
) -> _Guilty | None:
    """The first of the rules, innermost first, whose derivative is wrong by itself."""
    failing = {f.derivative for f in findings if f.level == "fail"} - {None}
    forward = None if "vjp" in failing else next(iter(failing), None)
    for part in reversed(parts):
        try:
            finding = _wrong_by_itself(backend, part, forward, tolerance, rng)
        except Exception:  # a rule need not work apart from its function
            continue
        if finding is not None:
            return _Guilty(part, finding)
    return None


def _wrong_by_itself(
    backend: Backend,
    part: Part,
    forward: str | None,
    tolerance: Tolerance,
    rng: np.random.Generator,
) -> Finding | None:
    """What is wrong with a rule's VJP, or with the JVP or HVP that is asked about."""
    function = part.function
    subject = Subject(backend, function, [leaf.dtype for leaf in function.inputs])
    if not np.isfinite(subject.origin).any():
        return None
    weights = weightings(subject.origin, subject.outputs, subject.output_dtypes, rng)
    if forward is not None:
        return _wrong_forward(subject, forward, weights[-1], tolerance, rng)
    # Of a large rule one weighting has to be enough, the one without very large weights.
    large = subject.inputs.size > ELEMENTWISE
    trials = Reverse(subject, weights[-1:] if large else weights, tolerance, rng)
    gradients = trials.gradients(subject.x)
    if found := homogeneous(subject, subject.x, trials.weights[0], gradients[0]):
        return found[0]
    if large:
        return _wrong_element(trials, gradients)
    trial = trials.by_element(np.arange(subject.inputs.size))
    findings, _ = trials.explain(trial, gradients, frozenset())
    if not findings and trial.comparison.subgradient.any():
        findings = trials.ties()
    return findings[0] if findings else None


def _wrong_element(trials: Reverse, gradients: Array) -> Finding | None:
    """The worst element of a large rule, by group testing, without a sample of all."""
    if not np.isfinite(gradients).all():
        places = np.flatnonzero(~np.isfinite(gradients[0]))[:1]
    else:
        trial = trials.random(gradients, 1)
        case = trial.comparison
        if not case.accused.any():
            return None
        excess = np.where(case.accused, case.excess, 0.0)
        d, j = (int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
        guilty = culprits(trials.subject, trial, d, j, gradients[j])
        # Two others beside it, so that its diagnosis can say "in 1 of 3".
        others = trials.rng.choice(trials.subject.inputs.size, 2, replace=False)
        places = np.union1d(guilty, others)
    findings, _ = trials.explain(trials.by_element(places), gradients, frozenset())
    return findings[0] if findings else None


def _wrong_forward(
    subject: Subject, which: str, weight: Array, tolerance: Tolerance, rng: np.random.Generator
) -> Finding | None:
    if which == "jvp":
        trial = jvp_trial(subject, tolerance, rng)
    elif (second := hvp_trial(subject, weight, tolerance, rng)) is not None:
        trial = second
    else:
        return None
    findings = report.wrong_directions(subject, trial)
    return findings[0] if findings else None


def _whole(part: Part, subject: Subject) -> bool:
    """Whether the rule is all that the function consists of, so that nothing is left to say."""
    given, point = part.function.point, subject.arrays(subject.x)
    return (
        len(given) == len(point)
        and all(map(np.array_equal, given, point))
        and [leaf.shape for leaf in part.function.outputs]
        == [leaf.shape for leaf in subject.outputs.leaves]
    )


def _is_all(part: Part, subject: Subject, findings: list[Finding], weight: Array) -> bool:
    """Whether the rule is all of the function, with the very gradient that was found wrong.

    It need not be checked again then.
    """
    vjp = any(f.level == "fail" and f.derivative == "vjp" for f in findings)
    if not vjp or not _whole(part, subject):
        return False
    arrays, cotangents = subject.arrays(subject.x), subject.cotangents(weight)
    alone = part.function.vjp(arrays, cotangents).gradients
    whole = subject.bound.vjp(arrays, cotangents).gradients
    return all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in zip(alone, whole, strict=True)
        if a is not None and b is not None
    )


def _of_part(guilty: _Guilty) -> Finding:
    part, finding = guilty.part, guilty.finding
    called = f", called at {part.called.file}:{part.called.line}," if part.called else ""
    return finding.model_copy(
        update={
            "kind": "culprit",
            "level": "note",
            "message": f"the derivative rule of {named(part)}{called} is wrong by itself: "
            f"{finding.message}",
            "where": location_of(part),
        }
    )


def _lost(subject: Subject, findings: list[Finding]) -> list[Finding]:
    finite = np.isfinite(subject.origin)
    weight = np.where(finite, 1.0, 0.0)
    cotangents = subject.cotangents(weight)
    lost: Lost | None = subject.bound.lost(subject.arrays(subject.x), cotangents)
    if lost is None:
        return findings
    words = f"it becomes so in the derivative of {lost.operation}"
    return [
        f.model_copy(
            update={"where": location(lost.place), "diagnosis": _surely(f.diagnosis, words)}
        )
        if f.kind == "nonfinite-derivative"
        else f
        for f in findings
    ]


def _surely(diagnosis: str | None, words: str) -> str:
    """A diagnosis of what is not finite, with the operation in the place of a surmise."""
    known, surmise, _ = (diagnosis or "").partition("often the untaken side")
    if surmise:
        return f"{known}{words}, perhaps on the untaken side of a `where`"
    return f"{diagnosis}; {words}" if diagnosis else words


def _of_rule(guilty: _Guilty) -> str | None:
    """What is wrong with the rule, for findings that nothing explains otherwise."""
    diagnosis = guilty.finding.diagnosis
    if not diagnosis:
        return None
    several = len(guilty.part.function.inputs) > 1 and guilty.finding.input is not None
    by = f", with respect to its input {guilty.finding.input}" if several else ""
    return f"the derivative of {named(guilty.part)} by itself{by}: {diagnosis}"


def _without_surmise(finding: Finding) -> Finding:
    """What the numbers look like gives way to what was shown by calling the rules again."""
    return finding.model_copy(update={"diagnosis": None}) if finding.level == "fail" else finding


def _mutating(parts: list[Part], findings: list[Finding]) -> list[Finding]:
    """Findings that something is written into, with the place of the rule that does so."""
    for part in parts if any(f.kind in _WRITES for f in findings) else []:
        function = part.function
        cotangents = [np.ones_like(a) for a in function.value(function.point)]
        if function.vjp(function.point, cotangents).mutated:
            return _placed(findings, location_of(part), None, _WRITES)
    return findings


def _placed(
    findings: list[Finding],
    where: SourceLocation | None,
    diagnosis: str | None,
    kinds: tuple[str, ...] = _VALUES,
) -> list[Finding]:
    return [
        f.model_copy(update={"where": where, "diagnosis": f.diagnosis or diagnosis})
        if f.level == "fail" and f.kind in kinds and f.where is None
        else f
        for f in findings
    ]
