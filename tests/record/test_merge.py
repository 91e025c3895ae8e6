"""Parts of a run put together: the whole run again, or a refusal that says what to do."""

from __future__ import annotations

import pytest

from adbench.record.comparison import Comparison, TaskComparison
from adbench.record.merge import MergeError, merged
from adbench.record.model import (
    ArrayDigest,
    CaseResult,
    CheckResult,
    Environment,
    RunRecord,
    Shard,
    SuiteInfo,
    Verdict,
)

ENVIRONMENT = Environment(
    python="3.11", platform="p", machine="m", processor="c", cores=1, memory_bytes=1,
    versions={"numpy": "2.4.0", "torch": "2.9.0"}, threads={}, variables={}, git="abc",
)  # fmt: skip
CASES = ("a", "b", "c", "d", "e")


def result(case: str, value: float = 1.0, seconds: float = 1.0) -> CaseResult:
    check = CheckResult(
        verdict=Verdict.PASS,
        reason="",
        function=case,
        backend="native",
        mode="eager",
        outputs=(ArrayDigest(name="out", shape=(), dtype="float64", values=(value,)),),
    )
    return CaseResult(
        suite="s", case=case, backend="native", mode="eager", dtype="float64", seed=0,
        verdict=Verdict.PASS, reason="", check=check, seconds=seconds,
    )  # fmt: skip


def record(*results: CaseResult, **fields) -> RunRecord:
    known = {
        "adbench_version": "1.0",
        "started": "2026-01-01T00:00:00Z",
        "seconds": 2.0,
        "command": "adbench check s.yaml",
        "environment": ENVIRONMENT,
        "suites": (SuiteInfo(name="s", path="s.yaml", sha256="x"),),
        "results": results,
        "planned": len(results),
    }
    return RunRecord.model_validate(known | fields)


def part(index: int, positions: tuple[int, ...], count: int = 2, **fields) -> RunRecord:
    shard = Shard(index=index, count=count, total=5, positions=positions, cut="cut", code="abc")
    results = tuple(result(CASES[place]) for place in positions)
    return record(*results, **({"shard": shard} | fields))


FIRST, SECOND = part(1, (0, 3)), part(2, (1, 2, 4))


def refused(*records: RunRecord) -> str:
    with pytest.raises(MergeError) as caught:
        merged([(f"{name}.json", r) for name, r in zip("abcdef", records, strict=False)])
    return str(caught.value)


def test_the_parts_are_the_whole_in_its_order() -> None:
    for records in ([("a", FIRST), ("b", SECOND)], [("b", SECOND), ("a", FIRST)]):
        whole = merged(records)
        assert [r.case for r in whole.results] == list(CASES)
        assert whole.planned == 5
        assert whole.shard is None
        assert not whole.interrupted


def test_a_part_that_was_given_twice_counts_once() -> None:
    again = part(1, (0, 3), seconds=9.0)
    whole = merged([("a", FIRST), ("b", SECOND), ("c", again)])
    assert [r.case for r in whole.results] == list(CASES)


def test_an_empty_part_is_a_part() -> None:
    parts = [part(1, (0, 1, 2, 3, 4), 2), part(2, (), 2)]
    assert len(merged([("a", parts[0]), ("b", parts[1])]).results) == 5


def test_a_missing_part_is_named() -> None:
    assert "the part is missing: 2/2; add the records, or run --shard 2/2" in refused(FIRST)
    only = part(3, (0,), 4)
    assert "the parts are missing: 1/4, 2/4, 4/4" in refused(only)


def test_results_that_disagree_are_refused() -> None:
    other = part(1, (0, 3), results=(result("a", 2.0), result("d")))
    said = refused(FIRST, SECOND, other)
    assert "a.json and c.json disagree about s/a@native:eager" in said
    verdict = result("a").model_copy(update={"verdict": Verdict.FAIL})
    assert "(pass and fail)" in refused(
        FIRST, SECOND, part(1, (0, 3), results=(verdict, result("d")))
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"adbench_version": "2.0"}, "made with adbench 1.0, b.json with adbench 2.0"),
        (
            {"environment": ENVIRONMENT.model_copy(update={"versions": {"torch": "3.0"}})},
            "made with torch 2.9.0, b.json with torch 3.0",
        ),
        (
            {"suites": (SuiteInfo(name="t", path="t.yaml", sha256="x"),)},
            "a.json is a run of the suites s; b.json is one of t",
        ),
        (
            {"suites": (SuiteInfo(name="s", path="s.yaml", sha256="y"),)},
            "the suite s is not the same in a.json and b.json",
        ),
        ({"shard": None}, "b.json is a whole run and the others are parts"),
        ({"shard": SECOND.shard.model_copy(update={"cut": "other"})}, "were cut differently"),
        (
            {"shard": SECOND.shard.model_copy(update={"code": "abc-dirty-1"})},
            r"were made of different code (abc, abc-dirty-1); commit what is uncommitted",
        ),
        (
            {"shard": SECOND.shard.model_copy(update={"count": 3})},
            "one of 2 parts, b.json one of 3",
        ),
        ({"kind": "bench"}, "b.json is a record of `adbench bench`"),
        ({"results": SECOND.results[:1]}, "ended before 2 of its 3 tasks; run that part again"),
    ],
)
def test_what_is_no_part_of_the_same_run_is_refused(fields, said: str) -> None:
    assert said in refused(FIRST, SECOND.model_copy(update=fields))


def test_runs_of_different_backends_can_be_put_together() -> None:
    torch = result("a").model_copy(update={"backend": "torch"})
    whole = merged([("a", record(result("a"))), ("b", record(torch))])
    assert [r.task for r in whole.results] == ["s/a@native:eager", "s/a@torch:eager"]


def test_an_interrupted_run_stays_one() -> None:
    whole = merged(
        [("a", record(result("a"), interrupted=True, planned=3)), ("b", record(result("b")))]
    )
    assert whole.interrupted
    assert (len(whole.results), whole.planned) == (2, 4)


def test_the_comparisons_are_put_together() -> None:
    def compared(task: str) -> Comparison:
        found = TaskComparison(task=task, outcome="same", reason="")
        gone = TaskComparison(task="s/z@native:eager", outcome="removed", reason="", failing=True)
        return Comparison(before="b", after="this run", environment=(task,), tasks=(found, gone))

    parts = [
        FIRST.model_copy(update={"comparison": compared("s/a@native:eager")}),
        SECOND.model_copy(update={"comparison": compared("s/b@native:eager")}),
    ]
    comparison = merged([("a", parts[0]), ("b", parts[1])]).comparison
    assert {t.task for t in comparison.tasks} == {
        "s/a@native:eager", "s/b@native:eager", "s/z@native:eager",
    }  # fmt: skip
    assert comparison.environment == ("s/a@native:eager", "s/b@native:eager")
    assert merged([("a", parts[0]), ("b", SECOND)]).comparison is None
