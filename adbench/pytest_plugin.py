"""The pytest plugin: suites as test items, a fixture, and options in pytest's configuration.

It is loaded by every pytest that adbench is installed beside, so it imports nothing but pytest
until there is a suite to collect or a gradient to check.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from adbench.record.model import CaseResult, CheckResult
    from adbench.runner.session import Session
    from adbench.runner.tasks import Task

_SUFFIXES = (".yaml", ".yml")
_SUITE_KEYS = ("version:", "cases:", "include:")
_POLICIES = ("skip", "fail")
_PYTESTS_OWN = frozenset(
    ["skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "timeout"]
)
"""Marks that do something; a tag of such a name must not."""

_session = pytest.StashKey["Session"]()
_in_folder = pytest.StashKey[dict[Path, frozenset[str] | None]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `[tool.pytest.ini_options]`; `-o NAME=VALUE` sets one for a run."""
    parser.addini(
        "adbench_suites",
        "Suite files, folders of them, or patterns, that are collected wherever pytest comes "
        "across them. Without it, only suites that are named on the command line are.",
        type="paths",
        default=[],
    )
    parser.addini(
        "adbench_backends",
        "Backends, with or without a mode, that suites are checked on. Default: all.",
        type="args",
        default=[],
    )
    parser.addini(
        "adbench_inconclusive",
        "What an inconclusive verdict is: skip (the default) or fail.",
        default="skip",
    )
    parser.addini(
        "adbench_require",
        "Whether a backend that is not installed is an error instead of skipped.",
        type="bool",
        default=False,
    )
    parser.addini(
        "adbench_timeout", "Seconds that one task of a suite may take. Default: no limit."
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """A suite that was named on the command line, or that the configuration names."""
    if file_path.suffix not in _SUFFIXES:
        return None
    named = parent.session.isinitpath(file_path) and _looks_like_suite(file_path)
    if named or _is_configured(file_path, parent.config):
        suite: pytest.File = SuiteFile.from_parent(parent, path=file_path)
        return suite
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped task is skipped at its line of the suite, not at a line of this plugin."""
    report = yield
    if isinstance(item, TaskItem) and report.skipped and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the workers."""
    session = config.stash.get(_session, None)
    if session is not None:
        del config.stash[_session]
        session.close()


@pytest.fixture
def assert_gradients(request: pytest.FixtureRequest) -> Callable[..., CheckResult]:
    """`adbench.testing.assert_gradients` with `adbench_inconclusive` as its policy.

    What each passing check could have detected is added to the JUnit report.
    """
    from adbench import testing

    policy = _policy(request.config)

    def assert_gradients(f: Callable[..., Any], *inputs: Any, **options: Any) -> CheckResult:
        __tracebackhide__ = True
        result = testing.assert_gradients(f, *inputs, **{"inconclusive": policy, **options})
        # As `record_property` does, which warns of a format that pytest writes all the same.
        request.node.user_properties.append(("adbench_resolution", result.resolution))
        return result

    return assert_gradients


class SuiteFile(pytest.File):
    """A suite; its items are its tasks: each case on each backend."""

    def collect(self) -> Iterable[TaskItem]:
        """One item a task, named as pytest names parameters: `gmm[d=2,k=5-torch:eager]`."""
        from adbench.runner import RunOptions, plan
        from adbench.suite import SuiteError, load_suites

        _policy(self.config)
        _timeout(self.config)
        options = RunOptions(
            backends=self.config.getini("adbench_backends"),
            require=self.config.getini("adbench_require"),
        )
        try:
            tasks = plan(load_suites(self.path), options)
        except SuiteError as error:
            raise self.CollectError(str(error)) from None
        except ValueError as error:
            raise pytest.UsageError(f"adbench_backends: {error}") from None
        for task in tasks:
            yield TaskItem.from_parent(self, name=_item_name(task), task=task)


class TaskItem(pytest.Item):
    """One case on one backend."""

    def __init__(self, *, task: Task, **given: Any) -> None:
        super().__init__(**given)
        self.task = task
        for tag in task.case.tags:
            if tag not in _PYTESTS_OWN and not tag.startswith("_"):
                _register(tag, self.config)
                self.add_marker(tag)
        if task.xfail is not None:
            failures = (WrongGradientError, TaskError)
            self.add_marker(pytest.mark.xfail(reason=task.xfail, raises=failures, strict=True))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands in the suite file, lines counted from 0."""
        return Path(self.task.case.file), self.task.case.line - 1, self.name

    def runtest(self) -> None:
        """Check the task in a worker process, which is kept for the next."""
        outcome = _session_of(self.config).check(self.task, timeout=_timeout(self.config))
        assert outcome is not None  # nobody withdraws a task here
        _conclude(outcome.result, _policy(self.config), self)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The explanation, in place of a traceback through this plugin."""
        if not isinstance(excinfo.value, _ProblemError):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value")
        if shown.reprcrash is not None:  # what pytest's one-line summaries are made of
            path, line, _ = self.reportinfo()
            shown.reprcrash.path, shown.reprcrash.lineno = str(path), line + 1
            shown.reprcrash.message = str(excinfo.value)
        return shown


def _register(tag: str, config: pytest.Config) -> None:
    """Make a tag a mark that --strict-markers knows."""
    line = f"{tag}: a tag of an adbench suite"
    if line not in config.getini("markers"):
        config.addinivalue_line("markers", line)


class _ProblemError(Exception):
    """A task's outcome that fails its item; the message explains it."""


class WrongGradientError(_ProblemError):
    """A derivative is wrong."""


class TaskError(_ProblemError):
    """The function failed, so that nothing could be compared."""


class InconclusiveError(_ProblemError):
    """It could not be told whether the derivative is right."""


class NotTriedError(_ProblemError):
    """The backend is missing or did not start: no fault of the function's."""


def _conclude(result: CaseResult, policy: str, item: TaskItem) -> None:
    """Turn a result into what pytest knows: nothing for a pass, an exception for the rest."""
    from adbench.record.model import Verdict

    if result.check is not None and result.check.resolution is not None:
        item.user_properties.append(("adbench_resolution", result.check.resolution))
    item.user_properties.append(("adbench_verdict", result.verdict.value))
    if result.verdict is Verdict.SKIPPED:
        pytest.skip(result.reason)
    if result.verdict is Verdict.INCONCLUSIVE:
        if policy == "skip":
            pytest.skip(f"inconclusive: {result.reason}")
        raise InconclusiveError(_explained(result))
    if result.verdict is Verdict.FAIL:
        raise WrongGradientError(_explained(result))
    if result.verdict is Verdict.ERROR:
        not_tried = result.failure is not None and result.failure.kind in ("missing", "startup")
        raise (NotTriedError if not_tried else TaskError)(_explained(result))


def _explained(result: CaseResult) -> str:
    from adbench.report.problems import explanation

    lines = [*explanation(result)]
    if result.source is not None:
        lines.append(f"case: {result.source.file}:{result.source.line}")
    return "\n".join([*lines, f"repeat: {result.reproduce}"])


def _item_name(task: Task) -> str:
    """`ridge[torch:eager]`, `gmm[d=2,k=5-torch:eager]`: node ids select as for parameters."""
    column = f"{task.backend}:{task.mode}"
    grid = task.case.name.removeprefix(task.case.base)
    return f"{task.case.base}[{f'{grid[1:-1]}-{column}' if grid else column}]"


def _looks_like_suite(file: Path) -> bool:
    """Whether a file named on the command line is ours: other plugins have YAML files too."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith(_SUITE_KEYS) for line in lines)


def _is_configured(file: Path, config: pytest.Config) -> bool:
    for place in config.getini("adbench_suites"):
        if place == file or fnmatch(str(file), str(place)):
            return True
        if place in file.parents:
            own = _suites_in(place, config)
            if own is None or str(file.resolve()) in own:
                return True
    return False


def _suites_in(folder: Path, config: pytest.Config) -> frozenset[str] | None:
    """The suites of a folder without what others include; None where that cannot be told."""
    from adbench.suite import SuiteError, load_suites

    known = config.stash.setdefault(_in_folder, {})
    if folder not in known:
        try:
            known[folder] = frozenset(suite.path for suite in load_suites(folder))
        except SuiteError:  # each file's own collection then tells its mistakes
            known[folder] = None
    return known[folder]


def _session_of(config: pytest.Config) -> Session:
    """The session's workers, started when the first task needs them."""
    from adbench.runner.session import Session

    if _session not in config.stash:
        sharing = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        config.stash[_session] = Session(sharing=sharing)
    return config.stash[_session]


def _policy(config: pytest.Config) -> str:
    policy: str = config.getini("adbench_inconclusive")
    if policy not in _POLICIES:
        raise pytest.UsageError(f"adbench_inconclusive is {policy!r}: write skip or fail")
    return policy


def _timeout(config: pytest.Config) -> float | None:
    text = config.getini("adbench_timeout")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise pytest.UsageError(f"adbench_timeout is {text!r}: write seconds, above 0")
    return seconds
