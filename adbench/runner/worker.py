"""The worker process: takes tasks, gives results, whatever the user's functions do to it.

`python -m adbench.runner.worker` reads tasks from its standard input and writes messages to its
standard output. Both are moved to descriptors of their own before any user code runs, so that
what a function prints, from Python or from C, goes to the standard error, which the runner keeps.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from adbench.record.environment import loaded_threads
from adbench.record.model import CaseResult
from adbench.runner import outcomes
from adbench.runner.execute import execute as execute_task
from adbench.runner.failures import failure_of
from adbench.runner.messages import Hello, Result, RunTask, Started
from adbench.runner.tasks import Task

Execute = Callable[[Task, Callable[[], None]], CaseResult]

_PR_SET_PDEATHSIG = 1


def main(execute: Execute = execute_task) -> None:
    """Serve tasks until the input ends. `execute` does one; tests give another."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is reported, not dumped
    die_with_parent()
    channel = Channel()
    # A crash, or the runner's SIGABRT at a time-out, writes the Python stack to the channel.
    faulthandler.enable(file=channel.output)
    start, pid = os.getcwd(), os.getpid()
    channel.send(Hello(pid=pid).line())
    for line in channel:
        message = RunTask.model_validate_json(line)
        result = _run(message, execute, channel, start)
        if os.getpid() != pid:
            os._exit(0)  # the user's function forked and its child came back from it
        _answer(channel, start, Result(id=message.id, result=result, threads=_threads()))


def _answer(channel: Channel, start: str, result: Result) -> None:
    try:
        os.chdir(start)
        channel.recover()
        channel.send(result.line())
    except OSError:
        # The function has closed the channel: the runner sees its end, and is who can tell it.
        signal.pause()


def _threads() -> dict[str, int]:
    """Thread counts; none where the function has left nothing to count with."""
    try:
        return loaded_threads()
    except Exception:
        return {}


def _run(message: RunTask, execute: Execute, channel: Channel, start: str) -> CaseResult:
    try:
        return execute(message.task, lambda: channel.send(Started(id=message.id).line()))
    except KeyboardInterrupt as error:  # raised by the user's code: Ctrl-C does not come here
        return outcomes.failed(message.task, failure_of(error, message.task, start), 0.0)


class Channel:
    """The runner's messages on descriptors that no print can reach."""

    def __init__(self) -> None:
        self._input = os.fdopen(os.dup(0), "rb")
        self.output = os.dup(1)
        self._printed = os.dup(2)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(self._printed, 1)
        self._streams = (_stream(1), _stream(2))
        sys.stdout, sys.stderr = self._streams

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._input.readline, b"")

    def send(self, line: bytes) -> None:
        while line:
            line = line[os.write(self.output, line) :]

    def recover(self) -> None:
        """Flush what was printed, and undo what a function did to the standard streams."""
        for stream in (sys.stdout, sys.stderr, *self._streams):
            with contextlib.suppress(Exception):
                stream.flush()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)  # what C code has printed stands in C's own buffer
        os.dup2(self._printed, 1)
        os.dup2(self._printed, 2)
        if any(stream.closed for stream in self._streams):
            self._streams = (_stream(1), _stream(2))
        sys.stdout, sys.stderr = self._streams


def _stream(descriptor: int) -> TextIO:
    """Lines reach the runner at once, even if the process dies at the next one."""
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def die_with_parent() -> None:
    """Where the kernel offers it, leave no endless function behind a runner that was killed."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
