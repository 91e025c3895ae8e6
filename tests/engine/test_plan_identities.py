"""The identities by which a plan gets shorter: no bit changes, the signs of zeros included."""

import numpy as np
import pytest

from adbench.engine import grad, value_and_grad, vjp

MODES = "compiled", "eager"
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


PRODUCTS = {
    "a sum": lambda x, w, b: np.sum(x @ w),
    "a sum of the other order": lambda x, w, b: np.sum(w.T @ x.T),
    "a chain": lambda x, w, b: np.sum(x @ w @ w @ w),
    "a mean over rows": lambda x, w, b: np.sum(np.mean(x @ w @ w, axis=0) ** 2),
    "a mean over columns": lambda x, w, b: np.sum(np.mean(w @ x.T, axis=1) ** 2),
    "stretched rows": lambda x, w, b: np.sum(np.broadcast_to(b, (6, 4)) @ w * (x @ w)),
    "a stretched row": lambda x, w, b: np.sum((np.broadcast_to(b[None], (6, 4)) @ w) ** 3),
    "stretched columns": lambda x, w, b: np.sum((w @ np.broadcast_to(b[:, None], (4, 5))) ** 3),
    "stretched columns on the left": lambda x, w, b: np.sum(
        (np.broadcast_to(b[:, None], (4, 4)) @ w) ** 3
    ),
    "one number": lambda x, w, b: np.sum((np.broadcast_to(b[1], (3, 4)) @ w) ** 2),
    "stacks": lambda x, w, b: np.sum(np.stack([x, x * 2]) @ w),
    "stretched stacks": lambda x, w, b: np.sum((np.broadcast_to(b, (3, 2, 4)) @ w) ** 3),
    "a stack on the right": lambda x, w, b: np.sum(x @ np.stack([w, w * b])),
    "vectors": lambda x, w, b: np.sum(x @ b) + b @ b + np.sum(b @ w),
    "single rows": lambda x, w, b: np.sum(x[:1] @ w) + np.sum(x @ w[:, :1]),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_of_stretched_matrices(name, dtype):
    rng = np.random.default_rng(sum(name.encode()))
    shapes = (6, 4), (4, 4), (4,)
    compiled = value_and_grad(PRODUCTS[name], (0, 1, 2), mode="compiled")
    eager = value_and_grad(PRODUCTS[name], (0, 1, 2))
    for _ in range(4):
        arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
        (value, found), (same, expected) = compiled(*arrays), eager(*arrays)
        rtol = 1e-12 if dtype is np.float64 else 1e-4
        for a, b in zip((value, *found), (same, *expected), strict=True):
            assert a.dtype == b.dtype
            assert a.flags.writeable or a.ndim == 0
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.max(np.abs(b), initial=0.0))
    assert compiled.report().plans, str(compiled.report())


def test_what_is_not_finite_stays_so():
    x = np.array([[1.0, np.inf, 2.0], [np.nan, 0.0, 1.0]])
    w = np.array([[0.0, 1.0], [0.0, np.inf], [3.0, -1.0]])
    compiled, eager = (grad(lambda x, w: np.sum(x @ w), (0, 1), mode=m) for m in MODES)
    with np.errstate(invalid="ignore"):
        for _ in range(3):
            for found, expected in zip(compiled(x, w), eager(x, w), strict=True):
                np.testing.assert_array_equal(found, expected)


def test_a_sum_behind_products_multiplies_no_matrices_backwards():
    n, count = 30, 6
    w = np.eye(n)

    def f(x):
        for _ in range(count):
            x = x @ w
        return np.sum(x)

    compiled = grad(f, mode="compiled")
    for _ in range(3):
        np.testing.assert_array_equal(compiled(np.ones((n, n))), np.ones((n, n)))
    (plan,) = compiled.report().plans
    assert plan.nbytes < n * n * 8  # not one whole matrix
