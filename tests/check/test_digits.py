"""Digits that are lost inside a float64 path: which input, or which line, is to thank for it."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = jax.numpy

X = np.array([0.7, 1.3, 2.1, 0.4])
MIXED = {"weight": X, "bias": X.astype(np.float32)}
MODULES = {"native": np, "torch": torch, "jax": jnp}


def cast_of_torch(x):
    return (x.float().sin() * 2).double().sum()


def cast_of_jax(x):
    return (jnp.sin(x.astype(jnp.float32)) * 2).astype(jnp.float64).sum()


def cast_of_numpy(x):
    return np.sum(np.sin(x.astype(np.float32)).astype(np.float64) * 2)


def single_buffer(x):
    kept = torch.zeros(4)
    kept.copy_(x)
    return (kept.double() * x).sum()


class SavesSingle(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x.float())
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos().double()


class RoundsBackwards(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        single = g.float()
        return single.double() * ctx.saved_tensors[0].cos()


def lost(result):
    return [f for f in result.findings if f.kind == "lost-digits"]


@pytest.mark.parametrize(
    ("backend", "f", "dtype", "text"),
    [
        ("torch", cast_of_torch, "float32", "x.float()"),
        ("jax", cast_of_jax, "float32", "x.astype(jnp.float32)"),
        ("native", cast_of_numpy, "float32", "x.astype(np.float32)"),
    ],
)
def test_a_cast_explains_a_poor_resolution(backend, f, dtype, text):
    result = adbench.check(f, X, backend=backend)
    (note,) = lost(result)
    assert result.verdict is Verdict.PASS
    assert result.resolution > 1e-6
    assert note.level == "note"
    assert note.message.startswith(f"{dtype} inside, by ")
    assert text in note.where.text
    assert f"{dtype} inside" in result.reason


@pytest.mark.parametrize(
    ("f", "line"),
    [(SavesSingle.apply, "save_for_backward(x.float())"), (RoundsBackwards.apply, "g.float()")],
)
def test_a_cast_explains_a_failing_difference(f, line):
    result = adbench.check(f, X, backend="torch")
    assert result.verdict is Verdict.FAIL
    (note,) = lost(result)
    assert "what follows has 7 digits" in note.message
    assert line in note.where.text


def test_a_buffer_of_lower_precision_is_named():
    (note,) = lost(adbench.check(single_buffer, X, backend="torch"))
    assert note.message.startswith("float32 inside, by copy: what follows has 7 digits")
    assert "kept.copy_(x)" in note.where.text


@pytest.mark.parametrize("backend", MODULES)
def test_the_input_of_lower_precision_is_named_where_others_feel_it(backend):
    m = MODULES[backend]
    result = adbench.check(
        lambda params: (m.sin(params["weight"]) * m.exp(params["bias"])).sum(),
        MIXED,
        backend=backend,
    )
    (note,) = lost(result)
    assert result.verdict is Verdict.PASS
    assert note.input == "params['bias']"
    assert "params['weight'] is float64 in name" in note.message
    assert "because of params['bias'] (float32)" in note.message
    assert "; params['bias'] has fewer digits" in result.reason


@pytest.mark.parametrize("backend", MODULES)
def test_an_input_of_lower_precision_that_nobody_feels_is_not_mentioned(backend):
    m = MODULES[backend]
    result = adbench.check(
        lambda params: m.sin(params["weight"]).sum() + m.exp(params["bias"]).sum(),
        MIXED,
        backend=backend,
    )
    assert result.verdict is Verdict.PASS
    assert result.findings == ()


def test_what_takes_no_wider_input_is_checked_with_its_digits():
    def single(weight, bias):
        assert bias.dtype == np.float32
        return np.sum(np.sin(weight) * np.exp(bias))

    result = adbench.check(single, X, X.astype(np.float32))
    (note,) = lost(result)
    assert result.verdict is Verdict.PASS
    assert note.message.startswith("checked with the digits of bias (float32)")


@pytest.mark.parametrize("backend", MODULES)
def test_float32_throughout_is_nothing_to_speak_of(backend):
    m = MODULES[backend]
    result = adbench.check(lambda x: m.sin(x).sum(), X.astype(np.float32), backend=backend)
    assert result.verdict is Verdict.PASS
    assert result.findings == ()


def test_a_cast_does_not_explain_a_gross_difference():
    class Wrong(SavesSingle):
        @staticmethod
        def backward(ctx, g):
            return -g * ctx.saved_tensors[0].cos().double()

    assert lost(adbench.check(Wrong.apply, X, backend="torch")) == []


HALVES = {
    "torch": [
        lambda x: (x.half() @ x.half()).double(),
        lambda x: (x.half().double() * x).sum(),
        lambda x: (x.bfloat16() * 3).double(),
        lambda x: x.half().sin().double(),
    ],
    "jax": [
        lambda x: (x.astype(jnp.float16) @ x.astype(jnp.float16)).astype(float),
        lambda x: jnp.sin(x.astype(jnp.bfloat16)).astype(float),
    ],
    "native": [lambda x: np.sin(x.astype(np.float16)).astype(float)],
}


@pytest.mark.parametrize(
    ("backend", "f"), [(backend, f) for backend, some in HALVES.items() for f in some]
)
def test_half_precision_inside_accuses_nobody(backend, f):
    result = adbench.check(f, X, backend=backend)
    (note,) = result.findings
    assert result.verdict is Verdict.INCONCLUSIVE
    assert note.kind == "lost-digits"
    assert "float16 inside" in result.reason


def test_a_cotangent_that_is_clipped_is_found_beside_half_precision():
    class Clipped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.half().sin().double()

        @staticmethod
        def backward(ctx, g):
            return g.clamp(-1, 1).half().double() * ctx.saved_tensors[0].cos()

    result = adbench.check(Clipped.apply, X, backend="torch")
    assert result.verdict is Verdict.FAIL
    assert result.findings[0].kind == "nonlinear-cotangent"
