"""A line as small as a word: one figure over the runs of a history."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from adbench.report.charts.scales import logarithmic
from adbench.report.charts.svg import dots, picture, polyline

_WIDTH, _HEIGHT, _EDGE = 120.0, 26.0, 5.0
_CALM = 1.2
"""A scale spans at least this factor to both sides, so that noise does not look like news."""


def spark_chart(values: Sequence[float | None], said: str) -> Markup:
    """The values from left to right, gaps where there is none; `said` is the same in words."""
    known = [v for v in values if v is not None and 0 < v < math.inf]
    if not known:
        return Markup("")
    spanned = [*known, max(known) * _CALM, min(known) / _CALM]
    y = logarithmic(spanned, _HEIGHT - _EDGE, _EDGE)
    assert y is not None
    step = (_WIDTH - 2 * _EDGE) / max(1, len(values) - 1)
    pieces: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None or not 0 < value < math.inf:
            pieces.append([])
        else:
            pieces[-1].append((_EDGE + place * step, y(value)))
    layers = [polyline(piece, "curve s-other") for piece in pieces]
    alone = [piece[0] for piece in pieces if len(piece) == 1]
    last = [point for piece in pieces for point in piece][-1]
    layers += [dots(alone, "round small s-other"), dots([last], "round s-other")]
    return picture(_WIDTH, _HEIGHT, said, "", *layers, class_="spark")
