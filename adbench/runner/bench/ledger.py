"""Where the time of a benchmark goes, and how much of it is left."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Use = Literal["check", "import", "warm-up", "timed", "passes"]
_GRACE = 0.05
"""A request may run over the budget by this share of it before its worker is ended."""
_UNLIMITED = 600.0
"""Seconds that one request may take where there is no budget."""


class Ledger:
    """The wall time since it was made, by use; what is under no use is the runner's own."""

    def __init__(self, budget: float | None) -> None:
        self.budget = budget
        self._begin = time.monotonic()
        self.spent: dict[Use, float] = defaultdict(float)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begin

    @property
    def left(self) -> float:
        """Seconds of the budget that are left; infinite without one."""
        return float("inf") if self.budget is None else self.budget - self.elapsed

    @property
    def patience(self) -> float:
        """How long the next request may take. Half of what is left: were it to hang, the others
        still had the other half."""
        if self.budget is None:
            return _UNLIMITED
        return max(self.left / 2, min(2.0, _GRACE * self.budget))

    @contextmanager
    def use(self, what: Use) -> Iterator[None]:
        """Time spent in here was put to this use."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.spent[what] += time.monotonic() - begin

    def add(self, what: Use, seconds: float) -> None:
        """Seconds that a worker says it spent so."""
        self.spent[what] += seconds

    @property
    def overhead(self) -> float:
        """The share of the wall time that went into nothing above."""
        return max(0.0, 1 - sum(self.spent.values()) / max(self.elapsed, 1e-9))
