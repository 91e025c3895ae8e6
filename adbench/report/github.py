"""A run in GitHub's own words: annotations on the lines of a pull request, and a step's summary.

The commands and their escapes are those of the documentation of GitHub Actions ("Workflow
commands"). They are printed, so they need no token.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adbench.record.model import CaseResult, Finding, RunRecord, SourceLocation, Verdict
from adbench.report.marks import XPASS, mark
from adbench.report.matrix import column
from adbench.report.problems import explanation
from adbench.report.visible import visible

MOST_ANNOTATIONS = 10
"""GitHub shows ten errors of a step and drops the rest without a word."""
_LONGEST_MESSAGE = 4000
SUMMARY_BYTES = 1024 * 1024 - 1024
"""GitHub drops a step's summary above 1 MiB whole."""

_CUT = "\n\n*The summary was cut here, at GitHub's limit. `adbench check` printed all of it.*\n"


def render_github(
    record: RunRecord, *, folder: str | os.PathLike[str] = "", workspace: str = ""
) -> str:
    """The problems as workflow commands, a line each, worst first; "" where there are none.

    `folder` is where the run's relative paths begin, `workspace` where GitHub's do: the root of
    the checkout. Where there are more than ten problems, the nine worst stand before a line that
    counts the others.
    """
    found = sorted(_problems(record), key=lambda problem: problem.gravity, reverse=True)
    lines = [_annotation(problem, folder, workspace) for problem in found]
    if len(lines) > MOST_ANNOTATIONS:
        rest = found[MOST_ANNOTATIONS - 1 :]
        level = "error" if any(problem.is_error for problem in rest) else "warning"
        message = f"{len(rest)} more problems: see this step's log, or its summary"
        title = f"adbench: {len(rest)} more"
        lines[MOST_ANNOTATIONS - 1 :] = [_command(level, message, title=title)]
    return "".join(f"{line}\n" for line in lines)


def step_summary(markdown: str, room: int = SUMMARY_BYTES) -> str:
    """`markdown` as it fits into `room` bytes: cut at the end of a line, and closed properly.

    A fence or a `<details>` that the cut leaves open is closed, and the cut is told.
    """
    if len(markdown.encode()) <= room:
        return markdown
    kept: list[str] = []
    left = room - len(_CUT.encode()) - _CLOSING_BYTES
    fence, open_details = "", 0
    for line in markdown.splitlines(keepends=True):
        left -= len(line.encode())
        if left < 0:
            break
        kept.append(line)
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        elif not fence:
            open_details += line.count("<details") - line.count("</details>")
            open_details = min(open_details, _MOST_NESTED)
    if not kept and room < len(_CUT.encode()) + _CLOSING_BYTES:
        return ""
    closing = f"{fence}\n" if fence else ""
    return "".join(kept) + closing + "\n</details>\n" * open_details + _CUT


_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_MOST_NESTED = 8
_CLOSING_BYTES = 256
"""For what may have to be closed after a cut."""


@dataclass(frozen=True, slots=True)
class _Problem:
    """What one annotation says."""

    gravity: tuple[int, float]
    """The graver first; those of a kind by how far they are off."""
    title: str
    lines: Sequence[str]
    place: SourceLocation | None

    @property
    def is_error(self) -> bool:
        """Whether the job is red for it."""
        return self.gravity[0] > 0


def _problems(record: RunRecord) -> Iterator[_Problem]:
    results = {result.task: result for result in record.results}
    for result in record.results:
        if not result.expected or result.verdict is Verdict.INCONCLUSIVE:
            title = f"{mark(result).word} {result.suite}/{result.case} on {column(result)}"
            lines = [*explanation(result)] or [visible(result.reason)]
            if result.reproduce:
                lines.append(f"repeat: {visible(result.reproduce)}")
            yield _Problem(_gravity(result), title, lines, _place(result))
    for task in record.comparison.failing if record.comparison else ():
        there = results.get(task.task)
        if there is None or there.expected:  # what is wrong has been told
            lines = [visible(task.reason), *(visible(change.message) for change in task.changes)]
            place = _place(there) if there else None
            yield _Problem((2, 0.0), f"{task.outcome} {task.task}", lines, place)
    for side in record.bench.side_by_side if record.bench else ():
        if side.verdict == "regression":
            there = results.get(side.task)
            words = f"{side.what} takes {side.ratio.value:.3g} times as long as there"
            place = _place(there) if there else None
            title = f"slower {side.task}"
            yield _Problem((2, side.ratio.value), title, [words], place)


def _gravity(result: CaseResult) -> tuple[int, float]:
    """Wrong gradients first, those that are furthest off before the others."""
    if result.expected:
        return 0, 0.0
    if result.verdict is Verdict.ERROR:
        return 1, 0.0
    if mark(result) is XPASS:
        return 3, 0.0
    findings = result.check.findings if result.check else ()
    return 4, max(map(_excess, findings), default=0.0)


def _excess(finding: Finding) -> float:
    """How many times the allowed difference AD is off."""
    if finding.ad is None or finding.numeric is None:
        return 0.0
    difference = abs(finding.ad - finding.numeric)
    allowed = (finding.bound or 0.0) + (finding.tolerance or 0.0)
    if not math.isfinite(difference) or allowed == 0.0:
        return math.inf if difference else 0.0
    return difference / allowed


def _annotation(problem: _Problem, folder: str | os.PathLike[str], workspace: str) -> str:
    message = "\n".join(problem.lines)
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]} …"
    level = "error" if problem.is_error else "warning"
    title = visible(f"adbench: {problem.title}")
    if problem.place is None:
        return _command(level, message, title=title)
    file = _from_workspace(problem.place.file, folder, workspace)
    return _command(level, message, file=file, line=str(problem.place.line), title=title)


def _place(result: CaseResult) -> SourceLocation | None:
    """The line to blame: the finding's, the innermost frame's, the function's, or the case's."""
    findings = result.check.findings if result.check else ()
    told = [finding.where for finding in findings if finding.level != "note"]
    frames = result.failure.frames if result.failure else ()
    function = result.check.where if result.check else None
    candidates = [*told, *reversed(frames), function, result.source]
    if mark(result) is XPASS:  # what has to change is the suite
        candidates = [result.source]
    return next((place for place in candidates if place is not None and place.file), None)


def _from_workspace(file: str, folder: str | os.PathLike[str], workspace: str) -> str:
    """The path as GitHub reads it, from the root of the checkout; as it is outside of that."""
    if not workspace:
        return file
    absolute = os.path.normpath(os.path.join(folder, file))
    root = Path(workspace)
    return os.path.relpath(absolute, root) if Path(absolute).is_relative_to(root) else absolute


def _command(level: str, message: str, **properties: str) -> str:
    given = ",".join(
        f"{name}={_escaped(text, in_property=True)}" for name, text in properties.items()
    )
    return f"::{level} {given}::{_escaped(message)}"


def _escaped(text: str, *, in_property: bool = False) -> str:
    pairs: Sequence[tuple[str, str]] = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")]
    if in_property:
        pairs = [*pairs, (":", "%3A"), (",", "%2C")]
    for character, escape in pairs:
        text = text.replace(character, escape)
    return text
