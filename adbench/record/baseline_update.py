"""What blessing a run would do to a baseline: said first, done after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adbench.record.baseline import Baseline, Entry, Place
from adbench.record.comparison import TaskComparison
from adbench.record.comparison_tasks import Rules, compare_entries


@dataclass(frozen=True, slots=True)
class Update:
    """A baseline after an update, and the difference to the one before, by `case@backend:mode`."""

    after: Baseline
    added: tuple[str, ...]
    changed: dict[str, TaskComparison]
    unchanged: int

    @property
    def writes(self) -> bool:
        """Whether a single byte of the file changes."""
        return bool(self.added or self.changed)


def updated(before: Baseline, entries: Mapping[str, Entry], place: Place) -> Update:
    """`before` with `entries` in it; what is not among them stays as it is, to the byte.

    An entry with the same numbers stays too, whatever else is new about it.
    """
    tasks = dict(before.tasks)
    added: list[str] = []
    changed: dict[str, TaskComparison] = {}
    for name, entry in entries.items():
        old = before.tasks.get(name)
        if old is None:
            added.append(name)
            tasks[name] = entry
            continue
        new = _with_measured(entry, old)
        if old.numbers() == new.numbers():
            continue
        tasks[name] = new
        changed[name] = compare_entries(
            f"{before.suite}/{name}",
            old,
            new,
            expected=True,
            rules=Rules(),
            places=(before.places[old.place], place),
            update="",
        )
    after = before.with_tasks(tasks, {place.key: place})
    return Update(after, tuple(added), changed, len(entries) - len(added) - len(changed))


def _with_measured(entry: Entry, old: Entry) -> Entry:
    """A run that measured neither time nor memory takes nothing away from what was measured."""
    if entry.steady is not None or entry.memory is not None:
        return entry
    return entry.model_copy(update={"steady": old.steady, "memory": old.memory})


def pruned(before: Baseline, gone: set[str]) -> Baseline:
    """`before` without the tasks that are `gone`."""
    return before.with_tasks({k: v for k, v in before.tasks.items() if k not in gone}, {})
