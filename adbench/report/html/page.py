"""The whole page: which parts a set of records has, in the order that a reader needs them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adbench.record.environment import adbench_version
from adbench.record.model import RunRecord
from adbench.record.origin import Environment
from adbench.report.charts import ForestScale, forest_axis, forest_row, spark_chart
from adbench.report.html.methods import methods, warnings
from adbench.report.html.sections import Section, sections
from adbench.report.html.templating import environment
from adbench.report.view.attention import Attention, attention
from adbench.report.view.compare import (
    ChangeRow,
    ComparisonView,
    attention_of,
    words_of,
)
from adbench.report.view.history import History, HistoryRow, Trend
from adbench.report.view.matrix import Matrix, matrix
from adbench.report.view.numbers import size
from adbench.report.view.verdict import VerdictBar, verdict_bar

_OPTIONAL = re.compile(r"</(?:t[dhr]|li|d[td])>\s*")
"""End tags that HTML does without where another such element, or the end, follows: a tenth of a
page. Text cannot hold one, as it is escaped."""
_QUOTED = re.compile(r'(?<=[a-z])="([\w:.#-]+)"(?!/)')
"""Attributes that need no quotes. Text cannot hold one either, and the script has none."""
_PROBLEMS = 100
"""Problems that are told at the top; all of them are in the matrix and in their sections."""


@dataclass(frozen=True, slots=True)
class DataLink:
    """A file beside the page."""

    href: str
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Forest:
    """The forest plot: its axis, and its row for each task with times on both sides."""

    axis: Markup
    rows: Mapping[ChangeRow, Markup]


@dataclass(frozen=True, slots=True)
class Past:
    """The history with its lines drawn."""

    past: History
    heads: list[str]
    rows: list[tuple[HistoryRow, list[tuple[Trend, Markup]]]]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template shows."""

    version: str
    title: str
    bar: VerdictBar
    commands: list[str]
    attention: Sequence[Attention]
    attention_left: int
    matrix: Matrix
    metric: str
    sections: Mapping[str, Sequence[Section]]
    comparison: ComparisonView | None
    forest: Forest | None
    history: Past | None
    methods: list[tuple[str, str]]
    warnings: list[tuple[str, str]]
    environment: list[tuple[str, str]]
    data: Sequence[DataLink]

    @property
    def parts(self) -> Iterator[tuple[str, str]]:
        """Anchor and name of each part that is there."""
        if self.attention:
            yield "attention", f"Needs attention ({len(self.attention) + self.attention_left})"
        if self.matrix.suites:
            yield "matrix", "Matrix"
            yield "cases", "Cases"
        if self.comparison:
            yield "comparison", "Comparison"
        if self.history:
            yield "history", "History"
        yield "methods", "Methods"


def render_html(
    record: RunRecord,
    *,
    comparison: ComparisonView | None = None,
    past: History | None = None,
    commands: Sequence[str] = (),
    data: Sequence[DataLink] = (),
) -> str:
    """The page of `record`, as a document that needs nothing else and opens no connection.

    `comparison` adds part 5, `past` part 6. `commands` are those that reproduce the page's
    numbers, where they are more than the record's own; `data` are files beside the page.
    """
    problems = attention(record, attention_of(comparison) if comparison else ())
    table = matrix(record)
    page = Page(
        version=adbench_version(),
        title=", ".join(suite.name for suite in record.suites[:4])
        + (", …" if len(record.suites) > 4 else ""),
        bar=verdict_bar(record, comparison.regressions if comparison else 0),
        commands=list(commands) or ([record.command] if record.command else []),
        attention=problems[:_PROBLEMS],
        attention_left=max(0, len(problems) - _PROBLEMS),
        matrix=table,
        metric=table.first_metric,
        sections=sections(record),
        comparison=comparison,
        forest=_forest(comparison) if comparison else None,
        history=_past(past) if past else None,
        methods=methods(record, compared=comparison is not None, past=past is not None),
        warnings=warnings(record),
        environment=list(_environment(record.environment)),
        data=data,
    )
    written = environment().get_template("page.html.jinja").render(page=page)
    return _QUOTED.sub(r"=\1", _OPTIONAL.sub("", written))


def _forest(view: ComparisonView) -> Forest | None:
    timed = [(row, row.timing) for row in view.rows if row.timing]
    if not timed:
        return None
    scale = ForestScale.of([t.ratio for _, t in timed], [t.margin for _, t in timed])
    rows = dict.fromkeys(view.rows, Markup(""))
    for row, timing in timed:
        tone = timing.sign.tone if timing.sign else "quiet"
        rows[row] = forest_row(scale, timing.ratio, timing.margin, tone, words_of(timing))
    return Forest(forest_axis(scale), rows)


def _past(past: History) -> Past:
    """The figures that any task has; digits only where nothing was measured."""
    columns = {
        "gradient ÷ primal": [row.ratio for row in past.rows],
        "memory": [row.memory for row in past.rows],
    }
    if not any(trend.known for trends in columns.values() for trend in trends):
        columns = {"digits of agreement": [row.digits for row in past.rows]}
    kept = {name: trends for name, trends in columns.items() if any(t.known for t in trends)}
    rows = [
        (
            row,
            [
                (trends[i], spark_chart(trends[i].values, trends[i].words))
                for trends in kept.values()
            ],
        )
        for i, row in enumerate(past.rows)
    ]
    return Past(past, list(kept), rows)


def _environment(found: Environment) -> Iterator[tuple[str, str]]:
    yield "processor", f"{found.processor} ({found.machine})"
    yield "cores", str(found.cores)
    yield "memory", size(found.memory_bytes)
    yield "platform", found.platform
    yield "Python", found.python
    yield from found.versions.items()
    for name, number in found.threads.items():
        yield f"threads of {name}", str(number)
    yield from found.variables.items()
    if found.git:
        yield "revision", found.git
