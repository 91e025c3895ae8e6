"""One case in one round of processes: bind, audit, then samples in alternating order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from adbench.bench.audit import breaches, judge
from adbench.bench.likeness import alike
from adbench.bench.protocol import (
    Bound,
    Facts,
    First,
    FirstCalled,
    MeasureNumeric,
    NumericMeasured,
    ProveThreads,
    Sample,
    Sampled,
    Side,
    StateFacts,
    ThreadsSeen,
)
from adbench.bench.statistics import Reading
from adbench.record.bench import AuditItem, What
from adbench.runner.bench.book import CaseBook, Entry, Status
from adbench.runner.bench.crew import Crew, Slot, TaskFailedError, TaskSkippedError
from adbench.runner.bench.ledger import Ledger
from adbench.runner.bench.messages import Bind
from adbench.runner.bench.options import SAMPLE_SECONDS
from adbench.runner.tasks import Task

_WARM_SECONDS = 0.02
_THREAD_SECONDS = 0.1
_LEAST_SAMPLE = 1e-3
_FEWEST_SWEEPS = 4
_SAMPLE_SHARE = 0.25
_ALWAYS = 3
"""After so many void samples in a row, compiling is what this function does at every call."""
_DOUBLE = ("float64", "complex128")
_NUMERIC_SHARE = 0.05
"""Of a case's time, for its gradient by forward differences."""


@dataclass
class _Seated:
    """One worker with the case bound."""

    slot: Slot
    entry: Entry
    numpy: bool = False
    calls: dict[Side, int] = field(default_factory=dict)
    void: int = 0
    dead: bool = False


class Round:
    """What is done with each case while one set of processes lives."""

    def __init__(
        self,
        process: int,
        crew: Crew,
        ledger: Ledger,
        what: What,
        threads: int,
        there: Callable[[Task], Task] | None = None,
        announce: Callable[[str], object] = print,
    ) -> None:
        """`there` gives the other side's task; `announce` is told what is being done."""
        self._process = process
        self._crew = crew
        self._ledger = ledger
        self._what: What = what
        self._threads = threads
        self._there = there
        self._announce = announce

    def measure(
        self,
        book: CaseBook,
        entries: Sequence[Entry],
        twin: str | None,
        sweeps: int,
        seconds: float,
    ) -> None:
        """Measure one case on the backends of `entries`: `sweeps` samples of each, fewer if they
        took longer than `seconds`. `twin` is the key of the control."""
        begin = monotonic()
        seated = self._seat(book, entries, twin)
        if self._process == 0:
            self._audit(book, [one for one in seated if one.slot.role == "here"])
            seated = [one for one in seated if not one.entry.stopped]
        # Samples are soon had beside first calls, which may have used the time up.
        end = max(begin + seconds, monotonic() + _SAMPLE_SHARE * seconds)
        # Every process begins with another one, so that none always follows the same.
        turn = self._process % max(1, len(seated))
        order = seated[turn:] + seated[:turn]
        for sweep in range(sweeps):
            for one in order if sweep % 2 == 0 else list(reversed(order)):
                if not (one.entry.stopped or one.dead):
                    self._sample(book, one, sweep)
            late = monotonic() > end and sweep + 1 >= _FEWEST_SWEEPS
            if late or self._ledger.left <= 0:
                break
        if self._process == 0 and self._what == "vjp":
            self._numeric([one for one in seated if one.slot.role == "here"], seconds)

    def _seat(self, book: CaseBook, entries: Sequence[Entry], twin: str | None) -> list[_Seated]:
        seated = []
        numpy = False
        for entry in entries:
            here = Slot(entry.task.backend, entry.task.mode)
            slots = [here]
            if self._there is not None:
                slots.append(Slot(here.backend, here.mode, "there"))
            if entry.key == twin:
                slots.append(Slot(here.backend, here.mode, "twin"))
            for slot in slots:
                if entry.stopped or self._ledger.left <= 0:
                    break
                if slot.role == "there" and entry.missing_there:
                    continue
                one = _Seated(slot, entry)
                if self._get_ready(book, one, numpy=not numpy and slot.role == "here"):
                    numpy = numpy or one.numpy
                    seated.append(one)
        return seated

    def _get_ready(self, book: CaseBook, one: _Seated, *, numpy: bool) -> bool:
        entry, slot, begin = one.entry, one.slot, monotonic()
        self._announce(f"{book.name} on {entry.key}: first call")
        task = entry.task
        if slot.role == "there" and self._there is not None:
            task = self._there(task)
        bind = Bind(task=task, what=self._what, numpy=numpy, threads=self._threads)
        try:
            bound = self._crew.ask(slot, bind, Bound, "warm-up")
            first = self._crew.ask(slot, First(warm=_WARM_SECONDS), FirstCalled, "warm-up")
        except TaskSkippedError as error:
            if slot.role == "here":
                entry.close("skipped", str(error))
            else:
                entry.missing_there = str(error)
            return False
        except TaskFailedError as error:
            self._fail(entry, slot, error)
            return False
        if slot.role == "here":
            entry.costs.append(monotonic() - begin)
            entry.bound = entry.bound or bound
            entry.first = entry.first or first
            entry.retraces += first.later
            one.numpy = bound.numpy
            if not first.steady:
                entry.close("failed", "two calls with the same inputs gave different values")
                return False
        return True

    def _fail(self, entry: Entry, slot: Slot, error: TaskFailedError) -> None:
        if error.failure.kind == "timeout" and self._ledger.budget is not None:
            entry.close("unfinished", f"{error.failure.message}, which is all the budget allows")
        elif self._ledger.left <= 0:
            entry.close("unfinished", "the budget ended")
        elif slot.role == "there":
            entry.missing_there = f"{(error.failure.message.splitlines() or [''])[0]}"
            entry.warn(f"not measured on the other side: {entry.missing_there}")
        elif slot.role == "twin":
            entry.warn("the control's second worker failed, so that its noise is not known")
        else:
            entry.fail(error.failure)

    def _audit(self, book: CaseBook, seated: Sequence[_Seated]) -> None:
        """State the facts, and stop what would not be compared fairly."""
        self._announce(f"{book.name}: audit")
        for one in seated:
            entry = one.entry
            try:
                entry.facts = self._crew.ask(one.slot, StateFacts(), Facts, "passes")
                proof = ProveThreads(seconds=_THREAD_SECONDS)
                entry.threads = self._crew.ask(one.slot, proof, ThreadsSeen, "passes").threads
            except TaskFailedError as error:
                self._fail(entry, one.slot, error)
        stated = {one.entry.key: one.entry.facts for one in seated if one.entry.facts is not None}
        threads = {
            one.entry.key: one.entry.threads for one in seated if one.entry.threads is not None
        }
        rtol = max((_rtol(one.entry) for one in seated), default=0.0)
        judged = judge(stated, threads, rtol, self._threads)
        for one in seated:
            entry = one.entry
            entry.audit = (*judged.get(entry.key, ()), *_likeness(book, entry))
            if not entry.stopped and (broken := breaches(entry.audit)):
                is_wrong = any(item.name == "gradient" for item in broken)
                status: Status = "wrong" if is_wrong else "unfair"
                entry.close(status, "; ".join(f"{item.name}: {item.message}" for item in broken))

    def _sample(self, book: CaseBook, one: _Seated, sweep: int) -> None:
        sides: list[Side] = ["derivative"]
        if one.slot.role == "here":
            sides += ["primal"] if self._what != "primal" else []
            sides += ["numpy"] if one.numpy else []
        self._announce(f"{book.name} on {one.entry.key}")
        for side in sides:
            request = Sample(side=side, calls=one.calls.get(side, 0), at_least=SAMPLE_SECONDS)
            try:
                sampled = self._crew.ask(one.slot, request, Sampled, None)
            except TaskFailedError as error:
                self._fail(one.entry, one.slot, error)
                one.dead = True
                return
            self._ledger.add("timed", sampled.busy)
            one.calls[side] = sampled.calls * (2 if sampled.seconds < _LEAST_SAMPLE else 1)
            reading = Reading(self._process, sweep, sampled.seconds / sampled.calls)
            if side == "derivative":
                if not self._counts(one, sampled):
                    return
                one.entry.calls = sampled.calls
            self._keep(book, one, side, reading)

    def _counts(self, one: _Seated, sampled: Sampled) -> bool:
        """Whether the sample is not void: nothing was compiled in it."""
        if not sampled.compilations:
            one.void = 0
            return True
        entry = one.entry
        if one.slot.role == "here":
            entry.retraces += sampled.compilations
        if one.void >= _ALWAYS:
            entry.warn("it compiles at every call: its times hold compilation")
            return True
        one.void += 1
        if one.slot.role == "here":
            entry.voided += 1
        return False

    def _keep(self, book: CaseBook, one: _Seated, side: Side, reading: Reading) -> None:
        if one.slot.role == "twin":
            book.twin.append(reading)
        elif one.slot.role == "there":
            one.entry.there.append(reading)
        elif side == "numpy":
            book.numpy.append(reading)
        else:
            one.entry.read(side, reading)

    def _numeric(self, seated: Sequence[_Seated], seconds: float) -> None:
        """The same gradient by forward differences, once, within a share of the case's time."""
        share = _NUMERIC_SHARE * min(seconds, self._ledger.left, 20.0) / max(1, len(seated))
        for one in seated:
            if one.entry.stopped or self._ledger.left <= 0:
                continue
            try:
                request = MeasureNumeric(seconds=share)
                found = self._crew.ask(one.slot, request, NumericMeasured, "passes")
            except TaskFailedError as error:
                one.entry.warn(f"no forward differences: {error.failure.message.splitlines()[0]}")
                continue
            one.entry.numeric = found.seconds
            for warning in found.warnings:
                one.entry.warn(warning)


def _rtol(entry: Entry) -> float:
    """The check's tolerance; below double precision, half of the digits that the dtype has: there
    the check judges the formula at double precision, and the numbers themselves are coarser."""
    check = entry.check.check if entry.check is not None else None
    digits = float(np.sqrt(_eps(entry)))
    if check is None or check.rtol is None or entry.task.case.dtype not in _DOUBLE:
        return digits
    return check.rtol


def _eps(entry: Entry) -> float:
    """The spacing of the case's numbers at 1; NumPy itself does not know bfloat16."""
    dtype = entry.task.case.dtype
    return 2.0**-7 if dtype == "bfloat16" else float(np.finfo(dtype).eps)


def _likeness(book: CaseBook, entry: Entry) -> tuple[AuditItem, ...]:
    """Whether this mode's derivative is that of the mode that was checked in its stead."""
    check = entry.check
    if check is None or entry.first is None or check.mode == entry.task.mode:
        return ()
    other = book.entry(f"{check.backend}:{check.mode}")
    if other is None or other.first is None:
        message = f"{check.backend}:{check.mode} was checked in its stead, but gave nothing here"
        return (AuditItem(name="gradient", ok=False, message=message),)
    same = alike(entry.first.fingerprint, other.first.fingerprint, _rtol(entry), _eps(entry))
    words = "is that of" if same else "is not that of"
    message = f"its derivative {words} {other.key}, which was checked"
    return (AuditItem(name="gradient", ok=same, message=message),)
