"""A recorder that also notes where each value comes from, for programs that people read."""

from __future__ import annotations

from typing import Any

from adbench.engine.inspect import Place, user_place
from adbench.engine.plan.recorder import Recorder


class PlacedRecorder(Recorder):
    """Notes the user's line of each value of the forward pass in `places`.

    Once `helping` is set, to a record of the tape, values are of the backward pass: `helps` then
    has the record whose adjoint a value helps to pass on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, Place] = {}
        self.helps: dict[int, int] = {}
        self.helping: int | None = None

    def record(self, function: Any, args: Any, kwargs: Any) -> Any:
        """As the recorder does; every value that is new belongs to where we are."""
        before = len(self.program.values)
        result = super().record(function, args, kwargs)
        place = user_place() if self.helping is None else None
        for number in range(before, len(self.program.values)):
            if self.helping is not None:
                self.helps[number] = self.helping
            elif place is not None:
                self.places[number] = place
        return result
