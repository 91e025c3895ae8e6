"""Looks for inputs where the gradient is wrong, and shrinks what it finds to the most readable.

hypothesis makes the candidates and begins to shrink. Each is looked at quickly; what is suspicious
goes through the examination that any other point gets, and only what that accuses counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.guard import OutOfTime, time_limit
from adbench.check.python_text import effort
from adbench.check.simplify import simplify
from adbench.check.subject import Subject
from adbench.check.suspicion import suspicious
from adbench.record.model import Finding

Array = NDArray[Any]
Confirm = Callable[[Array], list[Finding]]

_LEAST_SECONDS = 0.5
"""Time that one candidate may take at least; the overall limit ends it all the same."""
_FACTOR = 20
_FINAL_LOOKS = 12
_FINAL_SECONDS = 2.0
_SHRINK_SECONDS = 5.0
"""Longest time spent on making a found input simpler."""


class SearchUnavailableError(ImportError):
    """hypothesis is not installed."""


def require_hypothesis() -> None:
    """Raise SearchUnavailableError, which says what to do, where a search cannot be made."""
    if find_spec("hypothesis") is None:
        raise SearchUnavailableError(
            "a search for failing inputs needs hypothesis: pip install 'adbench-grad[search]'",
            name="hypothesis",
        )


@dataclass(frozen=True, slots=True)
class Found:
    """An input where the gradient is wrong, in coordinates (n,), and what is wrong there."""

    x: Array
    findings: list[Finding]


@dataclass(slots=True)
class Search:
    """One search. `tried` counts the candidates at which the function had a value."""

    subject: Subject
    dtypes: tuple[np.dtype[Any], ...]
    """The declared dtypes of the inputs: what is found is representable in them."""
    confirm: Confirm
    """The findings at a point, examined properly; it may raise what the function raises."""
    seed: int
    tried: int = 0

    def run(self, seconds: float) -> Found | None:
        """Search for at most about `seconds`. Raises SearchUnavailableError."""
        require_hypothesis()
        from hypothesis import Phase, Verbosity, find, settings
        from hypothesis.errors import NoSuchExample

        from adbench.check.candidates import points

        begin = time.perf_counter()
        self.subject.gradient(self.subject.x, np.ones(self.subject.outputs.size))
        pace = max(_LEAST_SECONDS, _FACTOR * (time.perf_counter() - begin))
        hunt = _Hunt(self, begin + seconds, pace)
        try:
            with np.errstate(all="ignore"):
                least = find(
                    points(self.subject.x, self.subject.inputs),
                    hunt,
                    settings=settings(
                        max_examples=10**7,
                        deadline=None,
                        database=None,
                        phases=(Phase.generate, Phase.shrink),
                        verbosity=Verbosity.quiet,
                    ),
                    random=Random(self.seed),
                )
                simplify(least, hunt)
        except (NoSuchExample, _Enough):
            pass
        with np.errstate(all="ignore"):
            return hunt.simplest()


class _Enough(BaseException):
    """The search's time is over. Not an Exception: hypothesis would take it for a failure."""


class _Hunt:
    """The condition that hypothesis looks for, with a memory of what has met it."""

    def __init__(self, search: Search, deadline: float, pace: float) -> None:
        self.search = search
        self.deadline = deadline
        self.pace = pace
        self.first: Found | None = None
        self.suspects: dict[bytes, Array] = {}

    def __call__(self, candidate: Array) -> bool:
        left = self.deadline - time.perf_counter()
        if left <= 0:
            raise _Enough
        x = self._representable(candidate)
        if x is None:
            return False
        try:
            with time_limit(min(self.pace, max(left, _LEAST_SECONDS))):
                if not suspicious(self.search.subject, x, self.search.seed):
                    self.search.tried += 1
                    return False
        except (Exception, OutOfTime):
            return False  # outside its domain a function may raise, or loop, as it likes
        self.search.tried += 1
        if self.first is None:
            findings = self._confirmed(x)
            if not findings:
                return False
            self.first = Found(x, findings)
            self.deadline = min(self.deadline, time.perf_counter() + _SHRINK_SECONDS)
        self.suspects[x.tobytes()] = x
        return True

    def _representable(self, candidate: Array) -> Array | None:
        """The candidate as the declared dtypes hold it; None where they cannot."""
        layout = self.search.subject.inputs
        x = layout.pack(layout.unpack(candidate, self.search.dtypes))
        return x if np.isfinite(x).all() else None

    def _confirmed(self, x: Array) -> list[Finding]:
        try:
            left = self.deadline - time.perf_counter()
            with time_limit(max(left, _FACTOR * _LEAST_SECONDS)):
                return self.search.confirm(x)
        except (Exception, OutOfTime):
            return []

    def simplest(self) -> Found | None:
        """The most readable suspect that the proper examination accuses too."""
        if self.first is None:
            return None
        ranked = sorted(self.suspects.values(), key=self._effort)
        begin = time.perf_counter()
        for x in ranked[:_FINAL_LOOKS]:
            late = time.perf_counter() > max(self.deadline, begin + _FINAL_SECONDS)
            if late or np.array_equal(x, self.first.x):
                break
            if findings := self._confirmed(x):
                return Found(x, findings)
        return self.first

    def _effort(self, x: Array) -> tuple[float, ...]:
        return effort(self.search.subject.inputs.unpack(x, self.search.dtypes))
