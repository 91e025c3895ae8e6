"""Where a derivative goes wrong: the user's own rule, checked by itself, or the operation."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import adbench
from adbench import Verdict
from adbench.engine import custom_vjp

W = np.array([[0.3, -0.2], [0.5, 0.9]])


def line_of(text):
    """The number of this file's line that has the text, which must be the only one."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    (number,) = (i for i, line in enumerate(lines, 1) if line.strip() == text)
    return number


class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.log1p(torch.exp(x))

    @staticmethod
    def backward(ctx, softplus_grad):
        (x,) = ctx.saved_tensors
        return softplus_grad * torch.sigmoid(-x)


def torch_net(w):
    hidden = Softplus.apply(w @ w.T)  # called in torch
    return torch.tanh(hidden).sum()


@custom_vjp
def native_softplus(x):
    return np.log1p(np.exp(x))


def native_backward(x, g):
    return (g / (1 + np.exp(x)),)


native_softplus.defvjp(lambda x: (np.log1p(np.exp(x)), x), native_backward)


def native_net(w):
    hidden = native_softplus(w @ w.T)  # called natively
    return np.sum(np.tanh(hidden))


@jax.custom_vjp
def jax_softplus(x):
    return jnp.log1p(jnp.exp(x))


def jax_backward(x, g):
    return (g * jax.nn.sigmoid(-x),)


jax_softplus.defvjp(lambda x: (jnp.log1p(jnp.exp(x)), x), jax_backward)


def jax_net(w):
    def step(total, row):
        return total + jnp.tanh(jax_softplus(row)).sum(), None  # called in a scan

    total, _ = jax.lax.scan(step, 0.0, w @ w.T)
    return total


NETS = {
    "torch": (
        torch_net,
        "Softplus.backward",
        "hidden = Softplus.apply(w @ w.T)  # called in torch",
    ),
    "native": (
        native_net,
        "native_backward",
        "hidden = native_softplus(w @ w.T)  # called natively",
    ),
    "jax": (
        jax_net,
        "jax_backward",
        "return total + jnp.tanh(jax_softplus(row)).sum(), None  # called in a scan",
    ),
}


@pytest.mark.parametrize("backend", NETS)
def test_the_rule_inside_a_function_is_found_and_diagnosed_by_itself(backend):
    net, rule, call = NETS[backend]
    result = adbench.check(net, W, backend=backend)
    assert result.verdict is Verdict.FAIL
    first, *_, culprit = result.findings
    assert first.where.file == __file__
    assert first.where.function == rule
    assert first.where.text.startswith("def ")
    assert culprit.kind == "culprit"
    assert culprit.level == "note"
    assert f"{__file__}:{line_of(call)}" in culprit.message
    assert "a factor exp(x" in culprit.diagnosis
    assert "by itself: a factor exp(x" in first.diagnosis
    assert f"{Path(__file__).name}:{first.where.line} in {rule}" in str(result)


def test_a_function_that_is_nothing_but_the_rule_has_no_second_finding():
    result = adbench.check(Softplus.apply, W, backend="torch")
    assert {f.kind for f in result.findings} == {"wrong-derivative"}
    assert {f.where.function for f in result.findings} == {"Softplus.backward"}


def test_a_gradient_by_hand_is_where_it_is_written():
    def gradient_by_hand(x):
        return x

    result = adbench.check(lambda x: np.sum(x**2), np.ones(3), gradient=gradient_by_hand)
    where = result.findings[0].where
    assert where.line == inspect.getsourcelines(gradient_by_hand)[1]
    assert where.text == "def gradient_by_hand(x):"


def test_a_right_rule_is_not_blamed_for_what_is_wrong_around_it():
    right = custom_vjp(np.sin)
    right.defvjp(lambda x: (np.sin(x), x), lambda x, g: (g * np.cos(x),))

    def wrong_around(x):
        return np.sum(right(x) * adbench.stop_gradient(x))

    result = adbench.check(wrong_around, np.array([0.3, 0.8, -1.2]))
    assert result.verdict is Verdict.FAIL
    assert {f.where.function.rpartition(".")[2] for f in result.findings} == {"wrong_around"}
    assert "culprit" not in {f.kind for f in result.findings}


def test_a_rule_with_options_and_data_is_checked_with_them():
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(x, by, indices):
            return x[indices] * by

        @staticmethod
        def setup_context(ctx, inputs, output):
            _, ctx.by, indices = inputs
            ctx.save_for_backward(indices)

        @staticmethod
        def backward(ctx, g):
            (indices,) = ctx.saved_tensors
            return torch.zeros(4, dtype=g.dtype).index_add(0, indices, g), None, None

    def scaled(x):
        return torch.sin(Scaled.apply(x, 3.0, torch.tensor([0, 2, 2, 3, 1]))).sum()

    result = adbench.check(scaled, np.array([0.1, 0.5, 0.7, 0.2]), backend="torch")
    culprit = result.findings[-1]
    assert culprit.kind == "culprit"
    assert culprit.diagnosis == "factor 1/3"
    # The class is as it was.
    assert "noting" not in Scaled.forward.__qualname__


def test_where_an_adjoint_stops_being_finite_natively():
    def masked(x):
        root = np.sqrt(x)  # the infinite slope
        return np.sum(np.where(x > 0, root, x))

    with np.errstate(all="ignore"):
        result = adbench.check(masked, np.array([0.0, 1.0]))
    finding = result.findings[0]
    assert finding.where.line == line_of("root = np.sqrt(x)  # the infinite slope")
    assert "it becomes so in the derivative of sqrt" in finding.diagnosis


def test_where_an_adjoint_stops_being_finite_in_torch():
    def masked(x):
        inverse = 1 / x  # the infinite value
        return torch.where(x > 0, inverse, x).sum()

    result = adbench.check(masked, np.array([0.0, 1.0]), backend="torch")
    finding = next(f for f in result.findings if f.kind == "nonfinite-derivative")
    assert finding.where.line == line_of("inverse = 1 / x  # the infinite value")
    assert "it becomes so in the derivative of" in finding.diagnosis


def test_where_an_adjoint_stops_being_finite_in_jax():
    def masked(x):
        def step(total, row):
            root = jnp.sqrt(row)  # the infinite slope in a scan
            return total + jnp.where(row > 0, root, row), None

        return jax.lax.scan(step, 0.0, x)[0]

    result = adbench.check(masked, np.array([0.0, 1.0]), backend="jax")
    finding = next(f for f in result.findings if f.kind == "nonfinite-derivative")
    line = line_of("root = jnp.sqrt(row)  # the infinite slope in a scan")
    assert finding.where.line == line
    assert "it becomes so in the derivative of sqrt" in finding.diagnosis


def test_a_rule_whose_second_derivative_alone_is_wrong():
    class SquareOnce(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, g):
            return g * 2 * ctx.saved_tensors[0].detach()

    result = adbench.check(
        lambda x: torch.sin(SquareOnce.apply(x)).sum(),
        np.array([0.3, 0.8, 1.1]),
        backend="torch",
        derivatives=("vjp", "hvp"),
    )
    failing = [f for f in result.findings if f.level == "fail"]
    assert {f.derivative for f in failing} == {"hvp"}
    assert {f.where.function.rpartition(".")[2] for f in failing} == {"backward"}
    culprit = result.findings[-1]
    assert culprit.kind == "culprit"
    assert "SquareOnce" in culprit.message


def test_a_rule_that_is_wrong_at_ties_alone():
    largest = custom_vjp(np.max)
    largest.defvjp(lambda x: (np.max(x), x), lambda x, g: (g * (x == np.max(x)),))
    result = adbench.check(lambda x: 3 * largest(x) + np.sum(x), np.array([1.0, 1.0, 0.5]))
    (finding,) = (f for f in result.findings if f.kind == "ties")
    assert finding.where.text.startswith("largest.defvjp")


N = 100_000
GUILTY = 77_777


class SineOff(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, g):
        factor = torch.ones(N, dtype=g.dtype)
        factor[GUILTY] = 1.5
        return g * torch.cos(ctx.saved_tensors[0]) * factor


def off(x, g):
    return (g * np.cos(x) * np.where(np.arange(N) == GUILTY, 1.5, 1.0),)


native_sine = custom_vjp(np.sin)
native_sine.defvjp(lambda x: (np.sin(x), x), off)


@jax.custom_vjp
def jax_sine(x):
    return jnp.sin(x)


jax_sine.defvjp(
    lambda x: (jnp.sin(x), x),
    lambda x, g: (g * jnp.cos(x) * jnp.where(jnp.arange(N) == GUILTY, 1.5, 1.0),),
)

LARGE = {
    "torch": lambda x: (SineOff.apply(1.5 * x) ** 2).sum(),
    "native": lambda x: np.sum(native_sine(1.5 * x) ** 2),
    "jax": lambda x: jnp.sum(jax_sine(1.5 * x) ** 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("backend", LARGE)
def test_one_wrong_element_of_many_has_its_rule_found(backend, monkeypatch):
    # However slow the machine: what is tested is that it is found at all.
    monkeypatch.setattr(
        importlib.import_module("adbench.check.examination"), "_LOCATION_SECONDS", 300.0
    )
    x = np.random.default_rng(0).standard_normal(N)
    result = adbench.check(LARGE[backend], x, backend=backend)
    first, *_, culprit = result.findings
    assert first.index == (GUILTY,)
    assert first.where is not None
    assert culprit.kind == "culprit"
    assert culprit.index == (GUILTY,)
    assert "factor" in culprit.diagnosis
    assert "1.5" in culprit.diagnosis
    assert result.script == "" or 'np.load(Path(__file__).with_suffix(".npz"))' in result.script
