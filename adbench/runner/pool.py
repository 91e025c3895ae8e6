"""Tasks on worker processes: a crash or a hang ends its task and its worker, never the run."""

from __future__ import annotations

import selectors
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adbench.record.environment import available_cores
from adbench.record.model import CaseResult, Failure, FailureKind, Verdict
from adbench.runner import outcomes
from adbench.runner.failures import dumped_frames, names_user
from adbench.runner.messages import Hello, Result, RunTask, Started
from adbench.runner.process import WorkerProcess
from adbench.runner.staff import Staff
from adbench.runner.tasks import Task

STARTUP_SECONDS = 180.0
"""How long a worker may take to start and to import its backend, on a busy machine."""
_ABORT_SECONDS = 2.0
"""How long a worker at its time limit may take to write its Python stack."""
_TICK, _SHORT_TICK = 0.5, 0.02
_MOST_FAILED_STARTS = 2
_SYSTEM_KILL = (
    "the worker was killed by SIGKILL, most likely by the system because memory ran out; "
    "try a smaller size, or fewer --jobs"
)
_OTHER_POINTS = (b"adbench/check/nearby.py", b"adbench/check/elsewhere.py")
"""Who is on a dying worker's stack when the function did not survive another point."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one task: its place among the tasks, its result, and its worker's threads."""

    index: int
    result: CaseResult
    threads: Mapping[str, int] = field(default_factory=dict)


def run_in_pool(
    tasks: Sequence[Task],
    *,
    jobs: int | None = None,
    timeout: float | None = None,
    command: Sequence[str] | None = None,
    on_start: Callable[[Task], object] | None = None,
    staff: Staff | None = None,
    wanted: Callable[[], bool] | None = None,
) -> Generator[Outcome]:
    """Yield each task's outcome as it is done; closing the iterator ends every busy worker.

    `jobs` is the most workers at a time (None: one a core), `timeout` the seconds that a task's
    own code may take (None: no limit), `command` starts a worker (None: this installation's).
    `on_start` is called with a task when its own code begins. Workers come from `staff`, and
    return to it when they are done; without it they leave. `wanted` is asked at least every half
    second, and ends the run where it says no.
    """
    if not tasks:
        return
    workers = min(jobs or available_cores(), len(tasks))
    keep = staff is not None
    staff = staff or Staff(command, sharing=workers)
    pool = _Pool(tasks, workers, timeout, staff, keep, on_start, wanted)
    try:
        for outcome in pool.run():
            before = time.monotonic()
            yield outcome
            pool.excuse(time.monotonic() - before)
    finally:
        pool.close()


@dataclass(slots=True, eq=False)
class _Busy:
    """A worker and what it is at."""

    worker: WorkerProcess
    task: int | None = None
    begin: float = 0.0
    deadline: float = 0.0
    started: bool = False
    """Whether the task's own code has begun."""
    timed_out: bool = False
    closing: bool = False
    """Its channel has ended; it is about to be found dead."""


class _Pool:
    def __init__(
        self,
        tasks: Sequence[Task],
        workers: int,
        timeout: float | None,
        staff: Staff,
        keep: bool,
        on_start: Callable[[Task], object] | None,
        wanted: Callable[[], bool] | None,
    ) -> None:
        self._tasks = list(tasks)
        self._cautious: set[int] = set()
        self._most = workers
        self._timeout = timeout
        self._staff = staff
        self._keep = keep
        self._on_start = on_start
        self._wanted = wanted or (lambda: True)
        self._pending: dict[str, deque[int]] = {}
        for index, task in enumerate(tasks):
            self._pending.setdefault(task.backend, deque()).append(index)
        self._failed_starts: Counter[str] = Counter()
        self._busy: list[_Busy] = []
        self._leaving: list[WorkerProcess] = []
        self._selector = selectors.DefaultSelector()
        self._start = staff.folder

    def run(self) -> Iterator[Outcome]:
        while (any(self._pending.values()) or self._busy) and self._wanted():
            self._hire()
            for key, _ in self._selector.select(self._patience()):
                slot, stream = key.data
                if slot not in self._busy:
                    continue  # it was let go by an earlier piece of this news
                if stream == "prints":
                    if not slot.worker.drain():
                        self._selector.unregister(key.fd)
                else:
                    yield from self._listen(slot)
            for slot in list(self._busy):
                yield from self._watch(slot)
            self._leaving = [worker for worker in self._leaving if not worker.gone()]

    def excuse(self, seconds: float) -> None:
        """Nobody is late for the time in which the caller did not listen: a worker may have been
        waiting for its prints to be read."""
        for slot in self._busy:
            slot.deadline += seconds

    def close(self) -> None:
        """End every worker, with all that it has started; nothing is left to be reaped."""
        workers = [*(slot.worker for slot in self._busy), *self._leaving]
        for worker in workers:  # all first: a second Ctrl-C may cut the waiting short
            worker.kill()
        for worker in workers:
            worker.end()
        self._busy, self._leaving = [], []
        self._selector.close()

    def _hire(self) -> None:
        """Start workers while there is room and a backend whose tasks would wait for one."""
        while len(self._busy) < self._most and (backend := self._neediest()) is not None:
            worker, is_new = self._staff.hire(backend)
            slot = _Busy(worker, deadline=time.monotonic() + STARTUP_SECONDS)
            self._busy.append(slot)
            self._selector.register(worker.messages, selectors.EVENT_READ, (slot, "messages"))
            self._selector.register(worker.prints, selectors.EVENT_READ, (slot, "prints"))
            if not is_new:
                self._assign(slot)

    def _neediest(self) -> str | None:
        """The backend with the most waiting tasks a worker; a backend without worker is first."""
        workers = Counter(slot.worker.backend for slot in self._busy)
        idle = Counter(slot.worker.backend for slot in self._busy if slot.task is None)
        needs = {
            backend: (workers[backend] == 0, len(waiting) / (workers[backend] + 1))
            for backend, waiting in self._pending.items()
            if len(waiting) > idle[backend]
        }
        return max(needs, key=needs.__getitem__) if needs else None

    def _patience(self) -> float:
        """Seconds to wait for news: not past a deadline, and briefly while one is dying."""
        if any(slot.closing for slot in self._busy):
            return _SHORT_TICK
        nearest = min((slot.deadline for slot in self._busy), default=0.0)
        return min(_TICK, max(0.0, nearest - time.monotonic()))

    def _listen(self, slot: _Busy) -> Iterator[Outcome]:
        messages, is_open = slot.worker.receive()
        for message in messages:
            match message:
                case Hello():
                    self._assign(slot)
                case Started():
                    slot.started = True
                    slot.worker.begun += 1
                    self._failed_starts[slot.worker.backend] = 0
                    slot.begin = time.monotonic()
                    limit = float("inf") if self._timeout is None else self._timeout
                    slot.deadline = slot.begin + limit
                    if self._on_start is not None:
                        self._on_start(self._tasks[message.id])
                case Result() if not slot.timed_out and message.id == slot.task:
                    if self._was_spoilt(slot, message.result):
                        self._replace(slot)
                    else:
                        yield self._finish(slot, message)
        if not is_open and not slot.closing and slot in self._busy:
            self._selector.unregister(slot.worker.messages)
            slot.closing = True
            slot.deadline = min(slot.deadline, time.monotonic() + _ABORT_SECONDS)

    def _finish(self, slot: _Busy, message: Result) -> Outcome:
        result = message.result
        slot.worker.drain()  # printed before the result was sent, so it is all in the pipe
        if result.failure is not None:
            failure = result.failure.model_copy(update={"printed": slot.worker.printed})
            result = result.model_copy(update={"failure": failure})
        if message.id in self._cautious:
            result = outcomes.only_the_given_point(result)
        threads = {f"{slot.worker.backend}/{name}": n for name, n in message.threads.items()}
        outcome = Outcome(message.id, result, threads)
        self._assign(slot)
        return outcome

    def _was_spoilt(self, slot: _Busy, result: CaseResult) -> bool:
        """Whether what failed may be what an earlier task left of the worker, and no own fault.

        A function that patches NumPy, say, or uses up the descriptors, fails those that come after
        it. Where the user's code was at work, it is told with its line and stands.
        """
        if not slot.worker.begun - slot.started:  # it has served no other task
            return False
        assert slot.task is not None
        if result.failure is not None and result.failure.frames:
            return not names_user(result.failure.frames, self._tasks[slot.task], self._start)
        missing = result.failure is not None and result.failure.kind == "missing"
        return missing or result.verdict is Verdict.SKIPPED

    def _replace(self, slot: _Busy) -> None:
        """Let a worker go, and have its task done by another."""
        assert slot.task is not None
        self._pending[slot.worker.backend].appendleft(slot.task)
        self._forget(slot)
        slot.worker.dismiss()
        self._leaving.append(slot.worker)

    def _assign(self, slot: _Busy) -> None:
        """Give a ready worker its backend's next task, or let it go."""
        waiting = self._pending[slot.worker.backend]
        if not waiting:
            slot.task = None
            self._forget(slot)
            if self._keep:
                self._staff.keep(slot.worker)
            else:
                slot.worker.dismiss()
                self._leaving.append(slot.worker)
            return
        slot.task, slot.started = waiting.popleft(), False
        slot.begin = time.monotonic()
        slot.deadline = slot.begin + STARTUP_SECONDS
        slot.worker.send(RunTask(id=slot.task, task=self._tasks[slot.task]))

    def _watch(self, slot: _Busy) -> Iterator[Outcome]:
        """Find a worker dead or late, and settle its task."""
        dead = slot.worker.exited()
        if slot not in self._busy or not (dead or self._is_late(slot)):
            return
        yield from self._listen(slot)  # its last messages may still be in the pipe
        if slot not in self._busy or not (dead or self._is_late(slot)):
            return
        if dead or slot.timed_out or slot.closing:
            yield from self._bury(slot)
        else:
            slot.timed_out = True
            slot.deadline = time.monotonic() + _ABORT_SECONDS
            slot.worker.abort()

    def _is_late(self, slot: _Busy) -> bool:
        return time.monotonic() >= slot.deadline

    def _bury(self, slot: _Busy) -> Iterator[Outcome]:
        """The task of a worker that is dead, or has to be: an error, and the run goes on."""
        worker = slot.worker
        worker.drain()
        lost = not worker.exited()
        self._forget(slot)
        status = worker.end()
        waiting = self._pending[worker.backend]
        if slot.task is not None:
            waiting.appendleft(slot.task)
        if not waiting or (worker.begun and not slot.started):
            return  # what an earlier task did to its worker is not the next one's failure
        index = waiting.popleft()  # it may have died before it was given this one
        task = self._tasks[index]
        seconds = time.monotonic() - slot.begin if slot.begin else 0.0
        failure = self._failure(slot, task, status, lost)
        if _away_from_the_point(slot, task):
            self._ask_again(index, task)
            return
        yield Outcome(index, outcomes.failed(task, failure, seconds))
        if not worker.begun:
            yield from self._give_up(worker.backend, failure)

    def _ask_again(self, index: int, task: Task) -> None:
        """The same task at the given point alone: at others the function did not survive."""
        options = task.options.model_copy(update={"other_points": False, "search": 0.0})
        self._tasks[index] = task.model_copy(update={"options": options})
        self._cautious.add(index)
        self._pending[task.backend].appendleft(index)

    def _give_up(self, backend: str, failure: Failure) -> Iterator[Outcome]:
        """When a backend's workers keep dying before any task begins, its tasks are all errors."""
        self._failed_starts[backend] += 1
        if self._failed_starts[backend] < _MOST_FAILED_STARTS:
            return
        failure = failure.model_copy(update={"message": f"not run: {failure.message}"})
        waiting = self._pending[backend]
        while waiting:
            index = waiting.popleft()
            yield Outcome(index, outcomes.failed(self._tasks[index], failure, 0.0))

    def _failure(self, slot: _Busy, task: Task, status: int, lost: bool) -> Failure:
        kind, message = self._death(slot, status, lost)
        printed = slot.worker.printed
        if not slot.started:
            kind = "startup"
            last = printed.strip().rpartition("\n")[2]
            said = f" ({last})" if last else ""
            message = f"the worker for {slot.worker.backend} did not start: {message}{said}"
        elif kind != "timeout" and (earlier := slot.worker.begun - 1):
            others = "another task" if earlier == 1 else f"{earlier} other tasks"
            message += f" (it had served {others}; the repeat command runs this one alone)"
        dump = slot.worker.dump.decode("utf-8", "replace")
        frames = dumped_frames(dump, task, self._start)
        return Failure(kind=kind, message=message, frames=frames, printed=printed)

    def _death(self, slot: _Busy, status: int, lost: bool) -> tuple[FailureKind, str]:
        """What ended a worker, from its exit status and what was done to it."""
        if slot.timed_out:
            limit = self._timeout if slot.started else STARTUP_SECONDS
            return "timeout", f"not finished within {limit:g} s"
        if slot.worker.unreadable:
            words = "its answer could not be read: was adbench changed during the run?"
            return "crash", f"{words} ({slot.worker.unreadable})"
        if lost:
            return "crash", "its channel was closed: does the function close all descriptors?"
        if status == -signal.SIGKILL:
            return "memory", _SYSTEM_KILL
        if status < 0:
            return "crash", f"the worker was killed by {_signal_name(-status)}"
        return "exit", f"the worker process left with exit code {status} before the check was done"

    def _forget(self, slot: _Busy) -> None:
        self._busy.remove(slot)
        for descriptor in (slot.worker.messages, slot.worker.prints):
            if descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)


def _away_from_the_point(slot: _Busy, task: Task) -> bool:
    """Whether the worker ended while the check looked at points that nobody has asked about."""
    if not slot.started or not (task.options.other_points or task.options.search):
        return False
    return any(module in slot.worker.dump for module in _OTHER_POINTS)


def _signal_name(number: int) -> str:
    """`SIGSEGV (Segmentation fault)`."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name} ({signal.strsignal(number)})"
