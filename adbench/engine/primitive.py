"""The rule table: what a primitive is, how one is declared, and how one is applied.

A rule is a formula, and its parameters' names say what it reads: `g` (the output's cotangent),
then arrays by their names, `<array>_shape`, `out`, and options such as `axis`. Only what a
rule reads is saved. `define(np.multiply, x=lambda g, y: g * y, y=lambda g, x: g * x)` is a
whole declaration. Formulas are written in NumPy functions and operators, which dispatch on
their arguments: to an outer tape (higher order) and to CuPy alike.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from adbench.engine.array import (
    HANDLERS,
    Buffer,
    Recorded,
    TracedArray,
    name_of,
    plain,
    refuse_subclass,
    write,
)
from adbench.engine.batch import Batched, UnbatchableError
from adbench.engine.errors import DifferentiationError
from adbench.engine.tape import Edge, Parts, Tape

Formula: TypeAlias = Callable[..., Any]

ZERO = "zero"
"""The rule of an argument in which a primitive is piecewise constant."""

PRIMITIVES: dict[str, Primitive] = {}
"""Every primitive by name: the table that the conformance test walks."""

DERIVED: dict[str, Any] = {}
"""NumPy and SciPy functions that are compositions of primitives, by name."""

CONSTANT: dict[str, Any] = {}
"""NumPy functions with a zero derivative, by name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One formula, and how to collect what it reads from a call.

    `gather(out, options, *arrays)` gives the tuple that follows g in the formula's call.
    """

    formula: Formula
    reads: tuple[str, ...]
    gather: Callable[..., tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Primitive:
    """A function with derivative rules: leading array arguments, then options.

    `rules` has one entry an array argument: a Rule, ZERO (piecewise constant) or None (no
    derivative known). A variadic primitive takes any number of arrays and has one rule, which
    reads `position` (which array) and `arrays` or `shapes` (all of them).
    """

    name: str
    function: Callable[..., Any]
    arrays: tuple[str, ...]
    options: dict[str, Any]
    rules: tuple[Rule | str | None, ...]
    variadic: bool = False
    saves: Container[int] = ()
    """Positions of the arrays that some rule reads."""
    refused: frozenset[str] = frozenset()
    """Options that change the derivative but that no rule reads."""
    source: str = field(default="", compare=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call as the NumPy function is called; arrays may be traced, options may not."""
        if not kwargs and (self.variadic or len(args) == len(self.arrays)):
            return self.apply(args, {})
        arrays, options = self.bind(args, kwargs)
        out = options.pop("out", None)
        result = self.apply(arrays, options)
        return result if out is None else write(out, result, self.name)

    def bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Split a call into its arrays and the options that were given."""
        if self.variadic:
            return args, kwargs
        count = len(self.arrays)
        arrays = args[:count]
        if len(arrays) < count:
            kwargs = dict(kwargs)
            try:
                arrays += tuple(kwargs.pop(name) for name in self.arrays[len(arrays) :])
            except KeyError as missing:
                raise TypeError(f"{self.name}() misses the argument {missing}") from None
        options = dict(zip(self.options, args[count:], strict=False))
        options.update(kwargs)
        for name, value in list(options.items()):
            if value is np._NoValue:
                del options[name]
            elif name in self.refused and value is not None and value is not True:
                raise DifferentiationError(
                    self.name, f"{name}= has no derivative rule", "np.where, or x[mask], before it"
                )
            elif name != "out" and isinstance(value, TracedArray):
                options[name] = self.constant_option(name, value)
        return arrays, options

    def constant_option(self, name: str, value: TracedArray) -> Any:
        """The plain value of a Buffer; a traced array as an option would lose its derivative."""
        if isinstance(value, Buffer):
            return value.value
        raise DifferentiationError(
            self.name,
            f"is not differentiable in {name!r}, which is a traced array",
            f"stop_gradient({name}) where a constant is meant",
        )

    def apply(self, arrays: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Compute the value on the innermost tape among the arrays, and record how."""
        tape = None
        for a in arrays:
            if isinstance(a, TracedArray):
                other = a.tape
                if other is not None and (tape is None or other.level > tape.level):
                    tape = other
            elif type(a) in (list, tuple):
                return self.apply(tuple(as_operand(a) for a in arrays), options)
            elif type(a) is not np.ndarray:
                refuse_subclass(a, self.name)
        values = tuple(
            a.value if isinstance(a, TracedArray) and (a.tape is tape or a.tape is None) else a
            for a in arrays
        )
        if tape is None:
            return self.of_constants(arrays[0], values, options)
        out = self.apply(values, options)  # on the tapes further out, if any
        return self.record(tape, arrays, values, options, out)

    def of_constants(self, first: Any, values: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The value, untraced; that of a buffer is one too if it lies in the buffer's memory."""
        out = self.function(*values, **options)
        if type(first) is not Buffer or isinstance(out, (tuple, list)):
            return out
        if out is first.value:
            return first
        if not is_view(out, first.value):
            return out
        view = Buffer(out)
        link_view(first, view, self, options)
        return view

    def record(
        self, tape: Tape, arrays: tuple[Any, ...], values: Any, options: dict[str, Any], out: Any
    ) -> Any:
        """Put an operation on the tape; its value comes back traced."""
        if out is values[0] and isinstance(arrays[0], TracedArray) and arrays[0].tape is tape:
            return arrays[0]  # NumPy gave its argument back: what is written into it, is here too
        if type(out) is Batched:
            raise UnbatchableError
        known = {**self.options, **options} if options or self.variadic else self.options
        saved = [
            tape.keep(v) if type(v) is np.ndarray and v is a and i in self.saves else v
            for i, (v, a) in enumerate(zip(values, arrays, strict=True))
        ]
        edges: list[Edge] = []
        for position, a in enumerate(arrays):
            if not isinstance(a, TracedArray) or a.tape is not tape:
                continue
            rule = self.rules[0 if self.variadic else position]
            if rule is ZERO:
                continue
            if not isinstance(rule, Rule):
                raise DifferentiationError(
                    self.name,
                    f"has no derivative rule in its argument {self.arrays[position]!r}",
                    f"stop_gradient({self.arrays[position]}) where a constant is meant",
                )
            if self.variadic:
                known["position"] = position
            edges.append((a.id, rule.formula, rule.gather(out, known, *saved)))
        if not edges:
            return out
        result = wrap(tape, tuple(edges), out)
        if type(result) is TracedArray and is_view(out, values[0]):
            link_view(arrays[0], result, self, options)
        return result


def innermost(arrays: Iterable[Any]) -> Tape | None:
    """The tape made last among those of the arrays; None where nothing is traced."""
    tape = None
    for a in arrays:
        if (
            isinstance(a, TracedArray)
            and a.tape is not None
            and (tape is None or a.tape.level > tape.level)
        ):
            tape = a.tape
    return tape


def as_operand(a: Any) -> Any:
    """A list as an array, its traced elements stacked; anything else as it is."""
    if type(a) not in (list, tuple):
        return a
    items = [as_operand(item) for item in a]
    return np.stack(items) if any(isinstance(i, TracedArray) for i in items) else np.asarray(a)


def is_view(out: Any, value: Any) -> bool:
    """Whether a result lies in its argument's memory, so that writing into one changes both.

    NumPy's arrays know the array that owns their memory, which may also be a temporary one.
    Recorded arrays know the one that they are a view of, since their copies share memory.
    """
    kind = type(out)
    if issubclass(kind, np.generic):
        return False
    if kind is not np.ndarray:
        out, value = plain(out), plain(value)
    if isinstance(out, Recorded):
        while out is not None and out is not value:
            out = out.owner
        return out is not None
    base = getattr(out, "base", None)
    return base is not None and (base is value or base is getattr(value, "base", None))


def link_view(owner: TracedArray, view: TracedArray, how: Primitive, options: Any) -> None:
    """Remember how a view was made, for `assignment.py`, which writes through it."""
    view.base = (owner, how, options)
    try:
        views = owner.views
    except AttributeError:
        owner.views = [weakref.ref(view)]
        return
    if len(views) % 64 == 63:
        views[:] = [reference for reference in views if reference() is not None]
    views.append(weakref.ref(view))


def shape_of(a: Any) -> tuple[int, ...]:
    """The shape of an array or a number."""
    return a.shape if hasattr(a, "shape") else ()


def wrap(tape: Tape, edges: tuple[Edge, ...], out: Any) -> Any:
    """A recorded value; several outputs become one record each that feeds a common one."""
    if isinstance(out, (tuple, list)):
        common = tape.append(None, None, edges)
        parts = [
            TracedArray(part, tape, tape.append(part.shape, part.dtype, ((common, _part, (i,)),)))
            if part.dtype.kind in "fc"
            else part
            for i, part in enumerate(out)
        ]
        return type(out)._make(parts) if hasattr(out, "_make") else type(out)(parts)
    return TracedArray(out, tape, tape.append(out.shape, out.dtype, edges))


def _part(g: Any, place: int) -> Parts:
    return Parts({place: g})


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
