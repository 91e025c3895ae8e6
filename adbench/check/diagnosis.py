"""What a wrong derivative looks like: the usual suspects, each tested against the numbers.

A diagnosis is offered only where the numbers fit it to within their own uncertainty and where
more than one value had the chance to contradict it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """AD and numeric values of one leaf, elementwise, in the leaf's shape.

    `bound` is the uncertainty of the difference; `known` says where both values are there to be
    compared; `wrong` where they differ by more than allowed. `x` are the leaf's own values.
    """

    ad: Array
    numeric: Array
    bound: Array
    known: Array
    wrong: Array
    x: Array
    sizes: tuple[int, ...]
    """Sizes that a forgotten mean or sum could have divided by."""
    missing_path: bool = False


def diagnose(e: Evidence) -> str | None:
    """The first suspect that fits, in words; None when nothing usual does."""
    if not (e.known & e.wrong).any():
        return None
    return next(iter(_suspects(e)), None)


def _suspects(e: Evidence) -> Iterator[str]:
    seen = e.known & np.isfinite(e.numeric)
    if e.missing_path:
        yield "detached: the backend reports no path from this input to the output"
    if not np.isfinite(e.ad[e.wrong]).all():
        yield (
            "not finite where the function is: often the untaken side of a `where`, whose "
            "derivative is multiplied by zero after it has become infinite"
        )
        return
    substantial = seen & (np.abs(e.numeric) > 4 * e.bound)
    if substantial.any() and (e.ad[substantial] == 0).all():
        yield "detached: the gradient is zero throughout, the function does depend on this input"
    yield from _factor(e, substantial)
    yield from _rearranged(e, seen)
    yield from _some_elements(e, seen, substantial)
    yield from _rounded(e, substantial)


def _factor(e: Evidence, substantial: Array) -> Iterator[str]:
    """One factor for all elements: −1, 2, ½, n, 1/n, π …"""
    if not substantial.any() or not (e.wrong[substantial]).all():
        return
    ratio = e.ad[substantial] / e.numeric[substantial]
    doubt = 2 * e.bound[substantial] / np.abs(e.numeric[substantial]) + 1e-9
    middle = float(np.median(ratio))
    if middle == 0 or not (np.abs(ratio - middle) <= doubt * max(1.0, abs(middle))).all():
        return
    doubt_here = float(doubt.max()) * max(1.0, abs(middle))
    if name := _name_of(middle, doubt_here, e.sizes):
        yield name
    elif ratio.size > 1:
        yield f"a constant factor {middle:.6g}"


def _name_of(factor: float, doubt: float, sizes: tuple[int, ...]) -> str | None:
    def near(value: float) -> bool:
        return abs(factor - value) <= doubt + 1e-6 * abs(value)

    if near(-1):
        return "sign flipped"
    named = [("2", 2.0), ("1/2", 0.5), ("π", math.pi), ("1/π", 1 / math.pi), ("2π", 2 * math.pi)]
    for name, value in named:
        if near(value):
            return f"factor {name}"
        if near(-value):
            return f"factor {name} and sign flipped"
    for n in sizes:
        if n > 1 and near(n):
            return f"factor {n}: a division by n is missing, or a sum stands for a mean"
        if n > 1 and near(1 / n):
            return f"factor 1/{n}: a mean stands for a sum, or a broadcast was not summed over"
    return None


def _rearranged(e: Evidence, seen: Array) -> Iterator[str]:
    """The right values in the wrong places."""
    if not seen.all() or e.ad.size < 2:
        return
    if np.allclose(e.ad, e.numeric, rtol=1e-3, atol=0):
        return  # an inaccuracy, not another order

    def same(candidate: Array) -> bool:
        return candidate.shape == e.numeric.shape and bool(
            (np.abs(candidate - e.numeric) <= 2 * e.bound + 1e-7 * np.abs(e.numeric)).all()
        )

    if e.ad.ndim >= 2 and same(np.swapaxes(e.ad, -1, -2)):
        yield "transposed"
    for axis in range(e.ad.ndim):
        if e.ad.shape[axis] > 1:
            if e.ad.shape[axis] > 2 and same(np.flip(e.ad, axis)):
                yield f"reversed along axis {axis}"
            for shift in (1, -1):
                if same(np.roll(e.ad, shift, axis)):
                    yield f"off by one along axis {axis}: shifted by {-shift:+d}"

    def alike(one: Array, other: Array) -> bool:
        return bool(np.allclose(one, other, rtol=1e-6, atol=2 * float(e.bound.max())))

    # Values that are nearly right where they are have not been moved.
    moved = not alike(e.ad, e.numeric)
    if moved and alike(np.sort(e.ad, axis=None), np.sort(e.numeric, axis=None)):
        yield "permuted: the right values at other positions"


def _some_elements(e: Evidence, seen: Array, substantial: Array) -> Iterator[str]:
    """Only some elements are wrong: which, and how."""
    wrong, right = e.wrong & seen, seen & ~e.wrong
    if not right.any():
        return
    flipped = np.abs(e.ad + e.numeric) <= 4 * e.bound + 1e-6 * np.abs(e.numeric)
    count = f"{int(wrong.sum())} of {int(seen.sum())} elements"
    if (flipped | ~wrong).all():
        yield f"sign flipped in {count}"
    if (e.ad[wrong] == 0).all():
        yield f"zero in {count}: dropped, masked, or overwritten"
    for word, inside in (("x < 0", e.x < 0), ("x > 0", e.x > 0), ("|x| > 1", np.abs(e.x) > 1)):
        if wrong.sum() > 1 and (inside == wrong)[seen].all():
            yield f"wrong exactly where {word}: a wrong branch"
    yield f"wrong in {count}"


def _rounded(e: Evidence, substantial: Array) -> Iterator[str]:
    """Differences of the size of single or half precision, of changing sign."""
    if not substantial.any():
        return
    relative = np.abs(e.ad - e.numeric)[substantial] / np.abs(e.numeric[substantial])
    if relative.max() < 1e-6 and relative.max() > 1e-10:
        yield "float32 inside: the error is of the size of single-precision rounding"
    elif relative.max() < 4e-3 and relative.size > 2 and relative.max() > 1e-4:
        yield "half precision inside, or an approximation"
