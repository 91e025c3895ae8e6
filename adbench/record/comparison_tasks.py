"""One task before and after: what has changed, whether that is right, and whether it matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adbench.record.baseline import Entry, Place
from adbench.record.comparison import Change, ChangeKind, Outcome, TaskComparison
from adbench.record.comparison_numbers import (
    LEAST_TERMS,
    Difference,
    compare_arrays,
    same_but_for_rounding,
    unit_roundoff,
)
from adbench.record.comparison_places import differing
from adbench.record.model import Verdict

_RIGHT = (Verdict.PASS, Verdict.KINK)
_SLOWER = 0.05
"""Relative change of a recorded time from which it is worth showing."""
_WEAKER = 100.0
"""How many times worse a resolution has to be to be worth saying."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a job red beside a wrong gradient."""

    frozen: bool = False
    """A right gradient has to stay as it was too, but for rounding."""
    memory_margin: float | None = None
    """Peak memory may grow by this share; None: it is only shown."""


def compare_entries(
    task: str,
    before: Entry,
    after: Entry,
    *,
    expected: bool,
    rules: Rules,
    places: tuple[Place, Place],
    update: str,
) -> TaskComparison:
    """Set a blessed entry beside what a run found.

    `expected` says that the run's own verdict is as it should be, announced failures included;
    `update` is the command that blesses what is there now.
    """
    if stale := _inputs(before, after):
        return TaskComparison(
            task=task,
            outcome="stale",
            changes=(stale,),
            failing=True,
            reason=f"{stale.message}, so there is nothing to compare; if that was meant: {update}",
        )
    found = _values(before, after)
    changes = [*_numbers(found), *_dtypes(before, after)]
    moved = bool(changes)
    if moved:
        backend = task.rpartition("@")[2].partition(":")[0]
        changes += [
            Change(kind="environment", message=phrase) for phrase in differing(*places, backend)
        ]
    if before.verdict is not after.verdict:
        words = f"{before.verdict.value} → {after.verdict.value}"
        changes.append(Change(kind="verdict", message=f"verdict {words}", name=words))
    changes += _time(before, after)
    grown = _memory(before, after, rules.memory_margin)
    changes += [grown[0]] if grown else []
    if moved and before.inputs and after.inputs and before.inputs.sha256 != after.inputs.sha256:
        changes.append(Change(kind="inputs", message="the inputs differ in their last digits"))
    changes += _worth(before, after)
    outcome, reason = _judged(found, after, expected, update)
    failing = outcome in ("wrong", "unproven") or (outcome == "changed" and rules.frozen)
    if grown and grown[1] and not failing:
        outcome, failing = "memory", True
        reason = f"{grown[0].message}, beyond the margin of {rules.memory_margin:.0%}"
    return TaskComparison(
        task=task, outcome=outcome, reason=reason, changes=tuple(changes), failing=failing
    )


def _inputs(before: Entry, after: Entry) -> Change | None:
    """What is different about the inputs, in words; None where nothing matters."""
    phrases = []
    if before.seed != after.seed:
        phrases.append(f"the seed was {before.seed} and is {after.seed}")
    old, new = before.inputs, after.inputs
    if old is not None and new is not None and old.sha256 != new.sha256:
        for name in dict.fromkeys((*old.leaves, *new.leaves)):
            was, is_ = old.leaves.get(name, "absent"), new.leaves.get(name, "absent")
            if was != is_:
                phrases.append(f"{name} was {was} and is {is_}")
        if not phrases and not same_but_for_rounding(old, new):
            what = "values" if old.parameters == new.parameters else "parameters"
            phrases.append(f"the {what} of the inputs are others")
    return Change(kind="inputs", message=", ".join(phrases)) if phrases else None


@dataclass(frozen=True, slots=True)
class _Values:
    """What became of the objective and of the gradient."""

    objective: Difference
    gradient: Difference
    coarser: str = ""
    """The dtype whose rounding explains a change that the former dtype's would not."""

    @property
    def changed(self) -> bool:
        return "changed" in (self.objective.level, self.gradient.level)

    @property
    def rounded(self) -> bool:
        return not self.changed and "rounding" in (self.objective.level, self.gradient.level)


def _values(before: Entry, after: Entry) -> _Values:
    terms = max(LEAST_TERMS, *(e.inputs.numbers for e in (before, after) if e.inputs), 0)
    old, new = (*before.outputs, *before.gradient), (*after.outputs, *after.gradient)

    def compared(unit: float) -> _Values:
        return _Values(
            compare_arrays(before.outputs, after.outputs, terms, unit),
            compare_arrays(before.gradient, after.gradient, terms, unit),
        )

    former, coarsest = unit_roundoff(old), unit_roundoff((*old, *new))
    found = compared(coarsest)
    if coarsest > former and found.rounded and compared(former).changed:
        dtype = next(array.dtype for array in new if unit_roundoff([array]) == coarsest)
        return _Values(found.objective, found.gradient, dtype)
    return found


def _numbers(values: _Values) -> list[Change]:
    found = []
    parts: list[tuple[ChangeKind, Difference]] = [
        ("objective", values.objective),
        ("gradient", values.gradient),
    ]
    for kind, difference in parts:
        if difference.level == "rounding":
            found.append(_change("rounding", f"{kind}, rounding only", difference))
        elif difference.level == "changed":
            found.append(_change(kind, kind, difference))
    return found


def _change(kind: ChangeKind, what: str, difference: Difference) -> Change:
    if difference.message:
        return Change(kind=kind, message=f"{what}: {difference.message}")
    values = f"{difference.name} {shortest(difference.before, difference.after)}"
    return Change(
        kind=kind,
        message=f"{what}: {values}{_size(difference)}",
        name=difference.name,
        before=difference.before,
        after=difference.after,
        ulps=difference.ulps,
        relative=difference.relative,
        allowed=difference.allowed,
    )


def _size(difference: Difference) -> str:
    """`, 3 ULPs, 4.4e-16 relative`."""
    if difference.ulps is None or difference.relative is None:
        return ""
    ulps = difference.ulps
    count = f"{ulps:.1g}" if ulps < 1 else f"{ulps:.0f}" if ulps < 1e5 else f"{ulps:.1e}"
    return f", {count} {'ULP' if count == '1' else 'ULPs'}, {difference.relative:.2g} relative"


def shortest(before: float | None, after: float | None) -> str:
    """Two values with as few digits as tell them apart: `0.5 → 0.75`."""
    for digits in range(6, 18):
        old, new = f"{before:.{digits}g}", f"{after:.{digits}g}"
        if old != new:
            break
    return f"{old} → {new}"


def _dtypes(before: Entry, after: Entry) -> list[Change]:
    found = []
    for old, new in zip(
        (*before.outputs, *before.gradient), (*after.outputs, *after.gradient), strict=False
    ):
        if old.name == new.name and old.dtype != new.dtype:
            found.append(f"{old.name} was {old.dtype} and is {new.dtype}")
    if before.device != after.device:
        found.append(f"computed on {before.device}, now on {after.device}")
    return [Change(kind="environment", message=phrase) for phrase in dict.fromkeys(found)]


def _judged(values: _Values, after: Entry, expected: bool, update: str) -> tuple[Outcome, str]:
    what = _what(values)
    if not expected and after.verdict in _RIGHT:
        return "wrong", f"it passes although a failure was announced; beside the baseline, {what}"
    if not expected:
        return "wrong", f"the gradient is wrong; beside the baseline, {what}"
    if not values.changed and not values.coarser:
        return ("rounding" if values.rounded else "same"), what
    if after.verdict in _RIGHT:
        return "changed", f"{what}; the check says that the gradient is right; bless it: {update}"
    if after.verdict is Verdict.FAIL:
        return "changed", f"{what}; the gradient is wrong, as announced; bless it: {update}"
    return "unproven", f"{what}, and the check could not tell if it is right; if so: {update}"


def _what(values: _Values) -> str:
    if values.coarser:
        return f"its values are {values.coarser} now, and differ by no more than that rounds"
    if values.objective.level != "changed" and values.gradient.level == "changed":
        return "the gradient changed with the same objective"
    if values.objective.level == "changed" and values.gradient.level != "changed":
        return "the objective changed, and its gradient did not"
    if values.changed:
        return "the objective changed, and the gradient with it"
    return "only rounding changed" if values.rounded else "nothing changed"


def _worth(before: Entry, after: Entry) -> Sequence[Change]:
    """A pass that would have shown much less than before is worth less."""
    old, new = before.resolution, after.resolution
    if old is None or new is None or new <= _WEAKER * old:
        return ()
    return (
        Change(
            kind="verdict",
            message=f"a pass is worth less: errors above {new:.1g} would show, before {old:.1g}",
            before=old,
            after=new,
        ),
    )


def _time(before: Entry, after: Entry) -> Sequence[Change]:
    """Times of two runs differ for many reasons: shown, and no more."""
    if before.steady is None or after.steady is None:
        return ()
    ratio = after.steady / before.steady
    if abs(ratio - 1) < _SLOWER:
        return ()
    times = f"{before.steady:.3g} s → {after.steady:.3g} s"
    return (
        Change(
            kind="time",
            message=f"time {times} (× {ratio:.2f}; two runs apart: use `adbench bench --against`)",
            before=before.steady,
            after=after.steady,
            relative=ratio - 1,
        ),
    )


def _memory(before: Entry, after: Entry, margin: float | None) -> tuple[Change, bool] | None:
    """The change of peak memory, and whether it is beyond the margin."""
    if not before.memory or after.memory is None or before.memory == after.memory:
        return None
    growth = after.memory / before.memory - 1
    message = f"peak memory {before.memory:,} → {after.memory:,} bytes ({growth:+.0%})"
    change = Change(
        kind="memory",
        message=message,
        before=before.memory,
        after=after.memory,
        relative=growth,
    )
    return change, margin is not None and growth > margin
