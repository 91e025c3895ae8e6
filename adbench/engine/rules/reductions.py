"""Rules of sums, products, extremes and cumulative sums over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import HANDLERS, like
from adbench.engine.primitive import define


def axes_of(axis: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """`axis` as a tuple of non-negative ints; None is all of them.

    NumPy reduces a 0-d array over axis 0 or −1 too, of which it has none.
    """
    if axis is None or not shape:
        return tuple(range(len(shape)))
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return tuple(int(a) % len(shape) for a in axes)


def given(option: Any) -> Any:
    """An option's value; None where the caller gave none."""
    return None if option is np._NoValue else option


def count_of(axis: Any, shape: tuple[int, ...]) -> int:
    """How many elements each sum over `axis` has."""
    count = 1
    for a in axes_of(axis, shape):
        count *= shape[a]
    return count


def keep(reduced: Any, axis: Any, shape: tuple[int, ...], keepdims: Any = None) -> Any:
    """A reduction's result with the reduced axes kept as ones."""
    if keepdims:
        return reduced
    axes = axes_of(axis, shape)
    return np.reshape(reduced, tuple(1 if a in axes else n for a, n in enumerate(shape)))


def spread(g: Any, axis: Any, shape: tuple[int, ...], keepdims: Any) -> Any:
    """The transpose of a sum: the cotangent repeated along the axes it was summed over."""
    if axis is None and issubclass(type(g), np.generic):  # not one that is recorded
        # One number everywhere, in no memory; np.broadcast_to takes five times as long.
        return np.ndarray(shape, g.dtype, buffer=g, strides=(0,) * len(shape))
    return np.broadcast_to(keep(g, axis, shape, keepdims), shape)


def among_ties(a: Any, out: Any, axis: Any, keepdims: Any) -> Any:
    """Each extreme element's share: 1/k at k equal extremes, 0 elsewhere."""
    chosen = np.equal(a, keep(out, axis, a.shape, keepdims)).astype(a.dtype)
    return chosen / np.sum(
        chosen, axis=axis if axis is None else axes_of(axis, a.shape), keepdims=True
    )


def product_of_others(a: Any, out: Any, axis: Any, keepdims: Any) -> Any:
    """∏ of all elements but this one, exact also where elements are zero.

    out / a where nothing is zero; else products from the left and from the right.
    """
    if not np.any(np.equal(a, 0)):
        return keep(out, axis, a.shape, keepdims) / a
    axes = axes_of(axis, a.shape)
    kept = [i for i in range(len(a.shape)) if i not in axes]
    order = (*kept, *axes)
    flat = np.reshape(np.transpose(a, order), (*(a.shape[i] for i in kept), -1))
    one = np.ones_like(flat[..., :1])
    left = np.cumprod(np.concatenate([one, flat[..., :-1]], axis=-1), axis=-1)
    mirrored = np.concatenate([one, np.flip(flat, -1)[..., :-1]], axis=-1)
    others = left * np.flip(np.cumprod(mirrored, axis=-1), -1)
    others = np.reshape(others, tuple(a.shape[i] for i in order))
    return np.transpose(others, tuple(int(i) for i in np.argsort(order)))


define(
    np.sum,
    a=lambda g, a_shape, axis, keepdims, where: masked(spread(g, axis, a_shape, keepdims), where),
    additive=("initial",),
)
define(
    np.mean,
    a=lambda g, a_shape, axis, keepdims: spread(
        g / count_of(axis, a_shape), axis, a_shape, keepdims
    ),
)
define(
    np.prod,
    a=lambda g, a, out, axis, keepdims: (
        keep(g, axis, a.shape, keepdims) * product_of_others(a, out, axis, keepdims)
    ),
)
define(
    np.max,
    a=lambda g, a, out, axis, keepdims: (
        keep(g, axis, a.shape, keepdims) * among_ties(a, out, axis, keepdims)
    ),
)
define(
    np.min,
    a=lambda g, a, out, axis, keepdims: (
        keep(g, axis, a.shape, keepdims) * among_ties(a, out, axis, keepdims)
    ),
)
define(np.cumsum, a=lambda g, a_shape, axis: reversed_cumsum(g, axis, a_shape))


def masked(g: Any, where: Any) -> Any:
    """Zero where a reduction's `where=` left elements out."""
    return g if where is None or where is True else np.where(where, g, 0)


def reversed_cumsum(g: Any, axis: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of a cumulative sum: sums from each position to the end."""
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g))), shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


def cumprod_pull_back(g: Any, a: Any, out: Any, axis: Any) -> Any:
    """Σ over later positions of g·out, divided by a; where a is zero, by products between."""
    if axis is None or not a.shape:
        return np.reshape(_cumprod_rows(g, np.ravel(a), out), a.shape)
    rows = [np.moveaxis(x, axis, -1) for x in (g, a, out)]
    return np.moveaxis(_cumprod_rows(*rows), -1, axis)


def _cumprod_rows(g: Any, a: Any, out: Any) -> Any:
    if not np.any(np.equal(a, 0)):
        return np.flip(np.cumsum(np.flip(g * out, -1), axis=-1), -1) / a
    # ∂out[n]/∂a[k] = ∏ of a[j], j ≤ n, j ≠ k: for each k a product with a[k] replaced by one.
    size = a.shape[-1]
    before = np.tril(np.ones((size, size), dtype=a.dtype, **like(a)))  # [n, k]: k ≤ n
    replaced = np.where(np.eye(size, dtype=bool, **like(a)), 1, a[..., :, None])  # [j, k]
    return np.sum(g[..., :, None] * before * np.cumprod(replaced, axis=-2), axis=-2)


define(np.cumprod, a=cumprod_pull_back)


# The same as methods of ufuncs; np.add.reduce sums over the first axis unless told otherwise.
def _reduce(function: Any) -> Any:
    def reduce(array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, **kwargs: Any) -> Any:
        return function(array, axis=axis, out=out, **kwargs)

    return reduce


for _ufunc, _function in (
    (np.add, np.sum),
    (np.multiply, np.prod),
    (np.maximum, np.max),
    (np.minimum, np.min),
):
    HANDLERS[_ufunc, "reduce"] = _reduce(_function)
HANDLERS[np.add, "accumulate"] = lambda array, axis=0, dtype=None, out=None: np.cumsum(array, axis)
HANDLERS[np.multiply, "accumulate"] = lambda array, axis=0, dtype=None, out=None: np.cumprod(
    array, axis
)
