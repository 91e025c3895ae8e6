"""The cost of each case, mode by mode: as many columns as there is room for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from adbench.record.bench import Bench, Interval, Measurement
from adbench.report.marks import MARKS
from adbench.report.view.anchors import case_of, mode_of, modes
from adbench.report.view.numbers import NOTHING, count, ratio, seconds, size
from adbench.report.view.signs import status_of
from adbench.report.visible import visible

_GAP = 2
_WIDEST_NAME = 32
TIE = "tie"


@dataclass(frozen=True, slots=True)
class _Column:
    """One quantity: its heading, and what it says of a measurement beside its case's best."""

    heading: str
    cell: Callable[[Measurement, Measurement | None], str]
    meaning: str = ""
    """What the legend says of it."""


@dataclass(frozen=True, slots=True)
class _Block:
    """The measurements of one derivative of one case: a heading, then a row a mode."""

    title: str
    subtitle: str
    rows: tuple[Measurement, ...]

    @property
    def best(self) -> Measurement | None:
        """The fastest of those that may be compared."""
        timed = [m for m in self.rows if m.status == "measured" and m.steady is not None]
        return min(timed, key=_standing, default=None)


def tables(bench: Bench, width: int) -> RenderableType:
    """Every case's modes, fastest first, in at most `width` cells; the less telling columns are
    left out where there is no room for them."""
    blocks = list(_blocks(bench))
    names = [cell_len(_row_name(row)) for block in blocks for row in block.rows]
    left = max([*names, *(min(cell_len(b.title) + _GAP, _WIDEST_NAME) for b in blocks)], default=0)
    columns = list(_fitting(blocks, width - left))
    suites: dict[str, list[_Block]] = {}
    for block in blocks:
        suites.setdefault(block.rows[0].suite, []).append(block)
    parts: list[RenderableType] = []
    for suite, its in suites.items():
        parts.append(Text(visible(suite), style="bold", overflow="fold"))
        for block in its:
            if _outcome(block) is None:
                parts += [*_lines(block, left, columns), Text()]
        parts += _untold(its)
    legend = list(_legend(blocks, [column for column, _ in columns]))
    return Group(*parts, *legend, *([Text()] if legend else []))


def times(value: Interval) -> str:
    """`84.2 µs ± 2 %`: the interval's half-width, relative. One sample has none."""
    if not value.value or value.low == value.high:
        return seconds(value.value)
    half = (value.high - value.low) / 2 / value.value
    return f"{seconds(value.value)} ± {_percent(half)}"


def relative_to_best(m: Measurement, best: Measurement) -> float | None:
    """How many times as long as the best: by paired ratios where both have one."""
    if m.relative and best.relative and m.reference == best.reference:
        return m.relative.value / best.relative.value
    if m.steady and best.steady and best.steady.value:
        return m.steady.value / best.steady.value
    return None


# -- blocks --------------------------------------------------------------------------------------


def _blocks(bench: Bench) -> Iterator[_Block]:
    """One block a case and derivative, in the record's order; modes by rank."""
    order = {mode: place for place, mode in enumerate(modes(bench.measurements))}
    by_block: dict[tuple[object, ...], list[Measurement]] = {}
    for m in bench.measurements:
        by_block.setdefault((case_of(m), m.what, m.dtype, m.device), []).append(m)
    for rows in by_block.values():
        rows.sort(key=lambda m: (*_standing(m), order[mode_of(m)]))
        first = rows[0]
        numbers = max((m.inputs for m in rows), default=0)
        of = f" of {count(numbers, 'number')}" if numbers else ""
        where = "" if first.device == "cpu" else f" on {first.device}"
        yield _Block(
            title=visible(first.case),
            subtitle=f"{first.what}{of}, {first.dtype}{where}",
            rows=tuple(rows),
        )


def _standing(m: Measurement) -> tuple[float, float]:
    """Ranked ones first, then the rest of what was timed, then the others."""
    rank = m.rank if m.rank is not None else math.inf
    return (rank, m.steady.value if m.steady else math.inf)


def _row_name(m: Measurement) -> str:
    return f"    {_place(m)} {visible(mode_of(m))}"


def _place(m: Measurement) -> str:
    return f"{m.rank}" if m.rank is not None else " "


# -- columns -------------------------------------------------------------------------------------


def _to_best(m: Measurement, best: Measurement | None) -> str:
    if best is None or m.status != "measured":
        return NOTHING
    if m is not best and m.rank is not None and m.rank == best.rank:
        return TIE
    return ratio(relative_to_best(m, best))


def _differences(m: Measurement) -> str:
    if not (m.numeric and m.steady and m.steady.value):
        return NOTHING
    return ratio(m.numeric.value / m.steady.value)


def _pays(m: Measurement) -> str:
    if m.break_even is None:
        return NOTHING
    calls = m.break_even.calls
    return "never" if calls is None else f"{math.ceil(calls):,}"


_COLUMNS = (
    _Column("time", lambda m, _: times(m.steady) if m.steady else NOTHING),
    _Column("to best", _to_best),
    _Column(
        "÷ primal",
        lambda m, _: ratio(m.ratio.value) if m.ratio else NOTHING,
        "the time over that of the function alone, untracked, on the same backend",
    ),
    _Column(
        "memory",
        lambda m, _: size(m.memory.peak) if m.memory else NOTHING,
        "the peak above the inputs",
    ),
    _Column(
        "fwd diff",
        lambda m, _: _differences(m),
        "the time of the same gradient by forward differences, over this one",
    ),
    _Column("first call", lambda m, _: seconds(m.first_call)),
    _Column(
        "pays after",
        lambda m, _: _pays(m),
        "calls until compiling has paid, against the same backend uncompiled",
    ),
)
"""The most telling first: where there is no room, the last are left out."""


def _legend(blocks: Sequence[_Block], shown: Sequence[_Column]) -> Iterator[RenderableType]:
    """A line for each heading that does not speak for itself, and one for ties."""
    said = [f"{column.heading}: {column.meaning}." for column in shown if column.meaning]
    ranks = [Counter(m.rank for m in b.rows if m.rank is not None) for b in blocks]
    if any(number > 1 for shared in ranks for number in shared.values()):
        said.append("tie, or the same place: what cannot be told apart by these measurements.")
    for line in said:
        yield Text(line, style="dim", overflow="fold")


def _fitting(blocks: Iterable[_Block], width: int) -> Iterator[tuple[_Column, int]]:
    """The columns that there is something to show in and room for, each with its width."""
    pairs = [(m, b.best) for b in blocks for m in b.rows if m.steady]
    for column in _COLUMNS:
        cells = [column.cell(m, best) for m, best in pairs]
        if all(cell == NOTHING for cell in cells):
            continue
        taken = max(map(cell_len, [column.heading, *cells]))
        width -= taken + _GAP
        if width < 0:
            return
        yield column, taken


# -- lines ---------------------------------------------------------------------------------------


def _lines(
    block: _Block, left: int, columns: Sequence[tuple[_Column, int]]
) -> Iterator[RenderableType]:
    title = Text(f"  {block.title}", overflow="fold")
    timed = any(m.steady for m in block.rows)
    headings = [(column.heading, taken) for column, taken in columns if timed]
    heading = _cells(headings, style="dim")
    if cell_len(title.plain) <= left:
        title.append(" " * (left - cell_len(title.plain)))
        yield _unbroken(title + heading)
    else:
        yield title
        if timed:
            yield _unbroken(Text(" " * left) + heading)
    yield Padding(Text(block.subtitle, style="dim", overflow="fold"), (0, 0, 0, 2))
    for m in block.rows:
        if m.steady is not None:
            yield from _row(m, block.best, left, columns)
    yield from _unmeasured((m for m in block.rows if m.steady is None), mode_of, indent=4)


def _row(
    m: Measurement,
    best: Measurement | None,
    left: int,
    columns: Sequence[tuple[_Column, int]],
) -> Iterator[RenderableType]:
    name = _row_name(m)
    line = Text(name + " " * (left - cell_len(name)))
    cells = [(column.cell(m, best), taken) for column, taken in columns]
    yield _unbroken(line + _cells(cells, style="bold" if m is best else ""))
    if m.status != "measured":
        yield Padding(_sign(m), (0, 0, 0, 6))
        yield from _indented(_reasons(m), 8)


def _outcome(block: _Block) -> tuple[object, ...] | None:
    """What befell a whole case that was measured nowhere, if it was the same everywhere."""
    outcomes = {(status_of(m), *_reasons(m)) for m in block.rows}
    if len(outcomes) > 1 or any(m.steady for m in block.rows):
        return None
    return outcomes.pop()


def _untold(blocks: Iterable[_Block]) -> Iterator[RenderableType]:
    """Cases that were measured nowhere, for one reason: a line for all of them."""
    rows = [block.rows[0] for block in blocks if _outcome(block) is not None]
    if rows:
        yield from _unmeasured(rows, lambda m: m.case, indent=2)
        yield Text()


def _unmeasured(
    rows: Iterable[Measurement], name_of: Callable[[Measurement], str], indent: int
) -> Iterator[RenderableType]:
    """What has no time: equal outcomes together, each with its reason beneath."""
    alike: dict[tuple[object, ...], list[Measurement]] = {}
    for m in rows:
        alike.setdefault((status_of(m), *_reasons(m)), []).append(m)
    for found in alike.values():
        names = ", ".join(visible(name_of(m)) for m in found)
        line = _sign(found[0]).append(f"  {names}", style="default not bold")
        yield Padding(line, (0, 0, 0, indent))
        yield from _indented(_reasons(found[0]), indent + 4)


def _sign(m: Measurement) -> Text:
    sign = status_of(m)
    style = next((mark.style for mark in MARKS.values() if mark.word == sign.word), "yellow")
    line = Text(overflow="fold")
    return line.append(f"{sign.glyph} {sign.word}", style=style)


def _indented(lines: Iterable[str], indent: int) -> Iterator[RenderableType]:
    for line in lines:
        yield Padding(Text(visible(line), overflow="fold"), (0, 0, 0, indent))


def _reasons(m: Measurement) -> list[str]:
    """Why there is no time, or no rank: each broken condition by its name."""
    broken = [f"{item.name}: {item.message}" for item in m.audit if not item.ok]
    return broken or ([m.reason] if m.reason else [])


def _cells(cells: Iterable[tuple[str, int]], style: str) -> Text:
    line = Text()
    for text, taken in cells:
        line.append(" " * (_GAP + taken - cell_len(text)))
        line.append(text, style=style)
    return line


def _unbroken(line: Text) -> Text:
    line.no_wrap = True
    line.overflow = "ellipsis"
    return line


def _percent(share: float) -> str:
    if share > 1:
        return ">100 %"
    return "<1 %" if share < 0.005 else f"{100 * share:.0f} %"
