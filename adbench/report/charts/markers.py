"""What tells series apart besides their colour: a shape a backend, a dash for compiled modes."""

from __future__ import annotations

from markupsafe import Markup

from adbench.report.charts.svg import element

_UNCOMPILED = ("eager", "")
_KNOWN = ("native", "torch", "jax", "manual")


def series_class(mode: str) -> str:
    """The CSS classes of a backend's mode: its colour, and whether it is dashed."""
    backend, _, how = mode.partition(":")
    colour = f"s-{backend}" if backend in _KNOWN else "s-other"
    return colour if how in _UNCOMPILED else f"{colour} dashed"


def marker(mode: str, x: float, y: float, size: float = 3.2) -> Markup:
    """The backend's shape: circle, square, triangle, diamond."""
    backend, class_ = mode.partition(":")[0], series_class(mode).split()[0]
    s = size
    shapes = {
        "torch": ((-s, -s), (s, -s), (s, s), (-s, s)),
        "jax": ((0, -s * 1.3), (s * 1.2, s), (-s * 1.2, s)),
        "manual": ((0, -s * 1.4), (s * 1.4, 0), (0, s * 1.4), (-s * 1.4, 0)),
    }
    if backend not in shapes:
        return element("circle", class_=f"mark {class_}", cx=x, cy=y, r=size)
    corners = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in shapes[backend])
    return element("polygon", class_=f"mark {class_}", points=corners)
