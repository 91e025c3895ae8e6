"""Where digits are lost: an input of lower precision among others, or a cast to one on the way.

Neither is a fault. They explain why a derivative is known, or right, to so few digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Narrowing
from adbench.check.comparison import Comparison
from adbench.check.layout import wide
from adbench.check.location import location
from adbench.check.subject import Subject
from adbench.record.model import DerivativeResult, Finding, Verdict

Array = NDArray[Any]

_POOR = 1e-7
"""Resolution beyond which something has taken digits from a computation in double precision."""
_SMALL = 1e-2
"""Relative difference that lost digits may explain."""
_FEW = 1e-11
"""Relative difference between gradients from which one of them is not a float64 one."""
_PRECISION = ("float32 inside", "half precision inside")
_COARSEST = 3
"""Secants that are longer than the treads of half precision: the first steps of a ladder."""
_COARSELY = 0.2
"""Relative difference of such a secant from the slope."""
_DIGITS = {"float32": "7", "complex64": "7", "float16": "3", "bfloat16": "2"}


def lost(
    own: Subject,
    full: Subject,
    result: DerivativeResult,
    failing: list[Finding],
    weight: Array,
    gradient: Array,
) -> list[Finding]:
    """Notes of what takes digits from the derivative: a cast, where it matters, and narrow inputs.

    `own` is the function at its own precision, `full` at float64, where `gradient` (n,) is from.
    """
    found: list[Finding] = []
    attempt = full.explanations.attempt
    if _in_doubt(full, result, failing):
        found += attempt("where digits are lost", lambda: _casts(full, weight), [])
    found += attempt(
        "which inputs have fewer digits", lambda: _narrow_leaves(own, full, weight, gradient), []
    )
    return found


def with_lost(result: DerivativeResult, found: list[Finding]) -> DerivativeResult:
    """The result, its reason followed by the notes in a few words; a failure's stays as it is."""
    if result.verdict is Verdict.FAIL:
        return result
    words = "".join(
        f"; {f.input} has fewer digits" if f.input else f"; {f.message.partition(':')[0]}"
        for f in found
    )
    return result.model_copy(update={"reason": result.reason + words})


def _in_doubt(subject: Subject, result: DerivativeResult, failing: list[Finding]) -> bool:
    """Whether there is anything to explain by digits that are lost inside."""
    if subject.epsilon > 2.0**-53:
        return False
    if failing:
        return any(map(_slight, failing))
    poor = result.resolution is not None and result.resolution > _POOR
    return poor or result.verdict is Verdict.INCONCLUSIVE


def _slight(finding: Finding) -> bool:
    if (finding.diagnosis or "").startswith(_PRECISION):
        return True
    if finding.ad is None or finding.numeric is None:
        return False
    return abs(finding.ad - finding.numeric) <= _SMALL * abs(finding.numeric)


def half_inside(subject: Subject, weight: Array | None) -> bool:
    """Whether float16 or bfloat16 is met on the way: it rounds cotangents too, or loses them.

    One evaluation, and one VJP where the backend follows that too; without a weighting (p,), what
    is met in the function alone.
    """
    unknown: list[Narrowing] = []
    found = subject.explanations.attempt(
        "whether half precision is inside", lambda: _narrowings(subject, weight), unknown
    )
    return any(narrowing.dtype.endswith("float16") for narrowing in found)


def _narrowings(subject: Subject, weight: Array | None) -> list[Narrowing]:
    cotangents = None if weight is None else subject.cotangents(weight)
    return subject.bound.narrowings(subject.arrays(subject.x), cotangents)


def withdraw_treads(case: Comparison) -> None:
    """Withdraw in place what is accused by the treads of a function that half precision rounds.

    Its values rise in treads. Differences at fine steps see those, flat ones for the most part; AD
    differentiates the slope that they follow at coarse steps.
    """
    best = case.numeric.best
    coarse = best.plain[:_COARSEST]
    with np.errstate(invalid="ignore"):
        follows = (np.abs(case.ad - coarse) <= _COARSELY * np.abs(coarse)).any(axis=0)
        follows |= np.abs(best.value) <= 2 * best.bound
    treads = case.accused & follows
    case.accused &= ~treads
    case.open |= treads
    case.resolution[treads] = np.nan


def _casts(subject: Subject, weight: Array) -> list[Finding]:
    """A note for the first operation that takes double precision and gives less.

    One evaluation, and one VJP where the backend follows that too.
    """
    found = _narrowings(subject, weight)
    if not found:
        return []
    placed = [n for n in found if n.place is not None]
    first = (placed or found)[0]
    more = f" (and {len(found) - 1} more such places)" if len(found) > 1 else ""
    return [
        Finding(
            kind="lost-digits",
            level="note",
            message=f"{first.dtype} inside, by {first.operation}: what follows has "
            f"{_digits(first)} digits{more}",
            where=location(first.place),
        )
    ]


def _digits(narrowing: Narrowing) -> str:
    return _DIGITS.get(narrowing.dtype, "few")


def _narrow_leaves(own: Subject, full: Subject, weight: Array, gradient: Array) -> list[Finding]:
    """A note where some inputs are of lower precision than others.

    It says which, and whether the gradients of the others feel it: `gradient` (n,) is that of the
    weighting at float64 throughout. One VJP.
    """
    leaves = list(zip(own.inputs.leaves, own.dtypes, strict=True))
    narrow = [(leaf.name, str(dtype)) for leaf, dtype in leaves if dtype != wide(dtype)]
    if not narrow or len(narrow) == len(leaves):
        return []
    names = " and ".join(f"{name} ({dtype})" for name, dtype in narrow[:3])
    if len(narrow) > 3:
        names += f" and {len(narrow) - 3} more inputs"
    if own is full:
        words = f"checked with the digits of {names}: the function takes nothing wider there"
        return [_note(narrow[0][0], words)]
    given = own.gradient(own.x, weight)
    felt = []
    for i, (leaf, dtype) in enumerate(leaves):
        one, other = given[own.inputs.span(i)], gradient[own.inputs.span(i)]
        with np.errstate(invalid="ignore"):
            apart = np.abs(one - other)
        if dtype == wide(dtype) and (apart > _FEW * np.abs(other)).any():
            felt.append(leaf.name)
    if not felt:
        return []
    some = ", ".join(felt[:3])
    words = f"the gradient of {some} is float64 in name, with fewer digits, because of {names}"
    return [_note(narrow[0][0], words)]


def _note(name: str, words: str) -> Finding:
    return Finding(kind="lost-digits", level="note", input=name, message=words)
