"""An explanation as one HTML page: picture, tables, the four steps, the adjoint program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from adbench.record.graph import Descent, Edge, Explanation, Graph, Node
from adbench.report import graph_words as words
from adbench.report.graph_svg import STYLE, graph_svg
from adbench.report.visible import visible

_MOST_ROWS = 400
"""Nodes up to which each has a row; of more, those that keep most alive have."""
_CHART = (460.0, 150.0)
_CHART_MARGIN = 8.0


def graph_html(explanations: Sequence[Explanation]) -> str:
    """The page, which needs no network and no script; everything from the user is escaped."""
    return _template().render(
        explanations=explanations,
        title=_title(explanations),
        style=Markup(STYLE),  # ours, without anything of the user's
        words=words,
        picture=lambda explanation: graph_svg(explanation, standalone=False),
        rows=_rows,
        left_out=lambda graph: max(0, len(graph.nodes) - _MOST_ROWS),
        rules=_rules,
        descents=[(e.backend, e.descent) for e in explanations if e.descent is not None],
        conclusions=words.descent_words(explanations),
        chart=_chart,
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["visible"] = visible
    source = resources.files("adbench.report").joinpath("graph_page.html.jinja")
    return environment.from_string(source.read_text(encoding="utf-8"))


def _title(explanations: Sequence[Explanation]) -> str:
    backends = ", ".join(dict.fromkeys(e.backend for e in explanations))
    return f"{visible(explanations[0].function)} explained ({backends})"


def _rows(graph: Graph) -> list[Node]:
    """The nodes that have a row: in their order, or those that keep most alive first."""
    if graph.folded:
        return words.holders(graph)
    if len(graph.nodes) <= _MOST_ROWS:
        return list(graph.nodes)
    return words.holders(graph)[:_MOST_ROWS]


def _rules(node: Node, names: dict[int, str]) -> list[tuple[str, str]]:
    """(adjoint, what it gains) for each operand that has a rule."""
    return [(f"d_{names[e.source]}", _gain(e)) for e in node.inputs if _gain(e)]


def _gain(edge: Edge) -> str:
    return visible(edge.derivative)


def _chart(descents: Sequence[tuple[str, Descent]]) -> Any:
    """The losses over the updates as a small picture; nothing where there are too few numbers."""
    losses = [[s.loss for s in descent.steps if math.isfinite(s.loss)] for _, descent in descents]
    numbers = [loss for line in losses for loss in line]
    longest = max((len(line) for line in losses), default=0)
    if longest < 3 or max(numbers) == min(numbers):
        return Markup("")
    low, high = min(numbers), max(numbers)
    width, height = _CHART

    def point(i: int, loss: float) -> str:
        x = _CHART_MARGIN + (width - 2 * _CHART_MARGIN) * i / (longest - 1)
        y = height - _CHART_MARGIN - (height - 2 * _CHART_MARGIN) * (loss - low) / (high - low)
        return f"{x:.1f},{y:.1f}"

    lines = Markup("").join(
        Markup('<polyline class="line{}" points="{}"/>').format(
            i, " ".join(point(n, loss) for n, loss in enumerate(line))
        )
        for i, line in enumerate(losses)
    )
    said = f"The loss from {words.number_text(numbers[0])} over {longest - 1} updates"
    return Markup(
        '<svg class="losses" role="img" viewBox="0 0 {:.0f} {:.0f}"><title>{}</title>{}</svg>'
    ).format(width, height, said, lines)
