"""The workers of one round: each backend and mode has one of its own, and works only when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from adbench.bench.protocol import Failed, Message, Skipped
from adbench.record.model import Failure
from adbench.runner.bench.client import BenchWorker, Seat, WorkerLostError
from adbench.runner.bench.ledger import Ledger, Use

Role = Literal["here", "twin", "there"]
"""`twin` is the control, a second worker like another; `there` is the other side of a comparison
with another revision."""
Wanted = TypeVar("Wanted", bound=Message)


@dataclass(frozen=True, slots=True)
class Slot:
    """One place among the workers."""

    backend: str
    mode: str
    role: Role = "here"

    @property
    def key(self) -> str:
        """`torch:eager`."""
        return f"{self.backend}:{self.mode}"


class TaskFailedError(Exception):
    """The task cannot go on in this worker."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class TaskSkippedError(Exception):
    """The backend, or its device, is not here."""


class Crew:
    """Workers by slot, started when first asked and again after they died."""

    def __init__(self, seats: Mapping[Role, Seat], ledger: Ledger) -> None:
        self._seats = seats
        self._ledger = ledger
        self._workers: dict[Slot, BenchWorker] = {}
        self.versions: dict[Role, dict[str, str]] = {}
        """Of the libraries, as the workers see them."""

    def start(self, slots: Sequence[Slot]) -> None:
        """Start these workers, so that they import side by side; waiting is `ask`'s."""
        for slot in slots:
            if slot not in self._workers:
                seat = self._seats[slot.role]
                self._workers[slot] = BenchWorker(slot.backend, slot.mode, seat)

    def ask(self, slot: Slot, request: Message, wanted: type[Wanted], use: Use | None) -> Wanted:
        """The answer, its time booked under `use` (None: the caller books what the worker says).

        Raises TaskFailedError, TaskSkippedError.
        """
        self.start([slot])
        worker = self._workers[slot]
        try:
            if worker.ready is None:
                with self._ledger.use("import"):
                    self.versions[slot.role] = worker.await_ready().versions
            if use is None:
                answer = worker.ask(request, self._ledger.patience)
            else:
                with self._ledger.use(use):
                    answer = worker.ask(request, self._ledger.patience)
        except WorkerLostError as error:
            del self._workers[slot]
            raise TaskFailedError(error.failure) from None
        if isinstance(answer, Failed):
            raise TaskFailedError(answer.failure)
        if isinstance(answer, Skipped):
            raise TaskSkippedError(answer.reason)
        assert isinstance(answer, wanted), answer
        return answer

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()
