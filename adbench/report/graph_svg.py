"""A graph as a picture: one SVG that needs nothing, light and dark, with words for every node."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator

from markupsafe import Markup

from adbench.record.graph import Explanation, Node
from adbench.report.graph_layout import Edge, Layout, Point, layered
from adbench.report.graph_words import (
    bytes_text,
    code_text,
    content_text,
    count_text,
    heading,
    members_text,
    place_text,
    references,
    saved_text,
    shape_text,
)
from adbench.report.visible import visible

_CHARACTER, _LINE = 6.7, 16.0
_PAD_X, _PAD_Y = 12.0, 9.0
_LONGEST = 38
_MOST_RULES = 3
"""Operands of one node whose rules are shown; the rest are told in its title."""
_ASIDE = 16.0
_OUTPUT = -1
"""Outputs are drawn as nodes with negative numbers, from here on downwards."""

STYLE = """
.adbench-graph{--ground:#fff;--ink:#1f2328;--soft:#59636e;--line:#8c959f;--box:#f6f8fa;
--edge:#6e7781;--input:#ddf4ff;--input-line:#0969da;--output:#dafbe1;--output-line:#1a7f37;
--held:#bc4c00;max-width:100%;height:auto;background:var(--ground)}
@media (prefers-color-scheme:dark){.adbench-graph{--ground:#0d1117;--ink:#f0f6fc;--soft:#9198a1;
--line:#656c76;--box:#212830;--edge:#9198a1;--input:#0c2d6b;--input-line:#4493f8;
--output:#12361f;--output-line:#3fb950;--held:#db6d28}}
.adbench-graph text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;
fill:var(--ink)}
.adbench-graph .name{font-weight:700}
.adbench-graph .soft{fill:var(--soft)}
.adbench-graph .held{fill:var(--held)}
.adbench-graph .bar{fill:var(--held)}
.adbench-graph rect.box{fill:var(--box);stroke:var(--line)}
.adbench-graph .input rect.box{fill:var(--input);stroke:var(--input-line)}
.adbench-graph .output rect.box{fill:var(--output);stroke:var(--output-line)}
.adbench-graph path.edge{fill:none;stroke:var(--edge);stroke-width:1.3}
.adbench-graph path.back{stroke-dasharray:5 4}
.adbench-graph path.head{fill:var(--edge)}
"""


def graph_svg(explanation: Explanation, *, standalone: bool = True) -> Markup:
    """The picture. `standalone` makes a file of it; else the markup goes into a page.

    A page that holds several of them takes `STYLE` once, and `standalone=False`.
    """
    drawing = _Drawing(explanation)
    return drawing.svg(standalone)


class _Drawing:
    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation
        self.graph = explanation.graph
        self.names = references(self.graph)
        self.most = max((node.keeps for node in self.graph.nodes), default=0)
        self.lines = {node.id: list(self.words(node)) for node in self.graph.nodes}
        edges: list[Edge] = []
        for node in self.graph.nodes:
            edges += dict.fromkeys((edge.source, node.id) for edge in node.inputs)
        for number, output in zip(itertools.count(_OUTPUT, -1), self.graph.outputs, strict=False):
            self.lines[number] = [("name", visible(output.name))]
            if output.node is not None:
                edges.append((output.node, number))
        sizes = {number: _size(lines) for number, lines in self.lines.items()}
        self.sizes = sizes
        self.layout: Layout = layered(sizes, edges)
        self.order = {number: i for i, number in enumerate(sizes)}

    def words(self, node: Node) -> Iterator[tuple[str, str]]:
        """The lines of a node, each with its class."""
        name, operation = self.names[node.id], visible(node.operation)
        title = name if operation == name else f"{name} = {operation}"
        yield "name", f"{title}  {shape_text(node)}".rstrip()
        if members := members_text(node):
            yield "", members
        if node.members or self.graph.folded:
            if code := code_text(node):
                yield "soft", code
        else:
            yield from self.rules(node)
        if value := content_text(node.value, node):
            yield "", f"value    {value}"
        if adjoint := content_text(node.adjoint, node):
            yield "", f"adjoint  {adjoint}"
        if node.keeps:
            yield "held", f"keeps {bytes_text(node.keeps)}"

    def rules(self, node: Node) -> Iterator[tuple[str, str]]:
        """What each operand's adjoint gains, a line each."""
        rules = dict.fromkeys(
            f"∂{self.names[edge.source]}: {visible(edge.derivative)}"
            for edge in node.inputs
            if edge.derivative
        )
        for i, rule in enumerate(rules):
            if i == _MOST_RULES:
                yield "soft", "…"
                return
            yield "soft", rule

    def svg(self, standalone: bool) -> Markup:
        width, height = round(self.layout.width), round(self.layout.height)
        title = f"The graph of {heading(self.explanation)}"
        what = count_text(len(self.graph.nodes), "node")
        description = (
            f"{what}, {bytes_text(self.graph.keeps)} kept alive between forward and backward pass. "
            "Arrows go from what is read to what is made of it."
        )
        parts = [
            Markup('<svg xmlns="http://www.w3.org/2000/svg" class="adbench-graph" role="img" ')
            + Markup('viewBox="0 0 {w} {h}" width="{w}" height="{h}">').format(w=width, h=height),
            Markup("<title>{}</title>").format(title),
            Markup("<desc>{}</desc>").format(description),
        ]
        if standalone:
            parts.append(Markup(f"<style>{STYLE}</style>"))  # ours, without anything of the user's
            parts.append(
                Markup('<rect width="{}" height="{}" fill="var(--ground)"/>').format(width, height)
            )
        parts += self.edges()
        parts += self.boxes()
        parts.append(Markup("</svg>\n"))
        return Markup("\n").join(parts)

    def edges(self) -> Iterator[Markup]:
        """What leaves a node as one path, of which no part is drawn twice; then the heads."""
        leaving: dict[tuple[int, bool], dict[str, None]] = {}
        heads = []
        for (source, target), route in self.layout.routes.items():
            back = self.order[source] > self.order[target]
            if back:  # beside the edge that leads there, which it would lie upon
                route = [(x + _ASIDE, y) for x, y in route]
            drawn = leaving.setdefault((source, back), {})
            drawn.update(dict.fromkeys(itertools.starmap(_curve, itertools.pairwise(route))))
            heads.append(_head(route))
        for (_, back), curves in leaving.items():
            kind = "edge back" if back else "edge"
            yield Markup('<path class="{}" d="{}"/>').format(kind, "".join(curves))
        if heads:
            yield Markup('<path class="head" d="{}"/>').format("".join(heads))

    def boxes(self) -> Iterator[Markup]:
        for node in self.graph.nodes:
            kind = "input" if node.role == "input" else "operation"
            yield self.box(node.id, kind, "\n".join(self.details(node)), node.keeps)
        for number, output in zip(itertools.count(_OUTPUT, -1), self.graph.outputs, strict=False):
            unused = " (depends on no input)" if output.node is None else ""
            yield self.box(number, "output", f"output {visible(output.name)}{unused}", 0)

    def box(self, number: int, kind: str, details: str, keeps: int) -> Markup:
        """A node: its rectangle, its lines, and how much it keeps as a bar on its left."""
        (x, y), (width, height) = self.layout.centres[number], self.sizes[number]
        left, top = round(x - width / 2), round(y - height / 2)
        round_corners = 3 if kind == "operation" else 10
        parts = [
            Markup('<g class="{}"><title>{}</title>').format(kind, details),
            Markup('<rect class="box" x="{}" y="{}" width="{}" height="{}" rx="{}"/>').format(
                left, top, round(width), round(height), round_corners
            ),
        ]
        if keeps and self.most:
            tall = max(3, round((height - 6) * keeps / self.most))
            parts.append(
                Markup('<rect class="bar" x="{}" y="{}" width="4" height="{}"/>').format(
                    left + 1, round(top + height - 3 - tall), tall
                )
            )
        for i, (class_, words) in enumerate(self.lines[number]):
            baseline = round(top + _PAD_Y + _LINE * (i + 0.75))
            parts.append(
                Markup('<text class="{}" x="{}" y="{}">{}</text>').format(
                    class_, round(left + _PAD_X), baseline, _short(words)
                )
            )
        parts.append(Markup("</g>"))
        return Markup("").join(parts)

    def details(self, node: Node) -> Iterator[str]:
        """What a pointer that rests on a node is told."""
        yield from (words for _, words in self.lines[node.id])
        for edge in node.inputs:
            if edge.derivative:
                yield f"d_{self.names[edge.source]} gains {visible(edge.derivative)}"
            elif edge.count > 1:
                yield f"reads {self.names[edge.source]} {edge.count:,} times"
        if held := saved_text(node):
            yield f"holds on to {held}"
        if node.source:
            yield f"the rule is from {node.source}"
        if place := place_text(node):
            yield f"{place}  {code_text(node)}"


def _size(lines: list[tuple[str, str]]) -> tuple[float, float]:
    widest = max((_columns(_short(words)) for _, words in lines), default=0)
    return widest * _CHARACTER * 1.09 + 2 * _PAD_X, len(lines) * _LINE + 2 * _PAD_Y


def _columns(text: str) -> int:
    """How many characters' room a text takes: letters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _curve(start: Point, end: Point) -> str:
    """A smooth line that leaves and arrives upright."""
    (x, y), (to_x, to_y) = start, end
    half = (to_y - y) / 2
    if abs(to_x - x) < 1:
        return f"M{x:.0f} {y:.0f}L{to_x:.0f} {to_y:.0f}"
    curve = f"{x:.0f} {y + half:.0f} {to_x:.0f} {to_y - half:.0f} {to_x:.0f} {to_y:.0f}"
    return f"M{x:.0f} {y:.0f}C{curve}"


def _head(route: list[Point]) -> str:
    """The arrow's head at the end of an edge, which arrives upright."""
    (_, before), (x, y) = route[-2], route[-1]
    back = -7 if y > before else 7
    return f"M{x:.0f} {y:.0f}l-4 {back}h8z"
