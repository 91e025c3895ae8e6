"""Whole runs: the record's order and contents, options, Ctrl-C, and runs from scripts."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from adbench.backends import BackendUnavailableError
from adbench.record import CheckOptions, Verdict, read_record
from adbench.runner import RunOptions, SelectError, plan, run, run_targets
from adbench.suite import FunctionRef, Suite

MODEL = """
import sys
import time

import numpy as np

def loss(x):
    return (x * x).sum()

def right(x):
    return 2 * x

def wrong(x):
    return -2 * x

def slow(x):
    time.sleep(600)

def spoils(x):
    np.array = None
    return loss(x)

def forgets(x):
    sys.path.clear()
    sys.modules.clear()
    return loss(x)
"""


@pytest.fixture
def suite(tmp_path, make_case, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    file = str(tmp_path / "model.py")
    (tmp_path / "model.py").write_text(MODEL)

    def case(name, gradient="right", function="loss"):
        return make_case(
            name,
            functions={"*": FunctionRef(file=file, name=function)},
            gradient=FunctionRef(file=file, name=gradient),
            file=str(tmp_path / "s.yaml"),
            backends=("manual",),
            tags=(gradient,),
        )

    cases = (case("a"), case("b", "wrong"), case("c"), case("d"))
    return Suite(name="s", path=str(tmp_path / "s.yaml"), sha256="5" * 64, cases=cases)


def test_the_record_says_what_was_run_and_where(suite):
    seen = []
    record = run([suite], RunOptions(command="adbench check s.yaml"), seen.append)
    assert [result.case for result in record.results] == ["a", "b", "c", "d"]
    assert sorted(result.case for result in seen) == ["a", "b", "c", "d"]
    assert [result.verdict.value for result in record.results] == ["pass", "fail", "pass", "pass"]
    assert record.suites[0].model_dump() == {"name": "s", "path": "s.yaml", "sha256": "5" * 64}
    assert record.command == "adbench check s.yaml"
    assert (record.planned, record.interrupted) == (4, False)
    assert record.started.endswith("Z")
    assert record.seconds > 0
    assert any(name.startswith("manual/") for name in record.environment.threads)


def test_processes_and_this_process_give_the_same_results(suite):
    def plain(record):
        results = json.loads(record.model_dump_json(include={"results"}))["results"]
        for result in results:
            del result["seconds"], result["check"]["seconds"]
        return results

    apart = run([suite], RunOptions(jobs=2))
    here = run([suite], RunOptions(in_process=True))
    assert plain(apart) == plain(here)


def test_selection(suite):
    assert [t.case.name for t in plan([suite], RunOptions(select="a or b"))] == ["a", "b"]
    assert [t.case.name for t in plan([suite], RunOptions(tags=["wrong"]))] == ["b"]
    record = run([suite], RunOptions(select="nothing"))
    assert (record.results, record.planned, record.interrupted) == ((), 0, False)
    with pytest.raises(SelectError):
        run([suite], RunOptions(select="a b"))
    with pytest.raises(ValueError, match="tensorflow"):
        run([suite], RunOptions(backends=["tensorflow"]))


def test_fail_fast_stops_at_the_first_that_is_not_as_it_should_be(suite):
    record = run([suite], RunOptions(fail_fast=True, in_process=True))
    assert [result.case for result in record.results] == ["a", "b"]
    assert record.interrupted
    assert record.planned == 4


def test_a_missing_backend_is_skipped_with_the_command_that_gets_it(suite, monkeypatch):
    def nothing(name):
        return BackendUnavailableError("not installed", "pip install it")

    monkeypatch.setattr("adbench.runner.api.unavailable", nothing)
    record = run([suite])
    assert {result.verdict for result in record.results} == {Verdict.SKIPPED}
    assert record.results[0].reason == "not installed; get it with: pip install it"
    record = run([suite], RunOptions(require=True))
    assert {result.verdict for result in record.results} == {Verdict.ERROR}
    assert record.results[0].failure.kind == "missing"


def test_what_the_run_sets_is_in_the_results(suite):
    options = RunOptions(check=CheckOptions(rtol=1e-2), in_process=True, select="a")
    (result,) = run([suite], options).results
    assert result.check.rtol == 1e-2
    assert "--rtol 0.01" in result.reproduce


@pytest.mark.parametrize("wrong", [{"jobs": 0}, {"jobs": -1}, {"timeout": 0}, {"timeout": -2.0}])
def test_options_that_make_no_sense(wrong):
    with pytest.raises(ValueError, match="must be"):
        RunOptions(**wrong)


def test_a_callback_that_raises_ends_the_workers(suite):
    def broken(result):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run([suite], RunOptions(jobs=2), broken)
    assert psutil.Process().children() == []
    assert len(run([suite], RunOptions(select="a")).results) == 1  # and another run may follow


@pytest.mark.parametrize("in_process", [False, True])
def test_ctrl_c_keeps_what_was_done(suite, in_process):
    def interrupt(result):
        if result.case == "b":
            raise KeyboardInterrupt

    record = run([suite], RunOptions(jobs=1, in_process=in_process), interrupt)
    assert [result.case for result in record.results] == ["a", "b"]
    assert record.interrupted
    assert psutil.Process().children() == []


SCRIPT = """
import sys
import adbench.record
from adbench.runner import run_targets

if __name__ == "__main__":
    record = run_targets(
        "s.yaml", backend="manual", jobs=1, on_result=lambda r: print(r.case, flush=True)
    )
    adbench.record.write_record(record, "run.json")
"""

SUITE = """
version: 1
name: s
cases:
  - {name: a, function: "model.py:loss", gradient: "model.py:right", inputs: {x: {shape: [3]}}}
  - {name: b, function: "model.py:slow", gradient: "model.py:right", inputs: {x: {shape: [3]}}}
"""


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_real_ctrl_c_writes_the_record(suite, tmp_path, whole_group):
    (tmp_path / "s.yaml").write_text(SUITE)
    (tmp_path / "script.py").write_text(SCRIPT)
    script = subprocess.Popen(
        [sys.executable, "script.py"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with script:
        assert script.stdout.readline() == "a\n"
        time.sleep(0.3)
        children = psutil.Process(script.pid).children(recursive=True)
        assert children
        begin = time.monotonic()
        if whole_group:  # as a terminal does it
            os.killpg(script.pid, signal.SIGINT)
        else:
            script.send_signal(signal.SIGINT)
        assert script.wait(60) == 0
        assert time.monotonic() - begin < 60  # and not the ten minutes of `slow`
    record = read_record(tmp_path / "run.json")
    assert [result.case for result in record.results] == ["a"]
    assert (record.interrupted, record.planned) == (True, 2)
    assert not any(child.is_running() for child in children)


def test_a_run_of_targets(suite, tmp_path):
    (tmp_path / "s.yaml").write_text(SUITE)
    record = run_targets(
        tmp_path / "s.yaml", backend=["manual"], select="a", seed=4, dtype="float32"
    )
    (result,) = record.results
    assert (result.verdict, result.seed, result.dtype) == (Verdict.PASS, 4, "float32")
    assert result.reproduce.endswith("--backend manual:eager --seed 4 --dtype float32")
    assert record.command.startswith("adbench.run('")
    assert len(run_targets([suite, suite.model_copy(update={"name": "t"})]).results) == 8


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.parametrize("in_process", [False, True])
def test_a_script_that_checks_itself_unguarded_is_told_so(tmp_path, in_process):
    (tmp_path / "itself.py").write_text(
        textwrap.dedent(f"""
        from adbench.runner import run_targets

        def f(x: float):
            return x * x

        record = run_targets(
            "itself.py:f", args=["x=1.5"], backend="torch", in_process={in_process}
        )
        print(record.results[0].failure.message)
        """)
    )
    done = subprocess.run(
        [sys.executable, "itself.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert "would go on for ever" in done.stdout
    assert done.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spoils", "forgets"])
def test_what_a_function_did_to_numpy_is_not_the_next_ones_failure(suite, name):
    vandal = suite.cases[0].model_copy(
        update={"functions": {"*": FunctionRef(file=suite.cases[0].functions["*"].file, name=name)}}
    )
    cases = (vandal, *suite.cases[2:])
    record = run([suite.model_copy(update={"cases": cases})], RunOptions(jobs=1))
    assert [result.verdict for result in record.results[1:]] == [Verdict.PASS] * 2
