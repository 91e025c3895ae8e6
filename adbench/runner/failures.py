"""Exceptions to failures: the kind, a message that can always be shown, and the user's frames."""

from __future__ import annotations

import linecache
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import adbench
from adbench.backends import ArgumentError, OutputError
from adbench.bench.limit import is_out_of_memory
from adbench.record.model import Failure, FailureKind, SourceLocation
from adbench.runner.paths import shown_path
from adbench.runner.tasks import Task
from adbench.suite import FunctionLoadError, InputError

Place = tuple[str, int, str]
"""File (absolute), line, function."""

_ADBENCH = os.path.join(os.path.dirname(os.path.realpath(adbench.__file__)), "")
_STANDARD = tuple(
    os.path.join(os.path.realpath(sysconfig.get_path(name)), "")
    for name in ("stdlib", "platstdlib")
)
_INSTALLED = ("site-packages", "dist-packages")
_EXPLAINED = (OutputError, ArgumentError, InputError, FunctionLoadError)
"""Errors of adbench whose message says all: no frames of adbench are shown for them."""
_MOST_FRAMES, _OUTERMOST = 20, 5
_MOST_MESSAGE = 4000
_FALLBACK_FRAMES = 5
_JAX_FILTERING = "JAX has removed its internal frames"
"""JAX's note on every exception; adbench cuts the frames itself."""
_CHECKING = os.path.join("adbench", "runner", "worker.py")
"""Who is at the bottom of the stack of the thread that a check runs in."""
_DUMPED_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$')


def failure_of(error: BaseException, task: Task, start: str) -> Failure:
    """What `error` means for a task that was started in the folder `start`."""
    cause = error.__cause__ if isinstance(error, FunctionLoadError) else None
    raised = cause or error
    places = _user_places(_places(raised), task)
    if not places and not isinstance(error, _EXPLAINED):
        places = list(_places(raised))[-_FALLBACK_FRAMES:]
    return Failure(
        kind=_kind(error, raised),
        type=_type_name(raised),
        message=printable(_message(error)),
        frames=locate(places, start),
    )


def dumped_frames(dump: str, task: Task, start: str) -> tuple[SourceLocation, ...]:
    """The user's frames in what `faulthandler` wrote when a worker died, innermost last.

    The thread that the check runs in speaks first: others may be left over from earlier tasks.
    """
    threads = dump.split("\n\n")
    for thread in sorted(threads, key=lambda thread: _CHECKING not in thread):
        matches = map(_DUMPED_FRAME.match, thread.splitlines())
        places = [(match[1], int(match[2]), match[3]) for match in matches if match]
        if found := _user_places(reversed(places), task):
            return locate(found, start)
    return ()


def names_user(frames: Iterable[SourceLocation], task: Task, start: str) -> bool:
    """Whether one of a failure's frames is the user's; where none is, it names whatever raised."""
    places = [(os.path.join(start, frame.file), frame.line, frame.function) for frame in frames]
    return bool(_user_places(places, task))


def locate(places: Sequence[Place], start: str) -> tuple[SourceLocation, ...]:
    """Frames with their source lines; a deep recursion keeps its two ends."""
    places = [place for place, _ in groupby(places)]  # a function that calls itself, once
    if len(places) > _MOST_FRAMES:
        places = [*places[:_OUTERMOST], *places[_OUTERMOST - _MOST_FRAMES :]]
    return tuple(
        SourceLocation(
            file=printable(shown_path(file, start)),
            line=line,
            function=printable(function),
            text=printable(linecache.getline(file, line).strip()),
        )
        for file, line, function in places
    )


def printable(text: str) -> str:
    """Text that any file can hold: of bounded length, lone surrogates escaped."""
    if len(text) > _MOST_MESSAGE:
        half = _MOST_MESSAGE // 2
        text = f"{text[:half]} […] {text[-half:]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _kind(error: BaseException, raised: BaseException) -> FailureKind:
    if isinstance(raised, SystemExit):
        return "exit"
    if is_out_of_memory(raised):
        return "memory"
    if isinstance(error, OutputError):
        return "output"
    if isinstance(error, ArgumentError | InputError):
        return "input"
    return "exception"


def _type_name(error: BaseException) -> str:
    """The type's name, with its module where that is a library's and so tells something."""
    kind = type(error)
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    library = file is not None and not _is_user(file) and not _is_adbench(file)
    return printable(f"{kind.__module__}.{kind.__qualname__}" if library else kind.__qualname__)


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the function called sys.exit({_text(error.code, repr)})"
    if isinstance(error, SyntaxError):  # its str() names the file a second time
        return _text(error.msg)
    message = _text(error)
    if isinstance(error, MemoryError):
        message = message or "there was not enough memory"
    if isinstance(error, KeyError):
        message = f"key {message} is missing"
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, list):
        told = [note for note in map(_text, notes) if _JAX_FILTERING not in note]
        message = "\n".join([message, *told])
    return message


def _text(value: object, convert: Callable[[object], str] = str) -> str:
    """`str(value)`, or what went wrong in it: a user's exception may not even have a message."""
    try:
        return convert(value)
    except Exception as error:
        return f"<its message cannot be shown: {type(error).__name__} in __str__>"


def _places(error: BaseException) -> Iterator[Place]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield frame.f_code.co_filename, line or 0, frame.f_code.co_qualname
    if isinstance(error, SyntaxError) and error.filename:
        yield error.filename, error.lineno or 0, ""


def _user_places(places: Iterable[Place], task: Task) -> list[Place]:
    own = _own_files(task)
    return [place for place in places if os.path.realpath(place[0]) in own or _is_user(place[0])]


def _own_files(task: Task) -> set[str]:
    """The files of the task's functions: the user's, wherever they are installed."""
    references = [*task.case.functions.values()]
    references += [task.case.gradient] if task.case.gradient else []
    modules = (sys.modules.get(ref.module) for ref in references if ref.module)
    files = [ref.file for ref in references] + [getattr(m, "__file__", None) for m in modules]
    return {os.path.realpath(file) for file in files if file}


def _is_user(file: str) -> bool:
    """Whether a file is neither adbench's, the standard library's, installed, nor generated.

    A library that was compiled from Cython names files that were there when it was built.
    """
    if file.startswith("<") or not os.path.exists(file):
        return False
    real = os.path.realpath(file)
    if _is_adbench(file) or any(part in _INSTALLED for part in Path(real).parts):
        return False
    return not real.startswith(_STANDARD)


def _is_adbench(file: str) -> bool:
    return os.path.realpath(file).startswith(_ADBENCH)
