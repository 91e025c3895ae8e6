"""The overview: cases down, backends across; one line a task where that is too wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adbench.record.model import CaseResult, RunRecord
from adbench.report.marks import Mark, mark
from adbench.report.visible import visible

_ORDER = ("native", "torch", "jax", "manual")
_INDENT = _GAP = 2
_LEAST_NAME = 20
"""Narrower than this, a case's name is folded beyond recognition: the long form is used."""


def matrix(record: RunRecord, width: int) -> RenderableType:
    """Every suite's cases × backends as a table, or as a list when `width` is too small."""
    widths = {name: _column_width(record, name) for name in _columns(record.results)}
    left = width - sum(_GAP + taken for taken in widths.values())
    names = _name_width(record)
    parts: list[RenderableType] = []
    for suite, results in _suites(record):
        title = Text(visible(suite), style="bold", overflow="fold")
        if left >= min(names, _LEAST_NAME):
            parts.append(_table(title, results, widths, min(left, names)))
        else:
            parts += [title, _list(results)]
        parts.append(Text())
    return Group(*parts)


def column(result: CaseResult) -> str:
    """The backend and mode a result belongs to, as `--backend` takes it."""
    return f"{result.backend}:{result.mode}" if result.mode else result.backend


def _columns(results: Sequence[CaseResult]) -> list[str]:
    """Backends in their usual order, whichever of them a run happened to meet first."""
    met = {column(result): result for result in results}
    order = {backend: place for place, backend in enumerate(_ORDER)}
    return sorted(met, key=lambda name: order.get(met[name].backend, len(order)))


def _name_width(record: RunRecord) -> int:
    """What the widest suite's or (indented) case's name takes."""
    suites = [cell_len(visible(result.suite)) for result in record.results]
    cases = [cell_len(visible(result.case)) + _INDENT for result in record.results]
    return max(suites + cases, default=0)


def _column_width(record: RunRecord, name: str) -> int:
    marks = (mark(result) for result in record.results if column(result) == name)
    return max(cell_len(name), *(cell_len(m.text().plain) for m in marks))


def _suites(record: RunRecord) -> Iterator[tuple[str, list[CaseResult]]]:
    """Results by suite, suites in the order they were first met."""
    for suite in dict.fromkeys(result.suite for result in record.results):
        yield suite, [result for result in record.results if result.suite == suite]


def _table(
    title: Text, results: Sequence[CaseResult], widths: dict[str, int], names: int
) -> RenderableType:
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="none")
    table.add_column(title, width=names, overflow="fold")
    columns = _columns(results)
    for name in columns:
        table.add_column(Text(visible(name), style="dim"), width=widths[name], no_wrap=True)
    rows: dict[str, dict[str, Mark]] = {}
    for result in results:
        rows.setdefault(result.case, {})[column(result)] = mark(result)
    for case, marks in rows.items():
        cells = (marks[name].text() if name in marks else Text() for name in columns)
        table.add_row(Padding(Text(visible(case)), (0, 0, 0, _INDENT)), *cells)
    return table


def _list(results: Sequence[CaseResult]) -> RenderableType:
    cases: dict[str, list[CaseResult]] = {}
    for result in results:
        cases.setdefault(result.case, []).append(result)
    pad = max(cell_len(mark(result).text().plain) for result in results)
    lines: list[RenderableType] = []
    for case, tasks in cases.items():
        lines.append(Padding(Text(visible(case), overflow="fold"), (0, 0, 0, _INDENT)))
        for task in tasks:
            line = mark(task).text()
            line.append(" " * (pad + 2 - cell_len(line.plain)), style="not bold")
            line.append(visible(column(task)), style="default")
            lines.append(Padding(line, (0, 0, 0, 2 * _INDENT)))
    return Group(*lines)
