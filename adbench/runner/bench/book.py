"""What is known of each task as a benchmark goes on: readings, first calls, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from adbench.bench.protocol import Bound, Facts, FirstCalled, Side
from adbench.bench.statistics import Reading
from adbench.record.bench import AuditItem, Memory, Retraces, Threads
from adbench.record.model import CaseResult, Failure
from adbench.runner.tasks import Task

Status = Literal["measured", "wrong", "unfair", "failed", "skipped", "unfinished"]


@dataclass
class Entry:
    """One task: a case on one backend in one mode."""

    task: Task
    status: Status = "unfinished"
    reason: str = ""
    check: CaseResult | None = None
    """Its own check, or that of the mode that stands for it."""
    bound: Bound | None = None
    first: FirstCalled | None = None
    """Of the first process."""
    facts: Facts | None = None
    threads: Threads | None = None
    audit: tuple[AuditItem, ...] = ()
    memory: Memory | None = None
    numeric: tuple[float, ...] = ()
    readings: dict[Side, list[Reading]] = field(default_factory=dict)
    calls: int = 0
    processes: set[int] = field(default_factory=set)
    voided: int = 0
    retraces: int = 0
    data_retraces: Retraces | None = None
    warnings: list[str] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    """Seconds of getting ready in each process."""
    there: list[Reading] = field(default_factory=list)
    """The derivative's readings on the other side of `--against`."""
    memory_there: Memory | None = None
    missing_there: str = ""
    """Why the other side gives none."""
    stopped: bool = False
    """Whether it is not to be asked again."""

    @property
    def key(self) -> str:
        """`torch:eager`."""
        return f"{self.task.backend}:{self.task.mode}"

    def close(self, status: Status, reason: str) -> None:
        """It is not measured any further. What has been read already stays."""
        self.stopped = True
        if self.status == "measured" and status in ("failed", "unfinished"):
            self.warn(f"stopped early: {reason}")
        else:
            self.status, self.reason = status, reason

    def fail(self, failure: Failure) -> None:
        """The function, or its worker, failed."""
        first = (failure.message.splitlines() or [""])[0]
        known = f"{failure.type}: " if failure.type and failure.kind != "output" else ""
        self.close("failed", f"{known}{first}")

    def warn(self, message: str) -> None:
        """Once each."""
        if message not in self.warnings:
            self.warnings.append(message)

    def read(self, side: Side, reading: Reading) -> None:
        """Keep a sample."""
        self.readings.setdefault(side, []).append(reading)
        if side == "derivative":
            self.processes.add(reading.process)
            self.status = "measured"


@dataclass
class CaseBook:
    """All tasks of one case, with the control: one of them measured twice."""

    name: str
    entries: list[Entry]
    twin: list[Reading] = field(default_factory=list)
    """The derivative's readings of the second worker of the control's backend and mode."""
    numpy: list[Reading] = field(default_factory=list)
    """The primal in plain NumPy, from whichever worker gave it."""

    def entry(self, key: str) -> Entry | None:
        """The task on this backend and mode."""
        return next((entry for entry in self.entries if entry.key == key), None)


def books(tasks: Sequence[Task]) -> list[CaseBook]:
    """The tasks by case, in their order."""
    found: dict[tuple[str, str], CaseBook] = {}
    for task in tasks:
        key = (task.case.suite, task.case.name)
        book = found.setdefault(key, CaseBook(f"{task.case.suite}/{task.case.name}", []))
        book.entries.append(Entry(task))
    return list(found.values())
