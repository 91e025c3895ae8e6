"""Functions that no derivative can be had of: a verdict in words for each, and never a pass."""

from __future__ import annotations

import hashlib
import importlib

import numpy as np
import pytest

import adbench
from adbench import Verdict
from adbench.backends import ArgumentError

X = np.array([0.5, -1.2, 2.0])


def anything(x):
    """A gradient to be checked beside functions that no engine can trace."""
    return np.ones_like(x)


def digest(x):
    return int(hashlib.md5(x.tobytes()).hexdigest()[:8], 16) / 1e9


def only_here(x):
    if np.abs(x - X).max() > 0:
        raise ValueError("outside the domain")
    return np.sum(x**2)


def changing():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x) * len(calls)

    return f


def random():
    rng = np.random.default_rng(0)
    return lambda x: np.sum(x) * rng.standard_normal()


BAD = {
    "NaN everywhere": (lambda x: np.sum(x) * np.nan, Verdict.ERROR, "not finite"),
    "infinite everywhere": (lambda x: np.sum(x**2) * np.inf, Verdict.ERROR, "not finite"),
    "constant": (lambda x: 3.0 + 0 * np.sum(x), Verdict.INCONCLUSIVE, "could not have failed"),
    "rounded": (lambda x: np.sum(np.round(x)), Verdict.INCONCLUSIVE, "could not have failed"),
    "random": (random(), Verdict.FAIL, "two different values for the same input"),
    "stateful": (changing(), Verdict.FAIL, "two different values for the same input"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_function_gets_a_verdict_in_words(name):
    f, verdict, words = BAD[name]
    with np.errstate(all="ignore"):
        result = adbench.check(f, X)
    assert result.verdict is verdict
    assert words in result.reason
    assert result.resolution is None


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (digest, "it amplifies rounding, as a hash or a chaotic iteration does"),
        (only_here, "it raises there (ValueError: outside the domain)"),
    ],
)
def test_what_has_no_neighbours_cannot_be_compared(f, words):
    result = adbench.check(f, X, gradient=anything)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert words in result.reason
    assert result.resolution is None


def logistic(x):
    for _ in range(100):
        x = 3.9 * x * (1 - x)
    return (x**2).sum()


WORDS = {
    "constant": (lambda m, x: 3.0 + 0 * x.sum(), "does not move around this point"),
    "rounded": (lambda m, x: m.round(x).sum(), "a staircase"),
    "cancels": (lambda m, x: (x - x.mean()).sum(), "terms that cancel"),
    "softmax": (lambda m, x: (m.exp(x) / m.exp(x).sum()).sum(), "the sum of a softmax"),
    "chaos": (lambda m, x: logistic(m.abs(x) / 3), "amplifies rounding, as a hash or a chaotic"),
    "wild": (lambda m, x: m.sin(1e12 * x).sum(), "amplifies rounding, as a hash or a chaotic"),
}


@pytest.mark.parametrize("backend", ["native", "torch", "jax"])
@pytest.mark.parametrize("name", WORDS)
def test_what_is_undecided_says_what_is_in_the_way(name, backend):
    m = importlib.import_module({"native": "numpy", "jax": "jax.numpy"}.get(backend, backend))
    f, words = WORDS[name]
    result = adbench.check(lambda x: f(m, x), X, backend=backend)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert words in result.reason
    assert result.resolution is None


@pytest.mark.torch
def test_a_function_that_raises_for_all_but_the_given_point_says_so_in_torch():
    import torch

    def here(x):
        if float(x.detach()[0]) != 0.5:
            raise ValueError("outside the domain")
        return (x**2).sum()

    result = adbench.check(here, X, backend="torch")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "it raises there (ValueError: outside the domain)" in result.reason
    assert [f for f in result.findings if f.kind == "unexplained"] == []
    assert isinstance(here(torch.tensor(X)), torch.Tensor)


def test_a_constant_function_with_a_gradient_that_is_not_zero_fails():
    result = adbench.check(lambda x: 3.0 + 0 * np.sum(x), X, gradient=anything)
    assert result.verdict is Verdict.FAIL


def test_more_memory_than_there_is_is_the_functions_own_error():
    with pytest.raises(MemoryError):
        adbench.check(lambda x: np.sum(np.ones((10**8, 10**8)) * x[0]), X)


def test_an_input_without_elements_is_refused():
    with pytest.raises(ArgumentError, match="no elements in x"):
        adbench.check(lambda x: np.sum(x), np.zeros(0))
