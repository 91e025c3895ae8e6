"""What a compiled function has become, for a person who asks."""

from __future__ import annotations

from dataclasses import dataclass

from adbench.engine.errors import Location
from adbench.engine.plan.program import Guard


@dataclass(frozen=True, slots=True)
class Fallback:
    """Why calls of one signature are left to the tape."""

    signature: str
    reason: str
    location: Location | None

    def __str__(self) -> str:
        place = f"\n  at {self.location}" if self.location else ""
        line = f"\n      {self.location.text}" if self.location and self.location.text else ""
        return f"{self.signature}: on the tape, since the function {self.reason}{place}{line}"


@dataclass(frozen=True, slots=True)
class PlanReport:
    """One replayed program: how many steps, bytes of buffers, and what it depends on."""

    signature: str
    steps: int
    nbytes: int
    guards: tuple[Guard, ...]

    def __str__(self) -> str:
        lines = [f"{self.signature}: {self.steps} steps, {self.nbytes} bytes of buffers"]
        for guard in self.guards:
            place = f" at {guard.location}" if guard.location else ""
            lines.append(f"  needs {guard.expected!r}{place}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Report:
    """What a compiled function has become so far; `str()` reads it out."""

    recordings: int
    plans: tuple[PlanReport, ...]
    fallbacks: tuple[Fallback, ...]

    def __str__(self) -> str:
        head = f"{self.recordings} recorded calls, {len(self.plans)} plans"
        return "\n".join([head, *map(str, self.plans), *map(str, self.fallbacks)])
