"""Whatever a function does to its worker is a row of its own, and the run goes on."""

import os
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from adbench.record import Verdict
from adbench.runner.pool import run_in_pool
from adbench.runner.staff import worker_command, worker_environment


@pytest.fixture
def results(hostile_tasks, fake_worker):
    """Run the named functions, then `fine` on the same backend; all must come out."""

    def run(*names, extra=(), **options):
        tasks = hostile_tasks(*names, "fine")
        options = {"jobs": 1, "timeout": 30.0} | options
        outcomes = list(run_in_pool(tasks, command=[*fake_worker, *extra], **options))
        assert sorted(outcome.index for outcome in outcomes) == list(range(len(tasks)))
        found = {outcome.result.case: outcome.result for outcome in outcomes}
        assert found["fine"].verdict is Verdict.PASS
        return found

    return run


@pytest.fixture(autouse=True)
def no_process_is_left():
    before = set(psutil.Process().children(recursive=True))
    yield
    time.sleep(0.05)
    left = set(psutil.Process().children(recursive=True)) - before
    assert [process.cmdline() for process in left] == []


def failure(result):
    assert result.verdict is Verdict.ERROR
    assert result.check is None
    return result.failure


def test_megabytes_of_prints_leave_their_end(results):
    found = failure(results("prints_megabytes")["prints_megabytes"])
    assert found.type == "ValueError"
    assert found.printed.endswith("y\nthe last words\nand these from C\n")
    assert found.printed.startswith("[…] ")
    assert len(found.printed) < 5000


def test_prints_belong_to_their_own_task(results):
    found = results("prints_megabytes", "writes_to_every_descriptor", "exits", "says_pid")
    assert found["exits"].failure.printed == "leaving\n"
    assert found["says_pid"].failure.printed == ""


@pytest.mark.parametrize(
    "name", ["writes_to_every_descriptor", "reads_stdin", "closes_streams", "forks_and_returns"]
)
def test_the_standard_streams_are_the_functions_own(results, name):
    found = results(name, "prints_megabytes")
    assert found[name].verdict is Verdict.PASS
    assert found["prints_megabytes"].failure.printed.endswith("and these from C\n")


def test_sys_exit(results):
    found = results("exits")["exits"]
    assert failure(found).kind == "exit"
    assert found.reason == "the function called sys.exit(3)"
    assert found.failure.frames[-1].text == "sys.exit(3)"
    assert found.failure.printed == "leaving\n"


@pytest.mark.parametrize(("name", "code"), [("exits_hard", 7), ("exits_hard_with_success", 0)])
def test_os_exit(results, name, code):
    found = failure(results(name)[name])
    assert found.kind == "exit"
    assert f"exit code {code} before the check was done" in found.message


@pytest.mark.parametrize(
    ("name", "signal_name", "line"),
    [
        ("segfaults", "SIGSEGV", "ctypes.string_at(0)"),
        ("aborts", "SIGABRT", "os.abort()"),
    ],
)
def test_a_crash_is_located(results, name, signal_name, line):
    found = failure(results(name)[name])
    assert found.kind == "crash"
    assert f"killed by {signal_name}" in found.message
    assert found.frames[-1].text == line
    assert found.frames[-1].function == name
    assert not any("adbench/runner" in frame.file for frame in found.frames)


def test_the_systems_kill_is_taken_for_want_of_memory(results):
    found = failure(results("is_killed")["is_killed"])
    assert found.kind == "memory"
    assert "SIGKILL" in found.message


def test_memory_that_is_not_given_is_an_error(results):
    found = failure(results("eats_memory", extra=["--memory"])["eats_memory"])
    assert found.kind == "memory"
    assert found.frames[-1].text == "blocks.append(bytearray(1 << 26))"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "line"),
    [("never_returns", None), ("sleeps", "time.sleep(600)"), ("hangs_in_c", "sleep(600)")],
)
def test_a_hang_ends_at_its_time_limit_and_is_located(results, name, line):
    begin = time.monotonic()
    found = failure(results(name, timeout=1.5)[name])
    assert time.monotonic() - begin < 60
    assert found.kind == "timeout"
    assert "not finished within 1.5 s" in found.message
    assert found.frames[-1].function == name
    assert line is None or line in found.frames[-1].text


@pytest.mark.slow
def test_a_hang_that_ignores_signals_ends_too(results):
    assert failure(results("ignores_signals", timeout=1.5)["ignores_signals"]).kind == "timeout"


@pytest.mark.slow
def test_a_function_that_closes_the_channel(results):
    found = failure(results("closes_everything")["closes_everything"])
    assert found.kind == "crash"
    assert "channel was closed" in found.message


def test_exceptions_of_every_sort(results):
    found = results(
        "interrupts", "raises_mute", "raises_surrogate", "raises_long", "raises_base",
        "raises_with_note", "raises_in_numpy", "recurses", "changes_folder",
    )  # fmt: skip
    kinds = {name: r.failure.type for name, r in found.items() if r.failure}
    assert kinds == {
        "interrupts": "KeyboardInterrupt", "raises_mute": "MuteError",
        "raises_surrogate": "ValueError", "raises_long": "ValueError",
        "raises_base": "BaseExceptionGroup", "raises_with_note": "KeyError",
        "raises_in_numpy": "numpy.linalg.LinAlgError", "recurses": "RecursionError",
        "changes_folder": "RuntimeError",
    }  # fmt: skip
    assert "cannot be shown" in found["raises_mute"].reason
    assert found["raises_surrogate"].reason == r"ValueError: bad \udcff name"
    assert len(found["raises_long"].failure.message) < 5000
    assert len(found["raises_long"].reason) < 400
    assert found["raises_with_note"].failure.message.endswith("the layer has no bias")
    assert found["raises_in_numpy"].failure.frames[-1].function == "raises_in_numpy"
    assert len(found["recurses"].failure.frames) <= 20
    assert Path(found["changes_folder"].failure.frames[-1].file).name == "hostile.py"


def test_a_child_of_the_function_is_ended(results):
    found = results("leaves_a_child")["leaves_a_child"]
    pid = int(found.reason.rpartition(" ")[2])
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_thread_of_the_function_does_not_hold_the_run(results):
    begin = time.monotonic()
    assert results("leaves_a_thread")["leaves_a_thread"].verdict is Verdict.PASS
    assert time.monotonic() - begin < 60


def test_one_worker_serves_one_backend(hostile_tasks, fake_worker):
    tasks = hostile_tasks(*["says_pid"] * 6, backends=("native", "torch"))
    pids = {}
    for outcome in run_in_pool(tasks, jobs=2, command=fake_worker):
        pids.setdefault(outcome.result.backend, set()).add(outcome.result.reason)
    assert {backend: len(found) for backend, found in pids.items()} == {"native": 1, "torch": 1}
    assert pids["native"].isdisjoint(pids["torch"])


def test_a_worker_is_replaced_only_after_a_crash(hostile_tasks, fake_worker):
    tasks = hostile_tasks("says_pid", "exits", "says_pid", "segfaults", "says_pid")
    found = {
        outcome.index: outcome.result.reason
        for outcome in run_in_pool(tasks, jobs=1, command=fake_worker)
    }
    assert found[0] == found[2] != found[4]


def test_what_a_task_did_to_its_worker_is_not_the_next_ones_failure(results):
    found = results("closes_the_input")
    assert found["closes_the_input"].verdict is Verdict.PASS


def test_a_worker_that_leaves_right_after_its_last_result(hostile_tasks, fake_worker):
    tasks = hostile_tasks("closes_the_input", "fine", backends=("native", "torch"))
    found = []
    for outcome in run_in_pool(tasks, jobs=2, command=fake_worker):
        found.append(outcome.result.verdict)
        time.sleep(0.3)
    assert found == [Verdict.PASS] * 2


@pytest.mark.slow
def test_a_slow_reader_makes_nobody_late(hostile_tasks, fake_worker):
    tasks = hostile_tasks("fine", "fine", "prints_megabytes", "fine", backends=("native", "torch"))
    kinds = []
    for outcome in run_in_pool(tasks, jobs=2, timeout=2.0, command=fake_worker):
        kinds.append(outcome.result.failure and outcome.result.failure.kind)
        time.sleep(2.5)
    assert sorted(kinds, key=str) == [None, None, None, "exception"]


@pytest.mark.slow
def test_a_crash_in_a_shared_worker_says_so(results):
    found = results("says_pid", "exits", "segfaults")
    assert "had served 2 other tasks" in found["segfaults"].reason
    assert "other task" not in results("segfaults")["segfaults"].reason


@pytest.mark.slow
@pytest.mark.parametrize("name", ["segfaults", "leaves_a_child", "sleeps"])
def test_without_waitid(results, name, monkeypatch):
    monkeypatch.delattr(os, "waitid")
    assert results(name, timeout=1.5)[name].verdict is Verdict.ERROR


def test_workers_run_at_the_same_time(hostile_tasks, fake_worker, tmp_path, monkeypatch):
    monkeypatch.setenv("MEETING", str(tmp_path))
    found = list(run_in_pool(hostile_tasks("meets", "meets"), jobs=2, command=fake_worker))
    assert [outcome.result.verdict for outcome in found] == [Verdict.PASS] * 2
    assert len(list(tmp_path.iterdir())) == 2


def test_a_worker_that_cannot_start_fails_its_backend_once_not_a_hundred_times(
    hostile_tasks, fake_worker
):
    tasks = hostile_tasks(*["fine"] * 100)
    begin = time.monotonic()
    outcomes = list(run_in_pool(tasks, jobs=1, command=[*fake_worker, "--die"]))
    assert time.monotonic() - begin < 60
    assert sorted(outcome.index for outcome in outcomes) == list(range(100))
    messages = {outcome.result.failure.message for outcome in outcomes}
    assert {outcome.result.failure.kind for outcome in outcomes} == {"startup"}
    assert messages == {
        prefix + "the worker for native did not start: the worker was killed by SIGABRT (Aborted) "
        "(the library cannot be loaded)"
        for prefix in ("", "not run: ")
    }
    assert outcomes[-1].result.failure.printed == "the library cannot be loaded\n"


def test_an_answer_that_cannot_be_read_is_not_waited_for(hostile_tasks, fake_worker):
    """As when adbench is updated while it runs: the next worker speaks another version."""
    found = list(run_in_pool(hostile_tasks("fine", "fine"), command=[*fake_worker, "--newer"]))
    assert [outcome.result.failure.kind for outcome in found] == ["crash", "crash"]
    message = found[0].result.failure.message
    assert "answer could not be read" in message
    assert "sincerity" in message


def test_a_command_that_does_not_exist_is_an_exception(hostile_tasks):
    with pytest.raises(FileNotFoundError):
        list(run_in_pool(hostile_tasks("fine"), command=["/no/such/python"]))


def test_closing_midway_ends_every_worker(hostile_tasks, fake_worker):
    tasks = hostile_tasks("fine", "sleeps", "sleeps", backends=("native", "torch", "jax"))
    with closing(run_in_pool(tasks, jobs=3, command=fake_worker)) as arriving:
        assert next(arriving).result.case == "fine"
    # no_process_is_left is the assertion


def test_no_tasks_need_no_worker():
    assert list(run_in_pool([], command=["/no/such/python"])) == []


def test_cores_are_shared_among_workers(monkeypatch):
    monkeypatch.setattr("adbench.runner.staff.available_cores", lambda: 8)
    for name in ("OMP_NUM_THREADS", "NPROC", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "5")
    found = worker_environment("torch", 3)
    assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == "2"
    assert found["OPENBLAS_NUM_THREADS"] == "5"
    assert "NPROC" not in found
    assert worker_environment("jax", 16)["NPROC"] == "1"


def test_a_module_in_the_current_folder_does_not_hide_the_standard_library(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    done = subprocess.run(
        worker_command(), cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    assert done.returncode == 0
    assert b'"hello"' in done.stdout


@pytest.mark.slow
def test_a_worker_does_not_outlive_its_runner(hostile_tasks, fake_worker, tmp_path):
    program = (
        "import sys; from pathlib import Path; from adbench.runner import Task\n"
        "from adbench.runner.pool import run_in_pool\n"
        f"task = Task.model_validate_json(Path({str(tmp_path / 'task')!r}).read_text())\n"
        f"list(run_in_pool([task], command={fake_worker!r}))"
    )
    (tmp_path / "task").write_text(hostile_tasks("waits_for_ever")[0].model_dump_json())
    environment = os.environ | {"MEETING": str(tmp_path)}
    runner = subprocess.Popen([fake_worker[0], "-c", program], env=environment)
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        (worker,) = psutil.Process(runner.pid).children()
    finally:
        os.kill(runner.pid, signal.SIGKILL)
        runner.wait()
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running()
