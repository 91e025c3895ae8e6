"""What holds for every derivative: linear in the cotangent, and a Taylor remainder of order two."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch

import adbench
from adbench import Verdict

operator = importlib.import_module("adbench.check.operator")

X = np.array([0.7, -1.3, 2.1, -0.4])


def slope(f, gradient, x=X):
    return adbench.check(f, x, gradient=gradient).derivatives[0].taylor_slope


def test_the_remainder_of_a_right_gradient_shrinks_with_the_square_of_the_step():
    assert slope(lambda x: np.sum(np.sin(x)), np.cos) == pytest.approx(2, abs=0.1)


def test_the_remainder_of_a_wrong_gradient_shrinks_with_the_step():
    assert slope(lambda x: np.sum(np.sin(x)), lambda x: 1.1 * np.cos(x)) == pytest.approx(
        1, abs=0.1
    )


def test_the_remainder_of_a_product_shows_where_its_elements_move_together():
    def gradient(x):
        return np.array([x[1], x[0], x[3], x[2]])

    def product(x):
        return x[0] * x[1] + x[2] * x[3]

    assert slope(product, gradient) == pytest.approx(2, abs=0.1)
    assert slope(product, lambda x: 1.1 * gradient(x)) == pytest.approx(1, abs=0.1)


def test_the_remainder_of_a_large_input_is_read_off_the_ladder():
    x = np.random.default_rng(1).uniform(0.5, 2.0, 3000)
    result = adbench.check(lambda x: np.sum(np.sin(x)), x, gradient=np.cos)
    assert result.derivatives[0].taylor_slope == pytest.approx(2, abs=0.1)
    assert result.evaluations <= 40


def test_a_gradient_that_alternates_is_not_called_nonlinear():
    calls = []

    def alternating(x):
        calls.append(1)
        return np.cos(x) * (1 + 1e-3 * (len(calls) % 2))

    result = adbench.check(lambda x: np.sum(np.sin(x)), X, gradient=alternating)
    assert [f.kind for f in result.findings if f.level == "fail"] == ["nondeterministic"]


def test_a_linear_function_has_no_remainder():
    assert slope(lambda x: np.sum(3 * x), lambda x: 3 + 0 * x) is None


def test_a_backward_pass_that_is_homogeneous_but_not_additive_is_found():
    def largest_only(x, cotangent):
        return np.where(np.abs(cotangent) == np.abs(cotangent).max(), cotangent, 0) * np.cos(x)

    result = adbench.check(np.sin, X, gradient=largest_only)
    assert result.verdict is Verdict.FAIL
    assert "not additive" in result.findings[0].message


def test_a_solver_in_the_backward_pass_may_leave_a_little_open():
    def nearly(x, cotangent):
        wobble = 1e-12 * np.sin(1e3 * cotangent / np.abs(cotangent).max())
        return cotangent * np.cos(x) + wobble * np.abs(cotangent).max()

    assert adbench.check(np.sin, X, gradient=nearly).verdict is Verdict.PASS


def test_what_could_not_be_decided_has_no_resolution():
    result = adbench.check(lambda x: np.sum(np.floor(x)), X)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.resolution is None
    assert "would have shown" not in str(result)


def test_a_function_that_is_another_one_when_it_is_differentiated():
    def doubled(x):
        return (2 if x.requires_grad else 1) * torch.sin(x).sum()

    result = adbench.check(doubled, X, backend="torch")
    assert result.verdict is Verdict.FAIL
    assert result.findings[0].kind == "different-value"


def test_forward_and_reverse_mode_that_contradict_each_other():
    class Subject:
        x = origin = X

        def gradient(self, x, weight):
            return 2 * weight * x

    pushed = np.array([[3.0 * X[1]]])
    direction, weight = np.eye(4)[1:2], np.eye(4)[1:2]
    (finding,) = operator.adjoint(Subject(), direction, weight, pushed)
    assert finding.kind == "jvp-is-not-vjp"
    assert operator.adjoint(Subject(), direction, weight, pushed * 2 / 3) == []


def test_a_hessian_that_is_not_symmetric():
    class Subject:
        x = X

        def __init__(self, matrix):
            self.matrix = matrix

        def second(self, x, weight, direction):
            return self.matrix @ direction

    directions = np.random.default_rng(0).standard_normal((2, 4))
    skewed = np.triu(np.ones((4, 4)))
    (finding,) = operator.symmetric(Subject(skewed), np.ones(1), directions)
    assert finding.kind == "asymmetric-hessian"
    assert operator.symmetric(Subject(skewed + skewed.T), np.ones(1), directions) == []


def of_numpy(backward):
    @adbench.custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (np.sin(x), x), lambda x, g: (backward(np, x, g),))
    return f


def of_torch(backward):
    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, g):
            return backward(torch, ctx.saved_tensors[0], g)

    return Planted.apply


def of_jax(backward):
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def f(x):
        return jax.numpy.sin(x)

    f.defvjp(lambda x: (jax.numpy.sin(x), x), lambda x, g: (backward(jax.numpy, x, g),))
    return f


def overwrites_cotangent(m, x, g):
    g *= m.cos(x)
    return g


def overwrites_input(m, x, g):
    gradient = g * m.cos(x)
    x += 1
    return gradient


class Unsteady:
    """A backward pass that is off by so much in every other call."""

    def __init__(self, relative):
        self.relative = relative
        self.calls = 0

    def __call__(self, m, x, g):
        self.calls += 1
        return g * m.cos(x) * (1 + self.relative * (self.calls % 2))


def largest_only(m, x, g):
    return m.where(m.abs(g) == m.abs(g).max(), g, 0 * g) * m.cos(x)


OPERATORS = {
    "writes into the cotangent": (overwrites_cotangent, "mutated-cotangent"),
    "writes into the input": (overwrites_input, "mutated-input"),
    "not repeatable": (Unsteady(1e-3), "nondeterministic"),
    "clips": (lambda m, x, g: m.clip(g, -1, 1) * m.cos(x), "nonlinear-cotangent"),
    "flushes to zero": (
        lambda m, x, g: m.where(m.abs(g) < 1e-6, 0 * g, g) * m.cos(x),
        "nonlinear-cotangent",
    ),
    "not additive": (largest_only, "nonlinear-cotangent"),
    "not finite": (lambda m, x, g: g * m.cos(x) * (x - x) / (x - x), "nonfinite-derivative"),
    "no path": (lambda m, x, g: None, "wrong-derivative"),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    ("backend", "plant"), [("native", of_numpy), ("torch", of_torch), ("jax:eager", of_jax)]
)
@pytest.mark.parametrize("name", OPERATORS)
def test_what_is_no_linear_operator_is_found_on_every_backend(name, backend, plant):
    backward, kind = OPERATORS[name]
    if backend.startswith("jax") and "writes" in name:
        pytest.skip("arrays of JAX's cannot be written to")
    result = adbench.check(plant(backward), X, backend=backend)
    assert result.verdict is Verdict.FAIL
    assert result.findings[0].kind == kind


@pytest.mark.parametrize(("backend", "plant"), [("native", of_numpy), ("torch", of_torch)])
def test_a_gradient_that_repeats_itself_to_rounding_only_is_noted(backend, plant):
    result = adbench.check(plant(Unsteady(2.3e-16)), X, backend=backend)
    assert result.verdict is Verdict.PASS
    (note,) = result.findings
    assert (note.kind, note.level) == ("nondeterministic", "note")
    assert "differ in their last bits" in note.message


@pytest.mark.parametrize("shape", ["cut", "stacked"])
@pytest.mark.parametrize(
    ("backend", "plant"), [("native", of_numpy), ("torch", of_torch), ("jax", of_jax)]
)
def test_a_gradient_of_another_shape_is_never_a_pass(shape, backend, plant):
    def backward(m, x, g):
        gradient = g * m.cos(x)
        return gradient[:2] if shape == "cut" else m.stack([gradient, gradient])

    if plant is of_torch and shape == "stacked":  # autograd sums what broadcasts
        assert adbench.check(plant(backward), X, backend=backend).verdict is Verdict.FAIL
        return
    with pytest.raises((ValueError, RuntimeError, adbench.DifferentiationError), match="shape"):
        adbench.check(plant(backward), X, backend=backend)


@pytest.mark.parametrize("backend", ["native", "torch", "jax"])
def test_right_derivatives_of_all_kinds_are_not_accused(backend):
    result = adbench.check(
        lambda x: x**3 * x[0], X, backend=backend, derivatives=("vjp", "jvp", "hvp")
    )
    assert result.verdict is Verdict.PASS
    assert result.findings == ()
