"""A convolution's kernel the wrong way round: correlation for convolution, or not flipped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence


def kernel_reversed(e: Evidence) -> Iterator[str]:
    """Both Jacobians depend on the distance between indices alone, and AD's kernel is mirrored."""
    if not e.by_output or len(e.outputs.leaves) != 1 or e.complex or not e.known.all():
        return
    outer = Evidence.shape_of(e.outputs, 0)
    spatial = min(len(outer), len(e.shape))
    if not spatial:
        return
    axes = [k for k in range(1, spatial + 1) if outer[-k] > 1 and e.shape[-k] > 1]
    given, right = (a.reshape(*outer, *e.shape) for a in (e.ad, e.numeric))
    size = float(np.abs(right).max())
    for chosen in chain.from_iterable(combinations(axes, k) for k in range(len(axes), 0, -1)):
        kernels = [_kernel(array, outer, e.shape, chosen, 1e-6 * size) for array in (given, right)]
        if any(kernel is None for kernel in kernels):
            continue
        ours, true = kernels
        assert ours is not None
        assert true is not None
        for flipped in chain.from_iterable(
            combinations(range(len(chosen)), k) for k in range(len(chosen), 0, -1)
        ):
            if _mirrored(ours, true, flipped, 1e-6 * size):
                which = " and ".join(f"{len(e.shape) - chosen[f]}" for f in sorted(flipped))
                one = "axis" if len(flipped) == 1 else "axes"
                yield (
                    f"the kernel is not flipped, or flipped once too often, along {one} {which}: "
                    "a convolution's adjoint is the correlation with the same kernel, and the "
                    "other way round"
                )
                return


def _kernel(
    jacobian: Array,
    outer: tuple[int, ...],
    inner: tuple[int, ...],
    axes: tuple[int, ...],
    close: float,
) -> Array | None:
    """The entries by the distances between these (last, counted from the end) axes' indices.

    The distances come first, then all other axes. NaN where there is no such pair; None where
    entries at one distance differ.
    """
    out_axes = [len(outer) - k for k in axes]
    in_axes = [len(outer) + len(inner) - k for k in axes]
    moved = np.moveaxis(jacobian, [*out_axes, *in_axes], range(2 * len(axes)))
    lengths = [(outer[-k], inner[-k]) for k in axes]
    shape = tuple(o + i - 1 for o, i in lengths)
    rest = moved.shape[2 * len(axes) :]
    kernel = np.full((*shape, *rest), np.nan)
    for place in np.ndindex(*(o for o, _ in lengths), *(i for _, i in lengths)):
        outs, ins = place[: len(axes)], place[len(axes) :]
        at = tuple(i - o + n - 1 for o, i, (n, _) in zip(outs, ins, lengths, strict=True))
        entry = moved[place]
        if np.isnan(kernel[at]).all():
            kernel[at] = entry
        elif (np.abs(kernel[at] - entry) > close).any():
            return None
    return kernel


def _mirrored(given: Array, right: Array, axes: tuple[int, ...], close: float) -> bool:
    """Whether one kernel is the other reversed along these axes, about whatever centre."""
    ours, true = (np.nan_to_num(kernel) for kernel in (given, right))
    if np.abs(ours - true).max() <= 1e3 * close:
        return False
    parts = []
    for kernel in (ours, np.flip(true, axes)):
        there = np.argwhere(np.abs(kernel) > close)
        if not len(there):
            return False
        low, high = there.min(axis=0), there.max(axis=0)
        parts.append(kernel[tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))])
    one, other = parts
    if one.shape != other.shape or (np.abs(one) > close).sum() < 2:
        return False
    return bool(np.abs(one - other).max() <= 10 * close)
