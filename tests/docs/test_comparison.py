"""README's table of differences with `gradcheck` and `check_grads`, row by row where testable."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import adbench

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

pytestmark = [pytest.mark.torch, pytest.mark.jax, pytest.mark.slow]


def tensor(*values: float, dtype: Any = torch.float64) -> Any:
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def gradcheck(f: Any, *inputs: Any) -> bool:
    return bool(torch.autograd.gradcheck(f, inputs, raise_exception=False))


def check_grads(f: Any, *inputs: Any, order: int = 1, modes: tuple[str, ...] = ("rev",)) -> bool:
    from jax.test_util import check_grads

    with jax.enable_x64(True):
        try:
            check_grads(f, tuple(map(jax.numpy.asarray, inputs)), order, modes=modes)
        except AssertionError:
            return False
    return True


def test_steps_and_tolerances_of_gradcheck() -> None:
    parameters = inspect.signature(torch.autograd.gradcheck).parameters
    defaults = {name: parameters[name].default for name in ("eps", "atol", "rtol", "fast_mode")}
    assert defaults == {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3, "fast_mode": False}


def test_the_step_of_check_grads() -> None:
    seen = []

    def f(x: Any) -> Any:
        jax.debug.callback(lambda value: seen.append(float(value)), x)
        return x

    assert check_grads(f, 0.0)
    jax.effects_barrier()
    # One direction of any length: the farthest point is the step times it.
    assert 1e-6 < max(map(abs, seen)) <= 1e-4 * 10


def test_the_default_tolerance_of_adbench() -> None:
    result = adbench.check(np.sin, np.ones(1))
    assert result.rtol == pytest.approx(4.7e-10, rel=1e-2)
    assert result.atol == 0


def test_at_a_kink() -> None:
    assert not gradcheck(torch.relu, tensor(0.0))
    assert not check_grads(jax.nn.relu, 0.0)
    assert adbench.check(torch.relu, np.zeros(1), backend="torch").verdict == "kink"
    assert adbench.check(jax.nn.relu, np.zeros(1), backend="jax").verdict == "kink"


def test_cotangents_of_gradcheck_are_zero_and_one_and_those_of_adbench_are_not() -> None:
    seen = []

    class Identity(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            seen.extend(grad.flatten().tolist())
            return grad

    assert gradcheck(Identity.apply, tensor(1.0, 2.0))
    assert set(seen) == {0.0, 1.0}
    seen.clear()
    assert adbench.check(Identity.apply, np.ones(2), backend="torch").verdict == "pass"
    assert min(seen) < 0
    assert max(seen) > 1


@pytest.mark.filterwarnings("ignore:Input #0 requires gradient")
def test_a_right_float32_function() -> None:
    assert not gradcheck(torch.exp, tensor(1.0, 2.0, dtype=torch.float32))
    assert adbench.check(torch.exp, np.ones(2, np.float32), backend="torch").verdict == "pass"


def wrong_by(relative: float) -> Any:
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return grad * torch.cos(x) * (1 + relative)

    return Sine.apply


def test_the_allowed_difference() -> None:
    assert gradcheck(wrong_by(9e-4), tensor(0.3))
    assert not gradcheck(wrong_by(2e-3), tensor(0.3))
    assert adbench.check(wrong_by(2e-9), np.array([0.3]), backend="torch").verdict == "fail"


def jax_wrong_by(relative: float) -> Any:
    @jax.custom_vjp
    def sine(x: Any) -> Any:
        return jax.numpy.sin(x)

    sine.defvjp(
        lambda x: (jax.numpy.sin(x), x), lambda x, g: (g * jax.numpy.cos(x) * (1 + relative),)
    )
    return sine


def test_the_allowed_difference_in_jax() -> None:
    assert check_grads(jax_wrong_by(5e-6), 0.3)
    assert not check_grads(jax_wrong_by(1e-4), 0.3)
    assert adbench.check(jax_wrong_by(2e-9), np.array([0.3]), backend="jax").verdict == "fail"


def test_what_the_others_have_and_adbench_has_not() -> None:
    parameters = inspect.signature(torch.autograd.gradcheck).parameters
    assert {"masked", "check_batched_grad"} <= set(parameters)
    assert callable(torch.autograd.gradgradcheck)
    assert check_grads(jax.numpy.sin, 0.3, order=3)
