"""Compilations for other data: none where the path is the same, some where it depends on values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from adbench.bench.retraces import count
from adbench.bench.subject import Subject

COMPILED = [
    ("native", "compiled"),
    ("jax", "jit"),
    pytest.param("torch", "compile", marks=pytest.mark.slow),
]


def straight(x):
    return (x * x * x).sum()


def forked(x):
    return (x * x * x).sum() if x[0] > 0 else (2.0 * x * x).sum()


def points(*firsts: float) -> list[tuple[np.ndarray]]:
    return [(np.array([first, 1.0, 2.0]),) for first in firsts]


def bound(subject: Callable[..., Subject], function, backend: str, mode: str) -> Subject:
    pytest.importorskip("numpy" if backend == "native" else backend)
    return subject(function, np.array([1.0, 2.0, 3.0]), backend=backend, mode=mode)


@pytest.mark.parametrize(("backend", "mode"), COMPILED)
def test_one_path_is_compiled_once(
    backend: str, mode: str, subject: Callable[..., Subject]
) -> None:
    found = count(bound(subject, straight, backend, mode), points(3.0, -1.0, 0.5), 60.0)
    assert (found.points, found.compilations) == (3, 0)


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "mode"), [("native", "compiled"), ("torch", "compile")])
def test_another_path_is_compiled_when_it_is_met(
    backend: str, mode: str, subject: Callable[..., Subject]
) -> None:
    """The bound point is positive, so that the first negative one takes a new path."""
    forked_subject = bound(subject, forked, backend, mode)
    assert count(forked_subject, points(4.0, 5.0), 60.0).compilations == 0
    assert count(forked_subject, points(-4.0, -5.0), 60.0).compilations >= 1


def test_calls_are_made_at_the_other_points(subject: Callable[..., Subject]) -> None:
    """The last point's gradient is 3x²."""
    for backend, mode in [("native", "eager"), ("native", "compiled"), ("torch", "eager"),
                          ("jax", "jit"), ("jax", "eager")]:  # fmt: skip
        made = bound(subject, straight, backend, mode)
        assert made.timed.move is not None
        made.timed.move((np.array([4.0, 1.0, 2.0]),))
        (gradient,) = made.derivative()
        np.testing.assert_allclose(np.asarray(gradient), [48.0, 3.0, 12.0], rtol=1e-14)


def test_what_compiles_nothing_is_not_asked(subject: Callable[..., Subject]) -> None:
    found = count(bound(subject, forked, "native", "eager"), points(-1.0), 60.0)
    assert (found.points, found.compilations) == (0, 0)


def test_a_point_outside_the_domain_is_left_out(subject: Callable[..., Subject]) -> None:
    def picky(x):
        if x[0] < 0:
            raise ValueError("negative")
        return (x * x).sum()

    found = count(bound(subject, picky, "native", "compiled"), points(-1.0, 2.0), 60.0)
    assert found.points == 1


def test_no_point_is_begun_after_the_time(subject: Callable[..., Subject]) -> None:
    found = count(bound(subject, straight, "native", "compiled"), points(1.0, 2.0), -1.0)
    assert found.points == 0
