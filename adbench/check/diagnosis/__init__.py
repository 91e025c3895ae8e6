"""What a wrong derivative looks like: the usual suspects, each tested against the numbers.

A diagnosis is offered only where the numbers fit it to within their own uncertainty and where
more than one value had the chance to contradict it. The suspects are asked in the order below,
the plainest first; the first that fits is what a finding says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from adbench.check.diagnosis import (
    conjugates,
    coupling,
    decompositions,
    elsewhere,
    factors,
    invariances,
    kernels,
    mapped,
    places,
    positions,
    reach,
    regions,
    relations,
    sides,
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
    factors.factor_between_elements,
    coupling.mixed_cotangent,
    coupling.mixed_gradient,
    kernels.kernel_reversed,
    reach.other_outputs,
    coupling.sums_along_another_axis,
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
    factors.factors_by_place,
)
_WHERE = (regions.scan_if_all_are_wrong, regions.by_value, positions.by_index)
_REST = (
    coupling.outputs_lost,
    values.fewer_digits,
    sides.factor_on_the_other_side,
    sides.weights_left_out,
    terms.factor_of_values,
    mapped.factor_of_each_output,
    mapped.factor_shared_by_inputs,
    relations.function_left_out,
    terms.other_formula,
    terms.missing_term,
    decompositions.one_part_wrong,
    terms.through_one_number,
    sides.through_one_number_of_each_group,
    sides.one_vector_along_an_axis,
    reach.fewer_outputs,
    mapped.outputs_mixed_by_a_matrix,
    places.adjoint_inside,
    relations.other_constants,
    elsewhere.another_point,
    elsewhere.only_symmetric,
    places.permuted,
    relations.factor_of_some_axes,
    invariances.invariant,
    regions.by_scan,
    values.nearly_right,
    values.too_small_or_large,
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
    what, where = _first(e, _WHAT), _first(e, _WHERE)
    # That they are all on a diagonal is a fact, but says less than what else may fit.
    placed = bool(where and where.startswith("exactly"))
    if what or (where and not placed):
        yield _together(e, what, where)
    for suspect in _REST:
        for words in suspect(e):
            broken = placed and suspect is invariances.invariant
            yield f"{words}; {_together(e, what, where)}" if broken else words
    if placed:
        yield _together(e, what, where)
    wrong = e.wrong & e.looked_at
    if wrong.any() and (e.looked_at & ~wrong).any():
        yield f"wrong in {count(wrong, e.looked_at)}{factors.spread(e)}"


def _together(e: Evidence, what: str | None, where: str | None) -> str:
    """What is wrong, and in which elements."""
    if where is None or not where.startswith("exactly") or (what and ", exactly" in what):
        where = None if what and where and where.startswith("exactly") else where
        return "; ".join(filter(None, (what, where)))
    if what is None or " elements" not in what:
        what = f"wrong in {count(e.wrong & e.looked_at, e.looked_at)}{factors.spread(e)}"
    what, elements, reading = what.partition(" elements:")
    if elements:
        return f"{what} elements, {where}:{reading}"
    return f"{what}, {where}{_as_of(e, what, where)}"


def _as_of(e: Evidence, what: str, where: str) -> str:
    """What such a factor at such places is usually from."""
    if not what.startswith(("factor 2 in", "factor 1/2 in")):
        return ""
    if "first and the last" in where:
        return ": a trapezoidal rule halves what is at its ends"
    square = len(e.shape) == 2 and e.shape[0] == e.shape[1] and "the diagonal" in where
    if square and np.allclose(e.values, e.values.T, rtol=1e-9):
        return f": {e.name} is symmetric, and (i, j) may be taken to move together with (j, i)"
    return ""


def _first(e: Evidence, some: tuple[Callable[[Evidence], Iterator[str]], ...]) -> str | None:
    return next((words for suspect in some for words in suspect(e)), None)
