"""Which tasks belong to which case, and the name by which a link finds it in the page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from adbench.record.bench import Measurement
from adbench.record.model import CaseResult

_BACKENDS = ("native", "torch", "jax", "manual")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")


class CaseKey(NamedTuple):
    """A case of a suite, grid point included."""

    suite: str
    case: str

    @property
    def anchor(self) -> str:
        """An id that is the same in every report of this case, whatever characters it is named by.

        The digest tells names apart that differ in punctuation alone.
        """
        digest = hashlib.sha256("\0".join(self).encode("utf-8", "surrogatepass")).hexdigest()[:6]
        plain = _NOT_PLAIN.sub("-", f"{self.suite}-{self.case}").strip("-").lower()[:48]
        return f"c-{plain}-{digest}"


def case_of(task: CaseResult | Measurement) -> CaseKey:
    """The case that a result or a measurement belongs to."""
    return CaseKey(task.suite, task.case)


def base_of(task: CaseResult | Measurement) -> str:
    """The case's name without its grid point."""
    base: str = getattr(task, "base", "")
    if base:
        return base
    name, bracket, _ = task.case.partition("[")
    return name if bracket and name and task.case.endswith("]") else task.case


def mode_of(task: CaseResult | Measurement) -> str:
    """The column a task stands in: `torch:compile`."""
    return f"{task.backend}:{task.mode}" if task.mode else task.backend


def modes(tasks: Iterable[CaseResult | Measurement]) -> list[str]:
    """Every backend mode: backends in their usual order, eager first, whatever a run met first."""
    met = {mode_of(task): task for task in tasks}
    order = {backend: place for place, backend in enumerate(_BACKENDS)}
    return sorted(
        met, key=lambda name: (order.get(met[name].backend, len(order)), met[name].mode != "eager")
    )


def by_suite(keys: Sequence[CaseKey]) -> dict[str, list[CaseKey]]:
    """Cases under their suites, both in the order they were first met."""
    suites: dict[str, list[CaseKey]] = {}
    for key in keys:
        suites.setdefault(key.suite, []).append(key)
    return suites
