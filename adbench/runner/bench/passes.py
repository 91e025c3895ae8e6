"""Memory: a pass of its own for each task, in a fresh process, never while anything is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from adbench.bench.memory import ENVIRONMENT
from adbench.bench.protocol import Bound, Failed, MeasureMemory, MemoryMeasured
from adbench.record.bench import What
from adbench.runner.bench.book import Entry
from adbench.runner.bench.client import BenchWorker, Seat, WorkerLostError
from adbench.runner.bench.ledger import Ledger
from adbench.runner.bench.messages import Bind


def measure_memory(
    entries: Sequence[Entry],
    seat: Seat,
    what: What,
    ledger: Ledger,
    *,
    seconds: float,
    announce: Callable[[str], object],
) -> None:
    """Measure each task's peak memory, until about `seconds` are over."""
    deadline = time.monotonic() + seconds
    variables = {**(seat.variables or {}), **ENVIRONMENT}
    with ledger.use("passes"):
        for entry in entries:
            left = deadline - time.monotonic()
            if left <= 0:
                entry.warn("memory was not measured: the budget did not allow it")
                continue
            announce(f"{entry.task.name}: memory")
            _measure(entry, replace(seat, variables=variables), what, left)


def _measure(entry: Entry, seat: Seat, what: What, patience: float) -> None:
    worker = BenchWorker(entry.task.backend, entry.task.mode, seat)
    patience = min(patience, 600.0)
    try:
        worker.await_ready()
        bind = Bind(task=entry.task, what=what, threads=seat.threads)
        for request in (bind, MeasureMemory()):
            answer = worker.ask(request, patience)
            if isinstance(answer, Failed):
                entry.warn(f"memory was not measured: {_first_line(answer.failure.message)}")
                return
            assert isinstance(answer, Bound | MemoryMeasured), answer
            if isinstance(answer, MemoryMeasured):
                entry.memory = answer.memory
                for warning in answer.warnings:
                    entry.warn(warning)
    except WorkerLostError as error:
        entry.warn(f"memory was not measured: {_first_line(error.failure.message)}")
        return
    finally:
        worker.close()


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0]
