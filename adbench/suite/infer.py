"""Inputs of a bare function, found from its type hints, its defaults, or `example_inputs`."""

from __future__ import annotations

import inspect
import os
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from adbench.suite.arrays import InputError
from adbench.suite.case import Case, FunctionRef, InputSpec
from adbench.suite.expressions import ExpressionError, looks_like_shorthand
from adbench.suite.functions import FunctionLoadError, load_attribute, load_function, load_module
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
    parameters = _parameters(function)
    if parameters is None:
        return _in_order(ref, case.inputs, "its parameters cannot be read")
    if case.inputs and _takes_more(function) and not parameters.keys() >= case.inputs.keys():
        return dict(case.inputs)
    if _is_method_of_class(ref, function):
        raise InputError(_method_words(ref, list(parameters)[1:]))
    if not parameters and _takes_more(function):
        return _in_order(ref, case.inputs, "it takes any number of inputs")
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
    where, target = _where(ref), _target(ref)
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


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter] | None:
    """The parameters that have a name of their own; None where a compiled function tells none."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return {name: p for name, p in signature.parameters.items() if p.kind not in _FIXED}


def _takes_more(function: Callable[..., Any]) -> bool:
    kinds = {parameter.kind for parameter in inspect.signature(function).parameters.values()}
    return inspect.Parameter.VAR_POSITIONAL in kinds


def _in_order(ref: FunctionRef, given: Mapping[str, Any], why: str) -> dict[str, Any]:
    """Inputs for a function that has no names for them: by position, as they were given."""
    found: dict[str, Any] = dict(given) or _examples(ref, None)
    if found:
        return found
    target = _target(ref)
    raise InputError(
        f"{target} does not say what to pass ({why}). Give its inputs in order, under any names:\n"
        f"    adbench check {target} --arg 'a=normal(3)' --arg 'b=normal(3)'"
    )


def _is_method_of_class(ref: FunctionRef, function: Callable[..., Any]) -> bool:
    """Whether this is a class's own function, which wants an object first."""
    owner, _, name = ref.name.rpartition(".")
    if not owner or not inspect.isfunction(function):
        return False
    parent = load_attribute(ref.model_copy(update={"name": owner}))
    return inspect.isclass(parent) and inspect.isfunction(inspect.getattr_static(parent, name))


def _method_words(ref: FunctionRef, parameters: Sequence[str]) -> str:
    owner, _, name = ref.name.rpartition(".")
    options = " ".join(f"--arg '{name}=normal(3)'" for name in parameters)
    where = _where(ref)
    return (
        f"{where}:{ref.name} is a method, and needs an object. Make one in {where},\n"
        f"    model = {owner}(...)\n"
        "and check its method:\n"
        f"    adbench check {where}:model.{name} {options}".rstrip()
    )


def _where(ref: FunctionRef) -> str:
    return os.path.relpath(ref.file) if ref.file else str(ref.module)


def _target(ref: FunctionRef) -> str:
    return f"{_where(ref)}:{ref.name}"


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


def _examples(
    ref: FunctionRef, parameters: Mapping[str, inspect.Parameter] | None
) -> dict[str, Any]:
    """The module's `example_inputs`, called if it is a function, by parameter name.

    A function whose parameters have no names (None) gets them all, in their order.
    """
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
        return {
            name: given[name]
            for name in (given if parameters is None else parameters)
            if name in given
        }
    values = list(given) if isinstance(given, tuple | list) else [given]
    if parameters is None:
        return {f"x{i}": value for i, value in enumerate(values)}
    if len(values) > len(parameters):
        raise InputError(
            f"{EXAMPLES} gives {len(values)} inputs, but {ref.name} takes {len(parameters)}"
        )
    return dict(zip(parameters, values, strict=False))
