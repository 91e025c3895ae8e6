"""The AD side examined as an operator: what must hold whatever the function is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Pullback
from adbench.check.subject import Subject
from adbench.record.model import Finding

Array = NDArray[Any]

_ROUNDING = 1e4
"""Units of rounding up to which two gradients are the same, for backends that reorder sums from one
call to the next."""
_GROSS_VALUE = 1e-3
"""Relative difference from which two values are not the same function's."""
_UNLIKE = 1e-5
"""Relative difference from which two ways to the same product contradict each other."""
_ROUNDINGS = 64.0
"""Roundings of the inputs that a value may differ by from one call to the next."""


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


def repeatable(
    subject: Subject, x: Array, weight: Array, first: Pullback, *, exactly: bool = False
) -> list[Finding]:
    """The same call twice: same value, same gradient; a difference in the last bits is a note.

    With `exactly` it is known to be so of the `first`, see `linearity.scales_exactly`.
    """
    value = subject.outputs.pack(first.outputs)
    if exactly:
        differs = _other_value(subject, x, value)
        return [] if differs is None else [differs]
    # On end, as a state that changes with every call may be the same again at every other one.
    first, second = subject.pullback(x, weight), subject.pullback(x, weight)
    found = []
    value, again = subject.outputs.pack(first.outputs), subject.outputs.pack(second.outputs)
    unsteady = not same(value, again, _ROUNDING * subject.epsilon)
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
    if not found and not same(one, two, _ROUNDING * subject.epsilon):
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


def _ill_conditioned(
    subject: Subject, x: Array, weight: Array, apart: Array, pullback: Pullback
) -> bool:
    """Whether values may differ by `apart` (p,) because x (n,) was rounded, by its own gradient."""
    reach = np.abs(subject.covector(pullback.gradients)) @ np.abs(x) * subject.epsilon
    with np.errstate(invalid="ignore"):
        change = np.abs(np.where(weight == 0, 0.0, weight * apart)).max(initial=0.0)
    return bool(np.isfinite(reach) and change <= _ROUNDINGS * reach)


def same(one: Array, two: Array, within: float) -> bool:
    """Whether arrays differ by no more than that, relative to each element, NaN and NaN not."""
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.abs(one - two) <= within * np.maximum(np.abs(one), np.abs(two))
    return bool((close | (one == two) | (np.isnan(one) & np.isnan(two))).all())
