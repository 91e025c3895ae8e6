"""A bench worker as the coordinator sees it: asked, waited for, and surely ended."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from adbench.bench.protocol import PROTOCOL, Failed, Message, Ready
from adbench.record.model import Failure, FailureKind, SourceLocation
from adbench.runner.bench.messages import Bind, from_bench_worker
from adbench.runner.failures import dumped_frames
from adbench.runner.process import WorkerProcess
from adbench.runner.staff import WORKER_MARK

STARTUP_SECONDS = 180.0
_ABORT_SECONDS = 2.0
_TICK = 0.25
_BOOT = (
    "import sys; _, cores, backend, limit, *path = sys.argv; del sys.argv[1:]; "
    "sys.path[:] = path or sys.path; "
    "from adbench.runner.bench.worker import main; "
    "main(backend, [int(core) for core in cores.split(',')], int(limit) or None)"
)
_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NPROC",
    "PJRT_NPROC",
)
"""XLA takes its thread count from NPROC, not from OMP's variable."""


class WorkerLostError(Exception):
    """The worker died, or did not answer in time; it has been ended."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True)
class Seat:
    """Where and as what a worker runs: everything that must be the same for a fair comparison."""

    cores: tuple[int, ...]
    threads: int
    memory_limit: int | None = None
    python: str = sys.executable
    path: tuple[str, ...] | None = None
    """Where modules are looked for; None: where this process does, () the interpreter's own."""
    folder: str | None = None
    """The folder to start in; None: this process's own."""
    variables: Mapping[str, str] | None = None

    def command(self, backend: str) -> list[str]:
        """The worker's command line. -P: a user's json.py must not hide the standard library's."""
        path = sys.path if self.path is None else self.path
        cores = ",".join(map(str, self.cores))
        limit = str(self.memory_limit or 0)
        return [self.python, "-P", "-c", _BOOT, cores, backend, limit, *path]

    def environment(self) -> dict[str, str]:
        """This process's variables, with the threads that were asked for."""
        threads = dict.fromkeys(_THREADS, str(self.threads))
        compiler = {"TORCHINDUCTOR_COMPILE_THREADS": "1", "JAX_ENABLE_COMPILATION_CACHE": "false"}
        return {**os.environ, **compiler, **threads, **(self.variables or {}), WORKER_MARK: "1"}


class BenchWorker:
    """One worker process; `ask` is the token: nothing is done that was not asked for."""

    def __init__(self, backend: str, mode: str, seat: Seat) -> None:
        self.backend = backend
        self.mode = mode
        self.seat = seat
        self.ready: Ready | None = None
        self.bound: Bind | None = None
        self._process = WorkerProcess(
            backend, seat.command(backend), seat.environment(), seat.folder, from_bench_worker
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.messages, selectors.EVENT_READ, "messages")
        self._selector.register(self._process.prints, selectors.EVENT_READ, "prints")
        self._start = os.getcwd()
        self._closed = False
        self._waiting: list[Message] = []

    @property
    def key(self) -> str:
        """`torch:eager`."""
        return f"{self.backend}:{self.mode}"

    def await_ready(self, timeout: float = STARTUP_SECONDS) -> Ready:
        """Wait until its backend is imported. Raises WorkerLostError."""
        message = self._answer(timeout)
        assert isinstance(message, Ready)
        if message.protocol != PROTOCOL:
            self.close()
            text = f"its adbench speaks version {message.protocol} of bench, this one {PROTOCOL}"
            raise WorkerLostError(Failure(kind="startup", message=text))
        self.ready = message
        return message

    def ask(self, request: Message, timeout: float) -> Message:
        """The answer to one request, a `Failed` included. Raises WorkerLostError when the worker
        dies or takes longer than `timeout` seconds; it is ended then."""
        if isinstance(request, Bind):
            self.bound = request
        self._process.send(request)
        answer = self._answer(timeout)
        if isinstance(answer, Failed):
            self._process.drain()
            failure = answer.failure.model_copy(update={"printed": self._process.printed})
            return Failed(failure=failure)
        return answer

    def close(self) -> None:
        """End the process, with all that it has started. Once is enough."""
        if not self._closed:
            self._closed = True
            self._selector.close()
            self._process.end()

    def _answer(self, timeout: float) -> Message:
        deadline = time.monotonic() + timeout
        late = False
        while True:
            for key, _ in self._selector.select(min(_TICK, max(0.0, deadline - time.monotonic()))):
                if key.data == "prints" and not self._process.drain():
                    self._selector.unregister(key.fd)
            messages, is_open = self._process.receive()
            self._waiting += messages
            if self._waiting and not late:
                return self._waiting.pop(0)
            if self._process.unreadable:
                # Nobody would ever answer: what cannot be read was the answer.
                self.close()
                words = (
                    "its answer cannot be read: is its adbench another version than this one? "
                    f"({self._process.unreadable})"
                )
                raise WorkerLostError(Failure(kind="startup", message=words))
            if not is_open or self._process.exited():
                raise self._lost(late, timeout)
            if time.monotonic() >= deadline:
                if late:
                    raise self._lost(late, timeout)
                late, deadline = True, time.monotonic() + _ABORT_SECONDS
                self._process.abort()

    def _lost(self, late: bool, timeout: float) -> WorkerLostError:
        process = self._process
        process.drain()
        hung = not process.exited() and late
        self._closed = True
        self._selector.close()
        status = process.end()
        kind, message = _death(status, late or hung, timeout, self.seat.memory_limit)
        printed = process.printed
        frames: tuple[SourceLocation, ...] = ()
        if self.bound is not None:
            dump = process.dump.decode("utf-8", "replace")
            frames = dumped_frames(dump, self.bound.task, self._start)
        else:
            kind = "startup"
            last = printed.strip().rpartition("\n")[2]
            message = f"the worker for {self.backend} did not start: {message}"
            message += f" ({last})" if last else ""
        return WorkerLostError(Failure(kind=kind, message=message, frames=frames, printed=printed))


def _death(
    status: int, late: bool, timeout: float, memory_limit: int | None
) -> tuple[FailureKind, str]:
    if late:
        return "timeout", f"no answer within {timeout:.3g} s"
    if status == -signal.SIGKILL:
        return "memory", (
            "the worker was killed by SIGKILL, most likely by the system because memory ran out"
        )
    if status < 0:
        name = signal.Signals(-status).name
        limited = " (its address space was limited)" if memory_limit else ""
        return "crash", f"the worker was killed by {name}{limited}"
    return "exit", f"the worker process left with exit code {status}"
