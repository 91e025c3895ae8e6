"""Workers as a pool gets them: started, or kept from an earlier run that had no more for them."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Sequence

from adbench.record.environment import available_cores
from adbench.runner.process import WorkerProcess

WORKER_MARK = "ADBENCH_WORKER"
"""Set in a worker's environment: a run started from there would never end."""
_BOOT = (
    "import sys; sys.path[:] = sys.argv[1:]; del sys.argv[1:]; "
    "from adbench.runner.worker import main; main()"
)
_TICK = 0.02


def worker_command() -> list[str]:
    """The command line of a worker that finds the same modules as this process."""
    # -P: a user's json.py in the current folder must not hide the standard library's.
    return [sys.executable, "-P", "-c", _BOOT, *sys.path]


def worker_environment(backend: str, workers: int) -> dict[str, str]:
    """This process's variables, with the cores shared among the workers.

    What the user has set is left alone. XLA takes its thread count from NPROC, not from OMP's.
    """
    threads = str(max(1, available_cores() // workers))
    names = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]
    if backend == "jax":
        names += ["NPROC", "PJRT_NPROC"]
    return dict.fromkeys(names, threads) | os.environ | {WORKER_MARK: "1"}


class Staff:
    """Where workers come from, and where those that are free wait for the next run.

    `sharing` is how many workers share this machine's cores, `folder` where they start (None: the
    current folder). Several threads may use one.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        *,
        sharing: int = 1,
        folder: str | None = None,
    ) -> None:
        self.folder = folder or os.getcwd()
        self._command = command or worker_command()
        self._sharing = sharing
        self._free: dict[str, deque[WorkerProcess]] = {}

    def hire(self, backend: str) -> tuple[WorkerProcess, bool]:
        """A worker for the backend, and whether it is new: it then says hello when it is ready."""
        free = self._free.setdefault(backend, deque())
        while free:
            worker = free.pop()
            if not worker.exited():
                return worker, False
            worker.end()
        environment = worker_environment(backend, self._sharing)
        return WorkerProcess(backend, self._command, environment, self.folder), True

    def keep(self, worker: WorkerProcess) -> None:
        """Let a worker wait for the next run."""
        self._free[worker.backend].append(worker)

    def close(self) -> None:
        """Dismiss all that are free, and wait until they have left."""
        leaving = [worker for free in self._free.values() for worker in free]
        self._free = {}
        for worker in leaving:
            worker.dismiss()
        while leaving := [worker for worker in leaving if not worker.gone()]:
            time.sleep(_TICK)
