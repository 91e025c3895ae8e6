"""Tasks that come one by one, checked by workers that stay from one to the next."""

from __future__ import annotations

from collections.abc import Callable

from adbench.backends import unavailable
from adbench.runner import outcomes
from adbench.runner.pool import Outcome, run_in_pool
from adbench.runner.staff import Staff
from adbench.runner.tasks import Task


class Session:
    """Checks each task that it is given, in a worker process for each backend.

    A crash or a time-out ends the worker and is that task's error; the next task gets a new one.
    `sharing` is how many sessions share this machine's cores, `folder` where the workers start.
    Several threads may use one session; each then has workers of its own.
    """

    def __init__(self, *, sharing: int = 1, folder: str | None = None) -> None:
        self._staff = Staff(sharing=sharing, folder=folder)

    def check(
        self,
        task: Task,
        *,
        timeout: float | None = None,
        on_start: Callable[[Task], object] | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> Outcome | None:
        """The task's outcome; None where `wanted`, asked now and then, has said no.

        `timeout` is the seconds that the task's own code may take; `on_start` is called as it
        begins.
        """
        if (error := unavailable(task.backend)) is not None:
            return Outcome(0, outcomes.unavailable(task, error))
        arriving = run_in_pool(
            [task], timeout=timeout, staff=self._staff, on_start=on_start, wanted=wanted
        )
        return next(iter(list(arriving)), None)

    def close(self) -> None:
        """End the workers."""
        self._staff.close()
