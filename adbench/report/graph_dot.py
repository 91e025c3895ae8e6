"""A graph in Graphviz's language, for `dot` and whatever else reads it."""

from __future__ import annotations

from collections.abc import Iterator

from adbench.record.graph import Explanation, Node
from adbench.report.graph_words import (
    bytes_text,
    code_text,
    content_text,
    heading,
    members_text,
    place_text,
    references,
    shape_text,
)
from adbench.report.visible import visible


def graph_dot(explanation: Explanation) -> str:
    """The graph as `digraph`; every text of the user's is quoted."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    graph = explanation.graph
    names = references(graph)
    yield f"digraph {_quoted(explanation.function)} {{"
    yield f"  label={_quoted(heading(explanation))};"
    yield '  labelloc="t";'
    yield '  node [shape="box", fontname="Helvetica", fontsize="11"];'
    yield '  edge [fontname="Helvetica", fontsize="9"];'
    for node in graph.nodes:
        attributes = {"label": "\n".join(_label(node, names[node.id]))}
        if node.role == "input":
            attributes["shape"] = "oval"
        if tooltip := "  ".join(filter(None, [place_text(node), code_text(node)])):
            attributes["tooltip"] = tooltip
        yield f"  n{node.id} [{_listed(attributes)}];"
    for node in graph.nodes:
        for edge in node.inputs:
            text = visible(edge.derivative) or (f"×{edge.count}" if edge.count > 1 else "")
            attributes = {"label": text} if text else {}
            yield f"  n{edge.source} -> n{node.id} [{_listed(attributes)}];"
    for i, output in enumerate(graph.outputs):
        yield f"  out{i} [{_listed({'label': visible(output.name), 'shape': 'oval'})}];"
        if output.node is not None:
            yield f"  n{output.node} -> out{i};"
    yield "}"


def _label(node: Node, name: str) -> Iterator[str]:
    operation = visible(node.operation)
    first = name if operation == name else f"{name} = {operation}"
    yield f"{first}  {shape_text(node)}".rstrip()
    if members := members_text(node):
        yield members
    if value := content_text(node.value, node):
        yield f"value {value}"
    if adjoint := content_text(node.adjoint, node):
        yield f"adjoint {adjoint}"
    if node.keeps:
        yield f"keeps {bytes_text(node.keeps)}"


def _listed(attributes: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items())


def _quoted(text: str) -> str:
    """A string of the language, in which a backslash would begin an escape."""
    lines = [visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'
