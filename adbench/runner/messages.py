"""What a runner and its workers say to each other: one JSON object a line, each with its type."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from adbench.record.base import Message
from adbench.record.model import CaseResult
from adbench.runner.tasks import Task


class RunTask(Message):
    """Runner to worker: do this. The worker leaves when its input ends."""

    type: Literal["run"] = "run"
    id: int
    task: Task


class Hello(Message):
    """Worker to runner: ready for the first task."""

    type: Literal["hello"] = "hello"
    pid: int


class Started(Message):
    """Worker to runner: the backend is imported, the user's code begins; the clock runs."""

    type: Literal["started"] = "started"
    id: int


class Result(Message):
    """Worker to runner: the task is done, ready for the next."""

    type: Literal["result"] = "result"
    id: int
    result: CaseResult
    threads: dict[str, int] = Field(default_factory=dict)
    """Thread counts of the libraries that the worker has loaded."""


FromWorker = Annotated[Hello | Started | Result, Field(discriminator="type")]
from_worker: TypeAdapter[Hello | Started | Result] = TypeAdapter(FromWorker)
