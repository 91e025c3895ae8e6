"""A graph as a Mermaid flowchart, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterator

from adbench.record.graph import Explanation, Node
from adbench.report.graph_words import (
    bytes_text,
    content_text,
    heading,
    members_text,
    references,
    shape_text,
)
from adbench.report.visible import visible

_SHAPES = {"input": ("([", "])"), "operation": ("[", "]")}
_LONGEST = 60


def graph_mermaid(explanation: Explanation) -> str:
    """The graph in Mermaid's language; every text of the user's is escaped."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    graph = explanation.graph
    names = references(graph)
    yield f"%% {heading(explanation)}"
    yield "flowchart TD"
    for node in graph.nodes:
        opening, closing = _SHAPES[node.role]
        label = "<br/>".join(map(_escaped, _label(node, names[node.id])))
        yield f'  n{node.id}{opening}"{label}"{closing}'
    for node in graph.nodes:
        for edge in node.inputs:
            text = visible(edge.derivative) or (f"×{edge.count}" if edge.count > 1 else "")
            label = f'|"{_escaped(text)}"|' if text else ""
            yield f"  n{edge.source} -->{label} n{node.id}"
    for i, output in enumerate(graph.outputs):
        yield f'  out{i}(["{_escaped(visible(output.name))}"])'
        if output.node is not None:
            yield f"  n{output.node} --> out{i}"


def _label(node: Node, name: str) -> Iterator[str]:
    operation = visible(node.operation)
    yield name if operation == name else f"{name} = {operation}"
    if shape := shape_text(node):
        yield shape
    if members := members_text(node):
        yield members
    if value := content_text(node.value, node):
        yield f"value {value}"
    if adjoint := content_text(node.adjoint, node):
        yield f"adjoint {adjoint}"
    if node.keeps:
        yield f"keeps {bytes_text(node.keeps)}"


def _escaped(text: str) -> str:
    """Text between Mermaid's quotes: what could end it or become markup, as entity codes."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in short)


_PLAIN = frozenset(" .,:=+-()/×…·²³⁻¹ᵀᴴ→∂Σ∏[]'_|@*")
