"""SVG elements as safe markup: text and attributes are escaped, coordinates are whole pixels.

A page holds hundreds of pictures, so they are kept short: one path for many marks, one group for
many labels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from adbench.report.visible import visible

Point = tuple[float, float]
_STRAIGHT = 0.5
"""Pixels that a point may be off a line and still be taken to lie on it."""


def element(name: str, *children: str, **attributes: object) -> Markup:
    """`element("rect", class_="bar", x=0)`; a child that is not markup yet is escaped.

    An attribute that is None is left out; underscores stand for hyphens, `class_` for `class`.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(children)
    return Markup(f"<{name}{given}>{inner}</{name}>") if inner else Markup(f"<{name}{given}/>")


def picture(
    width: float, height: float, title: str, description: str, *children: str, class_: str = "chart"
) -> Markup:
    """A whole image with a name and a description for those who do not see it."""
    return element(
        "svg",
        element("title", visible(title)),
        element("desc", visible(description)) if description else Markup(""),
        *children,
        class_=class_,
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        role="img",
    )


def text(said: str, x: float, y: float, class_: str | None = None) -> Markup:
    """Words that begin at a point, or where its class says otherwise."""
    return element("text", visible(said), x=x, y=y, class_=class_)


def texts(labels: Iterable[tuple[str, float, float]], class_: str) -> Markup:
    """Many words of one kind; nothing for none."""
    inner = Markup("").join(text(said, x, y) for said, x, y in labels)
    return element("g", inner, class_=class_) if inner else inner


def line(start: Point, end: Point, class_: str) -> Markup:
    """A straight line."""
    return segments([(start, end)], class_)


def polyline(points: Sequence[Point], class_: str) -> Markup:
    """A line through all points; nothing for less than two."""
    if len(points) < 2:
        return Markup("")
    return element("path", class_=class_, d=outline(_bends(points)))


def _bends(points: Sequence[Point]) -> list[Point]:
    """The points without those that lie on the line between others (Ramer, Douglas, Peucker)."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    off = [abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length for x, y in points]
    farthest = max(range(len(points)), key=off.__getitem__)
    if off[farthest] <= _STRAIGHT:
        return [points[0], points[-1]]
    return _bends(points[: farthest + 1])[:-1] + _bends(points[farthest:])


def segments(pairs: Iterable[tuple[Point, Point]], class_: str) -> Markup:
    """Separate straight lines as one element; nothing for none."""
    data = "".join(outline(pair) for pair in pairs)
    return element("path", class_=class_, d=data) if data else Markup("")


def dots(points: Sequence[Point], class_: str) -> Markup:
    """Points as one element: lines of no length, whose caps are what is seen."""
    if not points:
        return Markup("")
    places = [(round(x), round(y)) for x, y in points]
    moves = "".join(f"m{x1 - x0} {y1 - y0}h0" for (x0, y0), (x1, y1) in pairwise(places))
    return element("path", class_=class_, d=f"M{places[0][0]} {places[0][1]}h0{moves}")


def outline(points: Iterable[Point]) -> str:
    """The points as a path's data: the first where it is, the others from the one before."""
    rounded = [(round(x), round(y)) for x, y in points]
    steps = pairwise(rounded)
    return f"M{rounded[0][0]} {rounded[0][1]}" + "".join(
        _step(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in steps
    )


def _step(dx: int, dy: int) -> str:
    if dy == 0:
        return f"h{dx}"
    return f"v{dy}" if dx == 0 else f"l{dx}{'' if dy < 0 else ' '}{dy}"


def coordinate(value: float) -> str:
    """The nearest pixel."""
    return f"{round(value)}"


def _attribute(value: object) -> Markup:
    if isinstance(value, float):
        return Markup(coordinate(value))
    return escape(visible(str(value)))
