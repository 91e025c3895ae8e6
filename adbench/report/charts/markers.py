"""What tells series apart besides their colour: a shape a backend, a dash for compiled modes."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from adbench.report.charts.svg import Point, coordinate, dots, element

_UNCOMPILED = ("eager", "")
_KNOWN = ("native", "torch", "jax", "manual")
_SHAPES = {"jax": "m0-5l4 7h-8z", "manual": "m0-5l5 5-5 5-5-5z"}


def colour_class(mode: str) -> str:
    """The CSS class that colours a backend."""
    backend = mode.partition(":")[0]
    return f"s-{backend}" if backend in _KNOWN else "s-other"


def series_class(mode: str) -> str:
    """The CSS classes of a backend's mode: its colour, and whether it is dashed."""
    colour = colour_class(mode)
    return colour if mode.partition(":")[2] in _UNCOMPILED else f"{colour} dashed"


def markers(mode: str, points: Sequence[Point]) -> Markup:
    """The backend's shape at each point: circle, square, triangle, diamond; nothing for none."""
    backend, colour = mode.partition(":")[0], colour_class(mode)
    if backend not in _SHAPES:
        return dots(points, f"{'square' if backend == 'torch' else 'round'} {colour}")
    shape = _SHAPES[backend]
    data = "".join(f"M{coordinate(x)} {coordinate(y)}{shape}" for x, y in points)
    return element("path", class_=f"mark {colour}", d=data) if data else Markup("")
