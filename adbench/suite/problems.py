"""Mistakes in suite files and on the command line: the place, and what to write instead."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WIDTH = 100
"""A source line longer than this is shown as a window around the caret."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` and `column` count from 1, in characters; None where there is no file."""

    file: str
    line: int | None
    column: int | None
    message: str
    source_line: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        lines = [f"{place}: error: {self.message}"]
        if self.source_line.strip() and self.column:
            lines += _caret(self.source_line, self.column)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class SuiteError(ValueError):
    """A suite file, a target or an `--arg` is wrong; `problems` holds every mistake found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # An anchor's mistake is met again at each of its aliases; once is enough.
        self.problems = list(dict.fromkeys(problems))
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` most likely misspells, if any is near."""
    by_case = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold(), by_case, n=1, cutoff=0.6)
    return by_case[found[0]] if found else None


def did_you_mean(name: str, known: Sequence[str], kind: str = "known", most: int = 12) -> str:
    """A hint: the nearest known name, or the list of them when none is near."""
    near = closest(name, known)
    if near is not None:
        return f"did you mean {near!r}?"
    if not known:
        return ""
    shown = ", ".join(known[:most]) + (", …" if len(known) > most else "")
    return f"{kind}: {shown}"


def _caret(line: str, column: int) -> list[str]:
    start = max(0, column - 1 - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown = line[start : start + _WIDTH]
    before = "".join(_blank(character) for character in shown[: column - 1 - start])
    lead, tail = "…" if start else "", "…" if start + _WIDTH < len(line) else ""
    return [f"  {lead}{shown}{tail}", f"  {' ' * len(lead)}{before}^"]


def _blank(character: str) -> str:
    """White space as wide as the character, so that the caret stands under its column."""
    if character == "\t":
        return "\t"
    if unicodedata.combining(character):
        return ""
    return "\u3000" if unicodedata.east_asian_width(character) in "WF" else " "
