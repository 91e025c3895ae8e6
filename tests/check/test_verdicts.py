"""Planted wrong gradients on each backend: found, located, diagnosed; right but awkward: passed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import adbench
from adbench import Verdict
from adbench.engine import custom_vjp

X = np.array([0.7, -1.3, 2.1, -0.4])


def torch_rule(value, backward):
    """A torch function of one tensor with this backward(grad, x)."""

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return value(x)

        @staticmethod
        def backward(ctx, grad):
            return backward(grad, *ctx.saved_tensors)

    return lambda x: Rule.apply(x)


def jax_rule(value, backward):
    rule = jax.custom_vjp(value)
    rule.defvjp(lambda x: (value(x), x), lambda x, grad: (backward(grad, x),))
    return lambda x: rule(x)


def native_rule(value, backward):
    rule = custom_vjp(value)
    rule.defvjp(lambda x: (value(x), x), lambda x, grad: (backward(grad, x),))
    return lambda x: rule(x)


def manual_rule(value, backward):
    return value, lambda x, cotangent: backward(cotangent, x)


def verdict_on(backend, value, backward, x=X):
    """adbench's result for `value` with this backward pass, on each backend's own kind of rule.

    `value` and `backward` take the library (torch, jnp, np) first.
    """
    library = {"torch": torch, "jax": jnp, "native": np, "manual": np}[backend]

    def f(x):
        return value(library, x)

    def g(grad, x):
        return backward(library, grad, x)

    if backend == "manual":
        function, gradient = manual_rule(f, g)
        return adbench.check(function, x, gradient=gradient)
    rule = {"torch": torch_rule, "jax": jax_rule, "native": native_rule}[backend](f, g)
    return adbench.check(rule, x, backend=backend)


BACKENDS = ("native", "torch", "jax", "manual")


def sine(xp, x):
    return xp.sin(x)


WRONG = {
    "sign flipped": lambda xp, g, x: -g * xp.cos(x),
    "factor 2": lambda xp, g, x: 2 * g * xp.cos(x),
    "factor 1/2": lambda xp, g, x: g * xp.cos(x) / 2,
    "detached": lambda xp, g, x: 0 * g,
    "constant factor 1.001": lambda xp, g, x: 1.001 * g * xp.cos(x),
    "wrong exactly where x < 0": lambda xp, g, x: g * xp.where(x < 0, 1.5, 1.0) * xp.cos(x),
    "reversed along axis 0": lambda xp, g, x: xp.flip(g * xp.cos(x), (0,)),
    "off by one along axis 0": lambda xp, g, x: xp.roll(g * xp.cos(x), 1),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("words", WRONG)
def test_a_planted_bug_is_found_and_named(backend, words):
    result = verdict_on(backend, sine, WRONG[words])
    assert result.verdict is Verdict.FAIL
    assert not result.ok
    finding = result.findings[0]
    assert finding.input == "x"
    assert words in finding.diagnosis
    assert words in str(result)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_right_rule_passes_and_says_what_it_would_have_seen(backend):
    result = verdict_on(backend, sine, lambda xp, g, x: g * xp.cos(x))
    assert result.verdict is Verdict.PASS
    assert result.ok
    assert result.findings == ()
    assert result.resolution <= 1e-9


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_relative_error_of_1e_9_is_seen(backend):
    assert verdict_on(backend, sine, lambda xp, g, x: g * xp.cos(x) * (1 + 1e-9)).verdict is (
        Verdict.FAIL
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda xp, g: xp.clip(g, -1.0, 1.0), id="clipped"),
        pytest.param(lambda xp, g: xp.abs(g), id="its sign ignored"),
        pytest.param(lambda xp, g: xp.ones_like(g), id="ignored"),
        pytest.param(lambda xp, g: xp.where(xp.abs(g) < 1e-6, 0.0 * g, g), id="flushed to zero"),
    ],
)
def test_a_backward_pass_not_linear_in_its_cotangent_is_found(backend, spoil):
    result = verdict_on(backend, sine, lambda xp, g, x: spoil(xp, g) * xp.cos(x))
    assert result.verdict is Verdict.FAIL
    assert any(f.kind == "nonlinear-cotangent" for f in result.findings)


def test_the_guilty_element_is_located_with_both_values():
    def backward(grad, x):
        result = grad * torch.cos(x)
        return torch.where(torch.arange(12).reshape(3, 4) == 6, 3 * result, result)

    x = np.linspace(0.1, 1.3, 12).reshape(3, 4)
    result = adbench.check(torch_rule(torch.sin, backward), x, backend="torch")
    (finding,) = (f for f in result.findings if f.kind == "wrong-derivative")
    assert finding.index == (1, 2)
    assert finding.output == "out[1, 2]"
    assert finding.ad == pytest.approx(3 * np.cos(x[1, 2]))
    assert abs(finding.numeric - np.cos(x[1, 2])) <= finding.bound


def test_one_wrong_element_of_a_hundred_thousand_is_named():
    def backward(grad, x):
        result = grad * torch.cos(x)
        result[77_777] *= 1.5
        return result

    f = torch_rule(torch.sin, backward)
    x = np.random.default_rng(0).standard_normal(100_000)
    result = adbench.check(lambda x: f(x).sum(), x, backend="torch")
    assert result.verdict is Verdict.FAIL
    wrong, culprit = result.findings
    assert wrong.index == culprit.index == (77_777,)
    assert culprit.kind == "culprit"
    # Far fewer evaluations than elements.
    assert result.evaluations < 2_000


def test_a_transposed_gradient():
    result = adbench.check(
        lambda A: A[0, 0] * np.sum(A * A[0, 1]),
        np.arange(1.0, 10.0).reshape(3, 3),
        gradient=lambda A: (
            (
                A[0, 0] * A[0, 1] * np.ones((3, 3))
                + np.sum(A) * (A[0, 1] * np.eye(3)[0][:, None] * np.eye(3)[0])
                + A[0, 0] * np.sum(A) * np.eye(3)[0][:, None] * np.eye(3)[1]
            ).T
        ),
    )
    assert result.verdict is Verdict.FAIL
    assert "transposed" in result.findings[0].diagnosis


def test_a_mean_that_stands_for_a_sum():
    result = adbench.check(
        lambda x: np.sum(x**2), np.arange(1.0, 8.0), gradient=lambda x: 2 * x / 7
    )
    assert "factor 1/7" in result.findings[0].diagnosis


def test_float32_inside_a_float64_path():
    def gradient(x, cotangent):
        return cotangent * np.cos(x.astype(np.float32)).astype(np.float64)

    result = adbench.check(np.sin, X, gradient=gradient)
    assert result.verdict is Verdict.FAIL
    assert "float32 inside" in result.findings[0].diagnosis


def test_a_gradient_of_the_wrong_shape():
    result = adbench.check(
        lambda x, b: np.sum(x * b),
        np.ones((3, 4)),
        np.arange(1.0, 5.0),
        gradient=lambda x, b: (np.broadcast_to(b, (3, 4)).copy(), x * 1.0),
    )
    (finding,) = result.findings
    assert finding.kind == "wrong-shape"
    assert finding.input == "b"
    assert "broadcast" in finding.diagnosis


def test_an_input_that_is_written_to():
    def f(x):
        y = x + 1
        x.mul_(2)
        return y

    result = adbench.check(f, X, backend="torch")
    assert any(f.kind == "mutated-input" and f.input == "x" for f in result.findings)
    assert result.verdict is Verdict.FAIL


def test_a_random_function():
    rng = np.random.default_rng(0)
    result = adbench.check(lambda x: x * rng.uniform(), X, gradient=lambda x, cotangent: cotangent)
    assert result.findings[0].kind == "nondeterministic-value"
    assert result.verdict is Verdict.FAIL


def test_a_random_backward_pass():
    rng = np.random.default_rng(0)
    result = adbench.check(
        lambda x: x * 2, X, gradient=lambda x, cotangent: 2 * cotangent * rng.uniform(0.9, 1.1)
    )
    assert result.findings[0].kind == "nondeterministic"


def test_nan_from_the_untaken_side_of_a_where():
    def f(x):
        return torch.where(x > 0, torch.sqrt(x), torch.zeros_like(x))

    result = adbench.check(f, np.array([-1.0, 4.0]), backend="torch")
    assert result.verdict is Verdict.FAIL
    assert result.findings[0].kind == "nonfinite-derivative"
    assert "untaken side" in result.findings[0].diagnosis
    assert result.findings[0].index == (0,)


def test_a_subgradient_at_a_kink_is_accepted_and_said_to_be_one():
    result = adbench.check(torch.relu, np.array([0.0, 1.0]), backend="torch")
    assert result.verdict is Verdict.KINK
    assert result.ok
    assert "subgradient" in str(result)


def test_outside_the_subdifferential_fails():
    result = adbench.check(
        lambda x: np.maximum(x, 0),
        np.array([0.0, 1.0]),
        gradient=lambda x, cotangent: cotangent * np.where(x == 0, 1.5, x > 0),
    )
    assert result.verdict is Verdict.FAIL
    assert result.findings[0].kind == "outside-subdifferential"


def test_a_tie_counted_twice():
    result = adbench.check(
        np.max, np.array([2.0, 0.5, 2.0]), gradient=lambda a: (a == a.max()).astype(float)
    )
    assert result.verdict is Verdict.FAIL
    assert result.findings[0].kind == "ties"


def test_a_bug_behind_a_branch_that_the_point_does_not_take():
    result = adbench.check(
        lambda x: np.where(x > 0, x**2, x**3),
        np.array([0.5, 1.5]),
        gradient=lambda x, cotangent: cotangent * np.where(x > 0, 2 * x, x**2),
    )
    assert result.verdict is Verdict.FAIL
    assert "at another point" in result.findings[0].message


def test_a_wrong_jvp_beside_a_right_vjp():
    @jax.custom_jvp
    def f(x):
        return jnp.sin(x)

    f.defjvp(lambda primals, tangents: (jnp.sin(primals[0]), jnp.cos(primals[0]) * tangents[0]))
    right = adbench.check(lambda x: f(x), X, backend="jax", derivatives=("vjp", "jvp", "hvp"))
    assert right.verdict is Verdict.PASS

    def doubled(x):
        return jnp.sin(x) + 0 * jax.lax.stop_gradient(x)

    assert adbench.check(doubled, X, backend="jax", derivatives=("jvp",)).ok


def test_a_wrong_second_derivative():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x.detach() ** 2

    result = adbench.check(
        lambda x: Square.apply(x).sum(), X, backend="torch", derivatives=("vjp", "hvp")
    )
    by_name = {r.derivative: r.verdict for r in result.derivatives}
    assert by_name == {"vjp": Verdict.PASS, "hvp": Verdict.FAIL}


AWKWARD = {
    "large inputs": (np.sin, [1e8, 2e8]),
    "tiny inputs": (lambda x: x * x, [1e-8, -1e-12]),
    "mixed scales": (lambda x: x * x, [1e-10, 1.0, 1e10]),
    "a large constant": (lambda x: 1e8 + np.sin(x), [0.3, 1.0]),
    "a tiny function": (lambda x: 1e-30 * np.exp(x), [0.3, 1.0]),
    "a root near zero": (np.sqrt, [1e-7, 1e-12]),
    "cancellation": (lambda x: (1 - np.cos(x)) / x**2, [1e-2, 0.5]),
    "overflow next door": (np.exp, [700.0, 1.0]),
    "a pole next door": (np.tan, [1.57, 0.2]),
    "a hilbert inverse": (
        lambda x: np.linalg.inv(x[0] / (np.arange(6)[:, None] + np.arange(6) + 1.0)),
        [1.0, 2.0],
    ),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_right_but_awkward_functions_pass(name):
    function, x = AWKWARD[name]
    result = adbench.check(function, np.array(x))
    assert result.verdict is Verdict.PASS, str(result)


def solve(a):
    """x with x³ + x = a by Newton's method, stopped at 1e-7."""
    x = np.ones_like(a)
    while np.abs(x**3 + x - a).max() > 1e-7:
        x = x - (x**3 + x - a) / (3 * x**2 + 1)
    return x


def test_a_solver_stopped_early_with_its_implicit_gradient():
    result = adbench.check(
        solve,
        np.array([1.3, 2.9]),
        gradient=lambda a, cotangent: cotangent / (3 * solve(a) ** 2 + 1),
    )
    assert result.verdict is not Verdict.FAIL, str(result)


def test_a_gradient_lost_in_rounding_is_neither_right_nor_wrong():
    # At x = 1e-4 the derivative of (1 − cos x)/x², about −x/12, is smaller than the rounding that
    # any formula-by-formula differentiation of it leaves.
    result = adbench.check(lambda x: (1 - np.cos(x)) / x**2, np.array([1e-4, 0.5]))
    assert result.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("function", "word"),
    [
        pytest.param(lambda x: x * np.nan, "not finite", id="NaN everywhere"),
        pytest.param(lambda x: 0 * x + 3.0, "zero", id="constant"),
        pytest.param(
            lambda x: np.modf(np.sin(x * 1e12) * 1e6)[0], "last bits of the input", id="a hash"
        ),
    ],
)
def test_what_cannot_be_judged_is_no_pass_and_says_why(function, word):
    result = adbench.check(function, X, gradient=lambda x, cotangent: 0 * cotangent)
    assert result.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR)
    assert not result.ok
    assert word in result.reason


def test_a_derivative_that_is_not_to_be_had_is_no_pass():
    result = adbench.check(
        np.sin, X, gradient=lambda x, cotangent: cotangent * np.cos(x), derivatives=("vjp", "jvp")
    )
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason


def test_float32_is_checked_as_a_formula_and_in_its_own_precision():
    right = adbench.check(torch.sin, X.astype(np.float32), backend="torch")
    assert right.verdict is Verdict.PASS
    assert right.resolution < 1e-8

    def backward(grad, x):
        error = 1e-3 if x.dtype == torch.float32 else 0.0
        return grad * torch.cos(x) * (1 + error)

    only_low = adbench.check(torch_rule(torch.sin, backward), X.astype(np.float32), backend="torch")
    assert only_low.verdict is Verdict.FAIL
    assert only_low.findings[0].kind == "precision"


@pytest.mark.parametrize("backend", ["native", "torch", "jax"])
def test_complex_gradients_in_each_backends_own_convention(backend):
    library = {"native": np, "torch": torch, "jax": jnp}[backend]
    z = np.array([0.3 + 0.4j, -1.1 + 0.2j])
    result = adbench.check(lambda z: library.exp(z) * library.conj(z), z, backend=backend)
    assert result.verdict is Verdict.PASS


def test_a_missing_conjugate_is_found():
    z = np.array([0.3 + 0.4j, -1.1 + 0.2j])
    result = adbench.check(
        lambda z: np.sum(np.abs(z) ** 2), z, gradient=lambda z: 2 * z
    )  # in the convention df = Re(Σ g·dz) it is 2·conj(z)
    assert result.verdict is Verdict.FAIL


def test_the_same_seed_gives_the_same_result():
    one, two = (adbench.check(np.tanh, X, seed=7) for _ in range(2))
    assert one.model_copy(update={"seconds": 0.0}) == two.model_copy(update={"seconds": 0.0})


def test_nested_inputs_are_named_as_written():
    def loss(params, x):
        return np.sum(params["layers"][0] * x) + params["b"] ** 2

    params = {"layers": [np.array([1.0, 2.0])], "b": np.array(0.5)}
    wrong = adbench.check(
        loss,
        params,
        np.array([3.0, 4.0]),
        gradient=lambda params, x: (
            {"layers": [2 * x], "b": 2 * params["b"]},
            params["layers"][0],
        ),
    )
    assert {f.input for f in wrong.findings} == {"params['layers'][0]"}
