"""Horizontal bars from zero: one a backend mode, with the value written beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adbench.report.charts.frame import WIDTH
from adbench.report.charts.markers import series_class
from adbench.report.charts.scales import Scale, linear
from adbench.report.charts.svg import line, picture, segments, texts

_ROW, _BAR = 26.0, 14.0
_LEFT, _RIGHT, _TOP = 108.0, 74.0, 6.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: whose it is, how long, what is written beside it, and a second reading."""

    mode: str
    value: float
    label: str
    check: float | None = None
    """The same by another method: a tick on the bar."""


def bar_chart(bars: Sequence[Bar], title: str, description: str) -> Markup:
    """The bars in the order given; "" where all are zero."""
    ends = [value for bar in bars for value in (bar.value, bar.check or 0.0)]
    x = linear(ends, _LEFT, WIDTH - _RIGHT)
    if x is None:
        return Markup("")
    middles = [_TOP + place * _ROW + _BAR / 2 for place in range(len(bars))]
    rows = list(zip(bars, middles, strict=True))
    layers = [
        line((x.start, y), (max(x(bar.value), x.start + 1), y), f"bar {series_class(bar.mode)}")
        for bar, y in rows
    ]
    checks = [(x(bar.check), y) for bar, y in rows if bar.check is not None]
    half = _BAR / 2 + 2
    layers += [
        segments((((at, y - half), (at, y + half)) for at, y in checks), "second"),
        texts(((bar.mode, _LEFT - 8, y + 4) for bar, y in rows), "ty"),
        texts(((bar.label, _beside(bar, x), y + 4) for bar, y in rows), "value"),
        line((x.start, 2), (x.start, len(bars) * _ROW + 2), "axis"),
    ]
    return picture(WIDTH, len(bars) * _ROW + _TOP, title, description, *layers)


def _beside(bar: Bar, x: Scale) -> float:
    return x(max(bar.value, bar.check or 0.0)) + 6
