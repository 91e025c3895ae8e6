"""Searches find the bugs that lie far from the given point, and accuse nothing that is right."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

import adbench
from corpus import catalogue
from corpus.entry import AD_BACKENDS, BACKENDS, BackendName, Bug, Hard, make_inputs

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _marks(backend: str) -> list[pytest.MarkDecorator]:
    return [getattr(pytest.mark, backend)] if backend in ("torch", "jax") else []


def _installed(backend: str) -> bool:
    return backend in ("native", "manual") or importlib.util.find_spec(backend) is not None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "bug",
    [
        pytest.param(bug, id=bug.id, marks=_marks(backend))
        for backend in filter(_installed, BACKENDS)
        for bug in catalogue.bugs(backend)
        if bug.reach == "search"
    ],
)
def test_a_bug_that_needs_a_search_is_found(bug: Bug, seed: int) -> None:
    arrays = list(make_inputs(bug, seed).values())

    def check(function: Any, seconds: float) -> adbench.CheckResult:
        if bug.backend == "manual":
            return adbench.check(bug.primal, *arrays, gradient=function, search=seconds, seed=seed)
        return adbench.check(function, *arrays, backend=bug.backend, search=seconds, seed=seed)

    needs_a_search = check(bug.buggy, 0).ok  # with some seeds a point nearby shows it
    assert check(bug.fixed, 2).ok
    result = check(bug.buggy, 30)
    assert result.verdict == "fail"
    assert needs_a_search == ("that a search found" in result.reason)


@pytest.mark.parametrize(
    ("entry", "backend"),
    [
        pytest.param(entry, backend, id=f"{backend}/{entry.id}", marks=_marks(backend))
        for backend in filter(_installed, AD_BACKENDS[:1])
        for entry in catalogue.hards(backend)
    ],
)
def test_a_right_function_is_not_accused_by_a_search(entry: Hard, backend: BackendName) -> None:
    arrays = list(make_inputs(entry, 0).values())
    mode = f"{backend}:eager" if entry.eager else backend
    result = adbench.check(entry.on(backend), *arrays, backend=mode, search=1)
    assert result.verdict in entry.allowed, result.reason
