"""The command line as a person runs it: a real process, and a folder with suites to point it at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

FUNCTIONS = '''
"""Functions that are right, wrong, and worse."""
import os
import signal
import sys
import time

import numpy as np


def right(x, mode=None):
    return np.sum(x * x)


def right_gradient(x, mode=None):
    return 2 * x


def wrong_gradient(x, mode=None):
    return -2 * x


def raises(x):
    return np.sum(_helper(x))


def _helper(x):
    print("about to fail")
    raise ValueError("this [red]always[/red] fails")


def exits(x):
    sys.exit(7)


def crashes(x):
    os.kill(os.getpid(), signal.SIGSEGV)


def hangs(x):
    time.sleep(600)


def flat(x):
    """Its derivative is zero everywhere, so that a check of it could not have failed."""
    return np.sum(0 * x)


def flat_gradient(x):
    return 0 * x


def example_inputs():
    return {"x": np.ones(3)}
'''


def suite(*cases: str) -> str:
    """A suite of the named cases of CASES."""
    return "version: 1\ncases:\n" + "".join(CASES[case] for case in cases)


def _case(name: str, function: str, *lines: str, gradient: str = "right_gradient") -> str:
    head = [f"- name: {name}", f"  function: {{native: functions.py:{function}}}"]
    tail = [f"  gradient: functions.py:{gradient}", "  inputs: {x: normal(3)}"]
    return "".join(f"  {line}\n" for line in [*head, *tail, "  backends: [manual]", *lines])


CASES = {
    "right": _case("right", "right", "  tags: [good]"),
    "wrong": _case("wrong", "right", "  tags: [bad]", gradient="wrong_gradient"),
    "raises": _case("raises", "raises"),
    "exits": _case("exits", "exits"),
    "crashes": _case("crashes", "crashes"),
    "hangs": _case("hangs", "hangs"),
    "xfail": _case(
        "xfail",
        "right",
        "  xfail: {backend: manual, reason: known}",
        gradient="wrong_gradient",
    ),
    "flat": _case("flat", "flat", gradient="flat_gradient"),
    "xpass": _case("xpass", "right", "  xfail: {backend: manual, reason: known}"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with functions.py and one suite a case; the path has a space in it."""
    folder = tmp_path / "my suites"
    folder.mkdir()
    (folder / "functions.py").write_text(FUNCTIONS)
    for name in CASES:
        (folder / f"{name}.yaml").write_text(suite(name))
    return folder


@pytest.fixture
def environment() -> dict[str, str]:
    """The variables that do not decide how output looks."""
    decide_looks = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "PYTHONWARNINGS")
    return {k: v for k, v in os.environ.items() if k not in decide_looks}


@pytest.fixture
def adbench(folder: Path, environment: dict[str, str]) -> Run:
    """Run `adbench ARGUMENTS` in the folder, piped, with a clean environment."""

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "adbench", *map(str, arguments)],
            cwd=folder,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )

    return run
