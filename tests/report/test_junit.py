"""JUnit XML, held to Jenkins' schema and read back by a parser that is not ours.

`junit-10.xsd` is the schema of Jenkins' xUnit plugin (MIT licence, in the file itself).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from adbench.record.bench import Bench, Interval, Measurement, SideBySide
from adbench.record.comparison import Change, Comparison, TaskComparison
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.record.model import Failure as TaskFailure
from adbench.report.junit import render_junit

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "junit-10.xsd"))
Make = Callable[..., RunRecord]
MakeResult = Callable[..., CaseResult]


def read(record: RunRecord) -> dict[str, TestCase]:
    """The test cases by `classname.name`, after the schema has been asked."""
    text = render_junit(record)
    problems = [(error.path, error.reason) for error in SCHEMA.iter_errors(text)]
    assert problems == []
    return {
        f"{c.classname}.{c.name}": c for suite in JUnitXml.fromstring(text.encode()) for c in suite
    }


def test_each_outcome_is_what_a_viewer_takes_it_for(everything: RunRecord) -> None:
    found = {name: [type(r) for r in case.result] for name, case in read(everything).items()}
    assert found == {
        "article.square@native:eager": [],
        "article.square@jax:jit": [],
        "article.square@torch:eager": [Skipped],
        "article.flipped@native:eager": [Failure],
        "article.flipped@jax:jit": [Failure],
        "article.flipped@torch:eager": [Skipped],
        "article.raises@native:eager": [Error],
        "article.noisy[n=3,dtype=float32]@native:eager": [Skipped],
        "elementwise.relu@native:eager": [],
        "elementwise.sort@jax:jit": [Skipped],
        "elementwise.floor@jax:jit": [Failure],
    }


def test_the_counts_add_up(everything: RunRecord) -> None:
    xml = JUnitXml.fromstring(render_junit(everything).encode())
    assert (xml.tests, xml.failures, xml.errors, xml.time) == (11, 3, 1, 2.125)
    assert [(s.name, s.tests, s.failures, s.errors, s.skipped) for s in xml] == [
        ("article", 8, 2, 1, 3),
        ("elementwise", 3, 1, 0, 1),
    ]
    assert [suite.timestamp for suite in xml] == ["2026-01-01T00:00:00"] * 2


def test_a_failure_tells_all_and_how_to_repeat_it(everything: RunRecord) -> None:
    case = read(everything)["article.flipped@native:eager"]
    (failure,) = case.result
    assert failure.message == "the reason for fail"
    assert failure.type == "fail"
    for said in ("AD -4, numeric 4 ± 3.1e-09", "looks like: sign flipped", "suites/article.py:12"):
        assert said in failure.text
    command = "adbench check suites/article.yaml -k flipped --backend native:eager --seed 0"
    assert failure.text.endswith(f"Repeat it:\n  {command}")
    assert case.system_out.endswith(f"Repeat it:\n  {command}")


def test_an_error_names_its_kind_and_the_frames(everything: RunRecord) -> None:
    (error,) = read(everything)["article.raises@native:eager"].result
    assert error.type == "exception"
    assert "at suites/article.py:30 in helper: x + y" in error.text
    assert "| step 1" in error.text


def test_a_pass_says_what_it_is_worth(everything: RunRecord) -> None:
    said = read(everything)["article.square@native:eager"].system_out
    assert "A relative error above 3e-09 would have shown" in said


def test_an_announced_failure_gives_its_reason(everything: RunRecord) -> None:
    (skipped,) = read(everything)["elementwise.sort@jax:jit"].result
    assert (skipped.type, skipped.message) == (
        "xfail",
        "expected to fail: ties are split unevenly: the reason for fail",
    )


def test_a_case_stands_at_its_line_and_took_its_time(record: Make, result: MakeResult) -> None:
    root = ElementTree.fromstring(render_junit(record(result(seconds=1.23456))))
    (case,) = root.iter("testcase")
    assert (case.get("file"), case.get("line"), case.get("time")) == (
        "suites/article.yaml",
        "7",
        "1.235",
    )


def test_what_xml_cannot_hold_is_written_out(record: Make, result: MakeResult) -> None:
    printed = "".join(map(chr, [*range(32), 0x7F, 0x85, 0xFFFE, 0xD800])) + "]]>&<a b='\"'>\u202e日"
    failure = TaskFailure(kind="exception", type="E", message=printed, printed=printed)
    odd = result(
        case="a]]><&\"'\x00",
        verdict=Verdict.ERROR,
        reason=printed,
        failure=failure,
        suite="s\x0b",
        reproduce=printed,
    )
    ((name, case),) = read(record(odd)).items()
    assert name == "s\\x0b.a]]><&\"'\\x00@native:eager"
    (error,) = case.result
    assert "\\x07" in error.message
    assert "\\ud800" in error.message
    assert "\\u202e日" in error.text


def test_a_run_that_was_cut_short_is_no_success(record: Make, result: MakeResult) -> None:
    cases = read(record(result(suite="adbench"), interrupted=True, planned=5))
    (error,) = cases["adbench.the whole run"].result
    assert isinstance(error, Error)
    assert error.message == "stopped early: 4 of 5 tasks were not run"
    assert cases["adbench.square@native:eager"].is_passed


def test_an_empty_run_is_a_valid_document(record: Make) -> None:
    assert read(record()) == {}


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [("same", []), ("improvement", []), ("regression", [Failure]), ("inconclusive", [Skipped])],
)
def test_a_slower_gradient_is_a_failure(
    record: Make, result: MakeResult, verdict: str, outcome: list[type]
) -> None:
    ratio = Interval(value=1.3, low=1.25, high=1.35)
    side = SideBySide.model_validate(
        {"task": "article/f@jax:jit", "ratio": ratio, "margin": 0.05, "verdict": verdict}
    )
    cases = read(record(result(), kind="bench", bench=Bench(side_by_side=(side,))))
    case = cases["article.f@jax:jit vjp --against"]
    assert [type(r) for r in case.result] == outcome
    assert "1.3 times as long" in case.system_out


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("measured", []),
        ("failed", [Error]),
        ("unfair", [Skipped]),
        ("wrong", [Skipped]),
        ("unfinished", [Skipped]),
    ],
)
def test_a_measurement_is_a_case_of_its_own(
    record: Make, result: MakeResult, status: str, outcome: list[type]
) -> None:
    measured = Measurement.model_validate(
        {
            "suite": "article",
            "case": "f[n=2]",
            "backend": "jax",
            "mode": "jit",
            "dtype": "float64",
            "status": status,
            "reason": "because",
            "steady": Interval(value=0.25, low=0.2, high=0.3) if status == "measured" else None,
        }
    )
    case = read(record(result(), kind="bench", bench=Bench(measurements=(measured,))))[
        "article.f[n=2]@jax:jit vjp"
    ]
    assert [type(r) for r in case.result] == outcome
    assert case.time == (0.25 if status == "measured" else 0.0)
    assert case.system_out == (
        "0.25 s for one vjp" if status == "measured" else f"{status}: because"
    )


def compared(task: str, outcome: str, failing: bool) -> TaskComparison:
    change = Change(kind="gradient", message="x[1]: 1.0 → 2.0")
    return TaskComparison.model_validate(
        {
            "task": task,
            "outcome": outcome,
            "reason": f"it is {outcome}",
            "changes": (change,),
            "failing": failing,
        }
    )


def test_what_the_baseline_makes_red_is_red_here(record: Make, result: MakeResult) -> None:
    comparison = Comparison(
        before="baselines",
        after="this run",
        tasks=(
            compared("article/square@native:eager", "unblessed", failing=True),
            compared("article/square@jax:jit", "changed", failing=False),
            compared("article/wrong@native:eager", "wrong", failing=True),
            compared("article/gone@native:eager", "removed", failing=True),
        ),
    )
    cases = read(
        record(
            result(),
            result(backend="jax"),
            result("wrong", verdict=Verdict.FAIL),
            comparison=comparison,
        )
    )
    found = {name: [(type(r), r.type) for r in case.result] for name, case in cases.items()}
    assert found == {
        "article.square@native:eager": [(Failure, "baseline: unblessed")],
        "article.square@jax:jit": [],
        "article.wrong@native:eager": [(Failure, "fail")],
        "article.gone@native:eager": [(Failure, "baseline: removed")],
    }
    assert "Beside the baseline: it is changed" in cases["article.square@jax:jit"].system_out
    assert "gradient: x[1]: 1.0 → 2.0" in cases["article.square@jax:jit"].system_out
