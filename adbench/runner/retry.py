"""Failures run again with the same seed: a different answer is a finding, and never a pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adbench.record.comparison_numbers import LEAST_TERMS, compare_arrays, unit_roundoff
from adbench.record.model import CaseResult, Finding, RunRecord, Verdict
from adbench.runner.api import RunOptions, run
from adbench.runner.tasks import Task
from adbench.suite import Suite

_NOT_THE_FUNCTION = ("missing", "startup")
"""Failures that say nothing about the function, so that nothing is learnt from another try."""


def retried(
    record: RunRecord,
    suites: Sequence[Suite],
    options: RunOptions,
    times: int,
) -> RunRecord:
    """The record, after what failed in it was run up to `times` times more.

    A result keeps its verdict whatever the other runs say. Where they say something else, it gets
    a finding `nondeterministic`, and is not run again. What Ctrl-C has ended is left as it is.
    """
    results = {result.task: result for result in record.results}
    open_tasks = {task for task, result in results.items() if _may_differ(result)}
    by_itself = options.fail_fast and any(not result.expected for result in record.results)
    stopped = record.interrupted and not by_itself
    for attempt in range(2, times + 2):
        if not open_tasks or stopped:
            break
        again = run(suites, _only(options, open_tasks))
        for other in again.results:
            first = results[other.task]
            if different := _difference(first, other):
                results[other.task] = _nondeterministic(first, other, attempt, different)
                open_tasks.discard(other.task)
        stopped = again.interrupted
        record = record.model_copy(
            update={
                "seconds": record.seconds + again.seconds,
                "interrupted": record.interrupted or stopped,
            }
        )
    return record.model_copy(update={"results": tuple(results.values())})


def _only(options: RunOptions, names: set[str]) -> RunOptions:
    wanted = frozenset(names)

    def choose(tasks: list[Task]) -> list[Task]:
        if options.choose is not None:
            tasks = options.choose(tasks)
        return [task for task in tasks if task.name in wanted]

    return replace(options, choose=choose, fail_fast=False)


def _may_differ(result: CaseResult) -> bool:
    if result.expected or (result.failure and result.failure.kind in _NOT_THE_FUNCTION):
        return False
    return result.verdict in (Verdict.FAIL, Verdict.ERROR)


def _difference(first: CaseResult, other: CaseResult) -> str:
    """What two runs of one task do not agree about, in words; "" where they agree."""
    if first.verdict is not other.verdict:
        return f"{first.verdict.value}, then {other.verdict.value}"
    one, two = first.check, other.check
    if one is None or two is None:
        return ""
    for what, old, new in (
        ("objective", one.outputs, two.outputs),
        ("gradient", one.gradient, two.gradient),
    ):
        found = compare_arrays(old, new, LEAST_TERMS, unit_roundoff((*old, *new)))
        if found.level == "changed":
            values = found.message or f"{found.name} {found.before!r}, then {found.after!r}"
            return f"another {what} ({values})"
    return ""


def _nondeterministic(
    first: CaseResult, other: CaseResult, attempt: int, different: str
) -> CaseResult:
    message = f"run {attempt} with the same seed gave another answer: {different}"
    reason = f"{first.reason}; nondeterministic: {message}"
    check = first.check
    if check is not None:
        finding = Finding(
            kind="nondeterministic",
            level="fail" if first.verdict is Verdict.FAIL else "note",
            message=message,
            diagnosis="randomness without a seed, state kept from an earlier call, or a race",
        )
        check = check.model_copy(update={"findings": (*check.findings, finding)})
    return first.model_copy(update={"check": check, "reason": reason})
