"""Random programs that write: aliases, views, masks, `out=`, and loops that fill arrays.

What a program computes is known from NumPy itself, run on plain arrays; its derivative from
differences of that. Both executors have to give the same.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from adbench.engine import DifferentiationError, value_and_grad

SHAPES = [(4,), (2, 3), (3, 3)]
NAMES = st.sampled_from(["a", "b", "c", "d"])
PLACES = st.sampled_from(
    ["1", "-1", "0", "1:", "::2", "::-1", "...", "[0, 1]", "[1, 1]", "np.array([0, 1])", "None"]
)
VIEWS = st.sampled_from(
    ["T", "ravel()", "reshape(-1)", "copy()", "flatten()", "squeeze()", "swapaxes(0, -1)", "real"]
)


def lines(form, **parts):
    return st.builds(form.format, **parts)


SCALARS = st.one_of(
    st.sampled_from(["0.5", "2.0", "np.mean(x)", "x.ravel()[0]"]),
    lines("np.sum({v})", v=NAMES),
    lines("np.tanh(np.max({v}))", v=NAMES),
)
ARRAYS = st.one_of(
    *(
        lines(form, v=NAMES)
        for form in [
            "np.tanh({v})",
            "{v} * 0.5",
            "{v} + x.ravel()[1]",
            "np.where({v} > 0, {v}, 0.1)",
            "np.cumsum({v})",
            "np.sort({v}, axis=None)",
            "np.flip({v})",
            "np.roll({v}, 1)",
            "{v} - {v}.mean()",
            "np.clip({v}, -0.7, 0.7)",
            "{v} ** 2",
            "np.maximum({v}, 0.1)",
            "np.stack([{v}, {v}])[0]",
            "{v}.copy()",
        ]
    )
)
STATEMENTS = st.one_of(
    lines("{v} = {w}", v=NAMES, w=NAMES),
    lines("{v} = {w}[{i}]", v=NAMES, w=NAMES, i=PLACES),
    lines("{v} = {w}.{view}", v=NAMES, w=NAMES, view=VIEWS),
    lines("{v} = {e}", v=NAMES, e=ARRAYS),
    lines("{v}[{i}] = {s}", v=NAMES, i=PLACES, s=SCALARS),
    lines("{v}[{i}] {op}= {s}", v=NAMES, i=PLACES, op=st.sampled_from("+-*"), s=SCALARS),
    lines("{v} {op}= {s}", v=NAMES, op=st.sampled_from("+-*"), s=SCALARS),
    lines("{v} //= 0.5", v=NAMES),
    lines("{v}[{v} > 0] = {s}", v=NAMES, s=SCALARS),
    lines("{v}[...] = {e}", v=NAMES, e=ARRAYS),
    lines("np.add.at({v}, [0, 0], {s})", v=NAMES, s=SCALARS),
    lines("np.copyto({v}, {s}, where={v} > 0.2)", v=NAMES, s=SCALARS),
    lines("np.multiply({v}, 0.7, out={v})", v=NAMES),
    lines("np.put({v}, [0], {s})", v=NAMES, s=SCALARS),
    lines("{v}.sort()", v=NAMES),
    lines("for i in range(len({v})): {v}[i] = {v}[i - 1] * 0.5 + 0.1", v=NAMES),
    lines("if {s} > 0.1: {v} = {e}", v=NAMES, s=SCALARS, e=ARRAYS),
)


def function_of(statements):
    source = [
        "def f(x):",
        "a, b, c, d = x * 1.0, np.sin(x), np.zeros_like(x), x.copy()",
        *statements,
        "total = sum(np.sum(np.sin(v) * (k + 1)) for k, v in enumerate((a, b, c, d)))",
        "return total + 0.0 * np.sum(x)",
    ]
    space = {"np": np}
    exec("\n    ".join(source), space)
    return space["f"]


def slope(f, x, v, h):
    return (f(x + h * v) - f(x - h * v)) / (2 * h)


@pytest.mark.slow
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(
    statements=st.lists(STATEMENTS, min_size=2, max_size=10),
    shape=st.sampled_from(SHAPES),
    seed=st.integers(0, 2**16),
)
def test_programs_that_write(statements, shape, seed):
    rng = np.random.default_rng(seed)
    f = function_of(statements)
    points = [rng.normal(size=shape) for _ in range(3)]
    direction = rng.normal(size=shape)
    with np.errstate(all="ignore"):
        try:
            values = [f(x.copy()) for x in points]
        except (ValueError, IndexError, TypeError):  # shapes that do not fit
            assume(False)
        eager, compiled = value_and_grad(f), value_and_grad(f, mode="compiled")
        try:
            expected = [eager(x) for x in points]
        except DifferentiationError:  # a refusal is no wrong answer
            return
        for x, right, (value, gradient) in zip(points, values, expected, strict=True):
            np.testing.assert_allclose(value, right, rtol=1e-9, atol=1e-9)
            coarse, fine = (slope(f, x, direction, h) for h in (1e-5, 1e-6))
            if abs(coarse - fine) < 1e-4 * (1 + abs(fine)):  # no kink or jump nearby
                along = np.sum(gradient * direction)
                assert abs(along - fine) <= 1e-3 * (1 + abs(fine))
        for place in (0, 1, 2, 0, 1, 2):
            value, gradient = compiled(points[place])
            np.testing.assert_allclose(value, expected[place][0], rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(gradient, expected[place][1], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    "statements",
    [
        ["a = b.squeeze()", "b *= 0.7"],  # nothing to squeeze: the same array
        ["d = x.real", "c = d.real", "c[0] = 2.0"],
        ["b = np.tile(c[0], 1)", "c[...] = np.mean(x)"],  # a copy, though nothing is repeated
        ["b = np.roll(a, 1)", "a *= 0.5"],  # a view of a temporary, not of a
        ["c = a[[0, 1]]", "a[...] = 2.0"],
        ["a = c.T", "c -= np.mean(x)"],  # a view of a constant that becomes traced
        ["a = np.flip(c)", "c[0] = x.ravel()[0]"],
        ["a //= 0.5", "c = a.T", "a *= np.mean(x)"],
        ["c = d.flatten()", "d //= 0.5"],
    ],
)
@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_what_shares_memory_in_numpy_does_here(statements, mode):
    f = function_of(statements)
    rng = np.random.default_rng(0)
    derivative = value_and_grad(f, mode=mode)
    for _ in range(4):
        x, v = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
        value, gradient = derivative(x)
        np.testing.assert_allclose(value, f(x.copy()), rtol=1e-12)
        np.testing.assert_allclose(np.sum(gradient * v), slope(f, x, v, 1e-6), rtol=1e-5, atol=1e-6)
