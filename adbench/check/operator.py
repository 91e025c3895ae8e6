"""The AD side examined as an operator: what must hold whatever the function is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Pullback
from adbench.check.subject import Subject
from adbench.record.model import Finding

Array = NDArray[Any]

# Scaling the cotangent by a power of two and flipping its sign must scale the gradient exactly;
# the slack is for backends that reorder sums from one call to the next.
_SCALE = -4.0
_SLACK = 1e4


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
                    diagnosis="a broadcast that was not summed over"
                    if gradient.ndim >= len(leaf.shape) and gradient.size > np.prod(leaf.shape)
                    else None,
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


def repeatable(subject: Subject, x: Array, weight: Array, first: Pullback) -> list[Finding]:
    """The same call again: same value and same gradient, to rounding."""
    second = subject.pullback(x, weight)
    found = []
    value, again = subject.outputs.pack(first.outputs), subject.outputs.pack(second.outputs)
    if not _same(value, again, subject.epsilon):
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
    one, two = subject.covector(first.gradients), subject.covector(second.gradients)
    if not found and not _same(one, two, subject.epsilon):
        worst = int(np.nanargmax(np.abs(one - two)))
        leaf, index, _ = subject.inputs.place(worst)
        found.append(
            Finding(
                kind="nondeterministic",
                level="fail",
                derivative="vjp",
                input=subject.inputs.leaves[leaf].name,
                index=index,
                ad=float(one[worst]),
                message="two calls of the backward pass on the same input gave different "
                f"gradients: {one[worst]:.17g}, then {two[worst]:.17g}",
                diagnosis="stale state, or randomness in the backward pass",
            )
        )
    return found


def homogeneous(subject: Subject, x: Array, weight: Array, gradient: Array) -> list[Finding]:
    """vjp(−4c) = −4 vjp(c): a VJP is linear in its cotangent, whatever the function."""
    scaled = subject.gradient(x, _SCALE * weight)
    expected = _SCALE * gradient
    if not np.isfinite(expected).all() or _same(scaled, expected, subject.epsilon):
        return []
    worst = int(np.nanargmax(np.abs(scaled - expected)))
    leaf, index, _ = subject.inputs.place(worst)
    same_sign = np.allclose(scaled, -expected, rtol=1e-6)
    return [
        Finding(
            kind="nonlinear-cotangent",
            level="fail",
            derivative="vjp",
            input=subject.inputs.leaves[leaf].name,
            index=index,
            ad=float(scaled[worst]),
            numeric=float(expected[worst]),
            bound=0.0,
            message="the backward pass is not linear in the cotangent: scaling it by −4 should "
            f"scale the gradient of {subject.inputs.label(worst)} to {expected[worst]:.6g}, "
            f"and gave {scaled[worst]:.6g}",
            diagnosis="cotangent's sign ignored"
            if same_sign
            else "cotangent clipped, clamped, ignored or squared",
        )
    ]


def _same(one: Array, two: Array, epsilon: float) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.abs(one - two) <= _SLACK * epsilon * np.maximum(np.abs(one), np.abs(two))
    return bool((close | (one == two) | (np.isnan(one) & np.isnan(two))).all())
