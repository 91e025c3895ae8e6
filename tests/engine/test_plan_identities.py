"""The identities by which a plan gets shorter: no bit changes, the signs of zeros included."""

import numpy as np
import pytest

from adbench.engine import grad, value_and_grad, vjp

AWKWARD = np.array([0.0, -0.0, 1.5, -2.25, np.inf, -np.inf, np.nan, 1e-300, -3e200])
PROGRAMS = {
    "doubled": lambda x, y: x + x,
    "doubled and scaled": lambda x, y: (x + x) * 0.3,
    "negative double": lambda x, y: -(x + x),
    "negative multiple": lambda x, y: -(x * 0.7),
    "two factors": lambda x, y: (x * 0.7) * 4.0,
    "two factors, neither a power of two": lambda x, y: (x * 0.7) * 0.3,
    "factors of both": lambda x, y: (x * 0.7) * (y * -0.5),
    "doubles of both": lambda x, y: (x + x) * (y + y),
    "a factor stretched": lambda x, y: (x[:, None] * 0.7) * (y + y),
    "an array of one number": lambda x, y: (x * np.full(x.shape, 0.1)) * 2.0,
    "an array of zeros of both signs": lambda x, y: (x * np.array([0.0, -0.0] + [0.0] * 7)) * 2.0,
    "used twice": lambda x, y: (x * 0.7) * 2.0 + x * 0.7,
    "a factor that is an input": lambda x, y: (x * y[2]) * 2.0,
    "an integer factor": lambda x, y: (x * 3) * 2,
}


def bits(array):
    """An array's bytes, every NaN the same."""
    return np.where(np.isnan(array), np.array(np.nan, array.dtype), array).tobytes()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_is_eager_to_the_last_bit(name, dtype):
    f = PROGRAMS[name]
    x = np.where(np.abs(AWKWARD) > 1e30, 1e30 * np.sign(AWKWARD), AWKWARD).astype(dtype)
    x[4:7] = np.inf, -np.inf, np.nan
    y = x[::-1].copy()

    def pull(x, y, g):
        value, pullback = vjp(f, x, y)
        return value, pullback(g)

    def loss(x, y, g):
        return np.sum(f(x, y) * g)

    with np.errstate(all="ignore"):
        g = np.ones_like(f(x, y)) * np.array(0.3, dtype)
        compiled = value_and_grad(loss, (0, 1), mode="compiled")
        eager = value_and_grad(loss, (0, 1))
        for _ in range(3):
            (_, found), (_, expected) = compiled(x, y, g), eager(x, y, g)
            assert [bits(a) for a in found] == [bits(a) for a in expected]
        value, pullback = pull(x, y, g)[0], vjp(f, x, y, mode="compiled")
        for _ in range(3):
            found, pullback = vjp(f, x, y, mode="compiled")
            assert bits(found) == bits(value)
            pullback(g)
    assert compiled.report().plans


def test_a_doubled_value_is_one_step():
    compiled = grad(lambda x: np.sum(-((1.0 - x) ** 2) * 3.0), mode="compiled")
    x = np.array([0.25, 4.0])
    for _ in range(3):
        np.testing.assert_array_equal(compiled(x), 6.0 * (1.0 - x))
    (plan,) = compiled.report().plans
    assert plan.steps == 2, str(plan)


def test_what_a_guard_depends_on_is_computed_as_written():
    """Half of twice a large number is infinite as written, and finite in another order."""

    def f(x):
        return np.sum(x) if np.isfinite(np.max((x + x) * 0.5)) else np.sum(2.0 * x)

    compiled = grad(f, mode="compiled")
    large = np.full(3, 1e308)
    with np.errstate(over="ignore"):
        for _ in range(4):
            np.testing.assert_array_equal(compiled(large), [2.0, 2.0, 2.0])
            np.testing.assert_array_equal(compiled(large / 4), [1.0, 1.0, 1.0])
    assert len(compiled.report().plans) == 2
