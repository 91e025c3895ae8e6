"""Derivatives with bounds: the bound holds, against closed forms and 50-digit arithmetic."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adbench.numeric import sampling
from adbench.numeric.derivative import at_points, derivatives
from adbench.numeric.ladder import Kind
from adbench.numeric.sampling import Lines

UNIT = 2.0**-53


def along(function, x, *, scale=None, epsilon=UNIT):
    """The derivative of a scalar function at a scalar, in its own units: kind, value, bound."""
    x = np.array([float(x)])
    rows = lambda points: np.stack([np.atleast_1d(function(p[0])) for p in points])  # noqa: E731
    size = scale or (2.0 ** np.round(np.log2(abs(x[0]))) if x[0] else 1.0)
    found = derivatives(
        rows,
        x,
        rows(x[None])[0],
        np.array([[size]]),
        np.ones((1, 1)),
        epsilon,
        unit=np.array([1 / size]),
    )
    best = found.best
    return Kind(best.kind[0, 0]), best.value[0, 0] / size, best.bound[0, 0] / size, found


SMOOTH = {
    "sin": (np.sin, 1.0, np.cos(1.0)),
    "square": (lambda x: x * x, 3.0, 6.0),
    "a steep exponential": (lambda x: np.exp(30 * x), 1.0, 30 * np.exp(30.0)),
    "a fast wave": (lambda x: np.sin(1e4 * x), 1.0, 1e4 * np.cos(1e4)),
    "a wave at 1e8": (np.sin, 1e8, np.cos(1e8)),
    "a root near its edge": (np.sqrt, 1e-7, 0.5 / np.sqrt(1e-7)),
    "a polynomial of degree 20": (lambda x: x**20, 1.5, 20 * 1.5**19),
    "a pole close by": (np.tan, 1.57, 1 / np.cos(1.57) ** 2),
    "a peak of width 1e-6": (
        lambda x: x + np.exp(-(((x - 1 - 1e-6) / 1e-6) ** 2)),
        1.0,
        1 + 2e6 * np.exp(-1.0),
    ),
    "an input of 1e-8": (np.exp, 1e-8, np.exp(1e-8)),
    "overflow at the coarse steps": (np.cosh, 700.0, np.sinh(700.0)),
    "next to a kink": (lambda x: abs(x - 1), 1 + 1e-9, 1.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_come_with_a_bound_that_holds_and_is_narrow(name):
    function, x, true = SMOOTH[name]
    with np.errstate(all="ignore"):
        kind, value, bound, _ = along(function, x)
    assert kind is Kind.CENTRAL
    assert abs(value - true) <= bound
    assert bound <= 1e-5 * abs(true)


def test_a_tame_function_is_known_to_twelve_digits():
    _, value, bound, found = along(np.sin, 1.0)
    assert abs(value - np.cos(1.0)) <= bound < 1e-12
    assert found.evaluations <= 30


def asked_until(last, epsilon=UNIT):
    """Derivatives of a sum of sines along two directions, `enough` once asked so often."""
    x, directions = np.array([0.7, 1.9]), np.array([[1.0, 0.0], [0.5, -2.0]])
    seen, points = [], []

    def rows(at):
        points.extend(map(tuple, at))
        return np.sin(at).sum(axis=1, keepdims=True)

    def enough(found):
        seen.append(len(found.best.steps))
        return len(seen) == last

    origin, weights = np.sin(x).sum(keepdims=True), np.ones((1, 1))
    found = derivatives(rows, x, origin, directions, weights, epsilon, enough=enough)
    return found, seen, points, np.cos(x) @ directions.T


def test_few_steps_come_first_and_are_not_made_again():
    for last, steps in ((1, 4), (2, 5)):
        found, seen, points, true = asked_until(last)
        assert seen == [4, 5][:last]
        assert len(found.best.steps) == steps
        assert (np.abs(found.best.value[:, 0] - true) <= found.best.bound[:, 0]).all()
        assert len(points) == found.evaluations == 2 * 2 * steps + last
    found, seen, points, true = asked_until(None)
    whole = len(found.best.steps)
    assert seen == [4, 5]
    assert len(points) == found.evaluations == 2 * 2 * whole + 3
    assert len(set(points)) == 2 * 2 * whole + 1  # x beside each of the three
    assert (np.abs(found.best.value[:, 0] - true) <= found.best.bound[:, 0]).all()


def test_a_ladder_of_low_precision_is_shorter_than_a_short_one():
    found, seen, _, true = asked_until(None, epsilon=2.0**-9)
    assert seen == [4, 5]
    assert len(found.best.steps) < 4
    assert (np.abs(found.best.value[:, 0] - true) <= found.best.bound[:, 0]).all()


def test_points_are_made_in_blocks_that_change_nothing(monkeypatch):
    x, directions = np.linspace(0.5, 2, 6), np.vander(np.linspace(0.2, 1, 3), 6)
    calls = []

    def rows(at):
        calls.append(len(at))
        return np.sin(at) @ np.vander(np.linspace(-1, 1, 6), 2)

    def rise():
        return Lines(rows, x, directions, rows(x[None])[0]).rise(np.array([0.25, -0.25, 2.0]))

    together = rise()
    monkeypatch.setattr(sampling, "_BLOCK", 4 * 6)
    calls.clear()
    apart = rise()
    assert calls == [1, 1 + 4, 4, 1]  # x, then x and nine neighbours
    np.testing.assert_allclose(apart, together, rtol=1e-12)


def test_directions_may_start_each_at_a_point_of_its_own():
    x = np.array([[0.5, 1.0], [2.0, -1.0]])
    directions = np.array([[0.5, 1.0], [-2.0, 1.0]])
    rows = lambda at: np.sin(at).sum(axis=1, keepdims=True)  # noqa: E731
    found = at_points(rows, x, rows(x), directions, np.ones((1, 1)), UNIT)
    true = (np.cos(x) * directions).sum(axis=1, keepdims=True)
    assert (np.abs(found.best.value - true) <= found.best.bound).all()
    assert (found.best.bound <= 1e-5 * np.abs(true)).all()
    second = found.rows(slice(1, 2))
    assert second.best.value == found.best.value[1:]
    assert second.curve(0, 0) == found.curve(1, 0)


def test_noise_is_measured_and_widens_the_bound():
    _, quiet, narrow, _ = along(np.sin, 1.0)
    _, noisy, wide, _ = along(lambda x: 1e8 + np.sin(x), 1.0)
    assert abs(noisy - np.cos(1.0)) <= wide
    assert wide > 1e4 * narrow
    assert abs(quiet - noisy) <= wide + narrow


def test_a_float32_inside_is_noise_of_that_size():
    inside = lambda x: np.float64(np.sin(np.float32(x)))  # noqa: E731
    kind, value, bound, _ = along(inside, 1.0)
    assert kind is Kind.CENTRAL
    assert abs(value - np.cos(1.0)) <= bound < 1e-4


KINKS = {
    "relu": (lambda x: max(x, 0.0), 0.0, 0.0, 1.0),
    "abs": (lambda x: abs(x - 2), 2.0, -1.0, 1.0),
    "steeper on the left": (lambda x: np.where(x < 1, 5 * (x - 1), 2 * (x - 1)), 1.0, 5.0, 2.0),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_has_both_one_sided_derivatives(name):
    function, x, left, right = KINKS[name]
    kind, _, _, found = along(function, x)
    best = found.best
    scale = 2.0 ** np.round(np.log2(x)) if x else 1.0
    assert kind is Kind.KINK
    assert abs(best.left[0, 0] / scale - left) <= best.left_bound[0, 0] / scale
    assert abs(best.right[0, 0] / scale - right) <= best.right_bound[0, 0] / scale


@pytest.mark.parametrize(
    "function",
    [np.sin, lambda x: np.exp(-((x - 6) ** 2)), lambda x: abs(x) ** 3, lambda x: x**20],
)
@pytest.mark.parametrize("x", [0.3, 1.0, 5.5, 40.0])
def test_curvature_is_not_a_kink(function, x):
    assert along(function, x)[0] is not Kind.KINK


def test_one_side_undefined_leaves_the_other():
    beyond = lambda x: (1 - x) ** 2 + x if x <= 1 else np.nan  # noqa: E731
    kind, value, bound, _ = along(beyond, 1.0)
    assert kind is Kind.LEFT
    assert abs(value - 1.0) <= bound


def test_a_jump_on_one_side_leaves_the_other():
    kind, value, bound, _ = along(lambda x: np.floor(x) + x, 1.0)
    assert kind is Kind.RIGHT
    assert abs(value - 1.0) <= bound


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(np.sqrt, id="a vertical tangent"),
        pytest.param(lambda x: np.modf(np.sin(x * 1e12 + 1) * 1e6)[0], id="a hash"),
        pytest.param(lambda x: np.nan if x else 0.0, id="undefined all around"),
    ],
)
def test_where_nothing_converges_there_is_no_number(function):
    with np.errstate(invalid="ignore"):
        kind, value, bound, _ = along(function, 0.0)
    assert kind is Kind.NONE
    assert np.isnan(value)
    assert bound == np.inf


def test_a_staircase_is_said_to_be_one():
    found = along(lambda x: np.round(x * 1e6) / 1e6, 1.23456749)[3]
    assert found.quantised[0, 0]


def test_unmoved_outputs_add_no_noise():
    rows = lambda points: np.stack([np.array([1e12, p[0] ** 2]) for p in points])  # noqa: E731
    x = np.array([3.0])
    weights = np.array([[1e-12, 1.0]])
    best = derivatives(rows, x, rows(x[None])[0], np.array([[2.0]]), weights, UNIT).best
    assert abs(best.value[0, 0] / 2 - 6.0) <= best.bound[0, 0] / 2 < 1e-12


def test_the_curve_shows_truncation_falling_and_roundoff_rising():
    found = along(np.exp, 1.0)[3]
    points = found.curve(0, 0)
    assert [p.step for p in points] == sorted((p.step for p in points), reverse=True)
    errors = [abs(p.value - np.e) for p in points]
    assert errors[0] > 100 * min(errors)
    assert points[-1].roundoff > 1e3 * points[0].roundoff


@st.composite
def compositions(draw):
    """A random smooth composition: its text, with NumPy and with mpmath."""
    names = draw(st.lists(st.sampled_from(["sin", "exp", "tanh", "square", "log1psq"]), max_size=4))
    a, b = draw(st.floats(-3, 3)), draw(st.floats(0.1, 5))

    def build(lib):
        steps = {
            "sin": lib.sin,
            "exp": lambda t: lib.exp(lib.sin(t)),
            "tanh": lib.tanh,
            "square": lambda t: t * t,
            "log1psq": lambda t: lib.log(1 + t * t),
        }

        def function(x):
            t = b * x + a
            for name in names:
                t = steps[name](t)
            return t

        return function

    return f"{names} of {b!r}*x + {a!r}", build(np), build(mpmath)


@settings(max_examples=150, deadline=None)
@given(compositions(), st.floats(-4, 4).filter(lambda x: abs(x) > 1e-6))
def test_the_bound_holds_on_random_compositions(composition, x):
    _, function, exact = composition
    with mpmath.workdps(40):
        true = float(mpmath.diff(exact, mpmath.mpf(x)))
        bend = float(mpmath.diff(exact, mpmath.mpf(x), 2))
    kind, value, bound, found = along(function, x)
    if kind is Kind.KINK or not np.isfinite(bound):
        pytest.fail(f"a smooth function read as {kind.name} at {x}")
    # Constant at the finest steps: the values cannot say, and are known not to.
    assume(not found.quantised[0, 0])
    # What the function's own arithmetic adds: b·x + a rounds, which moves the point a little.
    moved = 4 * UNIT * (abs(x) + 3 / 0.1) * abs(bend)
    assert abs(value - true) <= 2 * bound + moved + 1e-14 * abs(true)
