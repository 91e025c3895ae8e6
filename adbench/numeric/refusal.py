"""The refusal to replay a function in higher precision, and the budget of time behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_SECONDS_PER_OPERATION = 0.5e-6
"""What one operation on 50-digit numbers takes at the least; predictions err to the low side."""

_LARGEST = 20_000
"""Numbers in one array from which a replay is not tried."""


class CannotReplay(Exception):  # noqa: N818  (the word for it: an outcome, not a mistake)
    """A function that cannot be evaluated in higher precision, or not in the time given.

    `function` names what stood in the way, `reason` says why.
    """

    def __init__(self, function: str, reason: str) -> None:
        self.function = function
        self.reason = reason
        super().__init__(f"{function}: {reason}" if function else reason)


class MissingAttributeError(CannotReplay, AttributeError):
    """An attribute of ndarray that exact arrays lack; hasattr() answers False."""


@dataclass(slots=True)
class Budget:
    """Until when a replay may run, and the first refusal met on the way."""

    end: float
    refused: CannotReplay | None = None

    @property
    def left(self) -> float:
        """Seconds that remain."""
        return self.end - time.monotonic()

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """A shorter limit on the block, so that what cannot be done is known early."""
        end = self.end
        self.end = min(end, time.monotonic() + seconds)
        try:
            yield
        finally:
            self.end = end


_BUDGET: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(seconds: float) -> Iterator[Budget]:
    """A time limit on everything that exact arrays do inside the block."""
    limit = Budget(time.monotonic() + seconds)
    token = _BUDGET.set(limit)
    try:
        yield limit
    finally:
        _BUDGET.reset(token)


def refuse(function: str, reason: str) -> CannotReplay:
    """A refusal to be raised. It is remembered: code that swallows it gains nothing."""
    error = CannotReplay(function, reason)
    limit = _BUDGET.get()
    if limit is not None and limit.refused is None:
        limit.refused = error
    return error


def spend(operations: float, numbers: int = 0) -> None:
    """Announce work, counted in multiplications, and the size of the array that it makes.

    Raises CannotReplay when it does not fit into what is left of the time.
    """
    limit = _BUDGET.get()
    if limit is None:
        return
    if numbers > _LARGEST:
        raise refuse("", f"too large: an array of {numbers} numbers (at most {_LARGEST})")
    left = limit.left
    if left < 0:
        raise refuse("", "too large: the time allowed for it is spent")
    if operations * _SECONDS_PER_OPERATION > left:
        raise refuse("", f"too large: {operations:.0f} operations at a time, {left:.2g} s left")
