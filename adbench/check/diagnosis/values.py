"""What single values give away: not finite, zero, rounded to fewer digits, nearly right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence
from adbench.check.diagnosis.factors import count
from adbench.check.diagnosis.smoothness import texture

Array = NDArray[Any]

_LARGE = 500.0
"""Magnitude from which exp overflows soon."""


def not_finite(e: Evidence) -> Iterator[str]:
    """NaN or infinity where the function has a derivative, or a subgradient."""
    lost = ~np.isfinite(e.ad) & e.wrong
    if not lost.any():
        return
    where = lost.any(axis=0)
    words = "not finite where the function is: "
    if (e.values[where] == 0).all() and not (e.values[~where] == 0).any():
        yield words + (
            f"0/0, or 0·∞, where {e.name} is 0, perhaps on the untaken side of a `where`"
        )
    elif (np.abs(e.values[where]) > _LARGE).all():
        yield words + f"∞/∞, or 0·∞, by overflow where {e.name} is large"
    else:
        yield words + (
            "often the untaken side of a `where`, whose derivative is multiplied by zero after "
            "it has become infinite, or a root, norm or division at zero"
        )


def detached(e: Evidence) -> Iterator[str]:
    """No gradient at all."""
    if e.name in e.missing:
        yield "detached: the backend reports no path from this input to the output"
    elif e.substantial.any() and (e.ad[e.known] == 0).all():
        yield "detached: the gradient is zero throughout, the function does depend on this input"


def some_are_zero(e: Evidence) -> Iterator[str]:
    """No gradient for some elements, or for one part of complex ones."""
    wrong = e.wrong & e.looked_at
    if not wrong.any() or not e.off.any() or not (e.ad[e.off] == 0).all():
        return
    if e.complex:
        for part, name in enumerate(("real", "imaginary")):
            if (e.ad[..., part][e.known[..., part]] == 0).all():
                yield f"the {name} part is dropped: it has a gradient, AD gives zero"
                return
    if (e.looked_at & ~e.wrong).any():
        yield f"zero in {count(wrong, e.looked_at)}: dropped, masked, or overwritten"


def some_have_the_other_sign(e: Evidence) -> Iterator[str]:
    """The sign is wrong in some elements, and nothing else."""
    wrong = e.wrong & e.looked_at
    if not wrong.any() or not (e.looked_at & ~wrong).any() or not e.off.any():
        return
    if e.fits(np.where(e.off, -e.numeric, e.numeric), least=1):
        yield f"sign flipped in {count(wrong, e.looked_at)}"


def fewer_digits(e: Evidence) -> Iterator[str]:
    """AD's values are numbers of a lower precision, or off by as much as one explains."""
    entries = e.off & e.substantial
    if not entries.any() or not e.relative.size:
        return
    # The largest relative error is that of the smallest value, where terms may have cancelled.
    typical, worst = float(np.median(e.relative)), float(e.relative.max())
    values = e.ad[e.known & (e.ad != 0)]
    wide = bool(e.inputs.leaves[e.leaf].dtype.itemsize >= (16 if e.complex else 8))
    if values.size > 2 and np.isfinite(values).all():
        with np.errstate(all="ignore"):
            single = values.astype(np.float32)
            if wide and _on_grid(values, single, 24) and typical < 1e-6 and worst < 1e-2:
                yield "float32 inside: AD's values are float32 numbers"
                return
            brain = (single.view(np.uint32) & 0xFFFF0000).view(np.float32)
            if _on_grid(values, brain, 8) and typical < 8e-3 and worst < 0.5:
                yield "half precision inside: AD's values are bfloat16 numbers"
                return
            half = values.astype(np.float16)
            if _on_grid(values, half, 11) and typical < 1e-3 and worst < 0.1:
                yield "half precision inside: AD's values are float16 numbers"
                return
    # Rounding goes either way, from element to element and from point to point; an epsilon that
    # the value does not have, or a constant with too few digits, does neither.
    either = entries.sum() < 3 or _of_both_signs(e, entries)
    single_sized = wide and 1e-10 < worst < 1e-5 and typical < 1e-6 and either
    half_sized = 1e-4 < worst < 4e-3 and entries.sum() > 2 and _of_both_signs(e, entries)
    if not (single_sized or half_sized) or texture(e) != "scattered":
        return
    if single_sized:
        yield (
            "float32 inside: the error is of the size of single-precision rounding, and scatters "
            "from point to point as rounding does"
        )
    else:
        yield (
            "half precision inside: the error is of the size of its rounding, and scatters from "
            "point to point as rounding does"
        )


def nearly_right(e: Evidence) -> Iterator[str]:
    """Small differences that are no constant factor and no rounding."""
    if e.relative.size < 2 or float(e.relative.max()) > 5e-2 or not e.substantial.any():
        return
    low, high = float(e.relative.min()), float(e.relative.max())
    looks = texture(e)
    if looks == "scattered":
        yield (
            f"nearly right, off by {low:.1g} to {high:.1g} of its size, at random from one point "
            "to the next: rounding, or noise, in the backward pass"
        )
        return
    smoothly = ", smoothly, which rounding is not" if looks == "smooth" else ""
    yield (
        f"nearly right, off by {low:.1g} to {high:.1g} of its size{smoothly}: an approximate "
        "formula, an iteration stopped early, or another constant (an epsilon, a jitter) than "
        "the value's"
    )


def too_small_or_large(e: Evidence) -> Iterator[str]:
    """Where no mistake fits: off in one direction, and by how much."""
    entries = e.substantial
    if entries.sum() < 3 or not (e.off == entries).all():
        return
    ratio = e.ad[entries] / e.numeric[entries]
    low, high = float(ratio.min()), float(ratio.max())
    if low > 0 and (high < 1 or low > 1):
        which = "small" if high < 1 else "large"
        part = "is left out" if high < 1 else "is added too often"
        yield (
            f"no usual mistake fits. AD is too {which} throughout, {low:.3g} to {high:.3g} of the "
            f"derivative, as where a part of a sum {part}"
        )


def _on_grid(values: Array, rounded: Array, bits: int) -> bool:
    """Whether values are numbers of so many bits, and some of them need nearly all of these.

    1, −½ or 3 are numbers of any precision.
    """
    if not (rounded == values).all():
        return False
    mantissa = np.frexp(values)[0] * 2.0 ** (bits // 2)
    return bool((mantissa != np.rint(mantissa)).sum() >= min(3, values.size))


def _of_both_signs(e: Evidence, entries: Array) -> bool:
    sign = np.sign((e.ad - e.numeric)[entries] * e.numeric[entries])
    return bool((sign > 0).any() and (sign < 0).any())
