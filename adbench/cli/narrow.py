"""`--shard`, `--changed-since`, `--last-failed`: the part of the selected tasks that is to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adbench.record.model import RunRecord
    from adbench.record.origin import Shard
    from adbench.runner import Task

_Choice = Callable[["list[Task]"], "list[Task]"]


@dataclass(slots=True)
class Narrowing:
    """Choices among the selected tasks, one after the other, and what they have left out."""

    choices: list[_Choice] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """What each choice has done, for a person."""
    shard: Shard | None = None

    def choose(self, tasks: list[Task]) -> list[Task]:
        """The tasks that are left."""
        self.words.clear()
        for choice in self.choices:
            tasks = choice(tasks)
        return tasks

    def recorded(self, record: RunRecord) -> RunRecord:
        """The record, with the part of the run that it is."""
        return record.model_copy(update={"shard": self.shard})


def narrowing(
    *,
    shard: str | None,
    changed_since: str | None,
    last_failed: bool,
    seconds: Mapping[str, float],
) -> Narrowing:
    """What the three options ask for; a mistake in them ends the command with exit code 2.

    `seconds` are durations that every part of a run knows alike, such as a baseline's; without
    any, those of the last run in this folder serve.
    """
    from adbench.cli.targets import refuse
    from adbench.runner.changed_git import RevisionError
    from adbench.runner.shard import ShardError

    found = Narrowing()
    try:
        if last_failed:
            found.choices.append(_last_failed(found))
        if changed_since is not None:
            found.choices.append(_changed_since(found, changed_since))
        if shard is not None:
            found.choices.append(_shard(found, shard, seconds))
    except (RevisionError, ShardError) as error:
        refuse(f"error: {error}")
    return found


def _last_failed(found: Narrowing) -> _Choice:
    from adbench.runner.last_failed import last

    failed = last(Path()).failed

    def choose(tasks: list[Task]) -> list[Task]:
        chosen = [task for task in tasks if task.name in failed]
        if chosen:
            found.words.append(f"--last-failed: {_of(chosen, tasks)} failed the last time")
            return chosen
        found.words.append("--last-failed: none of these failed the last time, so all are run")
        return tasks

    return choose


def _changed_since(found: Narrowing, revision: str) -> _Choice:
    from adbench.runner.changed import Changes
    from adbench.runner.changed_git import changed_files, toplevel

    here = Path.cwd()
    changes = Changes(toplevel(here), changed_files(here, revision))

    def choose(tasks: list[Task]) -> list[Task]:
        chosen = [task for task in tasks if changes.affects(task)]
        found.words.append(
            f"--changed-since {revision}: {_of(chosen, tasks)} may be affected by "
            f"{len(changes.files)} changed {'file' if len(changes.files) == 1 else 'files'}"
        )
        return chosen

    return choose


def _shard(found: Narrowing, text: str, seconds: Mapping[str, float]) -> _Choice:
    from adbench.runner.changed_git import code_of
    from adbench.runner.last_failed import last
    from adbench.runner.shard import Part, shard

    part, code = Part.parse(text), code_of(Path())
    durations = seconds or last(Path()).seconds

    def choose(tasks: list[Task]) -> list[Task]:
        chosen, found.shard = shard(tasks, part, durations, code)
        found.words.append(f"--shard {text}: {_of(chosen, tasks)}")
        return chosen

    return choose


def _of(chosen: Sequence[Task], tasks: Sequence[Task]) -> str:
    return f"{len(chosen)} of {len(tasks)} {'check' if len(tasks) == 1 else 'checks'}"
