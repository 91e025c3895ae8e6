"""Records survive the way to a file and back, and what is no record is refused in words."""

import json
import math
import os

import pytest

from adbench.record import (
    CaseResult,
    CheckResult,
    Failure,
    Finding,
    RecordError,
    RunRecord,
    SuiteInfo,
    Verdict,
    environment,
    read_record,
    write_record,
)


@pytest.fixture
def record():
    finding = Finding(
        kind="value", level="fail", message="wrong", input="x", index=(0, 1),
        ad=math.nan, numeric=-0.0, bound=math.inf,
    )  # fmt: skip
    check = CheckResult(
        verdict=Verdict.FAIL, reason="wrong", function="f", backend="native", mode="eager",
        findings=(finding,), value=(1e-320, 0.1 + 0.2),
    )  # fmt: skip
    wrong = CaseResult(
        suite="s", case="a[n=2]", backend="native", mode="eager", dtype="float64", seed=3,
        params={"n": 2, "names": ["ü", "\u202e"]}, verdict=Verdict.FAIL, reason="wrong",
        check=check,
    )  # fmt: skip
    crashed = wrong.model_copy(
        update={
            "case": "a[n=3]",
            "verdict": Verdict.ERROR,
            "check": None,
            "failure": Failure(kind="crash", message="gone", printed="\x00\x1b[0m"),
        }
    )
    return RunRecord(
        adbench_version="0.1.0", started="2026-01-01T00:00:00Z", seconds=1.5, command="adbench",
        environment=environment(), suites=(SuiteInfo(name="s", path="s.yaml", sha256="0"),),
        results=(wrong, crashed), planned=2,
    )  # fmt: skip


def test_round_trip_keeps_every_number(record, tmp_path):
    path = write_record(record, tmp_path / "new" / "folder" / "run.json")
    back = read_record(path)
    assert back.model_dump_json() == record.model_dump_json()
    finding = back.results[0].check.findings[0]
    assert math.isnan(finding.ad)
    assert math.copysign(1, finding.numeric) == -1
    assert finding.bound == math.inf
    assert back.results[0].check.value == (1e-320, 0.1 + 0.2)
    assert [p.name for p in path.parent.iterdir()] == ["run.json"]


def test_a_failed_write_leaves_the_old_file_whole(record, tmp_path, monkeypatch):
    path = write_record(record, tmp_path / "run.json")
    before = path.read_text()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(RecordError, match=r"run\.json: .*No space left on device.*json=PATH"):
        write_record(record.model_copy(update={"seconds": 9.0}), path)
    assert path.read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_writing_through_a_link_keeps_the_link(record, tmp_path):
    real = tmp_path / "real.json"
    link = tmp_path / "link.json"
    link.symlink_to(real)
    write_record(record, link)
    assert link.is_symlink()
    assert read_record(link).model_dump_json() == record.model_dump_json()
    assert real.is_file()


def test_a_pipe_is_written_to_and_not_replaced(record, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_record(record.model_copy(update={"results": ()}), pipe)
        assert json.loads(os.read(reader, 1 << 16))["planned"] == 2
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_folder_is_not_a_place_for_a_record(record, tmp_path):
    with pytest.raises(RecordError, match="this is a folder; name a file, such as"):
        write_record(record, tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n  \n", "the file is empty"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"cases: []\n", r"not JSON \(line 1, column 1"),
        (b"[1, 2]", "JSON but not an adbench run record"),
        (b'{"a": 1}', "JSON but not an adbench run record"),
        (b'{"schema_version": 1, "results"', "cut short"),
        (b'{"schema_version": 1, "results": [], "x": "a}', "cut short"),
        (b'{"schema_version": 1}}', "not JSON"),
        (b"[" * 200_000, "cut short|cannot be read"),
        (b'{"schema_version": ' + b"9" * 5000 + b"}", "cannot be read"),
        (b'{"schema_version": 1, "results": []}', "does not fit record schema 1: .*Field required"),
        (b'{"schema_version": "1", "results": []}', "changed by hand"),
        (b'{"schema_version": true, "results": []}', "changed by hand"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(tmp_path, content, words):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=words) as caught:
        read_record(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_every_cut_of_a_record_is_refused(record, tmp_path):
    path = write_record(record, tmp_path / "run.json")
    whole = path.read_bytes().rstrip()
    for length in range(1, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        with pytest.raises(RecordError, match=r"cut short|not a text file"):
            read_record(path)


def test_a_newer_schema_names_both_versions(record, tmp_path):
    path = write_record(record, tmp_path / "run.json")
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {"schema_version": 2, "adbench_version": "3.4"}))
    with pytest.raises(RecordError, match=r"adbench 3\.4 with record schema 2.*upgrade adbench"):
        read_record(path)


def test_a_wrong_type_is_named_by_its_place(record, tmp_path):
    path = write_record(record, tmp_path / "run.json")
    data = json.loads(path.read_text())
    data["results"][1]["seed"] = "many"
    data["surprise"] = 1
    path.write_text(json.dumps(data))
    with pytest.raises(RecordError, match=r"results\.1\.seed: .*integer.*surprise: Extra"):
        read_record(path)


def test_a_task_that_is_there_twice_is_refused(record, tmp_path):
    path = write_record(record, tmp_path / "run.json")
    data = json.loads(path.read_text())
    data["results"].append(data["results"][0])
    path.write_text(json.dumps(data))
    with pytest.raises(RecordError, match=r"it has .*@.* twice; make the record again"):
        read_record(path)


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(RecordError, match="there is no such file"):
        read_record(tmp_path / "none.json")
    with pytest.raises(RecordError, match="this is a folder"):
        read_record(tmp_path)
