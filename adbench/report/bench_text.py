"""A bench run as a person reads it: costs, growth, warnings, and how far to trust it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from adbench.record.bench import Bench, Growth, Measurement, SideBySide
from adbench.record.model import RunRecord
from adbench.report.bench_table import tables
from adbench.report.marks import MARKS
from adbench.report.view.anchors import mode_of
from adbench.report.view.numbers import NOTHING, count, digits, figure, percent, seconds, size
from adbench.report.view.signs import MEASURED, status_of
from adbench.report.visible import visible

_TASKS_NAMED = 3
_NUMBERS = re.compile(r"\d[\d,.]*( [KMGT]?i?B\b)?")
_QUANTITIES = {
    "time": "time",
    "memory": "memory",
    "ratio": "÷ primal",
    "numeric": "fwd diff",
}
_STYLES = {mark.word: mark.style for mark in MARKS.values()}
_VERDICTS = {
    "same": ("=", ""),
    "regression": ("▲", "bold red"),
    "improvement": ("▼", "green"),
    "inconclusive": ("?", "yellow"),
}


def bench_costs(bench: Bench, width: int) -> Iterator[RenderableType]:
    """What everything costs: the tables, two revisions beside each other, growth."""
    if bench.measurements:
        yield tables(bench, width)
    if bench.side_by_side:
        yield _side_by_side(bench)
    if bench.growth:
        yield _growth(bench.growth, width)


def bench_trust(record: RunRecord, bench: Bench) -> Iterator[RenderableType]:
    """How far the costs can be trusted: warnings, counts, the noise floor, the machine."""
    if warnings := list(_warnings(bench)):
        yield Group(Text("Warnings", style="bold"), *warnings, Text())
    yield _conclusion(record, bench)


# -- growth ----------------------------------------------------------------------------------------


def _growth(growth: Sequence[Growth], width: int) -> RenderableType:
    """The exponents of each curve, a row a mode, and what they give cause to look at."""
    curves: dict[tuple[str, str, str, str], dict[str, list[Growth]]] = {}
    for g in growth:
        key = (g.suite, g.base, g.point, g.what)
        curves.setdefault(key, {}).setdefault(f"{g.backend}:{g.mode}", []).append(g)
    lines: list[RenderableType] = [Text("Growth with the size", style="bold")]
    for (suite, base, point, what), by_mode in curves.items():
        first = next(iter(by_mode.values()))[0]
        where = f"[{point}]" if point else ""
        sizes = f"{first.parameter} from {first.sizes[0]:g} to {first.sizes[-1]:g}"
        lines.append(_at(2, visible(f"{suite}/{base}{where}  {what}, exponents of {sizes}")))
        lines += _exponents(by_mode, width)
        lines += [_flagged(g) for found in by_mode.values() for g in found if g.flagged]
    return Group(*lines, Text())


def _exponents(by_mode: Mapping[str, Sequence[Growth]], width: int) -> Iterator[RenderableType]:
    """A table where there is room for it, otherwise a line for each exponent."""
    met = {g.quantity for found in by_mode.values() for g in found}
    quantities = [quantity for quantity in _QUANTITIES if quantity in met]
    rows = [["", *(_QUANTITIES[quantity] for quantity in quantities)]]
    for mode, found in by_mode.items():
        known = {g.quantity: _exponent(g) for g in found}
        rows.append([visible(mode), *(known.get(quantity, NOTHING) for quantity in quantities)])
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    if 4 + sum(widths) + 2 * (len(widths) - 1) > width:
        for mode, *cells in rows[1:]:
            yield _at(4, mode)
            for name, cell in zip(rows[0][1:], cells, strict=True):
                yield _at(6, f"{name} {cell}")
        return
    for number, (mode, *cells) in enumerate(rows):
        name = mode + " " * (widths[0] - cell_len(mode))
        padded = (f"{cell:>{taken}}" for cell, taken in zip(cells, widths[1:], strict=True))
        yield _at(4, "  ".join([name, *padded]), style="" if number else "dim")


def _exponent(g: Growth) -> str:
    """`0.98 (0.91–1.04)`; the interval holds the slopes between neighbouring sizes too."""
    e = g.exponent
    low, value, high = (figure(f"{round(v, 2) + 0.0:.2f}") for v in (e.low, e.value, e.high))
    between = "–" if e.low >= 0 else " to "
    return value if low == high else f"{value} ({low}{between}{high})"


def _flagged(g: Growth) -> RenderableType:
    return _at(8, f"↗ {visible(g.flagged)}", style="yellow")


# -- two revisions ---------------------------------------------------------------------------------


def _side_by_side(bench: Bench) -> RenderableType:
    """Each task beside the other revision's, changes first."""
    there = visible(bench.against or "the other revision")
    lines: list[RenderableType] = [Text(f"Beside {there}", style="bold", overflow="fold")]
    order = ("regression", "improvement", "inconclusive", "same")
    for pair in sorted(bench.side_by_side, key=lambda p: order.index(p.verdict)):
        glyph, style = _VERDICTS[pair.verdict]
        line = Text(overflow="fold")
        line.append(f"{glyph} {pair.verdict:<12}", style=style)
        line.append(f"  {visible(pair.task)}  {_change(pair)}")
        lines.append(Padding(line, (0, 0, 0, 2)))
    return Group(*lines, Text())


def _change(pair: SideBySide) -> str:
    ratio, low, high = (f"{v:.3f}" for v in (pair.ratio.value, pair.ratio.low, pair.ratio.high))
    said = f"{pair.what} {ratio}× the time ({low} to {high}; margin ± {percent(pair.margin)})"
    if pair.memory_here and pair.memory_there:
        said += f", memory {size(pair.memory_there)} → {size(pair.memory_here)}"
    return said


# -- warnings --------------------------------------------------------------------------------------


def _warnings(bench: Bench) -> Iterator[RenderableType]:
    """The run's own warnings, then those of its measurements; what differs in its numbers alone
    is told once, with the numbers of the first."""
    for warning in bench.warnings:
        yield _at(2, f"? {visible(warning)}")
    said: dict[str, list[tuple[str, Measurement]]] = {}
    for m in bench.measurements:
        for warning in (*m.warnings, *_retraced(m)):
            said.setdefault(_NUMBERS.sub("#", warning), []).append((warning, m))
    for alike in said.values():
        first = alike[0][0]
        names = [f"{visible(m.case)} on {visible(mode_of(m))}" for _, m in alike]
        more = f" and {len(names) - _TASKS_NAMED:,} more" if len(names) > _TASKS_NAMED else ""
        other = ", with other numbers" if any(warning != first for warning, _ in alike) else ""
        yield _at(2, f"? {visible(first)}")
        yield _at(4, ", ".join(names[:_TASKS_NAMED]) + more + other * bool(more), style="dim")


def _retraced(m: Measurement) -> Iterator[str]:
    if m.retraces and m.retraces < m.samples:  # otherwise it compiles at every call, and says so
        times = "once" if m.retraces == 1 else f"{m.retraces:,} times"
        yield f"compiled again {times} after the first call, for the same data"
    if (other := m.data_retraces) and other.compilations:
        times = "once" if other.compilations == 1 else f"{other.compilations:,} times"
        yield (
            f"compiled again {times} for {count(other.points, 'other input')} of the same shapes: "
            "its control flow depends on data"
        )
    if m.voided:
        yield f"{count(m.voided, 'sample')} thrown away: something was compiled within"


# -- how far to trust it ---------------------------------------------------------------------------


def _conclusion(record: RunRecord, bench: Bench) -> RenderableType:
    lines = [_counts(record, bench)]
    if bench.noise_floor is not None:
        floor = f"Noise floor ± {percent(bench.noise_floor)}"
        lines.append(Text(f"{floor}: what the same code differed by from itself in this run."))
    if conditions := list(_conditions(bench)):
        lines.append(Text(f"Measured with {', '.join(conditions)}.", overflow="fold"))
    if bench.raw:
        lines.append(Text(f"Every sample: {visible(bench.raw)}", overflow="fold"))
    return Group(*lines)


def _counts(record: RunRecord, bench: Bench) -> Text:
    """`12 measurements: 10 measured, 1 fail, 1 unfinished · 4 min 52 s of 5 min`."""
    total = len(bench.measurements)
    line = Text(count(total, "measurement"), overflow="fold")
    found = Counter(
        MEASURED if m.status == "measured" else status_of(m) for m in bench.measurements
    )
    words = [
        Text(f"{number:,} {sign.word}", style=_STYLES.get(sign.word, ""))
        for sign, number in found.items()
    ]
    if words:
        line.append(": ").append(Text(", ").join(words))
    line.append(f" · {seconds(record.seconds)}")
    if bench.budget is not None:
        line.append(f" of {seconds(bench.budget).removesuffix(' 0 s')}")
    if bench.overhead is not None:
        line.append(f", {percent(bench.overhead)} of it the runner's own")
    return line


def _conditions(bench: Bench) -> Iterator[str]:
    """Threads as they were seen, and the machine as it was found."""
    seen = [m.threads for m in bench.measurements if m.threads]
    if seen:
        asked = sorted({t.requested for t in seen})
        yield f"{' or '.join(map(str, asked))} {'thread' if asked == [1] else 'threads'} asked for"
        most = max(t.observed for t in seen)
        cores = max(len(t.cores) for t in seen)
        on = f" on {count(cores, 'core')}" if cores else ""
        yield f"at most {most} seen at work{on}"
    samples = [m for m in bench.measurements if m.samples]
    if samples:
        processes = _range([m.restarts for m in samples], "process")
        yield f"{_range([m.samples for m in samples], 'sample')} in {processes}"
    if bench.governor:
        yield f"governor {visible(bench.governor)}"
    if bench.load:
        yield f"a load of {digits(bench.load[0], 2)} at the start"


def _range(values: Sequence[int], noun: str) -> str:
    """`30 samples`, `24 to 30 samples`."""
    low, high = min(values), max(values)
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    if low != high:
        return f"{low:,} to {high:,} {many}"
    return f"{high:,} {noun if high == 1 else many}"


def _at(indent: int, text: str, *, style: str = "") -> RenderableType:
    """Text that keeps its indent where it is folded."""
    return Padding(Text(text, style=style, overflow="fold"), (0, 0, 0, indent))
