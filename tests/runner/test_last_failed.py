"""What is kept of the last runs: failures until they pass, durations, and nothing that breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from adbench.record.comparison import Comparison, TaskComparison
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.record.origin import Environment, Shard
from adbench.runner.last_failed import PLACE, last, remember

ENVIRONMENT = Environment(
    python="3.11", platform="p", machine="m", processor="c", cores=1, memory_bytes=1,
    versions={}, threads={}, variables={},
)  # fmt: skip


def record(comparison=None, **verdicts: Verdict) -> RunRecord:
    results = tuple(
        CaseResult(
            suite="s", case=case, backend="native", mode="eager", dtype="float64", seed=0,
            verdict=verdict, reason="", seconds=1.2345,
        )
        for case, verdict in verdicts.items()
    )  # fmt: skip
    return RunRecord(
        adbench_version="0", started="", seconds=0.0, command="", environment=ENVIRONMENT,
        suites=(), results=results, comparison=comparison,
    )  # fmt: skip


def test_a_failure_stays_until_it_passes(tmp_path: Path) -> None:
    remember(record(f=Verdict.FAIL, g=Verdict.ERROR, h=Verdict.PASS), tmp_path)
    assert last(tmp_path).failed == {"s/f@native:eager", "s/g@native:eager"}
    remember(record(g=Verdict.PASS), tmp_path)
    assert last(tmp_path).failed == {"s/f@native:eager"}
    remember(record(f=Verdict.PASS), tmp_path)
    assert last(tmp_path).failed == set()


def test_what_differs_from_the_baseline_has_failed(tmp_path: Path) -> None:
    red = TaskComparison(task="s/f@native:eager", outcome="changed", reason="", failing=True)
    comparison = Comparison(before="b", after="a", tasks=(red,))
    remember(record(comparison, f=Verdict.PASS), tmp_path)
    assert last(tmp_path).failed == {"s/f@native:eager"}


def test_durations_are_kept_by_task(tmp_path: Path) -> None:
    remember(record(f=Verdict.PASS), tmp_path)
    assert last(tmp_path).seconds == {"s/f@native:eager": 1.2}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"failed": 3}', "\x00"])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / PLACE).parent.mkdir(parents=True)
    (tmp_path / PLACE).write_text(text)
    assert last(tmp_path).failed == set()
    remember(record(f=Verdict.FAIL), tmp_path)
    assert last(tmp_path).failed == {"s/f@native:eager"}


def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".adbench").write_text("a file")
    remember(record(f=Verdict.FAIL), tmp_path)
    assert last(tmp_path).failed == set()


def test_git_ignores_what_belongs_to_one_machine(tmp_path: Path) -> None:
    remember(record(f=Verdict.PASS), tmp_path)
    assert (tmp_path / PLACE).with_name(".gitignore").read_text() == "*\n"


def test_a_part_does_not_change_what_the_other_parts_are_cut_by(tmp_path: Path) -> None:
    part = Shard(index=1, count=2, total=2, positions=(0,), cut="c")
    whole = record(f=Verdict.PASS)
    remember(whole.model_copy(update={"shard": part}), tmp_path)
    assert last(tmp_path).seconds == {}
