"""A comparison as a person reads it: what has changed, worst first, and what it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from adbench.record.comparison import Comparison, Outcome, TaskComparison
from adbench.report.visible import visible

_WORDS: dict[Outcome, tuple[str, str, str]] = {
    "wrong": ("✗", "wrong", "bold red"),
    "unproven": ("✗", "changed, not known to be right", "bold red"),
    "memory": ("✗", "more memory", "bold red"),
    "unblessed": ("✗", "no baseline", "bold red"),
    "stale": ("!", "other inputs", "bold magenta"),
    "removed": ("!", "removed", "bold magenta"),
    "changed": ("~", "changed, and right", "yellow"),
    "rounding": ("≈", "only rounding", "dim"),
    "untried": ("–", "not tried", "dim"),
    "same": ("=", "same", "green"),
}
"""Glyph, word and style by outcome, gravest first."""
_FROZEN = ("✗", "changed, and frozen", "bold red")
_SHOWN = 20
"""Different things that are said of one outcome; the rest are counted."""
_ROUNDINGS_SHOWN = 3
"""Of what is only rounding, those that have moved most."""
_NAMED = 5
"""Tasks of which the same is said that are named."""
_QUIET: tuple[Outcome, ...] = ("same", "untried")


def comparison_text(comparison: Comparison) -> RenderableType:
    """The whole comparison: the environment, each task with a change, and the counts."""
    parts: list[RenderableType] = [
        Text(f"Compared with {visible(comparison.before)}:", style="bold", overflow="fold")
    ]
    order = list(_WORDS)
    told = [task for task in comparison.tasks if task.outcome not in _QUIET or task.changes]
    parts += _environment(comparison.environment, explains=bool(told))
    told.sort(key=lambda task: (not task.failing, order.index(task.outcome)))
    for _, group in groupby(told, key=lambda task: (task.failing, task.outcome)):
        alike = _alike(group)
        shown = _SHOWN
        if alike[0][0].outcome == "rounding":
            alike.sort(key=lambda tasks: -_moved(tasks[0]))
            shown = _ROUNDINGS_SHOWN
        for tasks in alike[:shown]:
            parts += _explained(tasks, comparison.environment)
        if len(alike) > shown:
            rest = sum(len(tasks) for tasks in alike[shown:])
            parts.append(_indented(f"… and {rest} more like these", 2))
    parts.append(_counts(comparison))
    return Group(*parts, Text())


def _environment(phrases: Sequence[str], *, explains: bool) -> Iterator[RenderableType]:
    """What differs between the places, in full only where something needs an explanation."""
    if explains:
        for phrase in phrases:
            yield _indented(f"environment: {visible(phrase)}", 2)
    elif phrases:
        first = visible(phrases[0]) + (f" and {len(phrases) - 1} more" if len(phrases) > 1 else "")
        yield _indented(f"another environment ({first}), and the same numbers", 2)


def _alike(tasks: Iterable[TaskComparison]) -> list[list[TaskComparison]]:
    """Tasks of which the same is to be said, together."""
    groups: dict[tuple[str, tuple[str, ...]], list[TaskComparison]] = {}
    for task in tasks:
        said = (task.reason, tuple(change.message for change in task.changes))
        groups.setdefault(said, []).append(task)
    return list(groups.values())


def _moved(task: TaskComparison) -> float:
    """How many units in the last place."""
    return max((change.ulps or 0.0 for change in task.changes), default=0.0)


def _explained(
    tasks: Sequence[TaskComparison], environment: Sequence[str]
) -> Iterator[RenderableType]:
    task = tasks[0]
    glyph, word, style = _words(task)
    names = ", ".join(other.task for other in tasks[:_NAMED])
    if len(tasks) > _NAMED:
        names += f" and {len(tasks) - _NAMED} more"
    line = Text.assemble((f"{glyph} {word}", style), "  ", (visible(names), "bold"))
    line.overflow = "fold"
    yield Padding(line, (0, 0, 0, 2))
    sentence, semicolon, command = task.reason.rpartition(": adbench ")
    yield _indented(visible(sentence if semicolon else task.reason), 4)
    for change in task.changes:
        if change.message not in environment:  # said once, at the top
            yield _indented(visible(change.message), 6)
    if semicolon:  # to be copied whole
        text = Text(f"{' ' * 6}adbench {visible(command)}", no_wrap=True, overflow="ignore")
        yield text


def _words(task: TaskComparison) -> tuple[str, str, str]:
    return _FROZEN if task.outcome == "changed" and task.failing else _WORDS[task.outcome]


def _counts(comparison: Comparison) -> Text:
    found: dict[tuple[str, str, str], int] = {}
    for task in comparison.tasks:
        words = _words(task)
        found[words] = found.get(words, 0) + 1
    order: Sequence[tuple[str, str, str]] = [_FROZEN, *_WORDS.values()]
    counts = [
        Text(f"{found[words]:,} {words[1]}", style=words[2]) for words in order if words in found
    ]
    line = Text("  ")
    return line.append(Text(" · ").join(counts)) if counts else line.append("nothing to compare")


def _indented(text: str, depth: int) -> RenderableType:
    return Padding(Text(text, overflow="fold"), (0, 0, 0, depth))
