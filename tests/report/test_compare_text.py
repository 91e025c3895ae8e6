"""A comparison in the terminal: worst first, nothing hidden, nothing said twice."""

from __future__ import annotations

import io
import typing
from pathlib import Path

import pytest
from rich.console import Console

from adbench.record.comparison import Change, Comparison, Outcome, TaskComparison
from adbench.report.compare_text import comparison_text

OUTCOMES = typing.get_args(Outcome)
FAILING = ("wrong", "unproven", "memory", "unblessed", "stale", "removed")


def task(name: str, outcome: Outcome, *changes: Change, reason: str | None = None, **fields):
    known = {
        "task": f"s/{name}@native:eager",
        "outcome": outcome,
        "reason": f"the reason of {name}" if reason is None else reason,
        "changes": changes,
        "failing": outcome in FAILING,
    }
    return TaskComparison.model_validate(known | fields)


def shown(*tasks: TaskComparison, width: int = 100, environment: tuple[str, ...] = ()) -> str:
    comparison = Comparison(before="b.json", after="run", tasks=tasks, environment=environment)
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, highlight=False, markup=False)
    console.print(comparison_text(comparison), crop=False)
    return stream.getvalue()


def test_the_gravest_stands_first_and_what_is_the_same_is_only_counted() -> None:
    text = shown(*(task(outcome, outcome) for outcome in reversed(OUTCOMES)))
    order = ["wrong", "unproven", "memory", "unblessed", "stale", "removed", "changed", "rounding"]
    places = [text.index(f"s/{name}@native") for name in order]
    assert places == sorted(places)
    assert "s/same@" not in text
    assert "s/untried@" not in text
    counts = " ".join(text.split())
    assert "1 wrong · 1 changed, not known to be right · 1 more memory · 1 no baseline" in counts


def test_what_is_frozen_is_marked_as_a_failure() -> None:
    text = shown(task("f", "changed", failing=True), task("g", "changed"))
    assert "✗ changed, and frozen  s/f@native:eager" in text
    assert "~ changed, and right  s/g@native:eager" in text
    assert "1 changed, and frozen · 1 changed, and right" in text


def test_tasks_of_which_the_same_is_said_stand_together() -> None:
    tasks = [
        task(f"f{i}", "unblessed", reason="bless it: adbench baseline update") for i in range(9)
    ]
    text = shown(*tasks)
    assert text.count("bless it") == 1
    assert "s/f4@native:eager and 4 more" in " ".join(text.split())


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_command_is_never_broken(width: int) -> None:
    command = "adbench baseline update suites/model.yaml -k 'a case' --backend native:eager"
    text = shown(task("f", "changed", reason=f"it changed; bless it: {command}"), width=width)
    assert command in text
    assert all(len(line) <= width or command in line for line in text.splitlines())


def test_of_rounding_the_largest_are_shown() -> None:
    def rounded(i: int) -> TaskComparison:
        change = Change(kind="rounding", message=f"by {i} ULPs", ulps=float(i))
        return task(f"f{i}", "rounding", change)

    text = shown(*(rounded(i) for i in range(1, 10)))
    assert "by 9 ULPs" in text
    assert "by 7 ULPs" in text
    assert "by 6 ULPs" not in text
    assert "… and 6 more like these" in text


def test_the_environment_is_said_once() -> None:
    phrase = "torch 2.9.0 → 2.9.1"
    change = Change(kind="environment", message=phrase)
    text = shown(task("f", "changed", change), task("g", "rounding", change), environment=(phrase,))
    assert text.count(phrase) == 1


def test_another_environment_with_the_same_numbers_is_one_line() -> None:
    text = shown(task("f", "same"), environment=("cores 2 → 4", "numpy 2.3 → 2.4"))
    assert "another environment (cores 2 → 4 and 1 more), and the same numbers" in text
    assert "numpy" not in text


def test_many_failures_are_cut_and_counted() -> None:
    text = shown(*(task(f"f{i:03}", "wrong") for i in range(50)))
    assert "s/f019@" in text
    assert "s/f020@" not in text
    assert "… and 30 more like these" in text
    assert "50 wrong" in text


def test_control_characters_do_not_reach_the_terminal() -> None:
    text = shown(task("f\x1b[2J", "wrong", reason="evil\x07\u202e"), environment=("a\x1b]0;b",))
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


def test_nothing_to_compare_is_said() -> None:
    assert "nothing to compare" in shown()


def test_the_documentation_has_every_outcome_with_its_mark() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
    text = shown(
        *(task(outcome, outcome, Change(kind="time", message="t")) for outcome in OUTCOMES)
    )
    for line in text.splitlines():
        if "@native" in line:
            assert f"| `{line.strip().split('  ')[0]}` |" in page, line
