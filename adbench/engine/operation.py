"""What a primitive is, and what happens when one is called: its value, and a record on a tape.

The value is computed on the innermost tape among the arguments. Values of tapes further out are
what that tape computes with, so that the call is recorded there, too.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from adbench.engine.array import (
    Buffer,
    Recorded,
    TracedArray,
    plain,
    refuse_subclass,
    write,
)
from adbench.engine.batch import Batched, UnbatchableError
from adbench.engine.errors import DifferentiationError
from adbench.engine.tape import Edge, Parts, Tape

Formula: TypeAlias = Callable[..., Any]

NUMBERS = frozenset({bool, int, float, complex, np.float64, np.float32})
"""Constants that nobody can write into."""

ZERO = "zero"
"""The rule of an argument in which a primitive is piecewise constant."""


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
            elif name != "out" and isinstance(value, (np.ndarray, Recorded)):
                options[name] = value.copy()  # which a rule may read later
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
            tape.keep(v) if v is a and type(v) not in NUMBERS and i in self.saves else v
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
