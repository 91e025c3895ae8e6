"""How many threads compute: seen from each thread's own CPU time while the derivative runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from adbench.bench.protocol import ThreadsSeen
from adbench.bench.subject import Subject
from adbench.record.bench import Threads

AT_WORK = 0.1
"""A thread is at work if it used more than this share of what the busiest one did. A machine that
is busy otherwise slows all threads alike, so a share of a whole core would not do."""
_TASKS = Path("/proc/self/task")
_ROUNDS = 3
"""A thread that only helped once (a library's pool as it starts, a garbage collection) is not at
work: the fewest over this many rounds count, or over as many as the time allows."""
_ENDING = 0.02
"""Seconds in which a thread that has been joined disappears from the system's list."""


def prove(subject: Subject, seconds: float) -> ThreadsSeen:
    """Run the derivative for about `seconds` and count the threads that computed.

    Where the system does not tell each thread's CPU time (only Linux does), it is the process's
    CPU time over the wall time, rounded up.
    """
    subject.derivative()  # pools start their threads with the first work
    affinity = getattr(os, "sched_getaffinity", None)
    deadline = time.perf_counter() + seconds
    seen = [at_work(subject.derivative, seconds / _ROUNDS)]
    while len(seen) < _ROUNDS and time.perf_counter() < deadline:
        seen.append(at_work(subject.derivative, seconds / _ROUNDS))
    cores = tuple(sorted(affinity(0))) if affinity else ()
    return ThreadsSeen(threads=Threads(requested=subject.threads, observed=min(seen), cores=cores))


def at_work(work: Callable[[], object], seconds: float) -> int:
    """How many threads of this process computed while `work` was repeated for about `seconds`.

    A thread that ended meanwhile has taken its own CPU time along; what the process used beyond
    all living threads' is counted as one more. One that is just ending belongs to those: the
    system lists it for a moment after it has been joined, and it would be counted twice.
    """
    before, process, begin = cpu_times(), time.process_time(), time.perf_counter()
    while True:
        work()
        elapsed = time.perf_counter() - begin
        if elapsed >= seconds:
            break
    used_by_all = time.process_time() - process
    after = cpu_times()
    time.sleep(_ENDING)
    living = cpu_times().keys()
    used = [after[thread] - before.get(thread, 0.0) for thread in after if thread in living]
    if not used:
        return max(1, -int(-(used_by_all / elapsed - AT_WORK) // 1))
    busiest = max(used)
    ended = used_by_all - sum(used)
    return sum(u > AT_WORK * busiest for u in used) + (ended > AT_WORK * busiest)


def cpu_times() -> dict[int, float]:
    """Seconds of CPU that each living thread has used; empty where the system does not tell.

    From the scheduler's nanoseconds where the kernel keeps them, otherwise from the clock ticks
    of `/proc/self/task/*/stat`, a hundred a second.
    """
    times: dict[int, float] = {}
    try:
        threads = list(_TASKS.iterdir())
    except OSError:
        return times
    for thread in threads:
        try:
            times[int(thread.name)] = _scheduled(thread)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended since
    return times


def _scheduled(thread: Path) -> float:
    try:
        return int((thread / "schedstat").read_text(encoding="ascii").split()[0]) * 1e-9
    except (FileNotFoundError, IndexError):
        return _ticked((thread / "stat").read_text(encoding="utf-8", errors="replace"))


def _ticked(stat: str) -> float:
    """User and system time of a line of `stat`; the name, in brackets, may hold blanks."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))
