"""One mode of one case in a line: its check, and what each measured derivative costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adbench.record.bench import Measurement
from adbench.record.model import CaseResult, DerivativeResult, Verdict
from adbench.report.view.attention import remarks
from adbench.report.view.cases import CaseView
from adbench.report.view.numbers import NOTHING, count, ratio, seconds, seconds_between, short, size
from adbench.report.view.signs import Sign, sign_of, status_of


@dataclass(frozen=True, slots=True)
class CheckWords:
    """What a check comes to."""

    dtype: str
    compared: str
    resolution: str
    evaluations: str


@dataclass(frozen=True, slots=True)
class CostWords:
    """What one derivative costs."""

    what: str
    steady: str
    interval: str
    ratio: str
    first: str
    ready: str
    memory: str
    samples: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of a case's table; a second measured derivative has a line without a check."""

    mode: str
    sign: Sign
    check: CheckWords | None
    cost: CostWords | None
    remarks: tuple[str, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Note:
    """What there is to say of some modes alike, and a command that repeats the first of them."""

    sign: Sign
    modes: tuple[str, ...]
    remarks: tuple[str, ...]
    command: str


def notes(rows: Sequence[TaskRow]) -> list[Note]:
    """The rows' remarks; modes of which the same is to be said together."""
    found: dict[tuple[str, tuple[str, ...]], list[TaskRow]] = {}
    for row in rows:
        if row.remarks:
            found.setdefault((row.sign.tone, row.remarks), []).append(row)
    return [
        Note(alike[0].sign, tuple(row.mode for row in alike), remarks, alike[0].command)
        for (_, remarks), alike in found.items()
    ]


def task_rows(case: CaseView) -> list[TaskRow]:
    """The lines of every mode, in the order of the columns of the matrix."""
    return [row for mode in case.modes for row in _of_mode(case, mode)]


def _of_mode(case: CaseView, mode: str) -> Iterator[TaskRow]:
    result = case.results.get(mode)
    measured = case.measurements.get(mode, ())
    if result is not None:
        first = measured[0] if measured else None
        told = result.verdict in (Verdict.FAIL, Verdict.ERROR)  # why nothing was measured
        said = [*_said(result), *(_warned(first, told=told) if first else ())]
        yield TaskRow(
            mode,
            sign_of(result),
            _check(result),
            _cost(first) if first else None,
            tuple(dict.fromkeys(said)),
            result.reproduce if sign_of(result).tone in ("bad", "warn") else "",
        )
        measured = measured[1:]
    for m in measured:
        yield TaskRow(mode, status_of(m), None, _cost(m), tuple(_warned(m)), "")


def _said(result: CaseResult) -> list[str]:
    said = remarks(result)
    if result.xfail:
        return [f"announced to fail: {result.xfail}", *said]
    return [text for text in said if result.verdict is not Verdict.PASS or text != result.reason]


def _check(result: CaseResult) -> CheckWords:
    check = result.check
    return CheckWords(
        result.dtype,
        ", ".join(map(_compared, check.derivatives)) if check else "",
        short(check.resolution) if check else NOTHING,
        f"{check.evaluations:,}" if check else NOTHING,
    )


def _compared(derivative: DerivativeResult) -> str:
    number = f"{derivative.derivative} {derivative.compared:,}"
    return number if derivative.verdict is Verdict.PASS else f"{number} {derivative.verdict.value}"


def _cost(m: Measurement) -> CostWords:
    stages = ", ".join(f"{stage.name} {seconds(stage.seconds)}" for stage in m.compile)
    samples = f"{m.samples:,} in {m.restarts}" if m.restarts else f"{m.samples:,}"
    return CostWords(
        what=m.what,
        steady=seconds(m.steady.value) if m.steady else NOTHING,
        interval=seconds_between(m.steady.low, m.steady.high) if m.steady else "",
        ratio=ratio(m.ratio.value) if m.ratio else NOTHING,
        first=seconds(m.first_call),
        ready=stages,
        memory=size(m.memory.peak) if m.memory else NOTHING,
        samples=f"{samples}, {m.voided:,} voided" if m.voided else samples,
    )


def _warned(m: Measurement, *, told: bool = False) -> Iterator[str]:
    if m.reason and not told:
        yield m.reason
    if m.retraces:
        yield f"compiled again {m.retraces} times after its first call"
    if (other := m.data_retraces) and other.compilations:
        inputs = count(other.points, "other input")
        yield f"compiled again {other.compilations:,} times for {inputs} of the same shapes"
    yield from (f"{item.name}: {item.message}" for item in m.audit if not item.ok)
    yield from m.warnings
