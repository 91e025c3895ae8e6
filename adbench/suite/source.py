"""A look at Python files that imports nothing: which names they define, where, taking what."""

from __future__ import annotations

import ast
import functools
import importlib.machinery
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adbench.suite.case import FunctionRef
from adbench.suite.problems import closest, did_you_mean

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class UnknownFunctionError(ValueError):
    """A reference to a function that cannot be followed.

    `hint` says what may be meant; `in_name`, that the file is there and the name is not in it.
    """

    def __init__(self, message: str, hint: str = "", *, in_name: bool = False) -> None:
        super().__init__(message)
        self.message, self.hint, self.in_name = message, hint, in_name


@dataclass(frozen=True, slots=True)
class Source:
    """A module's top-level names, as far as its text tells.

    `nodes` holds a definition for each function and class; other names (assigned, imported) map
    to None. An `open` module may have more names than its text shows.
    """

    path: Path
    nodes: dict[str, _Function | None]
    open: bool
    lines: tuple[str, ...]

    def may_define(self, name: str) -> bool:
        """Whether the module has this name, or may have it."""
        return self.open or name in self.nodes

    def functions(self) -> list[str]:
        """The functions that a person may want to name: public, in the file's order."""
        return [
            name
            for name, node in self.nodes.items()
            if isinstance(node, ast.FunctionDef) and not name.startswith("_")
        ]


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a `def`, read from its text."""

    names: tuple[str, ...]
    required: frozenset[str]
    annotated: frozenset[str]
    takes_any: bool
    """Whether it has `**kwargs`."""
    takes_more: bool
    """Whether it has `*args`: inputs of any name then go by position."""


def find_function(text: str, folder: Path) -> FunctionRef:
    """The function that `file.py:name` or `package.module:name` refers to, seen from `folder`.

    Raises UnknownFunctionError where it certainly does not exist.
    """
    where, _, name = text.rpartition(":")
    if not where or not all(part.isidentifier() for part in name.split(".")):
        raise UnknownFunctionError(
            f"{text!r} is no reference to a function",
            "write file.py:function or package.module:function",
        )
    if where.endswith(".py") or "/" in where:
        ref = FunctionRef(file=str(_existing(where, folder)), name=name)
    elif all(part.isidentifier() for part in where.split(".")):
        ref = FunctionRef(module=where, name=name, folder=str(folder))
    else:
        raise UnknownFunctionError(f"{where!r} is neither a .py file nor a module")
    source = source_of(ref)
    if source is not None:
        _require_name(source, where if ref.file is not None else source.path.name, name)
    return ref


def source_of(ref: FunctionRef) -> Source | None:
    """The text of the module that `ref` names; None where there is none (a compiled module)."""
    if ref.file is not None:
        return read_source(Path(ref.file))
    assert ref.module is not None
    path = _module_file(ref.module, Path(ref.folder) if ref.folder else None)
    return read_source(path) if path is not None else None


def signature_of(ref: FunctionRef) -> Signature | None:
    """The function's parameters, or None where only the import can tell them."""
    source = source_of(ref)
    node = source.nodes.get(ref.name) if source is not None else None
    # A decorator may give the function other parameters than its `def` shows.
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.decorator_list:
        return None
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    required += [
        argument
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    every = [*positional, *arguments.kwonlyargs]
    return Signature(
        names=tuple(argument.arg for argument in every),
        required=frozenset(argument.arg for argument in required),
        annotated=frozenset(argument.arg for argument in every if argument.annotation is not None),
        takes_any=arguments.kwarg is not None,
        takes_more=arguments.vararg is not None,
    )


def read_source(path: Path) -> Source:
    """Parse a Python file. Raises UnknownFunctionError where it is not Python."""
    try:
        return _parse(path, path.stat().st_mtime_ns)
    except SyntaxError as error:
        place = f"{path.name}:{error.lineno}" if error.lineno else path.name
        raise UnknownFunctionError(f"{place} is not valid Python: {error.msg}") from error
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise UnknownFunctionError(f"{path.name} cannot be read: {error}") from error


@functools.lru_cache(maxsize=256)
def _parse(path: Path, modified: int) -> Source:
    text = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the file's own warnings come when it is imported
        tree = ast.parse(text)
    nodes: dict[str, _Function | None] = {}
    open_ = False
    for statement in _statements(tree):
        open_ = open_ or _may_define_more(statement)
        nodes.update(_defined(statement))
    lines = tuple(text.decode("utf-8", errors="replace").splitlines())
    return Source(path, nodes, open_ or "__getattr__" in nodes, lines)


def _statements(parent: ast.AST) -> Iterator[ast.stmt]:
    """The statements that run on import, those inside `if`, `try` and the like included."""
    for child in ast.iter_child_nodes(parent):
        if isinstance(child, ast.stmt):
            yield child
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
            child, _Function
        ):
            yield from _statements(child)


def _may_define_more(statement: ast.stmt) -> bool:
    """Whether names may come from elsewhere: `import *`, or writing to `globals()`."""
    if isinstance(statement, ast.ImportFrom):
        return any(alias.name == "*" for alias in statement.names)
    if isinstance(statement, _Function):
        return False
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return not names.isdisjoint({"globals", "exec", "setattr", "vars", "locals"})


def _defined(statement: ast.stmt) -> dict[str, _Function | None]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name: statement}
        case ast.Import() | ast.ImportFrom():
            return {(a.asname or a.name).partition(".")[0]: None for a in statement.names}
    return {
        node.id: None
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _require_name(source: Source, where: str, name: str) -> None:
    first, _, rest = name.partition(".")
    if first not in source.nodes:
        if source.open:
            return
        known = source.functions() or list(source.nodes)
        near = closest(first, list(source.nodes))
        hint = f"did you mean {near!r}?" if near else did_you_mean(first, known, "it defines")
        raise UnknownFunctionError(f"{where} has no function {first!r}", hint, in_name=True)
    node = source.nodes[first]
    if rest and isinstance(node, ast.ClassDef) and not node.bases and not node.keywords:
        members = [name for statement in _statements(node) for name in _defined(statement)]
        if rest not in members:
            raise UnknownFunctionError(
                f"the class {first!r} of {where} has no {rest!r}",
                did_you_mean(rest, members, "it defines"),
                in_name=True,
            )


def _existing(where: str, folder: Path) -> Path:
    path = (folder / where).resolve()
    if path.is_file():
        return path
    if path.is_dir():
        raise UnknownFunctionError(f"{where} is a folder, not a .py file")
    raise UnknownFunctionError(f"{where} does not exist", nearby(path, where))


def nearby(path: Path, typed: str) -> str:
    """A hint: the file beside a missing one that is most likely meant, named as it was typed."""
    try:
        names = sorted(p.name for p in path.parent.iterdir() if not p.name.startswith("."))
    except OSError:
        return f"there is no folder {path.parent}"
    near = closest(path.name, [name for name in names if Path(name).suffix == path.suffix])
    if not near:
        return f"looked in {path.parent}"
    return f"did you mean {os.path.join(os.path.dirname(typed), near)!r}?"


def _module_file(module: str, folder: Path | None) -> Path | None:
    """The module's file, found as the import system would but importing no package on the way.

    None where the module has no Python text. Raises UnknownFunctionError where there is no module.
    """
    first, *rest = module.split(".")
    finder = importlib.machinery.PathFinder
    spec = finder.find_spec(first, [str(folder)]) if folder is not None else None
    if spec is None:
        # For a top-level name this asks the import hooks (editable installs) and imports nothing.
        loaded = sys.modules.get(first)
        spec = loaded.__spec__ if loaded is not None else importlib.util.find_spec(first)
    if spec is None:
        raise UnknownFunctionError(
            f"there is no module {first!r}", "install it, or run where it can be imported"
        )
    name = first
    for part in rest:
        parent, name = name, f"{name}.{part}"
        if spec.submodule_search_locations is None:
            raise UnknownFunctionError(f"{parent!r} is a module, not a package: it has no {part!r}")
        found = finder.find_spec(name, spec.submodule_search_locations)
        if found is None:
            raise UnknownFunctionError(f"the package {parent!r} has no module {part!r}")
        spec = found
    if spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)
