"""Loading a user's function from a file or a module, in the process that will call it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from adbench.suite.case import FunctionRef
from adbench.suite.problems import closest

_loaded: dict[str, ModuleType] = {}
"""Modules loaded by file path: one import a process, as for any other module."""


class FunctionLoadError(RuntimeError):
    """The function cannot be had; where the user's module raised, that exception is the cause."""


def load_function(ref: FunctionRef) -> Callable[..., Any]:
    """Import the module and return its function.

    A file is imported under a name of its own, with its folder first on `sys.path`, so that
    modules beside it can be imported; a file inside a package is imported as part of it. Raises
    FunctionLoadError.
    """
    value = load_attribute(ref)
    if not callable(value):
        raise FunctionLoadError(f"{ref} is {type(value).__name__!r}, not a function")
    return value  # type: ignore[no-any-return]


def load_attribute(ref: FunctionRef) -> Any:
    """Import the module and return what `ref.name` names in it. Raises FunctionLoadError."""
    value: Any = load_module(ref)
    for part in ref.name.split("."):
        if not hasattr(value, part):
            near = closest(part, [name for name in dir(value) if not name.startswith("__")])
            hint = f"; did you mean {near!r}?" if near else ""
            raise FunctionLoadError(f"{ref.file or ref.module} has no {part!r}{hint}")
        value = getattr(value, part)
    return value


def load_module(ref: FunctionRef) -> ModuleType:
    """Import the module that `ref` names. Raises FunctionLoadError."""
    try:
        if ref.file is not None:
            return _import_file(Path(ref.file))
        assert ref.module is not None
        _look_first_in(ref.folder)
        return importlib.import_module(ref.module)
    except FunctionLoadError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise FunctionLoadError(
            f"importing {ref.file or ref.module} raised {kind}: {error}"
        ) from error
    except SystemExit as error:
        raise FunctionLoadError(
            f"importing {ref.file or ref.module} called sys.exit({error.code!r})"
        ) from error


def call_params(
    function: Callable[..., Any], params: Mapping[str, Any], inputs: Iterable[str] = ()
) -> dict[str, Any]:
    """The parameters to pass as keyword arguments: those that the function's signature takes.

    A size that only shapes read need not be an argument. All are passed to a function with
    `**kwargs`, or without a readable signature. A name among `inputs` is never passed again.
    """
    left = {name: value for name, value in params.items() if name not in set(inputs)}
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return left
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    if inspect.Parameter.VAR_KEYWORD in kinds.values():
        return left
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: value for name, value in left.items() if kinds.get(name) in named}


def _look_first_in(folder: str | None) -> None:
    if folder is not None and folder not in sys.path:
        sys.path.insert(0, folder)


def _import_file(file: Path) -> ModuleType:
    file = file.resolve()
    if str(file) in _loaded:
        return _loaded[str(file)]
    if not file.is_file():
        raise FunctionLoadError(f"{file} does not exist")
    if (file.parent / "__init__.py").is_file():
        module = _import_in_package(file)
    else:
        _look_first_in(str(file.parent))
        module = _execute(file)
    _loaded[str(file)] = module
    return module


def _execute(file: Path) -> ModuleType:
    """Import a stand-alone file; its name carries a digest so that equal stems do not meet."""
    name = f"{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise FunctionLoadError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickle look a class's module up by name while it is being executed.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_in_package(file: Path) -> ModuleType:
    """Import a package's module by its dotted name, so that its relative imports work."""
    root, parts = file.parent, [file.stem] if file.stem != "__init__" else []
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    _look_first_in(str(root))
    name = ".".join(parts)
    module = importlib.import_module(name)
    found = getattr(module, "__file__", None)
    if found is None or Path(found).resolve() != file:
        raise FunctionLoadError(f"{file} is hidden by another module named {name}: {found}")
    return module
