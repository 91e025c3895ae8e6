"""Memory, and what other data compile: a fresh process for each task, never while one is timed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from adbench.bench.memory import ENVIRONMENT
from adbench.bench.protocol import (
    Bound,
    CountRetraces,
    Failed,
    MeasureMemory,
    MemoryMeasured,
    Message,
    RetracesCounted,
)
from adbench.record.bench import Memory, Retraces, What
from adbench.runner.bench.against import OtherSide
from adbench.runner.bench.book import Entry
from adbench.runner.bench.client import STARTUP_SECONDS, BenchWorker, Seat, WorkerLostError
from adbench.runner.bench.ledger import Ledger
from adbench.runner.bench.messages import Bind
from adbench.runner.tasks import Task

_NO_MEMORY = "memory was not measured"
_AHEAD = 2
_LEAST_PATIENCE = 2.0
_RETRACE_POINTS, _RETRACE_SECONDS = 5, 20.0


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
    jobs = deque(_jobs(entries, seat, other))
    started: deque[tuple[_Job, BenchWorker]] = deque()
    try:
        with ledger.use("passes"):
            while jobs or started:
                # The next processes import and bind while this one is measured.
                while jobs and len(started) < _AHEAD and time.monotonic() < deadline:
                    job = jobs.popleft()
                    worker = BenchWorker(job.task.backend, job.task.mode, job.seat)
                    started.append((job, worker))
                if not started:
                    break
                job, worker = started.popleft()
                announce(f"{job.entry.task.name}: memory")
                patience = max(deadline - time.monotonic(), _LEAST_PATIENCE)
                found = _measure(job.entry, job.task, worker, what, patience)
                if job.there:
                    job.entry.memory_there = found
                else:
                    job.entry.memory = found
    finally:
        for _, worker in started:
            worker.close()
    for job in jobs:
        job.entry.warn(f"{_NO_MEMORY}: the budget did not allow it")


@dataclass(frozen=True, slots=True)
class _Job:
    """One process to measure in."""

    entry: Entry
    task: Task
    seat: Seat
    there: bool = False


def _jobs(entries: Sequence[Entry], seat: Seat, other: OtherSide | None) -> Iterator[_Job]:
    here = replace(seat, variables={**(seat.variables or {}), **ENVIRONMENT})
    for entry in entries:
        yield _Job(entry, entry.task, here)
        if other is not None and not entry.missing_there:
            yield _Job(entry, other.task(entry.task), other.seat(here), there=True)


def _measure(
    entry: Entry, task: Task, worker: BenchWorker, what: What, patience: float
) -> Memory | None:
    seat = worker.seat
    patience = min(patience, 600.0)
    memory, doing = None, _NO_MEMORY
    try:
        worker.await_ready(min(patience, STARTUP_SECONDS))
        for request, wanted in _requests(entry, task, seat, what, patience):
            doing = wanted
            answer = worker.ask(request, patience)
            if isinstance(answer, Failed):
                entry.warn(f"{doing}: {_first_line(answer.failure.message)}")
                return memory
            assert isinstance(answer, Bound | MemoryMeasured | RetracesCounted), answer
            if isinstance(answer, MemoryMeasured):
                memory = answer.memory
                for warning in answer.warnings:
                    entry.warn(warning)
            elif isinstance(answer, RetracesCounted) and answer.points:
                entry.data_retraces = Retraces(
                    points=answer.points, compilations=answer.compilations
                )
    except WorkerLostError as error:
        entry.warn(f"{doing}: {_first_line(error.failure.message)}")
    finally:
        worker.close()
    return memory


def _requests(
    entry: Entry, task: Task, seat: Seat, what: What, patience: float
) -> Iterator[tuple[Message, str]]:
    """What the process is asked, each with the words for when it does not come to be."""
    yield Bind(task=task, what=what, threads=seat.threads), _NO_MEMORY
    yield MeasureMemory(), _NO_MEMORY
    if task is entry.task:  # the other side may be too old to be asked
        seconds = min(_RETRACE_SECONDS, patience / 4)
        request = CountRetraces(points=_RETRACE_POINTS, seconds=seconds)
        yield request, "other data was not tried"


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0]
