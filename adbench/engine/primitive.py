"""The rule table, and how primitives are declared in it.

A rule is a formula, and its parameters' names say what it reads: `g` (the output's cotangent),
then arrays by their names, `<array>_shape`, `out`, and options such as `axis`. Only what a
rule reads is saved. `define(np.multiply, x=lambda g, y: g * y, y=lambda g, x: g * x)` is a
whole declaration. Formulas are written in NumPy functions and operators, which dispatch on
their arguments: to an outer tape (higher order) and to CuPy alike.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Container
from typing import Any

import numpy as np

from adbench.engine.array import (
    HANDLERS,
    Buffer,
    name_of,
    plain,
    write,
)
from adbench.engine.errors import DifferentiationError
from adbench.engine.operation import Formula, Primitive, Rule, innermost, shape_of

PRIMITIVES: dict[str, Primitive] = {}
"""Every primitive by name: the table that the conformance test walks."""

DERIVED: dict[str, Any] = {}
"""NumPy and SciPy functions that are compositions of primitives, by name."""

CONSTANT: dict[str, Any] = {}
"""NumPy functions with a zero derivative, by name."""


def define(
    function: Callable[..., Any],
    *,
    name: str = "",
    source: str = "",
    each: Formula | None = None,
    additive: tuple[str, ...] = (),
    **rules: Formula | str | None,
) -> Primitive:
    """Declare a primitive: one keyword an array argument, in order, with its formula.

    `each` declares a variadic primitive instead. `additive` names options that add a constant.
    `source` cites where formulas that are not in every calculus book come from.
    """
    name = name or short_name(function)
    options = {}
    if not isinstance(function, np.ufunc):
        parameters = inspect.signature(function).parameters
        named = [p for p in parameters.values() if p.kind is not p.VAR_POSITIONAL]
        if each is None and [p.name for p in named[: len(rules)]] != list(rules):
            raise ValueError(f"{name}: rules {list(rules)} do not match {list(parameters)}")
        options = {
            p.name: None if p.default in (p.empty, np._NoValue) else p.default
            for p in named[len(rules) :]
        }
    arrays = tuple(rules)
    formulas = [each] if each is not None else [rules[a] for a in arrays]
    compiled = tuple(compile_rule(f, arrays, options, name) for f in formulas)
    read = {r for rule in compiled if isinstance(rule, Rule) for r in rule.reads}
    primitive = Primitive(
        name=name,
        function=function,
        arrays=arrays,
        options=options,
        rules=compiled,
        variadic=each is not None,
        saves=_places_read(arrays, read),
        refused=frozenset({"where", "initial"} & set(options) - read - {*additive}),
        source=source,
    )
    if name in PRIMITIVES:
        raise ValueError(f"{name} is declared twice")
    PRIMITIVES[name] = primitive
    HANDLERS[function] = primitive
    return primitive


def short_name(function: Any) -> str:
    """A function's name in the registry: without `numpy.`, or the engine's name, before it."""
    return name_of(function).removeprefix("numpy.").removeprefix("adbench.engine.")


def _places_read(arrays: tuple[str, ...], read: set[str]) -> Container[int]:
    if not arrays:
        return range(sys.maxsize) if "arrays" in read else ()
    return frozenset(i for i, name in enumerate(arrays) if name in read)


def compile_rule(
    formula: Formula | str | None, arrays: tuple[str, ...], options: dict[str, Any], name: str
) -> Rule | str | None:
    """A Rule from a formula: its parameters after g are looked up in the call's parts."""
    if formula is None or isinstance(formula, str):
        return formula
    places = {option: f"options[{option!r}]" for option in options} | {"out": "out"}
    if not arrays:
        places |= {"arrays": "arrays", "shapes": "[shape(a) for a in arrays]"}
        places |= {"position": "options['position']"}
    for array in arrays:
        places |= {array: array, f"{array}_shape": f"shape({array})"}
    first, *reads = inspect.signature(formula).parameters
    if first != "g" or not set(reads) <= set(places):
        raise ValueError(f"{name}: a rule reads {[first, *reads]}, of which known: {list(places)}")
    items = "".join(places[read] + ", " for read in reads)
    parameters = ", ".join(arrays) or "*arrays"
    gather = eval(f"lambda out, options, {parameters}: ({items})", {"shape": shape_of})
    return Rule(formula, tuple(reads), gather)


def derived(*functions: Any) -> Callable[[Formula], Formula]:
    """Declare a function as a composition of others, written in NumPy on traced arrays.

    A composition may name `out` and `dtype` without looking at them: they are seen to here.
    """

    def register(composition: Formula) -> Formula:
        for function in functions:
            HANDLERS[function] = _finished(composition, short_name(function))
            DERIVED[short_name(function)] = function
        return composition

    return register


def _finished(composition: Formula, name: str) -> Formula:
    """A composition whose result goes where `out=` says, in the dtype that `dtype=` says."""
    parameters = inspect.signature(composition).parameters
    if not {"out", "dtype"} & set(parameters):
        return composition
    positional = [
        p.name
        for p in parameters.values()
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)
    ]

    def call(*args: Any, **kwargs: Any) -> Any:
        named = dict(zip(positional, args, strict=False)) | kwargs
        out, dtype = (
            None if named.get(option) is np._NoValue else named.get(option)
            for option in ("out", "dtype")
        )
        if out is None and dtype is None:
            return composition(*args, **kwargs)
        kwargs.pop("out", None)
        rest = [None if a is out else a for a in args]
        result = composition(*rest, **kwargs)
        if dtype is not None and hasattr(result, "dtype") and result.dtype != dtype:
            result = result.astype(dtype)
        return result if out is None else write(out, result, name)

    return call


def constant(*functions: Any) -> None:
    """Declare functions that are piecewise constant, or do not look at values at all.

    Their derivative is zero, so they are called with the plain values.
    """
    for function in functions:
        HANDLERS[function] = _on_plain_values(function)
        CONSTANT[short_name(function)] = function


def _on_plain_values(function: Any) -> Callable[..., Any]:
    target = getattr(function[0], function[1]) if isinstance(function, tuple) else function

    def call(*args: Any, **kwargs: Any) -> Any:
        return target(*map(plain, args), **{key: plain(value) for key, value in kwargs.items()})

    return call


def traced_zeros(function: Any) -> None:
    """Declare a `*_like` function, whose result on a traced array may be written into."""

    def call(a: Any, *args: Any, **kwargs: Any) -> Any:
        if innermost((*args, *kwargs.values())) is not None:
            raise DifferentiationError(
                name_of(function), "fills with a traced value", "x * np.ones_like(a)"
            )
        return Buffer(
            function(plain(a), *map(plain, args), **{k: plain(v) for k, v in kwargs.items()})
        )

    HANDLERS[function] = call
