"""Intervals against what is known of them: coverage, pairing, and processes that differ."""

from __future__ import annotations

import numpy as np
import pytest

from adbench.bench.statistics import (
    Reading,
    by_process,
    half_width,
    median_interval,
    paired_ratios,
    ratio_interval,
)
from adbench.record.bench import Interval


def test_the_value_is_the_median_of_all_samples() -> None:
    found = median_interval([[1.0, 2.0, 3.0], [4.0, 100.0]])
    assert found is not None
    assert found.value == 3.0
    assert 1.0 <= found.low <= 3.0 <= found.high <= 100.0


def test_no_samples_have_no_interval() -> None:
    assert median_interval([]) is None
    assert median_interval([[], []]) is None


def test_one_sample_is_its_own_interval() -> None:
    assert median_interval([[2.5]]) == Interval(value=2.5, low=2.5, high=2.5)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    trials = 200
    for number in range(trials):
        found = median_interval([rng.normal(10.0, 1.0, 40).tolist()], seed=number)
        assert found is not None
        hits += found.low <= 10.0 <= found.high
    # 95 %, give or take 3.3 standard deviations of a binomial of 200.
    assert 0.90 <= hits / trials <= 1.0


def test_processes_that_differ_widen_the_interval_as_more_samples_of_each_cannot() -> None:
    rng = np.random.default_rng(2)
    apart = [rng.normal(center, 0.01, 200).tolist() for center in (1.0, 1.1, 1.2, 1.3)]
    alike = [rng.normal(1.15, 0.01, 200).tolist() for _ in range(4)]
    wide, narrow = median_interval(apart), median_interval(alike)
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > 0.1
    assert narrow.high - narrow.low < 0.01


def test_one_odd_process_of_eight_does_not_move_the_interval() -> None:
    rng = np.random.default_rng(3)
    groups = [rng.normal(1.0, 0.005, 5).tolist() for _ in range(7)]
    found = median_interval([*groups, [1.4] * 5])
    assert found is not None
    assert found.high < 1.02


def test_ratios_pair_what_was_taken_in_the_same_sweep_of_the_same_process() -> None:
    over = [Reading(0, 0, 2.0), Reading(0, 1, 6.0), Reading(1, 0, 5.0), Reading(1, 7, 9.0)]
    under = [Reading(0, 0, 1.0), Reading(0, 1, 2.0), Reading(1, 0, 5.0), Reading(1, 8, 1.0)]
    assert paired_ratios(over, under) == [[2.0, 3.0], [1.0]]
    assert by_process(over) == [[2.0, 6.0], [5.0, 9.0]]
    found = ratio_interval(over, under)
    assert found is not None
    assert found.value == 2.0
    assert ratio_interval(over, []) is None


def test_a_drift_of_the_whole_machine_leaves_paired_ratios_alone() -> None:
    drift = np.linspace(1.0, 3.0, 30)
    under = [Reading(0, i, 1e-3 * d) for i, d in enumerate(drift)]
    over = [Reading(0, i, 1.1e-3 * d) for i, d in enumerate(drift)]
    found = ratio_interval(over, under)
    assert found is not None
    assert found.low == pytest.approx(1.1)
    assert found.high == pytest.approx(1.1)


def test_the_noise_floor_is_half_of_an_interval_of_equals() -> None:
    assert half_width(Interval(value=1.0, low=0.97, high=1.01)) == pytest.approx(0.02)
    assert half_width(Interval(value=1.0, low=1.0, high=1.0)) == 0.0
