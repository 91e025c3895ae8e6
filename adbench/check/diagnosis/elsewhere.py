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

_STEP = 2.0**-12
_AROUND = np.array([1.0, -1.0, 0.5, -0.5])
_ROUGH = 0.02
"""Relative difference up to which a plain difference leaves a suspicion standing."""
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
    if not e.may_ask or not e.all_known.all():
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
        found = _numeric_at(e, x) if _roughly(e, x, by, e.ad) else None
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
        try:
            ad = e.own(np.stack([e.subject.gradient(x, w) for w in e.weights]))
        except Exception:  # outside its domain a function may raise whatever it likes
            continue
        found = _numeric_at(e, x) if _roughly(e, x, 1.0, ad) else None
        if found is None:
            continue
        numeric, doubt = found
        # Much less wrong than where it was asked about: a slight error is one at both.
        slack = min(1e-6 * np.abs(numeric).max(), 1e-3 * np.abs(e.ad - e.numeric).max())
        if slack > 0 and (np.abs(ad - numeric) <= 4 * doubt + slack).all():
            yield (
                f"right only where {spec.name} is symmetric: a transpose is missing, or one half "
                "of its sum is counted twice"
            )


def _roughly(e: Evidence, x: Array, by: float, ad: Array) -> bool:
    """Whether `by` times the derivative at x may be `ad`, as far as its two largest entries tell.

    A dozen evaluations, where the whole derivative takes hundreds.
    """
    there = e.subject.at(x) if e.subject is not None and e.may_ask else None
    if there is None or e.weights is None or not np.isfinite(there.origin).all():
        return False
    flat = np.where(e.off, np.abs(ad), 0.0).reshape(len(ad), -1)
    row = int(flat.max(axis=1).argmax())
    places = np.argsort(-flat[row], kind="stable")[:2]
    scale = scales(there.x, there.inputs)[e.inputs.span(e.leaf)]
    points = np.repeat(there.x[None], 4 * len(places), axis=0)
    for k, place in enumerate(places):
        step = scale[place] * _STEP
        points[4 * k : 4 * k + 4, e.inputs.span(e.leaf).start + place] += step * _AROUND
    rise = ((there.rows(points) - there.origin) @ e.weights[row]).reshape(-1, 4)
    coarse, fine = (rise[:, 0] - rise[:, 1]) / 2, rise[:, 2] - rise[:, 3]
    slope = by * (fine + (fine - coarse) / 3) / (scale[places] * _STEP)
    given = ad.reshape(len(ad), -1)[row, places]
    return bool((np.abs(slope - given) <= _ROUGH * np.abs(given).max()).all())


def _numeric_at(e: Evidence, x: Array) -> tuple[Array, Array] | None:
    """The leaf's numeric derivatives at x and their bounds, (rows, *shape)."""
    assert e.subject is not None
    assert e.weights is not None
    there = e.subject.at(x) if e.may_ask else None
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
