"""Two runs side by side: what became of each task, its time's ratio, and what else differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adbench.record.bench import Interval, Measurement
from adbench.record.comparison import TaskComparison
from adbench.record.comparison_runs import compare_sides, side_of_run
from adbench.record.comparison_tasks import Rules
from adbench.record.model import CaseResult, RunRecord
from adbench.record.origin import Environment
from adbench.report.view import signs
from adbench.report.view.anchors import CaseKey, case_of, mode_of
from adbench.report.view.attention import Attention
from adbench.report.view.matrix import main_measurements
from adbench.report.view.numbers import percent, ratio, short
from adbench.report.view.signs import Sign, sign_of, status_of

_LEAST_MARGIN = 0.05
"""Two runs are hours apart: less than this is not told apart, however calm each of them was."""
_MEMORY = 1.1
"""Memory hardly depends on chance: beyond this factor it has changed."""
_MACHINE = ("machine", "processor", "cores", "platform")
_OUTCOMES = {
    "changed": signs.CHANGED,
    "unproven": signs.CHANGED,
    "stale": signs.STALE,
    "rounding": signs.ROUNDING,
}


@dataclass(frozen=True, slots=True)
class Timing:
    """The time after over the time before, with what it is judged by."""

    ratio: Interval
    margin: float
    sign: Sign | None
    """None where no verdict can be given."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One task in both runs, or in one of them."""

    key: CaseKey
    mode: str
    before: Sign | None
    after: Sign | None
    sign: Sign
    phrases: tuple[str, ...]
    timing: Timing | None
    memory: float | None
    """Peak memory after over before."""

    @property
    def changed(self) -> bool:
        """Whether there is anything to see; a time that cannot be told is not a change."""
        return self.sign not in (signs.SAME, signs.ROUNDING, signs.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What part 5 of the page shows."""

    before: str
    after: str
    environment: tuple[str, ...]
    no_verdict: str
    """Why times are shown without a verdict; "" where they have one."""
    margin: float
    rows: tuple[ChangeRow, ...]

    @property
    def changed(self) -> list[ChangeRow]:
        """The rows with something to see, gravest first."""
        return [row for row in self.rows if row.changed]

    @property
    def regressions(self) -> int:
        """How many tasks became slower, or wrong."""
        return sum(row.sign in (signs.REGRESSION, signs.FAIL) for row in self.rows)


def compare(before: RunRecord, after: RunRecord) -> ComparisonView:
    """Set two runs beside each other, changed tasks first."""
    told = {task.task: task for task in _numbers(before, after)}
    reason = _two_machines(before.environment, after.environment)
    margin = max(_LEAST_MARGIN, *(_noise(record) for record in (before, after)))
    rows = tuple(_rows(before, after, told, margin, judged=not reason))
    return ComparisonView(
        before=_named(before),
        after=_named(after),
        environment=tuple(differences(before, after)),
        no_verdict=reason,
        margin=margin,
        rows=tuple(sorted(rows, key=lambda row: _ORDER.index(row.sign))),
    )


_ORDER = (
    signs.FAIL,
    signs.REGRESSION,
    signs.CHANGED,
    signs.STALE,
    signs.INCONCLUSIVE,
    signs.IMPROVEMENT,
    signs.ADDED,
    signs.REMOVED,
    signs.ROUNDING,
    signs.SAME,
)


def attention_of(view: ComparisonView) -> list[Attention]:
    """What a comparison adds to the list of problems: slower tasks, and gradients that moved."""
    grave = (signs.REGRESSION, signs.CHANGED, signs.STALE)
    return [
        Attention(row.sign, (row.mode,), (row.key,), "; ".join(row.phrases))
        for row in view.rows
        if row.sign in grave
    ]


def _numbers(before: RunRecord, after: RunRecord) -> Sequence[TaskComparison]:
    sides = side_of_run(before, "the run before"), side_of_run(after, "this run")
    return compare_sides(*sides, Rules(), update=lambda task: "", gone={}).tasks


def _rows(
    before: RunRecord,
    after: RunRecord,
    told: Mapping[str, TaskComparison],
    margin: float,
    *,
    judged: bool,
) -> Iterator[ChangeRow]:
    checks = [{(case_of(r), mode_of(r)): r for r in record.results} for record in (before, after)]
    costs = [main_measurements(record) for record in (before, after)]
    tasks = dict.fromkeys([*checks[1], *costs[1], *checks[0], *costs[0]])
    for key, mode in tasks:
        found = [checks[i].get((key, mode)) for i in (0, 1)]
        cost = [costs[i].get((key, mode)) for i in (0, 1)]
        first, second = (_sign(check, m) for check, m in zip(found, cost, strict=True))
        timing, memory = _timing(cost, margin, judged), _memory(cost)
        task = told.get(f"{key.suite}/{key.case}@{mode}")
        yield ChangeRow(
            key,
            mode,
            first,
            second,
            _became(first, second, task, timing, memory),
            tuple(_phrases(first, second, task, timing, memory)),
            timing,
            memory,
        )


def _sign(check: CaseResult | None, measurement: Measurement | None) -> Sign | None:
    if check is not None:
        return sign_of(check)
    return status_of(measurement) if measurement is not None else None


def _became(
    before: Sign | None,
    after: Sign | None,
    task: TaskComparison | None,
    timing: Timing | None,
    memory: float | None,
) -> Sign:
    """The gravest of what happened to one task."""
    if after is None:
        return signs.REMOVED
    if before is None:
        return signs.ADDED
    if after.tone == "bad" and before.tone != "bad":
        return signs.FAIL
    if timing and timing.sign is signs.REGRESSION:
        return signs.REGRESSION
    if task and task.outcome in ("changed", "unproven", "stale"):
        return _OUTCOMES[task.outcome]
    if memory is not None and not 1 / _MEMORY < memory < _MEMORY:
        return signs.CHANGED
    if before != after:
        return signs.IMPROVEMENT if before.tone == "bad" else signs.CHANGED
    if timing and timing.sign in (signs.IMPROVEMENT, signs.INCONCLUSIVE):
        return timing.sign
    return signs.ROUNDING if task and task.outcome == "rounding" else signs.SAME


def _phrases(
    before: Sign | None,
    after: Sign | None,
    task: TaskComparison | None,
    timing: Timing | None,
    memory: float | None,
) -> Iterator[str]:
    if before and after and before != after:
        yield f"{before.word} → {after.word}"
    for change in task.changes if task else ():
        if change.kind not in ("verdict", "time", "memory", "environment"):
            yield change.message
    if timing and timing.sign in (signs.REGRESSION, signs.IMPROVEMENT, signs.INCONCLUSIVE):
        yield words_of(timing)
    if memory is not None and not 1 / _MEMORY < memory < _MEMORY:
        yield f"takes {ratio(memory)} the memory"


def words_of(timing: Timing) -> str:
    """`takes 1.23× the time (1.18 to 1.29); the margin is 5.0 %`."""
    low, high = short(timing.ratio.low, 3), short(timing.ratio.high, 3)
    said = f"takes {ratio(timing.ratio.value)} the time ({low} to {high})"
    return f"{said}; the margin is {percent(timing.margin)}" if timing.sign else said


def _timing(costs: Sequence[Measurement | None], margin: float, judged: bool) -> Timing | None:
    before, after = (m.steady if m is not None else None for m in costs)
    if before is None or after is None or min(before.low, before.value, before.high) <= 0:
        return None
    # Each time is somewhere in its interval, so the ratio is somewhere between the extremes.
    found = Interval(
        value=after.value / before.value,
        low=after.low / before.high,
        high=after.high / before.low,
    )
    return Timing(found, margin, _judged(found, margin) if judged else None)


def _judged(found: Interval, margin: float) -> Sign:
    least, most = 1 / (1 + margin), 1 + margin
    if found.low > most:
        return signs.REGRESSION
    if found.high < least:
        return signs.IMPROVEMENT
    inside = least <= found.low and found.high <= most
    return signs.SAME if inside else signs.INCONCLUSIVE


def _memory(costs: Sequence[Measurement | None]) -> float | None:
    before, after = (m.memory.peak if m is not None and m.memory else 0 for m in costs)
    return after / before if before and after else None


def _noise(record: RunRecord) -> float:
    return record.bench.noise_floor or 0.0 if record.bench else 0.0


def _two_machines(before: Environment, after: Environment) -> str:
    apart = [name for name in _MACHINE if getattr(before, name) != getattr(after, name)]
    apart += ["threads"] if list(_differing(*_in_both(before.threads, after.threads))) else []
    if not apart:
        return ""
    return (
        f"The two runs differ in {' and '.join(apart)}, so times are shown and not judged: "
        "measure both on one machine, with `adbench bench --against`, to know."
    )


def _in_both(
    old: Mapping[str, int], new: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """Thread counts that both know: which library a process has loaded is no setting."""
    both = old.keys() & new.keys()
    return {name: old[name] for name in old if name in both}, {n: new[n] for n in both}


def differences(before: RunRecord, after: RunRecord) -> Iterator[str]:
    """What differs between the places of two runs, a phrase each."""
    old, new = before.environment, after.environment
    for name in ("git", "python", "platform", "machine", "processor", "cores"):
        if getattr(old, name) != getattr(new, name):
            yield f"{name} {getattr(old, name)} → {getattr(new, name)}"
    yield from _differing(old.versions, new.versions)
    yield from _differing(*_in_both(old.threads, new.threads), "threads of ")
    yield from _differing(old.variables, new.variables)


def _differing(
    old: Mapping[str, object], new: Mapping[str, object], kind: str = ""
) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield f"{kind}{name} {old.get(name, 'unset')} → {new.get(name, 'unset')}"


def _named(record: RunRecord) -> str:
    when = record.started.replace("T", " ").partition(".")[0].removesuffix("Z")
    revision = f", revision {record.environment.git}" if record.environment.git else ""
    return f"{when} UTC{revision}"
