"""A cut is named as the cause where AD is right without it, and only there."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import adbench
from adbench import Verdict

X = np.array([0.3, -0.8, 1.2, 0.5])


def torch_detached(x):
    scale = torch.exp(x).detach()
    return (scale * x).sum()


def torch_data(x):
    return (torch.exp(x).data * x).sum()


def torch_no_grad(x):
    with torch.no_grad():
        scale = torch.exp(x)
    return (scale * x).sum()


def torch_meant(x):
    shift = x.max().detach()
    wrong = torch.exp(x).detach()
    return torch.log(torch.exp(x - shift).sum()) + shift + (wrong * x).sum()


def jax_stopped(x):
    return jnp.sum(jax.lax.stop_gradient(jnp.exp(x)) * x)


@jax.jit
def jax_stopped_in_a_scan(x):
    def step(total, row):
        return total + jax.lax.stop_gradient(jnp.exp(row)) * row, None

    return jax.lax.scan(step, 0.0, x)[0]


def native_stopped(x):
    return np.sum(adbench.stop_gradient(np.exp(x)) * x)


@pytest.mark.parametrize(
    ("function", "backend", "operation", "text"),
    [
        (torch_detached, "torch", "detach", "scale = torch.exp(x).detach()"),
        (torch_data, "torch", ".data", "return (torch.exp(x).data * x).sum()"),
        (torch_no_grad, "torch", "no_grad", "with torch.no_grad():"),
        (torch_meant, "torch", "detach", "wrong = torch.exp(x).detach()"),
        (jax_stopped, "jax", "stop_gradient", "return jnp.sum("),
        (jax_stopped_in_a_scan, "jax", "stop_gradient", "return total + "),
        (native_stopped, "native", "stop_gradient", "return np.sum("),
    ],
)
def test_the_cut_that_is_the_cause_is_named_with_its_line(function, backend, operation, text):
    result = adbench.check(function, X, backend=backend, derivatives=("vjp",))
    assert result.verdict is Verdict.FAIL
    for finding in result.findings:
        assert finding.where.text.startswith(text)
        line = finding.where.line
        assert f"cut off by {operation} in line {line}, without which AD is right" in (
            finding.diagnosis
        )


def test_a_number_of_pythons_is_named_where_no_path_is_left():
    def rounded(x):
        return torch.tensor([v.item() for v in x], dtype=x.dtype).sum()

    result = adbench.check(rounded, X, backend="torch", derivatives=("vjp",))
    finding = result.findings[0]
    assert finding.diagnosis.startswith("detached")
    assert "the only place where a path is cut off is item" in finding.diagnosis
    assert finding.where.function.endswith("rounded") or "listcomp" in finding.where.function


def test_a_cut_that_is_not_the_cause_is_not_named():
    class Half(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.sin(x)

        @staticmethod
        def backward(ctx, g):
            return g / 2

    def function(x):
        return Half.apply(x - x.mean().detach()).sum() + x.sum()

    result = adbench.check(function, X, backend="torch", derivatives=("vjp",))
    assert result.verdict is Verdict.FAIL
    assert all("cut off" not in (f.diagnosis or "") for f in result.findings)


def test_what_was_replaced_is_as_it_was():
    before = torch.Tensor.__dict__.get("data"), torch.Tensor.detach, torch.no_grad.__enter__
    adbench.check(torch_detached, X, backend="torch")
    after = torch.Tensor.__dict__.get("data"), torch.Tensor.detach, torch.no_grad.__enter__
    assert after == before
