"""A V curve in characters: error against step, for a terminal."""

from __future__ import annotations

import math

from adbench.record.model import VCurve
from adbench.report.charts.scales import Scale, logarithmic, power_of_ten
from adbench.report.charts.vcurve import scale_of

_WIDTH, _HEIGHT = 44, 9
_MARGIN = 9


def v_curve_lines(curve: VCurve, mode: str) -> list[str]:
    """The chart's lines: `•` a difference's error, `│` the step chosen, `─` AD's distance.

    Both axes are logarithmic, errors relative to the value's size. [] where nothing can be drawn.
    """
    unit = scale_of(curve)
    errors = [(p.step, abs(p.value - curve.numeric) / unit) for p in curve.points]
    distance = abs(curve.ad - curve.numeric) / unit
    shown = [(h, e) for h, e in errors if 0 < h < math.inf and 0 < e < math.inf]
    x = logarithmic((h for h, _ in shown), 0, _WIDTH - 1)
    y = logarithmic([e for _, e in shown] + [distance], _HEIGHT - 1, 0)
    if x is None or y is None:
        return []
    cells = [[" "] * _WIDTH for _ in range(_HEIGHT)]
    if curve.chosen_step is not None and 0 < curve.chosen_step < math.inf:
        for row in cells:
            row[_at(x, curve.chosen_step)] = "│"
    if 0 < distance < math.inf:
        cells[_at(y, distance)] = ["─"] * _WIDTH
    for step, error in shown:
        cells[_at(y, error)][_at(x, step)] = "•"
    labels = {_at(y, tick): power_of_ten(tick) for tick in y.ticks(4)}
    lines = [f"{labels.get(i, ''):>{_MARGIN - 2}} ┤{''.join(row)}" for i, row in enumerate(cells)]
    low, high = power_of_ten(x.ticks(4)[0]), power_of_ten(x.ticks(4)[-1])
    far = "in every digit" if distance == 0 else f"{distance:.2g}"
    return [
        f"relative error against step; AD on {mode} is off by {far}",
        *(line.rstrip() for line in lines),
        f"{'':{_MARGIN}}step {low} to {high}",
    ]


def _at(scale: Scale, value: float) -> int:
    return round(scale(value))
