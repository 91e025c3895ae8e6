"""What failed is run again: it never becomes a pass, and another answer is told."""

from __future__ import annotations

import pytest

from adbench.record.model import Verdict
from adbench.runner import RunOptions, run
from adbench.runner.retry import retried
from adbench.suite import functions, load_suites

MODEL = """\
from pathlib import Path

import numpy as np

COUNT = Path(__file__).with_name("count")


def calls():
    count = int(COUNT.read_text()) if COUNT.exists() else 0
    COUNT.write_text(str(count + 1))
    return count


FIRST = calls() == 0  # of this import: each run imports anew


def f(x):
    if RAISES and FIRST:
        raise RuntimeError("the first time")
    return np.sum(x**2)


RAISES = False


def sometimes(x):
    return -2 * x if FIRST else 2 * x


def always(x):
    return -2 * x


def drifting(x):
    return -2 * x if FIRST else -3 * x


def right(x):
    return 2 * x
"""


def results(folder, monkeypatch, gradient, times=1, model=MODEL, *, stopped=False, **options):
    """The result after retries, and how often the model was imported.

    `stopped` says that there would have been more tasks than the one.
    """
    (folder / "model.py").write_text(model)
    (folder / "model.yaml").write_text(
        "version: 1\ncases:\n  - name: f\n    function: model.py:f\n"
        f"    gradient: model.py:{gradient}\n    inputs: {{x: normal(3)}}\n"
        "    backends: [manual]\n"
    )
    suites = load_suites(folder / "model.yaml")
    options = RunOptions(in_process=True, **options)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(functions, "_loaded", {})
    first = run(suites, options).model_copy(update={"interrupted": stopped})
    monkeypatch.setattr(functions, "_loaded", {})
    record = retried(first, suites, options, times)
    assert record.interrupted == stopped
    (result,) = record.results
    return result, int((folder / "count").read_text())


def test_a_failure_that_then_passes_stays_one_and_is_nondeterministic(tmp_path, monkeypatch):
    result, _ = results(tmp_path, monkeypatch, "sometimes")
    assert result.verdict is Verdict.FAIL
    assert not result.expected
    assert "nondeterministic: run 2 with the same seed gave another answer: fail, then pass" in (
        result.reason
    )
    assert result.check.findings[-1].kind == "nondeterministic"


def test_the_same_failure_again_is_left_as_it_is(tmp_path, monkeypatch) -> None:
    result, _ = results(tmp_path, monkeypatch, "always")
    assert result.verdict is Verdict.FAIL
    assert "nondeterministic" not in result.reason
    assert all(f.kind != "nondeterministic" for f in result.check.findings)


def test_another_wrong_gradient_is_another_answer(tmp_path, monkeypatch) -> None:
    result, _ = results(tmp_path, monkeypatch, "drifting")
    assert result.verdict is Verdict.FAIL
    assert "another gradient (x[" in result.reason


def test_an_error_that_then_passes_stays_one(tmp_path, monkeypatch) -> None:
    model = MODEL.replace("RAISES = False", "RAISES = True")
    result, _ = results(tmp_path, monkeypatch, "right", model=model)
    assert result.verdict is Verdict.ERROR
    assert "error, then pass" in result.reason


@pytest.mark.parametrize(("gradient", "imports"), [("right", 1), ("always", 2)])
def test_only_what_failed_is_run_again(tmp_path, monkeypatch, gradient, imports) -> None:
    assert results(tmp_path, monkeypatch, gradient)[1] == imports


@pytest.mark.parametrize(("fail_fast", "imports"), [(True, 2), (False, 1)])
def test_fail_fast_keeps_nothing_from_its_retries_and_ctrl_c_does(
    tmp_path, monkeypatch, fail_fast, imports
) -> None:
    found = results(tmp_path, monkeypatch, "always", stopped=True, fail_fast=fail_fast)
    assert found[1] == imports
