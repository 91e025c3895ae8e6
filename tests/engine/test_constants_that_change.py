"""What an operation has read may be written into afterwards: the derivative is of what it read.

The array is not differentiated by. On the tape it is plain, or traced by an outer tape; in a
recording it is recorded. A rule that kept the object would read another value in the sweep.
"""

import numpy as np
import pytest

from adbench.engine import checkpoint, custom_vjp, grad, vjp

X = np.random.default_rng(0).normal(size=(3, 4))
WIDE = np.tile(X, (1, 400))
"""More elements than the tape copies; see SMALL in tape.py."""


@custom_vjp
def scaled(x, b):
    return x * b


scaled.defvjp(lambda x, b: (x * b, (x, b)), lambda r, g: (g * r[1], g * r[0]))


def added(x, i):
    y = np.zeros_like(x)
    np.add.at(y, i, x * x)
    return y


def masked(x, m):
    y = x * x
    np.putmask(y, m, 0.5)
    return y


FACTORS = {
    "*": lambda x, b: x * x * b,
    "/": lambda x, b: x / (3 + b * b),
    "**": lambda x, b: np.abs(x) ** b,
    "view": lambda x, b: x.T * b.T,
    "slice": lambda x, b: (x * x)[:2] * b[:2],
    "@": lambda x, b: (x @ b.T) ** 2,
    "einsum": lambda x, b: np.einsum("ij,ij->i", x * x, b),
    "item": lambda x, b: x * x * b[0, 0],
    "written": lambda x, b: np.where(np.zeros_like(x) == 0, x, 0) * b,
    "checkpoint": lambda x, b: checkpoint(lambda x, b: x * x * b)(x, b),
    "custom_vjp": lambda x, b: scaled(x * x, b),
}
PLACES = {
    "where": (lambda x, m: np.where(m, x * x, x), X > 0),
    "sum where": (lambda x, m: np.sum(x * x, where=m), X > 0),
    "mask": (lambda x, m: x[m] ** 2, X > 0),
    "putmask": (masked, X > 0),
    "select": (lambda x, m: np.select([m], [x * x], x), X > 0),
    "index": (lambda x, i: (x * x)[i], np.array([0, 2, 1])),
    "take": (lambda x, i: np.take(x * x, i, axis=0), np.array([0, 2, 1])),
    "repeat": (lambda x, i: np.repeat(x * x, i, axis=0), np.array([0, 2, 1])),
    "add.at": (added, np.array([0, 2, 1])),
}


@pytest.mark.parametrize("x", [X, WIDE], ids=["small", "large"])
@pytest.mark.parametrize("name", FACTORS)
def test_factors(name, x):
    operation = FACTORS[name]
    large = x is WIDE

    def f(x, b, write=True):
        y = operation(x, b * 1.0)
        if write:
            b = b * 1.0
            y = operation(x, b)
            b[...] = b * 0.3 + 1.0
        return np.sum(np.sin(y))

    b = np.cos(x)
    expected = grad(lambda x: f(x, b, write=False))(x)
    compiled = grad(f, mode="compiled")
    for _ in range(3):
        np.testing.assert_allclose(compiled(x, b), expected, rtol=1e-12)
    if not large or name == "item":  # writing into a large array is an error there
        np.testing.assert_allclose(grad(f)(x, b), expected, rtol=1e-12)

    def outer(b, write):
        return np.sum(grad(lambda x: f(x, b, write))(x) ** 2)

    for mode in ("eager", "compiled"):
        nested = grad(outer, mode=mode)
        np.testing.assert_allclose(nested(b, True), nested(b, False), rtol=1e-12)


@pytest.mark.parametrize("name", PLACES)
def test_places(name):
    operation, places = PLACES[name]

    def f(x, places, write=True):
        places = places.copy()
        y = operation(x, places)
        if write:
            places[...] = ~places if places.dtype == bool else 0
        return np.sum(np.sin(y))

    expected = grad(f)(X, places, write=False)
    np.testing.assert_allclose(grad(f)(X, places), expected, rtol=1e-12)
    compiled = grad(f, mode="compiled")
    for _ in range(3):
        np.testing.assert_allclose(compiled(X, places), expected, rtol=1e-12)


@pytest.mark.parametrize("x", [X, WIDE], ids=["small", "large"])
def test_a_pullback_outlives_writes(x):
    b = np.cos(x)
    _, pullback = vjp(lambda x: x * x * b + b, x)
    expected = 2 * x * b
    b[...] = 0.0
    np.testing.assert_allclose(pullback(np.ones_like(x))[0], expected, rtol=1e-15)


def test_views_of_what_an_outer_tape_has_locked_are_unlocked():
    whole = WIDE.copy()
    view = whole.T

    def f(s):
        return np.sum(grad(lambda x: np.sum(x.T * view * s))(whole) * s)

    assert grad(f)(2.0) == pytest.approx(4 * np.sum(whole))
    view[0] = 1.0
    whole[0] = 2.0


@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_a_pullback_at_a_traced_point_outlives_writes(mode):
    def f(x):
        y = x * 1.0
        _, pullback = vjp(lambda y: y * y, y)
        y[0] = 7.0
        return np.sum(pullback(np.ones(3))[0])

    derivative = grad(f, mode=mode)
    for _ in range(3):
        np.testing.assert_array_equal(derivative(np.arange(3.0)), [2.0, 2.0, 2.0])
