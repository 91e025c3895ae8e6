"""A derivative followed step by step: every value on the tape, where it was made, its adjoint.

The engine runs as it always does. Its tape is read afterwards, the values are seen as traced
arrays are made, and the adjoints as they are handed to the formulas of the sweep.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import linecache
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from adbench.engine.array import TracedArray
from adbench.engine.errors import _is_library, _stack
from adbench.engine.operation import Rule
from adbench.engine.primitive import PRIMITIVES
from adbench.engine.rules.indexing import pull_back, pull_back_simple
from adbench.engine.tape import Edge, Record, Tape, sweep
from adbench.engine.trace import Trace

Formula = Callable[..., Any]


class Place(NamedTuple):
    """A line of the user's code, and the function that it is in."""

    file: str
    line: int
    function: str
    text: str


class Derivative(NamedTuple):
    """What is known of a formula: whose it is, for which operand, and how it reads."""

    operation: str
    operand: str
    text: str
    reads: tuple[str, ...]
    source: str


@dataclass(slots=True)
class Followed:
    """One evaluation of a function and its gradient.

    `records` is the tape as the forward pass left it; `values` and `places` are by record. An
    operation with several results has a record without a value. `outputs` are records too, None
    for an output that depends on no input.
    """

    records: list[Record] = field(default_factory=list)
    leaves: int = 0
    values: dict[int, Any] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    results: list[Any] = field(default_factory=list)
    outputs: list[int | None] = field(default_factory=list)
    gradients: list[Any] = field(default_factory=list)


def follow(
    function: Callable[..., Sequence[Any]],
    arrays: Sequence[Any],
    cotangents: Callable[[list[Any]], list[Any]],
    arrives: Callable[[int, Any], object],
    forward_done: Callable[[Followed], object] = lambda followed: None,
) -> Followed:
    """Run `function(*arrays)`, a list of outputs, and pull the outputs' cotangents back.

    `cotangents` gives them for the outputs' values. `arrives(record, adjoint)` is called in the
    backward pass with each adjoint that is complete, before it is passed on. Raises what the
    engine raises.
    """
    followed = Followed()
    trace = Trace(tuple(arrays), tuple(range(len(arrays))), copy=True)
    followed.leaves = trace.tape.leaves
    followed.values = dict(enumerate(trace.values))
    with _watching(trace.tape, followed):
        outputs = list(trace.run(function, {}))
    followed.results = [trace.output(out) for out in outputs]
    followed.outputs = [out.id if trace.traced(out) else None for out in outputs]
    followed.records = list(trace.tape.records)
    forward_done(followed)
    seeds: dict[int, Any] = {}
    for number, seed in zip(followed.outputs, cotangents(followed.results), strict=True):
        if number is not None:
            seeds[number] = seeds[number] + seed if number in seeds else seed
    watched = Tape()
    watched.leaves = followed.leaves
    watched.records = [
        (shape, dtype, _watched(i, edges, arrives))
        for i, (shape, dtype, edges) in enumerate(followed.records)
    ]
    for i, gradient in enumerate(sweep(watched, seeds)):
        if gradient is None:
            gradient = np.zeros_like(followed.values[i])
        arrives(i, gradient)
        followed.gradients.append(gradient)
    return followed


def _watched(
    record: int, edges: tuple[Edge, ...], arrives: Callable[[int, Any], object]
) -> tuple[Edge, ...]:
    """The edges of a record, the first of which tells of the adjoint that it gets."""
    if not edges:
        return edges
    (target, formula, saved), *others = edges

    def first(g: Any, *read: Any) -> Any:
        arrives(record, g)
        return formula(g, *read)

    return ((target, first, saved), *others)


_lock = threading.RLock()


@contextlib.contextmanager
def _watching(tape: Tape, followed: Followed) -> Iterator[None]:
    """Note each array that is made on `tape`, and the user's line that made it.

    The tape's records do not hold values (that is what makes it small), and the engine appends to
    them in several places; but every value on a tape is a TracedArray, made by its constructor.
    """
    plain = TracedArray.__init__

    def noting(self: TracedArray, value: Any, on: Tape | None, identifier: int) -> None:
        plain(self, value, on, identifier)
        if on is tape and identifier not in followed.values:
            followed.values[identifier] = value
            place = user_place()
            if place is not None:
                followed.places[identifier] = place

    with _lock:
        TracedArray.__init__ = noting  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            TracedArray.__init__ = plain  # type: ignore[method-assign]


def user_place() -> Place | None:
    """The innermost line on the stack that is the user's own."""
    for frame in _stack():
        code = frame.f_code
        if not _is_library(code.co_filename):
            text = linecache.getline(code.co_filename, frame.f_lineno).strip()
            return Place(code.co_filename, frame.f_lineno, code.co_qualname, text)
    return None


def derivative_of(edge: Edge) -> Derivative:
    """The formula of a tape's edge, in words."""
    _, formula, saved = edge
    if formula in (pull_back, pull_back_simple):
        return Derivative("getitem", "x", _placed(saved[0]), ("index", "x_shape"), "")
    if formula not in _RULES:
        _learn()
    known = _RULES.get(formula)
    if known is not None:
        return known if known.operation != "getitem" else known._replace(text=_placed(saved[0]))
    name = _custom_name(formula, depth=3)
    if name:
        return Derivative(name, "", "the backward function given for it", (), "")
    return Derivative(formula.__name__, "", "", (), "")


def _custom_name(formula: Formula, depth: int) -> str:
    """Whose pullback it is: custom_vjp and checkpoint give each call a formula of its own, which
    knows the function's name for its errors; "" for other formulas."""
    if not depth or not inspect.isfunction(formula) or not formula.__closure__:
        return ""
    known = inspect.getclosurevars(formula).nonlocals
    if isinstance(known.get("name"), str):
        return str(known["name"])
    return next(filter(None, (_custom_name(v, depth - 1) for v in known.values())), "")


_RULES: dict[Formula, Derivative] = {}


def _learn() -> None:
    """Fill in the formulas of the rule table, which grows when SciPy's functions are met."""
    for primitive in PRIMITIVES.values():
        for place, rule in enumerate(primitive.rules):
            if isinstance(rule, Rule) and rule.formula not in _RULES:
                operand = "each" if primitive.variadic else primitive.arrays[place]
                _RULES[rule.formula] = Derivative(
                    primitive.name,
                    operand,
                    formula_text(rule.formula),
                    rule.reads,
                    primitive.source,
                )


@cache
def formula_text(formula: Formula) -> str:
    """A formula as it is written: a lambda's body, or the first sentence about a function."""
    names = [*inspect.signature(formula).parameters]
    if formula.__name__ != "<lambda>":
        # "∂/∂x of x @ y: g @ yᵀ" says what the rule is for, which is known here.
        sentence = re.sub(r"^∂/∂\w+ of [^:]*: ", "", _first_sentence(formula))
        return sentence or f"{formula.__name__}({', '.join(names)})"
    code = formula.__code__
    starts = {(line, column) for line, _, column, _ in code.co_positions() if line and column}
    for node in _lambdas(code.co_filename).get(code.co_firstlineno, ()):
        span = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
        inside = any(span[0] <= start < span[1] for start in starts)
        if [a.arg for a in node.args.args] == names and (inside or not starts):
            return ast.unparse(node.body)
    return f"a function of {', '.join(names)}"


def helpers_of(formula: Formula) -> dict[str, str]:
    """The engine's own functions that a formula names, each with the first sentence about it."""
    named = {name: formula.__globals__.get(name) for name in formula.__code__.co_names}
    return {
        name: sentence
        for name, helper in named.items()
        if inspect.isfunction(helper)
        and helper.__module__.startswith("adbench.engine.rules")
        and (sentence := _first_sentence(helper))
    }


def _first_sentence(function: Formula) -> str:
    paragraph = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    return re.split(r"(?<!\beq)(?<!\beqs)\.(?: |$)", paragraph)[0]


@lru_cache(maxsize=64)
def _lambdas(file: str) -> dict[int, list[ast.Lambda]]:
    """The lambdas of a file by the line that they begin on."""
    found: dict[int, list[ast.Lambda]] = {}
    for node in ast.walk(ast.parse("".join(linecache.getlines(file)))):
        if isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, []).append(node)
    return found


def _placed(index: Any) -> str:
    """What indexing pulls back, which the rule table gives as a function's name only."""
    return f"g placed at [{_index_text(index)}] in zeros"


def _index_text(index: Any) -> str:
    """An index as it is written between brackets."""
    parts = index if type(index) is tuple else (index,)
    return ", ".join(map(_part_text, parts))


def _part_text(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
        return ":".join(ends if part.step is None else [*ends, str(part.step)])
    if part is Ellipsis:
        return "…"
    if isinstance(part, np.ndarray):
        return str(part.tolist()) if part.size <= 8 else f"an array of shape {part.shape}"
    return str(part)
