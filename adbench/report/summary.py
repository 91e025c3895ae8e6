"""The last lines: counts, cost, what the weakest pass is worth, and how to repeat the failures."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.report.marks import MARKS, XFAIL, XPASS, Mark, mark
from adbench.report.matrix import column
from adbench.report.visible import visible

_LONGEST_COMMAND = 2000
_ORDER = (
    MARKS[Verdict.FAIL],
    XPASS,
    MARKS[Verdict.ERROR],
    MARKS[Verdict.INCONCLUSIVE],
    MARKS[Verdict.PASS],
    MARKS[Verdict.KINK],
    XFAIL,
    MARKS[Verdict.SKIPPED],
)


def summary(record: RunRecord) -> RenderableType:
    """One line of counts and cost, then the lines that only some runs need."""
    lines = [_counts(record)]
    if record.interrupted:
        lines.append(_stopped(record))
    if weakest := _weakest_pass(record.results):
        lines.append(weakest)
    if command := repeat_command(record):
        lines.append(Text("Repeat the failures:"))
        lines.append(Text(f"  {command}", no_wrap=True, overflow="ignore"))
    return Group(*lines)


def repeat_command(record: RunRecord) -> str:
    """One command that runs every result that is not as it should be, and little else; "" for none.

    It is the union of the results' own commands, each argument once, so it may also run a failing
    case on a backend where only another case fails. A union too long to be pasted gives way to
    the command of the whole run.
    """
    commands = [r.reproduce for r in record.results if not r.expected and r.reproduce]
    if not commands:
        return ""
    arguments: dict[tuple[str, ...], None] = {}
    for command in commands:
        arguments.update(dict.fromkeys(_arguments(shlex.split(command))))
    options_last = sorted(arguments, key=lambda argument: argument[0].startswith("-"))
    union = visible(shlex.join(word for argument in options_last for word in argument))
    return union if len(union) <= _LONGEST_COMMAND else visible(record.command)


def _arguments(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """The words of a command, an option and its value kept together."""
    position = 0
    while position < len(words):
        word = words[position]
        following = words[position + 1 : position + 2]
        takes_value = word.startswith("-") and "=" not in word and following
        if takes_value and not following[0].startswith("-"):
            yield (word, following[0])
            position += 2
        else:
            yield (word,)
            position += 1


def _counts(record: RunRecord) -> Text:
    found: Counter[Mark] = Counter(mark(result) for result in record.results)
    total = len(record.results)
    line = Text(f"{total:,} {'check' if total == 1 else 'checks'}")
    counts = [Text(f"{found[m]:,} {m.word}", style=m.style) for m in _ORDER if found[m]]
    if counts:
        line.append(": ").append(Text(", ").join(counts))
    evaluations = sum(result.check.evaluations for result in record.results if result.check)
    line.append(f" · {evaluations:,} evaluations · {duration(record.seconds)}")
    return line


def _stopped(record: RunRecord) -> Text:
    left = record.planned - len(record.results)
    missing = (
        f"{left:,} of {record.planned:,} tasks were not run" if left > 0 else "not all was run"
    )
    return Text(f"Stopped early: {missing}.", style="bold")


def _weakest_pass(results: Iterable[CaseResult]) -> Text | None:
    """What the least telling pass could still have detected: a run's passes are worth that."""
    passes = [
        (result.check.resolution, result)
        for result in results
        if result.verdict is Verdict.PASS and result.check and result.check.resolution is not None
    ]
    if not passes:
        return None
    resolution, weakest = max(passes, key=lambda item: item[0])
    where = f"{visible(weakest.case)} on {visible(column(weakest))}"
    return Text(f"Every pass would have shown a relative error above {resolution:.1g} ({where}).")


def duration(seconds: float) -> str:
    """A time a person can take in: `12 ms`, `3.4 s`, `2 min 5 s`."""
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
