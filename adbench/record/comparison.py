"""What has changed between two runs, task by task, as data: what reports and exit codes read."""

from __future__ import annotations

from typing import Literal

from adbench.record.base import Model

ChangeKind = Literal[
    "objective",
    "gradient",
    "rounding",
    "inputs",
    "environment",
    "verdict",
    "time",
    "memory",
]
"""`rounding`: a value differs by no more than another order of the same operations may make it.
The others are what their names say."""

Outcome = Literal[
    "same",
    "rounding",
    "changed",
    "unproven",
    "wrong",
    "memory",
    "stale",
    "unblessed",
    "removed",
    "untried",
]
"""`same`: bit for bit. `rounding`: nothing but rounding. `changed`: the objective or the gradient,
and the check says that the gradient is right. `unproven`: changed, and the check could not tell.
`wrong`: the check says that the gradient is wrong. `memory`: peak memory beyond the margin.
`stale`: other inputs, so that nothing can be compared. `unblessed`: not in the baseline. `removed`:
in the baseline, and no longer in the suite. `untried`: skipped, or ended in an error."""


class Change(Model):
    """One thing that differs between two runs of a task."""

    kind: ChangeKind
    message: str
    """One phrase for a person, values included."""
    name: str | None = None
    """The array that differs most, as a user writes it, with the element's index."""
    before: float | None = None
    after: float | None = None
    ulps: float | None = None
    """The difference in units in the last place, of the coarser dtype of the two."""
    relative: float | None = None
    allowed: float | None = None
    """The difference that another order of the same operations may make."""


class TaskComparison(Model):
    """One task before and after."""

    task: str
    """`suite/case@backend:mode`"""
    outcome: Outcome
    reason: str
    """What happened, and what to do about it, in a sentence."""
    changes: tuple[Change, ...] = ()
    failing: bool = False
    """Whether the job is to be red for this."""


class Comparison(Model):
    """Two runs, or a run and its baseline."""

    before: str
    """What was compared with: a file's path."""
    after: str
    frozen: bool = False
    """Whether a right gradient had to stay as it was too."""
    environment: tuple[str, ...] = ()
    """What differs between the two places, a phrase each: `torch 2.9.0 → 2.9.1`."""
    tasks: tuple[TaskComparison, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many tasks have this outcome."""
        return sum(task.outcome == outcome for task in self.tasks)

    @property
    def failing(self) -> tuple[TaskComparison, ...]:
        """The tasks that make the job red."""
        return tuple(task for task in self.tasks if task.failing)
