"""What a bench worker is asked and what it answers: one JSON object a line, each with its type.

A worker serves one backend in one mode, pinned to its cores before anything is imported, and has
one task bound at a time. It works only when asked, and the coordinator asks one worker at a time
(the token), so that nothing else computes while something is timed.

The way of one task: `Bind` (in `adbench.runner.bench.messages`, for it carries the runner's Task)
answers `Bound`; `First` makes the first call, `Sample` times some calls. `MeasureMemory`,
`MeasureNumeric`, `ProveThreads` and `StateFacts` each make a pass of their own, on the bound
`Subject` (`adbench.bench.subject`); they call, in the worker:

- `adbench.bench.memory.measure(subject) -> MemoryMeasured`, in a fresh process of its own whose
  environment is the timed one's and `adbench.bench.memory.ENVIRONMENT` (the tuned allocator);
- `adbench.bench.numeric.measure(subject, seconds) -> NumericMeasured`, within about `seconds`;
- `adbench.bench.threads.prove(subject, seconds) -> ThreadsSeen`;
- `adbench.bench.retraces.count(subject, points, seconds) -> RetracesCounted`, in memory's process;
- `adbench.bench.audit.facts(subject) -> Facts`.

In the coordinator, over answers and measurements, without any backend:

- `adbench.bench.audit.judge(facts, threads, rtol, requested) -> dict[str, tuple[AuditItem, ...]]`
  for the tasks of one case; keys are `backend:mode`, `facts` and `threads` mappings by that key;
- `adbench.bench.growth.fit(measurements) -> tuple[Growth, ...]`.

What goes wrong in the user's function answers `Failed`; a worker that dies answers nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from adbench.record.base import Message
from adbench.record.bench import CompileStage, Memory, Threads, What
from adbench.record.model import Failure

PROTOCOL = 1
"""Both sides must speak the same: the other side of `--against` may be another version."""

Side = Literal["derivative", "primal", "numpy"]
"""What is timed: the derivative; the function alone, untracked, on the backend; in plain NumPy."""


# Coordinator to worker.


class First(Message):
    """Make the first call of the derivative, then warm up for about `warm` seconds."""

    type: Literal["first"] = "first"
    warm: float = 0.0


class Sample(Message):
    """Time `calls` calls of one side, each waited for; 0 calls: find how many take `at_least`."""

    type: Literal["sample"] = "sample"
    side: Side
    calls: int = Field(ge=0)
    at_least: float = 1e-3
    """Seconds that a sample has to last; read only where `calls` is 0."""


class MeasureMemory(Message):
    """Peak memory of one derivative above its inputs."""

    type: Literal["memory"] = "memory"


class MeasureNumeric(Message):
    """Time the same gradient by forward differences, within about `seconds`."""

    type: Literal["numeric"] = "numeric"
    seconds: float


class ProveThreads(Message):
    """Run the derivative for about `seconds` and count the threads at work."""

    type: Literal["threads"] = "threads"
    seconds: float


class CountRetraces(Message):
    """Call the derivative at other values of the active inputs, and count what is compiled."""

    type: Literal["retraces"] = "retraces"
    points: int
    """How many sets of values, each drawn with a seed of its own."""
    seconds: float


class StateFacts(Message):
    """State what a fair comparison depends on."""

    type: Literal["facts"] = "facts"


Request = (
    First | Sample | MeasureMemory | MeasureNumeric | ProveThreads | CountRetraces | StateFacts
)


# Worker to coordinator.


class Ready(Message):
    """The worker runs; its backend is imported. Sent once, unasked."""

    type: Literal["ready"] = "ready"
    pid: int
    protocol: int = PROTOCOL
    imported: float = 0.0
    """Seconds of importing the backend."""
    versions: dict[str, str] = Field(default_factory=dict)


class Bound(Message):
    """The task's function, inputs and directions are on the device; nothing is timed yet."""

    type: Literal["bound"] = "bound"
    seconds: float
    inputs: int
    """Numbers in the active inputs."""
    input_bytes: int
    """Of all inputs, data included."""
    numpy: bool
    """Whether the function runs in plain NumPy."""


class FirstCalled(Message):
    """The first call is made."""

    type: Literal["first called"] = "first called"
    seconds: float
    stages: tuple[CompileStage, ...] = ()
    steady: bool = True
    """False where two calls with the same inputs gave different values."""
    compilations: int = 0
    """How often something was compiled in the first call."""
    later: int = 0
    """And after it, while warming up: traced or compiled again."""
    warmed: float = 0.0
    """Seconds of warming up."""
    fingerprint: tuple[float, ...] = ()
    """The result in numbers that another mode's can be held against; see `bench.likeness`."""


class Sampled(Message):
    """One sample."""

    type: Literal["sampled"] = "sampled"
    seconds: float
    """Of all calls together."""
    calls: int
    compilations: int = 0
    """How often something was compiled in it; from one on, the sample is void."""
    preempted: int = 0
    """How many tries before it were thrown away because the kernel took the core in between."""
    busy: float = 0.0
    """Seconds of all that was done for it: calibration and the call before included."""


class MemoryMeasured(Message):
    """Peak memory, and what there is to say about it."""

    type: Literal["memory measured"] = "memory measured"
    memory: Memory | None = None
    """None where this backend or device tells none; `warnings` then says why."""
    warnings: tuple[str, ...] = ()


class NumericMeasured(Message):
    """Seconds of whole gradients by forward differences, each n + 1 primals."""

    type: Literal["numeric measured"] = "numeric measured"
    seconds: tuple[float, ...]
    """Empty where one gradient would not fit the time given; `warnings` then says so."""
    extrapolated: bool = False
    """True where fewer than n + 1 primals were run and the rest was reckoned from them."""
    warnings: tuple[str, ...] = ()


class ThreadsSeen(Message):
    """The threads at work, by their CPU time."""

    type: Literal["threads seen"] = "threads seen"
    threads: Threads


class RetracesCounted(Message):
    """What was compiled for other values of the active inputs."""

    type: Literal["retraces counted"] = "retraces counted"
    points: int
    """Of how many sets of values; 0 for what compiles nothing."""
    compilations: int


class Facts(Message):
    """What a fair comparison depends on, as it really was in this worker."""

    type: Literal["facts stated"] = "facts stated"
    inputs: tuple[str, ...]
    """Dtypes of the active inputs, as native arrays on the device."""
    outputs: tuple[str, ...]
    gradients: tuple[str, ...]
    """Dtypes of what the derivative gave; empty for the primal."""
    devices: tuple[str, ...]
    """Where inputs, outputs and gradients are: `cpu`, `cuda:0`; each once."""
    tracked: bool
    """Whether the primal that was timed tracks derivatives."""
    converted: bool = False
    """Whether a timed call is given anything but arrays that are on the device already."""
    value: tuple[float, ...] = ()
    """The primal's first numbers (real parts before imaginary ones), for comparison."""
    norm: float = 0.0
    """The Euclidean norm of the whole primal."""


class Failed(Message):
    """The user's function, or the backend, raised an error; the worker can go on."""

    type: Literal["failed"] = "failed"
    failure: Failure


class Skipped(Message):
    """The backend or its device is not here."""

    type: Literal["skipped"] = "skipped"
    reason: str


Answer = Annotated[
    Ready
    | Bound
    | FirstCalled
    | Sampled
    | MemoryMeasured
    | NumericMeasured
    | ThreadsSeen
    | RetracesCounted
    | Facts
    | Failed
    | Skipped,
    Field(discriminator="type"),
]

__all__ = [
    "PROTOCOL",
    "Answer",
    "Bound",
    "CountRetraces",
    "Facts",
    "Failed",
    "First",
    "FirstCalled",
    "MeasureMemory",
    "MeasureNumeric",
    "MemoryMeasured",
    "Message",
    "NumericMeasured",
    "ProveThreads",
    "Ready",
    "Request",
    "RetracesCounted",
    "Sample",
    "Sampled",
    "Side",
    "Skipped",
    "StateFacts",
    "ThreadsSeen",
    "What",
]
