"""Inputs far from the given one: those that earlier searches found, and what a search finds now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.found import FoundInputs, shown
from adbench.check.guard import OutOfTime, time_limit
from adbench.check.jumps import jumps
from adbench.check.nonfinite import nonfinite_region
from adbench.check.probes import weightings
from adbench.check.python_text import python_text
from adbench.check.reverse import Reverse
from adbench.check.search import Search
from adbench.check.suspicion import ordinary
from adbench.record.model import Finding

Array = NDArray[Any]

_REPLAY_SECONDS = 5.0


@dataclass(slots=True)
class Elsewhere:
    """Looks far away for the VJP that `trials` examines at the given point."""

    trials: Reverse
    missing: frozenset[str]
    """Leaves for which the backend reports no path."""
    dtypes: tuple[np.dtype[Any], ...]
    """The inputs' declared dtypes."""
    look: Callable[[Array, Array], list[Finding]]
    """What is wrong beyond doubt at x (n,) under weightings (m, p)."""
    kept: FoundInputs | None
    tried: int | None = None
    """How many inputs a search has tried; None where there was none."""
    failed_at: Array | None = None
    """An input (n,) at which something is wrong, once it was found."""

    def found_before(self) -> list[Finding]:
        """What is wrong at the inputs that earlier searches have kept."""
        if self.kept is None:
            return []
        try:
            for path, x in self.kept.load(self.trials.subject.inputs):
                try:
                    with time_limit(_REPLAY_SECONDS), np.errstate(all="ignore"):
                        findings = self._look(x)
                except (Exception, OutOfTime):
                    continue  # outside its domain a function may raise, or loop, as it likes
                if findings:
                    return self._located(
                        findings, x, f"that an earlier search found ({shown(path)})"
                    )
        except ValueError as error:
            return [Finding(kind="unreadable-input", level="note", message=str(error))]
        return []

    def searched(self, seconds: float, seed: int) -> list[Finding]:
        """What is wrong at the simplest input that a search finds in `seconds`; it is kept."""
        search = Search(self.trials.subject, self.dtypes, self._look, seed)
        found = search.run(seconds)
        self.tried = search.tried
        if found is None:
            return []
        return self._located(found.findings, found.x, f"that a search found{self._keep(found.x)}")

    def _look(self, x: Array) -> list[Finding]:
        here = self.trials.subject.at(x)
        if here is None or not ordinary(here.origin):
            return []
        weights = weightings(here.origin, here.outputs, here.output_dtypes, self.trials.rng)
        trials = Reverse(here, weights, self.trials.tolerance, self.trials.rng)
        gradients = trials.gradients(here.x)
        if np.isfinite(gradients).all():
            weights = np.where(jumps(here, trials.scale, trials.rng), 0.0, weights)
            if not weights.any():
                return []
            # A direction that fails while no element does crosses a jump, as of floor(x) at 0.
            return [f for f in self.look(here.x, weights) if f.input or f.kind == "ties"]
        return nonfinite_region(trials, gradients, self.missing)

    def _keep(self, x: Array) -> str:
        if self.kept is None:
            return ""
        try:
            path = self.kept.keep(self._arrays(x), self.trials.subject.inputs)
            return f" (kept in {shown(path)})"
        except OSError as error:
            return f" (and that could not be kept: {error})"

    def _arrays(self, x: Array) -> list[Array]:
        return self.trials.subject.inputs.unpack(x, self.dtypes)

    def _located(self, findings: list[Finding], x: Array, origin: str) -> list[Finding]:
        """The findings, the first of which says where they are."""
        self.failed_at = x
        text = python_text(self._arrays(x), self.trials.subject.inputs)
        first = f"at an input {origin}" + (f": {text}" if text else "")
        return [
            f.model_copy(update={"message": f"{f.message}, {'at that input' if i else first}"})
            for i, f in enumerate(findings)
        ]
