"""Which cases may be affected by changed files: from the imports that the files' text shows.

A case depends on the suite file that it stands in, on its data files, and on its functions' files
with everything that these import within the project, found without importing anything. Where the
text does not tell, a case runs: imports under a name made at run time, a changed `sys.path`, a file
that is no Python, a module that should be in the project and is not. What lies outside of the
project (an installed library) is taken for unchanged, unless the files that pin it have changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adbench.runner.tasks import Task
from adbench.suite import Case, FunctionRef, InputSpec

_PINS = (
    "pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "constraints*.txt", "*.lock",
    "environment*.yml", "environment*.yaml", "pixi.toml", "conda*.yml",
)  # fmt: skip
"""Files that decide which libraries there are."""
_PROSE = (".md", ".rst", ".gitignore", ".gitattributes")
_IMPORTING = ("__import__", "import_module", "spec_from_file_location", "run_path", "run_module")


@dataclass(slots=True)
class Changes:
    """The files of a project (absolute paths below `root`) that have changed."""

    root: Path
    files: set[Path]
    _imports: dict[Path, _Imports] = field(default_factory=dict)

    def affects(self, task: Task) -> bool:
        """Whether the task may give another result than before, as far as the text tells."""
        if any(path.match(pattern) for path in self.files for pattern in _PINS):
            return True
        case = task.case
        if self.files & set(_data_files(case)):
            return True
        files: set[Path] = set()
        for function in filter(None, (task.function, case.gradient)):
            start = self._file(function)
            if start is None or not start.is_relative_to(self.root):
                return True
            if not self._follow(start, files):
                return True
        # A changed submodule is known by its folder alone.
        if any(file.is_relative_to(path) for path in self.files for file in files):
            return True
        return any(_may_read(path, files) for path in self.files)

    def _file(self, function: FunctionRef) -> Path | None:
        """The file that a function stands in; None where its text cannot be found."""
        if function.file is not None:
            return Path(function.file).resolve()
        assert function.module is not None
        folders = [Path(function.folder)] if function.folder else []
        found = _module_files(function.module, [*folders, *self._roots(folders)])
        return found[-1] if found else None

    def _roots(self, near: Iterable[Path]) -> list[Path]:
        """Where the project's own modules are imported from."""
        return list(dict.fromkeys([*near, self.root, self.root / "src"]))

    def _follow(self, start: Path, files: set[Path]) -> bool:
        """Add to `files` all that `start` imports within the project; False where in doubt."""
        todo = [start]
        while todo:
            path = todo.pop()
            if path in files or not path.is_relative_to(self.root):
                continue
            files.add(path)
            found = self._imports.get(path) or _read_imports(path)
            self._imports[path] = found
            if found.doubtful:
                return False
            roots = self._roots([path.parent, *_package_roots(path), start.parent])
            for name in found.names:
                todo += _module_files(name, roots)
                if not _resolved(name, roots) or self._deleted(name):
                    return False
            # A package runs its own __init__.py, and those above it, when a module of it is used.
            todo += [p for p in _inits(path) if p.is_file()]
        return True

    def _deleted(self, name: str) -> bool:
        """Whether a module of that name, or a package on the way to it, is among deleted files."""
        gone = (path for path in self.files if path.suffix == ".py" and not path.exists())
        modules = {path.parent.name if path.stem == "__init__" else path.stem for path in gone}
        return not modules.isdisjoint(name.rstrip("?").split("."))


@dataclass(frozen=True, slots=True)
class _Imports:
    """The absolute module names that a file imports; `doubtful` where the text does not tell."""

    names: tuple[str, ...] = ()
    doubtful: bool = False


def _read_imports(path: Path) -> _Imports:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return _Imports(doubtful=True)
    names: dict[str, None] = {}
    package = _package(path)
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names |= dict.fromkeys(alias.name for alias in node.names)
            case ast.ImportFrom():
                above = package[: len(package) - node.level + 1] if node.level else []
                if node.level and not package:
                    return _Imports(doubtful=True)
                base = ".".join([*above, *([node.module] if node.module else [])])
                names |= dict.fromkeys(
                    [base, *(f"{base}.{alias.name}?" for alias in node.names if alias.name != "*")]
                )
            case ast.Call() if _imports_by_name(node.func):
                return _Imports(doubtful=True)
            case ast.Attribute(value=ast.Name(id="sys"), attr="path" | "modules" | "meta_path"):
                return _Imports(doubtful=True)
    return _Imports(tuple(name for name in names if name))


def _imports_by_name(function: ast.expr) -> bool:
    """Whether a call may import what only its arguments name. `model.eval()` is none."""
    match function:
        case ast.Name(id=name):
            return name in (*_IMPORTING, "exec", "eval")
        case ast.Attribute(attr=name):
            return name in _IMPORTING
    return False


def _package(path: Path) -> list[str]:
    """The dotted package that a file is in, as a list; empty for a file that stands alone."""
    parts: list[str] = []
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return parts


def _package_roots(path: Path) -> list[Path]:
    """The folder that a file's outermost package lies in."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return [folder]


def _inits(path: Path) -> Iterator[Path]:
    folder = path.parent
    while (folder / "__init__.py").is_file():
        yield folder / "__init__.py"
        folder = folder.parent


def _module_files(name: str, roots: Iterable[Path]) -> list[Path]:
    """The files that importing a module runs, outermost package first, from the first root with it.

    A name that ends in `?` may be a module or something inside the one before it.
    """
    parts = name.rstrip("?").split(".")
    for root in roots:
        files: list[Path] = []
        folder = root
        for part in parts:
            module, init = folder / f"{part}.py", folder / part / "__init__.py"
            if init.is_file():
                files.append(init)
            elif module.is_file():
                files.append(module)
                break
            elif not (folder / part).is_dir():
                break
            folder = folder / part
        if files:
            return [file.resolve() for file in files]
    return []


def _resolved(name: str, roots: Iterable[Path]) -> bool:
    """False for a module that ought to be in the project, by its first part, and is not there."""
    if name.endswith("?"):
        return True
    parts = name.split(".")
    for root in roots:
        if (root / f"{parts[0]}.py").is_file():
            return len(parts) == 1
        if (root / parts[0] / "__init__.py").is_file():
            folder = root.joinpath(*parts)
            return folder.is_dir() or folder.with_name(f"{parts[-1]}.py").is_file()
    return True


def _data_files(case: Case) -> Iterator[Path]:
    def walk(tree: Any) -> Iterator[Path]:
        if isinstance(tree, InputSpec):
            if tree.file is not None:
                yield Path(tree.file).resolve()
        elif isinstance(tree, dict):
            for value in tree.values():
                yield from walk(value)
        elif isinstance(tree, list):
            for value in tree:
                yield from walk(value)

    yield Path(case.file).resolve()
    yield from walk(case.inputs)


def _may_read(path: Path, files: Iterable[Path]) -> bool:
    """Whether code in `files` may well read `path`: no Python, in a folder of theirs or below."""
    if path.suffix in (".py", ".yaml", ".yml", *_PROSE) or path.name in _PROSE:
        return False
    return any(path.is_relative_to(file.parent) for file in files)
