"""Norms of vectors and matrices, and condition numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import plain
from adbench.engine.primitive import define, derived
from adbench.engine.rules.linalg import conj


def _norm2(x: Any, axis: Any) -> Any:
    return np.sqrt(np.sum(np.abs(x) ** 2, axis=axis))


def norm2_pull_back(g: Any, x: Any, out: Any, axis: Any) -> Any:
    """conj(x)/‖x‖, and the subgradient 0 at x = 0."""
    zero = np.equal(out, 0)
    weight = np.where(zero, 0, g / np.where(zero, 1, out))
    kept = tuple(1 if i in axis else n for i, n in enumerate(x.shape))
    return np.reshape(weight, kept) * conj(x)


norm2 = define(_norm2, name="linalg.norm2", x=norm2_pull_back)


@derived(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if axis is None and ord is None:
        axis = tuple(range(x.ndim))
    elif axis is None:
        axis = tuple(range(x.ndim))
        if len(axis) > 2:
            raise ValueError("Improper number of dimensions to norm.")
    axes = tuple(i % x.ndim for i in (axis if isinstance(axis, tuple) else (axis,)))
    if ord is None or (ord == "fro" and len(axes) == 2):
        result = norm2(x, axes)
    elif len(axes) == 1:
        result = _p_norm(x, ord, axes)
    else:
        result = _matrix_norm(x, ord, axes)
    if keepdims:
        result = np.reshape(result, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))
    return result


def _p_norm(x: Any, ord: Any, axes: tuple[int, ...]) -> Any:
    if ord == 2:
        return norm2(x, axes)
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axes)
    if ord == -np.inf:
        return np.min(size, axis=axes)
    if ord == 0:
        return np.sum(plain(x) != 0, axis=axes).astype(size.dtype)
    if ord == 1:
        return np.sum(size, axis=axes)
    return np.sum(size**ord, axis=axes) ** (1 / ord)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...]) -> Any:
    x = np.moveaxis(x, axes, (-2, -1))
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
        return np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    s = np.linalg.svdvals(x)
    if ord == "nuc":
        return np.sum(s, axis=-1)
    if ord in (2, -2):
        return np.max(s, axis=-1) if ord > 0 else np.min(s, axis=-1)
    raise ValueError(f"Invalid norm order for matrices: {ord!r}")


@derived(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(i % x.ndim for i in axes)
    result = _p_norm(x, ord, axes)
    if keepdims:
        result = np.reshape(result, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))
    return result


@derived(np.linalg.matrix_norm)
def _linalg_matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@derived(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, (-2, -1))
