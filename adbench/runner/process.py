"""One worker process as the runner sees it: started, talked to, watched, and surely ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from adbench.runner.messages import from_worker

_KEPT_PRINTED = 4000
_KEPT_DUMP = 64_000
_CHUNK = 1 << 16
_FAREWELL_SECONDS = 2.0
"""How long a worker that was told to leave may take for its own exit handlers."""


class Line(Protocol):
    """What can be sent: a message that knows how it is written."""

    def line(self) -> bytes:
        """The message in one line."""


class WorkerProcess:
    """A worker that serves one backend, in a session and process group of its own.

    The group of its own keeps a terminal's Ctrl-C from it, and takes along whatever processes a
    user's function has started when the worker is ended.
    """

    def __init__(
        self,
        backend: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: str | None = None,
        messages: TypeAdapter[Any] = from_worker,
    ) -> None:
        """It starts in `folder` (None: this process's); `messages` reads what it says."""
        self.backend = backend
        self._from_worker = messages
        self.ready = False
        self.begun = 0
        """How many tasks' own code it has begun; from one on, its backend can be imported."""
        self.dump = b""
        """What came on the channel beside messages: the Python stack of a dying worker."""
        self.unreadable = ""
        """What was wrong with a message that could not be read, which closed the channel."""
        self._printed = b""
        self._unfinished = b""
        self._leave_by: float | None = None
        self._process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None and stdout is not None and stderr is not None  # noqa: PT018
        self._stdin, self._streams = stdin, (stdin, stdout, stderr)
        self.messages, self.prints = stdout.fileno(), stderr.fileno()
        for descriptor in (self.messages, self.prints):
            os.set_blocking(descriptor, False)

    def send(self, message: Line) -> None:
        """Hand over a task; a worker that is gone already will be found by its death."""
        self._printed = b""
        line = message.line()
        try:
            while line:  # an unbuffered pipe may take a part
                line = line[self._stdin.write(line) or 0 :]
        except BrokenPipeError:
            pass

    def receive(self) -> tuple[list[Any], bool]:
        """The messages that have arrived, and whether the channel is still open.

        A message that cannot be read closes it: whoever waits for what it said would wait for
        ever. It happens where the worker runs other code than this process, as after an update of
        adbench during a run.
        """
        data, is_open = _read(self.messages, most=1 << 30)
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        messages = []
        for line in lines:
            try:
                messages.append(self._from_worker.validate_json(line))
            except ValidationError as error:
                if line.startswith(b"{"):
                    problem = error.errors(include_url=False)[0]
                    place = ".".join(map(str, problem["loc"]))
                    self.unreadable = f"{place}: {problem['msg']}" if place else problem["msg"]
                    return messages, False
                self.dump = (self.dump + line + b"\n")[:_KEPT_DUMP]
        return messages, is_open

    def drain(self) -> bool:
        """Take in what was printed, keeping its end; False when nothing more can come."""
        data, is_open = _read(self.prints, most=_CHUNK * 16)
        self._printed = (self._printed + data)[-_KEPT_PRINTED * 4 :]
        return is_open

    @property
    def printed(self) -> str:
        """The end of what was printed since the task was handed over."""
        text = self._printed.decode("utf-8", "replace")
        return text if len(text) <= _KEPT_PRINTED else f"[…] {text[-_KEPT_PRINTED:]}"

    def abort(self) -> None:
        """Have it write its Python stack to the channel, and die."""
        self._signal(signal.SIGABRT)

    def exited(self) -> bool:
        """Whether the process has ended. It stays a zombie until `end`, so its group is ours."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def dismiss(self) -> None:
        """Tell it to leave; `gone` says when it has."""
        self._stdin.close()
        self._leave_by = time.monotonic() + _FAREWELL_SECONDS

    def gone(self) -> bool:
        """Whether a dismissed worker has left; one that lingers is ended."""
        self.drain()  # or its last words could block its way out
        late = self._leave_by is not None and time.monotonic() > self._leave_by
        if not (late or self.exited()):
            return False
        self.end()
        return True

    def kill(self) -> None:
        """Kill it with all that it started, at once."""
        # Not there any more; macOS says "not permitted" of a group of zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> int:
        """Kill it, reap it, and return its exit status."""
        self.kill()
        status = self._process.wait()
        for stream in self._streams:
            stream.close()
        return status

    def _signal(self, number: int) -> None:
        if not self.exited():
            os.kill(self._process.pid, number)


def _read(descriptor: int, most: int) -> tuple[bytes, bool]:
    """What a non-blocking descriptor holds, up to about `most` bytes; False at its end."""
    parts: list[bytes] = []
    size = 0
    while size < most:
        try:
            part = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return b"".join(parts), True
        if not part:
            return b"".join(parts), False
        parts.append(part)
        size += len(part)
    return b"".join(parts), True
