"""Where in the user's code a derivative goes wrong: which rule, or which operation.

Asked only when a gradient has failed. Each derivative rule that the user wrote is checked by
itself, at the inputs that it is given in the function; a gradient that is not finite is followed
back to the operation that made it so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from adbench.backends.protocol import Backend, Lost, Part, Place
from adbench.check import operator
from adbench.check.guard import time_limit
from adbench.check.probes import weightings
from adbench.check.reverse import ELEMENTWISE, Reverse
from adbench.check.subject import Subject
from adbench.check.trial import Tolerance
from adbench.record.model import Finding, SourceLocation

_SECONDS = 5.0
_MOST = 16
"""Calls of rules that are checked."""
_VALUES = (
    "wrong-derivative",
    "nonfinite-derivative",
    "nonlinear-cotangent",
    "outside-subdifferential",
    "precision",
)
"""Kinds of findings that a rule by itself can be to blame for."""


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
) -> list[Finding]:
    """The findings at the subject's point, with the place that is to blame where it is found.

    A rule that is one of several, or is called within the function, has a finding of its own that
    says what is wrong about it by itself. May raise whatever the user's rules do, and OutOfTime.
    """
    if not any(f.level == "fail" and f.kind in _VALUES for f in findings):
        return findings
    with time_limit(_SECONDS):
        return _located(backend, subject, findings, tolerance, rng)


def _located(
    backend: Backend,
    subject: Subject,
    findings: list[Finding],
    tolerance: Tolerance,
    rng: np.random.Generator,
) -> list[Finding]:
    if subject.bound.rule is not None:
        return _placed(findings, _location(subject.bound.rule), None)
    guilty = _guilty(backend, subject, tolerance, rng)
    if guilty is not None:
        where = _location(guilty.part.rule or guilty.part.called)
        placed = _placed(findings, where, _of_rule(guilty))
        return placed if _whole(guilty.part, subject) else [*placed, _of_part(guilty)]
    if any(f.kind == "nonfinite-derivative" for f in findings):
        return _lost(subject, findings)
    return findings


def _guilty(
    backend: Backend, subject: Subject, tolerance: Tolerance, rng: np.random.Generator
) -> _Guilty | None:
    """The first of the rules, innermost first, whose derivative is wrong by itself."""
    parts = subject.bound.parts(subject.arrays(subject.x))
    deadline = time.monotonic() + _SECONDS
    for part in reversed(parts[-_MOST:]):
        if time.monotonic() > deadline:
            break
        try:
            finding = _wrong_by_itself(backend, part, tolerance, rng)
        except Exception:  # a rule need not work apart from its function
            continue
        if finding is not None:
            return _Guilty(part, finding)
    return None


def _wrong_by_itself(
    backend: Backend, part: Part, tolerance: Tolerance, rng: np.random.Generator
) -> Finding | None:
    function = part.function
    subject = Subject(backend, function, [leaf.dtype for leaf in function.inputs])
    if not np.isfinite(subject.origin).any():
        return None
    weights = weightings(subject.origin, subject.outputs, subject.output_dtypes, rng)
    trials = Reverse(subject, weights, tolerance, rng)
    gradients = trials.gradients(subject.x)
    if found := operator.homogeneous(subject, subject.x, weights[0], gradients[0]):
        return found[0]
    if subject.inputs.size <= ELEMENTWISE:
        trial = trials.by_element(np.arange(subject.inputs.size))
    else:
        trial = trials.random(gradients, 2)
    findings, _ = trials.explain(trial, gradients, frozenset())
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


def _of_part(guilty: _Guilty) -> Finding:
    part, finding = guilty.part, guilty.finding
    called = f", called at {part.called.file}:{part.called.line}," if part.called else ""
    return finding.model_copy(
        update={
            "kind": "culprit",
            "level": "note",
            "message": f"the derivative rule of {part.name}{called} is wrong by itself: "
            f"{finding.message}",
            "where": _location(part.rule or part.called),
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
            update={"where": _location(lost.place), "diagnosis": _surely(f.diagnosis, words)}
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
    return f"the derivative of {guilty.part.name} by itself: {diagnosis}" if diagnosis else None


def _placed(
    findings: list[Finding], where: SourceLocation | None, diagnosis: str | None
) -> list[Finding]:
    return [
        f.model_copy(update={"where": where, "diagnosis": f.diagnosis or diagnosis})
        if f.level == "fail" and f.kind in _VALUES and f.where is None
        else f
        for f in findings
    ]


def _location(place: Place | None) -> SourceLocation | None:
    if place is None:
        return None
    return SourceLocation(
        file=place.file, line=place.line, function=place.function, text=place.text
    )
