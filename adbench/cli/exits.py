"""Exit codes: what a shell or a CI job learns from a run without reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    1  a gradient is wrong, or one announced to fail (xfail) passes
    2  the command line or a suite file is wrong
    3  a backend is missing or crashed, or the function raised an error
    4  a verdict is inconclusive (only with --strict)
    5  nothing was selected
  130  interrupted"""


def exit_code(record: RunRecord, *, strict: bool) -> int:
    """The gravest of what the results say; a wrong gradient outweighs one that was not had.

    A run in which every task was skipped has shown nothing, so it is not a success.
    """
    from adbench.record.model import Verdict

    unexpected = {result.verdict for result in record.results if not result.expected}
    if unexpected - {Verdict.ERROR}:
        return WRONG
    if unexpected:
        return UNAVAILABLE
    if not record.results:
        return NOTHING
    if record.count(Verdict.SKIPPED) == len(record.results):
        return UNAVAILABLE
    if strict and record.count(Verdict.INCONCLUSIVE):
        return INCONCLUSIVE
    return OK
