"""Two runs set side by side: which tasks both have, what became of each, what only one has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adbench.record.baseline import Baseline, Entry, Place, entries_of
from adbench.record.baseline_file import is_baseline, parse_baseline
from adbench.record.comparison import Comparison, TaskComparison
from adbench.record.comparison_places import differing
from adbench.record.comparison_tasks import Rules, compare_entries
from adbench.record.file import RecordError, parse_json, parse_record, read_text
from adbench.record.model import RunRecord

_KINDS = "give a run record (`adbench check --output-format json=PATH`), or a baseline"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a run, or baselines."""

    name: str
    """The file it came from."""
    entries: dict[str, Entry] = field(default_factory=dict)
    """By `suite/case@backend:mode`."""
    places: dict[str, Place] = field(default_factory=dict)
    untried: dict[str, str] = field(default_factory=dict)
    """Tasks without numbers, skipped or ended in an error, each with its reason."""
    unexpected: frozenset[str] = frozenset()
    """Tasks whose verdict is not as it should be."""

    @property
    def tasks(self) -> set[str]:
        """Every task, with numbers or without."""
        return {*self.entries, *self.untried}

    def place(self, task: str) -> Place:
        """Where an entry was made."""
        return self.places[self.entries[task].place]


def side_of_run(record: RunRecord, name: str) -> Side:
    """A run's results as one side."""
    found, place = entries_of(record)
    entries = {f"{suite}/{key}": entry for suite in found for key, entry in found[suite].items()}
    return Side(
        name,
        entries,
        {place.key: place},
        untried={r.task: r.reason for r in record.results if r.task not in entries},
        unexpected=frozenset(r.task for r in record.results if not r.expected),
    )


def side_of_baselines(baselines: Mapping[str, Baseline], name: str) -> Side:
    """Baselines by suite as one side. What was blessed is as it should be."""
    entries: dict[str, Entry] = {}
    places: dict[str, Place] = {}
    for suite, baseline in baselines.items():
        entries |= {f"{suite}/{key}": entry for key, entry in baseline.tasks.items()}
        places |= baseline.places
    return Side(name, entries, places)


def read_side(path: Path) -> Side:
    """A run record, a baseline, or a folder of baselines. Raises RecordError for anything else."""
    if not path.is_dir():
        data = parse_json(path, read_text(path, _KINDS), "make it again")
        if is_baseline(data):
            baseline = parse_baseline(path, data)
            return side_of_baselines({baseline.suite: baseline}, str(path))
        return side_of_run(parse_record(path, data), str(path))
    files = sorted(path.glob("*.json"))
    if not files:
        raise RecordError(path, "the folder has no baseline", _KINDS)
    baselines: dict[str, Baseline] = {}
    for file in files:
        restore = "restore it, or name the files one by one"
        baseline = parse_baseline(file, parse_json(file, read_text(file, restore), restore))
        if baseline.suite in baselines:
            what = f"a second baseline of the suite {baseline.suite!r}"
            raise RecordError(file, what, "remove one of the two")
        baselines[baseline.suite] = baseline
    return side_of_baselines(baselines, str(path))


def compare_sides(
    before: Side,
    after: Side,
    rules: Rules,
    *,
    update: Callable[[str], str],
    gone: Mapping[str, str],
) -> Comparison:
    """Every task of `after` beside the same one of `before`, then those of `before` that are gone.

    `update` gives the command that blesses a task, `gone` what to do about a task that only
    `before` has; one that is not `gone` was not selected, and is passed over.
    """
    tasks = [_task(task, before, after, rules, update) for task in _all(after)]
    tasks += [
        TaskComparison(
            task=task,
            outcome="removed",
            failing=True,
            reason=f"it is in {before.name} and no longer here; {gone[task]}",
        )
        for task in before.entries
        if task in gone
    ]
    return Comparison(
        before=before.name,
        after=after.name,
        frozen=rules.frozen,
        environment=tuple(_environment(before, after)),
        tasks=tuple(tasks),
    )


def _all(side: Side) -> list[str]:
    return list(dict.fromkeys((*side.entries, *side.untried)))


def _task(
    task: str, before: Side, after: Side, rules: Rules, update: Callable[[str], str]
) -> TaskComparison:
    if task not in after.entries:
        return TaskComparison(task=task, outcome="untried", reason=after.untried[task])
    if task not in before.entries:
        return TaskComparison(
            task=task,
            outcome="unblessed",
            failing=True,
            reason=f"there is nothing to compare with in {before.name}; bless it: {update(task)}",
        )
    return compare_entries(
        task,
        before.entries[task],
        after.entries[task],
        expected=task not in after.unexpected,
        rules=rules,
        places=(before.place(task), after.place(task)),
        update=update(task),
    )


def _environment(before: Side, after: Side) -> list[str]:
    """What differs between the places of the entries that both sides have, each phrase once."""
    pairs = {
        (before.entries[task].place, after.entries[task].place)
        for task in after.entries
        if task in before.entries
    }
    phrases: dict[str, None] = {}
    for old, new in sorted(pairs):
        phrases |= dict.fromkeys(differing(before.places[old], after.places[new]))
    return list(phrases)
