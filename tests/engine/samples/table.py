"""Sample inputs of every primitive and every derived function, for the conformance test.

A family's ELEMENTWISE gives each argument's interval, from which the test makes arrays of several
shapes, and FUNCTIONS how such a function is called, where not by its name. CALLS gives calls: a
function of arrays, and the arrays. What is in COMPLEX is tested on complex numbers too.
"""

from typing import Any

from samples import (
    assignment,
    bessel,
    composed,
    distributions,
    elementwise,
    fft,
    grids,
    incomplete,
    indexing,
    joining,
    linalg,
    norms,
    orthogonal,
    polynomials,
    products,
    reductions,
    scipy_integrate,
    scipy_linalg,
    scipy_signal,
    scipy_special,
    scipy_stats,
    shape,
    special,
    statistics,
)

FAMILIES = (
    assignment,
    bessel,
    composed,
    distributions,
    elementwise,
    fft,
    grids,
    incomplete,
    indexing,
    joining,
    linalg,
    norms,
    orthogonal,
    polynomials,
    products,
    reductions,
    scipy_integrate,
    scipy_linalg,
    scipy_signal,
    scipy_special,
    scipy_stats,
    shape,
    special,
    statistics,
)


def merged(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for family in FAMILIES:
        found |= getattr(family, name, {})
    return found


ELEMENTWISE: dict[str, tuple[tuple[float, float], ...]] = merged("ELEMENTWISE")
FUNCTIONS: dict[str, Any] = merged("FUNCTIONS")
CALLS: dict[str, list[tuple[Any, ...]]] = merged("CALLS")
COMPLEX: set[str] = {name for family in FAMILIES for name in getattr(family, "COMPLEX", ())}
