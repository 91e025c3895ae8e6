"""The functions of control_flow against closed forms, and the two spellings against each other."""

import numpy as np
import pytest


@pytest.fixture
def plain(functions):
    return functions("control_flow")


@pytest.fixture
def for_jax(functions, jax):
    return functions("control_flow_jax")


@pytest.mark.parametrize("sign", [1, -1])
def test_branch_takes_the_path_of_its_sum(plain, sign):
    x = sign * np.array([0.5, 1.0, -0.25])
    expected = np.tanh(x).sum() if sign > 0 else (x**2).sum()
    assert plain.branch(x) == pytest.approx(expected, rel=1e-15)


def test_rows_fork_one_by_one(plain, rng):
    x = rng.normal(size=(6, 4))
    expected = sum(np.tanh(row).sum() if row.sum() > 0 else (row**2).sum() for row in x)
    assert plain.rows(x) == pytest.approx(expected, rel=1e-14)


def test_newton_s_root_and_its_gradient(plain, torch, rng):
    """√a, with derivative 1/(2√a)."""
    a = np.exp(rng.normal(size=8))
    tensor = torch.tensor(a, requires_grad=True)
    value = plain.newton_root(tensor)
    (gradient,) = torch.autograd.grad(value, tensor)
    assert value.item() == pytest.approx(np.sqrt(a).sum(), rel=1e-12)
    np.testing.assert_allclose(gradient, 1 / (2 * np.sqrt(a)), rtol=1e-6)


def test_both_spellings_agree_in_value_and_gradient(plain, for_jax, torch, jax, rng):
    inputs = {
        "branch": [rng.normal(size=5), np.ones(5), -np.ones(5)],
        "rows": [rng.normal(size=(6, 4))],
        "newton_root": [np.exp(rng.normal(size=8)), np.ones(3)],
    }
    for name, points in inputs.items():
        for point in points:
            tensor = torch.tensor(point, requires_grad=True)
            value = getattr(plain, name)(tensor)
            (by_torch,) = torch.autograd.grad(value, tensor)
            jitted = jax.jit(jax.value_and_grad(getattr(for_jax, name)))
            value_by_jax, by_jax = jitted(point)
            assert float(value_by_jax) == pytest.approx(value.item(), rel=1e-12)
            np.testing.assert_allclose(by_jax, by_torch, rtol=1e-9)


def test_chain_s_gradient_is_the_product_of_its_slopes(plain, gradients):
    x, slope = np.array([0.3, -1.2]), np.ones(2)
    y = x
    for _ in range(5):
        slope = slope * (1 + np.cos(y) / 16)
        y = y + np.sin(y) / 16
    (gradient,) = gradients(lambda x: plain.chain(x, steps=5), x)
    np.testing.assert_allclose(gradient, slope, rtol=1e-12)
