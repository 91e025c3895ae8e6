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
_REPEATABLE = ("--backend", "--arg", "--derivative")
_FLAGS = ("--power", "--thorough")
"""Options without a value."""
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
    if record.results and record.count(Verdict.SKIPPED) == len(record.results):
        lines.append(Text("Nothing was checked: every task was skipped.", style="bold"))
    if weakest := _weakest_pass(record.results):
        lines.append(weakest)
    if command := repeat_command(record):
        lines.append(Text("Repeat the failures:"))
        lines.append(Text(f"  {command}", no_wrap=True, overflow="ignore"))
    return Group(*lines)


def repeat_command(record: RunRecord) -> str:
    """One command that runs every result that is not as it should be, and little else; "" for none.

    It joins the results' own commands, so it may also run a failing case on a backend where only
    another case fails. Where they cannot be joined, or not to a command that can be pasted, it is
    the command of the whole run.
    """
    commands = [r.reproduce for r in record.results if not r.expected and r.reproduce]
    joined = joined_command(dict.fromkeys(commands)) if commands else ""
    if joined is None or len(joined) > _LONGEST_COMMAND:
        joined = record.command
    return visible(joined)


def joined_command(commands: Iterable[str]) -> str | None:
    """The commands as one: all targets, all backends, any of the selections; None if none does.

    An option that every command gives the same value keeps it; one that differs, such as the
    seeds of two cases, is left to the suite files.
    """
    try:
        parsed = [_parse(shlex.split(command)) for command in commands]
    except ValueError:  # not a command line: a record from elsewhere, or changed by hand
        return None
    operands = dict.fromkeys(word for words, _ in parsed for word in words)
    names = dict.fromkeys(name for _, options in parsed for name in options)
    selecting = [options["-k"] for _, options in parsed if "-k" in options]
    if selecting and len(selecting) < len(parsed):
        return None
    words = list(operands)
    for name in names:
        values = dict.fromkeys(v for _, options in parsed for v in options.get(name, ()))
        if name == "-k":
            words += [name, " or ".join(values)]
        elif name in _FLAGS:
            words.append(name)
        elif name in _REPEATABLE or all(list(o.get(name, ())) == list(values) for _, o in parsed):
            words += [word for value in values for word in (name, value)]
    return shlex.join(words)


def _parse(words: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """A command as its operands, and its options with their values (a flag's is none) in order."""
    operands: list[str] = []
    options: dict[str, list[str]] = {}
    following = iter(words)
    for word in following:
        if word in _FLAGS:
            options[word] = []
        elif word.startswith("-"):
            options.setdefault(word, []).append(next(following, ""))
        else:
            operands.append(word)
    return operands, options


def _counts(record: RunRecord) -> Text:
    found: Counter[Mark] = Counter(mark(result) for result in record.results)
    total = len(record.results)
    line = Text(f"{total:,} {'check' if total == 1 else 'checks'}")
    counts = [Text(f"{found[m]:,} {m.word}", style=m.style) for m in _ORDER if found[m]]
    if counts:
        line.append(": ").append(Text(", ").join(counts))
    evaluations = sum(result.check.evaluations for result in record.results if result.check)
    plural = "" if evaluations == 1 else "s"
    line.append(f" · {evaluations:,} evaluation{plural} · {duration(record.seconds)}")
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
