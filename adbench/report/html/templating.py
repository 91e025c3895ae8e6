"""The template engine: everything from outside is text, whatever characters it is made of."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from adbench.report.view.numbers import percent, ratio
from adbench.report.visible import visible, visible_lines

_LINES = 12
"""Of a message that a user's code wrote: an exception may quote whole arrays."""
_LENGTH = 2000


@cache
def environment() -> Environment:
    """Templates with escaping on; a name that is missing in a template is an error."""
    made = Environment(
        loader=PackageLoader("adbench.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "lines": lines,
        "first_lines": first_lines,
        "percent": percent,
        "ratio": ratio,
    }
    return made


def _shown(value: Any) -> Any:
    """What cannot be seen, or must not be in HTML at all, is escaped in words."""
    if isinstance(value, Markup) or not isinstance(value, str) or value.isprintable():
        return value
    return visible(value)


def lines(text: str) -> Markup:
    """A text with its lines, as in a `pre`."""
    return Markup("\n").join(visible_lines(text))


def first_lines(text: str) -> Markup:
    """A message with its first lines, cut where it is endless."""
    shown = visible_lines(text)
    cut = shown[:_LINES] + (["…"] if len(shown) > _LINES else [])
    cut = [line if len(line) <= _LENGTH else f"{line[:_LENGTH]} …" for line in cut]
    return Markup("<br>").join(cut)
