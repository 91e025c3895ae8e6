"""The engine's error: what has no derivative, where in the user's code, and what to do instead."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import NamedTuple

_LIBRARIES = tuple(
    f"{os.sep}{name}{os.sep}" for name in ("numpy", "scipy", "array_api_compat", "optree")
)
_SHARED = "scipy._lib."
_ENGINE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Location(NamedTuple):
    """A line of the user's code; as text, its place relative to the working directory."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        here = os.getcwd() + os.sep
        return f"{self.file.removeprefix(here)}:{self.line}"


class DifferentiationError(TypeError):
    """Raised where going on would lose a derivative, or where none exists.

    The message names the function, the user's line, and what to use instead; `function`,
    `hint` and `location` hold the same as data.
    """

    def __init__(
        self, function: str, reason: str, hint: str = "", location: Location | None = None
    ) -> None:
        self.function = function
        self.hint = hint
        self.location = location or user_location()
        lines = [f"{function}: {reason}"]
        if self.location is not None:
            lines.append(f"  at {self.location}")
            if self.location.text:
                lines.append(f"      {self.location.text}")
        if hint:
            lines.append(f"  instead: {hint}")
        super().__init__("\n".join(lines))


def user_location(traceback: TracebackType | None = None) -> Location | None:
    """The innermost line, on the stack or of a traceback, that is the user's own."""
    # Not a list of the whole stack: it would hold its own frame, and so all values, in a cycle.
    lines: Iterable[tuple[FrameType, int]] = ((frame, frame.f_lineno) for frame in _stack())
    if traceback is not None:
        lines = [(entry.tb_frame, entry.tb_lineno) for entry in _entries(traceback)][::-1]
    for frame, line in lines:
        file = frame.f_code.co_filename
        if not _is_library(file):
            return Location(file, line, linecache.getline(file, line).strip())
    return None


def _stack() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def calling_library_function() -> str | None:
    """The name of the NumPy or SciPy function that the user's line called, if Python code."""
    name = None
    for frame in _stack():
        if not _is_library(frame.f_code.co_filename):
            break
        if not frame.f_code.co_filename.startswith(_ENGINE):
            name = _public_name(frame)
    return name


def _public_name(frame: FrameType) -> str:
    """`scipy.special.logsumexp` for a frame in `scipy.special._logsumexp`."""
    name, module = frame.f_code.co_name, str(frame.f_globals.get("__name__", "numpy"))
    if "<locals>" in frame.f_code.co_qualname:  # a decorator's wrapper, which knows the function
        for value in frame.f_locals.values():
            home = str(getattr(value, "__module__", None))
            known = getattr(value, "__name__", "<lambda>")
            if home.startswith("scipy.") and not home.startswith(_SHARED) and known.isidentifier():
                name, module = known, home
    if module.startswith("scipy.stats."):  # a method of a distribution, such as stats.norm
        distribution = frame.f_locals.get("self")
        distribution = getattr(distribution, "dist", distribution)  # of a frozen one
        bare = type(distribution).__name__.removesuffix("_gen")
        name = f"{getattr(distribution, 'name', bare)}.{name}" if distribution is not None else name
    public = [
        part for i, part in enumerate(module.split(".")) if not part.startswith("_") or i == 0
    ]
    return ".".join([*public, name])


def _is_library(file: str) -> bool:
    return (
        file.startswith((_ENGINE, "<frozen", "<__array_function__"))
        or any(part in file for part in _LIBRARIES)
        or os.path.basename(file) in ("functools.py", "contextlib.py")
    )
