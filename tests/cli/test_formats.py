"""JUnit, GitHub and Markdown reports from the command line, as a CI job asks for them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import Failure, JUnitXml


def test_junit_in_a_file_beside_the_text(adbench, folder: Path) -> None:
    done = adbench("check", "right.yaml", "wrong.yaml", "--output-format", "junit=out/run.xml")
    assert done.returncode == 1
    assert "2 checks: 1 fail, 1 pass" in done.stdout
    cases = {
        c.name: c for suite in JUnitXml.fromfile(str(folder / "out" / "run.xml")) for c in suite
    }
    assert sorted(cases) == ["right@manual:eager", "wrong@manual:eager"]
    assert cases["right@manual:eager"].is_passed
    (failure,) = cases["wrong@manual:eager"].result
    assert isinstance(failure, Failure)
    assert "sign flipped" in failure.text


def test_junit_alone_has_standard_output_to_itself_in_any_encoding(adbench) -> None:
    done = adbench("check", "wrong.yaml", "--output-format", "junit", PYTHONIOENCODING="ascii")
    xml = JUnitXml.fromstring(done.stdout.encode())
    assert (xml.tests, xml.failures) == (1, 1)
    assert "±" in done.stdout


def test_github_annotates_in_the_log_and_adds_to_the_summary(adbench, folder: Path) -> None:
    summary = folder / "summary.md"
    summary.write_text("# Before\n")
    done = adbench(
        "check", "wrong.yaml", "raises.yaml", "--output-format", "github",
        GITHUB_STEP_SUMMARY=str(summary), GITHUB_WORKSPACE=str(folder.parent),
    )  # fmt: skip
    assert done.returncode == 1
    commands = [line for line in done.stdout.splitlines() if line.startswith("::")]
    files = [re.match(r"::error file=([^,]*),line=\d+,", command) for command in commands]
    assert [match and match[1] for match in files] == ["my suites/functions.py"] * 2
    assert "2 checks: 1 fail, 1 error" in done.stdout
    assert summary.read_text(encoding="utf-8").startswith("# Before\n")
    assert "wrong" in summary.read_text(encoding="utf-8")


def test_the_summary_stays_below_what_github_takes(adbench, folder: Path) -> None:
    summary = folder / "summary.md"
    summary.write_text("x" * (1024 * 1024 - 1400))
    done = adbench(
        "check", "wrong.yaml", "--output-format", "github", GITHUB_STEP_SUMMARY=str(summary)
    )
    assert done.returncode == 1
    assert summary.stat().st_size < 1024 * 1024


def test_outside_of_github_there_is_no_summary(adbench, folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = adbench("check", "right.yaml", "--output-format", "github")
    assert done.returncode == 0
    assert "::" not in done.stdout
    new = {path.name for path in set(folder.iterdir()) - set(before)}
    assert new <= {"__pycache__", ".adbench"}


def test_annotations_beside_a_document_go_to_standard_error(adbench) -> None:
    done = adbench("check", "wrong.yaml", "--output-format", "junit", "--output-format", "github")
    assert JUnitXml.fromstring(done.stdout.encode()).failures == 1
    assert "\n::error file=" in done.stderr


def test_annotations_in_a_file(adbench, folder: Path) -> None:
    adbench("check", "wrong.yaml", "--output-format", "github=annotations.txt")
    assert (folder / "annotations.txt").read_text(encoding="utf-8").startswith("::error file=")


def test_markdown(adbench) -> None:
    done = adbench("check", "wrong.yaml", "--output-format", "markdown")
    assert done.returncode == 1
    assert "wrong" in done.stdout
    assert "±" in done.stdout


@pytest.mark.parametrize("format", ["junit", "github", "markdown"])
def test_a_reader_that_leaves_early_is_no_error(
    folder: Path, environment: dict[str, str], format: str
) -> None:
    line = f"'{sys.executable}' -m adbench check wrong.yaml --output-format {format} | true"
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "roken" not in done.stderr
    assert "Traceback" not in done.stderr
