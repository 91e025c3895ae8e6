"""Time as a benchmark keeps it: what is left, who may take how long, and what was overhead."""

from __future__ import annotations

import pytest

from adbench.runner.bench.ledger import Ledger


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("adbench.runner.bench.ledger.time.monotonic", clock)
    return clock


def test_without_a_budget_there_is_always_time(clock: Clock) -> None:
    ledger = Ledger(None)
    clock.now += 1e6
    assert ledger.left == float("inf")
    assert 0 < ledger.patience < float("inf")


def test_a_request_may_take_half_of_what_is_left(clock: Clock) -> None:
    ledger = Ledger(100.0)
    assert ledger.patience == 50.0
    clock.now += 60.0
    assert ledger.left == 40.0
    assert ledger.patience == 20.0


@pytest.mark.parametrize("budget", [1.0, 10.0, 100.0, 1000.0])
def test_however_late_a_request_begins_it_keeps_the_budget_within_a_tenth(
    clock: Clock, budget: float
) -> None:
    ledger = Ledger(budget)
    begin = clock.now
    for share in (0.0, 0.5, 0.9, 0.99, 1.0):
        clock.now = begin + share * budget
        assert share * budget + ledger.patience <= 1.1 * budget


def test_what_was_put_to_no_use_is_overhead(clock: Clock) -> None:
    ledger = Ledger(None)
    with ledger.use("import"):
        clock.now += 3.0
    clock.now += 1.0  # the runner's own
    ledger.add("timed", 2.0)
    clock.now += 2.0  # a worker says that it was timing
    with ledger.use("check"):
        clock.now += 4.0
    assert ledger.spent == {"import": 3.0, "timed": 2.0, "check": 4.0}
    assert ledger.overhead == pytest.approx(0.1)
