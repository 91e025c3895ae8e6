import math

import numpy as np
import pytest

from adbench.backends import BackendUnavailableError, get_backend
from adbench.backends.errors import ArgumentError, OutputError, UnsupportedError
from adbench.engine import DifferentiationError, custom_vjp

X = np.array([0.5, -1.25, 2.0])
ONE = np.array(1.0)


@custom_vjp
def wrong_square(x):
    return x * x


wrong_square.defvjp(lambda x: (x * x, x), lambda x, g: (3 * x * g,))


@custom_vjp
def impolite_square(x):
    return x * x


def _impolite(x, g):
    g *= 2
    return (x * g,)


impolite_square.defvjp(lambda x: (x * x, x), _impolite)


def test_derivatives_against_closed_forms(bind):
    def f(x, w):
        return {"a": np.sin(x) * w, "b": (x * x).sum()}

    w = np.array([2.0, 3.0, -1.0])
    v, t, two = np.array([1.0, -0.5, 2.0]), np.array([0.25, 1.0, -1.0]), np.array(2.0)
    bound = bind("native", f, data=("w",), x=X, w=w)
    assert [leaf.name for leaf in bound.outputs] == ["out['a']", "out['b']"]
    assert np.array_equal(bound.value([X])[0], np.sin(X) * w)
    pulled = bound.vjp([X], [v, two])
    assert np.allclose(pulled.gradients[0], np.cos(X) * w * v + 4 * X, rtol=1e-14)
    assert pulled.mutated == ()
    assert np.allclose(bound.jvp([X], [t])[0], np.cos(X) * w * t, rtol=1e-14)
    second = bound.hvp([X], [v, two], [t])[0]
    assert np.allclose(second, -np.sin(X) * w * v * t + 4 * t, rtol=1e-14)


def test_a_planted_gradient_arrives_unjudged(bind):
    pulled = bind("native", wrong_square, x=X).vjp([X], [np.ones(3)])
    assert np.array_equal(pulled.outputs[0], X * X)
    assert np.array_equal(pulled.gradients[0], 3 * X)


def test_writing_is_found_and_does_no_harm(bind):
    def f(x, d):
        x[0] = 1.0
        d[0] = 1.0
        return (x * d).sum()

    x, d, cotangent = X.copy(), X.copy(), np.ones(3)
    bound = bind("native", f, data=("d",), x=x, d=d)
    pulled = bound.vjp([x], [ONE])
    assert pulled.mutated == ("x", "d")
    assert pulled.gradients[0].tolist() == [0.0, -1.25, 2.0]
    impolite = bind("native", impolite_square, x=x).vjp([x], [cotangent])
    assert impolite.mutated == ("cotangent",)
    assert np.array_equal(x, X)
    assert np.array_equal(d, X)
    assert np.array_equal(cotangent, np.ones(3))


def test_results_share_memory_with_nothing(bind):
    x, cotangent = X.copy(), np.ones(3)
    bound = bind("native", lambda x: x, x=x)
    pulled = bound.vjp([x], [cotangent])
    for array in (*pulled.outputs, *pulled.gradients, *bound.value([x])):
        assert not np.shares_memory(array, x)
        assert not np.shares_memory(array, cotangent)
        array[:] = 9
    assert np.array_equal(bound.value([X])[0], X)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
def test_dtypes_go_through_unchanged(bind, dtype):
    x = np.ones(3, dtype)
    bound = bind("native", lambda x: x * x, x=x)
    pulled = bound.vjp([x], [x])
    for array in (
        *pulled.outputs,
        *pulled.gradients,
        *bound.jvp([x], [x]),
        *bound.hvp([x], [x], [x]),
    ):
        assert array.dtype == x.dtype
    assert pulled.gradients[0].tolist() == [2, 2, 2]


def test_a_float32_function_runs_wholly_at_float64(bind):
    seen = []

    def f(x, d, i):
        seen.append((x.dtype, d.dtype, i.dtype))
        return x[i] * d[i]

    bound = bind(
        "native", f, data=("d",), x=X.astype("f4"), d=np.full(3, 0.1, "f4"), i=np.array([0, 2])
    )
    assert bound.value([X])[0].dtype == np.float64
    assert bound.vjp([X], [np.ones(2)]).gradients[0].dtype == np.float64
    assert seen[0] == ("f4", "f4", "i8")
    assert seen[-1] == ("f8", "f8", "i8")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: math.sin(x[0]), "out is a Python float"),
        (lambda x: {"loss": x.sum(), "name": "a"}, r"out\['name'\] is a builtins.str"),
        (lambda x: None, "return statement"),
        (lambda x: x.argmax(), "out has dtype int64"),
        (lambda x: x[:0], r"no elements: out \(0,\)"),
    ],
)
def test_outputs_that_have_no_derivative(bind, function, message):
    with pytest.raises(OutputError, match=message):
        bind("native", function, x=X)


def test_what_the_engine_cannot_trace_names_the_users_line(bind):
    bound = bind("native", lambda x: x * math.exp(x[0]), x=X)
    with pytest.raises(DifferentiationError, match=r"float\(\)") as caught:
        bound.vjp([X], [X])
    assert caught.value.location.file == __file__


def test_an_input_without_a_path_has_gradient_zero(bind):
    gradients = bind("native", lambda x, w: x.sum(), x=X, w=X).vjp([X, X], [ONE]).gradients
    assert gradients[0].tolist() == [1, 1, 1]
    assert gradients[1].tolist() == [0, 0, 0]


def test_what_it_does_not_have(bind):
    with pytest.raises(UnsupportedError, match="no batched evaluation"):
        bind("native", np.sin, x=X).value_batch([X[None]])
    with pytest.raises(ArgumentError, match="complex"):
        bind("native", np.sin, x=X).vjp([X], [X * 1j])
    with pytest.raises(BackendUnavailableError, match="no CUDA device"):
        get_backend("native", None, "cuda")
