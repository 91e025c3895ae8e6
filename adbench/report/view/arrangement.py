"""What a set of records makes: a run, a check with its bench, a comparison, or a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adbench.record.model import RunRecord
from adbench.report.view.compare import ComparisonView, compare, differences
from adbench.report.view.history import History, history


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The run that a report is about, and what stands beside it."""

    record: RunRecord
    commands: tuple[str, ...]
    comparison: ComparisonView | None = None
    past: History | None = None


def arrange(records: Sequence[RunRecord]) -> Arrangement:
    """One record is reported; a check and a bench become one; two of a kind are compared, in the
    order given; more are a history, told of the latest."""
    if len(records) == 1:
        return Arrangement(records[0], _commands(records))
    if len(records) == 2:
        first, second = records
        if {first.kind, second.kind} == {"check", "bench"}:
            return Arrangement(merged(*records), _commands(records))
        return Arrangement(second, _commands([second]), comparison=compare(first, second))
    latest = max(records, key=lambda record: record.started)
    return Arrangement(latest, _commands([latest]), past=history(records))


def merged(first: RunRecord, second: RunRecord) -> RunRecord:
    """A check's verdicts with a bench's costs; a warning where they come from different places."""
    check, bench = (first, second) if first.kind == "check" else (second, first)
    assert bench.bench is not None
    known = {result.task for result in check.results}
    results = (*check.results, *(r for r in bench.results if r.task not in known))
    suites = {(suite.name, suite.sha256): suite for suite in (*check.suites, *bench.suites)}
    apart = list(differences(check, bench))
    warning = [f"checked in one place, measured in another: {'; '.join(apart)}"] if apart else []
    costs = bench.bench.model_copy(update={"warnings": (*warning, *bench.bench.warnings)})
    return bench.model_copy(
        update={
            "results": results,
            "suites": tuple(suites.values()),
            "seconds": check.seconds + bench.seconds,
            "planned": max(len(results), check.planned),
            "interrupted": check.interrupted or bench.interrupted,
            "bench": costs,
        }
    )


def _commands(records: Sequence[RunRecord]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(record.command for record in records if record.command))
