"""What a bench worker has bound: one derivative of one function, ready to be called and timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adbench.backends.protocol import BoundFunction, Timed
from adbench.record.bench import What


@dataclass(frozen=True)
class Subject:
    """One task in a worker. Native arrays are on the device; a call converts nothing."""

    backend: str
    mode: str
    device: str
    what: What
    bound: BoundFunction
    """For what the timed calls do not tell: names, shapes, the point as NumPy arrays."""
    timed: Timed
    """The derivative (the primal itself where `what` is "primal")."""
    untracked: Timed
    """The primal, without derivative tracking, on this backend and in this mode."""
    numpy: Timed | None
    """The primal in plain NumPy; None where the function does not run there."""
    threads: int = 1
    """How many were asked for."""

    def derivative(self) -> Any:
        """One derivative, waited for; the backend's own arrays."""
        return self.timed()

    def primal(self) -> Any:
        """One primal, waited for; the backend's own arrays."""
        return self.untracked()

    @property
    def synchronise(self) -> Callable[[Any], object]:
        """Waits until a result of this backend is there."""
        return self.timed.wait
