"""`adbench bench` as a person runs it: the table, exit codes, files, mistakes, Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adbench.cli.exits import bench_exit_code
from adbench.record import CaseResult, RunRecord, environment, read_record
from adbench.record.bench import AuditItem, Bench, Interval, Measurement, SideBySide

WORK = """
import numpy as np


def loss(x):
    total = 0.0
    for _ in range(%d):
        total = total + np.sum(np.tanh(x @ x))
    return total


def loss_gradient(x):
    return 0 * x
"""
QUICK = ("--rounds", "1", "-b", "native:eager")
INPUT = ("--arg", "x=normal(4,4)")


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(folder: Path) -> Path:
    """The folder as a repository with two revisions: the second does ten times the work."""
    git(folder, "init", "--quiet")
    for steps in (2, 20):
        (folder / "work.py").write_text(WORK % steps)
        git(folder, "add", "work.py")
        git(folder, "commit", "--quiet", "--message", f"{steps}")
    return folder


def record_of(
    verdict: str = "pass",
    status: str = "measured",
    *,
    differs: bool = False,
    side: str | None = None,
    against: str | None = None,
    xfail: str | None = None,
) -> RunRecord:
    task = {"suite": "s", "case": "c", "backend": "native", "dtype": "float64"}
    audit = [AuditItem(name="gradient", ok=not differs, message="")]
    ratio = Interval(value=1.0, low=1.0, high=1.0)
    compared = SideBySide(task="s/c@native:eager", ratio=ratio, margin=0.02, verdict=side or "same")
    return RunRecord(
        kind="bench", adbench_version="", started="", seconds=1.0, command="", suites=(),
        environment=environment(),
        results=[
            CaseResult(**task, mode="eager", seed=0, verdict=verdict, reason="", xfail=xfail)
        ],
        bench=Bench(
            measurements=[Measurement(**task, mode="eager", status=status, audit=audit)],
            side_by_side=[compared] if side else [],
            against=against,
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({}, 0),
        ({"side": "same", "against": "main"}, 0),
        ({"side": "improvement", "against": "main"}, 0),
        ({"side": "inconclusive", "against": "main"}, 0),
        ({"side": "regression", "against": "main"}, 1),
        ({"against": "main"}, 3),  # nothing was compared
        ({"verdict": "fail", "status": "wrong"}, 1),
        ({"status": "wrong", "differs": True}, 1),
        ({"verdict": "fail", "status": "wrong", "xfail": "known"}, 3),  # nothing was measured
        ({"verdict": "inconclusive", "status": "wrong"}, 3),
        ({"verdict": "error", "status": "failed"}, 3),
        ({"status": "failed"}, 3),
        ({"verdict": "skipped", "status": "skipped"}, 3),
        ({"status": "unfinished"}, 3),
    ],
)
def test_exit_codes(known: dict[str, Any], code: int) -> None:
    assert bench_exit_code(record_of(**known)) == code


@pytest.mark.slow
def test_a_table_a_record_and_its_samples(adbench: Any, folder: Path) -> None:
    (folder / "work.py").write_text(WORK % 2)
    done = adbench(
        "bench", "work.py:loss", *INPUT, *QUICK,
        "--output-format", "json=out/run.json", "--output-format", "text",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "native:eager" in done.stdout
    assert "1 measured" in done.stdout
    record = read_record(folder / "out" / "run.json")
    assert record.kind == "bench"
    assert record.bench is not None
    assert record.bench.raw == "run.samples.json"
    samples = json.loads((folder / "out" / "run.samples.json").read_text())
    (m,) = record.bench.measurements
    assert len(samples[m.task]["derivative"]) == m.samples == 30
    assert not list((folder / "out").glob("*.tmp"))
    assert record.command.startswith("adbench bench work.py:loss")


@pytest.mark.slow
def test_json_alone_takes_standard_output(adbench: Any, folder: Path) -> None:
    (folder / "work.py").write_text(WORK % 2)
    done = adbench("bench", "work.py:loss", *INPUT, *QUICK, "--output-format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["bench"]["raw"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "code", "said"),
    [("wrong", 1, "fail"), ("raises", 3, "always"), ("crashes", 3, "SEGV")],
)
def test_what_cannot_be_timed_says_why(adbench: Any, case: str, code: int, said: str) -> None:
    done = adbench("bench", f"{case}.yaml", "--rounds", "1")
    assert done.returncode == code
    assert said in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_regression_is_exit_code_1_and_the_worktree_is_gone(
    adbench: Any, repository: Path
) -> None:
    done = adbench("bench", "work.py:loss", *INPUT, *QUICK, "--against", "HEAD~1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "regression" in done.stdout
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    done = adbench("bench", "work.py:loss", *INPUT, *QUICK, "--against", sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("nosuch", "neither a revision"),
        ("--output", "no revision"),
        ("/bin/true", "adbench"),
    ],
)
def test_another_side_that_cannot_be_had(
    adbench: Any, repository: Path, against: str, said: str
) -> None:
    done = adbench("bench", "work.py:loss", *INPUT, *QUICK, f"--against={against}")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_uncommitted_changes_have_no_name(adbench: Any, repository: Path) -> None:
    (repository / "work.py").write_text(WORK % 3)
    done = adbench("bench", "work.py:loss", *INPUT, *QUICK, "--against", "HEAD")
    assert done.returncode == 2
    assert "work.py" in done.stderr
    assert "commit them" in done.stderr
    assert (repository / "work.py").read_text() == WORK % 3


def test_outside_of_a_repository(adbench: Any, folder: Path) -> None:
    (folder / "work.py").write_text(WORK % 2)
    done = adbench("bench", "work.py:loss", *INPUT, *QUICK, "--against", "HEAD")
    assert done.returncode == 2
    assert "git repository" in done.stderr


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--budget", "0"), 2, "budget must be above 0"),
        (("--budget", "soon"), 2, "budget"),
        (("--memory-limit", "much"), 2, "no size of memory"),
        (("--size", "n"), 2, "NAME=VALUE"),
        (("--size", "n=3"), 5, "no case has the size n=3"),
        (("--backend", "torhc"), 2, "did you mean 'torch'"),
        (("--what", "grad"), 2, "grad"),
        (("--select", "nothing_like_it"), 5, "nothing was selected"),
        (("--threads", "0"), 2, "threads"),
        (("--threads", "100000"), 2, "need as many cores"),
        (("--rounds", "0"), 2, "rounds"),
        (("--output-format", "jsn"), 2, "json"),
    ],
)
def test_mistakes_on_the_command_line(
    adbench: Any, options: tuple[str, ...], code: int, said: str
) -> None:
    done = adbench("bench", "right.yaml", *options)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_ctrl_c_leaves_a_record_and_no_workers(folder: Path, environment: dict[str, str]) -> None:
    (folder / "work.py").write_text(WORK % 2)
    command = [sys.executable, "-m", "adbench", "bench", "work.py:loss", *INPUT]
    process = subprocess.Popen(
        [*command, "-b", "native:eager", "--rounds", "500", "--output-format", "json=run.json"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    first = process.stderr.readline()  # how far it is: it has begun
    assert "%]" in first
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert read_record(folder / "run.json").interrupted
