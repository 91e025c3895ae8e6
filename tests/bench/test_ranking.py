"""Ranks with ties, break-even calls, and what one side's time against another's says."""

from __future__ import annotations

import numpy as np
import pytest

from adbench.bench.ranking import LEAST_MARGIN, Cost, break_even, margin, ranks
from adbench.bench.sides import side_verdict
from adbench.bench.statistics import Reading
from adbench.record.bench import Interval


def readings(seconds: float, noise: float = 0.002, seed: int = 0) -> list[Reading]:
    rng = np.random.default_rng(seed)
    return [
        Reading(process, sweep, seconds * (1 + noise * rng.standard_normal()))
        for process in range(3)
        for sweep in range(10)
    ]


def test_equals_share_a_rank_and_the_next_one_is_counted_on() -> None:
    series = {
        "slow": readings(2.0, seed=1),
        "one": readings(1.0, seed=2),
        "other": readings(1.001, seed=3),
        "absent": [],
    }
    assert ranks(series, LEAST_MARGIN) == {"one": 1, "other": 1, "slow": 3}


def test_a_wide_margin_makes_a_tie_of_what_a_narrow_one_tells_apart() -> None:
    series = {"a": readings(1.0, seed=4), "b": readings(1.1, seed=5)}
    assert ranks(series, 0.02) == {"a": 1, "b": 2}
    assert ranks(series, 0.2) == {"a": 1, "b": 1}


def test_noise_makes_a_tie() -> None:
    series = {"a": readings(1.0, noise=0.5, seed=6), "b": readings(1.05, noise=0.5, seed=7)}
    assert set(ranks(series, 0.02).values()) == {1}


def test_a_noise_floor_widens_the_margin_and_never_narrows_it() -> None:
    assert margin(None) == LEAST_MARGIN
    assert margin(0.001) == LEAST_MARGIN
    assert margin(0.3) == 0.3


def test_break_even_is_where_the_total_times_meet() -> None:
    compiled, plain = Cost(first=10.0, steady=0.1), Cost(first=1.0, steady=1.0)
    found = break_even("torch:eager", compiled, plain, 0.02)
    assert found.against == "torch:eager"
    n = found.calls
    assert n is not None
    total = [cost.first + (n - 1) * cost.steady for cost in (compiled, plain)]
    assert total[0] == pytest.approx(total[1])


@pytest.mark.parametrize("steady", [1.0, 1.5, 0.99])
def test_what_is_not_faster_never_pays(steady: float) -> None:
    found = break_even("e", Cost(10.0, steady), Cost(1.0, 1.0), 0.02)
    assert found.calls is None


def test_a_cheaper_first_call_pays_at_once() -> None:
    assert break_even("e", Cost(0.5, 0.1), Cost(1.0, 1.0), 0.02).calls == 1.0


@pytest.mark.parametrize(
    ("low", "high", "margin", "verdict"),
    [
        (1.03, 1.2, 0.02, "regression"),
        (1.019, 1.2, 0.02, "inconclusive"),
        (0.8, 0.97, 0.02, "improvement"),
        (0.8, 0.99, 0.02, "inconclusive"),
        (0.99, 1.01, 0.02, "same"),
        (0.95, 1.05, 0.02, "inconclusive"),
        # A margin as wide as the noise of a busy machine lets nothing pass as the same.
        (0.7, 1.3, 0.5, "inconclusive"),
        (1.2, 1.4, 0.5, "inconclusive"),
        (0.97, 1.03, 0.5, "same"),
    ],
)
def test_here_against_there(low: float, high: float, margin: float, verdict: str) -> None:
    ratio = Interval(value=(low + high) / 2, low=low, high=high)
    assert side_verdict(ratio, margin) == verdict
