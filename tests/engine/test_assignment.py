"""Writing into traced arrays gives what NumPy gives, values and derivatives, views included.

Each program runs on plain arrays too: its value must be the same, and its derivative that of
central differences of the plain program.
"""

import numpy as np
import pytest

from adbench.engine import grad, value_and_grad, vjp

X = np.array([[0.3, -1.2, 2.0], [0.7, 0.1, -0.4]])


def new(x):
    """An array of x's kind that may be written into."""
    return np.zeros_like(x)


def elements(x):
    y = new(x)
    y[0, 0] = x[1, 1]
    y[1] = x[0] * 2
    y[:, 2] = y[:, 1] ** 2
    return y


def overwritten(x):
    y = x * 1.0
    y[0] = y[1] * y[0]
    y[0] = y[0] * 3.0
    y[0, 1] = 5.0
    return y


def operators(x):
    y = x * 1.0
    y += x
    y *= x
    y -= 0.5
    y /= 2.0
    y **= 2
    return y


def matrix_operator(x):
    y = x[:, :2] * 1.0
    y @= x[:, 1:]
    return y


def slice_of_view(x):
    y = x * 1.0
    v = y[0]
    w = v[1:]
    w *= x[1, 0]
    y[0, 2] += 1.0
    return y * np.concatenate([v, w, w])[:3]


def reshaped(x):
    y = x * 1.0
    flat = y.reshape(-1)
    flat[1:3] = x[1, :2] ** 2
    y[1] *= flat[0]
    return y + flat.reshape(2, 3)


def transposed(x):
    y = x * 1.0
    t = y.T
    t[0] = x[0, 1:]
    t[1:] += t[:2]
    return y


def ravelled_and_squeezed(x):
    y = x * 1.0
    np.ravel(y)[2] = x[0, 0] * 7
    np.squeeze(y[None], 0)[0] += 1.0
    np.swapaxes(y, 0, 1)[1] *= 2.0
    np.moveaxis(y, 0, 1)[2] -= x[0, 0]
    np.expand_dims(y, 0)[0, 0, 0] *= x[1, 1]
    np.flip(y, 1)[0, 0] = 4.0 * x[0, 2]
    return y


def masks_and_arrays(x):
    y = x * 1.0
    y[x > 0] *= 2.0
    y[[0, 1], [2, 0]] = x[0, :2] * x[1, :2]
    y[y < -1] = 0.0
    return y


def repeated_positions(x):
    y = x.ravel() * 1.0
    y[[0, 0, 1]] = x[0] * 3
    y[[2, 2]] += x[1, :2]
    return y


def accumulated(x):
    y = new(x)
    np.add.at(y, ([0, 0, 1], [1, 1, 2]), x[0])
    np.subtract.at(y, 0, x[1])
    return y


def loop(x):
    y = np.empty_like(x)
    for i in range(2):
        for j in range(3):
            y[i, j] = np.sin(x[i, j]) * (y[i, j - 1] if j else 1.0)
    return y


def scalars_are_not_shared(x):
    a = x[0, 0]
    b = a
    a += x[1, 1]
    a *= 2.0
    return a * b


def aliases_are_shared(x):
    y = x * 1.0
    z = y
    z += x
    return y


def into_the_argument(x):
    x[0] = x[1] ** 2
    x += 1.0
    return x * x


def constants_then_traced(x):
    y = new(x)
    v = y[0]
    y[0, 0] = 2.0
    y += 1.0
    v[1] = x[0, 0]
    return y * y


def out_argument(x):
    y = new(x)
    np.multiply(x, x, out=y)
    np.add(y[0:1], 1.0, out=y[0:1], where=[True, False, True])
    np.sum(x, axis=0, out=y[1])
    np.exp(x, out=y, where=x > 0)
    np.clip(x, -1.0, 1.0, out=y[:])
    np.var(x, axis=0, out=y[0])
    np.concatenate([x[:1], x[1:]], out=y)
    np.add.reduce(x, axis=0, out=y[0])
    return y * x


def methods(x):
    y = x * 1.0
    y[0].fill(3.0)
    y[1].sort()
    y.flat[1] = 2.0
    return y * x


def copies_are_apart(x):
    y = x * 1.0
    c = y.copy()
    f = y.flatten()
    y[...] = 0.0
    return c + f.reshape(2, 3) + y


def augmented_element(x):
    y = x * 1.0
    y[0, 0] += x[0, 1] * y[0, 0]
    y[:, 1] -= y[:, 0]
    return y


PROGRAMS = [
    elements,
    overwritten,
    operators,
    matrix_operator,
    slice_of_view,
    reshaped,
    transposed,
    ravelled_and_squeezed,
    masks_and_arrays,
    repeated_positions,
    accumulated,
    loop,
    scalars_are_not_shared,
    aliases_are_shared,
    into_the_argument,
    constants_then_traced,
    out_argument,
    methods,
    copies_are_apart,
    augmented_element,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_as_numpy(program):
    weights = np.cos(np.arange(1.0, 1 + np.size(program(X.copy()))))

    def f(x):
        return np.sum(np.ravel(program(x)) * weights)

    before = X.copy()
    value, gradient = value_and_grad(f)(X)
    np.testing.assert_array_equal(X, before)
    assert value == f(X.copy())
    numeric = np.zeros_like(X)
    for i in np.ndindex(*X.shape):
        h = np.zeros_like(X)
        h[i] = 1e-5
        numeric[i] = (f(X + h) - f(X - h)) / 2e-5
    np.testing.assert_allclose(gradient, numeric, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_second_order(program):
    weights = np.cos(np.arange(1.0, 1 + np.size(program(X.copy()))))

    def f(x):
        return np.sum(np.ravel(program(x)) * weights)

    def g(x):
        return np.sum(grad(f)(x) * np.sin(np.arange(6.0)).reshape(2, 3))

    gradient = grad(g)(X)
    numeric = np.zeros_like(X)
    for i in np.ndindex(*X.shape):
        h = np.zeros_like(X)
        h[i] = 1e-5
        numeric[i] = (g(X + h) - g(X - h)) / 2e-5
    np.testing.assert_allclose(gradient, numeric, rtol=1e-7, atol=1e-7)


def test_namespace_arrays_can_be_written_into():
    def f(x):
        xp = x.__array_namespace__()
        y = xp.zeros((2, 3))
        y[0] = x[1]
        y[1, :] = xp.full(3, x[0, 0])
        return xp.sum(y**2)

    expected = np.zeros((2, 3))
    expected[1] = 2 * X[1]
    expected[0, 0] = 6 * X[0, 0]
    np.testing.assert_allclose(grad(f)(X), expected)


def test_wrong_shapes_are_refused_as_by_numpy():
    def f(x):
        y = x[0] * 1.0
        y += x
        return np.sum(y)

    with pytest.raises(ValueError, match="broadcast"):
        grad(f)(X)

    def g(x):
        y = x * 1.0
        y[0] = x[:, :2]
        return np.sum(y)

    with pytest.raises(ValueError, match="broadcast"):
        grad(g)(X)


def test_scalars_cannot_be_written_into():
    def f(x):
        a = x[0, 0]
        a[()] = 1.0
        return a

    with pytest.raises(TypeError, match="item assignment"):
        grad(f)(X)


def test_add_at_keeps_the_dtype():
    def f(x):
        y = np.zeros_like(x)
        np.add.at(y, [0, 0], x.astype(np.float64)[:2])
        return y

    value, pullback = vjp(f, np.ones(3, np.float32))
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, [2, 0, 0])
    np.testing.assert_array_equal(pullback(np.ones(3, np.float32))[0], [1, 1, 0])
