"""Many runs of the same cases: the gradient's cost and its verdict, run after run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from adbench.record.bench import Measurement
from adbench.record.model import CaseResult, RunRecord
from adbench.report.view.anchors import CaseKey, case_of, mode_of, modes
from adbench.report.view.matrix import main_measurements
from adbench.report.view.metrics import agreement
from adbench.report.view.numbers import NOTHING, ratio, size
from adbench.report.view.signs import Sign, sign_of, status_of


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure over the runs; None where a run has none."""

    values: tuple[float | None, ...]
    first: str
    last: str
    words: str

    @property
    def known(self) -> bool:
        """Whether any run has it."""
        return any(value is not None for value in self.values)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One task over the runs."""

    key: CaseKey
    mode: str
    verdicts: tuple[Sign | None, ...]
    ratio: Trend
    memory: Trend
    digits: Trend

    @property
    def changed(self) -> bool:
        """Whether its verdict was not always the same."""
        return len({sign for sign in self.verdicts if sign}) > 1


@dataclass(frozen=True, slots=True)
class History:
    """The runs, oldest first, and every task of any of them; changed tasks come first."""

    runs: tuple[str, ...]
    rows: tuple[HistoryRow, ...]
    machines: int
    """On how many kinds of machine the runs were made."""


def history(records: Sequence[RunRecord]) -> History:
    """Lay the runs in the order of their time, and follow each task through them."""
    ordered = sorted(records, key=lambda record: record.started)
    costs = [main_measurements(record) for record in ordered]
    checks = [{(case_of(r), mode_of(r)): r for r in record.results} for record in ordered]
    tasks = dict.fromkeys([*chain(*checks), *chain(*costs)])
    results = [result for found in checks for result in found.values()]
    columns = modes([*results, *(m for found in costs for m in found.values())])
    rows = [_row(task, checks, costs) for task in tasks]
    places = {key: place for place, key in enumerate(dict.fromkeys(key for key, _ in tasks))}
    rows.sort(key=lambda row: (not row.changed, places[row.key], columns.index(row.mode)))
    machines = {(r.environment.processor, r.environment.cores) for r in ordered}
    return History(tuple(map(_named, ordered)), tuple(rows), len(machines))


def _row(
    task: tuple[CaseKey, str],
    checks: Sequence[Mapping[tuple[CaseKey, str], CaseResult]],
    costs: Sequence[Mapping[tuple[CaseKey, str], Measurement]],
) -> HistoryRow:
    found = [(check.get(task), cost.get(task)) for check, cost in zip(checks, costs, strict=True)]
    verdicts = [sign_of(c) if c else status_of(m) if m else None for c, m in found]
    digits = [agreement(c.check) if c and c.check else None for c, _ in found]
    ratios = [m.ratio.value if m and m.ratio else None for _, m in found]
    memory = [float(m.memory.peak) if m and m.memory else None for _, m in found]
    return HistoryRow(
        *task,
        tuple(verdicts),
        _trend(ratios, ratio, "gradient ÷ primal"),
        _trend(memory, size, "memory"),
        _trend(digits, "{:.1f}".format, "digits of agreement"),
    )


def _trend(values: Sequence[float | None], show: Callable[[float], str], name: str) -> Trend:
    known = [value for value in values if value is not None]
    if not known:
        return Trend(tuple(values), NOTHING, NOTHING, "")
    first, last = show(known[0]), show(known[-1])
    return Trend(tuple(values), first, last, f"{name}, first {first}, last {last}")


def _named(record: RunRecord) -> str:
    when = record.started.replace("T", " ")[:16]
    return f"{when} {record.environment.git or ''}".strip()
