"""Threads whose number is known: counted while they compute, sleep, or are gone again."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from adbench.bench import threads
from adbench.bench.threads import at_work, cpu_times, prove

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells threads' CPU time")


def compute(size: int = 200) -> None:
    """Some milliseconds in NumPy's own loops, which let other threads run meanwhile."""
    x = np.ones((size, size * 50))
    for _ in range(5):
        np.sin(x, out=x)


def in_threads(count: int) -> Callable[[], None]:
    pool = ThreadPoolExecutor(count)
    gate = threading.Barrier(count)

    def one() -> None:
        gate.wait()
        compute()

    def work() -> None:
        for future in [pool.submit(one) for _ in range(count)]:
            future.result()

    return work


@linux
@pytest.mark.parametrize("count", [1, 2, 3])
def test_threads_that_compute_are_counted(count: int) -> None:
    """The caller waits for them, which is not work; more threads than cores take turns."""
    work = in_threads(count)
    assert min(at_work(work, 0.2) for _ in range(3)) == count


@linux
def test_the_calling_thread_alone() -> None:
    assert min(at_work(compute, 0.1) for _ in range(3)) == 1


@linux
def test_threads_that_ended_meanwhile_have_worked_too() -> None:
    def work() -> None:
        other = threading.Thread(target=compute)
        other.start()
        compute()
        other.join()

    # As `prove` does: the fewest of some rounds, since any library's thread may wake up once.
    assert min(at_work(work, 0.2) for _ in range(3)) == 2


@linux
def test_cpu_time_is_that_of_the_process() -> None:
    """Against the process's own clock."""
    before, own = cpu_times(), time.process_time()
    compute()
    used = {thread: total - before.get(thread, 0.0) for thread, total in cpu_times().items()}
    assert sum(used.values()) == pytest.approx(time.process_time() - own, rel=0.2, abs=0.02)
    assert max(used, key=used.__getitem__) == threading.get_native_id()


def test_clock_ticks_of_a_thread_with_an_awkward_name() -> None:
    line = "7 (a) b) R 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1"
    hertz = os.sysconf("SC_CLK_TCK")
    assert threads._ticked(line) == pytest.approx(300 / hertz)


def test_without_proc_the_process_s_clock_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.setattr(threads, "_TASKS", type(threads._TASKS)(tmp_path) / "missing")
    assert cpu_times() == {}
    assert at_work(compute, 0.2) == 1


def test_proof_of_a_subject(subject) -> None:
    seen = prove(subject(lambda x: np.sin(x).sum(), np.ones(10)), 0.1).threads
    assert seen.requested == 1
    assert seen.observed == 1
    assert set(seen.cores) == (
        os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    )


def test_a_slow_derivative_is_called_twice(subject) -> None:
    calls = []

    def slow() -> tuple[()]:
        calls.append(None)
        compute()
        return ()

    made = subject(np.sin, np.ones(2))
    prove(replace(made, timed=replace(made.timed, call=slow)), 1e-6)
    assert len(calls) == 2
