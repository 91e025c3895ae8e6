"""The axes of a chart: grid, ticks, their labels and what the axes are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adbench.report.charts.scales import Scale
from adbench.report.charts.svg import picture, segments, text, texts

WIDTH, HEIGHT = 380.0, 240.0
"""One size for every chart with axes: a phone's width, and two or three beside each other on a
desk. Text is then as large as it is written, on both."""
_TOP, _BOTTOM, _LEFT = 20.0, 38.0, 46.0
_LABEL_GAP = 13.0


@dataclass(frozen=True, slots=True)
class Area:
    """Where data are drawn; `right` is left free for labels at the ends of lines."""

    right: float = 110.0

    @property
    def x(self) -> tuple[float, float]:
        """Left and right edge."""
        return _LEFT, WIDTH - self.right

    @property
    def y(self) -> tuple[float, float]:
        """Bottom and top edge, in the direction of the axis."""
        return HEIGHT - _BOTTOM, _TOP


def chart(
    title: str,
    description: str,
    axes: tuple[Scale, Scale],
    names: tuple[str, str],
    labels: tuple[Callable[[float], str], Callable[[float], str]],
    *layers: Markup,
) -> Markup:
    """A picture with axes behind `layers`; the y axis is named above it, where it is read first."""
    (x, y), (x_name, y_name), (x_label, y_label) = axes, names, labels
    across, along = y.ticks(5), x.ticks(5)
    marks = [((x(v), y.start), (x(v), y.start + 4)) for v in along]
    parts = [
        segments((((x.start, y(v)), (x.end, y(v))) for v in across), "grid"),
        segments([*marks, ((x.start, y.start), (x.end, y.start))], "axis"),
        texts(((y_label(v), x.start - 6, y(v) + 4) for v in across), "ty"),
        texts(((x_label(v), x(v), y.start + 17) for v in along), "tx"),
        text(y_name, 2, 11, "name"),
        text(x_name, (x.start + x.end) / 2, HEIGHT - 5, "name mid"),
    ]
    return picture(WIDTH, HEIGHT, title, description, *parts, *layers)


def end_labels(
    labels: Sequence[tuple[float, str, str]], x: float, low: float, high: float
) -> list[Markup]:
    """Labels at the ends of lines, `(y, text, class)`, moved apart where they would overlap."""
    ordered = sorted(set(labels))
    places = spread([y for y, _, _ in ordered], _LABEL_GAP, low, high)
    return [
        text(said, x, place + 4, class_)
        for place, (_, said, class_) in zip(places, ordered, strict=True)
    ]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near the wanted ones (ascending), at least `gap` apart, within `low` to `high`."""
    places: list[float] = []
    for want in wanted:
        places.append(max(want, places[-1] + gap if places else low))
    limit = high
    for i in reversed(range(len(places))):
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places
