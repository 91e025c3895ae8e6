"""Comparisons and histories as text and Markdown, against golden files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from specimen import environment, specimen

from adbench.record.model import RunRecord, Verdict
from adbench.report.arranged import arranged_text
from adbench.report.markdown import render_markdown
from adbench.report.view.arrangement import arrange

GOLDEN = Path(__file__).parent / "golden"


def pair() -> list[RunRecord]:
    old = environment(versions={"adbench": "0.1.0", "numpy": "2.3.0"}, git="fedcba987654")
    before = specimen(2, 3, slower=0.8, started="2026-10-01T12:00:00Z", environment=old)
    return [before, specimen(2, 3)]


def past() -> list[RunRecord]:
    return [specimen(2, 3, seed=i, started=f"2026-10-0{i + 1}T12:00:00Z") for i in range(4)]


def in_words(records: list[RunRecord], width: int = 100) -> str:
    """What stands below the text of the run itself."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for part in arranged_text(arrange(records)):
        console.print(part, crop=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def in_markdown(records: list[RunRecord]) -> str:
    arranged = arrange(records)
    return render_markdown(arranged.record, comparison=arranged.comparison, past=arranged.past)


@pytest.mark.parametrize("name", ["comparison.txt", "comparison.md", "history.txt", "history.md"])
def test_it_matches_the_golden_file(name: str) -> None:
    records = pair() if name.startswith("comparison") else past()
    written = in_words(records) if name.endswith(".txt") else in_markdown(records)
    path = GOLDEN / name
    if os.environ.get("ADBENCH_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 140])
def test_lines_fit_but_for_commands(width: int) -> None:
    for line in (in_words(pair(), width) + in_words(past(), width)).splitlines():
        assert len(line) <= width or "adbench" in line


def test_a_failure_at_another_point_has_no_curve_of_the_given_one(
    result: Callable, record: Callable
) -> None:
    """The V curve is that of the given point, where this gradient is right."""
    run = specimen(2, 3, bench=False)
    wrong = [r for r in run.results if r.verdict is Verdict.FAIL]
    assert wrong
    assert "relative error against step" in in_words([run])
    right = next(r for r in run.results if r.verdict is Verdict.PASS)
    assert right.check
    elsewhere = right.model_copy(update={"verdict": Verdict.FAIL})
    only = run.model_copy(update={"results": (elsewhere,)})
    assert "relative error against step" not in in_words([only])
