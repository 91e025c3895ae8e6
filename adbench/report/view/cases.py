"""One case in full: what it is, what each backend made of it, what it costs and how that grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adbench.record.bench import Growth, Measurement
from adbench.record.model import (
    CaseResult,
    RunRecord,
)
from adbench.report.view.anchors import CaseKey, base_of, case_of, mode_of, modes
from adbench.report.view.numbers import figure
from adbench.report.view.signs import Sign, sign_of, status_of


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case on all its modes; either of the two mappings may lack a mode."""

    key: CaseKey
    results: Mapping[str, CaseResult]
    measurements: Mapping[str, tuple[Measurement, ...]]
    """All that were measured of a mode, one a derivative."""

    @property
    def modes(self) -> list[str]:
        """Every mode that says anything about this case."""
        measured = (m for several in self.measurements.values() for m in several)
        return modes([*self.results.values(), *measured])

    @property
    def signs(self) -> list[tuple[str, Sign]]:
        """Each mode with its sign."""
        return [(mode, self._sign(mode)) for mode in self.modes]

    @property
    def troubled(self) -> bool:
        """Whether any mode is worth a look."""
        return any(sign.tone in ("bad", "warn") for _, sign in self.signs)

    @property
    def point(self) -> str:
        """The grid point as the case is named by it: `D=2, K=5`."""
        base = base_of(self._any())
        return self.key.case.removeprefix(base).strip("[]").replace(",", ", ")

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """Each input with its shape and how it came about."""
        known = next((r.definition.inputs for r in self.results.values() if r.definition), {})
        shapes = next((r.inputs.leaves for r in self.results.values() if r.inputs), {})
        names = dict.fromkeys([*shapes, *known])
        said = ((name, [shapes.get(name), known.get(name)]) for name in names)
        return [(name, ", ".join(filter(None, words))) for name, words in said]

    @property
    def code(self) -> str:
        """The function's source; where each backend has a function of its own, all of them."""
        sources = {r.definition.code: mode for mode, r in self.results.items() if r.definition}
        codes = [code for code in sources if code]
        if len(codes) < 2:
            return "".join(codes)
        return "\n\n".join(f"# {sources[code]}\n{code}" for code in codes)

    @property
    def description(self) -> str:
        """The suite's own words."""
        return next((r.definition.description for r in self.results.values() if r.definition), "")

    @property
    def place(self) -> str:
        """The function's file and line, else the suite's."""
        found = [r.check.where for r in self.results.values() if r.check and r.check.where]
        found += [r.source for r in self.results.values() if r.source and r.source.file]
        return f"{found[0].file}:{found[0].line}" if found else ""

    def _sign(self, mode: str) -> Sign:
        if mode in self.results:
            return sign_of(self.results[mode])
        return status_of(self.measurements[mode][0])

    def _any(self) -> CaseResult | Measurement:
        measured = [several[0] for several in self.measurements.values()]
        return measured[0] if measured else next(iter(self.results.values()))


@dataclass(frozen=True, slots=True)
class Group:
    """A case with all its grid points: what one section is about."""

    suite: str
    base: str
    cases: tuple[CaseView, ...]
    growth: tuple[Growth, ...]

    @property
    def troubled(self) -> bool:
        """Whether any of its cases is worth a look."""
        return any(case.troubled for case in self.cases)


def groups(record: RunRecord) -> list[Group]:
    """Every case of a run under its base name, in the run's order."""
    measured = record.bench.measurements if record.bench else ()
    results: dict[CaseKey, dict[str, CaseResult]] = {}
    costs: dict[CaseKey, dict[str, tuple[Measurement, ...]]] = {}
    bases: dict[tuple[str, str], dict[CaseKey, None]] = {}
    tasks: list[CaseResult | Measurement] = [*record.results, *measured]
    for task in tasks:
        bases.setdefault((task.suite, base_of(task)), {})[case_of(task)] = None
    for result in record.results:
        results.setdefault(case_of(result), {})[mode_of(result)] = result
    for m in measured:
        several = costs.setdefault(case_of(m), {})
        several[mode_of(m)] = (*several.get(mode_of(m), ()), m)
    growth = record.bench.growth if record.bench else ()
    return [
        Group(
            suite,
            base,
            tuple(CaseView(key, results.get(key, {}), costs.get(key, {})) for key in keys),
            tuple(g for g in growth if (g.suite, g.base) == (suite, base)),
        )
        for (suite, base), keys in bases.items()
    ]


def exponent(growth: Growth) -> str:
    """`n^1.98 (1.91 to 2.04)`."""
    e = growth.exponent
    low, value, high = (figure(f"{v:.2f}") for v in (e.low, e.value, e.high))
    return f"{growth.parameter}^{value} ({low} to {high})"
