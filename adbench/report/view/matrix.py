"""Cases × backend modes: a sign for correctness, and for each metric a number to rank by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adbench.record.bench import Measurement
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.report.view.anchors import CaseKey, by_suite, case_of, mode_of, modes
from adbench.report.view.metrics import METRICS, Figure, Metric, figures, readings
from adbench.report.view.numbers import ratio
from adbench.report.view.signs import Sign, sign_of, status_of

_LEAST_SHARE = 0.5
"""A mode that has fewer of the cases than this is left out of the geometric means, so that one
backend with a single case does not leave a single case to the others."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One case on one backend mode."""

    sign: Sign
    reason: str
    figures: Mapping[str, Figure]
    trusted: bool
    """Whether its gradient is right, so that its speed counts."""


@dataclass(frozen=True, slots=True)
class Row:
    """One case on every mode; None where a mode was not asked for it."""

    key: CaseKey
    cells: tuple[Cell | None, ...]
    troubled: bool
    """Whether any cell is something else than right or skipped."""


@dataclass(frozen=True, slots=True)
class Mean:
    """One metric's geometric means by mode, over the cases that all of these modes pass."""

    metric: Metric
    texts: tuple[str, ...]
    cases: int
    modes: tuple[str, ...]
    """The modes that the cases are common to."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole table; `suites` keeps the run's order."""

    modes: tuple[str, ...]
    metrics: tuple[Metric, ...]
    suites: Mapping[str, tuple[Row, ...]]
    means: tuple[Mean, ...] = field(default=())

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, whatever suite they belong to."""
        return tuple(row for rows in self.suites.values() for row in rows)

    @property
    def first_metric(self) -> str:
        """What to show first: time, where most cases were measured; else what there is."""
        timed = sum(any(c and "time" in c.figures for c in row.cells) for row in self.rows)
        if 2 * timed > len(self.rows):
            return "time"
        return self.metrics[0].key if self.metrics else ""


def matrix(record: RunRecord) -> Matrix:
    """The matrix of a run, with the metrics that it has numbers for."""
    measured = main_measurements(record)
    columns = tuple(modes([*record.results, *measured.values()]))
    checks = {(case_of(r), mode_of(r)): r for r in record.results}
    keys = list(dict.fromkeys(key for key, _ in [*checks, *measured]))
    rows = {key: _row(key, columns, checks, measured) for key in keys}
    shown = tuple(m for m in METRICS if any(_has(row, m) for row in rows.values()))
    suites = {s: tuple(rows[key] for key in members) for s, members in by_suite(keys).items()}
    means = tuple(mean for metric in shown if (mean := _mean(rows.values(), metric, columns)))
    return Matrix(columns, shown, suites, means)


def main_measurements(record: RunRecord) -> dict[tuple[CaseKey, str], Measurement]:
    """One measurement a task: of the first derivative that the run was asked to measure."""
    chosen: dict[tuple[CaseKey, str], Measurement] = {}
    if record.bench:
        wanted = [*record.bench.what, "vjp"]
        order = {what: place for place, what in reversed(list(enumerate(wanted)))}
        for m in sorted(record.bench.measurements, key=lambda m: order.get(m.what, len(order))):
            chosen.setdefault((case_of(m), mode_of(m)), m)
    return chosen


def _row(
    key: CaseKey,
    columns: Sequence[str],
    checks: Mapping[tuple[CaseKey, str], CaseResult],
    measured: Mapping[tuple[CaseKey, str], Measurement],
) -> Row:
    pairs = [(checks.get((key, mode)), measured.get((key, mode))) for mode in columns]
    trusted = [_trusted(check, measurement) for check, measurement in pairs]
    found = [readings(*pair) for pair in pairs]
    told = figures(found, trusted, [m.rank if m else None for _, m in pairs])
    cells = tuple(
        _cell(check, measurement, own, sure) if check or measurement else None
        for (check, measurement), own, sure in zip(pairs, told, trusted, strict=True)
    )
    calm = ("good", "quiet", "note")
    return Row(key, cells, any(cell is not None and cell.sign.tone not in calm for cell in cells))


def _trusted(check: CaseResult | None, measurement: Measurement | None) -> bool:
    if check is not None:
        return check.verdict in (Verdict.PASS, Verdict.KINK)
    return measurement is not None and measurement.status == "measured"


def _cell(
    check: CaseResult | None,
    measurement: Measurement | None,
    told: Mapping[str, Figure],
    trusted: bool,
) -> Cell:
    if check is None:
        assert measurement is not None
        return Cell(status_of(measurement), measurement.reason, told, trusted)
    return Cell(sign_of(check), check.reason, told, trusted)


def _has(row: Row, metric: Metric) -> bool:
    return any(cell is not None and metric.key in cell.figures for cell in row.cells)


def _mean(rows: Iterable[Row], metric: Metric, columns: Sequence[str]) -> Mean | None:
    """Geometric means of a factor over the cases that every counted mode has, and passes."""
    if not metric.factor:
        return None
    table = [[_counted(cell, metric) for cell in row.cells] for row in rows]
    table = [values for values in table if any(v is not None for v in values)]
    present = [sum(values[c] is not None for values in table) for c in range(len(columns))]
    counted = [c for c, number in enumerate(present) if number >= _LEAST_SHARE * len(table)]
    common = [v for v in table if all(v[c] is not None for c in counted)]
    if not common or not counted:
        return None
    texts = [
        ratio(_geometric([values[c] for values in common])) if c in counted else ""
        for c in range(len(columns))
    ]
    return Mean(metric, tuple(texts), len(common), tuple(columns[c] for c in counted))


def _counted(cell: Cell | None, metric: Metric) -> float | None:
    if cell is None or not cell.trusted:
        return None
    figure = cell.figures.get(metric.key)
    usable = figure is not None and figure.order is not None and figure.order > 0
    return figure.order if figure is not None and usable else None


def _geometric(values: Sequence[float | None]) -> float:
    logarithms = [math.log(value) for value in values if value is not None]
    return math.exp(sum(logarithms) / len(logarithms))
