"""What to run, in worker processes, into a run record."""

from adbench.runner.api import RunOptions, plan, run, run_targets
from adbench.runner.dask import ExecutorError
from adbench.runner.select import SelectError
from adbench.runner.tasks import Task, expand

__all__ = [
    "ExecutorError",
    "RunOptions",
    "SelectError",
    "Task",
    "expand",
    "plan",
    "run",
    "run_targets",
]
