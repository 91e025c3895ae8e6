"""What a run is doing: a bar that shows it on a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from adbench.record.model import CaseResult
    from adbench.report.terminal import Terminal
    from adbench.runner import Task


@dataclass(frozen=True, slots=True)
class Shown:
    """What to call as a run goes on."""

    start: Callable[[Task], None]
    result: Callable[[CaseResult], None]


@contextmanager
def progress(total: int, stream: TextIO, *, lines: bool = False) -> Iterator[Shown]:
    """Show the progress of `total` tasks on `stream`, until the context is left.

    `lines` asks for plain lines on a terminal too, where a debugger may need it.
    """
    from adbench.report.terminal import terminal

    console = terminal(stream)
    if interactive(stream) and not lines:
        with _bar(total, console) as shown:
            yield shown
    else:
        yield _lines(total, console)


def interactive(stream: TextIO) -> bool:
    """Whether a line on `stream` can be drawn over: a terminal that is able to, outside of CI."""
    capable = os.environ.get("TERM", "") not in ("dumb", "unknown")
    return stream.isatty() and capable and not os.environ.get("CI")


@contextmanager
def _bar(total: int, console: Terminal) -> Iterator[Shown]:
    """A bar, the count, the time, and what is running now."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    from adbench.report.visible import visible

    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        row = bar.add_task("starting", total=total)
        running: dict[str, str] = {}

        def now() -> str:
            return visible(", ".join(running.values())) or "starting"

        def start(task: Task) -> None:
            running[task.name] = f"{task.case.name} on {task.backend}"
            bar.update(row, description=now())

        def result(result: CaseResult) -> None:
            running.pop(result.task, None)
            bar.update(row, advance=1, description=now())

        yield Shown(start, result)


def _lines(total: int, console: Terminal) -> Shown:
    """A line for each result, for a log."""
    from rich.text import Text

    from adbench.report.marks import mark
    from adbench.report.matrix import column
    from adbench.report.summary import duration
    from adbench.report.visible import visible

    done = 0
    digits = len(str(total))

    def start(task: Task) -> None:
        """A log tells what has ended."""

    def result(result: CaseResult) -> None:
        nonlocal done
        done += 1
        where = f"{result.suite}/{result.case} on {column(result)}"
        line = Text(f"[{done:>{digits}}/{total}] ")
        line.append(mark(result).text())
        line.append(f"  {visible(where)} ({duration(result.seconds)})")
        with suppress(OSError):  # a log that is full must not end the run
            console.print(line, soft_wrap=True)

    return Shown(start, result)
