"""The tape of the native engine as a graph."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from adbench.backends import trees
from adbench.backends.protocol import Array
from adbench.engine.array import plain
from adbench.engine.inspect import Derivative, Followed, Place, derivative_of, follow, helpers_of
from adbench.engine.tape import Edge as TapeEdge
from adbench.engine.tape import Parts
from adbench.explain.contents import Blocks, content_of, kept
from adbench.explain.places import location
from adbench.explain.subject import Subject, seed
from adbench.record.graph import Content, Edge, Graph, Node, Output, Saved

_CLOSURES = 5
"""How deep the pullbacks of custom_vjp are looked into for the residuals that they hold."""


def native_graph(subject: Subject) -> tuple[Graph, list[Array]]:
    """The graph at the subject's point, and the gradient, an array an active leaf.

    Raises DifferentiationError where the engine cannot follow the function.
    """
    call = subject.call
    data = [np.array(call.arrays[i]) for i in call.passive]
    structure = subject.bound.outputs

    def function(*active: Any) -> list[Any]:
        leaves = _flat(call(call.merge(active, data)))
        assert len(leaves) == len(structure)
        return leaves

    adjoints: dict[int, Content] = {}

    def arrives(record: int, adjoint: Any) -> None:
        if not isinstance(adjoint, Parts):
            adjoints[record] = content_of(np.asarray(adjoint))

    followed = follow(
        function,
        [np.array(a) for a in subject.bound.point],
        lambda values: [seed(c, v) for c, v in zip(subject.cotangents, values, strict=True)],
        arrives,
    )
    return _Reader(followed, adjoints, subject).graph(), [np.asarray(g) for g in followed.gradients]


def _flat(value: Any) -> list[Any]:
    return trees.flatten_leaves(value)[0]


class _Reader:
    """Reads a tape that was followed into nodes."""

    def __init__(self, followed: Followed, adjoints: dict[int, Content], subject: Subject) -> None:
        self.followed = followed
        self.adjoints = adjoints
        self.subject = subject
        self.blocks = Blocks()
        self.known: set[int] = set()
        """Records that are nodes; a node has its record's number."""
        self.parts: dict[int, Place] = {}
        """Where operations with several results were called, by record."""
        for i, (_, _, edges) in enumerate(followed.records):
            if i in followed.places:
                for target, _, _ in edges:
                    self.parts.setdefault(target, followed.places[i])

    def graph(self) -> Graph:
        nodes: list[Node] = []
        for i, record in enumerate(self.followed.records):
            if i < self.followed.leaves:
                node = self.input(i)
            elif self.is_gate(i):
                continue
            else:
                node = self.operation(i, record)
            self.known.add(i)
            nodes.append(node)
        outputs = tuple(
            Output(name=leaf.name, node=record)
            for leaf, record in zip(self.subject.bound.outputs, self.followed.outputs, strict=True)
        )
        keeps = sum(node.keeps for node in nodes)
        return Graph(
            title="tape",
            nodes=tuple(nodes),
            outputs=outputs,
            keeps=keeps,
            helpers=tuple(self.helpers().items()),
        )

    def helpers(self) -> dict[str, str]:
        """What the rules of the graph name, as far as their text is shown."""
        formulas = dict.fromkeys(
            formula for *_, edges in self.followed.records for _, formula, _ in edges
        )
        return {
            name: sentence
            for formula in formulas
            if formula.__name__ == "<lambda>"
            for name, sentence in helpers_of(formula).items()
        }

    def is_gate(self, record: int) -> bool:
        """Whether a record only hands out the parts of a custom call's cotangents."""
        shape, _, edges = self.followed.records[record]
        return shape is None and all(formula.__name__ == "_pick" for _, formula, _ in edges)

    def input(self, record: int) -> Node:
        leaf = self.subject.inputs[record]
        return Node(
            id=record,
            role="input",
            operation=leaf.name,
            shape=leaf.shape,
            dtype=str(leaf.dtype),
            value=content_of(self.followed.values[record]),
            adjoint=self.adjoints.get(record),
        )

    def operation(self, record: int, entry: tuple[Any, Any, tuple[TapeEdge, ...]]) -> Node:
        shape, dtype, edges = entry
        known = [derivative_of(edge) for edge in edges]
        place = self.followed.places.get(record) or self.parts.get(record)
        saved = tuple(
            item
            for edge, derivative in zip(edges, known, strict=True)
            for item in self.saved(edge, derivative)
        )
        value = self.followed.values.get(record)
        return Node(
            id=record,
            operation=_operation(known[0], edges[0]),
            shape=None if shape is None else tuple(shape),
            dtype="" if dtype is None else str(dtype),
            inputs=tuple(self.edges(edges, known)),
            value=None if value is None else content_of(np.asarray(plain(value))),
            adjoint=self.adjoints.get(record),
            saved=saved,
            keeps=kept(saved),
            source=known[0].source,
            where=None if place is None else location(*place),
        )

    def edges(self, edges: tuple[TapeEdge, ...], known: list[Derivative]) -> Iterator[Edge]:
        for (target, _, _), derivative in zip(edges, known, strict=True):
            if target in self.known:
                text = "" if derivative.operation == "_part" else derivative.text
                yield Edge(source=target, operand=derivative.operand, derivative=text)
                continue
            # The gate before a custom call: its own edges are the call's operands.
            for source, _, (place,) in self.followed.records[target][2]:
                yield Edge(source=source, operand=f"argument {place}", derivative=derivative.text)

    def saved(self, edge: TapeEdge, derivative: Derivative) -> Iterator[Saved]:
        _, formula, read = edge
        names = derivative.reads or ("",) * len(read)
        for name, value in zip(names, read, strict=True):
            for array in _arrays(value):
                yield self.blocks.saved(name, array, *_block(array))
        if not derivative.reads and formula.__closure__:
            for array in _residuals(formula, _CLOSURES):
                yield self.blocks.saved("residuals", array, *_block(array))


def _operation(derivative: Derivative, edge: TapeEdge) -> str:
    if derivative.operation == "_part":
        return f"result {edge[2][0]}"
    return derivative.operation


def _arrays(value: Any) -> Iterator[Any]:
    """The arrays in what a formula reads; numbers take no memory worth a mention."""
    value = plain(value)
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _arrays(item)


def _residuals(function: Any, depth: int) -> Iterator[Any]:
    """The arrays that a function's closure holds, and those of the functions in it."""
    if depth == 0 or not inspect.isfunction(function):
        return
    for value in inspect.getclosurevars(function).nonlocals.values():
        yield from _arrays(value) if not callable(value) else _residuals(value, depth - 1)


def _block(array: Any) -> tuple[Any, int]:
    """The memory that an array lies in, and its size."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    nbytes = array.nbytes
    if array.base is not None:  # a number that is repeated, or memory of another library
        nbytes = min(nbytes, getattr(array.base, "nbytes", nbytes))
    return id(array if array.base is None else array.base), nbytes
