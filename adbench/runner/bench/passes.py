"""Memory: a pass of its own for each task, in a fresh process, never while anything is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from adbench.bench.memory import ENVIRONMENT
from adbench.bench.protocol import Bound, Failed, MeasureMemory, MemoryMeasured
from adbench.record.bench import Memory, What
from adbench.runner.bench.against import OtherSide
from adbench.runner.bench.book import Entry
from adbench.runner.bench.client import BenchWorker, Seat, WorkerLostError
from adbench.runner.bench.ledger import Ledger
from adbench.runner.bench.messages import Bind
from adbench.runner.tasks import Task


def measure_memory(
    entries: Sequence[Entry],
    seat: Seat,
    what: What,
    ledger: Ledger,
    *,
    seconds: float,
    announce: Callable[[str], object],
    other: OtherSide | None = None,
) -> None:
    """Measure each task's peak memory, here and on the other side, until about `seconds` are
    over."""
    deadline = time.monotonic() + seconds
    variables = {**(seat.variables or {}), **ENVIRONMENT}
    with ledger.use("passes"):
        for entry in entries:
            left = deadline - time.monotonic()
            if left <= 0:
                entry.warn("memory was not measured: the budget did not allow it")
                continue
            announce(f"{entry.task.name}: memory")
            here = replace(seat, variables=variables)
            entry.memory = _measure(entry, entry.task, here, what, left)
            if other is not None and not entry.missing_there:
                there = other.task(entry.task)
                entry.memory_there = _measure(entry, there, other.seat(here), what, left)


def _measure(entry: Entry, task: Task, seat: Seat, what: What, patience: float) -> Memory | None:
    worker = BenchWorker(task.backend, task.mode, seat)
    patience = min(patience, 600.0)
    try:
        worker.await_ready()
        bind = Bind(task=task, what=what, threads=seat.threads)
        for request in (bind, MeasureMemory()):
            answer = worker.ask(request, patience)
            if isinstance(answer, Failed):
                entry.warn(f"memory was not measured: {_first_line(answer.failure.message)}")
                return None
            assert isinstance(answer, Bound | MemoryMeasured), answer
            if isinstance(answer, MemoryMeasured):
                for warning in answer.warnings:
                    entry.warn(warning)
                return answer.memory
    except WorkerLostError as error:
        entry.warn(f"memory was not measured: {_first_line(error.failure.message)}")
    finally:
        worker.close()
    return None


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0]
