"""A place that a backend names, as the run record writes it."""

from __future__ import annotations

from adbench.backends.protocol import Part, Place
from adbench.record.model import SourceLocation


def location(place: Place | None) -> SourceLocation | None:
    """The line of the user's code, None where the backend could not tell."""
    return None if place is None else SourceLocation(**place._asdict())


def location_of(part: Part) -> SourceLocation | None:
    """Where the user wrote a derivative rule, or else where it is called."""
    return location(part.rule or part.called)
