"""A small fault of a random kind in a right gradient is never named as one of another kind."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict

WEIGHTS = np.random.default_rng(11).standard_normal((6, 6))


def coupled(x):
    """(6,) to (6,): every output depends on every input, and no two derivatives are alike."""
    return np.tanh(WEIGHTS @ x) * np.exp(x / 3)


def jacobian(x):
    inner = np.tanh(WEIGHTS @ x)
    return np.exp(x / 3)[:, None] * (1 - inner**2)[:, None] * WEIGHTS + np.diag(coupled(x) / 3)


def scalar(x):
    return np.sum(coupled(x) ** 2)


def slope(x):
    return 2 * coupled(x) @ jacobian(x)


def matrix_loss(a):
    return np.sum(np.sin(a @ WEIGHTS[:4, :4]) * WEIGHTS[1:5, 1:5])


def matrix_slope(a):
    return (np.cos(a @ WEIGHTS[:4, :4]) * WEIGHTS[1:5, 1:5]) @ WEIGHTS[:4, :4].T


def one_factor(g, size, rng):
    return g * (1 + size)


def some_factor(g, size, rng):
    return g * np.where(np.arange(g.shape[-1]) == rng.integers(g.shape[-1]), 1 + size, 1.0)


def term(g, size, rng):
    return g + size * np.abs(g).max()


def noise(g, size, rng):
    return g * (1 + size * rng.standard_normal(g.shape))


def negated(g, size, rng):
    return g * np.where(np.arange(g.shape[-1]) == rng.integers(g.shape[-1]), -1.0, 1.0)


def lost(g, size, rng):
    return g * np.where(np.arange(g.shape[-1]) == rng.integers(g.shape[-1]), 0.0, 1.0)


PLANTED = {
    one_factor: ("factor", "a constant factor"),
    some_factor: ("a constant factor", "wrong in 1 of", "wrong in 4 of"),
    term: ("a term is missing: numeric − AD is", "a mean"),
    noise: (
        "nearly right",
        "wrong in",
        "no usual mistake fits",
        "half precision",
        "float32 inside",
    ),
    negated: ("sign flipped in", "sign flipped"),
    lost: ("zero in",),
}
"""What each fault may be called."""


@pytest.mark.parametrize("size", [1e-6, 1e-3, 0.07])
@pytest.mark.parametrize("fault", PLANTED)
@pytest.mark.parametrize("case", ["coupled", "scalar", "matrix"])
def test_a_planted_fault_keeps_its_name(case, fault, size):
    seed = [list(PLANTED).index(fault), len(case), int(size * 1e7)]
    rng = np.random.default_rng(seed)
    if case == "matrix":
        f, x, right = matrix_loss, rng.standard_normal((4, 4)), matrix_slope
    else:
        f, x = {"coupled": coupled, "scalar": scalar}[case], rng.standard_normal(6)
        right = jacobian if case == "coupled" else slope
    planted = fault(np.ones_like(right(x)), size, np.random.default_rng(seed))

    def wrong(x, cotangent):
        g = right(x)
        # The same fault at every point: of a factor its ratio, of a term the term itself.
        g = g + (planted - 1.0) if fault is term else g * planted
        return cotangent @ g if case == "coupled" else cotangent * g

    result = adbench.check(f, x, gradient=wrong, derivatives=("vjp",))
    assert result.verdict is Verdict.FAIL
    assert not [f.message for f in result.findings if f.kind == "unexplained"]
    for finding in result.findings:
        if finding.diagnosis is not None:
            assert finding.diagnosis.startswith(PLANTED[fault]), finding.diagnosis
