"""Random programs, both executors: the compiled derivative is the one on the tape.

The programs are those of `test_random_programs.py`. Each derivative is called four times: the
first two calls are recorded, the others replayed, at a new point each time.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adbench.engine import hvp, jvp, stop_gradient, value_and_grad

spec = importlib.util.spec_from_file_location(
    "programs", Path(__file__).with_name("test_random_programs.py")
)
programs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(programs)


def close(actual, expected, rtol=1e-12):
    assert type(actual) is type(expected)
    assert np.shape(actual) == np.shape(expected)
    assert np.asarray(actual).dtype == np.asarray(expected).dtype
    scale = 1.0 + np.max(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol * scale)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    program=st.lists(programs.step, min_size=1, max_size=12),
    shapes=st.tuples(st.sampled_from(programs.SHAPES), st.sampled_from(programs.SHAPES)),
    dtype=st.sampled_from(["float64", "float32"]),
    seed=st.integers(0, 2**16),
)
def test_programs(program, shapes, dtype, seed):
    rng = np.random.default_rng(seed)

    def f(x, y):
        return programs.run(program, x, y)

    def draw(k):
        return rng.normal(size=shapes[k % 2]).astype(dtype)[()]

    rtol = 1e-12 if dtype == "float64" else 2e-5
    eager = value_and_grad(f, argnums=(0, 1))
    compiled = value_and_grad(f, argnums=(0, 1), mode="compiled")
    for _ in range(4):
        x, y, u, v = map(draw, range(4))
        expected, actual = eager(x, y), compiled(x, y)
        close(actual[0], expected[0], rtol)
        close(actual[1][0], expected[1][0], rtol)
        close(actual[1][1], expected[1][1], rtol)
        for product in (jvp, hvp):
            for a, e in zip(
                product(f, (x, y), (u, v), mode="compiled"), product(f, (x, y), (u, v)), strict=True
            ):
                close(a, e, 10 * rtol)
    report = compiled.report()
    assert not report.fallbacks
    assert len(report.plans) == 1
    assert report.recordings == 2


def unsteady(x, n):
    """Steps whose way, shape or constants depend on values."""
    return {
        "sign": lambda: np.sin(x) if np.sum(x) > 0 else np.cos(x),
        "largest": lambda: x * np.ravel(x)[int(np.argmax(x))],
        "positive": lambda: np.sum(x[x > 0]) + x,
        "count": lambda: x * float(np.count_nonzero(stop_gradient(x) > 0)),
        "halve": lambda: x / 2.0 if np.any(np.abs(x) > 1.0) else x,
        "round": lambda: x + round(float(stop_gradient(np.sum(x)))),
        "sort": lambda: np.sort(np.ravel(x))[: n + 1],
        "guarded": lambda: np.prod(np.where(x > 0, x, 1.0)) * x,
        "iterate": lambda: sum(v for v in np.ravel(x)[:3] if v > 0) + x,
        "smooth": lambda: np.tanh(x * 1.5) * x,
        "matrix": lambda: np.ravel(np.outer(x, x) @ np.ravel(x)),
        "masked": lambda: written(x),
    }


def written(x):
    y = np.zeros_like(x, shape=x.shape)
    y[x < 0] = 2.0
    y = y + x
    y[..., 0] *= 3.0
    return y


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(st.sampled_from(sorted(unsteady(np.ones(2), 1))), min_size=1, max_size=6),
    shape=st.sampled_from([(1,), (4,), (2, 3)]),
    order=st.lists(st.integers(0, 3), min_size=4, max_size=14),
    seed=st.integers(0, 2**16),
)
def test_programs_that_depend_on_values(names, shape, order, seed):
    """Points come back in any order, so that plans, new ways and the tape all have their turn."""
    rng = np.random.default_rng(seed)
    points = [rng.normal(size=shape) for _ in range(4)]

    def f(x):
        y = x
        for k, name in enumerate(names):
            y = unsteady(y, k)[name]()
            y = np.tanh(y) if np.max(np.abs(y)) > 50 else y
        return np.sum(y * y)

    eager, compiled = value_and_grad(f), value_and_grad(f, mode="compiled")
    for place in order:
        expected, actual = eager(points[place]), compiled(points[place])
        close(actual[0], expected[0])
        close(actual[1], expected[1])
