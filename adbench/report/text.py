"""A run as a person reads it: the overview, each problem explained, and the summary."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from adbench.record.model import RunRecord
from adbench.report.bench_text import bench_costs, bench_trust
from adbench.report.compare_text import comparison_text
from adbench.report.matrix import matrix
from adbench.report.problems import notes, problems
from adbench.report.summary import summary


def text(record: RunRecord, width: int = 100, *, after: Iterable[RenderableType] = ()) -> str:
    """The whole report as plain text, at most `width` columns wide but for commands to copy.

    What comes `after` stands below it.
    """
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, color_system=None, highlight=False, markup=False, emoji=False
    )
    report(record, console, after=after)
    return stream.getvalue()


def report(record: RunRecord, console: Console, *, after: Iterable[RenderableType] = ()) -> None:
    """Print the whole report on `console`, as wide and as colourful as it is."""
    for part in (*_parts(record, console.width), *after):
        show(part, console)


def show(part: RenderableType, console: Console) -> None:
    """Print one part of a report: no blanks at the ends of lines, commands to copy whole."""
    console.print(_Trimmed(part), crop=False)


def _parts(record: RunRecord, width: int) -> Iterator[RenderableType]:
    if record.bench is not None:
        yield from bench_costs(record.bench, width)
    elif record.results:
        yield matrix(record, width)
    if record.results:
        yield problems(record)
        yield notes(record)
    else:
        yield Text("Nothing was checked.")
    if record.bench is not None:
        yield from bench_trust(record, record.bench)
    if record.comparison is not None:
        yield comparison_text(record.comparison)
    yield summary(record)


class _Trimmed:
    """A renderable without the blanks that rich pads its lines with."""

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments = console.render(self.renderable, options)
        for line in Segment.split_lines(segments):
            while line and not line[-1].text.rstrip():
                line.pop()
            if line:
                last = line.pop()
                line.append(Segment(last.text.rstrip(), last.style))
            yield from line
            yield Segment.line()
