"""GitHub's workflow commands, read back by the rules of GitHub's own runner, and its summaries."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from markdown_it import MarkdownIt

from adbench.record.bench import Bench, Interval, SideBySide
from adbench.record.comparison import Comparison, TaskComparison
from adbench.record.model import CaseResult, Finding, RunRecord, SourceLocation, Verdict
from adbench.report.github import render_github, step_summary

Make = Callable[..., RunRecord]
MakeResult = Callable[..., CaseResult]


def read(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and message of each command, as the runner's ActionCommand reads them."""
    found = []
    for line in text.splitlines():
        match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
        assert match, line
        level, properties, message = match.groups()
        pairs = (pair.partition("=") for pair in properties.split(","))
        given = {key: _unescaped(_unescaped(value, ":,"), "\r\n%") for key, _, value in pairs}
        found.append((level, given, _unescaped(message, "\r\n%")))
    return found


def _unescaped(text: str, characters: str) -> str:
    for character in characters:
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def wrong(make: MakeResult, number: int, **changes: object) -> CaseResult:
    """A wrong gradient that is `number` times further off than allowed."""
    finding = Finding(
        kind="value",
        level="fail",
        message=f"wrong by {number}",
        ad=1.0 + number,
        numeric=1.0,
        bound=0.5,
        tolerance=0.5,
        **changes,
    )
    return make(f"f{number}", verdict=Verdict.FAIL, findings=(finding,))


def test_each_problem_is_an_annotation_and_the_wrong_come_first(everything: RunRecord) -> None:
    commands = read(render_github(everything))
    assert [(level, given["title"]) for level, given, _ in commands] == [
        ("error", "adbench: fail article/flipped on native:eager"),
        ("error", "adbench: fail article/flipped on jax:jit"),
        ("error", "adbench: xpass elementwise/floor on jax:jit"),
        ("error", "adbench: error article/raises on native:eager"),
        ("warning", "adbench: inconclusive article/noisy[n=3,dtype=float32] on native:eager"),
    ]
    places = [(given["file"], given["line"]) for _, given, _ in commands]
    assert places == [
        ("suites/article.py", "12"),  # where the finding is
        ("suites/article.py", "12"),
        ("suites/elementwise.yaml", "7"),  # the xfail has to go from the suite
        ("suites/article.py", "30"),  # the innermost frame
        ("suites/article.yaml", "7"),
    ]


def test_the_message_is_the_whole_explanation(everything: RunRecord) -> None:
    message = read(render_github(everything))[0][2]
    assert message.splitlines()[1:] == [
        "The derivative in x[1] has the wrong sign.",
        "  AD -4, numeric 4 ± 3.1e-09; tolerance 1e-07",
        "  looks like: sign flipped",
        "  at suites/article.py:12 in square: return -x * x",
        "repeat: adbench check suites/article.yaml -k flipped --backend native:eager --seed 0",
    ]


def test_nothing_wrong_is_nothing_to_say(record: Make, result: MakeResult) -> None:
    assert render_github(record(result(), result(verdict=Verdict.KINK))) == ""


def test_ten_are_shown_and_of_eleven_the_nine_worst(record: Make, result: MakeResult) -> None:
    numbers = [3, 1, 4, 11, 5, 9, 2, 6, 8, 7, 10]
    ten = read(render_github(record(*(wrong(result, n) for n in numbers[:10]))))
    assert [given["title"] for _, given, _ in ten] == [
        f"adbench: fail article/f{n} on native:eager" for n in (11, 9, 8, 7, 6, 5, 4, 3, 2, 1)
    ]
    eleven = read(render_github(record(*(wrong(result, n) for n in numbers))))
    assert len(eleven) == 10
    assert [given["title"].split()[2] for _, given, _ in eleven[:9]] == [
        f"article/f{n}" for n in range(11, 2, -1)
    ]
    assert eleven[9] == (
        "error",
        {"title": "adbench: 2 more"},
        "2 more problems: see this step's log, or its summary",
    )


def test_what_is_infinitely_wrong_is_worst(record: Make, result: MakeResult) -> None:
    nan = result(
        "nan",
        verdict=Verdict.FAIL,
        findings=(
            Finding(kind="value", level="fail", message="NaN", ad=float("nan"), numeric=1.0),
        ),
    )
    commands = read(render_github(record(wrong(result, 10**6), nan)))
    assert [given["title"].split()[2] for _, given, _ in commands] == [
        "article/nan",
        "article/f1000000",
    ]


def test_what_would_end_a_command_is_escaped(record: Make, result: MakeResult) -> None:
    where = SourceLocation(file="a,b:c%2C.py", line=3)
    finding = Finding(kind="value", level="fail", message="50%\n::error::no\r%0A", where=where)
    odd = result("f:,%0A", verdict=Verdict.FAIL, reason="r", findings=(finding,))
    ((_, given, message),) = read(render_github(record(odd)))
    assert given["file"] == "a,b:c%2C.py"
    assert given["title"] == "adbench: fail article/f:,%0A on native:eager"
    assert "50%\n::error::no" in message


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("model.py", "sub/model.py"),
        ("../model.py", "model.py"),
        ("/repo/other/model.py", "other/model.py"),
        ("/elsewhere/model.py", "/elsewhere/model.py"),
        ("../../repository/model.py", "/repository/model.py"),
    ],
)
def test_paths_begin_at_the_root_of_the_checkout(
    record: Make, result: MakeResult, file: str, shown: str
) -> None:
    one = record(wrong(result, 1, where=SourceLocation(file=file, line=3)))
    ((_, given, _),) = read(render_github(one, folder="/repo/sub", workspace="/repo"))
    assert given["file"] == shown


def test_what_the_baseline_makes_red_is_annotated_once(record: Make, result: MakeResult) -> None:
    tasks = [
        TaskComparison(task=task, outcome="unblessed", reason="bless it", failing=failing)
        for task, failing in (
            ("article/square@native:eager", True),
            ("article/square@jax:jit", False),
            ("article/f1@native:eager", True),
            ("article/gone@native:eager", True),
        )
    ]
    comparison = Comparison(before="b", after="a", tasks=tuple(tasks))
    run = record(result(), result(backend="jax"), wrong(result, 1), comparison=comparison)
    assert [(given["title"], given.get("file")) for _, given, _ in read(render_github(run))] == [
        ("adbench: fail article/f1 on native:eager", "suites/article.yaml"),
        ("adbench: unblessed article/square@native:eager", "suites/article.yaml"),
        ("adbench: unblessed article/gone@native:eager", None),
    ]


def test_a_slower_gradient_is_annotated(record: Make, result: MakeResult) -> None:
    ratio = Interval(value=1.3, low=1.25, high=1.35)
    sides = [
        SideBySide(task="article/square@native:eager", ratio=ratio, margin=0.05, verdict=verdict)
        for verdict in ("same", "regression", "inconclusive")
    ]
    run = record(result(), kind="bench", bench=Bench(side_by_side=tuple(sides)))
    ((level, given, message),) = read(render_github(run))
    assert (level, given["title"]) == ("error", "adbench: slower article/square@native:eager")
    assert message == "vjp takes 1.3 times as long as there"


def test_a_long_message_is_cut(record: Make, result: MakeResult) -> None:
    long = result(verdict=Verdict.FAIL, reason="x" * 100_000)
    ((_, _, message),) = read(render_github(record(long)))
    assert len(message) < 5000
    assert message.endswith("…")


ROWS = "# Run\n\n<details><summary>all</summary>\n\n| case | verdict |\n| --- | --- |\n" + "".join(
    f"| case {i} | ✗ fail |\n" for i in range(1000)
)


def test_a_short_summary_is_left_alone() -> None:
    assert step_summary("| a |\n") == "| a |\n"


@pytest.mark.parametrize("room", [700, 1000, 5000, 20_000])
def test_a_long_summary_is_cut_at_a_row_and_closed(room: int) -> None:
    text = step_summary(ROWS + "\n</details>\n", room)
    assert len(text.encode()) <= room
    assert text.count("<details>") == text.count("</details>")
    rows = [line for line in text.splitlines() if line.startswith("| case ")]
    assert all(line.endswith(" |") for line in rows)
    tables = [
        t for t in MarkdownIt("commonmark").enable("table").parse(text) if t.type == "tr_open"
    ]
    assert len(tables) == len(rows)
    assert "The summary was cut here" in text


def test_a_fence_that_the_cut_leaves_open_is_closed() -> None:
    text = step_summary("````text\n```\n" + "x\n" * 1000 + "````\n", 600)
    tokens = MarkdownIt("commonmark").parse(text)
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]
    assert "cut" not in tokens[0].content


def test_no_room_is_no_summary() -> None:
    assert step_summary(ROWS, 100) == ""
    assert step_summary(ROWS, -5) == ""
