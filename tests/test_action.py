"""`action.yml` and the hooks: held to their published schemas, and the action's steps run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml
from ruamel.yaml import YAML

from adbench.cli.main import app
from adbench.record import read_record

ROOT = Path(__file__).parents[1]
ACTION = YAML(typ="safe").load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

FUNCTIONS = """import numpy as np


def f(x):
    return np.sum(x * x)


def right(x):
    return 2 * x


def wrong(x):
    return -2 * x
"""


def fits(schema: str, file: Path) -> None:
    """GitHub's schemas come with check-jsonschema."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_action_fits_githubs_schema() -> None:
    fits("vendor.github-actions", ROOT / "action.yml")


def test_the_workflows_of_the_documents_fit_githubs_schema(tmp_path: Path) -> None:
    found = 0
    for page in (ROOT / "docs").glob("*.md"):
        for text in re.findall(r"```yaml[^\n]*\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            if re.search(r"^jobs:", text, re.MULTILINE):
                found += 1
                file = tmp_path / f"{page.stem}-{found}.yml"
                file.write_text(text)
                fits("vendor.github-workflows", file)
    assert found


def test_every_input_is_used_and_every_used_one_is_declared() -> None:
    used = set(re.findall(r"\binputs\.([\w-]+)", json.dumps(ACTION["runs"])))
    assert used == set(ACTION["inputs"])


def test_no_expression_stands_in_a_script() -> None:
    """An input there would be run as a command; as a variable it is not."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]


Step = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def check_step(tmp_path: Path) -> Step:
    """Run the action's second step as GitHub's runner does; code, outputs and log."""
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    for name in ("right", "wrong"):
        (tmp_path / f"{name}.yaml").write_text(
            f"version: 1\ncases:\n- {{name: f, function: {{native: functions.py:f}}, "
            f"gradient: functions.py:{name}, inputs: {{x: normal(3)}}, backends: [manual]}}\n"
        )
    step: dict[str, Any] = ACTION["runs"]["steps"][1]

    def run(**inputs: str) -> tuple[int, dict[str, str], str]:
        given = {name: entry.get("default", "") for name, entry in ACTION["inputs"].items()}
        given |= {"python": sys.executable} | inputs
        variables = {
            name: re.sub(r"\$\{\{ inputs\.(\S+) \}\}", lambda match: given[match[1]], value)
            for name, value in step["env"].items()
        }
        script = tmp_path / "step.sh"
        script.write_text(step["run"])
        output, summary = tmp_path / "output", tmp_path / "summary.md"
        output.write_text("")
        variables |= {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(tmp_path),
            "RUNNER_TEMP": str(tmp_path),
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=tmp_path,
            env=os.environ | variables,
            capture_output=True,
            text=True,
        )
        pairs = (line.partition("=") for line in output.read_text().splitlines())
        return done.returncode, {key: value for key, _, value in pairs}, done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_the_step_annotates_summarises_and_fails(check_step: Step, tmp_path: Path) -> None:
    code, outputs, log = check_step(targets="right.yaml\nwrong.yaml", junit="reports/junit.xml")
    assert code == 1
    assert outputs["exit-code"] == "1"
    assert [r.verdict for r in read_record(outputs["record"]).results] == ["pass", "fail"]
    assert re.search(r"^::error file=functions\.py,line=\d+,title=adbench", log, re.MULTILINE)
    assert "fail" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert JUnitXml.fromfile(str(tmp_path / "reports" / "junit.xml")).failures == 1


@pytest.mark.slow
def test_the_step_passes_options_on_as_words(check_step: Step) -> None:
    code, outputs, _ = check_step(
        targets="right.yaml", options="--select 'f or g' --seed 7", record="my run.json"
    )
    assert (code, outputs["exit-code"], outputs["record"]) == (0, "0", "my run.json")


@pytest.mark.slow
def test_the_step_takes_the_targets_of_the_project(check_step: Step, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.adbench]\ntargets = ["wrong.yaml"]\n')
    code, outputs, _ = check_step()
    assert code == 1
    assert [suite.name for suite in read_record(outputs["record"]).suites] == ["wrong"]


@pytest.mark.slow
def test_the_step_runs_nothing_that_is_in_an_input(check_step: Step, tmp_path: Path) -> None:
    code, outputs, log = check_step(targets="$(touch oops) `touch oops` ; touch oops")
    assert code == 2
    assert outputs["exit-code"] == "2"
    assert "Traceback" not in log
    assert not (tmp_path / "oops").exists()


def test_the_hooks_name_commands_that_there_are() -> None:
    commands = {command.name for command in app.registered_commands}
    assert [hook["id"] for hook in HOOKS] == ["adbench-validate", "adbench-check"]
    for hook in HOOKS:
        program, command = hook["entry"].split()
        assert program == "adbench"
        assert command in commands


def test_the_hooks_look_at_the_files_they_mean() -> None:
    pattern = re.compile(HOOKS[0]["files"])
    assert pattern.search("suites/article.yaml")
    assert pattern.search("package/suites/deep/article.yml")
    assert not pattern.search("mkdocs.yml")
