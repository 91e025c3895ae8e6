"""Short rows made long: the same elements, whatever the operands' shapes and memory."""

import numpy as np
import pytest

from adbench.engine import value_and_grad, vjp

FUNCTIONS = {
    "middle axis": (lambda x, y: np.sin(x[:, None, :] * np.exp(y)), (5, 6), (5, 100, 6)),
    "first axis, too": (lambda x, y: np.sin(y[None] - x[:, None, :]), (7, 6), (100, 6)),
    "one row": (lambda x, y: np.tanh(np.cos(y) + x), (6,), (480, 6)),
    "row on the left": (lambda x, y: np.tanh(x / np.cosh(y)), (6,), (480, 6)),
    "in place": (lambda x, y: np.tanh(np.exp(y) * 2.0 + x) * x, (6,), (480, 6)),
    "a prime number of rows": (lambda x, y: np.sin(np.exp(y) * x), (6,), (479, 6)),
    "rows already long": (lambda x, y: np.sin(np.exp(y) * x), (100,), (40, 100)),
    "columns": (lambda x, y: np.sin(np.exp(y) * x[:, None]), (480,), (480, 6)),
    "a stack": (lambda x, y: np.sin(np.exp(y) * x), (3, 1, 6), (2, 3, 120, 6)),
    "computed row": (lambda x, y: np.sin(np.exp(y) * (x * x)), (6,), (480, 6)),
    "a view of columns": (lambda x, y: np.sin(y[:, ::2] * x), (6,), (480, 12)),
    "transposed": (lambda x, y: np.sin(np.exp(y).T * x), (6,), (6, 480)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_is_eager(name, dtype):
    f, *shapes = FUNCTIONS[name]
    rng = np.random.default_rng(len(name))

    def loss(x, y):
        return np.sum(f(x, y) ** 2)

    compiled, eager = (value_and_grad(loss, (0, 1), mode=m) for m in ("compiled", "eager"))
    for turn in range(5):
        arrays = [rng.uniform(0.5, 1.5, shape).astype(dtype) for shape in shapes]
        if turn == 3:  # laid out otherwise than when it was recorded
            arrays = [np.asfortranarray(a) for a in arrays]
        if turn == 4:
            arrays = [np.repeat(a, 2, axis=-1)[..., ::2] for a in arrays]
        before = [a.copy() for a in arrays]
        (value, found), (same, expected) = compiled(*arrays), eager(*arrays)
        rtol = 1e-13 if dtype is np.float64 else 2e-5
        np.testing.assert_allclose(value, same, rtol=rtol)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.max(np.abs(b)))
        for a, b in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(a, b)
    assert compiled.report().plans, str(compiled.report())


def test_values_are_the_same_bits():
    x, y = np.linspace(-1.0, 1.0, 6), np.linspace(0.0, 3.0, 480 * 6).reshape(480, 6)

    def f(x, y):
        return np.negative(np.positive(y * 1.5) / x)

    for _ in range(4):
        value, pullback = vjp(f, x, y, mode="compiled")
        np.testing.assert_array_equal(value, f(x, y))
        pullback(value)
