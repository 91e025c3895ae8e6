"""Factors on the wrong side of a matrix, weights left out, and what whole groups share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence

_CLOSE = 1e-6


def factor_on_the_other_side(e: Evidence) -> Iterator[str]:
    """AD's entry from j to i has a factor r[i] where the derivative has r[j], or the other way."""
    size = int(np.prod(e.shape, dtype=int))
    if not e.by_output or len(e.ad) != size or size < 3 or e.complex or not e.known.all():
        return
    if len(e.outputs.leaves) != 1 or Evidence.shape_of(e.outputs, 0) != e.shape:
        return
    entries = e.substantial.reshape(size, size)
    if entries.sum() <= 2 * size or (e.off & ~e.substantial).any():
        return
    with np.errstate(all="ignore"):
        ratio = (e.ad / e.numeric).reshape(size, size)
        unsure = (4 * e.doubt / np.abs(e.numeric)).reshape(size, size) + _CLOSE
    for leaf, spec in enumerate(e.inputs.leaves):
        if Evidence.shape_of(e.inputs, leaf) != e.shape:
            continue
        value = e.own(e.x, leaf).reshape(-1)
        if (value == 0).any() or np.ptp(value) <= 1e-3 * np.abs(value).max():
            continue
        for given, right, turned in (("output", "input", False), ("input", "output", True)):
            expected = value[:, None] / value[None, :]
            expected = expected.T if turned else expected
            if (np.abs(ratio - expected) <= unsure * np.abs(expected))[entries].all():
                yield (
                    f"a factor {spec.name} is on the wrong side: AD takes it at the {given}'s "
                    f"index, and it belongs to the {right}'s, as where it is multiplied in before "
                    "a matrix product and not after it"
                )
                return


def weights_left_out(e: Evidence) -> Iterator[str]:
    """A linear function with a weight an entry, where AD has one number for all."""
    entries = e.substantial
    if not e.by_output or e.complex or entries.sum() < 3 or (e.off & ~entries).any():
        return
    if (entries.sum(axis=tuple(range(1, e.ad.ndim))) > 1).any():
        return  # an output is made of one element alone
    given, right = e.ad[entries], e.numeric[entries]
    if np.ptp(given) > 1e-12 * np.abs(given).max() or np.ptp(right) <= 1e-3 * np.abs(right).max():
        return
    linear = e.numeric.reshape(len(e.ad), -1) @ e.values.reshape(-1)
    used = entries.reshape(len(e.ad), -1).any(axis=1)
    if not np.allclose(linear[used], e.y[used], rtol=1e-6):
        return
    yield (
        f"weights are missing: each output is an element of {e.name} times a number of its own, "
        f"from {right.min():.4g} to {right.max():.4g} (a window, a mask, a weight), and AD has "
        f"{given[0]:.4g} for each of them"
    )


def through_one_number_of_each_group(e: Evidence) -> Iterator[str]:
    """The difference has rank one within each group of elements that the function ties together."""
    if not e.by_output or len(e.outputs.leaves) != 1 or not e.known.all() or e.complex:
        return
    rows = len(e.ad)
    difference = np.where(e.off, e.numeric - e.ad, 0.0).reshape(rows, -1)
    right = e.numeric.reshape(rows, -1)
    groups = _groups(np.abs(right) > 0)
    if len(groups) < 2:
        return
    sizes = []
    for outs, ins in groups:
        block, whole = difference[np.ix_(outs, ins)], right[np.ix_(outs, ins)]
        if min(block.shape) < 3 or not block.any():
            return
        values = np.linalg.svd(block, compute_uv=False)
        true = np.linalg.svd(whole, compute_uv=False)
        if values[1] > _CLOSE * values[0] or true[1] <= 1e-4 * true[0]:
            return
        sizes.append(values[0] / true[0])
    yield (
        f"a term is wrong or missing: in each of the {len(groups)} groups of elements that the "
        f"function ties together the difference has rank one ({min(sizes):.2g} of the Jacobian's "
        "size), like what flows through one number of the group (a mean, a norm, a variance): it "
        "is taken for a constant, or has another divisor"
    )


def one_vector_along_an_axis(e: Evidence) -> Iterator[str]:
    """The difference is one vector along an axis of the input, times what has no such axis."""
    axes = range(len(e.inputs.leaves[e.leaf].shape))
    if not e.by_output or len(axes) < 2 or not e.known.all() or e.complex:
        return
    difference = np.where(e.off, e.numeric - e.ad, 0.0)
    for axis in axes:
        unfolded, right = (
            np.moveaxis(a, axis + 1, 0).reshape(e.shape[axis], -1) for a in (difference, e.numeric)
        )
        if min(unfolded.shape) < 3:
            continue
        left, values, _ = np.linalg.svd(unfolded, full_matrices=False)
        true = np.linalg.svd(right, compute_uv=False)
        if values[1] > _CLOSE * values[0] or true[1] <= 1e-4 * true[0]:
            continue
        vector = left[:, 0]
        columns = np.moveaxis(e.values, axis, 0).reshape(len(vector), -1)
        size = np.linalg.norm(columns, axis=0)
        upright = (np.abs(vector @ columns) <= _CLOSE * size).all() and columns.shape[1] > 1
        like = (
            f", orthogonal to {e.name} there as the residual of a projection is" if upright else ""
        )
        yield (
            f"a term is missing: numeric − AD is an outer product, a vector along axis {axis} of "
            f"{e.name}{like}, times what does not depend on that axis"
        )
        return


def _groups(tied: Array) -> list[tuple[Array, Array]]:
    """The connected parts of a Jacobian's pattern (p, n): their outputs and inputs."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    outs, ins = np.nonzero(tied)
    p, n = tied.shape
    graph = coo_matrix((np.ones(len(outs)), (outs, p + ins)), shape=(p + n, p + n))
    count, label = connected_components(graph, directed=False)
    parts = [(np.flatnonzero(label[:p] == k), np.flatnonzero(label[p:] == k)) for k in range(count)]
    return [(o, i) for o, i in parts if len(o) and len(i)]
