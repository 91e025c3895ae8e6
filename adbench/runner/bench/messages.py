"""The one message of a bench worker that needs the runner's Task; the others are bench's own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from adbench.bench.protocol import (
    Answer,
    CountRetraces,
    First,
    MeasureMemory,
    MeasureNumeric,
    Message,
    ProveThreads,
    Sample,
    StateFacts,
    What,
)
from adbench.runner.tasks import Task


class Bind(Message):
    """Load the task's function, make its inputs and bind them, in place of what was bound."""

    type: Literal["bind"] = "bind"
    task: Task
    what: What = "vjp"
    numpy: bool = False
    """Whether the primal is wanted in plain NumPy too."""
    threads: int = 1


ToWorker = Annotated[
    Bind
    | First
    | Sample
    | MeasureMemory
    | MeasureNumeric
    | ProveThreads
    | CountRetraces
    | StateFacts,
    Field(discriminator="type"),
]
to_worker: TypeAdapter[
    Bind
    | First
    | Sample
    | MeasureMemory
    | MeasureNumeric
    | ProveThreads
    | CountRetraces
    | StateFacts
] = TypeAdapter(ToWorker)
from_bench_worker: TypeAdapter[Message] = TypeAdapter(Answer)
