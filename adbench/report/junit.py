"""A run as JUnit XML, for the test viewers of CI systems."""

from __future__ import annotations

import io
from collections.abc import Iterable

from junitparser import Attr, Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from adbench.record.bench import Measurement, SideBySide
from adbench.record.comparison import TaskComparison
from adbench.record.explain import explain
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.report.marks import XFAIL, XPASS, mark
from adbench.report.problems import explanation
from adbench.report.visible import visible, visible_lines

_BENCH, _AGAINST = "adbench bench", "adbench bench --against"


def render_junit(record: RunRecord) -> str:
    """The record as JUnit XML: a suite for each suite, a test case for each task.

    A wrong gradient, an announced failure that passes, and what differs from the baseline and
    should not is a `failure`; what could not be checked or measured is an `error`; an inconclusive
    verdict, a skipped task and an announced failure are `skipped`, which is neither a pass nor a
    failure. Times are in seconds. A run that was cut short has one test case more, an `error`, so
    that no viewer takes it for a whole one.
    """
    compared = {task.task: task for task in record.comparison.tasks} if record.comparison else {}
    by_suite: dict[str, list[TestCase]] = {}
    for result in record.results:
        case = _case(result, compared.pop(result.task, None))
        by_suite.setdefault(result.suite, []).append(case)
    for left in compared.values():  # of tasks that the run no longer has
        by_suite.setdefault(left.task.partition("/")[0], []).append(_only_compared(left))
    if record.bench is not None:
        for measured in record.bench.measurements:
            by_suite.setdefault(_BENCH, []).append(_measurement(measured))
        for side in record.bench.side_by_side:
            by_suite.setdefault(_AGAINST, []).append(_side_by_side(side))
    if record.interrupted:
        by_suite.setdefault("adbench", []).append(_cut_short(record))
    suites = [_suite(record, name, cases) for name, cases in by_suite.items()]
    xml = JUnitXml("adbench")
    xml.extend(suites)
    # Not by `update_statistics`: it counts `skipped` here too, which the schema does not know.
    xml.tests = sum(suite.tests for suite in suites)
    xml.failures = sum(suite.failures for suite in suites)
    xml.errors = sum(suite.errors for suite in suites)
    xml.time = round(record.seconds, 3)
    stream = io.BytesIO()
    xml.write(stream, pretty=True)
    return stream.getvalue().decode("utf-8").rstrip("\n") + "\n"


class _Case(TestCase):
    """A test case that says where it stands, as GitLab and most viewers read it."""

    file = Attr()
    line = Attr()


def _suite(record: RunRecord, name: str, cases: Iterable[TestCase]) -> TestSuite:
    suite = TestSuite(visible(name))
    suite.timestamp = record.started.removesuffix("Z")  # JUnit's timestamps have no zone
    about = {"command": record.command, "python": record.environment.python}
    about |= {f"version of {name}": text for name, text in record.environment.versions.items()}
    if record.environment.git:
        about["git"] = record.environment.git
    for key, value in about.items():
        suite.add_property(visible(key), visible(value))
    suite.extend(cases)
    suite.update_statistics()
    return suite


def _case(result: CaseResult, compared: TaskComparison | None) -> _Case:
    case = _Case(
        visible(f"{result.case}@{result.backend}:{result.mode}"),
        visible(result.suite),
        round(result.seconds, 3),
    )
    if result.source is not None:
        case.file = visible(result.source.file)
        case.line = str(result.source.line)
    outcome = _outcome(result)
    if compared and compared.failing and not isinstance(outcome, Failure | Error):
        outcome = _changed(compared)
    if outcome:
        case.result = outcome
    case.system_out = "\n".join([_said(result), *_beside(compared)])
    return case


def _outcome(result: CaseResult) -> Failure | Error | Skipped | None:
    """None for what passed."""
    found = mark(result)
    message = visible(result.reason)
    if found is XFAIL:
        return Skipped(f"expected to fail: {visible(result.xfail or '')}: {message}", "xfail")
    if result.expected and result.verdict in (Verdict.SKIPPED, Verdict.INCONCLUSIVE):
        return Skipped(f"{result.verdict}: {message}", result.verdict.value)
    if result.expected:
        return None
    if result.verdict is Verdict.ERROR:
        kind = result.failure.kind if result.failure else "error"
        outcome: Failure | Error = Error(message, visible(kind))
    else:
        outcome = Failure(message, "xpass" if found is XPASS else result.verdict.value)
    outcome.text = "\n".join([*explanation(result), *_repeat(result)])
    return outcome


def _said(result: CaseResult) -> str:
    """What a viewer shows beside the outcome: the result in words, and how to repeat it."""
    said = explain(result.check) if result.check else f"{result.verdict}: {result.reason}"
    return "\n".join([*visible_lines(said), *_repeat(result)])


def _repeat(result: CaseResult) -> list[str]:
    return ["", "Repeat it:", f"  {visible(result.reproduce)}"] if result.reproduce else []


def _changed(compared: TaskComparison) -> Failure:
    """What differs from the baseline and should not."""
    outcome = Failure(visible(compared.reason), f"baseline: {compared.outcome}")
    outcome.text = "\n".join(_beside(compared))
    return outcome


def _beside(compared: TaskComparison | None) -> list[str]:
    if compared is None or compared.outcome == "same":
        return []
    changes = [
        f"  {visible(change.kind)}: {visible(change.message)}" for change in compared.changes
    ]
    return ["", f"Beside the baseline: {visible(compared.reason)}", *changes]


def _only_compared(compared: TaskComparison) -> _Case:
    """A task of the baseline that was not run."""
    case = _Case(*_names(compared.task), 0.0)
    if compared.failing:
        case.result = _changed(compared)
    case.system_out = "\n".join(_beside(compared))
    return case


def _names(task: str) -> tuple[str, str]:
    """A task's name within its suite, and the suite's."""
    suite, _, name = task.partition("/")
    return visible(name), visible(suite)


def _measurement(measured: Measurement) -> _Case:
    """What one derivative costs; its time is that of one call."""
    name, suite = _names(measured.task)
    seconds = measured.steady.value if measured.steady else 0.0
    case = _Case(f"{name} {measured.what}", suite, round(seconds, 3))
    said = f"{measured.status}: {visible(measured.reason)}"
    if measured.status == "failed":
        case.result = Error(visible(measured.reason), "failed")
    elif measured.status != "measured":  # a wrong gradient fails as a check already
        case.result = Skipped(said, measured.status)
    case.system_out = f"{seconds:.6g} s for one {measured.what}" if measured.steady else said
    return case


def _side_by_side(found: SideBySide) -> _Case:
    """One task's time beside another revision's: slower is a failure."""
    ratio = found.ratio
    said = (
        f"{found.what} takes {ratio.value:.3g} times as long as there "
        f"({ratio.low:.3g} to {ratio.high:.3g}; margin {found.margin:.2g})"
    )
    name, suite = _names(found.task)
    case = _Case(f"{name} {found.what} --against", suite, 0.0)
    if found.verdict == "regression":
        case.result = Failure(said, "regression")
    elif found.verdict == "inconclusive":
        case.result = Skipped(f"inconclusive: {said}", "inconclusive")
    case.system_out = said
    return case


def _cut_short(record: RunRecord) -> _Case:
    case = _Case("the whole run", "adbench", 0.0)
    left = record.planned - len(record.results)
    case.result = Error(f"stopped early: {left} of {record.planned} tasks were not run", "stopped")
    return case
