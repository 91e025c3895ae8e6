"""The complex step: a second opinion that settles what is analytic, and never accuses."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict
from adbench.backends import UnsupportedError, get_backend

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = jax.numpy

X = np.array([0.7, 1.3, 2.1, 0.4])
MODULES = {"torch": torch, "jax": jnp}


def bound(backend, f, x=X):
    return get_backend(backend).bind(f, {"x": x}, {"x": True}, {})


@pytest.mark.parametrize("backend", MODULES)
def test_it_settles_what_an_offset_swamps(backend):
    m = MODULES[backend]
    result = adbench.check(lambda x: (1e14 + m.sin(x)).sum(), X, backend=backend)
    assert result.verdict is Verdict.PASS
    assert "in 4 of 4 directions only the complex step could tell" in result.reason
    assert result.derivatives[0].second_opinion == (
        "the complex step agrees with AD in 4 of 4 doubtful directions"
    )
    assert result.resolution < 1e-9


@pytest.mark.parametrize("backend", MODULES)
def test_it_sharpens_what_passes(backend):
    m = MODULES[backend]
    result = adbench.check(lambda x: (1e8 + m.sin(x)).sum(), X, backend=backend)
    assert result.verdict is Verdict.PASS
    assert "complex step" not in result.reason
    assert result.resolution < 1e-9


@pytest.mark.parametrize("backend", MODULES)
@pytest.mark.parametrize(
    "f",
    [
        lambda m, x: m.abs(x),
        lambda m, x: m.conj(x) * x,
        lambda m, x: m.real(x) ** 2,
        lambda m, x: m.imag(x * 1j),
        lambda m, x: m.where(m.real(x) > 1, x, 2 * x),
        lambda m, x: m.sign(x) * x if m is jnp else m.sgn(x) * x,
        lambda m, x: m.linalg.norm(x),
        lambda m, x: m.real(m.linalg.eigvals(x * m.eye(4))),
    ],
    ids=["abs", "conj", "real", "imag", "where", "sign", "norm", "eigvals"],
)
def test_what_is_not_analytic_is_refused(backend, f):
    function = bound(backend, lambda x: f(MODULES[backend], x).sum())
    with pytest.raises(UnsupportedError, match=r"is not holomorphic"):
        function.holomorphic([X + 1e-30j])


class Away(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.from_numpy(np.abs(x.numpy()))

    @staticmethod
    def backward(ctx, g):
        return g


def test_numbers_that_went_through_other_hands_are_refused():
    constant = torch.ones(4, dtype=torch.complex128)
    with pytest.raises(UnsupportedError, match="no operation has made"):
        bound("torch", lambda x: (x * constant).real.sum()).holomorphic([X + 1e-30j])
    for way_out in (
        lambda x: torch.from_numpy(np.abs(x.detach().numpy())),
        lambda x: torch.tensor([abs(v) for v in x.tolist()]),
        lambda x: torch.tensor(np.abs(np.asarray(x))),
        lambda x: x * abs(x[0].item()),
        Away.apply,
    ):
        with pytest.raises(UnsupportedError):
            bound("torch", way_out).holomorphic([X + 0j])


@pytest.mark.parametrize("backend", MODULES)
@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda m, x: m.sin(x) * m.exp(x), lambda x: np.exp(x) * (np.sin(x) + np.cos(x))),
        (lambda m, x: m.log(x) / m.sqrt(x), lambda x: (1 - np.log(x) / 2) / x**1.5),
        (lambda m, x: m.tanh(x) ** 3, lambda x: 3 * np.tanh(x) ** 2 / np.cosh(x) ** 2),
        (lambda m, x: m.cumsum(x, 0)[1:3] ** 2, None),
        (lambda m, x: m.linalg.det(m.outer(x, x) + 2 * m.eye(4)) if m is torch else x.prod(), None),
    ],
    ids=["sin·exp", "log", "tanh", "cumsum", "det"],
)
def test_what_is_analytic_has_the_derivative_in_its_imaginary_part(backend, f, derivative):
    function = bound(backend, lambda x: f(MODULES[backend], x).sum())
    pulled = function.vjp([X], [np.array(1.0)]).gradients[0]
    for i in range(4):
        step = X + 1e-30j * np.eye(4)[i]
        made = np.imag(function.holomorphic([step])[0]) / 1e-30
        expected = pulled[i] if derivative is None else derivative(X)[i]
        assert made == pytest.approx(expected, rel=1e-12, abs=1e-14)


class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        return 1.5 * g * ctx.saved_tensors[0].cos()


def test_it_sides_with_the_differences_against_a_wrong_gradient():
    result = adbench.check(lambda x: Wrong.apply(x).sum(), X, backend="torch")
    assert result.verdict is Verdict.FAIL
    assert "with the differences against AD in 4 of 4" in result.derivatives[0].second_opinion


def test_it_does_not_accuse_where_the_differences_cannot():
    result = adbench.check(lambda x: (Wrong.apply(x) + 1e17).sum(), X, backend="torch")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "agrees with AD in 0 of" in result.derivatives[0].second_opinion


@pytest.mark.parametrize("backend", MODULES)
def test_it_does_not_clear_a_function_that_amplifies_rounding(backend):
    def logistic(x):
        for _ in range(60):
            x = 3.9 * x * (1 - x)
        return x.sum()

    result = adbench.check(logistic, X / 3, backend=backend)
    assert result.verdict is Verdict.INCONCLUSIVE


def test_a_function_of_real_numbers_only_has_no_second_opinion():
    result = adbench.check(lambda x: (torch.softmax(x, 0) + 1e14).sum(), X, backend="torch")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.derivatives[0].second_opinion.startswith("no complex step: ")
