"""Settings: the command line over the environment over pyproject.toml, and every mistake placed."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adbench.cli.main import app
from adbench.suite import functions

MODEL = "import numpy as np\n\n\ndef f(x):\n    return np.sum(x * x)\n"
SUITE = """\
version: 1
cases:
  - {name: one, function: model.py:f, inputs: {x: normal(3)}, backends: [native]}
  - {name: two, function: model.py:f, inputs: {x: normal(2)}, backends: [native]}
"""

Adbench = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "model.py").write_text(MODEL)
    (tmp_path / "suites" / "model.yaml").write_text(SUITE)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(functions, "_loaded", {})
    return tmp_path


def adbench(line: str) -> Result:
    return CliRunner().invoke(app, shlex.split(line), prog_name="adbench")


def settings(text: str, header: str = "[tool.adbench]\n") -> None:
    Path("pyproject.toml").write_text(f'[project]\nname = "p"\n\n{header}{text}')


def shown(key: str) -> str:
    """What `adbench config` says of a key."""
    (line,) = [line for line in adbench("config").output.splitlines() if line.split(" ")[0] == key]
    return line.partition("= ")[2]


def test_without_settings_every_value_is_a_default(project: Path) -> None:
    done = adbench("config")
    assert done.exit_code == 0
    assert all(line.endswith("# default") for line in done.output.splitlines())
    assert shown("strict") == "false  # default"
    assert shown("jobs") == "(not set)  # default"


def test_each_value_is_shown_with_its_source(project: Path, monkeypatch) -> None:
    settings('strict = true\njobs = 3\nbackend = ["native", "torch"]\n')
    monkeypatch.setenv("ADBENCH_JOBS", "5")
    assert shown("strict") == "true  # pyproject.toml:5:1"
    assert shown("jobs") == '"5"  # ADBENCH_JOBS'
    assert shown("backend") == '["native", "torch"]  # pyproject.toml:7:1'


def test_targets_and_options_come_from_the_file(project: Path) -> None:
    settings('targets = ["suites"]\nselect = "two"\nin-process = true\n')
    done = adbench("check")
    assert done.exit_code == 0
    assert "1 check: 1 pass" in done.output
    assert "two" in done.output
    assert "2 cases" in adbench("list -k 'one or two'").output


def test_the_command_line_is_over_the_environment_over_the_file(project: Path, monkeypatch) -> None:
    settings('targets = ["suites"]\nselect = "one"\n')
    assert "one" in adbench("list").output
    monkeypatch.setenv("ADBENCH_SELECT", "two")
    assert "two" in adbench("list").output
    assert "one" not in adbench("list").output
    done = adbench("list -k one")
    assert "one" in done.output
    assert "two" not in done.output


def test_the_file_is_found_from_the_folders_below_and_its_paths_hold_there(project, monkeypatch):
    settings('targets = ["suites/model.yaml"]\nbaseline = "blessed"\nin-process = true\n')
    monkeypatch.chdir(project / "deep" / "er")
    assert adbench("baseline update").exit_code == 0
    assert (project / "blessed" / "model.json").is_file()
    assert adbench("check").exit_code == 0


def test_a_function_that_is_tried_out_is_not_missed_in_the_projects_baseline(project) -> None:
    settings('baseline = "blessed"\nin-process = true\n')
    done = adbench("check suites/model.py:f --arg 'x=normal(3)' -b native")
    assert done.exit_code == 0
    assert "no baseline" not in done.output
    asked = adbench("check suites/model.py:f --arg 'x=normal(3)' -b native --baseline blessed")
    assert asked.exit_code == 1
    assert "no baseline" in asked.output


def test_a_nearer_file_without_a_table_is_passed_over(project: Path, monkeypatch) -> None:
    settings("strict = true\n")
    Path("deep/pyproject.toml").write_text('[project]\nname = "adbench-user"\n')
    monkeypatch.chdir(project / "deep")
    assert shown("strict") == "true  # ../pyproject.toml:5:1"


@pytest.mark.parametrize("header", ["[tool.adbench]\n", "[ tool . adbench ]  # ours\n"])
@pytest.mark.parametrize("line", ["strickt = true", '"strickt" = true', "strickt.a = 1"])
def test_an_unknown_key_is_placed_and_the_right_one_named(project, header, line) -> None:
    settings(f"# a comment\n  {line}\n", header)
    for command in ("check suites", "config", "baseline show suites"):
        done = adbench(command)
        assert done.exit_code == 2
        assert "pyproject.toml:6:3: error: there is no setting 'strickt'" in done.output
        assert f"  {line}" in done.output
        assert "did you mean 'strict'?" in done.output


def test_a_key_written_from_above_or_as_a_table_is_placed_too(project: Path) -> None:
    settings("tool.adbench.strickt = true\n", header="")
    Path("pyproject.toml").write_text("tool.adbench.strickt = true\n")
    assert "pyproject.toml:1:1: error" in adbench("config").output
    Path("pyproject.toml").write_text("[tool.adbench.chekc]\nx = 1\n")
    assert "pyproject.toml:1:1: error: there is no setting 'chekc'" in adbench("config").output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('jobs = "x"\n', "pyproject.toml:5:1: error: jobs: "),
        ("jobs = 0\n", "pyproject.toml:5:1: error: jobs: "),
        ("jobs = [1]\n", "pyproject.toml:5:1: error: jobs takes one value"),
        ("\njobs = {a = 1}\n", "pyproject.toml:6:1: error: jobs takes one value"),
        ("strict = 3\n", "pyproject.toml:5:1: error: strict is 3"),
        ('derivative = ["vpj"]\n', "pyproject.toml:5:1: error: derivative: "),
        ("jobs = \n", "pyproject.toml:5:8: error: this is no TOML"),
        ("jobs = 1\njobs = 2\n", "pyproject.toml:6:9: error: this is no TOML"),
    ],
)
def test_a_value_that_an_option_does_not_take(project: Path, text: str, said: str) -> None:
    settings(text)
    done = adbench("check suites")
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_mistake_in_the_environment_names_the_variable(project: Path, monkeypatch) -> None:
    monkeypatch.setenv("ADBENCH_JOBS", "many")
    done = adbench("check suites")
    assert done.exit_code == 2
    assert "ADBENCH_JOBS: error: jobs: " in done.output


def test_several_values_of_the_environment_are_words(project: Path, monkeypatch) -> None:
    monkeypatch.setenv("ADBENCH_TAG", "fast 'with space'")
    assert shown("tag") == '["fast", "with space"]  # ADBENCH_TAG'


@pytest.mark.parametrize("text", ["nonsense = 1\n", "jobs = \n"])
def test_help_works_whatever_the_file_says(project: Path, text: str) -> None:
    settings(text)
    assert adbench("check --help").exit_code == 0
    assert adbench("--help").exit_code == 0
    assert adbench("--version").exit_code == 0


def test_what_is_meant_for_one_call_is_no_setting(project: Path) -> None:
    settings("dry-run = true\n")
    assert "there is no setting 'dry-run'" in adbench("config").output


def test_a_broken_file_that_is_not_about_adbench_is_not_our_business(project: Path) -> None:
    Path("pyproject.toml").write_text("this is = = no TOML")
    assert adbench("list suites").exit_code == 0


def test_without_targets_anywhere_a_command_shows_its_help(project: Path) -> None:
    settings("strict = true\n")
    done = adbench("check")
    assert "Usage: adbench check" in done.output
