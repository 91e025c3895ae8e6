"""The AD side examined as an operator: what must hold whatever the function is."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Pullback
from adbench.check.accusation import cancelled, wobble
from adbench.check.diagnosis.cotangents import nonlinearity
from adbench.check.digits import half_inside
from adbench.check.subject import Subject
from adbench.record.model import Finding

Array = NDArray[Any]

# Scaling the cotangent by a power of two and flipping its sign must scale the gradient exactly;
# the slack is for backends that reorder sums from one call to the next. The tiny and the huge
# scale find a cotangent that is flushed to zero, clipped or squared; half precision holds the
# narrow ones only.
_EXPONENTS = {"wide": (-30, 20), "narrow": (-8, 8)}
_PLAIN = 2
_SLACK = 1e4
_NONLINEAR = 1e-4
"""Relative difference from which scaled gradients differ. Faults are gross; a solver with a
tolerance of its own, or an algorithm that chooses its order by a norm, is linear up to that."""
_GROSS_VALUE = 1e-3
"""Relative difference from which two values are not the same function's."""
_UNLIKE = 1e-5
"""Relative difference from which two ways to the same product contradict each other."""
_MARGIN = 4.0
"""How many times the gradient's own uncertainty excuses a difference."""
_ROUNDINGS = 64.0
"""Roundings of the inputs that a value may differ by from one call to the next."""
_ADDITIVE = 1e-4
"""Relative difference from which a backward pass counts as not additive."""
_ADDITIVE_IN_HALF = 2e-2
"""The same where cotangents pass through float16 or bfloat16."""


def structure(subject: Subject, pullback: Pullback) -> list[Finding]:
    """Shapes, dtypes, missing paths and mutated arguments of one VJP."""
    found = []
    for gradient, leaf, dtype in zip(
        pullback.gradients, subject.inputs.leaves, subject.dtypes, strict=True
    ):
        if gradient is None:
            continue
        if gradient.shape != leaf.shape:
            found.append(
                Finding(
                    kind="wrong-shape",
                    level="fail",
                    derivative="vjp",
                    input=leaf.name,
                    message=f"the gradient of {leaf.name} has shape {gradient.shape}; "
                    f"{leaf.name} has shape {leaf.shape}",
                    diagnosis=_of_shape(gradient.shape, leaf.shape),
                )
            )
        elif gradient.dtype != dtype:
            found.append(
                Finding(
                    kind="wrong-dtype",
                    level="fail",
                    derivative="vjp",
                    input=leaf.name,
                    message=f"the gradient of {leaf.name} is {gradient.dtype}; "
                    f"{leaf.name} is {dtype}",
                )
            )
    for name in pullback.mutated:
        what = "the cotangent it is given" if name == "cotangent" else f"its input {name}"
        found.append(
            Finding(
                kind="mutated-cotangent" if name == "cotangent" else "mutated-input",
                level="fail",
                derivative="vjp",
                input=None if name == "cotangent" else name,
                message=f"the function, or its backward pass, writes into {what}",
                diagnosis="whoever holds that array afterwards computes with other numbers",
            )
        )
    return found


def _of_shape(given: tuple[int, ...], wanted: tuple[int, ...]) -> str | None:
    size, right = np.prod(given, dtype=int), np.prod(wanted, dtype=int)
    if size == right:
        return "the right number of elements in another shape: a reshape, or a squeeze, is missing"
    if size > right and len(given) >= len(wanted):
        return "a broadcast that was not summed over"
    if size == 1:
        return "summed over all elements: one number where each element has its own"
    return None


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


def repeatable(
    subject: Subject, x: Array, weight: Array, first: Pullback, *, exactly: bool = False
) -> list[Finding]:
    """The same call twice: same value, same gradient; a difference in the last bits is a note.

    With `exactly` it is known to be so of the `first`, see `scales_exactly`.
    """
    value = subject.outputs.pack(first.outputs)
    if exactly:
        differs = _other_value(subject, x, value)
        return [] if differs is None else [differs]
    # On end, as a state that changes with every call may be the same again at every other one.
    first, second = subject.pullback(x, weight), subject.pullback(x, weight)
    found = []
    value, again = subject.outputs.pack(first.outputs), subject.outputs.pack(second.outputs)
    unsteady = not _same(value, again, subject.epsilon)
    if unsteady and _ill_conditioned(subject, x, weight, value - again, first):
        return []  # two orders of adding up, and what that does to the gradient is as little known
    if unsteady:
        worst = int(np.nanargmax(np.abs(value - again)))
        found.append(
            Finding(
                kind="nondeterministic-value",
                level="fail",
                output=subject.outputs.label(worst),
                message="the function gave two different values for the same input: "
                f"{value[worst]:.17g}, then {again[worst]:.17g}; fix its seed, or its state",
            )
        )
    if not found and (differs := _other_value(subject, x, value)):
        found.append(differs)
    one, two = subject.covector(first.gradients), subject.covector(second.gradients)
    if not found and not _same(one, two, subject.epsilon):
        worst = int(np.nanargmax(np.abs(one - two)))
        name, index = subject.inputs.element(worst)
        found.append(
            Finding(
                kind="nondeterministic",
                level="fail",
                derivative="vjp",
                input=name,
                index=index,
                ad=float(one[worst]),
                message="two calls of the backward pass on the same input gave different "
                f"gradients: {one[worst]:.17g}, then {two[worst]:.17g}",
                diagnosis="stale state, or randomness in the backward pass",
            )
        )
    if not found and not np.array_equal(one, two, equal_nan=True):
        found.append(_last_bits(subject, one, two))
    return found


def _last_bits(subject: Subject, one: Array, two: Array) -> Finding:
    with np.errstate(invalid="ignore"):
        worst = int(np.argmax(np.nan_to_num(np.abs(one - two))))
    name, index = subject.inputs.element(worst)
    return Finding(
        kind="nondeterministic",
        level="note",
        derivative="vjp",
        input=name,
        index=index,
        message="two calls of the backward pass on the same input differ in their last bits, by "
        f"{abs(one[worst] - two[worst]):.1g} at {subject.inputs.label(worst)}: it adds up in "
        "another order each time",
    )


def _other_value(subject: Subject, x: Array, value: Array) -> Finding | None:
    """A function that gives a grossly different value when it is differentiated."""
    if not np.array_equal(x, subject.x):
        return None
    apart = np.abs(value - subject.origin)
    finite = np.isfinite(apart)
    size = np.abs(subject.origin[finite]).max(initial=0.0)
    if not finite.any() or not apart[finite].max() > _GROSS_VALUE * size:
        return None
    worst = int(np.argmax(np.where(finite, apart, -1.0)))
    return Finding(
        kind="different-value",
        level="fail",
        output=subject.outputs.label(worst),
        message=f"the function's value is {subject.origin[worst]:.6g} when it is called, and "
        f"{value[worst]:.6g} when it is differentiated",
        diagnosis="it depends on more than its inputs' values: on their identity, on whether "
        "they are traced, or on a state",
    )


def adjoint(subject: Subject, directions: Array, weights: Array, pushed: Array) -> list[Finding]:
    """⟨c, JVP v⟩ = ⟨VJP c, v⟩, for the weighting and direction that give the largest number.

    `pushed` (D, m) are the JVPs along directions (D, n) under weightings (m, p). One VJP.
    """
    if not np.isfinite(pushed).all() or not pushed.any():
        return []
    d, j = (int(i) for i in np.unravel_index(np.argmax(np.abs(pushed)), pushed.shape))
    gradient = subject.gradient(subject.x, weights[j])
    pulled = float(gradient @ directions[d])
    size = abs(float(pushed[d, j])) + float(np.abs(gradient) @ np.abs(directions[d]))
    if not np.isfinite(pulled) or abs(pulled - pushed[d, j]) <= _UNLIKE * size:
        return []
    return [
        Finding(
            kind="jvp-is-not-vjp",
            level="fail",
            derivative="jvp",
            ad=float(pushed[d, j]),
            numeric=pulled,
            message="the JVP and the VJP are not of the same Jacobian: ⟨c, Jv⟩ is "
            f"{pushed[d, j]:.6g}, ⟨Jᵀc, v⟩ is {pulled:.6g}",
        )
    ]


def symmetric(subject: Subject, weight: Array, directions: Array) -> list[Finding]:
    """⟨u, Hv⟩ = ⟨v, Hu⟩ for the first two directions (D, n). Two HVPs."""
    u, v = directions[:2]
    by_v, by_u = subject.second(subject.x, weight, v), subject.second(subject.x, weight, u)
    one, other = float(u @ by_v), float(v @ by_u)
    size = float(np.abs(u) @ np.abs(by_v) + np.abs(v) @ np.abs(by_u))
    if not np.isfinite(size) or abs(one - other) <= _UNLIKE * size:
        return []
    return [
        Finding(
            kind="asymmetric-hessian",
            level="fail",
            derivative="hvp",
            ad=one,
            numeric=other,
            message=f"the Hessian is not symmetric: ⟨u, Hv⟩ is {one:.6g}, ⟨v, Hu⟩ is {other:.6g}",
        )
    ]


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
        or _same(scaled, expected, _NONLINEAR / _SLACK)
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


def _ill_conditioned(
    subject: Subject, x: Array, weight: Array, apart: Array, pullback: Pullback
) -> bool:
    """Whether values may differ by `apart` (p,) because x (n,) was rounded, by its own gradient."""
    reach = np.abs(subject.covector(pullback.gradients)) @ np.abs(x) * subject.epsilon
    with np.errstate(invalid="ignore"):
        change = np.abs(np.where(weight == 0, 0.0, weight * apart)).max(initial=0.0)
    return bool(np.isfinite(reach) and change <= _ROUNDINGS * reach)


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


def _same(one: Array, two: Array, epsilon: float) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.abs(one - two) <= _SLACK * epsilon * np.maximum(np.abs(one), np.abs(two))
    return bool((close | (one == two) | (np.isnan(one) & np.isnan(two))).all())
