"""`--search`, `--power` and `--thorough` as a person uses them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

FAR = """
import numpy as np

from adbench import custom_vjp


@custom_vjp
def far(x):
    return x**2


far.defvjp(lambda x: (x**2, x), lambda x, g: (g * np.where(x > 30, 0.0, 2 * x),))


def fixed(x):
    return x**2
"""


@pytest.fixture
def far(folder: Path) -> Path:
    (folder / "far.py").write_text(FAR)
    return folder


@pytest.mark.slow
def test_what_a_search_finds_is_kept_and_found_again_without_one(adbench, far: Path) -> None:
    command = ("check", "far.py:far", "--arg", "x=normal(3)", "-b", "native")
    assert adbench(*command).returncode == 0
    assert not (far / ".adbench" / "found").exists()

    found = adbench(*command, "--search", "30")
    assert found.returncode == 1
    assert "an input that a search found" in found.stdout
    assert "--search 30" in found.stdout.splitlines()[-2]
    (kept,) = (far / ".adbench" / "found" / "far" / "far").glob("*.json")
    assert 31 in json.loads(kept.read_text())["inputs"]["x"]

    again = adbench(*command)
    assert again.returncode == 1
    assert f".adbench/found/far/far/{kept.name}" in "".join(again.stdout.split())

    (far / "far.py").write_text(FAR.replace("0.0, 2 * x", "2 * x, 2 * x"))
    assert adbench(*command).returncode == 0


def test_power_and_thorough_are_told_and_recorded(adbench, folder: Path) -> None:
    done = adbench(
        "check", "right.yaml", "--power", "--thorough",
        "--output-format", "text", "--output-format", "json=run.json",
    )  # fmt: skip
    assert done.returncode == 0
    assert "planted faults would have been caught" in done.stdout
    (result,) = json.loads((folder / "run.json").read_text())["results"]
    assert result["check"]["power"]["sign flipped"] is True


def test_a_suite_may_demand_power(adbench, folder: Path) -> None:
    text = (folder / "right.yaml").read_text()
    weak = text.rstrip() + "\n    power: 0.95\n    tolerance: {rtol: 0.05}\n"
    (folder / "weak.yaml").write_text(weak)
    done = adbench("check", "weak.yaml", "--strict")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "below the floor of 95%" in " ".join(done.stdout.split())


@pytest.mark.parametrize("seconds", ["-1", "much"])
def test_a_time_that_is_none_is_refused(adbench, seconds: str) -> None:
    done = adbench("check", "right.yaml", "--search", seconds)
    assert done.returncode == 2
    assert "--search" in done.stderr


def test_without_hypothesis_it_says_what_to_install(monkeypatch, capsys) -> None:
    from typer.testing import CliRunner

    from adbench.cli.main import app

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "hypothesis" else find_spec(name)
    )
    done = CliRunner().invoke(app, ["check", "nothing.yaml", "--search", "1"])
    assert done.exit_code == 2
    assert "pip install 'adbench-grad[search]'" in done.stderr
