"""Forward differences: how many primals a gradient costs, counted by the function itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from adbench.bench.numeric import measure
from adbench.bench.subject import Subject


class Counting:
    """A primal that counts its calls, and may take its time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.calls, self.seconds = 0, seconds

    def __call__(self) -> tuple[np.ndarray, ...]:
        self.calls += 1
        time.sleep(self.seconds)
        return (np.ones(3),)


def with_primal(subject: Subject, primal: Counting) -> Subject:
    return replace(subject, untracked=replace(subject.untracked, call=primal))


@pytest.mark.parametrize(("dtype", "primals"), [("float64", 7), ("complex128", 13)])
def test_a_gradient_costs_one_primal_more_than_it_has_numbers(
    dtype: str, primals: int, subject: Callable[..., Subject]
) -> None:
    primal = Counting()
    found = measure(with_primal(subject(np.sin, np.ones((2, 3), dtype)), primal), 10.0)
    assert not found.extrapolated
    assert found.warnings == ()
    warming = 1
    assert primal.calls == warming + primals * len(found.seconds)
    assert min(found.seconds) > 0


def test_too_many_columns_are_reckoned_and_said_to_be(subject: Callable[..., Subject]) -> None:
    primal = Counting(seconds=0.01)
    begin = time.perf_counter()
    found = measure(with_primal(subject(np.sin, np.ones(10_000)), primal), 0.1)
    assert time.perf_counter() - begin < 5
    assert found.extrapolated
    warming = base = 1
    columns = primal.calls - warming - base
    assert found.warnings == (
        f"forward differences: {columns} of 10,000 columns were run, the rest reckoned",
    )
    (seconds,) = found.seconds
    assert seconds >= 10_001 * 0.01


def test_one_column_is_run_however_short_the_time(subject: Callable[..., Subject]) -> None:
    primal = Counting(seconds=0.01)
    found = measure(with_primal(subject(np.sin, np.ones(50)), primal), 1e-6)
    assert primal.calls == 1 + 2
    assert found.extrapolated


@pytest.mark.parametrize("what", ["primal", "jvp", "hvp"])
def test_only_a_gradient_has_forward_differences_for_a_rival(
    what: str, subject: Callable[..., Subject]
) -> None:
    assert measure(subject(np.sin, np.ones(3), what=what), 0.1).seconds == ()


@pytest.mark.parametrize(("backend", "mode"), [("torch", "eager"), ("jax", "jit")])
def test_on_other_backends(backend: str, mode: str, subject: Callable[..., Subject]) -> None:
    pytest.importorskip(backend)
    made = subject(lambda x: (x * x).sum(), np.ones(4), backend=backend, mode=mode)
    assert measure(made, 0.05).seconds
    compiled = made.timed.compilations()
    assert not measure(made, 5.0).extrapolated
    assert made.timed.compilations() == compiled
