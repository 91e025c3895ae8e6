import numpy as np
import pytest

from adbench.backends import BackendUnavailableError, get_backend
from adbench.backends.errors import ArgumentError, OutputError, UnsupportedError

X = np.array([0.5, -1.25, 2.0])
W = np.array([1.0, 2.0, 3.0])
ONE = np.array(1.0)


def loss(x, w):
    return (x**2 * w).sum()


def test_a_scalar_functions_gradient_is_scaled_by_the_cotangent(bind):
    bound = bind("manual", lambda x: (x**2).sum(), gradient=lambda x: 2 * x, x=X)
    pulled = bound.vjp([X], [np.array(3.0)])
    assert np.array_equal(pulled.gradients[0], 6 * X)
    assert pulled.outputs[0] == (X**2).sum()
    assert pulled.mutated == ()


@pytest.mark.parametrize(
    "gradient",
    [
        lambda x, w: (2 * x * w, x**2),
        lambda x, w: [2 * x * w, x**2],
        lambda x, w: {"w": x**2, "x": 2 * x * w},
    ],
    ids=["tuple", "list", "dict"],
)
def test_several_inputs_by_order_or_by_name(bind, gradient):
    pulled = bind("manual", loss, gradient=gradient, x=X, w=W).vjp([X, W], [ONE])
    assert np.array_equal(pulled.gradients[0], 2 * X * W)
    assert np.array_equal(pulled.gradients[1], X**2)


@pytest.mark.parametrize(
    "gradient", [lambda x, w: {"x": 2 * x * w}, lambda x, w: (2 * x * w, None)]
)
def test_a_gradient_left_out_is_none(bind, gradient):
    pulled = bind("manual", loss, gradient=gradient, x=X, w=W).vjp([X, W], [ONE])
    assert np.array_equal(pulled.gradients[0], 2 * X * W)
    assert pulled.gradients[1] is None


def test_data_need_no_gradient(bind):
    bound = bind("manual", loss, gradient=lambda x, w: 2 * x * w, data=("w",), x=X, w=W)
    assert np.array_equal(bound.vjp([X], [ONE]).gradients[0], 2 * X * W)
    for gradient in (lambda x, w: (2 * x * w,), lambda x, w: {"x": 2 * x * w}):
        bound = bind("manual", loss, gradient=gradient, data=("w",), x=X, w=W)
        assert np.array_equal(bound.vjp([X], [ONE]).gradients[0], 2 * X * W)


def test_trees_are_matched_leaf_by_leaf(bind):
    def f(p):
        return (p["w"] * p["b"][0]).sum()

    def gradient(p):
        return {"w": p["b"][0] * np.ones(3), "b": [p["w"].sum()]}

    p = {"w": W, "b": [np.array(2.0)]}
    bound = bind("manual", f, gradient=gradient, p=p)
    assert [leaf.name for leaf in bound.inputs] == ["p['b'][0]", "p['w']"]
    gradients = bound.vjp([np.array(2.0), W], [ONE]).gradients
    assert gradients[0] == 6
    assert gradients[1].tolist() == [2, 2, 2]


def test_a_cotangent_has_the_outputs_structure(bind):
    def gradient(x, cotangent):
        return 2 * x * cotangent["a"] + cotangent["b"]

    bound = bind("manual", lambda x: {"a": x**2, "b": x.sum()}, gradient=gradient, x=X)
    pulled = bound.vjp([X], [W, np.array(5.0)])
    assert np.array_equal(pulled.gradients[0], 2 * X * W + 5)


def test_a_scalar_functions_vjp_may_take_the_cotangent_too(bind):
    bound = bind(
        "manual", lambda x: x.sum(), gradient=lambda x, cotangent: cotangent * np.ones(3), x=X
    )
    assert bound.vjp([X], [np.array(3.0)]).gradients[0].tolist() == [3, 3, 3]


def test_outputs_that_need_a_cotangent_say_so(bind):
    with pytest.raises(ArgumentError, match=r"outputs \(out \(3,\)\) .* keyword `cotangent`"):
        bind("manual", lambda x: x**2, gradient=lambda x: 2 * x, x=X)


def test_parameters_reach_a_gradient_that_takes_them(bind):
    def f(x, n, shift):
        return (x**n).sum() + shift

    bound = bind(
        "manual",
        f,
        gradient=lambda x, n: n * x ** (n - 1),
        params={"n": 3, "shift": 1.0},
        x=X,
    )
    assert np.array_equal(bound.vjp([X], [ONE]).gradients[0], 3 * X**2)


def test_writing_is_found_and_does_no_harm(bind):
    def f(x):
        x *= 2
        return x.sum()

    def impolite(x, cotangent):
        cotangent *= 2
        return cotangent * np.ones(3)

    x, cotangent = X.copy(), np.array(1.0)
    assert bind("manual", f, gradient=lambda x: 2 + 0 * x, x=x).vjp([x], [ONE]).mutated == ("x",)
    pulled = bind("manual", np.sum, gradient=impolite, x=x).vjp([x], [cotangent])
    assert pulled.mutated == ("cotangent",)
    assert np.array_equal(x, X)
    assert cotangent == 1


@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        (lambda x, w: 2 * x * w, "returned a ndarray; for the inputs x, w it must return a tuple"),
        (lambda x, w: (x, w, x), "must return a tuple of 2"),
        (lambda x, w: {"x": x, "v": w}, "must return a tuple of 2 or a dict by name"),
        (lambda x, w: ("a", w), "the gradient of x: str is not an array of numbers"),
        (lambda x, w: ({"a": x}, w), r"returned x\['a'\], which is no input"),
    ],
)
def test_a_gradient_of_another_structure(bind, gradient, message):
    bound = bind("manual", loss, gradient=gradient, x=X, w=W)
    with pytest.raises(OutputError, match=message):
        bound.vjp([X, W], [ONE])


def test_wrong_shapes_and_dtypes_arrive_unjudged(bind):
    def gradient(x, cotangent):
        return np.ones((3, 1), "f4")

    pulled = bind("manual", lambda x: x * 2, gradient=gradient, x=X).vjp([X], [X])
    assert pulled.gradients[0].shape == (3, 1)
    assert pulled.gradients[0].dtype == np.float32
    scalar = bind("manual", np.sum, gradient=lambda x: np.ones(3, "f4"), x=X)
    assert scalar.vjp([X], [ONE]).gradients[0].dtype == np.float32


def test_python_floats_are_values_here(bind):
    bound = bind("manual", lambda x: float(x.sum()), gradient=lambda x: np.ones(3), x=X)
    assert bound.outputs[0].dtype == np.float64
    with pytest.raises(OutputError, match="out has dtype int64"):
        bind("manual", lambda x: x.argmax(), gradient=lambda x: x, x=X)
    with pytest.raises(OutputError, match=r"builtins\.str"):
        bind("manual", lambda x: "a", gradient=lambda x: x, x=X)


def test_what_it_does_not_have(bind):
    bound = bind("manual", lambda x: x.sum(), gradient=lambda x: np.ones(3), x=X)
    with pytest.raises(UnsupportedError, match="no forward mode"):
        bound.jvp([X], [X])
    with pytest.raises(UnsupportedError, match="no second derivative"):
        bound.hvp([X], [ONE], [X])
    with pytest.raises(UnsupportedError, match="no batched evaluation"):
        bound.value_batch([X[None]])
    with pytest.raises(ValueError, match="give `gradient`"):
        get_backend("manual")
    with pytest.raises(BackendUnavailableError, match="no CUDA device"):
        get_backend("manual", None, "cuda", gradient=np.sin)
    with pytest.raises(TypeError, match="gradient"):
        get_backend("torch", gradient=np.sin)
