"""Horizontal bars from zero: one a backend mode, with the value written beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adbench.report.charts.frame import WIDTH
from adbench.report.charts.markers import series_class
from adbench.report.charts.scales import linear
from adbench.report.charts.svg import element, line, picture, text

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
    layers: list[Markup] = []
    for place, bar in enumerate(bars):
        top = _TOP + place * _ROW
        middle = top + _BAR / 2 + 4
        class_ = series_class(bar.mode)
        layers.append(text(bar.mode, _LEFT - 8, middle, "tick", "end"))
        layers.append(
            element(
                "rect",
                class_=f"bar {class_}",
                x=x.start,
                y=top,
                width=max(1.0, x(bar.value) - x.start),
                height=_BAR,
            )
        )
        end = x(max(bar.value, bar.check or 0.0))
        layers.append(text(bar.label, end + 6, middle, "value"))
        if bar.check is not None:
            at = x(bar.check)
            layers.append(line((at, top - 2), (at, top + _BAR + 2), "second"))
    layers.append(line((x.start, 2), (x.start, len(bars) * _ROW + 2), "axis"))
    return picture(WIDTH, len(bars) * _ROW + _TOP, title, description, *layers)
