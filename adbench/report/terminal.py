"""The stream a person reads: what it can show, and what is shown in place of what it cannot."""

from __future__ import annotations

import codecs
import io
import os
from typing import TextIO

from rich.console import Console

_PIPED_WIDTH = 100
"""A pipe has no width; a CI log shows about this much."""

_PLAIN = {
    "✓": "+",
    "✗": "x",
    "∧": "^",
    "–": "-",
    "—": "-",
    "−": "-",
    "‑": "-",
    "…": "...",
    "·": "|",
    "±": "+/-",
    "×": "x",
    "÷": "/",
    "µ": "u",
    "‖": "|",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "→": "->",
    "∞": "inf",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "²": "^2",
    "³": "^3",
    "√": "sqrt",
    "∂": "d",
    "─": "-",
    "━": "-",
    "│": "|",
    "╸": "-",
    "╺": "-",
    "•": "*",
    "▸": ">",
    "↳": ">",
    "↗": "^",
    "▲": "^",
    "▼": "v",
}


def _degrade(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: the nearest plain spelling, or the character's escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    spelled = (_PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lost)
    return "".join(spelled), error.end


codecs.register_error("adbench.degrade", _degrade)


class Terminal(Console):
    """A rich console that stays quiet when its reader has gone (`| head`), and goes on."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        hush(self.file)


def hush(stream: object) -> None:
    """Point a stream whose reader has gone at nothing, so that the last flush is quiet too."""
    try:
        descriptor = stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def terminal(stream: TextIO) -> Terminal:
    """A console on `stream`: colour, width and characters as far as that stream has them.

    `NO_COLOR` and `TERM=dumb` turn every escape sequence off, `FORCE_COLOR` turns colour on for
    a pipe too, and `COLUMNS` sets the width.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="adbench.degrade")
    interactive = stream.isatty()
    width = None if interactive or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Terminal(
        file=stream,
        width=width,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        highlight=False,
        markup=False,
        emoji=False,
    )
