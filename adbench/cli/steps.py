"""How far a benchmark is: a bar with what is measured and the time left, or lines for a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from adbench.cli.progress import interactive

if TYPE_CHECKING:
    from adbench.runner.bench import Step

_EVERY = 10.0
"""Seconds between two lines of a log."""
_REFRESH = 0.1
"""Seconds between two looks of the bar: drawing must not compete with what is timed."""


@contextmanager
def steps(stream: TextIO) -> Iterator[Callable[[Step], None]]:
    """What to call with each step; shown on `stream` until the context is left."""
    from adbench.report.terminal import terminal

    console = terminal(stream)
    if not interactive(stream):
        yield _lines(console)
        return
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    from adbench.report.visible import visible

    columns = (
        BarColumn(bar_width=20),
        TextColumn("{task.fields[left]:>8}"),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
    )
    # No thread of its own that draws: it would wake up while something is timed.
    with Progress(
        *columns, console=console, transient=True, expand=True, auto_refresh=False
    ) as bar:
        row = bar.add_task("starting", total=1.0, left="")
        drawn = 0.0

        def show(step: Step) -> None:
            nonlocal drawn
            if monotonic() - drawn >= _REFRESH:
                drawn = monotonic()
                left = _left(step.left)
                bar.update(row, completed=step.done, description=visible(step.text), left=left)
                bar.refresh()

        yield show


def _lines(console: object) -> Callable[[Step], None]:
    from rich.console import Console
    from rich.text import Text

    from adbench.report.visible import visible

    assert isinstance(console, Console)
    told = monotonic()

    def show(step: Step) -> None:
        nonlocal told
        if monotonic() - told >= _EVERY:
            told = monotonic()
            line = f"[{step.done:4.0%}] {visible(step.text)} {_left(step.left)}"
            with suppress(OSError):  # a log that is full must not end the run
                console.print(Text(line.rstrip()), soft_wrap=True)

    return show


def _left(seconds: float | None) -> str:
    if seconds is None or seconds == float("inf"):
        return ""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d} left"
