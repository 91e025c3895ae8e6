"""What is decided without a worker: who is checked, whom a round can afford, where there is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from adbench.bench.statistics import Reading
from adbench.record.model import CaseResult, Verdict
from adbench.runner.bench import BenchOptions, bench_plan
from adbench.runner.bench.against import other_side
from adbench.runner.bench.api import _affordable, _judge
from adbench.runner.bench.book import CaseBook, Entry, books
from adbench.runner.bench.checks import representatives
from adbench.runner.bench.client import Seat
from adbench.runner.bench.results import measurements, noise_floor, side_by_side
from adbench.suite import resolve_targets

HOSTILE = Path(__file__).with_name("hostile.py")


def tasks(*backends: str) -> Any:
    suites = resolve_targets([f"{HOSTILE}:right"], args=["x=normal(3)"])
    return bench_plan(suites, BenchOptions(backends=backends))


def entries(*backends: str) -> list[Entry]:
    return [Entry(task) for task in tasks(*backends)]


def test_one_mode_of_each_backend_stands_for_the_others() -> None:
    planned = tasks("native:compiled", "native:eager", "torch:compile", "jax:eager", "jax:jit")
    chosen = [f"{planned[i].backend}:{planned[i].mode}" for i in representatives(planned)]
    assert chosen == ["native:eager", "torch:compile", "jax:jit"]


def test_what_is_timed_is_what_is_checked() -> None:
    suites = resolve_targets([f"{HOSTILE}:right"], args=["x=normal(3)"])
    for what, derivative in (("vjp", "vjp"), ("hvp", "hvp"), ("primal", "vjp")):
        (task,) = bench_plan(suites, BenchOptions(backends=["native:eager"], what=what))  # type: ignore[arg-type]
        assert task.options.derivatives == (derivative,)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.PASS, "unfinished"),
        (Verdict.KINK, "unfinished"),
        (Verdict.FAIL, "wrong"),
        (Verdict.INCONCLUSIVE, "wrong"),
        (Verdict.ERROR, "failed"),
        (Verdict.SKIPPED, "skipped"),
    ],
)
def test_only_what_passed_is_measured(verdict: Verdict, status: str) -> None:
    (entry,) = entries("native:eager")
    result = CaseResult(
        suite="s", case="c", backend="native", mode="eager", dtype="float64", seed=0,
        verdict=verdict, reason="because",
    )  # fmt: skip
    _judge(entry, result)
    assert entry.status == status
    assert entry.stopped == (status != "unfinished")


def test_the_quickest_come_first_where_not_all_can_be_started_again() -> None:
    a, b, c = entries("native:eager", "torch:compile", "jax:jit")
    a.costs, b.costs, c.costs = [1.0], [30.0, 20.0], [3.0]
    assert _affordable([a, b, c], 5.0) == [a, c]
    assert _affordable([a, b, c], 100.0) == [a, b, c]
    assert _affordable([a, b, c], 0.5) == []


def filled(*backends: str, there: float | None = None) -> CaseBook:
    """A case whose backends are each twice as slow as the one before."""
    (book,) = books(tasks(*backends))
    for place, entry in enumerate(book.entries):
        for process in range(3):
            for sweep in range(10):
                seconds = 2.0**place * (1 + 0.001 * ((7 * sweep + process) % 5))
                entry.read("derivative", Reading(process, sweep, seconds))
                entry.read("primal", Reading(process, sweep, seconds / 4))
                if there is not None:
                    entry.there.append(Reading(process, sweep, seconds / there))
    return book


def test_measurements_say_ratio_rank_and_reference() -> None:
    fast, slow = measurements([filled("native:eager", "torch:eager")], "vjp", None)
    assert (fast.rank, slow.rank) == (1, 2)
    assert fast.reference == slow.reference == "native:eager"
    assert slow.relative is not None
    assert slow.relative.value == pytest.approx(2.0)
    assert slow.ratio is not None
    assert slow.ratio.value == pytest.approx(4.0)
    assert fast.samples == 30
    assert fast.restarts == 3
    assert not fast.warnings


def test_a_noise_floor_above_a_difference_makes_a_tie() -> None:
    found = measurements([filled("native:eager", "torch:eager")], "vjp", 1.5)
    assert [m.rank for m in found] == [1, 1]


def test_equals_have_no_noise_and_unequals_do() -> None:
    book = filled("native:eager")
    here = book.entries[0].readings["derivative"]
    book.twin = list(here)
    assert noise_floor([book], "native:eager") == 0.0
    book.twin = [Reading(r.process, r.sweep, r.seconds * (1 + 0.1 * r.process)) for r in here]
    noise = noise_floor([book], "native:eager")
    assert noise is not None
    assert 0.05 < noise < 0.2
    assert noise_floor([book], None) is None


@pytest.mark.parametrize(
    ("there", "verdict"), [(1.1, "regression"), (1.0, "same"), (0.9, "improvement")]
)
def test_sides(there: float, verdict: str) -> None:
    (side,) = side_by_side([filled("native:eager", there=there)], "vjp", None)
    assert side.verdict == verdict
    assert side.ratio.value == pytest.approx(there)
    assert side.margin == 0.02
    assert side_by_side([filled("native:eager")], "vjp", None) == ()


def test_another_environment_has_its_own_path_and_the_same_task() -> None:
    (task,) = tasks("native:eager")
    with other_side(sys.executable, [task]) as other:
        seat = other.seat(Seat(cores=(0,), threads=1))
        assert other.task(task) is task
        assert seat.command("native")[0] == sys.executable
        assert seat.command("native")[-1] == "0"  # no path of ours follows the memory limit
        assert seat.environment()["OMP_NUM_THREADS"] == "1"
        assert seat.environment()["NPROC"] == "1"
