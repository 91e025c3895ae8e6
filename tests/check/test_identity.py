"""Functions that look at which array they are given: found on every backend that shows arrays."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict
from adbench.backends import OutputError

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

X = np.array([0.5, -1.2, 2.0])
EAGER = ["native", "torch", "jax:eager"]


def gradient(x):
    return 2 * x


def kept_by_id():
    kept = {}

    def f(x):
        if id(x) not in kept:
            kept[id(x)] = (x, (x**2).sum())  # x is kept too, so that no other gets its number
        return kept[id(x)][1]

    return f


def first_one_seen_is_special():
    seen = []

    def f(x):
        if not any(x is known for known in seen):
            seen.append(x)
        return (x**2).sum() * (1 + len(seen) % 2)

    return f


def other_than_the_last():
    last = [None]

    def f(x):
        new = x is not last[0]
        last[0] = x
        return (x**2).sum() * (1.0 if new else 2.0)

    return f


@pytest.mark.parametrize("backend", EAGER)
def test_the_same_array_again_gives_another_value(backend):
    result = adbench.check(other_than_the_last(), X, backend=backend)
    finding = result.findings[0]
    assert result.verdict is Verdict.FAIL
    assert (finding.kind, finding.level) == ("identity", "fail")
    assert "for the very same array a second time" in finding.message
    assert "`is` or id()" in finding.diagnosis


@pytest.mark.parametrize("backend", EAGER)
def test_equal_numbers_in_another_array_give_another_value(backend):
    result = adbench.check(first_one_seen_is_special(), X, backend=backend)
    assert result.verdict is Verdict.FAIL
    assert "for equal numbers in another array" in result.findings[0].message


def test_a_cache_by_identity_is_stale_once_its_array_is_written_to():
    result = adbench.check(kept_by_id(), X, gradient=gradient)
    assert result.verdict is Verdict.FAIL
    assert "for other numbers written into that array" in result.findings[0].message


def test_a_cache_by_identity_that_keeps_pytorchs_graph():
    def detached(x):
        return kept(x).detach() + (x**2).sum() - (x**2).sum().detach()

    kept = kept_by_id()
    result = adbench.check(detached, X, backend="torch")
    assert result.verdict is Verdict.FAIL
    assert "for other numbers written into that array" in result.findings[0].message


def test_an_array_of_an_earlier_call_is_named_as_such():
    kept = []

    def f(x):
        if not isinstance(x, np.ndarray):
            kept.append((x**2).sum())
            return kept[0]
        return (x**2).sum()

    with pytest.raises(OutputError, match="an array that an earlier call has made"):
        adbench.check(f, X)


@pytest.mark.parametrize("backend", [*EAGER, "native:compiled", "jax"])
def test_a_cache_by_the_numbers_is_nobodys_business(backend):
    kept = {}

    def f(x):
        if isinstance(x, np.ndarray):
            kept[x.tobytes()] = len(kept)
        return (x**2).sum()

    result = adbench.check(f, X, backend=backend)
    assert result.verdict is Verdict.PASS
    assert result.findings == ()


def test_random_and_counting_functions_are_called_what_they_are():
    rng = np.random.default_rng(0)
    for f in (lambda x: x.sum() * rng.standard_normal(), counting()):
        result = adbench.check(f, X)
        assert result.findings[0].kind == "nondeterministic-value"


def counting():
    calls = []

    def f(x):
        calls.append(1)
        return x.sum() * (1 + len(calls) % 2)

    return f
