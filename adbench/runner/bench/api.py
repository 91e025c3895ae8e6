"""A benchmark from its first task to its record."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

from adbench.bench.growth import fit
from adbench.bench.machine import machine
from adbench.record import adbench_version, environment
from adbench.record.bench import Bench
from adbench.record.environment import available_cores
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.runner.api import plan, suite_info
from adbench.runner.bench import results
from adbench.runner.bench.against import OtherSide, other_side
from adbench.runner.bench.book import Entry, books
from adbench.runner.bench.checks import check, representatives
from adbench.runner.bench.client import Seat
from adbench.runner.bench.crew import Crew, Role, Slot
from adbench.runner.bench.ledger import Ledger
from adbench.runner.bench.options import BenchOptions
from adbench.runner.bench.passes import measure_memory
from adbench.runner.bench.round import Round
from adbench.runner.staff import WORKER_MARK
from adbench.runner.tasks import Task
from adbench.suite import Suite

_CHECK_SHARE = 0.4
"""Of the budget, for checking; a task that has had no check by then is not measured."""
_MEMORY_SHARE = 0.5
"""Of what is left after the first round, for memory; the other rounds get the rest."""
_MOST_ROUNDS = 3
"""Times the rounds that were asked for, to decide a comparison with the other side."""
_QUIETEST = ("native:eager", "torch:eager", "native:compiled", "jax:jit", "manual:eager")
"""Who is measured twice as the control, by preference: what is soon ready and compiles little."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a benchmark is."""

    text: str
    done: float
    """From 0 to 1."""
    left: float | None
    """Seconds, as far as they can be told."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What came of it."""

    record: RunRecord
    samples: dict[str, Any]
    """Every raw sample by task."""


OnStep = Callable[[Step], object]


def bench_plan(suites: Sequence[Suite], options: BenchOptions) -> list[Task]:
    """The tasks that a benchmark would measure, in order.

    Raises SelectError for an expression and ValueError for a backend that cannot be read.
    """
    return options.choose(plan(suites, options.checking))


def bench(
    suites: Sequence[Suite], options: BenchOptions, on_step: OnStep | None = None
) -> Benchmark:
    """Check, then measure the selected tasks of `suites`.

    Ctrl-C ends it, with everything that was measured in the record (`interrupted`). Raises what
    `bench_plan` raises, RuntimeError when it is called from a file that is being measured, and
    AgainstError where the other side cannot be had.
    """
    if WORKER_MARK in os.environ:
        raise RuntimeError(
            "a benchmark was started by a file that is being measured, which would go on for "
            "ever; put the call under `if __name__ == '__main__':` there"
        )
    return _Run(suites, options, on_step).run()


class _Run:
    def __init__(
        self, suites: Sequence[Suite], options: BenchOptions, on_step: OnStep | None
    ) -> None:
        self._suites = suites
        self._options = options
        self._on_step = on_step
        self._ledger = Ledger(options.budget)
        self._tasks = bench_plan(suites, options)
        self._books = books(self._tasks)
        self._checks: dict[int, CaseResult] = {}
        self._control: str | None = None
        self._other: OtherSide | None = None
        self._caches = ""
        self._warnings: list[str] = []
        # One step for a check, one for each task in each process, and one for its memory.
        rounds = options.processes + 1
        self._steps = len(representatives(self._tasks)) + rounds * len(self._tasks)
        self._done = 0.0
        self._cores = _cores(options.threads)

    def run(self) -> Benchmark:
        started = datetime.now(UTC)
        place, state = environment(), machine()
        interrupted = False
        with ExitStack() as lasting:
            # Compiled code of earlier runs would make a first call look cheap.
            self._caches = lasting.enter_context(TemporaryDirectory(prefix="adbench-"))
            if self._options.against is not None:
                self._other = lasting.enter_context(other_side(self._options.against, self._tasks))
            try:
                self._check()
                self._measure()
            except KeyboardInterrupt:
                interrupted = True
        ended = "interrupted" if interrupted else "the budget ended"
        for entry in self._entries():
            if entry.status == "unfinished":
                entry.reason = entry.reason or ended
        noise = results.noise_floor(self._books, self._control)
        found = results.measurements(self._books, self._options.what, noise)
        record = RunRecord(
            kind="bench",
            adbench_version=adbench_version(),
            started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=self._ledger.elapsed,
            command=self._options.command,
            environment=place,
            suites=tuple(suite_info(suite) for suite in self._suites),
            results=tuple(self._checks[index] for index in sorted(self._checks)),
            planned=len(representatives(self._tasks)),
            interrupted=interrupted,
            bench=Bench(
                what=(self._options.what,),
                budget=self._options.budget,
                measurements=found,
                growth=fit(found),
                noise_floor=noise,
                against=self._options.against,
                side_by_side=results.side_by_side(self._books, self._options.what, noise),
                governor=state.governor,
                load=state.load,
                allocator=state.allocator,
                overhead=self._ledger.overhead,
                warnings=(*state.warnings, *self._warnings),
            ),
        )
        return Benchmark(record, results.samples(self._books))

    def _entries(self) -> Iterator[Entry]:
        for book in self._books:
            yield from book.entries

    # Checks.

    def _check(self) -> None:
        chosen = representatives(self._tasks)
        tasks = [self._tasks[i] for i in chosen]
        budget = self._options.budget
        share = float("inf") if budget is None else _CHECK_SHARE * budget
        with self._ledger.use("check"):
            for place, result in check(
                tasks,
                timeout=None if budget is None else share,
                deadline=time.monotonic() + share,
                on_start=lambda task: self._tell(f"checking {task.name}"),
                on_result=lambda result: self._advance(1),
            ):
                self._checks[chosen[place]] = result
        by_backend = {(r.suite, r.case, r.backend): r for r in self._checks.values()}
        for entry in self._entries():
            case = entry.task.case
            entry.check = by_backend.get((case.suite, case.name, entry.task.backend))
            if entry.check is None:
                entry.close("unfinished", "its check did not fit into the budget")
            else:
                _judge(entry, entry.check)

    # Measuring.

    def _measure(self) -> None:
        self._control = self._choose_control()
        rounds = self._options.processes
        for process in range(rounds if self._other is None else _MOST_ROUNDS * rounds):
            entries = self._wanted(process)
            # What starting everybody took before, it will take again.
            starting = self._ledger.spent["import"] / process if process else 0.0
            if self._ledger.left <= starting or not entries:
                return
            crew = Crew(self._seats(), self._ledger)
            try:
                self._round(process, crew, entries)
            finally:
                crew.close()
            self._note_versions(crew)
            if process == 0:
                self._measure_memory()

    def _note_versions(self, crew: Crew) -> None:
        """What the two sides differ in besides the functions, which may be the whole point."""
        here, there = (crew.versions.get(role, {}) for role in ("here", "there"))
        for name in sorted(here.keys() | there.keys() if there else ()):
            one, other = here.get(name, "none"), there.get(name, "none")
            words = f"{name} is {one} here and {other} on the other side"
            if one != other and words not in self._warnings:
                self._warnings.append(words)

    def _wanted(self, process: int) -> list[Entry]:
        """Whom the next round measures. After the rounds that were asked for, those comparisons
        with the other side that are still undecided."""
        going = [entry for entry in self._entries() if not entry.stopped]
        if process < self._options.processes:
            return going
        noise = results.noise_floor(self._books, self._control)
        return [
            entry
            for entry in going
            if (found := results.side(entry, self._options.what, noise)) is not None
            and found.verdict == "inconclusive"
        ]

    def _measure_memory(self) -> None:
        share = _MEMORY_SHARE if self._options.processes > 1 else 1.0
        measure_memory(
            [entry for entry in self._entries() if entry.status == "measured"],
            self._seats()["here"],
            self._options.what,
            self._ledger,
            seconds=share * self._ledger.left,
            announce=self._tell_next,
            other=self._other,
        )

    def _round(self, process: int, crew: Crew, wanted: Sequence[Entry]) -> None:
        keys = {(entry.task.backend, entry.task.mode): None for entry in wanted}
        slots = [Slot(backend, mode) for backend, mode in keys]
        twins = [replace(slot, role="twin") for slot in slots if slot.key == self._control]
        others = [replace(slot, role="there") for slot in slots if self._other is not None]
        crew.start([*slots, *twins, *others])
        work = Round(
            process,
            crew,
            self._ledger,
            self._options.what,
            self._options.threads,
            there=None if self._other is None else self._other.task,
            announce=self._tell,
        )
        for place, book in enumerate(self._books):
            share = self._ledger.left / (len(self._books) - place)
            entries = [entry for entry in book.entries if entry in wanted]
            if process > 0:
                entries = _affordable(entries, share)
            if entries and self._ledger.left > 0:
                work.measure(book, entries, self._control, self._options.sweeps, share)
            self._advance(len(book.entries))

    def _choose_control(self) -> str | None:
        keys = {entry.key: None for entry in self._entries() if not entry.stopped}
        return next((key for key in _QUIETEST if key in keys), next(iter(keys), None))

    def _seats(self) -> dict[Role, Seat]:
        def seat(role: Role) -> Seat:
            cache = {"TORCHINDUCTOR_CACHE_DIR": os.path.join(self._caches, role)}
            options = self._options
            return Seat(self._cores, options.threads, options.memory_limit, variables=cache)

        there = seat("there") if self._other is None else self._other.seat(seat("there"))
        return {"here": seat("here"), "twin": seat("twin"), "there": there}

    # Progress.

    def _advance(self, steps: float) -> None:
        self._done += steps

    def _tell_next(self, text: str) -> None:
        self._tell(text)
        self._advance(1)

    def _tell(self, text: str) -> None:
        if self._on_step is None:
            return
        done = min(1.0, self._done / max(1, self._steps))
        left: float | None = self._ledger.left
        if self._options.budget is None:
            left = self._ledger.elapsed * (1 - done) / done if done > 0 else None
        self._on_step(Step(text, done, left))


def _judge(entry: Entry, result: CaseResult) -> None:
    """A backend whose check did not pass is not measured."""
    match result.verdict:
        case Verdict.PASS | Verdict.KINK:
            return
        case Verdict.SKIPPED:
            entry.close("skipped", result.reason)
        case Verdict.ERROR:
            entry.close("failed", result.reason)
        case verdict:
            entry.close("wrong", f"{verdict.value}: {result.reason}")


def _affordable(entries: Sequence[Entry], seconds: float) -> list[Entry]:
    """As many as can be got ready once more in this time, the quickest first."""
    chosen, sum_of_costs = [], 0.0
    for entry in sorted(entries, key=lambda entry: min(entry.costs, default=0.0)):
        sum_of_costs += min(entry.costs, default=0.0)
        if sum_of_costs <= seconds:
            chosen.append(entry)
    return [entry for entry in entries if entry in chosen]


def _cores(threads: int) -> tuple[int, ...]:
    """The cores that all workers share, the last ones: the first has the system's interrupts."""
    affinity = getattr(os, "sched_getaffinity", None)
    available = sorted(affinity(0)) if affinity else list(range(available_cores()))
    return tuple(available[-threads:])
