"""grad, vjp, jvp, hvp and jacobian against closed forms, on arrays and trees."""

import numpy as np
import pytest

from adbench.engine import (
    DifferentiationError,
    checkpoint,
    custom_vjp,
    grad,
    hvp,
    jacobian,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)

X = np.array([0.3, -1.2, 2.0])
A = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])


def test_gradient_of_a_quadratic_form():
    S = A.T @ A
    np.testing.assert_allclose(grad(lambda x: x @ S @ x)(X), 2 * S @ X, rtol=1e-14)


def test_python_float_in_numpy_float_out():
    result = grad(lambda x: x**3)(2.0)
    assert result == 12.0
    assert isinstance(result, np.float64)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_gradient_keeps_the_arguments_dtype(dtype):
    x = X.astype(dtype)
    result = grad(lambda x: np.sum(x * np.arange(3.0)))(x)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, [0, 1, 2])


def test_several_argnums_and_keyword_arguments():
    gx, gy = grad(lambda x, y, *, k: np.sum(x * y) * k, argnums=(0, 1))(X, A[0], k=2.0)
    np.testing.assert_array_equal(gx, 2 * A[0])
    np.testing.assert_array_equal(gy, 2 * X)


def test_negative_argnums():
    np.testing.assert_array_equal(grad(lambda x, y: x @ y, argnums=-1)(X, A[0]), X)


def test_trees_in_and_out():
    tree = {"w": A, "b": [X, 2.0]}
    value, result = value_and_grad(lambda t: np.sum(t["w"] @ t["b"][0]) * t["b"][1])(tree)
    assert value == pytest.approx(np.sum(A @ X) * 2)
    np.testing.assert_allclose(result["w"], 2 * np.ones((2, 1)) * X)
    np.testing.assert_allclose(result["b"][0], 2 * A.sum(0))
    assert result["b"][1] == pytest.approx(np.sum(A @ X))


def test_has_aux_carries_anything_along():
    (value, aux), result = value_and_grad(lambda x: (x @ x, {"y": x * 2, "n": 3}), has_aux=True)(X)
    assert value == X @ X
    assert type(aux["y"]) is np.ndarray
    assert aux["n"] == 3
    np.testing.assert_array_equal(result, 2 * X)


def test_an_argument_without_influence_has_a_zero_gradient():
    np.testing.assert_array_equal(grad(lambda x: 3.0)(X), np.zeros(3))


def test_vjp_can_be_pulled_back_again_and_returns_arrays_of_its_own():
    value, pullback = vjp(lambda x, y: (x * y, x), X, A[0])
    ct = (np.ones(3), np.zeros(3))
    first = pullback(ct)
    first[0][:] = 99
    second = pullback(ct)
    np.testing.assert_array_equal(second[0], A[0])
    np.testing.assert_array_equal(second[1], X)
    np.testing.assert_array_equal(value[0], X * A[0])


def test_vjp_is_not_changed_by_later_writes_to_its_arguments():
    x = X.copy()
    _, pullback = vjp(lambda x: x**2, x)
    x[:] = 0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], 2 * X)


def test_identity_does_not_return_the_callers_cotangent():
    g = np.ones(3)
    _, pullback = vjp(lambda x: x, X)
    assert pullback(g)[0] is not g


def test_vjp_refuses_a_cotangent_of_another_shape():
    _, pullback = vjp(lambda x: x, X)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        pullback(np.ones(2))


def test_jvp_is_the_directional_derivative():
    value, tangent = jvp(lambda x: np.sin(A @ x), (X,), (np.array([1.0, 0.0, 2.0]),))
    np.testing.assert_allclose(value, np.sin(A @ X))
    np.testing.assert_allclose(tangent, np.cos(A @ X) * (A @ [1.0, 0.0, 2.0]), rtol=1e-14)


def test_hvp_of_several_arguments():
    def f(x, y):
        return np.sum(x**2 * y)

    hx, hy = hvp(f, (X, A[0]), (np.ones(3), 2 * np.ones(3)))
    np.testing.assert_allclose(hx, 2 * A[0] + 4 * X)
    np.testing.assert_allclose(hy, 2 * X)


def test_third_derivative():
    third = grad(grad(grad(np.sin)))
    assert third(0.7) == pytest.approx(-np.cos(0.7), rel=1e-14)


def test_perturbations_of_nested_gradients_do_not_mix():
    # d/dx [x · d/dy (x + y)] at y = 1 is 1; the classic confusion answers 2.
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_complex_argument_follows_the_transpose_convention():
    z = np.array([1.0 + 2.0j, -0.5j])
    # f = |z|², df = 2 Re(conj(z)·dz) = Re(g·dz).
    np.testing.assert_allclose(grad(lambda z: np.sum(np.abs(z) ** 2))(z), 2 * np.conj(z))
    (g,) = vjp(lambda z: z**2, z)[1](np.ones(2, dtype=complex))
    np.testing.assert_allclose(g, 2 * z)


def test_real_argument_of_a_complex_function_has_a_real_gradient():
    result = grad(lambda x: np.abs(np.exp(1j * x) * x))(2.0)
    assert result.dtype == np.float64
    assert result == pytest.approx(1.0)


def test_stop_gradient():
    assert grad(lambda x: x * stop_gradient(x))(3.0) == 3.0


def test_custom_vjp_and_its_second_derivative():
    @custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (g * 3 * x**2,))
    assert grad(cube)(2.0) == 12.0
    assert grad(grad(cube))(2.0) == 12.0
    assert cube(2.0) == 8.0


def test_custom_vjp_overrides():
    @custom_vjp
    def f(x, y):
        return {"a": x * y, "b": y}

    f.defvjp(lambda x, y: (f.function(x, y), None), lambda _, g: (7 * g["a"], None))
    gx, gy = grad(lambda x, y: np.sum(f(x, y)["a"] * 2 + f(x, y)["b"]), argnums=(0, 1))(X, X)
    np.testing.assert_array_equal(gx, np.full(3, 14.0))
    np.testing.assert_array_equal(gy, np.zeros(3))


def test_custom_vjp_checks_what_backward_returns():
    @custom_vjp
    def f(x):
        return x * 1

    f.defvjp(lambda x: (x * 1, None), lambda _, g: (g[:1],))
    with pytest.raises(DifferentiationError, match=r"shape \(1,\)"):
        grad(lambda x: np.sum(f(x)))(X)
    f.defvjp(lambda x: (x * 1, None), lambda _, g: g)
    with pytest.raises(DifferentiationError, match="tuple of 1"):
        grad(lambda x: np.sum(f(x)))(X)


def test_custom_vjp_refuses_to_lose_a_captured_array():
    def outer(x):
        @custom_vjp
        def f(y):
            return y * x

        f.defvjp(lambda y: (y * x, None), lambda _, g: (g,))
        return np.sum(f(x))

    with pytest.raises(DifferentiationError, match="enclosing scope"):
        grad(outer)(X)


def test_checkpoint_computes_again_and_agrees():
    calls = []

    def f(x):
        calls.append(1)
        return np.tanh(A @ x)

    plain = grad(lambda x: np.sum(f(x) ** 2))(X)
    calls.clear()
    again = grad(lambda x: np.sum(checkpoint(f)(x) ** 2))(X)
    assert len(calls) == 2
    np.testing.assert_array_equal(again, plain)
    second = jacobian(grad(lambda x: np.sum(checkpoint(f)(x) ** 2)))(X)
    np.testing.assert_allclose(second, jacobian(grad(lambda x: np.sum(f(x) ** 2)))(X))


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: x, X, "not a scalar"),
        (lambda x: np.argmax(x), X, "integers"),
        (lambda x: x[0] > 0, X, "booleans"),
        (lambda x: "text", X, "str"),
        (lambda x: np.sum(x) * 1j, X, "complex"),
        (lambda x: np.sum(x), np.arange(3), "dtype int64"),
        (lambda x: np.sum(x["k"][0]), {"k": [np.arange(3)]}, r"argument 0\['k'\]\[0\]"),
        (lambda x: x, "text", "is a str"),
    ],
)
def test_what_has_no_gradient_is_refused(f, x, message):
    with pytest.raises(DifferentiationError, match=message):
        grad(f)(x)


def test_argnums_out_of_range():
    with pytest.raises(TypeError, match="argnums=1"):
        grad(np.sum, argnums=1)(X)
