"""Makes any text safe to show: what a terminal would obey, or hide, is written out instead."""

from __future__ import annotations

import re
import unicodedata

_JOINER = "\u200d"
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}]){_JOINER}|{_JOINER}(?![{_EMOJI}])")
"""A zero-width joiner that joins no two emoji, as those of families and flags do."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")


def visible(text: str) -> str:
    """`text` on one line, with control, bidirectional and other unseen characters escaped."""
    return "".join(_shown(character) for character in _STRAY_JOINER.sub(r"\\u200d", text))


def visible_lines(text: str) -> list[str]:
    """Like `visible`, for text that may have lines, tabs and colours of its own."""
    return [visible(line.expandtabs(4)) for line in _ANSI.sub("", text).splitlines()]


def _shown(character: str) -> str:
    if character.isprintable() or character == _JOINER or unicodedata.category(character) == "Zs":
        return character
    escapes = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    if character in escapes:
        return escapes[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
