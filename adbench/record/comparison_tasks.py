"""One task before and after: what has changed, whether that is right, and whether it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adbench.record.baseline import Entry, Place
from adbench.record.comparison import Change, ChangeKind, Outcome, TaskComparison
from adbench.record.comparison_numbers import (
    LEAST_TERMS,
    Difference,
    compare_arrays,
    unit_roundoff,
)
from adbench.record.model import Verdict

_RIGHT = (Verdict.PASS, Verdict.KINK)
_SLOWER = 0.05
"""Relative change of a recorded time from which it is worth showing."""


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
    terms = max(LEAST_TERMS, *(e.inputs.numbers for e in (before, after) if e.inputs), 0)
    unit = unit_roundoff((*before.outputs, *before.gradient, *after.outputs, *after.gradient))
    objective = compare_arrays(before.outputs, after.outputs, terms, unit)
    gradient = compare_arrays(before.gradient, after.gradient, terms, unit)
    changes = [*_numbers(objective, gradient), *_dtypes(before, after)]
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
    outcome, reason = _judged(objective, gradient, after, expected, update)
    failing = outcome in ("wrong", "unproven") or (outcome == "changed" and rules.frozen)
    if grown and grown[1] and not failing:
        outcome, failing = "memory", True
        reason = f"{grown[0].message}, beyond the margin of {rules.memory_margin:.0%}"
    return TaskComparison(
        task=task, outcome=outcome, reason=reason, changes=tuple(changes), failing=failing
    )


def differing(before: Place, after: Place, backend: str | None = None) -> list[str]:
    """What differs between two places, a phrase each; for one backend, only what concerns it."""
    phrases = [
        f"{name} {getattr(before, name)} → {getattr(after, name)}"
        for name in ("python", "platform", "machine", "processor", "cores")
        if getattr(before, name) != getattr(after, name)
    ]
    ours = _concern(backend)
    phrases += _differing(before.versions, after.versions, "{}", ours)
    threads = [
        {k: str(v) for k, v in place.threads.items() if backend is None or k.startswith(backend)}
        for place in (before, after)
    ]
    # Which library was loaded is chance where workers take what comes; a count that differs is not.
    both = threads[0].keys() & threads[1].keys()
    counted = [{k: t[k] for k in both} for t in threads]
    phrases += _differing(counted[0], counted[1], "threads of {}", None)
    return phrases + _differing(before.variables, after.variables, "{}", None)


_OTHER_BACKENDS = {"torch": ("torch",), "jax": ("jax", "jaxlib")}


def _concern(backend: str | None) -> frozenset[str] | None:
    """Distributions that do not concern a backend; None: all concern it."""
    if backend is None:
        return None
    return frozenset(
        name for other, names in _OTHER_BACKENDS.items() if other != backend for name in names
    )


def _differing(
    before: Mapping[str, str], after: Mapping[str, str], form: str, without: frozenset[str] | None
) -> list[str]:
    return [
        f"{form.format(name)} {before.get(name, 'absent')} → {after.get(name, 'absent')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and name not in (without or ())
    ]


def _inputs(before: Entry, after: Entry) -> Change | None:
    """What is different about the inputs, in words; None where they are the same."""
    old, new = before.inputs, after.inputs
    if old is None or new is None or old.sha256 == new.sha256:
        if before.seed == after.seed:
            return None
        return Change(kind="inputs", message=f"the seed was {before.seed} and is {after.seed}")
    phrases = []
    if before.seed != after.seed:
        phrases.append(f"the seed was {before.seed} and is {after.seed}")
    for name in dict.fromkeys((*old.leaves, *new.leaves)):
        was, is_ = old.leaves.get(name, "absent"), new.leaves.get(name, "absent")
        if was != is_:
            phrases.append(f"{name} was {was} and is {is_}")
    if not phrases:
        phrases = ["the inputs' values or the parameters are others"]
    return Change(kind="inputs", message=", ".join(phrases))


def _numbers(objective: Difference, gradient: Difference) -> list[Change]:
    found = []
    parts: list[tuple[ChangeKind, Difference]] = [("objective", objective), ("gradient", gradient)]
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
    count = f"{ulps:.0f}" if ulps < 1e5 else f"{ulps:.1e}"
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


def _judged(
    objective: Difference, gradient: Difference, after: Entry, expected: bool, update: str
) -> tuple[Outcome, str]:
    what = _what(objective, gradient)
    if not expected and after.verdict in _RIGHT:
        return "wrong", f"it passes although a failure was announced; beside the baseline, {what}"
    if not expected:
        return "wrong", f"the gradient is wrong; beside the baseline, {what}"
    changed = "changed" in (objective.level, gradient.level)
    if changed and after.verdict in _RIGHT:
        return "changed", f"{what}; the check says that the gradient is right; bless it: {update}"
    if changed and after.verdict is Verdict.FAIL:
        return "changed", f"{what}; the gradient is wrong, as announced; bless it: {update}"
    if changed:
        return "unproven", f"{what}, and the check could not tell if it is right; if so: {update}"
    if "rounding" in (objective.level, gradient.level):
        return "rounding", what
    return "same", what


def _what(objective: Difference, gradient: Difference) -> str:
    changed = [
        name
        for name, difference in (("objective", objective), ("gradient", gradient))
        if difference.level == "changed"
    ]
    if changed == ["gradient"]:
        return "the gradient changed with the same objective"
    if changed == ["objective"]:
        return "the objective changed, and its gradient did not"
    if changed:
        return "the objective changed, and the gradient with it"
    if "rounding" in (objective.level, gradient.level):
        return "only rounding changed"
    return "nothing changed"


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
