"""What a run is doing: a bar that shows it on a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from adbench.record.model import CaseResult
    from adbench.report.terminal import Terminal

OnResult = Callable[["CaseResult"], None]


@contextmanager
def progress(total: int, stream: TextIO) -> Iterator[OnResult]:
    """Show the progress of `total` tasks on `stream`; yields what to call with each result."""
    from adbench.report.terminal import terminal

    console = terminal(stream)
    if interactive(stream):
        with _bar(total, console) as on_result:
            yield on_result
    else:
        yield _lines(total, console)


def interactive(stream: TextIO) -> bool:
    """Whether a line on `stream` can be drawn over: a terminal that is able to, outside of CI."""
    capable = os.environ.get("TERM", "") not in ("dumb", "unknown")
    return stream.isatty() and capable and not os.environ.get("CI")


@contextmanager
def _bar(total: int, console: Terminal) -> Iterator[OnResult]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    from adbench.report.marks import mark
    from adbench.report.visible import visible

    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        row = bar.add_task("", total=total)

        def on_result(result: CaseResult) -> None:
            shown = f"{mark(result).glyph} {visible(result.case)} on {result.backend}"
            bar.update(row, advance=1, description=shown)

        yield on_result


def _lines(total: int, console: Terminal) -> OnResult:
    from rich.text import Text

    from adbench.report.marks import mark
    from adbench.report.matrix import column
    from adbench.report.summary import duration
    from adbench.report.visible import visible

    done = 0
    digits = len(str(total))

    def on_result(result: CaseResult) -> None:
        nonlocal done
        done += 1
        where = f"{result.suite}/{result.case} on {column(result)}"
        line = Text(f"[{done:>{digits}}/{total}] ")
        line.append(mark(result).text())
        line.append(f"  {visible(where)} ({duration(result.seconds)})")
        console.print(line, soft_wrap=True)

    return on_result
