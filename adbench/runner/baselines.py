"""A run beside its baselines: where they are, what they no longer fit, what has changed."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adbench.backends import parse_backend
from adbench.record.baseline import Baseline
from adbench.record.baseline_file import baseline_path, read_baseline
from adbench.record.comparison import Comparison
from adbench.record.comparison_runs import compare_sides, side_of_baselines, side_of_run
from adbench.record.comparison_tasks import Rules
from adbench.record.file import RecordError
from adbench.record.model import RunRecord
from adbench.runner.paths import shown_path
from adbench.runner.select import select
from adbench.runner.tasks import expand
from adbench.suite import Suite

_CHECK = "adbench check "


@dataclass(frozen=True, slots=True)
class SuiteBaseline:
    """One suite's baseline: the file's place and what is in it, None while there is no file."""

    suite: Suite
    path: Path
    baseline: Baseline | None

    @property
    def present(self) -> Baseline:
        """What is in the file, or a baseline without tasks."""
        return self.baseline or Baseline(suite=self.suite.name)

    def gone(self) -> list[str]:
        """The blessed `case@backend:mode` that the suite no longer has, on any backend or mode.

        Of functions that were named one by one, nobody knows which others there are.
        """
        if not is_file(self.suite):
            return []
        return [key for key in self.present.tasks if not _has(self.suite, key)]


def baselines_of(suites: Sequence[Suite], place: Path | None) -> list[SuiteBaseline]:
    """The baselines of `suites`, beside them or at `place`; every file is read and verified.

    Raises RecordError for a file that is not to be trusted, or that several suites would share.
    """
    if place is not None and place.suffix != ".json" and place.is_file():
        what = "this file is no baseline"
        raise RecordError(place, what, "name a folder, or a file that ends in .json")
    found = []
    owners: dict[Path, str] = {}
    for suite in suites:
        path = baseline_path(suite.name, suite.path, place)
        if (other := owners.setdefault(path, suite.name)) != suite.name:
            what = f"one file cannot be the baseline of both {other!r} and {suite.name!r}"
            raise RecordError(path, what, "name a folder with --baseline")
        baseline = read_baseline(path, suite.name) if path.exists() else None
        found.append(SuiteBaseline(suite, Path(shown_path(str(path))), baseline))
    return found


def compare_with_baselines(
    record: RunRecord, baselines: Sequence[SuiteBaseline], rules: Rules, place: Path | None
) -> Comparison:
    """What a run's results are beside the baselines of its suites; other suites are left out."""
    known = {found.suite.name: found.present for found in baselines}
    results = tuple(result for result in record.results if result.suite in known)
    names = ", ".join(str(found.path) for found in baselines)
    prune = f"if that was meant: adbench baseline prune {_targets(baselines)}{_at(place)}"
    gone = {f"{found.suite.name}/{key}": prune for found in baselines for key in found.gone()}
    return compare_sides(
        side_of_baselines(known, names),
        side_of_run(record.model_copy(update={"results": results}), "this run"),
        rules,
        update=_updating(record, baselines, place),
        gone=gone,
    )


def _updating(
    record: RunRecord, baselines: Sequence[SuiteBaseline], place: Path | None
) -> Callable[[str], str]:
    """By task, the command that blesses it: the one that repeats it, with another verb.

    Where a suite has no baseline yet, the command that blesses the whole suite.
    """
    commands = {result.task: result.reproduce for result in record.results}
    new = {f.suite.name: f.suite for f in baselines if not f.baseline and is_file(f.suite)}

    def update(task: str) -> str:
        words = commands.get(task, "").removeprefix(_CHECK)
        if (suite := new.get(task.partition("/")[0])) is not None:
            words = shlex.quote(shown_path(suite.path))
        return f"adbench baseline update {words}{_at(place)}".rstrip()

    return update


def is_file(suite: Suite) -> bool:
    """Whether this is a suite file, and not a module whose functions were named."""
    return suite.path.endswith((".yaml", ".yml"))


def _targets(baselines: Sequence[SuiteBaseline]) -> str:
    return shlex.join(shown_path(found.suite.path) for found in baselines)


def _at(place: Path | None) -> str:
    return f" --baseline {shlex.quote(str(place))}" if place is not None else ""


def _has(suite: Suite, key: str) -> bool:
    """Whether a suite has a task of that name, on whatever backends a run selects."""
    case, _, backend = key.rpartition("@")
    try:
        return bool(expand([c for c in suite.cases if c.name == case], [backend]))
    except ValueError:  # a backend or mode of another version of adbench
        return False


def selected_keys(
    found: SuiteBaseline, expression: str | None, backends: Sequence[str]
) -> list[str]:
    """The blessed `case@backend:mode` of the selected cases and backends, sorted.

    Raises SelectError for an expression, and ValueError for a backend, that cannot be read.
    """
    cases = {case.name for case in select(found.suite.cases, expression)}
    wanted = [
        parse_backend(text)[0] + (text[text.index(":") :] if ":" in text else ":")
        for text in backends
        if text != "all"
    ]
    return sorted(
        key
        for key in found.present.tasks
        if (expression is None or key.rpartition("@")[0] in cases)
        and (not wanted or any(key.rpartition("@")[2].startswith(w) for w in wanted))
    )
