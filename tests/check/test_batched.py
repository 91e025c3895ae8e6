"""A gradient that is right one by one and wrong under vmap; one that cannot be batched at all."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict
from adbench.engine import batch

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = jax.numpy

X = np.array([0.7, -1.3, 2.1, -0.4])


def of_kind(result, kind):
    return [f for f in result.findings if f.kind == kind]


class Sine(torch.autograd.Function):
    """One that batches by PyTorch's own means."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return torch.sin(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0])


class Mixed(Sine):
    """Its batching rule takes the batch apart and puts it together the other way round."""

    generate_vmap_rule = False

    @staticmethod
    def vmap(info, in_dims, x):
        return Mixed.apply(x.movedim(in_dims[0], 0).flip(0)), 0


class NoRule(Sine):
    generate_vmap_rule = False


class OldStyle(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, g):
        return g * torch.cos(ctx.saved_tensors[0])


class ThroughNumpy(OldStyle):
    @staticmethod
    def backward(ctx, g):
        return torch.from_numpy(g.numpy() * np.cos(ctx.saved_tensors[0].detach().numpy()))


def test_a_rule_of_pytorchs_that_mixes_up_its_batch():
    result = adbench.check(lambda x: Mixed.apply(x) ** 2, X, backend="torch")
    assert result.verdict is Verdict.FAIL
    (finding,) = of_kind(result, "batched-derivative")
    assert "in a batch (`vmap`)" in finding.message
    assert "by itself" in finding.message
    assert finding.where is not None
    assert finding.where.function == "Sine.backward"
    assert result.derivatives[0].batched == "differs over points and cotangents"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Sine, "the same over points and cotangents"),
        (NoRule, "the same over cotangents"),
        (OldStyle, "the same over cotangents"),
    ],
)
def test_a_rule_that_batches_as_far_as_it_says_is_right(rule, words):
    result = adbench.check(rule.apply, X, backend="torch")
    assert result.verdict is Verdict.PASS
    assert result.findings == ()
    assert result.derivatives[0].batched == words


def test_a_rule_that_cannot_be_batched_is_noted_and_passes():
    result = adbench.check(ThroughNumpy.apply, X, backend="torch")
    assert result.verdict is Verdict.PASS
    (note,) = result.findings
    assert (note.kind, note.level) == ("no-batching", "note")
    assert "cannot be batched" in note.message
    assert "is_grads_batched" in note.message


def test_random_numbers_that_refuse_to_be_batched_accuse_nobody():
    def shaken(x):
        torch.manual_seed(0)
        return Sine.apply(x) * torch.rand(4, dtype=torch.float64)

    result = adbench.check(shaken, X, backend="torch")
    assert result.verdict is Verdict.PASS
    assert result.derivatives[0].batched == "the same over cotangents"


@pytest.mark.parametrize("backend", ["torch", "jax", "native:compiled"])
def test_only_what_users_wrote_is_asked_about(backend):
    module = {"torch": torch, "jax": jnp}.get(backend, np)
    assert adbench.check(module.sin, X, backend=backend).derivatives[0].batched == ""


def test_thorough_asks_about_the_librarys_own_operations_too():
    result = adbench.check(torch.sin, X, backend="torch", thorough=True)
    assert result.derivatives[0].batched == "the same over points and cotangents"
    result = adbench.check(np.sin, X, backend="native:compiled", thorough=True)
    assert result.derivatives[0].batched == "not offered"
    assert result.findings == ()


def running_sum(method):
    """Its host code sums over everything that it is given: right for one, not for many."""

    def sums(g):
        backwards = np.asarray(g)[..., ::-1]
        return np.cumsum(backwards).reshape(backwards.shape)[..., ::-1]

    @jax.custom_vjp
    def f(x):
        return jnp.cumsum(x)

    def pulled(_, g):
        return (jax.pure_callback(sums, g, g, vmap_method=method),)

    f.defvjp(lambda x: (jnp.cumsum(x), None), pulled)
    return f


@pytest.mark.parametrize(
    ("method", "verdict"), [("broadcast_all", Verdict.FAIL), ("sequential", Verdict.PASS)]
)
def test_a_callback_of_jaxs_that_is_not_made_for_batches(method, verdict):
    result = adbench.check(running_sum(method), X, backend="jax")
    assert result.verdict is verdict
    assert bool(of_kind(result, "batched-derivative")) == (verdict is Verdict.FAIL)


def test_a_batching_rule_of_jaxs_that_averages():
    @jax.custom_batching.custom_vmap
    def f(x):
        return jnp.sin(x)

    @f.def_vmap
    def rule(size, in_batched, x):
        return jnp.broadcast_to(jnp.sin(x).mean(axis=0), x.shape), True

    @jax.custom_vjp
    def g(x):
        return f(x)

    g.defvjp(lambda x: (f(x), x), lambda x, ct: (ct * jnp.cos(x),))
    result = adbench.check(g, X, backend="jax")
    (finding,) = of_kind(result, "batched-derivative")
    assert finding.message.startswith("the value of out[")
    assert finding.diagnosis == "averaged over the batch"


def test_the_engines_sweep_for_many_cotangents(monkeypatch):
    def f(x):
        return np.cumsum(np.sin(x))

    assert adbench.check(f, X).derivatives[0].batched == "the same over cotangents"
    right = batch.Batched.__array_ufunc__

    def forgetful(self, ufunc, method, *inputs, **kwargs):
        made = right(self, ufunc, method, *inputs, **kwargs)
        return batch.Batched(np.broadcast_to(made.value[:1], made.value.shape))

    monkeypatch.setattr(batch.Batched, "__array_ufunc__", forgetful)
    result = adbench.check(f, X)
    (finding,) = of_kind(result, "batched-derivative")
    assert result.verdict is Verdict.FAIL
    assert finding.diagnosis == "the first one's for all of the batch"


def test_at_a_tie_a_batch_may_choose_another_subgradient():
    def tied(x):
        return Sine.apply(x).max()

    result = adbench.check(tied, np.array([1.0, 1.0, 0.5]), backend="torch")
    assert result.verdict is Verdict.KINK
