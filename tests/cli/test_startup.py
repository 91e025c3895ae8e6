"""`adbench --help` is at once: it imports nothing heavy. `make bench-startup` times it."""

from __future__ import annotations

import subprocess
import sys

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
