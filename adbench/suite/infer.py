"""Inputs of a bare function, found from its type hints, its defaults, or `example_inputs`."""

from __future__ import annotations

import inspect
import os
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from adbench.suite.arrays import InputError
from adbench.suite.case import Case, FunctionRef, InputSpec
from adbench.suite.expressions import ExpressionError, looks_like_shorthand
from adbench.suite.functions import FunctionLoadError, load_function, load_module
from adbench.suite.specs import spec_from_text

EXAMPLES = "example_inputs"
_FIXED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def infer_inputs(case: Case) -> dict[str, Any]:
    """Inputs in the order of the function's signature: descriptions (InputSpec), or values.

    For each parameter, the first of these that there is: what `--arg` gave; a type hint that
    says the shape; `example_inputs`; a `float` or `complex` hint. A parameter with a default
    keeps it, unless nothing else would be an input. Raises InputError, FunctionLoadError.
    """
    ref = case.functions["*"]
    function = load_function(ref)
    parameters = _parameters(function, ref)
    hints = _hints(function)
    found: dict[str, Any] = dict(case.inputs)
    for name in parameters:
        if name not in found and (spec := _from_hint(hints.get(name), name)) is not None:
            found[name] = spec
    if not _suffices(found, parameters):
        found = {**_examples(ref, parameters), **found}
    for name, parameter in parameters.items():
        if name not in found and parameter.default is parameter.empty:
            hint = hints.get(name)
            if hint is float or hint is complex:
                found[name] = InputSpec(shape=(), dtype="complex" if hint is complex else None)
    if not found:
        found = {name: p.default for name, p in parameters.items() if _differentiable(p.default)}
    if not _suffices(found, parameters):
        missing = [name for name in parameters if name not in found and _required(parameters[name])]
        raise InputError(what_to_write(ref, missing, list(parameters)))
    return {name: found[name] for name in parameters if name in found} | found


def what_to_write(ref: FunctionRef, missing: Iterable[str], parameters: Iterable[str]) -> str:
    """How to give this very function its inputs, ready to be pasted."""
    missing, names = list(missing), list(parameters)
    if not names:
        return f"{ref.name} takes no arguments, so there is nothing to differentiate"
    wanted = missing or names[:1]
    where = os.path.relpath(ref.file) if ref.file else str(ref.module)
    target = f"{where}:{ref.name}"
    options = " ".join(f"--arg '{name}=normal(3)'" for name in wanted)
    items = ", ".join(f'"{name}": np.ones(3)' for name in wanted)
    listed = " and ".join(repr(name) for name in wanted)
    return (
        f"{target} does not say what to pass for {listed}. Say it on the command line,\n"
        f"    adbench check {target} {options}\n"
        f"or beside the function, in {where},\n"
        f"    def {EXAMPLES}():\n"
        f"        return {{{items}}}\n"
        "with the shapes that the function wants."
    )


def _parameters(function: Callable[..., Any], ref: FunctionRef) -> dict[str, inspect.Parameter]:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{ref} has no readable signature ({error}); wrap it in a Python function"
        ) from error
    return {name: p for name, p in signature.parameters.items() if p.kind not in _FIXED}


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # a hint is evaluated as code and may raise anything: then there is none
        return getattr(function, "__annotations__", {})


def _from_hint(hint: Any, name: str) -> InputSpec | None:
    """The array that a hint describes, if it says the shape."""
    for text in getattr(hint, "__metadata__", ()):
        if isinstance(text, str) and looks_like_shorthand(text):
            try:
                return spec_from_text(text, {})
            except ExpressionError as error:
                note = f"; {error.hint}" if error.hint else ""
                raise InputError(
                    f"the type hint of {name!r}, {text!r}: {error.message}{note}"
                ) from error
    return _from_jaxtyping(hint)


def _from_jaxtyping(hint: Any) -> InputSpec | None:
    """`Float[Array, "3 4"]`: jaxtyping's annotations carry `dim_str` and `dtypes`."""
    sizes, dtypes = getattr(hint, "dim_str", None), getattr(hint, "dtypes", None)
    if not isinstance(sizes, str) or not isinstance(dtypes, list | tuple):
        return None
    if not all(size.isdecimal() for size in sizes.split()):
        return None
    shape = tuple(int(size) for size in sizes.split())
    if any(str(dtype).startswith("float") for dtype in dtypes):
        return InputSpec(shape=shape)
    if any(str(dtype).startswith("complex") for dtype in dtypes):
        return InputSpec(shape=shape, dtype="complex")
    return None


def _required(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty


def _suffices(found: Mapping[str, Any], parameters: Mapping[str, inspect.Parameter]) -> bool:
    """Whether something is differentiated and no required parameter is missing."""
    return bool(found) and all(name in found for name, p in parameters.items() if _required(p))


def _differentiable(value: Any) -> bool:
    """Whether a default is something that has a derivative: a float, or an array of them."""
    if isinstance(value, float | complex):
        return True
    dtype = getattr(value, "dtype", None)
    return dtype is not None and isinstance(value, np.ndarray) and dtype.kind in "fc"


def _examples(ref: FunctionRef, parameters: Mapping[str, inspect.Parameter]) -> dict[str, Any]:
    """The module's `example_inputs`, called if it is a function, by parameter name."""
    module = load_module(ref)
    if not hasattr(module, EXAMPLES):
        return {}
    given = getattr(module, EXAMPLES)
    if callable(given):
        try:
            given = given()
        except Exception as error:
            raise FunctionLoadError(
                f"{EXAMPLES}() raised {type(error).__name__}: {error}"
            ) from error
    if isinstance(given, Mapping):
        # One mapping may serve every function of the file: each takes the names that it knows.
        return {name: given[name] for name in parameters if name in given}
    values = list(given) if isinstance(given, tuple | list) else [given]
    if len(values) > len(parameters):
        raise InputError(
            f"{EXAMPLES} gives {len(values)} inputs, but {ref.name} takes {len(parameters)}"
        )
    return dict(zip(parameters, values, strict=False))
