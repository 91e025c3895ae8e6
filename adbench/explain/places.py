"""The user's own line among the frames of a stack that a library has kept."""

from __future__ import annotations

import linecache
import os
import sysconfig
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from adbench.record.model import SourceLocation

_ADBENCH = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "")
_STANDARD = tuple(
    os.path.join(os.path.realpath(sysconfig.get_path(name)), "")
    for name in ("stdlib", "platstdlib")
)
_INSTALLED = ("site-packages", "dist-packages")


def location(file: str, line: int, function: str, text: str) -> SourceLocation:
    """A place in the user's code, its file as seen from the current folder."""
    below = os.path.join(os.getcwd(), "")
    shown = os.path.relpath(file) if os.path.abspath(file).startswith(below) else file
    return SourceLocation(file=shown, line=line, function=function, text=text)


def innermost(frames: Iterable[tuple[str, int, str]]) -> SourceLocation | None:
    """The first of the frames (file, line, function), innermost first, that is the user's."""
    for file, line, function in frames:
        if _is_user(file):
            return location(file, line, function, linecache.getline(file, line).strip())
    return None


@lru_cache(maxsize=1024)
def _is_user(file: str) -> bool:
    """Whether a file is neither adbench's, the standard library's, installed, nor generated."""
    if file.startswith("<"):
        return False
    real = os.path.realpath(file)
    if real.startswith(_ADBENCH) or any(part in _INSTALLED for part in Path(real).parts):
        return False
    return not real.startswith(_STANDARD)
