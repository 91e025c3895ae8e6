"""SVG elements as safe markup: text and attributes are escaped, coordinates are kept short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from adbench.report.visible import visible

Point = tuple[float, float]


def element(name: str, *children: str, **attributes: object) -> Markup:
    """`element("line", class_="grid", x1=0)`; a child that is not markup yet is escaped.

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
        width=coordinate(width),
        height=coordinate(height),
        role="img",
    )


def text(said: str, x: float, y: float, class_: str | None = None, anchor: str = "start") -> Markup:
    """Words at a point; `anchor` says which end of them stands there."""
    return element(
        "text",
        visible(said),
        x=x,
        y=y,
        class_=class_,
        text_anchor=None if anchor == "start" else anchor,
    )


def line(start: Point, end: Point, class_: str) -> Markup:
    """A straight line."""
    return element("path", class_=class_, d=outline((start, end)))


def polyline(points: Sequence[Point], class_: str) -> Markup:
    """A line through all points; nothing for less than two."""
    return element("path", class_=class_, d=outline(points)) if len(points) > 1 else Markup("")


def outline(points: Iterable[Point]) -> str:
    """The points as a path's data."""
    joined = "L".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)
    return f"M{joined}"


def coordinate(value: float) -> str:
    """A tenth of a pixel is as exact as anyone sees."""
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0")
        if abs(value) < 0.05
        else (f"{value:.1f}".removesuffix(".0"))
    )


def _attribute(value: object) -> Markup:
    if isinstance(value, float):
        return Markup(coordinate(value))
    return escape(visible(str(value)))
