"""What a function reads besides its arguments: watched, so that a plan is never out of date.

A compiled program holds values that the function took from its closure, from global names and
from objects reached through them. All that can be reached by name from the function's code is
listed here, and looked at again before each call: a rebound name by identity, an array's
elements one by one.
"""

from __future__ import annotations

import array
import collections
import copy
import dis
import functools
import operator
import os
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from adbench.engine.array import Recorded, TracedArray
from adbench.engine.plan.program import same

_ENGINE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARIES = (sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["platstdlib"])
_LIBRARY_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
SMALL = 4096
"""Bytes up to which an array is compared as bytes."""
MANY = 20_000
"""How many values are watched at most."""
SAME_ITEMS = "len({c}) == len({v}) and {all_are}({c}, {v})"
SAME_VALUES = "{all_are}({c}.values(), {v})"
UNCHANGED = """\
def unchanged():
    try:
        return {tests}
    except (LookupError, ValueError, AttributeError):  # deleted
        return False
"""
_UNWATCHED = (
    *(int, float, complex, str, bytes, bool, type(None), np.generic, np.dtype, range),
    *(TracedArray, Recorded),
)
"""What cannot change, and arrays that f kept from a call that is over."""


class TooManyError(Exception):
    """More can be reached than it pays to watch."""


def all_are(items: Iterable[Any], others: Iterable[Any]) -> bool:
    """Whether two iterables of the same length hold the same objects."""
    return all(map(operator.is_, items, others))


class Captures:
    """Everything that a function can read by name, as it was.

    `unchanged()` is a conjunction of tests, made as one Python function. Of an object that the
    code reads attributes of, only those are watched; of one that it hands on, all. Arrays that
    are read-only need no look at their elements.
    """

    def __init__(self, root: Any) -> None:
        self._names: dict[str, Any] = {"same": same}
        self._tests: list[str] = []
        self._told: list[tuple[str, str]] = []
        self._visited: set[Any] = set()
        self._kept: list[Any] = [root]  # so that no id is used again
        try:
            self._visit(root, getattr(root, "__qualname__", "the function"))
        except RecursionError as error:  # a chain of objects without end in sight
            raise TooManyError from error
        made: dict[str, Any] = {}
        exec(UNCHANGED.format(tests=" and ".join(self._tests) or "True"), self._names, made)
        self.unchanged: Callable[[], bool] = made["unchanged"]
        """Whether everything is still as it was."""

    def changed(self) -> str:
        """What is no longer as it was, for a report."""
        for name, test in self._told:
            try:
                if not eval(test, self._names):
                    return name
            except (LookupError, ValueError, AttributeError):
                return name
        return "something"

    # Tests.

    def _test(self, name: str, form: str, **objects: Any) -> None:
        """Add a test; `form` names the objects in it in braces."""
        number = len(self._tests)
        places = {key: f"{key}{number}" for key in objects}
        self._names |= {places[key]: thing for key, thing in objects.items()}
        test = form.format(**places)
        self._tests.append(test)
        self._told.append((name, test))

    def _place(self, container: Any, key: Any, value: Any, name: str) -> None:
        """Watch container[key]."""
        if isinstance(container, types.CellType):
            self._test(name, "{c}.cell_contents is {v}", c=container, v=value)
        else:
            self._test(name, "{c}[{k}] is {v}", c=container, k=key, v=value)

    def _array(self, array: Any, name: str) -> None:
        if array.dtype.hasobject:
            return
        if not array.flags.writeable and not isinstance(array.base, np.ndarray):
            self._test(name, "not {a}.flags.writeable", a=array)
        elif array.nbytes <= SMALL:
            self._test(name, "{a}.tobytes() == {b}", a=array, b=array.tobytes())
        else:
            self._test(name, "same({a}, {b})", a=array, b=array.copy(order="K"))

    # Walking.

    def _visit(self, value: Any, name: str) -> None:
        """Watch all that can be reached from a value that is handed on."""
        if issubclass(type(value), _UNWATCHED) or not self._first(id(value)):
            return
        self._kept.append(value)
        if isinstance(value, np.ndarray):
            self._array(value, name)
        elif isinstance(value, types.FunctionType):
            self._function(value, name)
        elif isinstance(value, types.MethodType):
            self._method(value.__func__, value.__self__, name)
        elif isinstance(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self._visit(part, name)
        elif isinstance(value, (list, tuple)):
            if isinstance(value, list):
                self._test(name, SAME_ITEMS, c=value, v=list(value), all_are=all_are)
            for i, item in enumerate(value):
                self._visit(item, f"{name}[{i}]")
        elif isinstance(value, dict):
            parts = {"c": value, "k": list(value), "v": list(value.values())}
            self._test(name, f"list({{c}}) == {{k}} and {SAME_VALUES}", all_are=all_are, **parts)
            for key, item in value.items():
                self._visit(item, f"{name}[{key!r}]")
        elif isinstance(value, (set, frozenset, collections.deque, bytearray, array.array)):
            self._test(name, "{c} == {v}", c=value, v=copy.copy(value))
        elif isinstance(value, type):
            for cls in value.__mro__:
                if not is_library(cls):
                    self._attributes(vars(cls), name)
        elif hasattr(type(value), "CAPTURED"):  # a compiled function, whose state is its own affair
            for attribute in type(value).CAPTURED:
                self._visit(getattr(value, attribute), name)
        elif "__wrapped__" in (getattr(value, "__dict__", None) or ()):
            # Its own: an object that makes attributes up as they are asked for has it for ever.
            self._visit(value.__wrapped__, name)
            self._attributes(getattr(value, "__dict__", {}), name)
        elif not isinstance(value, types.ModuleType):
            self._instance(value, name)

    def _first(self, key: Any) -> bool:
        """Whether something is met for the first time."""
        new = key not in self._visited
        self._visited.add(key)
        if len(self._visited) > MANY:
            raise TooManyError
        return new

    def _size(self, container: Any, name: str) -> None:
        """Watch that nothing is added."""
        self._test(f"the size of {name}", f"len({{c}}) == {len(container)}", c=container)

    def _item(self, container: Any, key: Any, name: str) -> None:
        value = container[key]
        if not isinstance(container, tuple):
            self._place(container, key, value, name)
        self._visit(value, name)

    def _attributes(self, space: Mapping[str, Any], name: str) -> None:
        self._size(space, name)
        for key in list(space):
            if not key.startswith("__"):
                self._item(space, key, f"{name}.{key}")

    def _instance(self, value: Any, name: str) -> None:
        self._visit(type(value), type(value).__name__)
        if isinstance(getattr(value, "__dict__", None), dict):
            self._attributes(value.__dict__, name)
        for cls in type(value).__mro__:
            slots = cls.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, slot) and not slot.startswith("__"):
                    self._item(_Slots(value), slot, f"{name}.{slot}")

    def _function(self, function: types.FunctionType, name: str) -> None:
        if hasattr(function, "__wrapped__"):
            self._visit(function.__wrapped__, name)
        if vars(function):
            self._attributes(vars(function), name)
        if not is_library(function):  # whose code is replaced by IPython's autoreload
            self._test(name, "{f}.__code__ is {v}", f=function, v=function.__code__)
        if function.__defaults__:
            given = function.__defaults__
            self._test(f"a default of {name}", "{f}.__defaults__ is {v}", f=function, v=given)
        for default in (function.__defaults__, function.__kwdefaults__):
            if default:
                self._visit(default, f"a default of {name}")
        reads = _reads(function.__code__)
        for variable, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            try:
                contents = cell.cell_contents
            except ValueError:  # not yet bound
                continue
            self._place(cell, None, contents, variable)
            for path in reads.get(("cell", variable), {()}):
                self._path(contents, path, variable)
        if is_library(function):
            return
        space = function.__globals__
        for (scope, variable), paths in reads.items():
            if scope == "global" and variable in space:
                self._place(space, variable, space[variable], variable)
                for path in paths:
                    self._path(space[variable], path, variable)

    def _method(self, function: Any, owner: Any, name: str) -> None:
        """A function whose first argument is known."""
        if not self._first((id(function), id(owner))):
            return
        self._visit(function, name)
        if not isinstance(function, types.FunctionType) or not function.__code__.co_argcount:
            self._visit(owner, name)
            return
        first = function.__code__.co_varnames[0]
        reads = _reads(function.__code__)
        paths = reads.get(("local", first), set()) | reads.get(("cell", first), set())
        if "super" in function.__code__.co_names:  # which hands it on unseen
            paths = {()}
        for path in paths:
            self._path(owner, path, first)

    def _path(self, value: Any, path: tuple[str, ...], name: str) -> None:
        """Watch the attributes that are read from a value, and what is reached by the last."""
        if isinstance(value, types.ModuleType) and is_library(value):
            return
        if not path or isinstance(value, (np.ndarray, types.FunctionType, list, dict)):
            self._visit(value, name)
            return
        attribute, *rest = path
        name = f"{name}.{attribute}"
        if isinstance(value, types.ModuleType) or (
            attribute in getattr(value, "__dict__", {}) and not isinstance(value, type)
        ):
            space = vars(value)
            if attribute in space:
                self._place(space, attribute, space[attribute], name)
                self._path(space[attribute], tuple(rest), name)
            return
        owners = [c for c in type(value).__mro__ if attribute in c.__dict__]
        if not owners or isinstance(value, type) or is_library(type(value)):
            self._visit(value, name)
        elif isinstance(value, tuple):
            self._path(getattr(value, attribute), tuple(rest), name)
        else:
            nearer = type(value).__mro__[: type(value).__mro__.index(owners[0])]
            for nearest in (getattr(value, "__dict__", {}), *(vars(c) for c in nearer)):
                self._test(name, "{k} not in {d}", k=attribute, d=nearest)
            self._class_attribute(value, owners[0].__dict__, attribute, tuple(rest), name)

    def _class_attribute(
        self, value: Any, space: Any, attribute: str, rest: tuple[str, ...], name: str
    ) -> None:
        found = space[attribute]
        self._place(space, attribute, found, name)
        if isinstance(found, types.FunctionType):
            self._method(found, value, name)
        elif isinstance(found, property):
            self._method(found.fget, value, name)
        elif isinstance(found, types.MemberDescriptorType):  # a slot
            self._place(_Slots(value), attribute, getattr(value, attribute), name)
            self._path(getattr(value, attribute), rest, name)
        elif isinstance(found, (staticmethod, classmethod)):
            self._visit(found.__func__, name)
            self._visit(type(value), type(value).__name__)
        elif hasattr(type(found), "__get__"):  # some other descriptor
            self._visit(found, name)
            self._visit(value, name)
        else:
            self._path(found, rest, name)


class _Slots:
    """Slots by item access, so that they are watched like a dictionary."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def __getitem__(self, name: str) -> Any:
        return getattr(self._owner, name)


_SCOPES = {
    "LOAD_GLOBAL": "global",
    "LOAD_NAME": "global",
    "LOAD_DEREF": "cell",
    "LOAD_CLASSDEREF": "cell",
    "LOAD_FROM_DICT_OR_DEREF": "cell",
    "LOAD_FAST": "local",
    "LOAD_FAST_CHECK": "local",
}


def _reads(code: types.CodeType) -> dict[tuple[str, str], set[tuple[str, ...]]]:
    """For each (scope, variable) that code reads, the chains of attributes read from it.

    () is the variable itself, handed on.
    """
    found: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    variable: tuple[str, str] | None = None
    path: tuple[str, ...] = ()
    for instruction in [*dis.get_instructions(code), None]:
        name = instruction.opname if instruction is not None else ""
        if name in ("CACHE", "PRECALL", "PUSH_NULL"):
            continue
        if variable and instruction is not None and name in ("LOAD_ATTR", "LOAD_METHOD"):
            path = (*path, instruction.argval)
            continue
        if variable:
            found.setdefault(variable, set()).add(path)
        variable, path = None, ()
        if instruction is None:
            continue
        if name in _SCOPES:
            variable = _SCOPES[name], instruction.argval
        elif name.startswith(("LOAD_FAST", "LOAD_CLOSURE")):
            names = instruction.argval  # one, or two in one instruction
            for other in (names,) if isinstance(names, str) else names:
                found.setdefault(("local", other), set()).add(())
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            for (scope, inner), paths in _reads(constant).items():
                if scope != "local":
                    found.setdefault((scope, inner), set()).update(paths)
    return found


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
