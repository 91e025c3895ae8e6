"""A bench run as a person reads it: costs, growth, warnings, and how far to trust it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from adbench.record.bench import Bench, Growth, Measurement, SideBySide
from adbench.record.model import RunRecord
from adbench.report.bench_table import tables
from adbench.report.marks import MARKS
from adbench.report.view.anchors import mode_of
from adbench.report.view.numbers import count, digits, figure, percent, seconds, size
from adbench.report.view.signs import status_of
from adbench.report.visible import visible

_TASKS_NAMED = 3
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
        yield _growth(bench.growth)


def bench_trust(record: RunRecord, bench: Bench) -> Iterator[RenderableType]:
    """How far the costs can be trusted: warnings, counts, the noise floor, the machine."""
    if warnings := list(_warnings(bench)):
        yield Group(Text("Warnings", style="bold"), *warnings, Text())
    yield _conclusion(record, bench)


# -- growth ----------------------------------------------------------------------------------------


def _growth(growth: Sequence[Growth]) -> RenderableType:
    """The exponents of each curve, a line a mode, and what they give cause to look at."""
    lines: list[RenderableType] = [Text("Growth with the size", style="bold")]
    curves: dict[tuple[str, str, str, str], dict[str, list[Growth]]] = {}
    for g in growth:
        key = (g.suite, g.base, g.point, g.what)
        curves.setdefault(key, {}).setdefault(f"{g.backend}:{g.mode}", []).append(g)
    pad = max(len(visible(mode)) for by_mode in curves.values() for mode in by_mode)
    for (suite, base, point, what), by_mode in curves.items():
        sizes = next(iter(by_mode.values()))[0].sizes
        parameter = next(iter(by_mode.values()))[0].parameter
        where = f"[{point}]" if point else ""
        title = f"{suite}/{base}{where}  {what}, {parameter} from {sizes[0]:g} to {sizes[-1]:g}"
        lines.append(_at(2, visible(title)))
        for mode, found in by_mode.items():
            said = ",  ".join(_power(g) for g in found)
            lines.append(_at(4, f"{visible(mode):<{pad}}  {said}"))
            lines += [_flagged(g) for g in found if g.flagged]
    return Group(*lines, Text())


def _power(g: Growth) -> str:
    """`time n^0.98 (0.95–1.02)`; the intervals hold the slopes between neighbouring sizes too."""
    e = g.exponent
    low, value, high = (figure(f"{v:.2f}") for v in (e.low, e.value, e.high))
    interval = "" if low == high else f" ({low} to {high})"
    return f"{_QUANTITIES[g.quantity]} {visible(g.parameter)}^{value}{interval}"


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
    """The run's own warnings, then those of its measurements, the same words once."""
    for warning in bench.warnings:
        yield _at(2, f"? {visible(warning)}")
    said: dict[str, list[Measurement]] = {}
    for m in bench.measurements:
        for warning in (*m.warnings, *_retraced(m)):
            said.setdefault(warning, []).append(m)
    for warning, of in said.items():
        names = [f"{visible(m.case)} on {visible(mode_of(m))}" for m in of]
        more = f" and {len(names) - _TASKS_NAMED:,} more" if len(names) > _TASKS_NAMED else ""
        yield _at(2, f"? {visible(warning)}")
        yield _at(4, ", ".join(names[:_TASKS_NAMED]) + more, style="dim")


def _retraced(m: Measurement) -> Iterator[str]:
    if m.retraces:
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
    found = Counter(status_of(m) for m in bench.measurements)
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
