"""Time or memory against size, both logarithmic: points with intervals and the fitted power."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adbench.record.bench import Interval
from adbench.report.charts.frame import Area, chart, end_labels
from adbench.report.charts.markers import markers, series_class
from adbench.report.charts.scales import logarithmic
from adbench.report.charts.svg import polyline, segments


@dataclass(frozen=True, slots=True)
class Curve:
    """One backend mode over sizes; `numeric` for its finite differences."""

    mode: str
    points: tuple[tuple[float, Interval], ...]
    label: str
    numeric: bool = False


def scaling_chart(
    curves: Sequence[Curve],
    title: str,
    description: str,
    names: tuple[str, str],
    labels: tuple[Callable[[float], str], Callable[[float], str]],
    *,
    binary: bool = False,
) -> Markup:
    """The curves over one another; "" where there is nothing to draw on logarithmic axes.

    `binary` says that the y axis counts bytes.
    """
    area = Area()
    sizes = tuple(sorted({s for c in curves for s, _ in c.points if _positive(s)}))
    x = logarithmic(sizes, *area.x, marked=sizes)
    bounds = [v for c in curves for _, i in c.points for v in (i.low, i.value, i.high)]
    y = logarithmic(bounds, *area.y, binary=binary)
    if x is None or y is None:
        return Markup("")
    layers: list[Markup] = []
    ends = []
    for curve in curves:
        class_ = "numeric" if curve.numeric else series_class(curve.mode)
        usable = sorted((s, i) for s, i in curve.points if _positive(s) and _positive(i.value))
        layers.append(polyline([(x(s), y(i.value)) for s, i in usable], f"curve {class_}"))
        sure = [(s, i) for s, i in usable if _positive(i.low) and _positive(i.high)]
        whiskers = (((x(s), y(i.low)), (x(s), y(i.high))) for s, i in sure)
        layers.append(segments(whiskers, f"whisker {class_}"))
        shape = "" if curve.numeric else curve.mode
        layers.append(markers(shape, [(x(s), y(i.value)) for s, i in usable]))
        if usable:
            ends.append((y(usable[-1][1].value), curve.label, f"label {class_.split()[0]}"))
    layers += end_labels(ends, x.end + 8, y.end, y.start)
    return chart(title, description, (x, y), names, labels, *layers)


def _positive(value: float) -> bool:
    return 0 < value < math.inf
