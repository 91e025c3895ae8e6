"""A real dask scheduler and real workers, as processes of this machine; some of them are killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import dask
import psutil
import pytest

from adbench.record import CaseResult, Verdict, adbench_version
from adbench.runner import ExecutorError, RunOptions, expand, run
from adbench.runner.dask import run_on_dask
from adbench.runner.dask_worker import UnfitWorkerError, serve
from adbench.runner.messages import RunTask
from adbench.suite import Case, FunctionRef, Suite

pytestmark = pytest.mark.slow

FUNCTIONS = '''
import os
import signal
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def smooth(x):
    return np.sum(np.sin(x) * x)


def raises(x):
    print("about to fail")
    raise ValueError("no such luck")


def crashes(x):
    os.kill(os.getpid(), signal.SIGSEGV)


def waits_once(x):
    """Names the dask worker that it runs beside, and waits for it to be killed: once."""
    said = HERE / "dask-worker"
    if not said.exists():
        said.with_suffix(".tmp").write_text(str(os.getppid()))
        said.with_suffix(".tmp").rename(said)
        time.sleep(600)
    return np.sum(x * x)


def kills_its_parent(x):
    with open(HERE / "killed", "a") as file:
        file.write(f"{os.getppid()}\\n")
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)


def waits(x):
    (HERE / "pid.tmp").write_text(str(os.getpid()))
    (HERE / "pid.tmp").rename(HERE / "pid")
    time.sleep(600)
'''


def start(module: str, *options: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        "DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT": "1s",
    }
    command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it with its children: dask's nannies have workers."""
    family = [process, *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        member.kill()
    process.wait()


def address_in(file: Path) -> str:
    for _ in range(600):
        if file.exists() and (text := file.read_text()):
            address: str = json.loads(text)["address"]
            return address
        time.sleep(0.1)
    raise TimeoutError(f"no scheduler wrote {file}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    """The address of a scheduler with two workers, which nannies start again when they die."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    scheduler = start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", str(file),
    )  # fmt: skip
    address = address_in(file)
    workers = [
        start(
            "dask_worker", address, "--nthreads", "1", "--no-dashboard",
            "--local-directory", str(folder / name),
        )
        for name in ("one", "two")
    ]  # fmt: skip
    yield address
    for process in [*workers, scheduler]:
        end(process)


@pytest.fixture
def suite(tmp_path: Path, make_case: Callable[..., Case]) -> Callable[..., Suite]:
    """A suite of the named functions; a name may come with a number, to be a case of its own."""
    file = tmp_path / "functions.py"
    file.write_text(FUNCTIONS)

    def make(*names: str) -> Suite:
        cases = []
        for name in names:
            function = FunctionRef(file=str(file), name=name.partition("-")[0])
            cases.append(make_case(name, functions={"*": function}, backends=("native",)))
        return Suite(name="s", path=str(tmp_path / "s.yaml"), sha256="", cases=tuple(cases))

    return make


def known(result: CaseResult) -> dict[str, object]:
    """All of a result that does not depend on the machine's load."""
    data = result.model_dump(mode="json", exclude={"seconds": True, "check": {"seconds"}})
    if data["failure"] is not None:  # a worker's death also says how many tasks it had served
        for said in (data, data["failure"]):
            key = "reason" if "reason" in said else "message"
            said[key] = said[key].partition(" (it had served")[0]
    return data


NAMES = ("smooth", "raises", "crashes", "smooth-2", "smooth-3", "smooth-4")


def test_a_run_on_dask_equals_a_local_run(cluster: str, suite) -> None:
    suites = [suite(*NAMES)]
    local = run(suites, RunOptions(jobs=1))
    there = run(suites, RunOptions(executor="dask", scheduler=cluster))
    assert [result.case for result in there.results] == list(NAMES)
    assert [known(result) for result in there.results] == [known(r) for r in local.results]
    assert there.environment.threads.keys() == local.environment.threads.keys()
    assert there.planned == local.planned
    assert not there.interrupted
    assert [result.verdict for result in there.results[:3]] == [
        Verdict.PASS,
        Verdict.ERROR,
        Verdict.ERROR,
    ]


def test_a_run_whose_worker_is_killed_equals_a_local_run(
    cluster: str, suite, tmp_path: Path
) -> None:
    suites = [suite("waits_once", *NAMES)]
    told = tmp_path / "dask-worker"
    killed = []

    def kill_the_waiting(result: CaseResult) -> None:
        while not told.exists():
            time.sleep(0.05)
        if not killed:
            killed.append(int(told.read_text()))
            assert "dask" in " ".join(psutil.Process(killed[0]).parent().cmdline())
            os.kill(killed[0], signal.SIGKILL)

    there = run(suites, RunOptions(executor="dask", scheduler=cluster), kill_the_waiting)
    assert len(killed) == 1
    local = run(suites, RunOptions(jobs=1))
    assert [known(result) for result in there.results] == [known(r) for r in local.results]
    assert there.results[0].verdict is Verdict.PASS


def test_a_case_that_kills_workers_is_given_up_and_named(
    cluster: str, suite, tmp_path: Path
) -> None:
    names = ("smooth", "kills_its_parent", "smooth-2", "smooth-3")
    record = run([suite(*names)], RunOptions(executor="dask", scheduler=cluster))
    found = {result.case: result for result in record.results}
    assert [result.verdict for name, result in found.items() if name != "kills_its_parent"] == [
        Verdict.PASS
    ] * 3
    failure = found["kills_its_parent"].failure
    assert failure is not None
    assert failure.kind == "crash"
    assert failure.message.startswith("given up: 2 dask workers died while they had this task")
    # Twice beside others, and twice alone.
    assert len((tmp_path / "killed").read_text().split()) == 4


def test_what_begins_on_the_cluster_is_told_here(cluster: str, suite) -> None:
    begun: list[str] = []
    tasks = expand(suite("smooth", "raises", "smooth-2").cases)
    arriving = run_on_dask(tasks, address=cluster, on_start=lambda task: begun.append(task.name))
    for outcome in arriving:
        assert tasks[outcome.index].name in begun
    assert sorted(begun) == sorted(task.name for task in tasks)


def test_a_run_sees_the_code_of_its_own_time(cluster: str, suite, tmp_path: Path) -> None:
    suites = [suite("smooth", "smooth-2", "smooth-3", "smooth-4")]
    options = RunOptions(executor="dask", scheduler=cluster)
    assert {r.verdict for r in run(suites, options).results} == {Verdict.PASS}
    (tmp_path / "functions.py").write_text("def smooth(x):\n    raise ValueError('newer')\n")
    assert {r.reason for r in run(suites, options).results} == {"ValueError: newer"}


def test_what_is_withdrawn_is_ended_on_the_cluster(cluster: str, suite, tmp_path: Path) -> None:
    tasks = expand(suite("smooth", "waits").cases)
    with closing(run_on_dask(tasks, address=cluster)) as arriving:
        assert next(arriving).result.verdict is Verdict.PASS
        while not (tmp_path / "pid").exists():
            time.sleep(0.05)
    assert ends(int((tmp_path / "pid").read_text()))


def test_what_a_killed_runner_leaves_is_ended_on_the_cluster(
    cluster: str, suite, tmp_path: Path
) -> None:
    suite()
    command = [sys.executable, "-m", "adbench", "check", "functions.py:waits", "-b", "native"]
    command += ["--arg", "x=normal(3)", "--executor", "dask", "--scheduler", cluster]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as runner:
        while runner.poll() is None and not (tmp_path / "pid").exists():
            time.sleep(0.05)
        runner.kill()
    assert ends(int((tmp_path / "pid").read_text()))


def ends(pid: int) -> bool:
    """Whether a process is gone within half a minute."""
    for _ in range(300):
        if not psutil.pid_exists(pid):
            return True
        time.sleep(0.1)
    return False


def test_a_cluster_on_this_machine_comes_and_goes(suite) -> None:
    before = set(psutil.Process().children(recursive=True))
    tasks = expand(suite("smooth", "crashes", "smooth-2").cases)
    found = {o.index: o.result.verdict for o in run_on_dask(tasks, jobs=1)}
    assert found == {0: Verdict.PASS, 1: Verdict.ERROR, 2: Verdict.PASS}
    for process in set(psutil.Process().children(recursive=True)) - before:
        if "resource_tracker" not in " ".join(process.cmdline()):
            process.wait(timeout=30)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", "no dask scheduler answers at tcp://127.0.0.1:1"),
        ("bogus://here", "'bogus://here' is no scheduler's address"),
    ],
)
def test_a_scheduler_that_is_not_there(
    suite, address: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adbench.runner.dask._CONNECT_SECONDS", 0.5)
    with pytest.raises(ExecutorError, match=said):
        list(run_on_dask(expand(suite("smooth").cases), address=address))


def test_a_scheduler_that_goes_away(suite, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    scheduler = start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", str(file),
    )  # fmt: skip
    address = address_in(file)
    worker = start("dask_worker", address, "--nthreads", "1", "--no-dashboard")
    found = []
    try:
        with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
            for outcome in run_on_dask(expand(suite("smooth", "waits").cases), address=address):
                found.append(outcome.result)
                if len(found) == 1:
                    end(scheduler)
    finally:
        end(worker)
    assert [result.verdict for result in found] == [Verdict.PASS, Verdict.ERROR]
    assert found[1].failure is not None
    assert found[1].failure.kind == "startup"
    assert "the connection to dask's scheduler was lost" in found[1].failure.message


def test_another_version_or_another_disk_is_refused(suite, tmp_path: Path) -> None:
    (task,) = expand(suite("smooth").cases)
    line = RunTask(id=0, task=task).line()
    with pytest.raises(UnfitWorkerError, match=r"and 0\.0\.0 asks it"):
        serve(line, "run", str(tmp_path), "0.0.0", None)
    with pytest.raises(UnfitWorkerError, match="has no /no/such/folder"):
        serve(line, "run", "/no/such/folder", adbench_version(), None)


def test_what_a_worker_refuses_is_no_fault_of_the_function(
    cluster: str, suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adbench.runner.dask.adbench_version", lambda: "0.0.0")
    (outcome,) = run_on_dask(expand(suite("smooth").cases), address=cluster)
    assert outcome.result.failure is not None
    assert outcome.result.failure.kind == "startup"
    assert "0.0.0 asks it" in outcome.result.failure.message


@pytest.mark.parametrize(
    "options",
    [
        {"scheduler": "tcp://a:1"},
        {"executor": "dask", "in_process": True},
        {"executor": "dask", "scheduler": "tcp://a:1", "jobs": 2},
    ],
)
def test_options_that_contradict_each_other(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"dask|scheduler"):
        RunOptions(**options)
