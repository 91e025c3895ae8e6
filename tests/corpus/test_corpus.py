"""The corpus is what it claims to be, and adbench passes the exam that it sets.

The first half asks the corpus's own referee: every twin and every hard function is right, every
bug is wrong. The second half is the exam: every bug found, no right gradient accused.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from typing import Any

import pytest

from corpus import catalogue, verify
from corpus.baselines import Question, adbench_check, named_rightly, said_of
from corpus.entry import AD_BACKENDS, BACKENDS, BackendName, Bug, Hard, make_inputs

SEEDS = range(3)
"""A few in every run of the tests; `make bench-check SEEDS=20` asks about twenty."""
LARGE = ("one-of-100000", "mean-of-100000")
"""Entries that the exact referee needs seconds for."""

pytestmark = pytest.mark.filterwarnings("ignore")  # broken functions warn; that is their business


def _installed(backend: BackendName) -> bool:
    return backend in ("native", "manual") or importlib.util.find_spec(backend) is not None


def _marks(backend: BackendName, id: str, slow: bool) -> list[pytest.MarkDecorator]:
    marks = [getattr(pytest.mark, backend)] if backend in ("torch", "jax") else []
    return [*marks, pytest.mark.slow] if slow or id.endswith(LARGE) else marks


def _bugs(slow_backends: tuple[str, ...] = ()) -> list[Any]:
    return [
        pytest.param(bug, id=bug.id, marks=_marks(backend, bug.id, backend in slow_backends))
        for backend in filter(_installed, BACKENDS)
        for bug in catalogue.bugs(backend)
    ]


def _hards(slow_backends: tuple[str, ...] = ()) -> list[Any]:
    return [
        pytest.param(
            entry,
            backend,
            id=f"{backend}/{entry.id}",
            marks=_marks(backend, entry.id, backend in slow_backends),
        )
        for backend in filter(_installed, AD_BACKENDS)
        for entry in catalogue.hards(backend)
    ]


def _with_seeds(params: list[Any]) -> list[object]:
    """Each entry with two seeds, and with one where the exact referee needs half a minute."""
    return [
        pytest.param(*param.values, seed, id=f"{param.id}-{seed}", marks=param.marks)
        for param in params
        for seed in ((0,) if param.id.endswith(LARGE) else (0, 1))
    ]


# --- the corpus itself --------------------------------------------------------------------------


@pytest.mark.parametrize("backend", [b for b in BACKENDS if _installed(b)])
def test_the_corpus_is_large_and_its_names_are_unique(backend: BackendName) -> None:
    bugs = catalogue.bugs(backend)
    assert max(Counter(bug.id for bug in bugs).values()) == 1
    assert len(bugs) >= 60
    assert len({bug.category for bug in bugs}) >= 20
    if backend in AD_BACKENDS:
        hards = list(catalogue.hards(backend))
        assert max(Counter(entry.id for entry in hards).values()) == 1
        assert len(hards) >= 55


@pytest.mark.parametrize("backend", [b for b in AD_BACKENDS if _installed(b)])
def test_inconclusive_is_allowed_only_with_a_reason(backend: BackendName) -> None:
    for entry in catalogue.hards(backend):
        assert ("inconclusive" in entry.allowed) == bool(entry.inconclusive), entry.id
        assert set(entry.allowed) <= {"pass", "kink", "inconclusive"}, entry.id


@pytest.mark.parametrize(("bug", "seed"), _with_seeds(_bugs(slow_backends=("jax",))))
def test_the_twin_is_right_and_the_bug_is_wrong(bug: Bug, seed: int) -> None:
    assert verify.twin_problems(bug, seed) == []
    assert verify.bug_problems(bug, seed) == []


@pytest.mark.parametrize(("entry", "backend", "seed"), _with_seeds(_hards(slow_backends=("jax",))))
def test_the_hard_function_is_right(entry: Hard, backend: BackendName, seed: int) -> None:
    assert verify.hard_problems(entry, backend, seed) == []


# --- the exam -----------------------------------------------------------------------------------


def _verdict(entry: Bug | Hard, backend: str, function: object, seed: int) -> str:
    """adbench's verdict; an exception of the check itself is the verdict `error`."""
    inputs = make_inputs(entry, seed)
    try:
        result = adbench_check(Question(entry, backend, function, inputs, seed))
    except Exception as error:
        return f"error: {type(error).__name__}: {error}"
    return result.verdict.value


def _expect_found(bug: Bug, seed: int) -> None:
    """Found at the given point; where that needs a search, at a point that the search would try."""
    elsewhere = bug.evidence.inputs if bug.reach == "search" else None
    inputs = make_inputs(bug, seed, elsewhere)
    try:
        verdict = adbench_check(Question(bug, bug.backend, bug.buggy, inputs, seed)).verdict.value
    except Exception:
        if "error" not in bug.outcome:
            raise
        verdict = "error"
    assert verdict in bug.outcome, f"{bug.description}: {verdict} with seed {seed}"


def _expect_right(bug: Bug, seed: int) -> None:
    verdict = _verdict(bug, bug.backend, bug.fixed, seed)
    assert verdict in ("pass", "kink"), f"the twin of {bug.id}: {verdict} with seed {seed}"


def _expect_allowed(entry: Hard, backend: BackendName, seed: int) -> None:
    verdict = _verdict(entry, backend, entry.on(backend), seed)
    assert verdict in entry.allowed, f"{entry.why}: {verdict} with seed {seed}"


@pytest.mark.parametrize("bug", _bugs(slow_backends=("jax",)))
def test_the_bug_is_found(bug: Bug) -> None:
    _expect_found(bug, seed=0)


@pytest.mark.parametrize("bug", _bugs(slow_backends=("jax",)))
def test_the_twin_is_not_accused(bug: Bug) -> None:
    _expect_right(bug, seed=0)


@pytest.mark.parametrize(("entry", "backend"), _hards(slow_backends=("jax",)))
def test_the_hard_function_is_not_accused(entry: Hard, backend: BackendName) -> None:
    _expect_allowed(entry, backend, seed=0)


@pytest.mark.parametrize("bug", _bugs(slow_backends=("jax",)))
def test_the_bug_is_diagnosed(bug: Bug) -> None:
    elsewhere = bug.evidence.inputs if bug.reach == "search" else None
    inputs = make_inputs(bug, 0, elsewhere)
    said = said_of(Question(bug, bug.backend, bug.buggy, inputs, 0))
    assert named_rightly(bug, said), f"{bug.id}: {said}"


@pytest.mark.slow
@pytest.mark.parametrize("bug", _bugs())
def test_the_bug_is_found_with_every_seed(bug: Bug) -> None:
    for seed in SEEDS:
        _expect_found(bug, seed)
        _expect_right(bug, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("entry", "backend"), _hards())
def test_the_hard_function_is_not_accused_with_any_seed(entry: Hard, backend: BackendName) -> None:
    for seed in SEEDS:
        _expect_allowed(entry, backend, seed)
