"""JAX's jaxprs, of a function and of its gradient, as graphs."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal, Var, jaxpr_as_fun

from adbench.backends import trees
from adbench.backends.protocol import Array
from adbench.explain.contents import Blocks, content_of, kept
from adbench.explain.places import innermost
from adbench.explain.rules import JAX, rule_text
from adbench.explain.subject import ExplainError, Subject
from adbench.record.graph import Content, Edge, Graph, Node, Output, Saved
from adbench.record.model import SourceLocation

Equation = Any

MOST = 1000
"""Equations up to which each is run, and differentiated, by itself."""


def jax_graphs(subject: Subject) -> tuple[Graph, Graph, list[Array]]:
    """The graphs of the function and of its gradient, and the gradient, an array an active leaf.

    Functions that JAX has jitted are opened up. Raises ExplainError for a function that JAX
    cannot trace.
    """
    call = subject.call
    active = [jax.numpy.asarray(a) for a in subject.bound.point]
    data = [jax.numpy.asarray(call.arrays[i]) for i in call.passive]

    def function(leaves: list[Any], others: list[Any]) -> list[Any]:
        return list(trees.flatten_leaves(call(call.merge(leaves, others)))[0])

    def gradient(leaves: list[Any], others: list[Any], cotangents: list[Any]) -> list[Any]:
        outs, pull = jax.vjp(lambda x: function(x, others), leaves)
        given = [c.astype(out.dtype) for c, out in zip(cotangents, outs, strict=True)]
        return list(pull(given)[0])

    cotangents = [jax.numpy.asarray(c) for c in subject.cotangents]
    try:
        forward = jax.make_jaxpr(function)(active, data)
        backward = jax.make_jaxpr(gradient)(active, data, cotangents)
    except Exception as error:
        refuse_untraceable(error)
        raise
    names = [leaf.name for leaf in subject.inputs] + [call.leaves[i].name for i in call.passive]
    outputs = [leaf.name for leaf in subject.bound.outputs]
    reader = _Reader(forward, [*active, *data], names)
    gradients = reader.differentiate(cotangents, len(active))
    given = [*names, *(f"cotangent of {name}" for name in outputs)]
    second = _Reader(backward, [*active, *data, *cotangents], given)
    results = [f"gradient of {leaf.name}" for leaf in subject.inputs]
    return (
        reader.graph("jaxpr", outputs),
        second.graph("jaxpr of the gradient", results),
        gradients,
    )


def refuse_untraceable(error: Exception) -> None:
    """Raise ExplainError, in one line, if JAX could not trace a function that reads values."""
    untraceable = (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError)
    if not isinstance(error, untraceable):
        return
    first = str(error).strip().splitlines()[0].removesuffix(".")
    frames = [
        (frame.f_code.co_filename, line, frame.f_code.co_qualname)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    where = innermost(reversed(frames))
    place = f" ({where.file}:{where.line})" if where is not None else ""
    raise ExplainError(f"JAX cannot trace the function{place}: {first}") from error


class _Operation(NamedTuple):
    """One equation, on numbered values."""

    equation: Equation
    caller: Equation
    """The equation outside all jitted functions that this one is part of."""
    reads: list[int]
    makes: list[int]


class _Reader:
    """Reads a jaxpr into nodes; runs its equations one by one, unless there are too many."""

    def __init__(self, program: Any, inputs: Sequence[Any], names: Sequence[str]) -> None:
        self.names = names
        self.program = program
        self.inputs = inputs
        self.operations: list[_Operation] = []
        self.values: dict[int, Any] = dict(enumerate(inputs))
        self.shapes: dict[int, Any] = {}
        """The abstract value of each number."""
        self.constants: set[int] = set()
        """Numbers that no active input reaches."""
        for i, var in enumerate(program.jaxpr.invars):
            self.shapes[i] = var.aval
        self.outputs = self.read(program, list(range(len(inputs))), None)
        self.adjoints: dict[int, Any] = {}
        self.held: list[list[tuple[Any, Any]]] = []
        """What the pullback of each operation holds."""
        self.runs = len(self.operations) <= MOST

    def new(self, aval: Any) -> int:
        number = len(self.shapes)
        self.shapes[number] = aval
        return number

    def read(self, program: Any, arguments: list[int], caller: Equation | None) -> list[int]:
        """Enter a jaxpr's equations; a call of a jitted function gives way to its equations."""
        jaxpr = program.jaxpr
        numbers: dict[Var, int] = dict(zip(jaxpr.invars, arguments, strict=True))
        for var, value in zip(jaxpr.constvars, program.consts, strict=True):
            number = numbers[var] = self.new(var.aval)
            self.values[number] = value
            self.constants.add(number)

        def number_of(atom: Any) -> int:
            return self.literal(atom) if isinstance(atom, Literal) else numbers[atom]

        for equation in jaxpr.eqns:
            outer = caller or equation
            reads = [
                self.literal(a) if isinstance(a, Literal) else numbers[a] for a in equation.invars
            ]
            inner = equation.params.get("jaxpr")
            if equation.primitive.name in ("jit", "pjit") and isinstance(inner, ClosedJaxpr):
                makes = self.read(inner, reads, outer)
            else:
                makes = [self.new(var.aval) for var in equation.outvars]
                self.operations.append(_Operation(equation, outer, reads, makes))
            numbers.update(zip(equation.outvars, makes, strict=True))
        return [number_of(atom) for atom in jaxpr.outvars]

    def literal(self, atom: Any) -> int:
        """A number for a literal, which is a constant without a variable."""
        number = self.new(atom.aval)
        self.values[number] = jax.numpy.asarray(atom.val, atom.aval.dtype)
        self.constants.add(number)
        return number

    # Running.

    def differentiate(self, cotangents: Sequence[Any], count: int) -> list[Array]:
        """Compute every value and every adjoint; the gradient by the first `count` inputs.

        All in one compiled function, since JAX would compile each equation by itself otherwise.
        The adjoint of a value is the derivative by a zero that is added to it.
        """
        if not self.runs:
            return self.gradient(cotangents, count)
        self.follow_activity(count)
        data = self.inputs[count:]
        tapped = self.leading_to_outputs()
        shapes = [self.shapes[n] for n in tapped]
        zeros = [jax.numpy.zeros(aval.shape, aval.dtype) for aval in shapes]

        def forward(active: list[Any], taps: list[Any]) -> tuple[list[Any], list[Any]]:
            values = self.evaluate([*active, *data], dict(zip(tapped, taps, strict=True)))
            return [values[n] for n in self.outputs], [values[n] for n in range(len(self.shapes))]

        def followed(active: list[Any], taps: list[Any]) -> Any:
            outs, pull, values = jax.vjp(forward, active, taps, has_aux=True)
            given = [c.astype(out.dtype) for c, out in zip(cotangents, outs, strict=True)]
            return pull(given), values

        (gradients, adjoints), values = jax.jit(followed)(list(self.inputs[:count]), zeros)
        self.values = dict(enumerate(values))
        self.adjoints = dict(enumerate(gradients)) | dict(zip(tapped, adjoints, strict=True))
        self.held = [self.residuals(i) for i in range(len(self.operations))]
        return [np.asarray(g) for g in gradients]

    def gradient(self, cotangents: Sequence[Any], count: int) -> list[Array]:
        function = jaxpr_as_fun(self.program)
        data = self.inputs[count:]
        _, pull = jax.vjp(lambda *x: function(*x, *data), *self.inputs[:count])
        return [np.asarray(g) for g in pull(list(cotangents))]

    def evaluate(self, inputs: Sequence[Any], taps: dict[int, Any]) -> dict[int, Any]:
        """Every value, with what `taps` has for it added."""
        values = self.values | dict(enumerate(inputs))
        for operation in self.operations:
            outs = _function(self.program, operation)(*(values[n] for n in operation.reads))
            for number, out in zip(operation.makes, outs, strict=True):
                values[number] = out + taps[number] if number in taps else out
        return values

    def follow_activity(self, count: int) -> None:
        """Enter what no active input reaches among the constants."""
        self.constants.update(range(count, len(self.inputs)))
        for operation in self.operations:
            if not self.active(operation):
                self.constants.update(operation.makes)

    def leading_to_outputs(self) -> list[int]:
        """The results of operations from which there is a way to an output, and a derivative."""
        needed = set(self.outputs)
        for operation in reversed(self.operations):
            if needed.intersection(operation.makes):
                needed.update(operation.reads)
        made = (n for operation in self.operations for n in operation.makes)
        return [
            n
            for n in made
            if n in needed and n not in self.constants and _is_inexact(self.shapes[n])
        ]

    def active(self, operation: _Operation) -> list[int]:
        """The places of the operands that can have a derivative."""
        return [
            place
            for place, number in enumerate(operation.reads)
            if number not in self.constants and _is_inexact(self.shapes[number])
        ]

    def residuals(self, place: int) -> list[tuple[Any, Any]]:
        """What the pullback of one operation holds: (which memory, its abstract value).

        It is traced, not run: a residual that is an operand or a result is that one's memory.
        """
        operation = self.operations[place]
        active = self.active(operation)
        if not active:
            return []
        function = _function(self.program, operation)

        def pulled(*operands: Any) -> tuple[list[Any], list[Any]]:
            def of_active(*given: Any) -> list[Any]:
                full = list(operands)
                for at, value in zip(active, given, strict=True):
                    full[at] = value
                return list(function(*full))

            outs, pull = jax.vjp(of_active, *(operands[at] for at in active))
            return outs, jax.tree.leaves(pull)

        avals = [self.shapes[n] for n in operation.reads]
        traced = jax.make_jaxpr(pulled)(*(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals))
        made = zip(traced.jaxpr.outvars, operation.makes, strict=False)
        known = {var: number for var, number in made if not isinstance(var, Literal)}
        known |= dict(zip(traced.jaxpr.invars, operation.reads, strict=True))
        return [
            (known.get(var, (place, var)), var.aval)
            for var in traced.jaxpr.outvars[len(operation.makes) :]
            if not isinstance(var, Literal)
        ]

    # Reading.

    def graph(self, title: str, outputs: Sequence[str]) -> Graph:
        nodes = [self.input(i, name) for i, name in enumerate(self.names)]
        ids = {i: i for i in range(len(nodes))}
        blocks = Blocks()
        for place, operation in enumerate(self.operations):
            many = len(operation.makes) > 1
            number = len(nodes)
            nodes.append(self.operation(number, place, operation, ids, blocks))
            if not many:
                ids[operation.makes[0]] = number
                continue
            for i, made in enumerate(operation.makes):
                ids[made] = len(nodes)
                nodes.append(self.part(len(nodes), number, i, made, nodes[number].where))
        named = tuple(
            Output(name=name, node=ids.get(number))
            for name, number in zip(outputs, self.outputs, strict=True)
        )
        keeps = sum(node.keeps for node in nodes)
        return Graph(title=title, nodes=tuple(nodes), outputs=named, keeps=keeps)

    def input(self, number: int, name: str) -> Node:
        return Node(id=number, role="input", operation=name, **self.contents(number))

    def part(
        self, identifier: int, source: int, place: int, made: int, where: SourceLocation | None
    ) -> Node:
        return Node(
            id=identifier,
            operation=f"result {place}",
            inputs=(Edge(source=source),),
            where=where,
            **self.contents(made),
        )

    def operation(
        self,
        number: int,
        place: int,
        operation: _Operation,
        ids: dict[int, int],
        blocks: Blocks,
    ) -> Node:
        equation = operation.equation
        saved = tuple(self.saved(place, blocks))
        single = len(operation.makes) == 1
        return Node(
            id=number,
            operation=_name(equation),
            inputs=tuple(self.edges(operation, ids)),
            saved=saved,
            keeps=kept(saved),
            where=_place(operation.caller) or _place(equation),
            **(self.contents(operation.makes[0]) if single else {}),
        )

    def contents(self, number: int) -> dict[str, Any]:
        aval = self.shapes[number]
        return {
            "shape": tuple(aval.shape),
            "dtype": str(aval.dtype),
            "value": _content(self.values.get(number)),
            "adjoint": _content(self.adjoints.get(number)),
        }

    def edges(self, operation: _Operation, ids: dict[int, int]) -> Iterator[Edge]:
        name = operation.equation.primitive.name
        for place, number in enumerate(operation.reads):
            if number in ids:
                operand, derivative = rule_text(JAX, name, place)
                yield Edge(source=ids[number], operand=operand, derivative=derivative)

    def saved(self, place: int, blocks: Blocks) -> Iterator[Saved]:
        for block, aval in self.held[place] if self.held else ():
            nbytes = aval.size * aval.dtype.itemsize
            if nbytes:
                yield blocks.saved("", aval, block, nbytes)


def _function(program: Any, operation: _Operation) -> Any:
    """One equation of a program as a function of its operands, literals included."""
    equation = operation.equation
    # A variable may stand for several operands, and a literal for none: each gets its own.
    invars = [Var(atom.aval) for atom in equation.invars]
    outvars = [Var(var.aval) for var in equation.outvars]
    about = program.jaxpr.debug_info._replace(
        arg_names=("",) * len(invars), result_paths=("",) * len(outvars)
    )
    alone = program.jaxpr.replace(
        constvars=(),
        invars=invars,
        outvars=outvars,
        eqns=[equation.replace(invars=invars, outvars=outvars)],
        effects=equation.effects,
        debug_info=about,
    )
    return jaxpr_as_fun(ClosedJaxpr(alone, ()))


def _name(equation: Equation) -> str:
    primitive: str = equation.primitive.name
    name = equation.params.get("name")
    return f"{primitive}: {name}" if isinstance(name, str) and "call" in primitive else primitive


def _is_inexact(aval: Any) -> bool:
    return bool(jax.numpy.issubdtype(aval.dtype, jax.numpy.inexact))


def _content(value: Any) -> Content | None:
    """An array's content; None for what is none, such as a random key."""
    if value is None or jax.dtypes.issubdtype(value.dtype, jax.dtypes.extended):
        return None
    return content_of(np.asarray(value))


def _place(equation: Equation) -> SourceLocation | None:
    stack = equation.source_info.traceback
    if stack is None:
        return None
    return innermost((f.file_name, f.line_num, f.function_name) for f in stack.frames)
