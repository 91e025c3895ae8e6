"""The part of a run that a dask worker does: one task at a time, in a process beside it.

A dask worker is not where a user's function runs. It keeps adbench's own workers, as a local run
does, so that a crash is a result and not a lost worker.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable

from distributed import Reschedule, Worker, get_worker

from adbench.record import adbench_version
from adbench.runner.messages import Result, RunTask
from adbench.runner.session import Session

_IDLE_SECONDS = 30.0
"""How long workers wait for another task before they leave a cluster that is not ours."""

_lock = threading.Lock()
_sessions: dict[str, _Kept] = {}


class UnfitWorkerError(RuntimeError):
    """This dask worker cannot do the task; the message says why."""


def serve(line: bytes, run: str, folder: str, version: str, timeout: float | None) -> bytes:
    """Do the task of a RunTask message; gives a Result message.

    `run` tells runs apart, and is the topic under which the beginning of the task is told;
    `folder` is where this run was started, `version` is of the adbench that sent the task. Raises
    UnfitWorkerError where either of these two is not here, and Reschedule when the task was
    withdrawn: dask forgets it then, or gives it out anew if it is wanted again.
    """
    here = socket.gethostname()
    if version != adbench_version():
        raise UnfitWorkerError(f"adbench {adbench_version()} is on {here}, and {version} asks it")
    if not os.path.isdir(folder):
        raise UnfitWorkerError(f"{here} has no {folder}: dask's workers need the same files")
    message = RunTask.model_validate_json(line)
    worker, kept = get_worker(), _take(run, folder)
    try:
        outcome = kept.session.check(
            message.task,
            timeout=timeout,
            on_start=lambda _: worker.log_event(run, message.id),
            wanted=_wanted(),
        )
    finally:
        kept.give_back()
    if outcome is None:
        raise Reschedule
    threads = dict(outcome.threads)
    return Result(id=message.id, result=outcome.result, threads=threads).line()


def dask_setup(worker: Worker) -> None:
    """dask calls this in each worker of a cluster that a run has started for itself.

    A terminal's Ctrl-C is the runner's to handle, which then ends the cluster.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _wanted() -> Callable[[], bool]:
    """Whether the task that this thread runs is still asked for: dask ends no running function."""
    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    return wanted


class _Kept:
    """The session of one run, and how many tasks use it now."""

    def __init__(self, run: str, folder: str) -> None:
        self.run = run
        self.session = Session(sharing=get_worker().state.nthreads, folder=folder)
        self.users = 0
        self._farewell: threading.Timer | None = None

    def give_back(self) -> None:
        with _lock:
            self.users -= 1
            if self.users == 0:
                self._farewell = threading.Timer(_IDLE_SECONDS, self._leave)
                self._farewell.daemon = True
                self._farewell.start()

    def take(self) -> None:
        self.users += 1
        if self._farewell is not None:
            self._farewell.cancel()

    def _leave(self) -> None:
        with _lock:
            if self.users or _sessions.get(self.run) is not self:
                return
            del _sessions[self.run]
        self.session.close()


def _take(run: str, folder: str) -> _Kept:
    """A run's session. Other runs have others: their workers know the code of their time."""
    with _lock:
        if run not in _sessions:
            _sessions[run] = _Kept(run, folder)
        _sessions[run].take()
        return _sessions[run]
