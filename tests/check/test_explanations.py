"""What only explains a verdict may fail: the verdict stands, and the record says so."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import adbench
from adbench import Verdict
from adbench.backends import get_backend
from adbench.check import examine
from adbench.check.explanations import Explanations
from adbench.check.guard import OutOfTime
from adbench.record.model import CheckOptions

X = np.array([0.7, -1.3, 2.1])


def wrong(x, cotangent):
    return 2 * cotangent * np.cos(x)


def large(x):
    return np.sum(np.sin(x))


def one_of_many(x):
    gradient = np.cos(x)
    gradient[7] = -gradient[7]
    return gradient


def broken(*_args, **_named):
    raise ZeroDivisionError("a bug of ours")


EXTRAS = {
    "diagnose": ("adbench.check.findings", "what the difference looks like"),
    "of_elements": ("adbench.check.findings", "what the difference looks like"),
    "_of_one_output": ("adbench.check.findings", "which output is to blame"),
    "located": ("adbench.check.examination", "where in the code it goes wrong"),
    "script": ("adbench.check.examination", "a script that shows the failure"),
    "taylor_slope": ("adbench.check.examination", "the Taylor remainder's slope"),
    "worst_elements": ("adbench.check.examination", "which elements differ most"),
}


@pytest.mark.parametrize("name", EXTRAS)
def test_a_crash_in_an_explanation_leaves_the_verdict(name, monkeypatch):
    before = adbench.check(np.sin, X, gradient=wrong)
    module, what = EXTRAS[name]
    monkeypatch.setattr(importlib.import_module(module), name, broken)
    result = adbench.check(np.sin, X, gradient=wrong)
    assert result.verdict is before.verdict is Verdict.FAIL
    values = [(f.input, f.index) for f in before.findings]
    assert [(f.input, f.index) for f in result.findings if f.kind != "unexplained"] == values
    (note,) = [f for f in result.findings if f.kind == "unexplained"]
    assert note.level == "note"
    assert what in note.message
    assert "ZeroDivisionError: a bug of ours, at test_explanations.py:" in note.message


def test_a_crash_in_a_passing_checks_explanation_is_a_note(monkeypatch):
    module = importlib.import_module("adbench.check.examination")
    monkeypatch.setattr(module, "taylor_slope", broken)
    result = adbench.check(np.sin, X)
    assert result.verdict is Verdict.PASS
    assert [f.kind for f in result.findings] == ["unexplained"]


def test_a_crash_in_the_narrowing_leaves_the_failing_direction(monkeypatch):
    module = importlib.import_module("adbench.check.reverse")
    monkeypatch.setattr(module.Reverse, "_narrow", broken)
    result = adbench.check(large, np.linspace(0.1, 3, 100), gradient=one_of_many)
    assert result.verdict is Verdict.FAIL
    assert "along a random direction" in result.findings[0].message
    assert "which elements are wrong" in result.findings[-1].message


def test_a_crash_at_another_point_does_not_lose_what_is_wrong_there(monkeypatch):
    monkeypatch.setattr(importlib.import_module("adbench.check.findings"), "diagnose", broken)
    result = adbench.check(
        lambda x: np.sum(np.where(x > 1, 3 * x, x**2)),
        np.array([0.3, 0.4]),
        gradient=lambda x: np.where(x > 1, 2.0, 2 * x),
    )
    assert result.verdict is Verdict.FAIL
    assert "at another point" in result.findings[0].message
    assert "what the difference looks like" in result.findings[-1].message


def examined(options):
    backend = get_backend("native")
    return examine(backend, backend.bind(np.sin, {"x": X}, {"x": True}, {}), options)


def test_a_crash_in_what_a_baseline_keeps_leaves_the_verdict(monkeypatch):
    monkeypatch.setattr(importlib.import_module("adbench.check.examination"), "digests", broken)
    result = examined(CheckOptions())
    assert result.verdict is Verdict.PASS
    assert result.outputs == ()
    assert "what a baseline keeps could not be told" in result.findings[0].message


@pytest.mark.parametrize(("floor", "verdict"), [(None, "pass"), (0.5, "inconclusive")])
def test_a_power_that_is_not_known_meets_no_floor(floor, verdict, monkeypatch):
    monkeypatch.setattr(importlib.import_module("adbench.check.power"), "power", broken)
    result = examined(CheckOptions(power=True, power_floor=floor))
    assert result.verdict == verdict
    assert "planted faults" in result.findings[-1].message


def test_what_takes_too_long_is_not_explained():
    def slow():
        raise OutOfTime

    explanations = Explanations()
    assert explanations.attempt("why", slow, "unknown") == "unknown"
    assert "why could not be told (it took too long)" in explanations.notes[0].message


def test_one_thing_is_noted_once_and_an_interrupt_passes_through():
    explanations = Explanations()
    for _ in range(2):
        explanations.attempt("why", broken, None)
    assert len(explanations.notes) == 1

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explanations.attempt("why", interrupted, None)
