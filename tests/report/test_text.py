"""The whole text report against golden files; `make golden` writes them anew."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from adbench.record.model import RunRecord, Verdict
from adbench.report import text

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("width", [100, 40])
def test_report_matches_golden_file(everything: RunRecord, width: int) -> None:
    path = GOLDEN / f"everything-{width}.txt"
    written = text(everything, width)
    if os.environ.get("ADBENCH_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_lines_fit_except_commands(everything: RunRecord, width: int) -> None:
    for line in text(everything, width).splitlines():
        assert len(line) <= width or "adbench check" in line or "pip install" in line
        assert line == line.rstrip()


def test_commands_are_never_broken(everything: RunRecord) -> None:
    wide, narrow = text(everything, 200), text(everything, 40)
    commands = [line for line in wide.splitlines() if "adbench check" in line]
    assert len(commands) == 5
    assert commands == [line for line in narrow.splitlines() if "adbench check" in line]


def test_hostile_names_are_shown_as_text(result: Callable, record: Callable) -> None:
    names = {
        "[red]x[/red]": "[red]x[/red]",
        "\x1b[31mevil\x1b[0m": r"\x1b[31mevil\x1b[0m",
        "a\nb\tc\rd": r"a\nb\tc\rd",
        "\u202eabc": r"\u202eabc",
        ":smile: 日本 é": ":smile: 日本 é",
        "👩‍👩‍👧": "👩‍👩‍👧",
        "\udc80": r"\udc80",
        "\x9b31m": r"\x9b31m",
    }
    run = record(*(result(name, verdict=Verdict.FAIL, reason=name) for name in names))
    shown = text(run, 120)
    for name in names.values():
        assert f"  {name}" in shown
    assert not set(shown) - {"\n"} & {chr(c) for c in (*range(32), *range(0x7F, 0xA0))}


def test_hostile_messages_keep_their_lines_and_nothing_else(
    result: Callable, record: Callable
) -> None:
    run = record(result(verdict=Verdict.FAIL, reason="one\n\x1b[31mtwo\x1b[0m [bold]three\x07"))
    shown = text(run)
    assert "  one\n  two [bold]three\\x07\n" in shown


def test_a_very_long_name_is_folded_not_cut(result: Callable, record: Callable) -> None:
    shown = text(record(result("l" * 500)), 60)
    assert shown.split("checks:")[0].count("l") >= 500


def test_same_explanation_is_given_once(result: Callable, record: Callable) -> None:
    run = record(
        *(
            result(f"case{i}", backend, Verdict.ERROR, reason="ModuleNotFoundError: nope")
            for i in range(5)
            for backend in ("native", "jax")
        )
    )
    shown = text(run)
    assert shown.count("ModuleNotFoundError") == 1
    assert "case0, article/case1, article/case2 and 2 more on native:eager, jax:jit" in shown


def test_many_problems_are_all_named(result: Callable, record: Callable) -> None:
    run = record(
        *(result(f"case{i}", verdict=Verdict.FAIL, reason=f"reason {i}") for i in range(50))
    )
    shown = text(run, 100)
    assert "without their explanations" in shown
    for i in range(50):
        assert f"reason {i}\n" in shown


def test_notes_of_a_pass_are_shown(result: Callable, record: Callable) -> None:
    from adbench.record.model import Finding

    note = Finding(kind="dtype", level="note", message="float32 inside")
    assert "✓ pass  article/square on native:eager: float32 inside" in text(
        record(result(findings=(note,)))
    )


def test_nothing_checked_says_so(record: Callable) -> None:
    assert text(record()) == "Nothing was checked.\n0 checks · 0 evaluations · 2.1 s\n"


def test_interrupted_run_says_so(result: Callable, record: Callable) -> None:
    run = record(result(), interrupted=True, planned=12)
    assert "Stopped early: 11 of 12 tasks were not run." in text(run)


def test_random_hostile_records_are_always_shown(result: Callable, record: Callable) -> None:
    chance = random.Random(20240501)
    alphabet = "a[]\\{}()\x1b\n\r\t\u202e日👩‍👩‍👧 '\"$`é\x00\x85\u2028\ud800"

    def word(most: int) -> str:
        return "".join(chance.choices(alphabet, k=chance.randint(0, most)))

    for _ in range(150):
        results = [
            result(
                word(30),
                chance.choice(["native", "torch", "unheard-of"]),
                chance.choice(list(Verdict)),
                reason=word(80),
                suite=word(30),
                xfail=chance.choice([None, word(10)]),
            )
            for _ in range(chance.randint(0, 6))
        ]
        shown = text(record(*results), chance.choice([1, 5, 10, 20, 33, 80]))
        assert all(c == "\n" or c == "\u200d" or c.isprintable() for c in shown)
