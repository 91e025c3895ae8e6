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
    second.run()
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
        self.pulls: dict[int, Any] = {}
        """The pullback of each operation, by its place."""
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

    def run(self) -> None:
        """Compute every value."""
        if self.runs:
            for operation in self.operations:
                outs = _function(self.program, operation)(
                    *(self.values[n] for n in operation.reads)
                )
                self.values.update(zip(operation.makes, outs, strict=True))

    def differentiate(self, cotangents: Sequence[Any], count: int) -> list[Array]:
        """Compute every value and every adjoint; the gradient by the first `count` inputs."""
        if not self.runs:
            return self.gradient(cotangents, count)
        self.constants.update(range(count, len(self.inputs)))
        for i, operation in enumerate(self.operations):
            self.pulls[i] = self.forward(operation)
        for number, cotangent in zip(self.outputs, cotangents, strict=True):
            if _is_inexact(self.shapes[number]):
                self.gains(number, cotangent.astype(self.shapes[number].dtype))
        for i in reversed(range(len(self.operations))):
            self.backward(i)
        return [
            np.asarray(self.adjoints[i] if i in self.adjoints else np.zeros_like(self.values[i]))
            for i in range(count)
        ]

    def gradient(self, cotangents: Sequence[Any], count: int) -> list[Array]:
        function = jaxpr_as_fun(self.program)
        data = self.inputs[count:]
        _, pull = jax.vjp(lambda *x: function(*x, *data), *self.inputs[:count])
        return [np.asarray(g) for g in pull(list(cotangents))]

    def forward(self, operation: _Operation) -> Any:
        """Run one operation; its pullback, or None where it has no derivative."""
        function = _function(self.program, operation)
        operands = [self.values[n] for n in operation.reads]
        active = self.active(operation)

        def of_active(*given: Any) -> list[Any]:
            full = list(operands)
            for place, value in zip(active, given, strict=True):
                full[place] = value
            return list(function(*full))

        if not active:
            outs, pull = of_active(), None
            self.constants.update(operation.makes)
        else:
            outs, pull = jax.vjp(of_active, *(operands[place] for place in active))
        self.values.update(zip(operation.makes, outs, strict=True))
        return pull

    def active(self, operation: _Operation) -> list[int]:
        """The places of the operands that can have a derivative."""
        return [
            place
            for place, number in enumerate(operation.reads)
            if number not in self.constants and _is_inexact(self.shapes[number])
        ]

    def backward(self, place: int) -> None:
        operation, pull = self.operations[place], self.pulls[place]
        if pull is None or not any(n in self.adjoints for n in operation.makes):
            return
        gains = pull([self.adjoint(number) for number in operation.makes])
        for at, gain in zip(self.active(operation), gains, strict=True):
            self.gains(operation.reads[at], gain)

    def adjoint(self, number: int) -> Any:
        if number in self.adjoints:
            return self.adjoints[number]
        aval = self.shapes[number]
        if _is_inexact(aval):
            return jax.numpy.zeros(aval.shape, aval.dtype)
        return np.zeros(aval.shape, jax.dtypes.float0)

    def gains(self, number: int, gain: Any) -> None:
        known = self.adjoints.get(number)
        self.adjoints[number] = gain if known is None else known + gain

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
        for array in jax.tree.leaves(self.pulls.get(place)):
            if isinstance(array, jax.Array) and array.nbytes:
                yield blocks.saved("", array, array.unsafe_buffer_pointer(), array.nbytes)


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
