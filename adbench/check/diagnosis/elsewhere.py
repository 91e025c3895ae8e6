"""The derivative at another point than the one that was asked about; or at one and the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence
from adbench.check.probes import elementwise, scales
from adbench.numeric.derivative import derivatives

Array = NDArray[Any]

_ANOTHER = (
    "in the backward pass another function is computed than in the forward one, as when a "
    "checkpoint recomputes it, or a constant was changed"
)


def stale(e: Evidence) -> Iterator[str]:
    """AD gives the same gradient at every point, or that of the point before."""
    if e.subject is None or e.weights is None or e.right_at is None:
        return
    try:
        before = np.stack([e.subject.gradient(e.right_at, w) for w in e.weights])
        if not np.array_equal(e.own(before), e.ad) or not e.ad.any():
            return
        beside = e.right_at * np.linspace(1.1, 1.2, e.right_at.size)
        there = np.stack([e.subject.gradient(beside, w) for w in e.weights])
    except Exception:  # outside its domain a function may raise whatever it likes
        return
    found = _numeric_at(e, beside)
    # A function with the same slope at all these points has a right to the same gradient.
    if found is None or not np.array_equal(e.own(there), e.ad):
        return
    if (np.abs(found[0] - e.ad) > 4 * found[1] + 1e-6 * np.abs(e.ad)).any():
        yield "stale: AD gives the gradient of an earlier point, where it was right"


def another_point(e: Evidence) -> Iterator[str]:
    """AD gives the derivative where an input is mirrored, or where one stands for another."""
    if e.subject is None or e.weights is None or not e.all_known.all():
        return
    span = e.inputs.span(e.leaf)
    mirrored = e.x.copy()
    mirrored[span] = -mirrored[span]
    tries = [(f"at −{e.name}: a sign inside is flipped", mirrored, 1.0)]
    for by, text in ((2.0, "2·"), (0.5, "½·")):
        scaled = e.x.copy()
        scaled[span] *= by
        tries += [
            (f"of f({text}{e.name}): {_ANOTHER}", scaled, by),
            (f"at {text}{e.name}: {_ANOTHER}", scaled, 1.0),
        ]
    for one, spec in enumerate(e.inputs.leaves):
        for other, there in enumerate(e.inputs.leaves):
            if one != other and spec.shape == there.shape and spec.dtype == there.dtype:
                x = e.x.copy()
                x[e.inputs.span(one)] = e.x[e.inputs.span(other)]
                words = f"with {there.name} in the place of {spec.name}: the wrong operand"
                tries.append((words, x, 1.0))
    for words, x, by in tries[:9]:
        found = _numeric_at(e, x)
        least = 3 if e.ad.size > 2 else 2
        if found is not None and e.fits(by * found[0], by * found[1], least=least):
            yield f"AD gives the derivative {words}"


def only_symmetric(e: Evidence) -> Iterator[str]:
    """A square matrix whose gradient is right where it is symmetric."""
    if e.subject is None or e.weights is None or not e.all_known.all():
        return
    for leaf, spec in enumerate(e.inputs.leaves):
        shape = Evidence.shape_of(e.inputs, leaf)
        if len(spec.shape) != 2 or len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
            continue
        x, span = e.x.copy(), e.inputs.span(leaf)
        matrix = x[span].reshape(shape)
        x[span] = ((matrix + matrix.T) / 2).reshape(-1)
        found = _numeric_at(e, x)
        if found is None:
            continue
        try:
            ad = e.own(np.stack([e.subject.gradient(x, w) for w in e.weights]))
        except Exception:  # outside its domain a function may raise whatever it likes
            continue
        numeric, doubt = found
        size = np.abs(numeric).max()
        if size > 0 and (np.abs(ad - numeric) <= 4 * doubt + 1e-6 * size).all():
            yield (
                f"right only where {spec.name} is symmetric: a transpose is missing, or one half "
                "of its sum is counted twice"
            )


def _numeric_at(e: Evidence, x: Array) -> tuple[Array, Array] | None:
    """The leaf's numeric derivatives at x and their bounds, (rows, *shape)."""
    assert e.subject is not None
    assert e.weights is not None
    there = e.subject.at(x)
    if there is None or not np.isfinite(there.origin).all():
        return None
    span = e.inputs.span(e.leaf)
    scale = scales(there.x, there.inputs)
    directions = elementwise(scale, np.arange(span.start, span.stop))
    best = derivatives(there.rows, there.x, there.origin, directions, e.weights, there.epsilon).best
    if not np.isfinite(best.bound).all():
        return None
    by = scale[span]
    shape = (len(e.ad), *e.shape)
    return (best.value.T / by).reshape(shape), (best.bound.T / by).reshape(shape)
