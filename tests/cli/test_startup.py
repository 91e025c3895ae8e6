"""`adbench --help` is at once: no heavy import, and faster than `pytest --version`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

HEAVY = {"numpy", "torch", "jax", "jaxlib", "scipy", "optree", "mpmath", "ruamel"}
SLOW = {"pydantic", "rich"}


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], HEAVY | SLOW),
        (["--version"], HEAVY | SLOW),
        (["check", "--help"], HEAVY),  # typer itself imports pydantic for an option's type
    ],
)
def test_no_heavy_import(arguments: list[str], unwanted: set[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "adbench", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "adbench.cli.main" in imported
    assert not {name.partition(".")[0] for name in imported} & unwanted


@pytest.mark.slow
def test_help_is_faster_than_pytest_version() -> None:
    commands = (["-m", "adbench", "--help"], ["-m", "pytest", "--version"])
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(15):
        for command, seconds in zip(commands, times, strict=True):
            begin = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, capture_output=True)
            seconds.append(time.perf_counter() - begin)
    ours, theirs = map(statistics.median, times)
    assert ours < theirs
