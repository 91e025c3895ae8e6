"""What a wrong derivative looks like: the usual suspects, each tested against the numbers.

A diagnosis is offered only where the numbers fit it to within their own uncertainty and where
more than one value had the chance to contradict it. The suspects are asked in the order below,
the plainest first; the first that fits is what a finding says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adbench.check.diagnosis import (
    conjugates,
    coupling,
    elsewhere,
    factors,
    places,
    regions,
    terms,
    values,
)
from adbench.check.diagnosis.evidence import Evidence
from adbench.check.diagnosis.factors import count

__all__ = ["Evidence", "diagnose"]

_EXACT = (
    elsewhere.stale,
    places.moved_in_input,
    conjugates.conjugate,
    places.other_input,
    coupling.output_forgotten,
    places.adjoint,
    places.moved_in_output,
    places.turned,
    coupling.mixed_cotangent,
    coupling.mixed_gradient,
    coupling.wrong_axis,
    coupling.own_element_only,
    coupling.repeats_overwritten,
)
_WHAT = (
    values.detached,
    factors.one_factor,
    values.some_have_the_other_sign,
    values.some_are_zero,
    factors.factor_by_output,
    factors.factor_for_some,
)
_WHERE = (regions.scan_if_all_are_wrong, regions.by_value)
_REST = (
    coupling.outputs_lost,
    values.fewer_digits,
    terms.factor_of_values,
    terms.other_formula,
    terms.missing_term,
    terms.through_one_number,
    elsewhere.another_point,
    elsewhere.only_symmetric,
    places.permuted,
    regions.by_scan,
    values.nearly_right,
)


def diagnose(e: Evidence) -> str | None:
    """The first suspect that fits, in words; None when nothing usual does."""
    if not e.wrong.any():
        return None
    return next(suspects(e), None)


def suspects(e: Evidence) -> Iterator[str]:
    """Every suspect that fits, the plainest first.

    What is wrong and in which region may both be plain, and are then said together.
    """
    if lost := next(values.not_finite(e), None):
        yield lost
        return
    for suspect in _EXACT:
        yield from suspect(e)
    plain = (_first(e, _WHAT), _first(e, _WHERE))
    if any(plain):
        yield "; ".join(filter(None, plain))
    for suspect in _REST:
        yield from suspect(e)
    wrong = e.wrong & e.looked_at
    if wrong.any() and (e.looked_at & ~wrong).any():
        yield f"wrong in {count(wrong, e.looked_at)}{factors.single(e)}"


def _first(e: Evidence, some: tuple[Callable[[Evidence], Iterator[str]], ...]) -> str | None:
    return next((words for suspect in some for words in suspect(e)), None)
