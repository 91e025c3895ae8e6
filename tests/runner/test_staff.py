"""Workers that stay from one run to the next."""

import os
import signal
import sys
import time

import psutil
import pytest

from adbench.record import Verdict
from adbench.runner import expand
from adbench.runner.pool import run_in_pool
from adbench.runner.session import Session
from adbench.runner.staff import Staff
from adbench.suite import FunctionRef


@pytest.fixture
def staff(fake_worker):
    staff = Staff(fake_worker)
    yield staff
    staff.close()


_OTHERS = set()
"""Processes that other tests of this session have left running, such as the plugin's workers."""


@pytest.fixture(autouse=True)
def no_process_is_left():
    _OTHERS.clear()
    _OTHERS.update(psutil.Process().children(recursive=True))
    yield
    left = set(psutil.Process().children(recursive=True)) - _OTHERS
    assert [process.cmdline() for process in left] == []


@pytest.fixture
def run(hostile_tasks, staff):
    """Run one function in a run of its own; gives its result."""

    def run(name, **options):
        (outcome,) = run_in_pool(hostile_tasks(name), staff=staff, **options)
        return outcome.result

    return run


def workers():
    return [p.pid for p in psutil.Process().children() if p not in _OTHERS]


def test_a_worker_stays_for_the_next_run(run):
    assert run("fine").verdict is Verdict.PASS
    before = workers()
    assert len(before) == 1
    assert run("fine").verdict is Verdict.PASS
    assert workers() == before


def test_a_crash_costs_its_worker_and_no_other_task(run):
    run("fine")
    (before,) = workers()
    assert run("exits_hard").failure.kind == "exit"
    assert workers() == []
    assert run("fine").verdict is Verdict.PASS
    assert workers() != [before]


def test_a_time_out_costs_its_worker(run):
    assert run("never_returns", timeout=0.3).failure.kind == "timeout"
    assert workers() == []
    assert run("fine").verdict is Verdict.PASS


def test_a_worker_that_died_while_it_waited_is_replaced(run):
    run("fine")
    (waiting,) = workers()
    os.kill(waiting, signal.SIGKILL)
    assert run("fine").verdict is Verdict.PASS
    assert len(workers()) == 1


def test_each_backend_has_its_own(hostile_tasks, staff):
    tasks = hostile_tasks("fine", "fine", backends=("native", "torch"))
    list(run_in_pool(tasks, staff=staff))
    before = sorted(workers())
    assert len(before) == 2
    list(run_in_pool(tasks, staff=staff))
    assert sorted(workers()) == before


def test_workers_start_in_the_folder_of_the_staff(hostile_tasks, fake_worker, tmp_path):
    staff = Staff(fake_worker, folder=str(tmp_path))
    list(run_in_pool(hostile_tasks("fine"), staff=staff))
    (pid,) = workers()
    assert psutil.Process(pid).cwd() == str(tmp_path)
    staff.close()


def test_a_task_that_nobody_wants_any_more_is_ended(hostile_tasks, staff):
    begin = time.monotonic()
    wanted = iter([True, True, True])
    tasks = hostile_tasks("never_returns")
    assert list(run_in_pool(tasks, staff=staff, wanted=lambda: next(wanted, False))) == []
    assert time.monotonic() - begin < 60
    assert workers() == []


def test_a_session_knows_a_missing_backend_without_a_worker(make_case, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    (task,) = expand([make_case(backends=("jax",))])
    session = Session()
    outcome = session.check(task)
    assert outcome is not None
    assert outcome.result.verdict is Verdict.SKIPPED
    assert workers() == []
    session.close()


def test_a_session_checks_one_task_after_the_other(make_case, tmp_path):
    file = tmp_path / "f.py"
    file.write_text("import numpy as np\n\n\ndef f(x):\n    return np.sum(x**3)\n")
    function = FunctionRef(file=str(file), name="f")
    tasks = expand([make_case(functions={"*": function}, backends=("native",))])
    session = Session()
    for task in tasks * 2:
        outcome = session.check(task)
        assert outcome is not None
        assert outcome.result.verdict is Verdict.PASS
    assert len(workers()) == 1
    session.close()
