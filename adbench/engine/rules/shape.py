"""Rules of functions that move elements, repeat them, or join arrays: permutations and sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import define, derived

# Same elements, another shape.


def _reshape(a: Any, shape: Any, order: str = "C") -> Any:
    if order not in ("C", "F"):
        raise DifferentiationError(
            "numpy.reshape", f"order={order!r} depends on memory layout", "order='C' or order='F'"
        )
    return a.reshape(shape, order=order) if hasattr(a, "reshape") else np.reshape(a, shape)


reshape = define(
    _reshape,
    name="reshape",
    a=lambda g, a_shape, order: g.reshape(a_shape, order=order),
)
transpose = define(
    np.transpose, a=lambda g, axes, a_shape: g.transpose(inverse_permutation(axes, len(a_shape)))
)
swapaxes = define(np.swapaxes, a=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2))
define(np.moveaxis, a=lambda g, source, destination: np.moveaxis(g, destination, source))
define(np.expand_dims, a=lambda g, a_shape: np.reshape(g, a_shape))
define(np.squeeze, a=lambda g, a_shape: np.reshape(g, a_shape))
define(np.flip, m=lambda g, axis: np.flip(g, axis))
define(np.roll, a=lambda g, shift, axis: np.roll(g, _negated(shift), axis))
define(np.rot90, m=lambda g, k, axes: np.rot90(g, -k, axes))


def inverse_permutation(axes: Any, ndim: int) -> tuple[int, ...]:
    """The permutation that undoes np.transpose(a, axes)."""
    if axes is None:
        return tuple(range(ndim))[::-1]
    inverse = [0] * ndim
    for place, axis in enumerate(axes):
        inverse[axis] = place
    return tuple(inverse)


def _negated(shift: Any) -> Any:
    return tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift


@derived(np.reshape)
def _np_reshape(a: Any, shape: Any = None, order: str = "C", *, copy: Any = None) -> Any:
    return reshape(a, shape, order)


@derived(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return reshape(a, -1, order)


@derived(np.matrix_transpose, np.linalg.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    return swapaxes(x, -1, -2)


@derived(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    n = np.ndim(a)
    axis, start = axis % n, start + n if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


@derived(np.fliplr)
def _fliplr(m: Any) -> Any:
    return np.flip(m, 1)


@derived(np.flipud)
def _flipud(m: Any) -> Any:
    return np.flip(m, 0)


@derived(np.atleast_1d)
def _atleast_1d(*arrays: Any) -> Any:
    return _each(lambda a: np.reshape(a, (1,)) if np.ndim(a) == 0 else a, arrays)


@derived(np.atleast_2d)
def _atleast_2d(*arrays: Any) -> Any:
    return _each(lambda a: np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a, arrays)


@derived(np.atleast_3d)
def _atleast_3d(*arrays: Any) -> Any:
    def widen(a: Any) -> Any:
        shapes = {0: (1, 1, 1), 1: (1, -1, 1), 2: (*np.shape(a), 1)}
        return np.reshape(a, shapes[np.ndim(a)]) if np.ndim(a) < 3 else a

    return _each(widen, arrays)


def _each(function: Any, arrays: tuple[Any, ...]) -> Any:
    results = tuple(function(a) for a in arrays)
    return results[0] if len(results) == 1 else results


# Another type.


def _astype(x: Any, dtype: Any) -> Any:
    return x.astype(dtype)


astype = define(_astype, name="astype", x=lambda g: g)


@derived(np.astype)
def _np_astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    if np.dtype(dtype).kind not in "fc":
        return plain(x).astype(dtype)  # rounding is piecewise constant
    return astype(x, dtype)


def _copy(a: Any) -> Any:
    return a.copy()


copy = define(_copy, name="copy", a=lambda g: g)


@derived(np.copy)
def _np_copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return copy(a)
