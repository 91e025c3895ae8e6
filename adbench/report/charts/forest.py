"""A forest plot, a row at a time: a ratio with its interval, the margin's band and the line at 1.

Rows are pictures of their own, so that they stand in the table that they belong to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from adbench.record.bench import Interval
from adbench.report.charts.scales import Scale
from adbench.report.charts.svg import dots, element, line, picture, texts

_WIDTH, _HEIGHT, _EDGE = 220.0, 22.0, 12.0
_LEAST, _MOST = 1.25, 1e4
_TICKS = (1.1, 1.25, 1.5, 2.0, 4.0, 10.0, 100.0, 1e3, 1e4)
_APART = 34.0
"""Pixels that a label takes."""


@dataclass(frozen=True, slots=True)
class ForestScale:
    """One logarithmic scale for all rows, symmetric about 1."""

    reach: float

    @classmethod
    def of(cls, intervals: Iterable[Interval], margins: Iterable[float] = ()) -> ForestScale:
        """Wide enough for the estimates; an interval that is wider runs to the edge."""
        reach = _LEAST
        for value in [v for i in intervals for v in (i.value, i.low, i.high)]:
            if 0 < value < math.inf:
                reach = max(reach, value, 1 / value)
        return cls(min(max([reach, *(1 + 1.5 * m for m in margins)]) * 1.05, _MOST))

    def scale(self) -> Scale:
        """The scale in a row's pixels."""
        return Scale(1 / self.reach, self.reach, _EDGE, _WIDTH - _EDGE, logarithmic=True)


def forest_axis(scale: ForestScale) -> Markup:
    """The axis that the rows share, for the table's head."""
    x = scale.scale()
    shown = [1.0]
    for factor in _TICKS:
        ends = (factor, 1 / factor)
        if factor <= scale.reach and x(factor) - max(map(x, shown)) > _APART:
            shown += ends
    words = texts(((f"{tick:.3g}×", x(tick), 15) for tick in shown), "tx")
    return picture(_WIDTH, _HEIGHT, "ratio, logarithmic", "", words, class_="forest")


def forest_row(scale: ForestScale, ratio: Interval, margin: float, tone: str, said: str) -> Markup:
    """One row; `said` is the same in words, `tone` the class that colours it."""
    x, middle = scale.scale(), _HEIGHT / 2
    left, right = x(1 / (1 + margin)), x(1 + margin)
    layers = [
        element("rect", class_="band", x=left, y=0, width=right - left, height=_HEIGHT),
        line((x(1.0), 0), (x(1.0), _HEIGHT), "one"),
    ]
    if all(0 < v < math.inf for v in (ratio.low, ratio.value, ratio.high)):
        layers.append(line((x(ratio.low), middle), (x(ratio.high), middle), f"whisker {tone}"))
        layers.append(dots([(x(ratio.value), middle)], f"round {tone}"))
    return picture(_WIDTH, _HEIGHT, said, "", *layers, class_="forest")
