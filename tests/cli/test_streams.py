"""Output that cannot be written is told in words, and costs no record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.fixture
def shell(folder: Path, environment: dict[str, str]):
    """Run `python -m adbench ARGUMENTS` by a shell, which can redirect and close streams."""

    def run(arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            f"{sys.executable} -m adbench {arguments}",
            shell=True,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@full
def test_a_full_disk_under_standard_output_keeps_the_record(shell, folder: Path) -> None:
    done = shell("check right.yaml --output-format json=run.json --output-format text > /dev/full")
    assert done.returncode == 2
    assert "error: the output cannot be written (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "run.json").is_file()


@full
@pytest.mark.parametrize("command", ["validate right.yaml", "list right.yaml", "schema"])
def test_a_full_disk_under_other_commands(shell, command: str) -> None:
    done = shell(f"{command} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith("error: the output cannot be written")
    assert len(done.stderr.splitlines()) == 1


@full
def test_a_full_disk_under_the_log_does_not_end_the_run(shell) -> None:
    done = shell("check right.yaml 2> /dev/full")
    assert done.returncode == 0
    assert "1 check: 1 pass" in done.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-"])
def test_closed_streams_change_no_verdict(shell, closed: str) -> None:
    done = shell(f"check wrong.yaml {closed}")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
