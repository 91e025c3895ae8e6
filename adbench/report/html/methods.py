"""How each number of a page came about, in words; only of the numbers that it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adbench.record.bench import Bench
from adbench.record.model import RunRecord
from adbench.report.view.numbers import percent


def methods(record: RunRecord, *, compared: bool, past: bool) -> list[tuple[str, str]]:
    """Name and explanation of each method that this page's numbers rest on."""
    told: list[tuple[str, str]] = []
    if any(result.check for result in record.results):
        told += _CHECK
    if record.bench:
        told += list(_of_bench(record.bench))
    if compared:
        told += _COMPARE
    if past:
        told += _HISTORY
    return told


def warnings(record: RunRecord) -> list[tuple[str, str]]:
    """Every warning, and the tasks that it concerns."""
    found: dict[str, list[str]] = {}
    if record.bench:
        for text in record.bench.warnings:
            found.setdefault(text, [])
        for measurement in record.bench.measurements:
            for text in measurement.warnings:
                found.setdefault(text, []).append(measurement.task)
    return [(text, _named(tasks)) for text, tasks in found.items()]


_TASKS = 5


def _named(tasks: Sequence[str]) -> str:
    named = ", ".join(tasks[:_TASKS])
    left = len(tasks) - _TASKS
    return f"{named} and {left:,} more" if left > 0 else named


_CHECK = [
    (
        "Verdict",
        "AD's derivative is compared with one made without any AD: differences of the function "
        "over a ladder of steps, extrapolated, with a bound on what they can be off by. It is "
        "wrong where the difference exceeds the tolerance beyond twice that bound; where the bound "
        "is too wide to tell, the verdict is inconclusive; at a kink any subgradient is right.",
    ),
    (
        "Would have shown",
        "The smallest relative error that this very check could not have missed: what a pass is "
        "worth.",
    ),
    (
        "V curve",
        "Dots: the plain difference quotient's error at each step, measured against the "
        "extrapolated value. Dashed: what truncation may account for. Dotted: what round-off may. "
        "Dashed upright: the step chosen. Band: the bound of the extrapolated value. Coloured: how "
        "far each backend's AD value is from it.",
    ),
    (
        "Digits of agreement",
        "−log₁₀ of the relative difference between AD and the numeric derivative, of the element "
        "that differs most of those kept; counted no further than the bound proves, so that a "
        "small number may mean a weak reference as well as a poor gradient.",
    ),
]
_COMPARE = [
    (
        "Comparison",
        "Primal and gradient are compared number by number; a difference that another order of "
        "the same operations may make is rounding. A time's ratio is that of the two medians, its "
        "interval the widest that both intervals allow. The margin is the larger noise floor, and "
        "no less than 5 %: slower or faster only where the whole interval lies beyond it. "
        "Times from two machines get no verdict.",
    ),
]
_HISTORY = [
    (
        "History",
        "The gradient's time over the primal's depends less on the machine than a time does; peak "
        "memory hardly does. The lines' scales are logarithmic and each row's own.",
    ),
]


def _of_bench(bench: Bench) -> Iterator[tuple[str, str]]:
    counted = [(m.backend, m.memory.method) for m in bench.measurements if m.memory]
    counters = ", ".join(f"{backend}: {method}" for backend, method in dict.fromkeys(counted))
    yield (
        "Time",
        "Seconds of one warm derivative: samples taken in turns with the other backends', in "
        "several fresh processes, the same dtype and threads for all, synchronised; the median "
        "and the interval that holds it. Only gradients that passed their check are ranked. Those "
        "that cannot be told apart share a rank, and are marked “=”.",
    )
    yield (
        "Ratio to the best",
        "A cell's time, memory or compile time over the least of its row. Tints follow the ratio: "
        "blue is near the best, orange far from it. Geometric means are taken only over the cases "
        "that all backends named there pass; a backend that has fewer than half of the cases is "
        "left out of it.",
    )
    yield (
        "Gradient ÷ primal",
        "The derivative's time over that of the function alone, without derivative tracking, same "
        "backend and mode. Reverse mode is expected at 2 to 5 for functions of one output. A slow "
        "primal flatters it: read it beside the time.",
    )
    yield (
        "Memory",
        "Peak of one gradient above its inputs, by each backend's own counter in a process that "
        f"is not timed{counters and f' ({counters})'}; the tick is the kernel's high-water mark "
        "of a fresh process.",
    )
    yield (
        "First call and break-even",
        "The first call in a fresh process, with its stages where the backend tells them. "
        "Break-even is the number of calls after which compiling has paid, against the same "
        "backend uncompiled; the lines in the chart cross there.",
    )
    if bench.growth:
        yield (
            "Growth",
            "A power of the size, fitted on logarithmic axes to the sizes measured; the interval "
            "is that of the exponent.",
        )
    if bench.noise_floor is not None:
        yield (
            "Noise floor",
            "The same code measured against itself in this very run: half the width of the "
            f"interval of its ratio, {percent(bench.noise_floor)}. No smaller difference is "
            "claimed.",
        )
    if bench.allocator:
        settings = ", ".join(f"{name}={value}" for name, value in bench.allocator.items())
        yield ("Allocator while memory was counted", settings)
