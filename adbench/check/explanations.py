"""What explains a verdict: where it cannot be made, the verdict stands, and a note says so."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from adbench.check.guard import OutOfTime
from adbench.record.model import Finding

T = TypeVar("T")


class Explanations:
    """The one place where explanations are made, so that none can end a check or change it.

    A diagnosis asks the user's function odd questions, at points and with cotangents that the
    check itself does not need, and it is code that may be wrong. Whatever it raises belongs into
    the record, beside the verdict that it was to explain.
    """

    def __init__(self) -> None:
        self.notes: list[Finding] = []
        """What could not be explained, each once."""

    def attempt(self, what: str, make: Callable[[], T], otherwise: T) -> T:
        """What `make` returns, and `otherwise` where it raises; `what` names it in the note."""
        try:
            return make()
        except OutOfTime:
            reason = "it took too long"
        except Exception as error:
            reason = _in_words(error)
        message = f"{what} could not be told ({reason}); the verdict stands without it"
        note = Finding(kind="unexplained", level="note", message=message)
        if note not in self.notes:
            self.notes.append(note)
        return otherwise


def _in_words(error: Exception) -> str:
    """`ValueError: no such thing, at values.py:82`."""
    first = (str(error).strip().splitlines() or ["no message"])[0]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {first}, at {Path(frame.filename).name}:{frame.lineno}"
