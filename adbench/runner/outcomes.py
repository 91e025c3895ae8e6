"""Case results: what a task's end, whichever it was, becomes in the record."""

from __future__ import annotations

from typing import Any

from adbench.backends import BackendUnavailableError
from adbench.record.model import (
    CaseResult,
    CheckResult,
    Failure,
    Finding,
    SourceLocation,
    Verdict,
)
from adbench.runner.paths import shown_path
from adbench.runner.tasks import Task

_REASON = 300
"""A reason is a sentence; the whole message stands in the failure."""


def checked(task: Task, check: CheckResult, seconds: float) -> CaseResult:
    """The check was done; a right gradient that was announced to be wrong says so."""
    reason = check.reason
    if task.xfail is not None and check.ok:
        reason = (
            f"passes although a failure was announced ({task.xfail}); "
            f"remove the xfail for {task.backend} from the suite; {reason}"
        )
    return _result(task, check.verdict, reason, seconds, check=check)


def only_the_given_point(result: CaseResult) -> CaseResult:
    """Say that the function did not survive the other points that a check looks at."""
    if result.check is None:
        return result
    note = Finding(
        kind="other-points",
        level="note",
        message="at points derived from the given one the function crashed, or did not return in "
        "time, so that only the given point was looked at",
    )
    check = result.check.model_copy(update={"findings": (*result.check.findings, note)})
    return result.model_copy(update={"check": check})


def failed(task: Task, failure: Failure, seconds: float) -> CaseResult:
    """The check could not be done."""
    first, *more = failure.message.splitlines() or [""]
    reason = f"{first[:_REASON]} …" if more or len(first) > _REASON else first
    if failure.kind in ("exception", "memory", "startup") and failure.type:
        reason = f"{failure.type}: {reason}" if reason else failure.type
    return _result(task, Verdict.ERROR, reason, seconds, failure=failure)


def missing(task: Task, reason: str, install: str = "") -> CaseResult:
    """The backend, or its device, is not here: skipped, or an error where it is required."""
    message = f"{reason}; get it with: {install}" if install else reason
    if task.require:
        failure = Failure(kind="missing", message=message)
        return _result(task, Verdict.ERROR, f"required, but {message}", 0.0, failure=failure)
    return _result(task, Verdict.SKIPPED, message, 0.0)


def unavailable(task: Task, error: BackendUnavailableError) -> CaseResult:
    """The backend itself said that it cannot run here."""
    return missing(task, error.reason, error.install)


def _result(task: Task, verdict: Verdict, reason: str, seconds: float, **found: Any) -> CaseResult:
    case = task.case
    return CaseResult(
        suite=case.suite,
        case=case.name,
        backend=task.backend,
        mode=task.mode,
        dtype=case.dtype,
        device=task.device,
        seed=task.options.seed,
        tags=case.tags,
        params=case.params,
        verdict=verdict,
        reason=reason,
        xfail=task.xfail,
        seconds=seconds,
        source=SourceLocation(file=shown_path(case.file), line=case.line),
        reproduce=task.reproduce,
        **found,
    )
