"""The clock in the worker: calibration, first calls, void samples; no test asserts a time."""

from __future__ import annotations

import gc
from itertools import count
from typing import Any

import numpy as np
import pytest

from adbench.backends.protocol import Timed
from adbench.bench.likeness import alike, fingerprint
from adbench.bench.timing import first_call, sample


@pytest.fixture(autouse=True)
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on whether the machine is busy."""
    monkeypatch.setattr("adbench.bench.timing._preemptions", lambda: 0)


def timed(call: Any, **more: Any) -> Timed:
    return Timed(call, inputs=(), **more)


def test_calibration_finds_enough_calls_and_counts_them() -> None:
    made = count()
    found = sample(timed(lambda: (next(made),)), calls=0, at_least=1e-3)
    assert found.calls > 1
    assert found.busy >= found.seconds
    assert next(made) > found.calls


def test_a_sample_waits_for_each_call_and_makes_one_more_before() -> None:
    events: list[str] = []
    operation = timed(lambda: events.append("call"), wait=lambda _: events.append("wait"))
    found = sample(operation, calls=3, at_least=1.0)
    assert found.calls == 3
    assert events == ["call", "wait"] * 4


def test_a_short_sample_in_which_the_core_was_taken_away_is_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    switches = iter([0, 1, 1, 1])  # in the first try one; in the second none
    monkeypatch.setattr("adbench.bench.timing._preemptions", lambda: next(switches))
    calls = count()
    found = sample(timed(lambda: next(calls)), calls=1, at_least=1.0)
    assert found.preempted == 1
    assert next(calls) == 2


def test_a_machine_that_never_rests_does_not_keep_a_sample_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    switches = count()
    monkeypatch.setattr("adbench.bench.timing._preemptions", lambda: next(switches))
    assert sample(timed(lambda: None), calls=1, at_least=1.0).preempted == 3


def test_the_garbage_collector_rests_during_a_sample_and_is_put_back() -> None:
    seen = []
    sample(timed(lambda: seen.append(gc.isenabled())), calls=1, at_least=1.0)
    assert seen == [False]
    assert gc.isenabled()


def test_a_compilation_within_a_sample_is_told() -> None:
    compiled = count()
    operation = timed(lambda: next(compiled), compilations=lambda: 5)
    assert sample(operation, calls=1, at_least=1.0).compilations == 0
    made = iter([5, 7])
    operation = timed(lambda: None, compilations=lambda: next(made))
    assert sample(operation, calls=1, at_least=1.0).compilations == 2


def test_stages_are_what_the_first_call_added_and_what_is_left_is_its_execution() -> None:
    spent = {"trace": 1.0, "compile": 2.0}
    calls = count()

    def call() -> tuple[Any, ...]:
        if next(calls) == 0:
            spent["compile"] += 1e-9
        return (np.ones(2),)

    found = first_call(timed(call, stages=lambda: dict(spent)), "jit", warm=0.0)
    assert [stage.name for stage in found.stages] == ["compile", "first execution"]
    assert sum(stage.seconds for stage in found.stages) == pytest.approx(found.seconds)


def test_a_compiled_mode_is_called_until_it_no_longer_compiles() -> None:
    calls = count()
    compiled = [0]

    def call() -> tuple[Any, ...]:
        if next(calls) < 2:
            compiled[0] += 1
        return (np.ones(1),)

    found = first_call(timed(call, compilations=lambda: compiled[0]), "compiled", warm=0.0)
    assert found.compilations == 2
    assert found.later == 0


def test_what_compiles_at_every_call_is_seen_after_the_first() -> None:
    compiled = [0]

    def call() -> tuple[Any, ...]:
        compiled[0] += 1
        return (np.ones(1),)

    found = first_call(timed(call, compilations=lambda: compiled[0]), "eager", warm=0.0)
    assert found.compilations == 1
    assert found.later >= 1


def test_a_function_that_gives_other_values_each_time_is_not_steady() -> None:
    rng = np.random.default_rng(0)
    assert not first_call(timed(lambda: (rng.normal(size=3),)), "eager", warm=0.0).steady
    assert first_call(timed(lambda: (np.array([1.0, np.nan]), None)), "eager", warm=0.0).steady
    shapes = iter([np.ones(2), np.ones(3)])
    assert not first_call(timed(lambda: (next(shapes),)), "eager", warm=0.0).steady


def test_a_fingerprint_tells_one_wrong_element_and_bears_another_order_of_sums() -> None:
    rng = np.random.default_rng(1)
    gradient = rng.normal(size=(30, 40))
    eps = float(np.finfo(float).eps)
    one = fingerprint([gradient, None, np.array(1 + 2j)])
    assert alike(one, fingerprint([gradient * (1 + 2e-16), None, np.array(1 + 2j)]), 1e-10, eps)
    wrong = gradient.copy()
    wrong[17, 23] *= 1.001
    assert not alike(one, fingerprint([wrong, None, np.array(1 + 2j)]), 1e-10, eps)
    assert not alike(one, fingerprint([gradient, None, np.array(2 + 1j)]), 1e-10, eps)
    assert not alike(one, fingerprint([gradient, np.ones(3), np.array(1 + 2j)]), 1e-10, eps)


def test_a_missing_gradient_is_like_zeros_of_any_size_only_where_both_miss_it() -> None:
    assert alike(fingerprint([None]), fingerprint([None]), 1e-10, 1e-16)
    assert alike(fingerprint([None]), fingerprint([np.zeros(1)]), 1e-10, 1e-16)
