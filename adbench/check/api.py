"""`adbench.check(f, *inputs)`: the check from a script, a notebook or a test."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

import optree

from adbench.backends import get_backend, parse_backend, to_numpy
from adbench.check.examination import examine
from adbench.check.found import FoundInputs
from adbench.check.search import require_hypothesis
from adbench.record.model import CheckOptions, CheckResult, SourceLocation

Derivative = Literal["vjp", "jvp", "hvp"]


def check(
    f: Callable[..., Any],
    inputs: tuple[Any, ...],
    *,
    backend: str,
    gradient: Callable[..., Any] | None,
    derivatives: tuple[Derivative, ...],
    rtol: float | None,
    atol: float | None,
    seed: int,
    device: str,
    params: Mapping[str, Any] | None,
    search: float,
    power: bool,
    thorough: bool,
) -> CheckResult:
    """See `adbench.check`, whose defaults are the public ones."""
    if not inputs:
        raise TypeError("adbench.check needs at least one input: adbench.check(f, x)")
    options = CheckOptions(
        derivatives=derivatives,
        rtol=rtol,
        atol=atol,
        seed=seed,
        search=search,
        power=power,
        thorough=thorough,
    )
    if search:
        require_hypothesis()
    arguments = dict(zip(_names(f, len(inputs)), inputs, strict=True))
    arrays = {name: optree.tree_map(to_numpy, value) for name, value in arguments.items()}
    differentiable = {
        name: optree.tree_map(lambda array: array.dtype.kind not in "biu", value)
        for name, value in arrays.items()
    }
    if gradient is not None:
        differentiator = get_backend("manual", gradient=gradient)
    else:
        name, mode = parse_backend(backend)
        differentiator = get_backend(name, mode, device)
    bound = differentiator.bind(f, arrays, differentiable, params or {})
    return examine(
        differentiator,
        bound,
        options,
        name=getattr(f, "__name__", repr(f)),
        where=source_of(f),
        found=_found(f) if search else None,
        keep=False,
    )


def _found(f: Callable[..., Any]) -> FoundInputs:
    """Where the inputs found for a function are kept: by its module and name."""
    kind = type(f)
    return FoundInputs.of(
        getattr(f, "__module__", None) or kind.__module__,
        getattr(f, "__qualname__", None) or kind.__qualname__,
    )


def _names(f: Callable[..., Any], count: int) -> list[str]:
    """The parameters' names as the function has them, or x0, x1, … where it does not tell."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    forward = getattr(f, "forward", None)
    try:
        signature = inspect.signature(forward if callable(forward) else f)
    except (TypeError, ValueError):
        return [f"x{i}" for i in range(count)]
    names = [name for name, p in signature.parameters.items() if p.kind in positional]
    return (names + [f"x{i}" for i in range(len(names), count)])[:count]


def source_of(f: Callable[..., Any]) -> SourceLocation | None:
    """Where the function is written, if it is written in Python."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    if code is None:
        return None
    return SourceLocation(
        file=code.co_filename, line=code.co_firstlineno, function=code.co_qualname
    )
