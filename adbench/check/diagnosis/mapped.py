"""What all inputs share: a factor, or a matrix, that the outputs' cotangent has to pass first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence

_CLOSE = 1e-6
_CONDITION = 1e4
"""Condition number of a Jacobian up to which a matrix can be told from it."""


def factor_of_each_output(e: Evidence) -> Iterator[str]:
    """One factor an output, the same for all that it depends on, whichever input that is."""
    if not e.by_output or len(e.ad) < 2 or not e.all_known.all():
        return
    ratios = [_one_ratio(*row) for row in zip(e.all_ad, e.all_numeric, e.all_doubt, strict=True)]
    if any(ratio is None for ratio in ratios):
        return
    values = np.array(ratios, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2 or np.ptp(values) <= 1e-4 or (values == 0).any():
        return
    inputs = "all inputs" if len(e.inputs.leaves) > 1 else "all its elements"
    yield (
        f"each output has a factor of its own, the same in {inputs}, from {values.min():.4g} to "
        f"{values.max():.4g}: what its cotangent is multiplied by first is missing or wrong, as "
        "the derivative of the last operation, or the denominator of an implicit function"
    )


def _one_ratio(ad: Array, numeric: Array, doubt: Array) -> float | None:
    """The ratio that all entries of a row share; NaN where it is zero, None where there is none."""
    size = float(np.abs(numeric).max(initial=0.0))
    counts = np.abs(numeric) > 4 * doubt + 1e-9 * size
    if (np.abs(ad[~counts]) > 4 * doubt[~counts] + 1e-9 * size).any():
        return None
    if not counts.any():
        return np.nan
    ratio = ad[counts] / numeric[counts]
    middle = float(np.median(ratio))
    allowed = (4 * doubt[counts] / np.abs(numeric[counts]) + _CLOSE) * max(1.0, abs(middle))
    if counts.sum() < 2 or not (np.abs(ratio - middle) <= allowed).all():
        return None
    return middle


def factor_shared_by_inputs(e: Evidence) -> Iterator[str]:
    """Two inputs that are off by one and the same factor, element by element or row by row."""
    if len(e.inputs.leaves) < 2 or not e.all_known.all() or not e.substantial.all():
        return
    ratio, doubt = _ratios(e, e.leaf)
    if ratio.size < 3 or np.ptp(ratio) <= 1e-4 or (ratio == 0).any():
        return
    if (np.abs(ratio - 1) < 1e-4).any():
        return
    for leaf, spec in enumerate(e.inputs.leaves):
        if leaf == e.leaf or spec.dtype.kind == "c":
            continue
        there, doubt_there = _ratios(e, leaf)
        along = _alike(ratio, doubt, there, doubt_there)
        if along is None:
            continue
        how = "element by element"
        if ratio.ndim != there.ndim:
            longer = e.name if ratio.ndim > there.ndim else spec.name
            how = f"along {'axes' if len(along) > 1 else 'axis'} {_listed(along)} of {longer}"
        yield (
            f"{e.name} and {spec.name} are off by the same factor, {how}, from {ratio.min():.4g} "
            f"to {ratio.max():.4g}: the gradient that both are made of is wrong, as by the last "
            "operation's derivative, or the denominator of an implicit function"
        )
        return


def _ratios(e: Evidence, leaf: int) -> tuple[Array, Array]:
    """AD over numeric of a leaf, (rows, *shape), and its uncertainty."""
    ad, numeric, doubt = (e.own(a, leaf) for a in (e.all_ad, e.all_numeric, e.all_doubt))
    with np.errstate(all="ignore"):
        ratio = ad / numeric
        return ratio, np.abs(ratio) * (4 * doubt / np.abs(numeric) + _CLOSE)


def _alike(one: Array, doubt: Array, other: Array, doubt_other: Array) -> tuple[int, ...] | None:
    """The axes of the larger along which both ratios (rows, *shape) are the same."""
    if one.ndim < other.ndim:
        return _alike(other, doubt_other, one, doubt)
    rows = one.shape[0]
    for axes in combinations(range(1, one.ndim), other.ndim - 1):
        if tuple(one.shape[a] for a in axes) != other.shape[1:] or not axes:
            continue
        shape = [rows] + [one.shape[a] if a in axes else 1 for a in range(1, one.ndim)]
        there, unsure = other.reshape(shape), doubt_other.reshape(shape)
        if np.isfinite(there).all() and (np.abs(one - there) <= doubt + unsure).all():
            return tuple(a - 1 for a in axes)
    return None


def _listed(axes: tuple[int, ...]) -> str:
    return " and ".join(map(str, axes))


def outputs_mixed_by_a_matrix(e: Evidence) -> Iterator[str]:
    """AD's Jacobian is M times the right one, with one matrix M for all inputs."""
    outputs, size = e.all_ad.shape
    if not e.by_output or outputs < 2 or not e.all_known.all():
        return
    right = np.linalg.svd(e.all_numeric, compute_uv=False)
    if size < outputs + 2 or right[-1] * _CONDITION < right[0]:
        return
    matrix = np.linalg.lstsq(e.all_numeric.T, e.all_ad.T, rcond=None)[0].T
    left = e.all_ad - matrix @ e.all_numeric
    allowed = _CLOSE * float(np.abs(e.all_ad).max()) + 8 * float(e.all_doubt.max())
    change = matrix - np.eye(outputs)
    if np.abs(left).max() > allowed or np.abs(change).max() < 1e-4:
        return
    radius = float(np.abs(np.linalg.eigvals(change)).max())
    words = (
        f"AD's Jacobian is M times the right one, with the same {outputs}×{outputs} matrix M for "
        "all inputs: the cotangent is to pass M⁻¹ first"
    )
    if radius < 1:
        words += (
            ". As of a fixed point z = f(z, …) whose adjoint, the solve with (I − ∂f/∂z)ᵀ, is left "
            f"out: the eigenvalues of I − M are at most {radius:.3g} in size"
        )
    yield words
