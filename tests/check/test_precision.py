"""float32: a right formula is not accused for what its own values lose; a wrong one is found."""

from __future__ import annotations

import numpy as np
import pytest

import adbench

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

CANCELLING = {
    "an offset taken away": lambda x: ((x + 1000) - 1000) ** 2,
    "one over what an offset left": lambda x: 1 / ((x + 1000) - 1000),
    "a logarithm of it": lambda x: torch.log(((x + 1000) - 1000) ** 2 + 0.1),
    "a variance as a difference of squares": lambda x: (
        (x + 300).square().mean() - (x + 300).mean() ** 2
    ),
    "1 − cos": lambda x: ((1 - torch.cos(x / 30)) / x**2).sum(),
    "√(x² + 10⁴) − 100": lambda x: (torch.sqrt(x * x + 1e4) - 100) ** 2,
    "a sum that cancels": lambda x: torch.cumsum(x * 1000, 0) - 1000 * x.sum(),
    "a saturated softmax": lambda x: torch.softmax(50 * x, 0),
}


@pytest.mark.parametrize("name", CANCELLING)
@pytest.mark.parametrize("seed", [0, 2])
def test_digits_that_the_function_loses_are_not_the_gradients_fault(name, seed):
    x = np.random.default_rng(seed).standard_normal(6).astype(np.float32)
    result = adbench.check(CANCELLING[name], x, backend="torch", seed=seed)
    assert result.verdict != "fail", result.reason


def planted(off):
    """sin, whose backward pass at float32 is off by a relative 10⁻³, as `off` has it."""

    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            right = cotangent * torch.cos(x)
            return off(right) if x.dtype == torch.float32 else right

    return Sine.apply


@pytest.mark.parametrize(
    "off",
    [
        pytest.param(lambda g: 1.001 * g, id="a factor"),
        pytest.param(lambda g: g.to(torch.bfloat16).to(torch.float32), id="bfloat16 on the way"),
    ],
)
def test_what_is_wrong_at_float32_only_is_found(off):
    x = np.random.default_rng(0).standard_normal(6).astype(np.float32)
    result = adbench.check(planted(off), x, backend="torch")
    assert result.verdict == "fail"
    assert [finding.kind for finding in result.findings] == ["precision"]
