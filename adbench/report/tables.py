"""A run's results and costs as CSV, a line a task, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from adbench.record.bench import Interval, Measurement
from adbench.record.model import CaseResult, RunRecord
from adbench.report.view.metrics import agreement, compile_seconds
from adbench.report.visible import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_RESULTS = (
    "suite",
    "case",
    "backend",
    "mode",
    "dtype",
    "device",
    "seed",
    "verdict",
    "expected",
    "digits",
    "resolution",
    "evaluations",
    "seconds",
    "reason",
)
_MEASUREMENTS = (
    "suite",
    "case",
    "backend",
    "mode",
    "dtype",
    "device",
    "what",
    "status",
    "size",
    "inputs",
    "rank",
    "steady_s",
    "steady_low_s",
    "steady_high_s",
    "primal_s",
    "ratio",
    "ratio_low",
    "ratio_high",
    "first_call_s",
    "compile_s",
    "break_even_calls",
    "memory_bytes",
    "threads",
    "samples",
    "reason",
)


def results_csv(record: RunRecord) -> str:
    """Every check of a run; times in seconds."""
    return _table(_RESULTS, map(_result, record.results))


def measurements_csv(record: RunRecord) -> str:
    """Every measurement of a run; times in seconds, memory in bytes; "" where there is none."""
    measured = record.bench.measurements if record.bench else ()
    return _table(_MEASUREMENTS, map(_measurement, measured))


def _result(result: CaseResult) -> list[object]:
    check = result.check
    return [
        result.suite,
        result.case,
        result.backend,
        result.mode,
        result.dtype,
        result.device,
        result.seed,
        result.verdict.value,
        result.expected,
        agreement(check) if check else None,
        check.resolution if check else None,
        check.evaluations if check else None,
        result.seconds,
        result.reason,
    ]


def _measurement(m: Measurement) -> list[object]:
    return [
        m.suite,
        m.case,
        m.backend,
        m.mode,
        m.dtype,
        m.device,
        m.what,
        m.status,
        m.size,
        m.inputs,
        m.rank,
        *_interval(m.steady),
        m.primal.value if m.primal else None,
        *_interval(m.ratio),
        m.first_call,
        compile_seconds(m),
        m.break_even.calls if m.break_even else None,
        m.memory.peak if m.memory else None,
        m.threads.observed if m.threads else None,
        m.samples,
        m.reason,
    ]


def _interval(found: Interval | None) -> list[float | None]:
    return [found.value, found.low, found.high] if found else [None, None, None]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe, as it is wont to."""
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
