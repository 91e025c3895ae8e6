"""The V curve: a difference quotient's error against its step, and how far AD is from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adbench.record.model import VCurve
from adbench.report.charts.frame import Area, chart, end_labels
from adbench.report.charts.markers import colour_class, markers, series_class
from adbench.report.charts.scales import logarithmic, power_of_ten
from adbench.report.charts.svg import Point, dots, element, line, outline, polyline


@dataclass(frozen=True, slots=True)
class Distance:
    """How far one backend's AD value is from the numeric derivative, in the curve's own unit."""

    mode: str
    value: float


def v_curve_chart(
    curve: VCurve, distances: Sequence[Distance], title: str, description: str
) -> Markup:
    """Dots: the plain difference at each step, against the extrapolated value.

    Lines: what truncation and round-off may account for; a vertical one at the step chosen. At the
    right edge each backend's mark at AD's distance, with a line across where that is beyond the
    bound. All relative to the value's size; "" where nothing can be drawn.
    """
    area, unit = Area(), scale_of(curve)
    errors = [(p.step, abs(p.value - curve.numeric) / unit) for p in curve.points]
    truncation = [(p.step, p.truncation / unit) for p in curve.points]
    roundoff = [(p.step, p.roundoff / unit) for p in curve.points]
    drawn = [point for series in (errors, truncation, roundoff) for point in series]
    bound = curve.bound / unit
    shown = [d for d in distances if math.isfinite(d.value)]
    x = logarithmic((step for step, _ in drawn), *area.x)
    y = logarithmic([*(e for _, e in drawn), bound, *(d.value for d in shown)], *area.y)
    if x is None or y is None:
        return Markup("")

    def placed(points: Sequence[Point]) -> list[Point]:
        finite = [(h, e) for h, e in points if 0 < h < math.inf and 0 < e < math.inf]
        return [(x(h), y(e)) for h, e in sorted(finite)]

    layers: list[Markup] = []
    if 0 < bound < math.inf:
        corners = [(x.start, y(bound)), (x.end, y(bound)), (x.end, y.start), (x.start, y.start)]
        layers.append(element("path", class_="band", d=outline(corners) + "Z"))
    layers += [polyline(placed(truncation), "truncation"), polyline(placed(roundoff), "roundoff")]
    if curve.chosen_step is not None and 0 < curve.chosen_step < math.inf:
        at = x(curve.chosen_step)
        layers.append(line((at, y.start), (at, y.end), "chosen"))
    layers.append(dots(placed(errors), "dot"))
    labels = []
    inside = [d for d in shown if d.value <= bound]
    at_edge: dict[str, list[Point]] = {}
    for distance in shown:
        at = y(distance.value) if distance.value > 0 else y.start
        at_edge.setdefault(distance.mode.partition(":")[0], []).append((x.end, at))
        if distance not in inside:
            layers.append(line((x.start, at), (x.end, at), f"ad {series_class(distance.mode)}"))
            labels.append((at, distance.mode, f"label {colour_class(distance.mode)}"))
    layers += [markers(backend, points) for backend, points in at_edge.items()]
    if inside:
        within = inside[0].mode if len(inside) == 1 else f"{len(inside)} in the band"
        labels.append((y(max(d.value for d in inside)), within, "label"))
    layers += end_labels(labels, x.end + 8, y.end, y.start)
    return chart(
        title,
        description,
        (x, y),
        ("step", "relative error" if unit != 1.0 else "error"),
        (power_of_ten, power_of_ten),
        *layers,
    )


def scale_of(curve: VCurve) -> float:
    """The size of the derivative, which errors are relative to; 1 where it is zero or unknown."""
    sizes = [abs(v) for v in (curve.numeric, curve.ad) if math.isfinite(v)]
    largest = max(sizes, default=0.0)
    return largest if 0 < largest < math.inf else 1.0
