"""The summary's commands and figures."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from adbench.record.model import RunRecord, Verdict
from adbench.report.summary import duration, joined_command, repeat_command
from adbench.report.text import text


def test_repeat_command_is_the_union_of_failing_commands(everything: RunRecord) -> None:
    words = shlex.split(repeat_command(everything))
    assert words[:4] == ["adbench", "check", "suites/article.yaml", "suites/elementwise.yaml"]
    options = list(zip(words[4::2], words[5::2], strict=True))
    assert options == [
        ("-k", "flipped or raises or floor"),
        ("--backend", "native:eager"),
        ("--backend", "jax:jit"),
        ("--seed", "0"),
    ]


def test_repeat_command_keeps_odd_names_whole(result: Callable, record: Callable) -> None:
    command = shlex.join(["adbench", "check", "my suites/a b.yaml", "-k", "it's [red]"])
    run = record(result(verdict=Verdict.FAIL, reproduce=command))
    assert shlex.split(repeat_command(run)) == shlex.split(command)


def test_nothing_to_repeat_when_all_is_well(result: Callable, record: Callable) -> None:
    assert repeat_command(record(result(), result("b", verdict=Verdict.INCONCLUSIVE))) == ""


def test_a_union_too_long_to_paste_gives_way_to_the_whole_run(
    result: Callable, record: Callable
) -> None:
    run = record(*(result(f"case{i}" * 5, verdict=Verdict.FAIL) for i in range(200)))
    assert repeat_command(run) == "adbench check suites"


def test_seeds_that_differ_are_left_to_the_suites() -> None:
    commands = ["adbench check a.yaml -k x --seed 1", "adbench check a.yaml -k y --seed 2"]
    assert joined_command(commands) == "adbench check a.yaml -k 'x or y'"


def test_tolerances_that_agree_are_kept_even_when_seeds_do_not() -> None:
    commands = [f"adbench check a.yaml -k {c} --seed {c} --rtol 0.1" for c in "12"]
    assert joined_command(commands) == "adbench check a.yaml -k '1 or 2' --rtol 0.1"


def test_options_without_a_value_are_kept() -> None:
    commands = [f"adbench check a.yaml -k {c} --search 2 --power --thorough" for c in "12"]
    joined = joined_command(commands)
    assert joined == "adbench check a.yaml -k '1 or 2' --search 2 --power --thorough"


def test_arguments_of_two_functions_are_all_kept() -> None:
    commands = ["adbench check m.py:f --arg 'x=normal(3)'", "adbench check m.py:g --arg y=1"]
    joined = joined_command(commands)
    assert joined == "adbench check m.py:f m.py:g --arg 'x=normal(3)' --arg y=1"


def test_a_selection_would_hide_a_function_without_one(result: Callable, record: Callable) -> None:
    commands = ["adbench check a.yaml -k x", "adbench check m.py:f"]
    assert joined_command(commands) is None
    run = record(*(result(verdict=Verdict.FAIL, reproduce=command) for command in commands))
    assert repeat_command(run) == "adbench check suites"


def test_weakest_pass_is_the_one_named(result: Callable, record: Callable) -> None:
    run = record(result("a", resolution=1e-9), result("b", "jax", resolution=2e-4))
    assert "a relative error above 0.0002 (b on jax:jit)" in text(run)


def test_no_word_on_resolution_without_a_pass(result: Callable, record: Callable) -> None:
    assert "relative error" not in text(record(result(verdict=Verdict.FAIL, resolution=1e-3)))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0 ms"), (0.0124, "12 ms"), (3.44, "3.4 s"), (59.99, "60.0 s"), (125.2, "2 min 5 s")],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_run_that_skipped_everything_says_so(result: Callable, record: Callable) -> None:
    skipped = result("a", verdict=Verdict.SKIPPED)
    assert "Nothing was checked: every task was skipped." in text(record(skipped))
    assert "Nothing was checked" not in text(record(skipped, result("b")))


def test_a_command_that_is_none_is_no_crash(result: Callable, record: Callable) -> None:
    assert joined_command(["adbench check 'a"]) is None
    run = record(result(verdict=Verdict.FAIL, reproduce="adbench check 'a"))
    assert repeat_command(run) == "adbench check suites"
