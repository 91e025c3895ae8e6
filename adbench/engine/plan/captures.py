"""What a function reads besides its arguments: watched, so that a plan is never out of date.

A compiled program holds values that the function took from its closure, from global names and
from objects reached through them. All that can be reached by name from the function's code is
listed here, and looked at again before each call: a rebound name by identity, an array's
elements one by one.
"""

from __future__ import annotations

import dis
import functools
import os
import sys
import sysconfig
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from adbench.engine.plan.program import same

_ENGINE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARIES = (sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["platstdlib"])
_LIBRARY_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), np.generic, np.dtype, range)


class Captures:
    """Everything that a function can read by name, as it was.

    `unchanged()` is a conjunction of identity tests, made as one Python expression.
    """

    def __init__(self, *roots: Any) -> None:
        self._names: dict[str, Any] = {}
        self._tests: list[str] = []
        self._places: list[tuple[str, Any, Any, Any]] = []
        self._arrays: list[tuple[str, Any, Any]] = []
        self._visited: set[int] = set()
        self._kept: list[Any] = list(roots)  # so that no id is used again
        for root in roots:
            self._visit(root, getattr(root, "__qualname__", "the function"))
        source = " and ".join(self._tests) or "True"
        self._unchanged = eval(f"lambda: {source}", self._names)

    def unchanged(self) -> bool:
        """Whether everything is still as it was."""
        try:
            return bool(self._unchanged()) and all(same(a, b) for _, a, b in self._arrays)
        except (KeyError, IndexError, ValueError):  # deleted
            return False

    def changed(self) -> str:
        """What is no longer as it was, for a report."""
        for name, array, snapshot in self._arrays:
            if not same(array, snapshot):
                return name
        for name, container, key, value in self._places:
            try:
                if _look(container, key) is not value:
                    return name
            except (KeyError, IndexError, ValueError):
                return name
        return "the length of a list or dict"

    # Walking.

    def _place(self, container: Any, key: Any, value: Any, name: str) -> None:
        """Watch container[key], and go on with what is there."""
        n = len(self._places)
        self._places.append((name, container, key, value))
        self._names[f"c{n}"], self._names[f"v{n}"] = container, value
        if isinstance(container, types.CellType):
            self._tests.append(f"c{n}.cell_contents is v{n}")
        else:
            self._names[f"k{n}"] = key
            self._tests.append(f"c{n}[k{n}] is v{n}")
        self._visit(value, name)

    def _size(self, container: Any) -> None:
        n = len(self._names)
        self._names[f"s{n}"] = container
        self._tests.append(f"len(s{n}) == {len(container)}")

    def _visit(self, value: Any, name: str) -> None:
        if isinstance(value, _IMMUTABLE) or id(value) in self._visited:
            return
        self._visited.add(id(value))
        if isinstance(value, np.ndarray):
            if not value.dtype.hasobject:
                self._kept.append(value)
                self._arrays.append((name, value, value.copy(order="K")))
        elif isinstance(value, types.FunctionType):
            self._function(value, name)
        elif isinstance(value, types.MethodType):
            self._visit(value.__self__, name)
            self._visit(value.__func__, name)
        elif isinstance(value, functools.partial):
            self._visit(value.func, name)
            self._visit(value.args, name)
            self._visit(value.keywords, name)
        elif isinstance(value, (list, tuple)):
            self._sequence(value, name)
        elif isinstance(value, dict):
            self._mapping(value, name)
        elif isinstance(value, type):
            if not is_library(value):
                self._mapping(vars(value), name, ".")
        elif hasattr(value, "__wrapped__"):
            self._visit(value.__wrapped__, name)
            self._mapping(getattr(value, "__dict__", {}), name, ".")
        elif not isinstance(value, types.ModuleType) and not is_library(type(value)):
            self._instance(value, name)

    def _sequence(self, value: Any, name: str) -> None:
        if isinstance(value, list):
            self._size(value)
        for i, item in enumerate(value):
            self._place(value, i, item, f"{name}[{i}]")

    def _mapping(self, value: Any, name: str, dot: str = "") -> None:
        if isinstance(value, dict):
            self._size(value)
        for key, item in list(value.items()):
            if not (dot and isinstance(key, str) and key.startswith("__")):
                self._place(value, key, item, f"{name}.{key}" if dot else f"{name}[{key!r}]")

    def _instance(self, value: Any, name: str) -> None:
        self._visit(type(value), type(value).__name__)
        if isinstance(getattr(value, "__dict__", None), dict):
            self._mapping(value.__dict__, name, ".")
        for cls in type(value).__mro__:
            slots = cls.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, slot) and not slot.startswith("__"):
                    self._place(_Slots(value), slot, getattr(value, slot), f"{name}.{slot}")

    def _function(self, function: types.FunctionType, name: str) -> None:
        if hasattr(function, "__wrapped__"):
            self._visit(function.__wrapped__, name)
        for variable, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            try:
                contents = cell.cell_contents
            except ValueError:  # not yet bound
                continue
            self._place(cell, None, contents, variable)
        for default in (function.__defaults__ or (), function.__kwdefaults__ or {}):
            self._visit(default, f"a default of {name}")
        if is_library(function):
            return
        for path in _global_paths(function.__code__):
            self._path(function.__globals__, path)

    def _path(self, space: Mapping[str, Any], path: tuple[str, ...]) -> None:
        """A global name and the attributes read from it, through modules of the user's."""
        name = ""
        for part in path:
            if part not in space:
                return  # a builtin, or an attribute that is computed
            value = space[part]
            name = f"{name}.{part}" if name else part
            self._place(space, part, value, name)
            if not isinstance(value, types.ModuleType) or is_library(value):
                return
            space = vars(value)


class _Slots:
    """Slots by item access, so that they are watched like a dictionary."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def __getitem__(self, name: str) -> Any:
        return getattr(self._owner, name, None)


def _look(container: Any, key: Any) -> Any:
    return container.cell_contents if isinstance(container, types.CellType) else container[key]


def _global_paths(code: types.CodeType) -> set[tuple[str, ...]]:
    """Global names that code reads, each with the attributes read from it at once."""
    paths = set()
    path: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            path = (instruction.argval,)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and path:
            path = (*path, instruction.argval)
        elif instruction.opname not in ("CACHE", "PRECALL", "PUSH_NULL"):
            path = ()
        if path:
            paths.add(path)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            paths |= _global_paths(constant)
    return paths


@functools.lru_cache(maxsize=4096)
def _is_library_file(file: str) -> bool:
    return any(folder in file for folder in _LIBRARY_FOLDERS) or file.startswith(
        (*_LIBRARIES, _ENGINE, "<frozen")
    )


def is_library(thing: Any) -> bool:
    """Whether a function, class or module is installed rather than the user's own."""
    if isinstance(thing, types.FunctionType):
        return _is_library_file(thing.__code__.co_filename)
    module = thing if isinstance(thing, types.ModuleType) else sys.modules.get(thing.__module__)
    file = getattr(module, "__file__", None)
    if file is None:
        # __main__ of an interactive session is the user's; built-in modules are not.
        return getattr(module, "__name__", "builtins") in sys.builtin_module_names
    return _is_library_file(file)
