"""The derivative rules that users wrote, as they are met inside a function: its parts.

Each call of such a rule is caught with the values that it was given, and becomes a function of
its own, so that its derivative can be checked by itself.
"""

from __future__ import annotations

import inspect
import linecache
import os
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np

from adbench.backends import trees
from adbench.backends.calling import Call
from adbench.backends.protocol import Place, Tree

_ADBENCH = os.path.dirname(os.path.dirname(__file__))
_LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}", "<frozen")
_PLUMBING = ("functools.py", "contextlib.py")

MOST_CALLS = 4
"""Calls of one rule that are kept; a loop may make thousands."""


def part_call(
    function: Callable[..., Any], arguments: Sequence[Any], convert: Callable[[Any], Any]
) -> Call | None:
    """A rule's call as a `Call` of the arguments that are floating-point arrays, or trees of them.

    `convert` gives an argument with NumPy arrays in it, or None if it holds no arrays.

    The others stay as they were given. None where nothing is left to differentiate.
    """
    names = _names(function, len(arguments))
    arrays: dict[str, Tree] = {}
    flags: dict[str, Tree] = {}
    for name, argument in zip(names, arguments, strict=True):
        converted = convert(argument)
        leaves, spec = trees.flatten_leaves(converted)
        if leaves and all(np.asarray(leaf).dtype.kind in "fc" for leaf in leaves):
            arrays[name] = converted
            flags[name] = trees.unflatten(spec, [True] * len(leaves))
    if not arrays:
        return None

    def call(*given: Any, **_nothing: Any) -> Any:
        values = dict(zip(arrays, given, strict=True))
        return function(*[values.get(n, a) for n, a in zip(names, arguments, strict=True)])

    return Call(call, arrays, flags, {})


def place_of(function: Any) -> Place | None:
    """Where a function is written; None for one that is not written in Python."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    line = code.co_firstlineno
    while linecache.getline(code.co_filename, line).lstrip().startswith("@"):
        line += 1  # a decorator
    text = linecache.getline(code.co_filename, line).strip()
    return Place(code.co_filename, line, code.co_qualname, text)


def is_users(file: str) -> bool:
    """Whether a file of code is neither a library's nor our own."""
    library = file.startswith(_ADBENCH) or any(part in file for part in _LIBRARIES)
    return not library and os.path.basename(file) not in _PLUMBING


def user_place() -> Place | None:
    """The innermost line on the stack that is the user's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if is_users(code.co_filename):
            text = linecache.getline(code.co_filename, frame.f_lineno).strip()
            return Place(code.co_filename, frame.f_lineno, code.co_qualname, text)
        frame = frame.f_back
    return None


class Kept:
    """Which calls of which rules were seen; no more of one than can be checked."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._counts: dict[int, int] = {}

    def add(self, rule: Any, *rest: Any) -> None:
        """Keep a call, unless there are enough of this rule already."""
        count = self._counts.get(id(rule), 0)
        self._counts[id(rule)] = count + 1
        if count < MOST_CALLS:
            self.calls.append((rule, *rest))


def _names(function: Any, count: int) -> list[str]:
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        parameters = []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in positional]
    return (names + [f"x{i}" for i in range(len(names), count)])[:count]
