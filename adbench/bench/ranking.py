"""Who is faster: ranks by interval, where what cannot be told apart shares a rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adbench.bench.statistics import Reading, ratio_interval
from adbench.record.bench import BreakEven

LEAST_MARGIN = 0.02
"""Relative differences below this are not told apart, however narrow the intervals: memory layout
alone can make as much. A noise floor above it takes its place."""


def margin(noise_floor: float | None) -> float:
    """The relative difference that has to be exceeded to count."""
    return max(LEAST_MARGIN, noise_floor or 0.0)


def ranks(series: Mapping[str, Sequence[Reading]], margin: float) -> dict[str, int]:
    """Competition ranks of those that have readings: 1, 1, 3.

    In the order of their medians, each is held against the first of the rank above it; only where
    the whole interval of their paired ratio lies beyond the margin does a new rank begin.
    """
    medians = {
        key: float(np.median([reading.seconds for reading in readings]))
        for key, readings in series.items()
        if readings
    }
    ordered = sorted(medians, key=medians.__getitem__)
    found: dict[str, int] = {}
    leader = ""
    for place, key in enumerate(ordered, start=1):
        if not found or _slower(series[key], series[leader], margin):
            leader, found[key] = key, place
        else:
            found[key] = found[leader]
    return found


def _slower(one: Sequence[Reading], other: Sequence[Reading], margin: float) -> bool:
    ratio = ratio_interval(one, other)
    return ratio is not None and ratio.low > 1 + margin


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the first call, compilation and all, and of a warm one."""

    first: float
    steady: float


def break_even(against: str, compiled: Cost, plain: Cost, margin: float) -> BreakEven:
    """After how many calls the compiled mode's total time is below the plain one's.

    With first-call times F and steady times s, F_c + (n − 1)·s_c < F_p + (n − 1)·s_p gives
    n = 1 + (F_c − F_p)/(s_p − s_c). It never pays where s_c is not below s_p by the margin.
    """
    gain = plain.steady - compiled.steady
    if gain <= margin * plain.steady:
        return BreakEven(against=against, calls=None)
    return BreakEven(against=against, calls=max(1.0, 1 + (compiled.first - plain.first) / gain))
