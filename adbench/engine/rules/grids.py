"""Differences, integrals, interpolation and spacing on grids, as compositions."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import derived
from adbench.engine.rules.indexing import getitem
from adbench.engine.rules.reductions import axes_of, given

# Differences, sums and interpolation on a grid.


@derived(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    lead = (slice(None),) * (axis % a.ndim)
    edges = [given(prepend), a, given(append)]
    if edges[0] is not None or edges[2] is not None:
        shape = tuple(1 if i == axis % a.ndim else k for i, k in enumerate(a.shape))
        edges = [
            np.broadcast_to(of_library(e, a), shape) if np.ndim(e) == 0 else e
            for e in edges
            if e is not None
        ]
        a = np.concatenate(edges, axis=axis)
    for _ in range(n):
        a = a[(*lead, slice(1, None))] - a[(*lead, slice(None, -1))]
    return a


def of_library(x: Any, other: Any) -> Any:
    """A list or a number as an array of the library that another array is of."""
    return x if hasattr(x, "dtype") else np.asarray(x, **like(other))


@derived(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ary = np.ravel(ary)
    parts = [to_begin, ary[1:] - ary[:-1], to_end]
    parts = [np.ravel(of_library(p, ary)) for p in parts if p is not None]
    return np.concatenate(parts, dtype=ary.dtype)


@derived(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    axes = axes_of(axis, f.shape)
    steps = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    results = [_gradient_along(f, h, i, edge_order) for h, i in zip(steps, axes, strict=True)]
    return results[0] if len(results) == 1 else tuple(results)


def _gradient_along(f: Any, step: Any, axis: int, edge_order: int) -> Any:
    """Second-order differences inside, one-sided ones of `edge_order` at the ends."""
    f = np.moveaxis(f, axis, -1)
    h = np.diff(step) if np.ndim(step) == 1 else step * np.ones(f.shape[-1] - 1, **like(f))
    a, b = h[:-1], h[1:]
    inside = (
        f[..., 2:] * (a / (b * (a + b)))
        + f[..., 1:-1] * ((b - a) / (a * b))
        - f[..., :-2] * (b / (a * (a + b)))
    )
    if edge_order == 1:
        first = (f[..., 1] - f[..., 0]) / h[0]
        last = (f[..., -1] - f[..., -2]) / h[-1]
    else:
        p, q = h[0], h[1]
        first = (
            -(2 * p + q) / (p * (p + q)) * f[..., 0]
            + (p + q) / (p * q) * f[..., 1]
            - p / (q * (p + q)) * f[..., 2]
        )
        p, q = h[-2], h[-1]
        last = (
            q / (p * (p + q)) * f[..., -3]
            - (p + q) / (p * q) * f[..., -2]
            + (2 * q + p) / (q * (p + q)) * f[..., -1]
        )
    joined = np.concatenate([first[..., None], inside, last[..., None]], axis=-1)
    return np.moveaxis(joined.astype(f.dtype), -1, axis)


@derived(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = np.moveaxis(y, axis, -1)
    if x is None:
        step = dx
    else:
        step = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1), axis=-1)
    return np.sum(step * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


@derived(np.interp)
def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    if period is not None:
        raise DifferentiationError("numpy.interp", "period= has no rule", "np.mod before np.interp")
    x, xp, fp = (of_library(a, b) for a, b in ((x, xp), (xp, x), (fp, x)))
    xp, fp = np.ravel(xp), np.ravel(fp)
    n = np.shape(xp)[0]
    if n == 1:
        inside = fp[0] + 0 * x
    else:
        place = np.clip(np.searchsorted(plain(xp), plain(x), side="right") - 1, 0, n - 2)
        x0, x1, f0, f1 = (getitem(a, index=i) for a in (xp, fp) for i in (place, place + 1))
        inside = f0 + (x - x0) * ((f1 - f0) / (x1 - x0))
    inside = np.where(plain(x) < plain(xp[0]), fp[0] if left is None else left, inside)
    return np.where(plain(x) > plain(xp[-1]), fp[-1] if right is None else right, inside)
