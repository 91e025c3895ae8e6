"""What the command line says, refuses and writes when no function is run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest


def test_help_names_every_command_and_exit_code(adbench) -> None:
    done = adbench("--help")
    assert done.returncode == 0
    for command in ("check", "list", "validate", "schema", "init", "doctor"):
        assert re.search(rf"^  {command} +[A-Z].*[.]$", done.stdout, re.MULTILINE)
    for code in (0, 1, 2, 3, 4, 5, 130):
        assert re.search(rf"^ +{code}  \w", done.stdout, re.MULTILINE)
    assert "\x1b" not in done.stdout


def test_every_option_has_help(adbench) -> None:
    done = adbench("check", "--help", COLUMNS="200")
    assert done.returncode == 0
    options = [
        "--arg",
        "--backend",
        "--dtype",
        "--seed",
        "--select",
        "--tag",
        "--derivative",
        "--rtol",
        "--atol",
        "--device",
        "--jobs",
        "--timeout",
        "--fail-fast",
        "--strict",
        "--require",
        "--in-process",
        "--output-format",
    ]
    for option in options:
        assert re.search(rf"^  (-\w, )?{option}( \S+)? +[A-Za-z].*", done.stdout, re.MULTILINE), (
            option
        )


def test_version(adbench) -> None:
    done = adbench("--version")
    assert re.fullmatch(r"adbench \d+\.\d+\.\d+\S*\n", done.stdout)


def test_no_arguments_show_the_help(adbench) -> None:
    done = adbench()
    assert done.returncode == 2
    assert "Usage: adbench" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek", "x"], "Did you mean 'check'"),
        (["check", "right.yaml", "--bakend", "jax"], "--backend"),
        (["check", "right.yaml", "-b", "torhc"], "did you mean 'torch'?"),
        (["check", "right.yaml", "-b", "torch:complie"], "did you mean 'compile'?"),
        (["check", "right.yaml", "--output-format", "jsno"], "Did you mean 'json'?"),
        (["check", "right.yaml", "--derivative", "hpv"], "hvp"),
        (["check", "right.yaml", "--jobs", "0"], "--jobs"),
        (["check", "right.yaml", "--rtol", "-1"], "--rtol"),
        (["check", "right.yaml", "--timeout", "-1"], "timeout"),
        (["check", "right.yaml", "--timeout", "nan"], "timeout"),
        (["check", "right.yaml", "--dtype", "flaot32"], "float32"),
        (["check", "right.yaml", "--seed", "x"], "--seed"),
        (["check", "right.yaml", "-k", "a and"], "missing"),
        (["check", "right.yaml", "-k", "("], "missing"),
        (["check", "rihgt.yaml"], "rihgt.yaml"),
        (["check", "functions.py:rihgt"], "did you mean 'right'?"),
        (["check", "functions.py:right", "--arg", "x=nromal(3)"], "normal"),
        (["check", "functions.py:right", "--arg", "x"], "--arg"),
        (["check"], "Usage"),
        (["list"], "Usage"),
        (["validate"], "Usage"),
        (["list", "nope.yaml"], "nope.yaml"),
        (["validate", "nope.yaml"], "nope.yaml"),
    ],
)
def test_mistakes_exit_with_2_and_say_what_is_right(adbench, arguments, said) -> None:
    done = adbench(*arguments)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "right.yaml", "-k", "no_such_case"],
        ["check", "right.yaml", "--tag", "no_such_tag"],
        ["check", "right.yaml", "-b", "torch"],
        ["list", "right.yaml", "-k", "no_such_case"],
    ],
)
def test_nothing_selected_exits_with_5_and_names_what_there_is(adbench, arguments) -> None:
    done = adbench(*arguments)
    assert done.returncode == 5
    assert "nothing was selected: --" in done.stderr
    assert "right" in done.stderr


def test_validate_counts_cases_and_runs_nothing(adbench, folder: Path) -> None:
    source = (folder / "functions.py").read_text()
    (folder / "functions.py").write_text(f"raise SystemExit('this must not be run')\n{source}")
    done = adbench("validate", "right.yaml", "wrong.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(": ")[2] for line in done.stdout.splitlines()] == ["ok, 1 case"] * 2


def test_validate_tells_all_mistakes_with_their_places(adbench, folder: Path) -> None:
    (folder / "bad.yaml").write_text(
        "version: 1\ncases:\n"
        "  - name: a\n    fnuction: functions.py:right\n    inputs: {x: normal(3)}\n"
        "  - name: b\n    function: functions.py:right\n    inputs: {x: nromal(3)}\n"
    )
    done = adbench("validate", "bad.yaml")
    assert done.returncode == 2
    assert re.search(r"bad.yaml:4:5: error: ", done.stderr)
    assert re.search(r"bad.yaml:8:\d+: error: ", done.stderr)
    assert "function" in done.stderr
    assert re.search(r"^ +\^", done.stderr, re.MULTILINE)


def test_a_suite_with_a_mistake_is_not_run(adbench, folder: Path) -> None:
    (folder / "bad.yaml").write_text("version: 1\ncases: 3\n")
    done = adbench("check", "bad.yaml", "right.yaml")
    assert done.returncode == 2
    assert done.stdout == ""


def test_schema_is_json_schema(adbench) -> None:
    done = adbench("schema")
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    assert "cases" in schema["properties"]
    assert schema["type"] == "object"


def test_list_shows_cases_backends_and_tags(adbench) -> None:
    done = adbench("list", "right.yaml", "xfail.yaml", "wrong.yaml", "-k", "not wrong")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["right", "manual:eager", "[good]"] in lines
    assert ["xfail", "manual:eager", "(xfail)"] in lines
    assert done.stdout.endswith("2 cases, 2 checks\n")
    assert not any(line[0] == "wrong" for line in lines)


def test_list_by_tag(adbench) -> None:
    done = adbench("list", ".", "--tag", "good", "--tag", "bad")
    assert done.stdout.endswith("2 cases, 2 checks\n")


@pytest.mark.parametrize("target", ["{}", "{}/", "{}/right.yaml"])
def test_targets_under_home(adbench, folder: Path, target: str) -> None:
    done = adbench("list", target.format("~/my suites"), HOME=str(folder.parent))
    assert done.returncode == 0
    assert "right" in done.stdout


def test_init_writes_what_is_valid_and_overwrites_nothing(adbench, folder: Path) -> None:
    first = adbench("init", "new folder/deep")
    assert first.returncode == 0
    assert "adbench check 'new folder/deep/gradients.yaml'" in first.stdout
    suite = folder / "new folder" / "deep" / "gradients.yaml"
    suite.write_text("mine")
    (suite.parent / "functions.py").unlink()
    again = adbench("init", "new folder/deep")
    assert again.returncode == 2
    assert "gradients.yaml" in again.stderr
    assert suite.read_text() == "mine"
    assert not (suite.parent / "functions.py").exists()


def test_init_where_it_cannot_write(adbench, folder: Path) -> None:
    done = adbench("init", "functions.py/inside")
    assert done.returncode == 2
    assert "functions.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_completion_offers_backends(adbench) -> None:
    done = adbench(
        _ADBENCH_COMPLETE="complete_bash", COMP_WORDS="adbench check --backend to", COMP_CWORD="3"
    )
    assert done.stdout.split() == ["torch", "torch:compile"]
