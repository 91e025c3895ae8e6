"""A big graph made small: the operations of one source line become one node."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from adbench.record.graph import Edge, Graph, Node, Output

FOLD_ABOVE = 60
"""Nodes above which a graph is folded without being asked."""
MOST_LINES = 200
"""Folded nodes above which lines are folded further, to functions."""


def fold(graph: Graph) -> Graph:
    """The graph with one node a source line, or a function where there are too many lines.

    Inputs stay as they are. Edges inside a line are gone, and those between two lines are
    counted; since a loop goes back and forth between its lines, edges may point backwards.
    """
    folded = _fold(graph, _line)
    return folded if len(folded.nodes) <= MOST_LINES else _fold(graph, _function, by="function")


def _line(node: Node) -> Any:
    where = node.where
    return None if where is None else (where.file, where.function, where.line)


def _function(node: Node) -> Any:
    where = node.where
    return None if where is None else (where.file, where.function)


def _fold(graph: Graph, key_of: Any, by: str = "line") -> Graph:
    ids: dict[int, int] = {}
    groups: dict[Any, int] = {}
    members: dict[int, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        key = ("input", node.id) if node.role == "input" else key_of(node)
        number = groups.setdefault(key, len(groups))
        ids[node.id] = number
        members[number].append(node)
    edges: dict[int, Counter[int]] = defaultdict(Counter)
    for node in graph.nodes:
        for edge in node.inputs:
            source, target = ids[edge.source], ids[node.id]
            if source != target:
                edges[target][source] += edge.count
    nodes = tuple(_merged(number, members[number], edges[number], by) for number in members)
    outputs = tuple(
        Output(name=out.name, node=None if out.node is None else ids[out.node])
        for out in graph.outputs
    )
    return graph.model_copy(update={"nodes": nodes, "outputs": outputs, "folded": len(graph.nodes)})


def _merged(number: int, nodes: list[Node], sources: Counter[int], by: str) -> Node:
    first = nodes[0]
    edges = tuple(Edge(source=source, count=count) for source, count in sources.items())
    if len(nodes) == 1:
        return first.model_copy(update={"id": number, "inputs": edges})
    counts = Counter(node.operation for node in nodes)
    return Node(
        id=number,
        operation=_label(first, by),
        inputs=edges,
        keeps=sum(node.keeps for node in nodes),
        where=first.where,
        members=tuple(counts.most_common()),
    )


def _label(node: Node, by: str) -> str:
    where = node.where
    if where is None:
        return "operations without a line of yours"
    name = where.function.rpartition(".")[2] or where.function
    return f"{name}, line {where.line}" if by == "line" else name
