"""Quantities as a person reads them: `84.2 µs`, `1.3 MiB`, `3.2×`, `−0.412`."""

from __future__ import annotations

import math
import re

from adbench.record.explain import format_bound, format_values

_LEAST_DIGITS, _MOST_DIGITS = 3, 12
NOTHING = "–"
"""Stands where there is no number."""

_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_SIZES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_EXPONENT = re.compile(r"e([+-])0*(\d)")


def seconds(value: float | None) -> str:
    """A duration with three digits and the unit that suits it."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value >= 120:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest} s"
    scale, unit = next(((s, u) for s, u in _TIMES if abs(value) >= s * 0.9995), _TIMES[-1])
    return f"{digits(value / scale)} {unit}"


def seconds_between(low: float, high: float) -> str:
    """`59.5–63.2 µs`; each with its own unit where those differ."""
    first, second = seconds(low), seconds(high)
    number, _, unit = first.partition(" ")
    return f"{number}–{second}" if second.endswith(f" {unit}") else f"{first} – {second}"


def size(value: float | None) -> str:
    """A number of bytes in binary units."""
    if value is None or not math.isfinite(value):
        return NOTHING
    scale, unit = next(((s, u) for s, u in _SIZES if abs(value) >= s), (1, "B"))
    return f"{digits(value / scale)} {unit}"


def ratio(value: float | None) -> str:
    """A factor: `1.00×`, `12.3×`, `4,310×`."""
    return NOTHING if value is None or not math.isfinite(value) else f"{digits(value)}×"


def percent(value: float | None) -> str:
    """A share, or a relative difference, in percent."""
    return NOTHING if value is None or not math.isfinite(value) else f"{digits(100 * value, 2)} %"


def digits(value: float, significant: int = 3) -> str:
    """A plain decimal with so many significant digits; trailing zeros are kept, they are known."""
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    rounded = round(value, significant - 1 - magnitude)
    magnitude = math.floor(math.log10(abs(rounded))) if rounded else magnitude
    if magnitude >= 9 or magnitude < -4:
        return figure(f"{value:.{significant - 1}e}")
    return figure(f"{rounded:,.{max(0, significant - 1 - magnitude)}f}")


def figure(text: str) -> str:
    """A number as Python writes it, in print: a true minus, and no padding of the exponent."""
    compact = _EXPONENT.sub(lambda m: f"e{m[1].strip('+')}{m[2]}", text)
    return f"−{compact[1:]}" if compact.startswith("-") else compact


def short(value: float | None, significant: int = 2) -> str:
    """A number of any size in few characters: `3.1e-9`."""
    return NOTHING if value is None else figure(f"{value:.{significant}g}")


def both(ad: float | None, numeric: float | None) -> tuple[str, str]:
    """AD's and the numeric value, with as many digits as it takes to see that they differ."""
    first, second = format_values(ad, numeric)
    return figure(first), figure(second)


def to_bound(value: float, bound: float) -> str:
    """A value to the place of its bound's second digit: what is behind it is not known."""
    if not (math.isfinite(value) and 0 < bound < math.inf and value):
        return short(value, _MOST_DIGITS)
    known = math.floor(math.log10(abs(value))) - math.floor(math.log10(bound)) + 2
    significant = min(_MOST_DIGITS, max(_LEAST_DIGITS, known))
    return figure(f"{value:#.{significant}g}".removesuffix("."))


def plus_minus(bound: float | None) -> str:
    """` ± 3.1e-9`, or "" where there is no bound."""
    return "" if bound is None else f" ± {figure(format_bound(bound)[3:])}"


def count(number: int, noun: str) -> str:
    """`1 gradient`, `1,234 gradients`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
