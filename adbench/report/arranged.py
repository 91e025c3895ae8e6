"""A comparison, a history and the V curves as text, below the run that they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from adbench.record.model import RunRecord, VCurve, Verdict
from adbench.report.vcurve_text import v_curve_lines
from adbench.report.view.anchors import mode_of
from adbench.report.view.arrangement import Arrangement
from adbench.report.view.compare import ComparisonView
from adbench.report.view.history import History
from adbench.report.view.numbers import percent, ratio
from adbench.report.view.signs import Sign, Tone, sign_of
from adbench.report.visible import visible

_CURVES = 3
_ROWS = 40
_STYLES: dict[Tone, str] = {
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "note": "cyan",
    "quiet": "dim",
}


def arranged_text(arranged: Arrangement) -> Iterator[RenderableType]:
    """What comes after the text of the run itself."""
    yield from _curves(arranged.record)
    if arranged.comparison:
        yield _comparison(arranged.comparison)
    if arranged.past:
        yield _history(arranged.past)


def _curves(record: RunRecord) -> Iterator[RenderableType]:
    """The V curves of the first problems: whether to believe a bound is seen at a glance."""
    found: list[tuple[str, str, VCurve]] = [
        (f"{result.suite}/{result.case}", mode_of(result), derivative.v_curve)
        for result in record.results
        if sign_of(result).tone in ("bad", "warn") and result.check
        for derivative in result.check.derivatives
        if derivative.v_curve and _shows_it(derivative.v_curve, result.verdict)
    ]
    for case, mode, curve in found[:_CURVES]:
        lines = v_curve_lines(curve, mode)
        if lines:
            index = f"[{', '.join(map(str, curve.index))}]" if curve.index else ""
            head = Text(visible(f"{case}, {curve.input}{index}"), style="bold", overflow="fold")
            chart = (Text(f"  {line}", no_wrap=True, overflow="crop") for line in lines)
            yield Group(head, *chart, Text())


def _shows_it(curve: VCurve, verdict: Verdict) -> bool:
    """Whether the problem is in this curve: a failure may have been found at another point."""
    return verdict is not Verdict.FAIL or not abs(curve.ad - curve.numeric) <= curve.bound


def _comparison(view: ComparisonView) -> RenderableType:
    parts: list[RenderableType] = [
        Text(visible(f"{view.before} → {view.after}"), style="bold", overflow="fold")
    ]
    parts += [Text(f"  {visible(phrase)}", overflow="fold") for phrase in view.environment]
    if view.no_verdict and any(row.timing for row in view.rows):
        parts.append(Text(view.no_verdict, overflow="fold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for row in view.changed[:_ROWS]:
        name = f"{row.key.suite}/{row.key.case} on {row.mode}"
        time = ratio(row.timing.ratio.value) if row.timing else ""
        told = Text(visible("; ".join(row.phrases)), overflow="fold")
        table.add_row(_sign(row.sign), Text(visible(name), overflow="fold"), time, told)
    left = len(view.changed) - _ROWS
    unchanged = len(view.rows) - len(view.changed)
    end = [f"{left:,} more changed"] if left > 0 else []
    end.append(f"{unchanged:,} unchanged")
    if any(row.timing for row in view.rows):
        end.append(f"margin ± {percent(view.margin)}")
    return Group(*parts, table, Text(", ".join(end)))


def _history(past: History) -> RenderableType:
    head = Text(f"{len(past.runs)} runs, {past.runs[0]} to {past.runs[-1]}", style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("", "verdicts", "÷ primal", "memory"):
        table.add_column(name)
    for row in past.rows[:_ROWS]:
        verdicts = Text().join(map(_glyph, row.verdicts))
        task = Text(visible(f"{row.key.suite}/{row.key.case} on {row.mode}"), overflow="fold")
        table.add_row(task, verdicts, row.ratio.last, row.memory.last)
    left = len(past.rows) - _ROWS
    return Group(head, table, *([Text(f"{left:,} more")] if left > 0 else []))


def _glyph(sign: Sign | None) -> Text:
    return Text(sign.glyph, style=_STYLES[sign.tone]) if sign else Text("·", style="dim")


def _sign(sign: Sign) -> Text:
    return Text(f"{sign.glyph} {sign.word}", style=_STYLES[sign.tone])
