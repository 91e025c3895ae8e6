"""Exit codes: what a shell or a CI job learns from a run without reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adbench.record.bench import Bench
    from adbench.record.comparison import Comparison
    from adbench.record.model import RunRecord

OK = 0
WRONG = 1
USAGE = 2
UNAVAILABLE = 3
INCONCLUSIVE = 4
NOTHING = 5
INTERRUPTED = 130

EXIT_CODES = """\b
Exit codes:
    0  all as it should be
    1  a gradient is wrong, one announced to fail (xfail) passes, or something regressed
    2  the command line, a suite file or a baseline is wrong
    3  a backend is missing or crashed, or the function raised an error
    4  a verdict is inconclusive (only with --strict)
    5  nothing was selected
  130  interrupted"""


def exit_code(record: RunRecord, *, strict: bool) -> int:
    """The gravest of what the results say; a wrong gradient outweighs one that was not had.

    A run in which every task was skipped has shown nothing, so it is not a success; of a part of a
    run that is judged when the parts are merged.
    """
    from adbench.record.model import Verdict

    unexpected = {result.verdict for result in record.results if not result.expected}
    compared = comparison_code(record.comparison) if record.comparison else OK
    if unexpected - {Verdict.ERROR} or compared == WRONG:
        return WRONG
    if unexpected:
        return UNAVAILABLE
    if compared:
        return compared
    if not record.results:
        return NOTHING
    if record.count(Verdict.SKIPPED) == len(record.results) and record.shard is None:
        return UNAVAILABLE
    if strict and record.count(Verdict.INCONCLUSIVE):
        return INCONCLUSIVE
    return OK


def comparison_code(comparison: Comparison) -> int:
    """What a comparison says: something regressed, or it does not fit what it is compared with."""
    failing = {task.outcome for task in comparison.failing}
    if failing - {"stale", "removed"}:
        return WRONG
    return USAGE if failing else OK


def _one_sided(bench: Bench) -> bool:
    """Whether something was to be compared with the other side and was not."""
    compared = {side.task for side in bench.side_by_side}
    measured = {m.task for m in bench.measurements if m.status == "measured"}
    return bench.against is not None and bool(measured - compared)


def bench_exit_code(record: RunRecord) -> int:
    """What the checks say, then a regression, then what could not be measured.

    A gradient that is not that of the mode which was checked is wrong too. Where nothing at all
    was measured, nothing is as it should be.
    """
    checked = exit_code(record, strict=False)
    assert record.bench is not None
    found = record.bench.measurements
    statuses = {measurement.status for measurement in found}
    regressed = any(side.verdict == "regression" for side in record.bench.side_by_side)
    differs = any(item.name == "gradient" and not item.ok for m in found for item in m.audit)
    if checked == WRONG or differs or regressed:
        return WRONG
    if checked:
        return checked
    if "failed" in statuses or "measured" not in statuses or _one_sided(record.bench):
        return UNAVAILABLE
    return OK
