"""What `adbench explain` finds: a graph, the numbers that flow through it, and what it keeps alive.

The types are as plain as those of the run record: reports turn them into text, pictures and
pages. Nodes stand in the order of the forward pass, so a node's inputs come before it.
"""

from __future__ import annotations

import itertools
from typing import Literal

from adbench.record.base import Model as _Model
from adbench.record.model import SourceLocation


class Content(_Model):
    """What is in an array: every element of a small one, and the norm.

    A complex array is read as real numbers, each element's real part before its imaginary part.
    """

    values: tuple[float, ...] | None = None
    """In C order; None where there are too many to read."""
    norm: float
    """The Euclidean norm."""


class Saved(_Model):
    """Something that an operation holds on to until its adjoint has been computed."""

    name: str
    """As the derivative rule calls it: `x`, `out`, `index`."""
    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    """Of the whole block of memory: a view keeps all of it alive."""
    first: bool
    """Whether this is the first holder of that memory; later ones keep nothing more alive."""


class Edge(_Model):
    """One operand of an operation, and how the adjoint is passed on to it."""

    source: int
    """The node that made the operand."""
    operand: str = ""
    """Its name in the derivative rule."""
    derivative: str = ""
    """The rule: what the operand's adjoint gains, where g is the adjoint that arrives."""
    count: int = 1
    """How many edges this one stands for, in a folded graph."""


class Node(_Model):
    """An input, or one operation with its result; in a folded graph, all those of one line."""

    id: int
    role: Literal["input", "operation"] = "operation"
    operation: str
    """The operation's name on its backend; an input's name as the user writes it."""
    shape: tuple[int, ...] | None = None
    """None where there is no array: an operation with several results, or folded ones."""
    dtype: str = ""
    inputs: tuple[Edge, ...] = ()
    value: Content | None = None
    adjoint: Content | None = None
    """The derivative of the output with respect to this value; None where none arrives."""
    saved: tuple[Saved, ...] = ()
    keeps: int = 0
    """Bytes that are alive because of this node, each block counted at its first holder."""
    source: str = ""
    """Where the rule comes from, if not from every calculus book."""
    where: SourceLocation | None = None
    members: tuple[tuple[str, int], ...] = ()
    """For a folded node, the operations that it stands for and how often, most frequent first."""

    @property
    def count(self) -> int:
        """How many operations this node stands for."""
        return sum(count for _, count in self.members) or 1


class Output(_Model):
    """One array that the function returns."""

    name: str
    node: int | None
    """None for an output that depends on no input."""


class Graph(_Model):
    """A function as its backend recorded it."""

    title: str
    """What the backend calls it: "tape", "autograd graph", "jaxpr"."""
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    keeps: int = 0
    """Bytes that are alive between the forward and the backward pass, inputs included."""
    helpers: tuple[tuple[str, str], ...] = ()
    """The functions that rules name, such as `spread`, and what each is."""
    folded: int = 0
    """How many nodes there were before they were folded by line; 0 where they were not."""


class DescentStep(_Model):
    """One update x ← x − rate · gradient: the loss before it, and what led to it."""

    loss: float
    gradient_norm: float
    inputs: tuple[Content, ...] = ()
    """The inputs before the update."""


class Descent(_Model):
    """Gradient descent: one entry a step, and a last one for where it ended."""

    rate: float
    names: tuple[str, ...]
    steps: tuple[DescentStep, ...]
    stopped: str = ""
    """Why it ended early, if the function raised an exception at a point on the way."""

    @property
    def rises(self) -> tuple[int, ...]:
        """The updates, from 1, after which the loss was higher, or no number any more."""
        losses = [step.loss for step in self.steps]
        pairs = itertools.pairwise(losses)
        return tuple(i for i, (a, b) in enumerate(pairs, 1) if b > a or b != b)


class Explanation(_Model):
    """One function on one backend, explained at one point."""

    function: str
    backend: str
    mode: str
    dtype: str = ""
    seed: int = 0
    where: SourceLocation | None = None
    code: str = ""
    """The function's own source text; "" where there is none."""
    loss: str
    """What is differentiated: "out", or the weighted sum of outputs that are not one number."""
    value: float
    """The loss at the inputs."""
    graph: Graph
    gradient: Graph | None = None
    """The graph of the gradient, where the backend has one of its own (JAX)."""
    program: str = ""
    """The adjoint program as Python source; "" where there is none, and `notes` say why."""
    descent: Descent | None = None
    notes: tuple[str, ...] = ()
