"""Tasks in this very process, one after the other: for debuggers, and where none can be started."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from adbench.record.environment import loaded_threads
from adbench.runner.execute import execute
from adbench.runner.pool import Outcome
from adbench.runner.tasks import Task


def run_in_process(tasks: Sequence[Task]) -> Generator[Outcome]:
    """Yield each task's outcome, in order. A crash of a task is a crash of this process."""
    for index, task in enumerate(tasks):
        result = execute(task, started=lambda: None)
        threads = {f"{task.backend}/{name}": n for name, n in loaded_threads().items()}
        yield Outcome(index, result, threads)
