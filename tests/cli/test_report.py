"""`adbench report`: formats, places, and what it says to bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adbench.cli.main import app
from adbench.record import write_record
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.record.origin import Environment, SuiteInfo


def make_record(verdict: Verdict = Verdict.PASS, day: int = 1) -> RunRecord:
    return RunRecord(
        adbench_version="0.1.0",
        started=f"2026-01-{day:02d}T00:00:00Z",
        seconds=1.0,
        command="adbench check suites",
        environment=Environment(
            python="3.11.9",
            platform="Linux",
            machine="x86_64",
            processor="a processor",
            cores=2,
            memory_bytes=2**33,
            versions={},
            threads={},
            variables={},
        ),
        suites=(SuiteInfo(name="s", path="s.yaml", sha256="0" * 64),),
        results=(
            CaseResult(
                suite="s",
                case="f",
                backend="native",
                mode="eager",
                dtype="float64",
                seed=0,
                verdict=verdict,
                reason="a reason",
            ),
        ),
    )


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_record(make_record(), "run.json")


def report(*words: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, words)])


def refused(*words: object) -> str:
    """The one line that a refusal is."""
    done = report(*words)
    assert done.exit_code == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    return line


def test_text_is_the_default(record: Path) -> None:
    done = report(record)
    assert done.exit_code == 0
    assert "1 check: 1 pass" in done.stdout


@pytest.mark.parametrize(
    ("format", "start"), [("html", "<!DOCTYPE html>"), ("markdown", "# ✓ The gradient is right")]
)
def test_a_format_goes_to_standard_output(record: Path, format: str, start: str) -> None:
    done = report(record, "--format", format)
    assert done.exit_code == 0
    assert done.stdout.startswith(start)
    assert os.listdir() == ["run.json"]


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.html", "<!DOCTYPE html>"), ("b.md", "# ✓"), ("c.txt", "s  "), ("d.HTM", "<!DOCTYPE")],
)
def test_a_suffix_is_a_format(record: Path, name: str, start: str) -> None:
    done = report(record, "-o", name)
    assert done.exit_code == 0, done.stderr
    assert Path(name).read_text(encoding="utf-8").startswith(start)
    assert done.stderr == f"wrote {name}\n"


def test_a_format_outweighs_a_suffix(record: Path) -> None:
    assert report(record, "-o", "page.txt", "--format", "html").exit_code == 0
    assert Path("page.txt").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_folder_gets_both_pages_and_the_data(record: Path) -> None:
    assert report(record, "-o", "out").exit_code == 0
    assert sorted(os.listdir("out")) == ["README.md", "index-data", "index.html"]
    assert sorted(os.listdir("out/index-data")) == ["results.csv", "run.json"]
    assert "[index.html](index.html)" in Path("out/README.md").read_text(encoding="utf-8")
    kept = json.loads(Path("out/index-data/run.json").read_text(encoding="utf-8"))
    assert kept["results"][0]["case"] == "f"


def test_a_record_that_a_page_keeps_can_be_reported(record: Path) -> None:
    report(record, "-o", "out")
    assert "1 check: 1 pass" in report("out/index-data/run.json").stdout


def test_two_records_are_compared_and_many_are_a_history(record: Path) -> None:
    write_record(make_record(Verdict.FAIL, day=2), "later.json")
    write_record(make_record(day=3), "last.json")
    assert "pass → fail" in report(record, "later.json").stdout
    assert "3 runs" in report(record, "later.json", "last.json").stdout
    assert "3 runs" in report(".").stdout
    assert "## Compared" in report(record, "later.json", "--format", "markdown").stdout
    assert "## History" in report(".", "--format", "markdown").stdout


def test_not_a_record(record: Path) -> None:
    Path("list.json").write_text("[1, 2]", encoding="utf-8")
    Path("bytes.json").write_bytes(b"\xff\xfe\x00")
    Path("page.html").write_text("<!DOCTYPE html>", encoding="utf-8")
    assert "list.json: this is JSON but not an adbench run record" in refused("list.json")
    assert "bytes.json: this is not a text file" in refused(record, "bytes.json")
    assert "page.html: this is not JSON" in refused("page.html")
    assert "none.json: there is no such file" in refused("none.json")


def test_a_truncated_record(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    Path("half.json").write_text(text[: len(text) // 2], encoding="utf-8")
    assert "cut short" in refused("half.json", "-o", "out")
    assert not Path("out").exists()


def test_a_record_from_a_newer_schema(record: Path) -> None:
    data = json.loads(record.read_text(encoding="utf-8")) | {"schema_version": 99}
    Path("new.json").write_text(json.dumps(data), encoding="utf-8")
    assert "record schema 99" in refused("new.json")


def test_a_folder_without_a_record(record: Path) -> None:
    Path("empty").mkdir()
    assert "empty: the folder has no record" in refused("empty")


def test_a_place_that_cannot_be_written(record: Path) -> None:
    Path("file").write_text("", encoding="utf-8")
    assert "cannot be written" in refused(record, "-o", "file/page.html")
    assert "cannot be written" in refused(record, "-o", "file/page.md")
    Path("folder.html").mkdir()
    assert "wrote" in report(record, "-o", "folder.html").stderr  # a folder is a folder
    assert not [name for name in os.listdir() if name.endswith(".tmp")]


def test_a_page_that_was_there_stays_where_the_new_one_cannot_be_made(record: Path) -> None:
    Path("page.html").write_text("before", encoding="utf-8")
    Path("page-data").write_text("in the way", encoding="utf-8")
    assert "cannot be written" in refused(record, "-o", "page.html")
    assert Path("page.html").read_text(encoding="utf-8") == "before"


def test_no_record_at_all() -> None:
    done = report()
    assert done.exit_code == 2
    assert "adbench report" in done.output


def test_a_reader_that_has_gone_is_no_error(record: Path) -> None:
    command = f"{sys.executable} -m adbench report run.json --format html | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stdout == "<!DOCTYPE "
    assert done.stderr == ""


def test_check_writes_a_page(record: Path) -> None:
    model = "import numpy as np\n\n\ndef loss(x):\n    return np.sum(x * x)\n"
    Path("model.py").write_text(model, encoding="utf-8")
    words = ["check", "model.py:loss", "--arg", "x=normal(3)", "-b", "native", "--html", "p.html"]
    assert CliRunner().invoke(app, words).exit_code == 0
    page = Path("p.html").read_text(encoding="utf-8")
    assert "The gradient is right" in page
    assert "return np.sum(x * x)" in page
    assert "float64[3]" in page
    assert sorted(os.listdir("p-data")) == ["results.csv", "run.json"]


def test_a_page_that_cannot_be_written_is_told_before_the_run(record: Path) -> None:
    done = CliRunner().invoke(app, ["check", "model.py:loss", "--html", "run.json/p.html"])
    assert done.exit_code == 2
    assert "--html" in done.stderr
    assert "is not a folder" in done.stderr
