"""Tasks in this very process, one after the other: for debuggers, and where none can be started."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

from adbench.record.environment import loaded_threads
from adbench.runner.execute import execute
from adbench.runner.pool import Outcome
from adbench.runner.tasks import Task


def run_in_process(
    tasks: Sequence[Task], on_start: Callable[[Task], object] | None = None
) -> Generator[Outcome]:
    """Yield each task's outcome, in order. A crash of a task is a crash of this process."""
    for index, task in enumerate(tasks):
        result = execute(task, started=partial(_tell, on_start, task))
        threads = {f"{task.backend}/{name}": n for name, n in loaded_threads().items()}
        yield Outcome(index, result, threads)


def _tell(on_start: Callable[[Task], object] | None, task: Task) -> None:
    if on_start is not None:
        on_start(task)
