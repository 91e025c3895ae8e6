"""Functions coarser than their dtype: a right gradient is not accused, a wrong one is found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import lambertw

import adbench
from adbench import Verdict

A = 4 * np.eye(5) + 0.6 * np.random.default_rng(0).normal(size=(5, 5))
B = np.random.default_rng(50).normal(size=5)


def jacobi(b, tolerance):
    x = np.zeros_like(b)
    while True:
        better = x + (b - A @ x) / np.diag(A)
        if np.abs(better - x).max() < tolerance:
            return better
        x = better


def implicit(b, cotangent):
    return np.linalg.solve(A.T, cotangent)


@pytest.mark.parametrize("tolerance", [1e-5, 1e-7, 1e-9])
def test_an_implicit_gradient_of_a_solver_is_not_accused(tolerance: float) -> None:
    result = adbench.check(lambda b: jacobi(b, tolerance), B, gradient=implicit)
    assert result.verdict is Verdict.PASS
    assert not [f for f in result.findings if f.level == "fail"]


@pytest.mark.parametrize("wrong", [1.001, 0.0, -1.0])
def test_a_wrong_gradient_of_a_solver_is_found(wrong: float) -> None:
    factors = np.array([1, wrong, 1, 1, 1])
    result = adbench.check(
        lambda b: jacobi(b, 1e-7), B, gradient=lambda b, cotangent: factors * implicit(b, cotangent)
    )
    assert result.verdict is Verdict.FAIL


@pytest.mark.parametrize("seed", range(3))
def test_the_few_jumps_of_a_root_finder_are_found_far_from_the_point(seed: int) -> None:
    def lambert(a):
        return np.array([brentq(lambda x, v=v: x * np.exp(x) - v, 0, 5, xtol=1e-9) for v in a])

    def rule(a, cotangent):
        w = lambertw(a).real
        return cotangent / (np.exp(w) * (1 + w))

    x = np.array([0.5, 2.0, 7.0])
    assert adbench.check(lambert, x, gradient=rule, seed=seed).verdict is Verdict.PASS
    wrong = adbench.check(
        lambert, x, gradient=lambda a, cotangent: 1.0001 * rule(a, cotangent), seed=seed
    )
    assert wrong.verdict is Verdict.FAIL


def root(a):
    """The root of x³ + x = a by bisection to 1e-4, which is a staircase."""
    roots = []
    for value in a:
        low, high = -10.0, 10.0
        while high - low > 1e-4:
            middle = (low + high) / 2
            low, high = (middle, high) if middle**3 + middle < value else (low, middle)
        roots.append((low + high) / 2)
    return np.array(roots)


def slope_of_root(a, cotangent):
    roots = [r.real for v in a for r in np.roots([1, 0, 1, -v]) if abs(r.imag) < 1e-9]
    return cotangent / (3 * np.array(roots) ** 2 + 1)


def test_bisection_is_held_to_the_slope_over_its_stairs() -> None:
    a = np.array([1.3, 4.1, 6.7])
    result = adbench.check(root, a, gradient=slope_of_root)
    assert result.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)
    negated = adbench.check(root, a, gradient=lambda a, cotangent: -slope_of_root(a, cotangent))
    assert negated.verdict is Verdict.FAIL


def test_a_jump_of_the_function_itself_excuses_nothing() -> None:
    x = np.array([0.9, 1.7, -0.4])
    result = adbench.check(
        lambda x: np.sin(x) + np.floor(x),
        x,
        gradient=lambda x, cotangent: 1.001 * cotangent * np.cos(x),
    )
    assert result.verdict is Verdict.FAIL


def test_a_gradient_in_float32_of_a_function_in_float64_is_found() -> None:
    def slope(x, cotangent):
        return cotangent * np.cos(x.astype(np.float32)).astype(float)

    assert adbench.check(np.sin, B, gradient=slope).verdict is Verdict.FAIL


@pytest.mark.torch
@pytest.mark.parametrize("seed", [0, 1])
def test_float32_inside_a_torch_function_is_not_accused(seed: int) -> None:
    import torch

    z = 20 * np.random.default_rng(seed).normal(size=4)
    result = adbench.check(lambda z: z.float().softmax(-1).double(), z, backend="torch", seed=seed)
    assert result.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)

    class Backward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            return z.clone()

        @staticmethod
        def backward(ctx, g):
            return 1.01 * g

    wrong = adbench.check(
        lambda z: Backward.apply(z).float().softmax(-1).double(), z, backend="torch", seed=seed
    )
    assert wrong.verdict is Verdict.FAIL


@pytest.mark.parametrize("seed", range(3))
def test_another_point_on_a_jump_accuses_nobody(seed: int) -> None:
    # Four times the input is a point at which floor jumps in every element.
    x = np.array([0.5, 1.25, 0.75])
    result = adbench.check(lambda x: np.floor(x) + x**2, x, seed=seed)
    assert result.verdict is Verdict.PASS


@pytest.mark.jax
def test_attention_in_float32_is_not_accused() -> None:
    import jax

    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(3, 1, 3, 2, 4))

    def attention(q, k, v):
        return jax.nn.dot_product_attention(q, k, v, is_causal=True)

    assert adbench.check(attention, q, k, v, backend="jax").verdict is Verdict.PASS

    @jax.custom_vjp
    def negated(q):
        return q

    negated.defvjp(lambda q: (q, None), lambda _, g: (-g,))
    wrong = adbench.check(lambda q, k, v: attention(negated(q), k, v), q, k, v, backend="jax")
    assert wrong.verdict is Verdict.FAIL


def test_a_gradient_of_zero_is_not_excused_by_the_treads_of_float32() -> None:
    def sine(x):
        return np.sin(x.astype(np.float32)).astype(float)

    def slope(x, cotangent):
        return cotangent * np.cos(x.astype(np.float32)).astype(float)

    assert adbench.check(sine, B, gradient=slope).verdict is Verdict.PASS
    dropped = np.array([1.0, 0.0, 1.0, 1.0, 1.0])
    wrong = adbench.check(sine, B, gradient=lambda x, cotangent: dropped * slope(x, cotangent))
    assert wrong.verdict is Verdict.FAIL


@pytest.mark.torch
@pytest.mark.parametrize("seed", [0, 3])
def test_what_float32_leaves_of_a_log_probability_near_zero_accuses_nobody(seed: int) -> None:
    z = 10 * np.random.default_rng(seed).normal(size=4)
    result = adbench.check(
        lambda z: z.float().log_softmax(-1).double(), z, backend="torch", seed=seed
    )
    assert result.verdict is Verdict.PASS


@pytest.mark.torch
def test_a_probability_that_only_subnormal_numbers_hold() -> None:
    z = 20 * np.random.default_rng(3).normal(size=4)  # its weight would be infinite in float32
    result = adbench.check(lambda z: z.float().softmax(-1).double(), z, backend="torch", seed=3)
    assert result.verdict is Verdict.PASS


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(4))
def test_a_pass_in_float32_does_not_promise_what_it_would_have_missed(seed: int) -> None:
    import torch

    class Off(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g * torch.tensor([1.0, 1.001, 1.0, 1.0], dtype=g.dtype)

    result = adbench.check(
        lambda z: torch.sigmoid(Off.apply(z).float()).double(),
        np.random.default_rng(seed).normal(size=4),
        backend="torch",
        seed=seed,
    )
    assert result.verdict is not Verdict.PASS or result.resolution > 1e-3
