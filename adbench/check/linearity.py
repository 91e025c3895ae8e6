"""Whether the AD side is linear in the cotangent: homogeneous, and additive."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Pullback
from adbench.check.accusation import cancelled, wobble
from adbench.check.diagnosis.cotangents import nonlinearity
from adbench.check.digits import half_inside
from adbench.check.operator import same
from adbench.check.subject import Subject
from adbench.record.model import Finding

Array = NDArray[Any]

# Scaling the cotangent by a power of two and flipping its sign must scale the gradient exactly. The
# tiny and the huge scale find a cotangent that is flushed to zero, clipped or squared; half
# precision holds the narrow ones only.
_EXPONENTS = {"wide": (-30, 20), "narrow": (-8, 8)}
_PLAIN = 2
_NONLINEAR = 1e-4
"""Relative difference from which scaled gradients differ. Faults are gross; a solver with a
tolerance of its own, or an algorithm that chooses its order by a norm, is linear up to that."""
_MARGIN = 4.0
"""How many times the gradient's own uncertainty excuses a difference."""
_ADDITIVE = 1e-4
"""Relative difference from which a backward pass counts as not additive."""
_ADDITIVE_IN_HALF = 2e-2
"""The same where cotangents pass through float16 or bfloat16."""


def scales_exactly(subject: Subject, x: Array, weight: Array, first: Pullback) -> bool:
    """Whether a second call gives the very same value, and to the last bit the scaled gradient for
    a scaled cotangent: then it is repeatable, and homogeneous at the first of its scales.

    One VJP. If not, it takes two separate calls to tell the one from the other.
    """
    scale = _scale(_exponents(subject)[0])
    second = subject.pullback(x, scale * weight)
    return all(map(np.array_equal, first.outputs, second.outputs)) and np.array_equal(
        scale * subject.covector(first.gradients), subject.covector(second.gradients)
    )


def linear(
    subject: Subject, x: Array, weights: Array, gradients: Array, *, exactly: bool = False
) -> list[Finding]:
    """Whether the gradients (m, n) scale with the weightings (m, p), and add up as they do.

    `exactly` says what `scales_exactly` has found of the first weighting. Half precision inside,
    which rounds cotangents or loses them, is looked for where it would excuse what is found.
    """
    gently = False
    for j, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        exponents = _exponents(subject)[1 if exactly and j == 0 else 0 :]
        found = homogeneous(subject, x, weight, gradient, exponents)
        if found and (gently := half_inside(subject, weight)):
            found = homogeneous(subject, x, weight, gradient, _EXPONENTS["narrow"])
        if found:
            return found
    found = additive(subject, x, weights[-1], gradients[-1], gently=gently)
    if found and not gently and half_inside(subject, weights[-1]):
        return additive(subject, x, weights[-1], gradients[-1], gently=True)
    return found


def homogeneous(
    subject: Subject,
    x: Array,
    weight: Array,
    gradient: Array,
    exponents: tuple[int, ...] | None = None,
) -> list[Finding]:
    """vjp(−2ᵏc) = −2ᵏ vjp(c): a VJP is linear in its cotangent, whatever the function.

    `exponents` are the k; without them, those that the subject's precision can hold.
    """
    for exponent in _exponents(subject) if exponents is None else exponents:
        if found := _scaled(subject, x, weight, gradient, exponent):
            # Told by a scale that a person would try, if it shows there.
            return _scaled(subject, x, weight, gradient, _PLAIN) or found
    return []


def _exponents(subject: Subject) -> tuple[int, ...]:
    """Which powers of two to scale a cotangent by."""
    return _EXPONENTS["narrow" if subject.epsilon > 1e-12 else "wide"]


def _scale(exponent: int) -> float:
    return float(-(2.0**exponent))


def _scaled(
    subject: Subject, x: Array, weight: Array, gradient: Array, exponent: int
) -> list[Finding]:
    scale = _scale(exponent)
    scaled, expected = subject.gradient(x, scale * weight), scale * gradient
    if (
        not (_in_range(scale * weight) and _in_range(expected))
        or same(scaled, expected, _NONLINEAR)
        or _rounded(subject, x, scaled - expected, scale * weight)
    ):
        return []
    return [_nonlinear(subject, x, weight, scale, scaled, expected)]


def additive(
    subject: Subject, x: Array, weight: Array, gradient: Array, *, gently: bool = False
) -> list[Finding]:
    """vjp(c + d) = vjp(c) + vjp(d), beyond what an iterative solver leaves open.

    `gently` also leaves open what half precision rounds. d is c backwards, so that what is large in
    one is not so in the other.
    """
    other = np.where(np.isfinite(subject.origin), weight[::-1], 0.0)
    if weight.size < 2 or not other.any() or not np.isfinite(gradient).all():
        return []
    second, both = subject.gradient(x, other), subject.gradient(x, weight + other)
    expected = gradient + second
    size = np.abs(gradient) + np.abs(second)
    apart = np.abs(both - expected)
    wrong = ~(apart <= (_ADDITIVE_IN_HALF if gently else _ADDITIVE) * (size + size.max()))
    if not wrong.any() or _rounded(subject, x, both - expected, weight, other, weight + other):
        return []
    worst = int(np.argmax(np.where(wrong, np.nan_to_num(apart, nan=np.inf), -1.0)))
    name, index = subject.inputs.element(worst)
    return [
        Finding(
            kind="nonlinear-cotangent",
            level="fail",
            derivative="vjp",
            input=name,
            index=index,
            ad=float(both[worst]),
            numeric=float(expected[worst]),
            bound=float(_ADDITIVE * size[worst]),
            message="the backward pass is not additive in the cotangent: the gradient of "
            f"{subject.inputs.label(worst)} for a sum of two cotangents is {both[worst]:.6g}, the "
            f"sum of their gradients {expected[worst]:.6g}",
            diagnosis=_of_cotangent(subject, x, weight),
        )
    ]


def _rounded(subject: Subject, x: Array, apart: Array, *weights: Array) -> bool:
    """Whether the gradients (n,) under some weightings are as uncertain as they are apart.

    At a matrix that is singular to rounding, a backward pass is the condition number away from
    being linear; and where its terms cancel, as those of a saturated softmax, it is as far as they
    were rounded.
    """
    slack = np.full(apart.shape, sum(cancelled(subject, x, weight) for weight in weights))
    for weight in weights:
        at = partial(subject.gradient, weight=weight)
        slack += wobble(at, x, subject.epsilon, np.random.default_rng(0))
    return bool((np.abs(apart) <= _MARGIN * slack).all())


def _nonlinear(
    subject: Subject, x: Array, weight: Array, scale: float, scaled: Array, expected: Array
) -> Finding:
    worst = int(np.nanargmax(np.abs(scaled - expected)))
    name, index = subject.inputs.element(worst)
    return Finding(
        kind="nonlinear-cotangent",
        level="fail",
        derivative="vjp",
        input=name,
        index=index,
        ad=float(scaled[worst]),
        numeric=float(expected[worst]),
        bound=0.0,
        message=f"the backward pass is not linear in the cotangent: scaling it by {scale:.3g} "
        f"should scale the gradient of {subject.inputs.label(worst)} to {expected[worst]:.6g}, "
        f"and gave {scaled[worst]:.6g}",
        diagnosis=_of_cotangent(subject, x, weight)
        or "cotangent clipped, clamped, ignored or squared",
    )


def _of_cotangent(subject: Subject, x: Array, weight: Array) -> str | None:
    what = "what is done to the cotangent"
    return subject.explanations.attempt(what, lambda: nonlinearity(subject, x, weight), None)


def _in_range(values: Array) -> bool:
    """Whether nothing is, or comes near, infinite or subnormal."""
    size = np.abs(values[values != 0])
    return bool(((size > 1e-250) & (size < 1e250)).all())
