"""From what was read to what is said: the measurements of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adbench.bench.ranking import Cost, break_even, margin, ranks
from adbench.bench.sides import side_verdict
from adbench.bench.statistics import (
    Reading,
    by_process,
    half_width,
    median_interval,
    paired_ratios,
    ratio_interval,
)
from adbench.record.bench import Interval, Measurement, SideBySide, What
from adbench.runner.bench.book import CaseBook, Entry
from adbench.runner.bench.options import PAIRS

_PLAIN = {"compile": "eager", "compiled": "eager", "jit": "eager"}
_FEW_PROCESSES = 2


def noise_floor(books: Sequence[CaseBook], control: str | None) -> float | None:
    """How far the control's two equal workers were apart: the half-width of the interval of their
    paired ratio over all cases, resampled by process, then pair. None without a control."""
    if control is None:
        return None
    groups: dict[int, list[float]] = {}
    for book in books:
        entry = book.entry(control)
        if entry is None:
            continue
        here = entry.readings.get("derivative", [])
        for process in {reading.process for reading in book.twin}:
            pairs = paired_ratios(_of(book.twin, process), _of(here, process))
            groups.setdefault(process, []).extend(ratio for group in pairs for ratio in group)
    found = median_interval(list(groups.values()))
    return None if found is None else half_width(found)


def measurements(
    books: Sequence[CaseBook], what: What, noise: float | None
) -> tuple[Measurement, ...]:
    """One measurement for each task, in order, ranked within each case."""
    return tuple(found for book in books for found in _of_case(book, what, margin(noise)))


def side_by_side(
    books: Sequence[CaseBook], what: What, noise: float | None
) -> tuple[SideBySide, ...]:
    """Each task that was measured on both sides."""
    sides = (side(entry, what, noise) for book in books for entry in book.entries)
    return tuple(one for one in sides if one is not None)


def side(entry: Entry, what: What, noise: float | None) -> SideBySide | None:
    """One task here against there; None where there are no pairs."""
    ratio = ratio_interval(entry.readings.get("derivative", []), entry.there)
    if ratio is None:
        return None
    least = margin(noise)
    return SideBySide(
        task=entry.task.name,
        what=what,
        ratio=ratio,
        margin=least,
        verdict=side_verdict(ratio, least),
        memory_here=entry.memory.peak if entry.memory else None,
        memory_there=entry.memory_there.peak if entry.memory_there else None,
    )


def samples(books: Sequence[CaseBook]) -> dict[str, Any]:
    """Every raw sample: by task and side, `[process, sweep, seconds of one call]`."""
    found: dict[str, Any] = {}
    for book in books:
        for entry in book.entries:
            sides: dict[str, list[Reading]] = {**dict(entry.readings.items())}
            if entry.there:
                sides["there"] = entry.there
            found[entry.task.name] = {
                side: [[r.process, r.sweep, r.seconds] for r in readings]
                for side, readings in sides.items()
            } | {"calls": entry.calls, "numeric": list(entry.numeric)}
        extra = {"twin": book.twin, "numpy": book.numpy}
        found[book.name] = {
            side: [[r.process, r.sweep, r.seconds] for r in readings]
            for side, readings in extra.items()
        }
    return found


def _of_case(book: CaseBook, what: What, least: float) -> list[Measurement]:
    measured = [entry for entry in book.entries if entry.status == "measured"]
    series = {entry.key: entry.readings.get("derivative", []) for entry in measured}
    placed = ranks(series, least)
    fastest = min(
        placed, key=lambda key: float(np.median([r.seconds for r in series[key]])), default=None
    )
    numpy = median_interval(by_process(book.numpy))
    return [
        _measurement(book, entry, what, series, placed, fastest, numpy, least)
        for entry in book.entries
    ]


def _measurement(
    book: CaseBook,
    entry: Entry,
    what: What,
    series: Mapping[str, Sequence[Reading]],
    placed: Mapping[str, int],
    fastest: str | None,
    numpy: Interval | None,
    least: float,
) -> Measurement:
    task, case = entry.task, entry.task.case
    size = case.params.get(case.size) if case.size else None
    first = entry.first
    known: dict[str, Any] = {}
    if entry.status == "measured":
        here, primal = series[entry.key], entry.readings.get("primal", [])
        known = {
            "steady": median_interval(by_process(here)),
            "primal": median_interval(by_process(primal)),
            "numpy_primal": numpy,
            "ratio": ratio_interval(here, primal),
            "relative": ratio_interval(here, series[fastest]) if fastest else None,
            "reference": fastest,
            "rank": placed.get(entry.key),
            "break_even": _break_even(book, entry, least),
            "samples": len(here),
            "restarts": len(entry.processes),
            "calls_per_sample": entry.calls,
            "numeric": median_interval([entry.numeric]),
        }
        _warn_if_few(entry, here)
    return Measurement(
        suite=case.suite,
        case=case.name,
        base=case.base,
        backend=task.backend,
        mode=task.mode,
        dtype=case.dtype,
        device=task.device,
        params=case.params,
        parameter=case.size,
        size=float(size) if isinstance(size, int | float) else None,
        inputs=entry.bound.inputs if entry.bound else 0,
        what=what,
        status=entry.status,
        reason=entry.reason,
        first_call=first.seconds if first else None,
        compile=first.stages if first else (),
        retraces=entry.retraces if first else None,
        data_retraces=entry.data_retraces,
        memory=entry.memory,
        threads=entry.threads,
        voided=entry.voided,
        warnings=tuple(entry.warnings),
        audit=entry.audit,
        **known,
    )


def _warn_if_few(entry: Entry, here: Sequence[Reading]) -> None:
    processes = len(entry.processes)
    if len(here) < PAIRS or processes < _FEW_PROCESSES:
        started = "process" if processes == 1 else "processes"
        entry.warn(f"few samples: {len(here)} from {processes} {started}")


def _break_even(book: CaseBook, entry: Entry, least: float) -> Any:
    """Against the same backend's uncompiled mode, if that was measured too."""
    plain = _PLAIN.get(entry.task.mode)
    other = book.entry(f"{entry.task.backend}:{plain}") if plain else None
    costs = [_cost(one) for one in (entry, other)]
    if other is None or costs[0] is None or costs[1] is None:
        return None
    return break_even(other.key, costs[0], costs[1], least)


def _cost(entry: Entry | None) -> Cost | None:
    if entry is None or entry.first is None or entry.status != "measured":
        return None
    steady = float(np.median([r.seconds for r in entry.readings["derivative"]]))
    return Cost(entry.first.seconds, steady)


def _of(readings: Sequence[Reading], process: int) -> list[Reading]:
    return [reading for reading in readings if reading.process == process]
