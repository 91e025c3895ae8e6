"""PyTorch's autograd graph: the nodes behind an output's `grad_fn`."""

from __future__ import annotations

import heapq
import re
import traceback
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from adbench.backends import trees
from adbench.backends.arrays import tensor_to_numpy
from adbench.backends.protocol import Array
from adbench.backends.torch_autograd import pull_back, quiet
from adbench.backends.torch_tensors import array_of
from adbench.explain.contents import Blocks, content_of, kept
from adbench.explain.places import innermost
from adbench.explain.rules import TORCH, rule_text
from adbench.explain.subject import Subject
from adbench.record.graph import Content, Edge, Graph, Node, Output, Saved
from adbench.record.model import SourceLocation

Tensor = Any
GradFn = Any
"""A node of the autograd graph."""

_CUTTING = frozenset({"item", "tolist", "numpy", "detach", "__float__", "__int__", "__array__"})
"""Methods of a tensor whose result has no part in the graph."""
_FRAME = re.compile(r'  File "(.*)", line (\d+), in (.*)')


def torch_graph(subject: Subject) -> tuple[Graph, list[Array], list[str]]:
    """The graph at the subject's point, the gradient, an array an active leaf, and where values
    left the graph.

    The function runs in anomaly mode, in which PyTorch keeps a traceback for every node; the
    values are those that Python has seen, so what a composite function computes inside has none.
    """
    call = subject.call
    leaves = [_tensor(a).requires_grad_() for a in subject.bound.point]
    data = [_tensor(call.arrays[i]) for i in call.passive]
    # As in a check: copies, which the function may write into though leaves may not be.
    seen = [leaf.clone() for leaf in leaves]
    values = _Values()
    with torch.enable_grad(), quiet():
        with values, torch.autograd.set_detect_anomaly(True, check_nan=False):
            outputs = trees.flatten_leaves(call(call.merge(seen, data)))[0]
        reader = _Reader(subject, seen, outputs, values)
        nodes = reader.nodes()  # what is saved is let go in the backward pass
        arrived = reader.listen()
        cotangents = [
            _tensor(c).to(out.dtype) for c, out in zip(subject.cotangents, outputs, strict=True)
        ]
        gradients = pull_back(outputs, leaves, cotangents)
    for node_id, gradient in enumerate(gradients):
        if gradient is not None:
            arrived[node_id] = content_of(array_of(gradient))
    nodes = [node.model_copy(update={"adjoint": arrived.get(node.id)}) for node in nodes]
    named = tuple(
        Output(name=leaf.name, node=reader.ids.get(out.grad_fn))
        for leaf, out in zip(subject.bound.outputs, outputs, strict=True)
    )
    graph = Graph(
        title="autograd graph",
        nodes=tuple(nodes),
        outputs=named,
        keeps=sum(node.keeps for node in nodes),
    )
    arrays = [array_of(g, like=leaf) for g, leaf in zip(gradients, leaves, strict=True)]
    return graph, arrays, list(values.cuts)


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(array.copy(order="C"))


class _Values(TorchFunctionMode):  # type: ignore[misc]  # torch is untyped
    """Notes the value of each tensor that goes into or comes out of a function, by its node."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[GradFn, Content] = {}
        self.cuts: dict[str, None] = {}
        """Where a value was taken out of the graph, in words."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name in _CUTTING and args and getattr(args[0], "requires_grad", False):
            self.cut(name)
        with torch._C.DisableTorchFunction():
            for value in (*args, result):
                for tensor in value if isinstance(value, (tuple, list)) else (value,):
                    self.note(tensor)
        return result

    def cut(self, name: str) -> None:
        frames = traceback.extract_stack()
        where = innermost((f.filename, f.lineno or 0, f.name) for f in reversed(frames))
        place = f" at {where.file}:{where.line}" if where is not None else ""
        words = f"{name}(){place} takes a value out of the graph: no adjoint flows back through it"
        self.cuts[words] = None

    def note(self, tensor: Any) -> None:
        if not isinstance(tensor, torch.Tensor) or not tensor.requires_grad:
            return
        node = tensor.grad_fn
        if node is not None and node not in self.found and tensor.layout == torch.strided:
            self.found[node] = content_of(tensor_to_numpy(tensor))


class _Reader:
    def __init__(
        self, subject: Subject, seen: list[Tensor], outputs: list[Tensor], values: _Values
    ) -> None:
        self.subject = subject
        self.values = values.found
        with torch._C.DisableTorchFunction():
            for tensor in (*seen, *outputs):
                values.note(tensor)
        self.blocks = Blocks()
        self.ids: dict[GradFn, int] = {tensor.grad_fn: i for i, tensor in enumerate(seen)}
        """Ids by node; the inputs come first."""
        self.order = list(_in_order([out.grad_fn for out in outputs], set(self.ids)))
        for node in self.order:
            self.ids[node] = len(self.ids)

    def nodes(self) -> list[Node]:
        """Every node, inputs first, without adjoints."""
        found = []
        for leaf, (grad_fn, i) in zip(self.subject.inputs, list(self.ids.items()), strict=False):
            found.append(
                Node(
                    id=i,
                    role="input",
                    operation=leaf.name,
                    shape=leaf.shape,
                    dtype=str(leaf.dtype),
                    value=self.values.get(grad_fn),
                )
            )
        return found + [self.node(grad_fn) for grad_fn in self.order]

    def node(self, grad_fn: GradFn) -> Node:
        results = grad_fn._input_metadata
        single = len(results) == 1
        name = grad_fn.name().removeprefix("torch::autograd::")
        saved = tuple(self.saved(grad_fn))
        is_leaf = name == "AccumulateGrad"
        return Node(
            id=self.ids[grad_fn],
            role="input" if is_leaf else "operation",
            operation="a leaf that is no input" if is_leaf else name,
            shape=tuple(results[0].shape) if single else None,
            dtype=str(results[0].dtype).removeprefix("torch.") if single else "",
            inputs=tuple(self.edges(grad_fn, name)),
            value=self.values.get(grad_fn) if single else None,
            saved=saved,
            keeps=kept(saved),
            where=_place(grad_fn),
        )

    def edges(self, grad_fn: GradFn, name: str) -> Iterator[Edge]:
        operation = re.sub(r"Backward\d*$", "", name).lower()
        complex_valued = any(m.dtype.is_complex for m in grad_fn._input_metadata)
        for place, (source, result) in enumerate(grad_fn.next_functions):
            if source is None:
                continue
            operand, derivative = ("", "") if complex_valued else rule_text(TORCH, operation, place)
            if len(source._input_metadata) > 1:
                operand = f"{operand} (result {result})".strip()
            yield Edge(source=self.ids[source], operand=operand, derivative=derivative)

    def saved(self, grad_fn: GradFn) -> Iterator[Saved]:
        for name in _saved_names(grad_fn.__class__):
            yield from self.held(name.removeprefix("_saved_"), grad_fn, name)
        if hasattr(grad_fn, "saved_tensors"):
            yield from self.held("saved", grad_fn, "saved_tensors")

    def held(self, name: str, grad_fn: GradFn, attribute: str) -> Iterator[Saved]:
        try:
            value = getattr(grad_fn, attribute)
        except RuntimeError:  # written into since: the backward pass itself tells of that
            return
        for tensor in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(tensor, torch.Tensor) and tensor.layout == torch.strided:
                storage = tensor.untyped_storage()
                yield self.blocks.saved(name, tensor, storage.data_ptr(), storage.nbytes())

    def listen(self) -> dict[int, Content]:
        """The adjoint that arrives at each node, once the backward pass has run."""
        arrived: dict[int, Content] = {}

        def listener(number: int) -> Any:
            def hear(adjoints: tuple[Tensor | None, ...]) -> None:
                if len(adjoints) == 1 and adjoints[0] is not None:
                    arrived[number] = content_of(array_of(adjoints[0]))

            return hear

        for grad_fn in self.order:
            grad_fn.register_prehook(listener(self.ids[grad_fn]))
        return arrived


@lru_cache(maxsize=1024)
def _saved_names(kind: Any) -> tuple[str, ...]:
    """The attributes by which nodes of a kind show what they have saved."""
    return tuple(sorted(name for name in dir(kind) if name.startswith("_saved_")))


def _in_order(roots: list[GradFn], stop: set[GradFn]) -> Iterator[GradFn]:
    """The nodes behind some roots, each after those that it reads, oldest first."""
    readers: dict[GradFn, list[GradFn]] = {}
    missing: dict[GradFn, int] = {}
    waiting = [root for root in roots if root is not None]
    while waiting:
        node = waiting.pop()
        if node in missing or node in stop:
            continue
        sources = {s for s, _ in node.next_functions if s is not None and s not in stop}
        missing[node] = len(sources)
        for source in sources:
            readers.setdefault(source, []).append(node)
        waiting += sources
    numbered = {node: i for i, node in enumerate(missing)}
    ready = [(_age(node), i, node) for node, i in numbered.items() if not missing[node]]
    heapq.heapify(ready)
    while ready:
        *_, node = heapq.heappop(ready)
        yield node
        for reader in readers.get(node, ()):
            missing[reader] -= 1
            if not missing[reader]:
                heapq.heappush(ready, (_age(reader), numbered[reader], reader))


def _age(node: GradFn) -> int:
    """When a node was made; leaves come first."""
    return -1 if node.name().endswith("AccumulateGrad") else int(node._sequence_nr())


def _place(grad_fn: GradFn) -> SourceLocation | None:
    """The user's line in the traceback that anomaly mode has kept."""
    entries = grad_fn.metadata.get("traceback_", ())
    frames = [match for match in map(_FRAME.match, reversed(entries)) if match]
    return innermost((m[1], int(m[2]), m[3]) for m in frames)
