"""A worker that is not what it should be: no answer is waited for that cannot come."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from adbench.runner.bench.client import BenchWorker, Seat, WorkerLostError


def seat(folder: Path, script: str) -> Seat:
    """A seat whose python is a shell script."""
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return Seat(cores=(0,), threads=1, python=str(python))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("""echo '{"type":"unheard of"}'; exec sleep 60""", "another version"),
        ("""echo '{"type":"ready","pid":1,"protocol":999}'; exec sleep 60""", "version 999"),
        ("echo no adbench here >&2; exit 3", "no adbench here"),
        ("exec sleep 60", "no answer within"),
        ("kill -9 $$", "SIGKILL"),
    ],
)
def test_a_worker_that_cannot_be_used_says_why(tmp_path: Path, script: str, words: str) -> None:
    worker = BenchWorker("native", "eager", seat(tmp_path, script))
    try:
        with pytest.raises(WorkerLostError, match=words) as lost:
            worker.await_ready(timeout=3.0 if "within" in words else 60.0)
        assert lost.value.failure.kind == "startup"
    finally:
        worker.close()
