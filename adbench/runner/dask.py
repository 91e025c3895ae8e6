"""Tasks on a dask cluster: the same messages as to a local worker, sent to a scheduler.

dask runs a lost worker's tasks again, and gives a task up when too many workers have died with
it (`distributed.scheduler.allowed-failures`). A worker takes along whatever else it was at, so a
task that was given up is tried once more when nothing else runs, and only then blamed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from adbench.record import adbench_version
from adbench.record.environment import available_cores
from adbench.record.model import Failure, SourceLocation
from adbench.runner import outcomes
from adbench.runner.messages import Result, RunTask
from adbench.runner.paths import shown_path
from adbench.runner.pool import Outcome
from adbench.runner.tasks import Task

if TYPE_CHECKING:
    from distributed import Client, Future, KilledWorker

_CONNECT_SECONDS = 10.0
_TICK = 0.5
_GONE_SECONDS = 60.0
"""How long a cluster whose workers are all gone may take to get a new one."""
_log = logging.getLogger("adbench")


class ExecutorError(Exception):
    """The cluster cannot be had; the message says why, and what to do."""


def run_on_dask(
    tasks: Sequence[Task],
    *,
    address: str | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    on_start: Callable[[Task], object] | None = None,
) -> Generator[Outcome]:
    """Yield each task's outcome as it is done; closing the iterator withdraws the others.

    `address` is a scheduler's; without it, a cluster of `jobs` workers (None: one a core) is
    started here for this run. `timeout` is the seconds that a task's own code may take;
    `on_start` is called with a task when that has begun. Raises ExecutorError when no scheduler
    answers.
    """
    if not tasks:
        return
    with _client(address, min(jobs or available_cores(), len(tasks))) as client:
        run = _Run(client, tasks, timeout, on_start)
        try:
            yield from run.outcomes()
        finally:
            run.withdraw()


@contextlib.contextmanager
def _client(address: str | None, jobs: int) -> Iterator[Client]:
    from distributed import Client, LocalCluster

    with contextlib.ExitStack() as stack:
        where: Any = address
        try:
            if address is None:
                where = LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                    preload=["adbench.runner.dask_worker"],
                )
                stack.enter_context(where)
            client = Client(where, timeout=_CONNECT_SECONDS, set_as_default=False)
        except ValueError as error:
            raise ExecutorError(f"{address!r} is no scheduler's address: {error}") from error
        except OSError as error:
            raise ExecutorError(
                f"no dask scheduler answers at {address} ({error}); is it running, and can it be "
                "reached from here?"
            ) from error
        except RuntimeError as error:
            raise ExecutorError(f"dask starts no cluster here: {error}") from error
        yield stack.enter_context(client)


class _Run:
    def __init__(
        self,
        client: Client,
        tasks: Sequence[Task],
        timeout: float | None,
        on_start: Callable[[Task], object] | None,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._timeout = timeout
        self._folder = os.getcwd()
        self._id = f"adbench-{uuid.uuid4().hex}"
        self._on_start = on_start
        self._news: queue.SimpleQueue[Future[Any] | int] = queue.SimpleQueue()
        """What dask's threads tell: a future that is done, or the index of a task that begins."""
        self._running: dict[str, tuple[int, Future[Any]]] = {}
        self._seen_workers = False
        self._without_since: float | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """Every task's outcome; those that were given up are tried once more, each alone."""
        self._client.subscribe_topic(self._id, lambda event: self._news.put(event[1]))
        for index in range(len(self._tasks)):
            self._submit(index, "")
        suspects: list[int] = []
        for index, ended in self._ended():
            if isinstance(ended, Outcome):
                yield ended
            elif len(self._tasks) > 1:
                suspects.append(index)
            else:
                yield self._failed(index, ended)
        for index in suspects:
            self._submit(index, "-alone")
            for _, ended in self._ended():
                yield ended if isinstance(ended, Outcome) else self._failed(index, ended)

    def withdraw(self) -> None:
        """Tell the cluster that what is still running is not wanted any more."""
        futures = [future for _, future in self._running.values()]
        self._running = {}
        if futures and self._client.status == "running":
            self._client.cancel(futures, force=True)

    def _submit(self, index: int, attempt: str) -> None:
        from adbench.runner.dask_worker import serve

        line = RunTask(id=index, task=self._tasks[index]).line()
        key = f"{self._id}-{index}{attempt}"
        given = (line, self._id, self._folder, adbench_version(), self._timeout)
        future = self._client.submit(serve, *given, key=key, pure=False)
        self._running[key] = (index, future)
        future.add_done_callback(self._news.put)

    def _ended(self) -> Iterator[tuple[int, Outcome | Failure]]:
        """What was submitted, as it ends: with an outcome, or given up because workers died."""
        while self._running:
            try:
                news = self._news.get(timeout=_TICK)
            except queue.Empty:
                if lost := self._lost():
                    left = [index for index, _ in self._running.values()]
                    self.withdraw()
                    yield from ((index, self._failed(index, lost)) for index in left)
                continue
            if isinstance(news, int):
                if self._on_start is not None:
                    self._on_start(self._tasks[news])
            elif news.key in self._running:
                index, _ = self._running.pop(news.key)
                yield index, self._read(index, news)
                news.release()

    def _read(self, index: int, future: Future[Any]) -> Outcome | Failure:
        from distributed import KilledWorker

        if future.status == "cancelled":
            return self._failed(index, _unreachable("the connection to dask's scheduler was lost"))
        error = future.exception() if future.status == "error" else None
        if isinstance(error, KilledWorker):
            return _killer(error)
        if error is not None:
            return self._failed(index, _unreachable(_words(error)))
        answer = Result.model_validate_json(future.result())
        # A worker that died left its last words to another process, in another folder.
        case = self._tasks[index].case
        source = SourceLocation(file=shown_path(case.file), line=case.line)
        result = answer.result.model_copy(update={"source": source})
        return Outcome(index, result, answer.threads)

    def _failed(self, index: int, failure: Failure) -> Outcome:
        return Outcome(index, outcomes.failed(self._tasks[index], failure, 0.0))

    def _lost(self) -> Failure | None:
        """Why nothing more can be hoped for, if so."""
        if self._client.status in ("closing", "closed"):
            return _unreachable("the connection to dask's scheduler was lost")
        if self._client.scheduler_info()["workers"]:
            self._seen_workers, self._without_since = True, None
            return None
        if self._without_since is None:
            self._without_since = time.monotonic()
            _log.warning("dask's scheduler has no worker now; waiting for one")
        waited = time.monotonic() - self._without_since
        if self._seen_workers and waited > _GONE_SECONDS:
            return _unreachable(f"dask's workers are gone, and none came in {_GONE_SECONDS:g} s")
        return None


def _killer(error: KilledWorker) -> Failure:
    """The task with which worker after worker died."""
    times = error.allowed_failures + 1
    message = (
        f"given up: {times} dask workers died while they had this task, the last of them "
        f"{error.last_worker.address}, and it was the only one running; does the function use up "
        "the memory, or kill its parent process?"
    )
    return Failure(kind="crash", message=message)


def _unreachable(message: str) -> Failure:
    """What is no fault of the function's."""
    return Failure(kind="startup", message=message)


def _words(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("adbench"):
        return "adbench is not installed where dask's workers run"
    return f"the dask worker could not take it: {error}"
