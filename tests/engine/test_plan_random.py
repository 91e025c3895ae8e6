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

from adbench.engine import hvp, jvp, value_and_grad

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
