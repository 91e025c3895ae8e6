"""An explanation as text: the graph, forward, backward and update, followed with numbers."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from adbench.record.graph import Explanation, Graph, Node
from adbench.report.graph_words import (
    bytes_text,
    call_text,
    code_text,
    content_text,
    count_text,
    descent_words,
    heading,
    holders,
    members_text,
    number_text,
    place_text,
    references,
    saved_text,
    shape_text,
)
from adbench.report.visible import visible

_STEPS_SHOWN = 20
"""Updates up to which each has a line; of more, the first and the last ones have."""


def graph_text(explanations: Sequence[Explanation], width: int = 80) -> str:
    """The whole report as plain text, at most `width` columns wide but for the user's names."""
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, color_system=None, highlight=False, markup=False, emoji=False
    )
    print_graph(explanations, console)
    return stream.getvalue()


def print_graph(explanations: Sequence[Explanation], console: Console) -> None:
    """Print the report on `console`, as wide as it is."""
    for i, explanation in enumerate(explanations):
        if i:
            console.print()
        for line in _lines(explanation, console.width):
            console.print(line, soft_wrap=True)
    for line in _update(explanations, console.width):
        console.print(line, soft_wrap=True)


def _lines(explanation: Explanation, width: int) -> Iterator[Text]:
    graph = explanation.graph
    yield Text(heading(explanation), style="bold")
    if explanation.where is not None:
        yield Text(f"  {visible(explanation.where.file)}:{explanation.where.line}", style="dim")
    value = number_text(explanation.value)
    yield from _wrapped(f"differentiated: {visible(explanation.loss)} = {value}", width, "  ")
    for note in explanation.notes:
        yield from _wrapped(f"note: {visible(note)}", width, "  ", "yellow")
    yield Text()
    if graph.folded:
        yield from _folded(graph, width)
        return
    yield _step(1, f"Build the graph ({graph.title}): what is made of what")
    yield from _graph(graph, width)
    yield Text()
    yield _step(2, "Forward: the values")
    yield from _values(graph, width)
    yield Text()
    yield _step(3, "Backward: d_v is the derivative of the result by v")
    yield from _adjoints(graph, width)
    if explanation.gradient is not None:
        yield Text()
        yield from _gradient(explanation.gradient, width)
    if explanation.backend == "native":
        yield Text()
        yield from _wrapped(
            "The adjoint program, forward and backward as NumPy source: --format python",
            width,
            "",
            "dim",
        )


def _step(number: int, title: str) -> Text:
    return Text(f"{number}  {title}", style="bold")


# The graph.


def _graph(graph: Graph, width: int) -> Iterator[Text]:
    names = references(graph)
    inputs = [node for node in graph.nodes if node.role == "input"]
    operations = [node for node in graph.nodes if node.role != "input"]
    widest = min(28, max((len(names[n.id]) for n in inputs), default=0))
    for node in inputs:
        label = names[node.id] if node.operation == names[node.id] else visible(node.operation)
        yield Text(f"  {label:<{widest}}  {shape_text(node)}".rstrip())
    labels = [f"{names[n.id]} = {call_text(n, names)}" for n in operations]
    column = min(40, max(map(cell_len, labels), default=0))
    place = None
    for node, label in zip(operations, labels, strict=True):
        if place_text(node) and place != node.where:
            place = node.where
            yield _cut(f"  {place_text(node)}  {code_text(node)}", width, "cyan")
        yield from _operation(node, label, column, width)
        for edge in node.inputs:
            if edge.derivative:
                text = f"{_adjoint_name(names[edge.source])} gains {visible(edge.derivative)}"
                yield from _wrapped(text, width, "         ", "dim")
        if node.source:
            yield from _wrapped(f"from {node.source}", width, "         ", "dim")
    for output in graph.outputs:
        if output.node is None:
            yield Text(f"  {visible(output.name)} depends on no input")
        else:
            yield Text(f"  {visible(output.name)} is {names[output.node]}")
    yield from _wrapped(
        f"{bytes_text(graph.keeps)} stay alive between the two passes. In the rules, g is the "
        "adjoint that arrives; x, y and the like are the operands in order; out is the result.",
        width,
        "  ",
        "dim",
    )
    for name, sentence in graph.helpers:
        yield from _wrapped(f"{name}: {visible(sentence)}.", width, "  ", "dim", "    ")


def _operation(node: Node, label: str, column: int, width: int) -> Iterator[Text]:
    line = f"    {label}{' ' * (column - cell_len(label))}  {shape_text(node)}"
    if node.keeps:
        held = saved_text(node)
        keeps = f"keeps {bytes_text(node.keeps)}" + (f" ({held})" if held else "")
        if cell_len(line) + len(keeps) + 2 > width:
            yield Text(line.rstrip())
            yield from _wrapped(keeps, width, "         ")
            return
        line = f"{line}  {keeps}"
    elif node.saved:
        line += "  keeps nothing more" if cell_len(line) + 20 <= width else ""
    yield Text(line.rstrip())


def _values(graph: Graph, width: int) -> Iterator[Text]:
    names = references(graph)
    widest = max((cell_len(name) for name in names.values()), default=0)
    for node in graph.nodes:
        value = content_text(node.value, node)
        if value:
            indent = f"    {names[node.id]:<{widest}} = "
            yield from _wrapped(value, width, indent, hanging=" " * len(indent))


def _adjoints(graph: Graph, width: int) -> Iterator[Text]:
    names = {number: _adjoint_name(name) for number, name in references(graph).items()}
    widest = max((cell_len(name) for name in names.values()), default=0)
    for node in reversed(graph.nodes):
        adjoint = content_text(node.adjoint, node)
        if adjoint:
            indent = f"    {names[node.id]:<{widest}} = "
            yield from _wrapped(adjoint, width, indent, hanging=" " * len(indent))
    silent = [n.id for n in graph.nodes if n.role == "input" and n.adjoint is None]
    for number in silent:
        yield Text(f"    {names[number]}: none arrives", style="dim")


def _adjoint_name(name: str) -> str:
    return f"d_{name}"


def _gradient(graph: Graph, width: int) -> Iterator[Text]:
    names = references(graph)
    count = sum(node.role != "input" for node in graph.nodes)
    what = count_text(count, "equation")
    if graph.folded:
        what = f"{count_text(graph.folded, 'node')}, folded into {count}"
    yield Text(f"The {graph.title}, which JAX derives before it runs ({what})", style="bold")
    for node in graph.nodes:
        if node.role != "input":
            detail = members_text(node) or shape_text(node)
            yield _cut(f"    {names[node.id]} = {call_text(node, names)}  {detail}", width)
    for output in graph.outputs:
        name = "zero" if output.node is None else names[output.node]
        yield Text(f"  {visible(output.name)} is {name}")


# A folded graph.


def _folded(graph: Graph, width: int) -> Iterator[Text]:
    names = references(graph)
    yield Text(f"{count_text(graph.folded, 'node')} ({graph.title}), folded by source line", "bold")
    yield from _wrapped(
        f"{bytes_text(graph.keeps)} stay alive between the two passes; those that hold most "
        "come first.",
        width,
        "  ",
        "dim",
    )
    for node in holders(graph):
        if node.role == "input":
            continue
        share = f" ({node.keeps / graph.keeps:.0%})" if graph.keeps else ""
        yield Text(f"  {names[node.id]}  keeps {bytes_text(node.keeps)}{share}")
        if place_text(node):
            yield _cut(f"      {place_text(node)}  {code_text(node)}", width, "cyan")
        yield from _wrapped(members_text(node) or visible(node.operation), width, "      ")
        if node.inputs:
            reads = ", ".join(
                names[e.source] + (f" ×{e.count:,}" if e.count > 1 else "") for e in node.inputs
            )
            yield from _wrapped(f"reads {reads}", width, "      ", "dim")
    for node in graph.nodes:
        if node.role == "input":
            adjoint = content_text(node.adjoint, node) or "none"
            yield from _wrapped(f"{_adjoint_name(names[node.id])} = {adjoint}", width, "  ")


# Gradient descent.


def _update(explanations: Sequence[Explanation], width: int) -> Iterator[Text]:
    descents = [(e.backend, e.descent) for e in explanations if e.descent is not None]
    if not descents:
        return
    yield Text()
    (_, first), *_ = descents
    inputs = ", ".join(visible(name) for name in first.names)
    yield _cut(f"4  Update: {inputs} minus {first.rate:g} times the gradient", width, "bold")
    head = "  update" + "".join(f"  {'loss':<11} {'|gradient|':<10}" for _ in descents)
    if len(descents) > 1:
        yield Text("        " + "".join(f"  {name:<22}" for name, _ in descents).rstrip())
    yield Text(head.rstrip(), style="dim")
    count = max(len(descent.steps) for _, descent in descents)
    for step in range(count):
        if count > _STEPS_SHOWN and 10 <= step < count - 5:
            if step == 10:
                yield Text("       …")
            continue
        line = f"  {step:>6}"
        for _, descent in descents:
            if step < len(descent.steps):
                done = descent.steps[step]
                line += f"  {done.loss:<11.6g} {done.gradient_norm:<10.4g}"
            else:
                line += " " * 24
        yield Text(line.rstrip())
    for words in descent_words(explanations):
        yield from _wrapped(words, width, "  ", "yellow" if "rate" in words else "")


# Lines.


def _wrapped(
    text: str, width: int, indent: str, style: str = "", hanging: str | None = None
) -> Iterator[Text]:
    """The text in lines that fit, each behind the indent."""
    more = hanging if hanging is not None else indent
    lines = textwrap.wrap(
        text,
        max(width, cell_len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=more,
        break_on_hyphens=False,
    )
    for line in lines:
        yield Text(line, style=style)


def _cut(text: str, width: int, style: str = "") -> Text:
    """One line that fits, its end left out where it does not."""
    line = Text(text.rstrip(), style=style)
    line.truncate(width, overflow="ellipsis")
    return line
