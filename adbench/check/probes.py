"""Where a check looks: weightings of the outputs, and directions scaled to the inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import Layout

Array = NDArray[Any]

_STEPS = np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])
"""Steps of a random direction, relative to a coordinate's scale."""
_DYNAMIC = 1e-28
"""Size of the smallest output, relative to the largest, that has a weighting of its own."""


def weightings(
    origin: Array,
    layout: Layout,
    dtypes: tuple[np.dtype[Any], ...],
    rng: np.random.Generator,
    pairs: int = 1,
) -> Array:
    """Random weightings of the outputs, (m, p): one relative to each output's size, one plain;
    `pairs` of them.

    Signs and magnitudes are random and exceed 1, so that a backward pass that clips, clamps or
    ignores its cotangent is seen. Relative weights 1/|y| keep a large output from swamping a
    small one; plain weights keep an output near zero from swamping the others. Outputs that are
    not finite have weight zero. The weights are representable in the outputs' dtypes.
    """
    finite = np.isfinite(origin)
    size = np.where(finite, np.abs(origin), 0.0)
    typical = np.median(size[size > 0]) if (size > 0).any() else 1.0
    # No weight so large that float32, which may be inside, could not hold it.
    size = np.maximum(np.where(size > 0, size, typical), _DYNAMIC * size.max(initial=0.0))
    rows = []
    for scale in (1 / size, np.ones_like(size)) * pairs:
        random = rng.uniform(0.5, 1.0, size.shape) * np.exp2(rng.integers(0, 4, size.shape))
        random *= rng.choice([-1.0, 1.0], size.shape)
        rows.append(np.where(finite, random * scale, 0.0))
        if len(origin) == 1:
            break  # one weighting of a single output is like another
    weights = np.stack(rows)
    with np.errstate(over="ignore"):
        given = [a.astype(d) for a, d in zip(layout.unpack_rows(weights), dtypes, strict=True)]
    return np.nan_to_num(layout.pack_rows(given), posinf=1.0, neginf=-1.0)


def scales(x: Array, layout: Layout) -> Array:
    """The magnitude of each coordinate, as a power of two, (n,).

    A zero has its leaf's typical magnitude, or 1. The two parts of a complex number share one.
    """
    result = np.empty_like(x)
    for i, leaf in enumerate(layout.leaves):
        span = layout.span(i)
        part = x[span]
        if leaf.dtype.kind == "c":
            part = np.repeat(np.hypot(part[::2], part[1::2]), 2)
        size = np.abs(part)
        known = np.isfinite(size) & (size > 0)
        if not known.all():
            size[~known] = np.median(size[known]) if known.any() else 1.0
        result[span] = size
    # Powers of two, so that x ± step is exact.
    return np.asarray(np.exp2(np.round(np.log2(result))))


def elementwise(scale: Array, coordinates: Array) -> Array:
    """One direction a coordinate, (len(coordinates), n)."""
    directions = np.zeros((len(coordinates), scale.size))
    directions[np.arange(len(coordinates)), coordinates] = scale[coordinates]
    return directions


def random_directions(
    scale: Array, layout: Layout, gradients: Array, rng: np.random.Generator, count: int
) -> Array:
    """Signed random directions over all coordinates of a large input, (k, n).

    Alternately with steps relative to each coordinate, and with the most sensitive coordinates
    (by the AD gradients (m, n), which only set step sizes here) held back, so that the many
    small contributions are not swamped by a few large ones. With several leaves, each leaf also
    has directions of its own.
    """
    held = _held_back(np.abs(gradients).max(axis=0) * scale)
    spans = [slice(0, scale.size)]
    if 1 < len(layout.leaves) <= 8:
        spans += [layout.span(i) for i in range(len(layout.leaves)) if layout.leaves[i].shape]
    directions = np.zeros((len(spans), count, scale.size))
    for rows, span in zip(directions, spans, strict=True):
        for k, row in enumerate(rows):
            part = row[span]
            part[:] = _STEPS.take(rng.integers(len(_STEPS), size=part.size, dtype=np.int8))
            part *= scale[span]
            if k % 2:
                part *= held[span]
    return directions.reshape(-1, scale.size)


def _held_back(sensitivity: Array) -> Array:
    """How far to hold each coordinate (n,) back to be felt no more than the tenth part of all that
    is felt least: a power of two."""
    known = np.isfinite(sensitivity) & (sensitivity > 0)
    felt = sensitivity if known.all() else sensitivity[known]
    tenth = felt.size // 10
    level = float(np.partition(felt, tenth)[tenth]) if felt.size else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        held = level / sensitivity
    # Not so far back that x + step would round the step away.
    held = np.where(known, held.clip(2.0**-18, 1.0), 1.0)
    return np.asarray(np.exp2(np.floor(np.log2(held))))
