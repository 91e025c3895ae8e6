"""The batched gradient against the looped one: `vmap` must not change what a gradient is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Pullback, UnsupportedError
from adbench.check.accusation import or_nan, wobble
from adbench.check.location import location_of
from adbench.check.probes import scales
from adbench.check.subject import Subject
from adbench.record.model import Finding

Array = NDArray[Any]

_APART = 1e-4
"""Relative difference from which two gradients are not the same: faults are gross, and what a
batched routine rounds otherwise is not."""
_UNITS = 1e4
"""The same in units of rounding, for low precision."""
_ZERO = 1e-9
"""Rounding of an element that cancels, relative to the largest."""
_MARGIN = 30.0
"""How many times the gradient's own scatter excuses a difference."""
_AWAY = 2.0**-4
"""How far off the second point is, relative to each input."""
_MOST = 16
"""Calls of the user's rules that are looked at by themselves."""
_LARGEST = 2**18
"""Numbers in the batch's inputs and outputs, beyond which it is not tried."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Points (k, n) and weightings (k, p), and each row's looped values (k, p) and gradient."""

    points: Array
    weights: Array
    values: Array
    gradients: Array


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of it: findings, and a few words for the record, "" where nothing was tried."""

    findings: list[Finding]
    words: str


def batched(
    subject: Subject,
    weights: Array,
    gradients: Array,
    scale: Array,
    rng: np.random.Generator,
    *,
    always: bool,
) -> Compared:
    """One batched call beside the looped gradients (m, n) of the weightings (m, p).

    Over points and cotangents where the backend and the function allow it, over the cotangents of
    one point otherwise; a function that allows neither is not wrong. Without `always`, only where
    a batched gradient is more than the library's own operations.
    """
    if (
        3 * (subject.inputs.size + subject.outputs.size) > _LARGEST
        or not np.isfinite(gradients).all()
    ):
        return Compared([], "")
    x, weight = subject.x, weights[0]
    given = subject.arrays(x), subject.cotangents(weight)
    by_rule = subject.bound.batches_by_rule(*given)
    if not always and not by_rule:
        return Compared([], "")
    refused = []
    for points in (True, False):
        batch = _batch(subject, weights, gradients, scale, rng, points)
        try:
            made = _call(subject, batch, points)
        except UnsupportedError as error:
            refused.append(str(error))
            continue
        found = _compare(subject, batch, made, rng)
        how = "over points and cotangents" if points else "over cotangents"
        if found is None:
            return Compared([], f"the same {how}")
        located = subject.explanations.attempt(
            "which rule is wrong in a batch",
            partial(_placed, subject, found, rng, points),
            found,
        )
        return Compared([located], f"differs {how}")
    if not by_rule:
        return Compared([], "not offered")
    reason = "; ".join(dict.fromkeys(refused))
    note = Finding(
        kind="no-batching",
        level="note",
        message=f"the gradient cannot be batched, and was looked at one by one only ({reason})",
    )
    return Compared([note], "not offered")


def _batch(
    subject: Subject,
    weights: Array,
    gradients: Array,
    scale: Array,
    rng: np.random.Generator,
    points: bool,
) -> _Batch:
    """Three rows: the weightings at hand, then another one, or the first at another point."""
    x, other, there = subject.x, -2.0 * np.roll(weights[0], 1), None
    if points:
        away = x + _AWAY * scale * rng.choice([-1.0, 1.0], x.shape)
        there = subject.at(away)
    if there is not None and np.isfinite(there.origin).all():
        last = or_nan(partial(_gradient, there, weights[0]), there.x, x.shape)
        if np.isfinite(last).all():
            return _Batch(
                np.stack([x, x, there.x]),
                np.stack([weights[0], weights[-1], weights[0]]),
                np.stack([subject.origin, subject.origin, there.origin]),
                np.stack([gradients[0], gradients[-1], last]),
            )
    other = np.where(np.isfinite(subject.origin), other, 0.0)
    return _Batch(
        np.stack([x, x, x]),
        np.stack([weights[0], weights[-1], other]),
        np.stack([subject.origin] * 3),
        np.stack([gradients[0], gradients[-1], subject.gradient(x, other)]),
    )


def _gradient(subject: Subject, weight: Array, x: Array) -> Array:
    return subject.gradient(x, weight)


def _value(subject: Subject, weight: Array, x: Array) -> Array:
    return subject.outputs.pack(subject.bound.value(subject.arrays(x)))


def _call(subject: Subject, batch: _Batch, points: bool) -> Pullback:
    x = subject.inputs.unpack_rows(batch.points, subject.dtypes)
    cotangents = [
        np.stack(rows) for rows in zip(*map(subject.cotangents, batch.weights), strict=True)
    ]
    return subject.bound.vjp_batch(x if points else [a[0] for a in x], cotangents, points=points)


def _compare(
    subject: Subject, batch: _Batch, made: Pullback, rng: np.random.Generator
) -> Finding | None:
    """What differs most: a shape, a value, or an element of the gradient."""
    count = len(batch.points)
    filled = []
    for gradient, leaf in zip(made.gradients, subject.inputs.leaves, strict=True):
        shape = (count, *leaf.shape)
        if gradient is not None and gradient.shape != shape:
            words = f"the batched gradient of {leaf.name} has shape {gradient.shape}, not {shape}"
            return Finding(
                kind="batched-derivative",
                level="fail",
                derivative="vjp",
                input=leaf.name,
                message=f"{words}, for a batch of {count}",
            )
        filled.append(np.zeros(shape) if gradient is None else gradient)
    rows = np.stack([subject.covector([g[k] for g in filled]) for k in range(count)])
    values = subject.outputs.pack_rows(made.outputs)
    if place := _apart(values, batch.values, subject, batch, _value, rng):
        k, i = place
        return Finding(
            kind="batched-derivative",
            level="fail",
            output=subject.outputs.label(i),
            message=f"the value of {subject.outputs.label(i)} is {values[k, i]:.6g} in a batch "
            f"(`vmap`), and {batch.values[k, i]:.6g} by itself",
            diagnosis=_looks_like(values, batch.values),
        )
    if place := _apart(rows, batch.gradients, subject, batch, _gradient, rng):
        k, i = place
        name, index = subject.inputs.element(i)
        return Finding(
            kind="batched-derivative",
            level="fail",
            derivative="vjp",
            input=name,
            index=index,
            message=f"the gradient of {subject.inputs.label(i)} is {rows[k, i]:.6g} in a batch "
            f"(`vmap`), and {batch.gradients[k, i]:.6g} by itself",
            diagnosis=_looks_like(rows, batch.gradients),
        )
    return None


def _apart(
    given: Array,
    expected: Array,
    subject: Subject,
    batch: _Batch,
    function: Callable[[Subject, Array, Array], Array],
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    """Where rows (k, n) differ most from those expected, beyond rounding; None where nowhere."""
    with np.errstate(invalid="ignore"):
        size = np.abs(np.nan_to_num(expected))
        floor = _ZERO * size.max(axis=1, keepdims=True)
        allowed = max(_APART, _UNITS * subject.epsilon) * (size + floor)
        apart = np.abs(given - expected)
        wrong = ~(apart <= allowed) & ~((given == expected) | np.isnan(expected))
    if not wrong.any():
        return None
    for k in np.flatnonzero(wrong.any(axis=1)):
        # An ill-conditioned function, or one at a tie, is not the same for other rounding.
        at = partial(function, subject, batch.weights[k])
        slack = _MARGIN * wobble(at, batch.points[k], subject.epsilon, rng)
        wrong[k] &= ~(apart[k] <= slack)
    if not wrong.any():
        return None
    worst = np.argmax(np.where(wrong, np.nan_to_num(apart, nan=np.inf), -1.0))
    k, i = np.unravel_index(worst, wrong.shape)
    return int(k), int(i)


def _looks_like(given: Array, expected: Array) -> str | None:
    """The usual ways to be wrong about a batch, tried on whole rows (k, n)."""
    if not np.isfinite(given).all():
        return "not finite in a batch"
    shape = expected.shape
    for words, suspect in (
        ("summed over the batch", expected.sum(axis=0)),
        ("averaged over the batch", expected.mean(axis=0)),
        ("the first one's for all of the batch", expected[0]),
        ("the last one's for all of the batch", expected[-1]),
        ("the batch in reverse order", expected[::-1]),
        ("divided by the size of the batch", expected / shape[0]),
        ("multiplied by the size of the batch", expected * shape[0]),
    ):
        like = np.broadcast_to(suspect, shape)
        if np.allclose(given, like, rtol=1e-6, atol=1e-9 * np.abs(expected).max()):
            return words
    return None


def _placed(subject: Subject, finding: Finding, rng: np.random.Generator, points: bool) -> Finding:
    """The finding with the place of the user's rule that is wrong in a batch by itself."""
    for part in subject.bound.parts(subject.arrays(subject.x))[:_MOST]:
        function = part.function
        own = Subject(subject.backend, function, [leaf.dtype for leaf in function.inputs])
        weight = rng.uniform(0.5, 2.0, (1, own.outputs.size))
        gradient = own.gradient(own.x, weight[0])[None]
        scale = scales(own.x, own.inputs)
        batch = _batch(own, weight, gradient, scale, rng, points)
        try:
            wrong = _compare(own, batch, _call(own, batch, points), rng)
        except UnsupportedError:
            continue
        if wrong is not None and (where := location_of(part)) is not None:
            return finding.model_copy(update={"where": where})
    return finding
