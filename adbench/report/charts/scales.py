"""Scales: from data to pixels, with ticks at round numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from adbench.report.view.numbers import seconds

_ZEROS = re.compile(r"\.0+(?!\d)")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Scale:
    """`low` to `high` in the data, laid on `start` to `end` in pixels."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    binary: bool = False
    """Whether round values are powers of two, as sizes in memory are."""
    marked: tuple[float, ...] = ()
    """Where to put ticks, instead of at round values."""

    def __call__(self, value: float) -> float:
        """The pixel of a value; values outside stay at the edge."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log10(low), math.log10(high), math.log10(at)
        share = (at - low) / (high - low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values within the scale, at most about `most` of them."""
        if self.marked:
            return list(self.marked[:: -(-len(self.marked) // (most + 1))])
        if self.binary:
            return _powers_of_two(self.low, self.high, most)
        return (_decades if self.logarithmic else _round_steps)(self.low, self.high, most)


def logarithmic(
    values: Iterable[float],
    start: float,
    end: float,
    *,
    binary: bool = False,
    marked: tuple[float, ...] = (),
) -> Scale | None:
    """A scale over the positive finite values, with a little room; None where there are none."""
    usable = [value for value in values if 0 < value < math.inf]
    if not usable:
        return None
    low, high = math.log10(min(usable)), math.log10(max(usable))
    room = max(0.06 * (high - low), 0.1)
    low, high = max(low - room, -307.0), min(high + room, 308.0)
    return Scale(10**low, 10**high, start, end, logarithmic=True, binary=binary, marked=marked)


def linear(values: Iterable[float], start: float, end: float) -> Scale | None:
    """A scale from zero over the finite values; None where there are none above zero."""
    high = max((value for value in values if math.isfinite(value)), default=0.0)
    return Scale(0.0, high, start, end) if high > 0 else None


def power_of_ten(value: float) -> str:
    """`10⁻⁶` or, between decades, `2·10⁻⁶`; `0.1`, `1`, `10`, `100` are written out."""
    exponent = math.floor(math.log10(value) + 1e-9)
    factor = round(value / 10.0**exponent)
    if -2 < exponent < 4:
        return f"{factor * 10.0**exponent:g}"
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
    return power if factor == 1 else f"{factor}·{power}"


def seconds_of_a_tick(value: float) -> str:
    """`10 µs`, `1 s`, `100 s`, `10⁴ s`: no minutes, which are no powers of ten."""
    return f"{power_of_ten(value)} s" if value >= 1 else _ZEROS.sub("", seconds(value))


def plain(show: Callable[[float], str]) -> Callable[[float], str]:
    """`show` for ticks, which are round: `10 ms` and not `10.0 ms`."""
    return lambda value: _ZEROS.sub("", show(value))


def _decades(low: float, high: float, most: int) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 2:
        step = -(-(last - first + 1) // most)
        begin = -(-first // step) * step
        return [10.0**exponent for exponent in range(begin, last + 1, step)]
    for factors in ((1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        found = _within(low, high, factors)
        if len(found) >= 2:
            return found[:: -(-len(found) // most)]
    return _within(low, high, (1, 2, 5))


def _powers_of_two(low: float, high: float, most: int) -> list[float]:
    first, last = math.ceil(math.log2(low)), math.floor(math.log2(high))
    return [2.0**exponent for exponent in range(first, last + 1, -(-(last - first + 1) // most))]


def _within(low: float, high: float, factors: Sequence[float]) -> list[float]:
    exponents = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    values = (factor * 10.0**exponent for exponent in exponents for factor in factors)
    return [value for value in values if low <= value <= high]


def _round_steps(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(f * magnitude for f in (1, 2, 5, 10) if f * magnitude >= rough)
    count = math.floor((high - low) / step + 1e-9)
    return [low + i * step for i in range(count + 1)]
