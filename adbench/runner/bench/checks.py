"""First of all, are the gradients right? One mode of each backend is checked in full."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from adbench.backends import unavailable
from adbench.record.model import CaseResult
from adbench.runner import outcomes
from adbench.runner.pool import run_in_pool
from adbench.runner.tasks import Task

_CHEAPEST = {"native": "eager", "torch": "eager", "jax": "jit", "manual": "eager"}
"""Hundreds of values are quicker had op by op from PyTorch, and from a compiled JAX."""


def representatives(tasks: Sequence[Task]) -> list[int]:
    """The tasks whose checks stand for all modes of their case and backend.

    The others' gradients are held against theirs in the benchmark itself, at the same point.
    """
    best: dict[tuple[str, str, str], int] = {}
    for index, task in enumerate(tasks):
        key = (task.case.suite, task.case.name, task.backend)
        if key not in best or task.mode == _CHEAPEST.get(task.backend):
            best[key] = index
    return sorted(best.values())


def check(
    tasks: Sequence[Task],
    *,
    timeout: float | None,
    deadline: float,
    on_start: Callable[[Task], object],
    on_result: Callable[[CaseResult], object],
) -> Iterator[tuple[int, CaseResult]]:
    """Yield each task's place and result as it is done, until `deadline` (of `time.monotonic`)."""
    here = []
    for index, task in enumerate(tasks):
        if (error := unavailable(task.backend)) is not None:
            yield index, outcomes.unavailable(task, error)
        else:
            here.append(index)
    arriving = run_in_pool([tasks[i] for i in here], timeout=timeout, on_start=on_start)
    with closing(arriving):
        for outcome in arriving:
            on_result(outcome.result)
            yield here[outcome.index], outcome.result
            if time.monotonic() > deadline:
                return
