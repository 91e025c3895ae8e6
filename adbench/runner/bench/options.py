"""What a benchmark is asked to do; each default is that of the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from adbench.backends import BACKENDS
from adbench.record.bench import What
from adbench.record.environment import available_cores
from adbench.record.model import CheckOptions
from adbench.runner.api import RunOptions
from adbench.runner.tasks import Task

PAIRS = 30
"""The least pairs of samples that a comparison rests on, where the budget allows them."""
_FEWEST_SWEEPS = 5
SAMPLE_SECONDS = 1.5e-3
"""What a sample is calibrated to: enough above 1 ms to stay above it when the machine speeds up."""


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """What a benchmark does with its suites."""

    backends: Sequence[str] = ()
    """Names, with or without a mode, or "all"; empty means all. All have all their modes: what
    compiling costs and gains is among the questions."""
    what: What = "vjp"
    device: str = "cpu"
    threads: int = 1
    select: str | None = None
    tags: Sequence[str] = ()
    sizes: Sequence[str] = ()
    """Only grid points with these values: `N=100` or `N=100,1000`."""
    budget: float | None = None
    """Seconds for the whole run; None: as long as the rounds take."""
    rounds: int = 0
    """How often every worker is started anew; 0: three times, eight with `against`."""
    against: str | None = None
    """A git revision, or the python of another environment, to measure side by side."""
    memory_limit: int | None = None
    """Bytes of address space that a worker may take beyond its imported backend."""
    dtype: str | None = None
    """The dtype that `resolve_targets` was given, repeated in `reproduce`."""
    command: str = "adbench.bench"

    def __post_init__(self) -> None:
        if self.rounds < 0:
            raise ValueError(f"rounds must be at least 1, not {self.rounds}")
        if self.threads < 1:
            raise ValueError(f"threads must be at least 1, not {self.threads}")
        if self.threads > (cores := available_cores()):
            raise ValueError(f"{self.threads} threads need as many cores, and here are {cores}")
        if self.budget is not None and not self.budget > 0:
            raise ValueError(f"budget must be above 0 seconds, not {self.budget:g}")
        for text in self.sizes:
            name, _, values = text.partition("=")
            if not (name and values):
                raise ValueError(f"the size {text!r} is not NAME=VALUE or NAME=VALUE,VALUE")

    @property
    def checking(self) -> RunOptions:
        """How the tasks are checked: at the point where they are timed, for what is timed."""
        derivative: Literal["vjp", "jvp", "hvp"] = "vjp" if self.what == "primal" else self.what
        return RunOptions(
            backends=[mode for text in self.backends or ("all",) for mode in _modes(text)],
            device=self.device,
            select=self.select,
            tags=self.tags,
            check=CheckOptions(derivatives=(derivative,), other_points=False),
            dtype=self.dtype,
        )

    def choose(self, tasks: Sequence[Task]) -> list[Task]:
        """Those with the sizes that were asked for."""
        return [task for task in tasks if all(_has(task, size) for size in self.sizes)]

    @property
    def sweeps(self) -> int:
        """Pairs of samples in each process."""
        return max(_FEWEST_SWEEPS, -(-PAIRS // self.processes))

    @property
    def processes(self) -> int:
        """How often every worker is started anew.

        A difference between revisions is small beside what one unlucky process can make; of eight,
        one does not move the interval of the median.
        """
        return self.rounds or (3 if self.against is None else 8)


def _modes(text: str) -> list[str]:
    """What one `--backend` stands for."""
    if text != "all":
        return [text]
    return [f"{name}:{mode}" for name, entry in BACKENDS.items() for mode in entry.modes]


def memory_size(text: str) -> int:
    """`"500MB"` or `"2GiB"` in bytes. Raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B?", text.strip())
    if match is None or not float(match[1]):
        raise ValueError(f"{text!r} is no size of memory: write 500MB or 2GiB")
    power = "KMGT".find(match[2].upper()) + 1 if match[2] else 0
    return int(float(match[1]) * (1024 if match[3] else 1000) ** power)


def _has(task: Task, size: str) -> bool:
    name, _, values = size.partition("=")
    return name in task.case.params and str(task.case.params[name]) in values.split(",")
