"""How NumPy's functions act on batches of cotangents: as on each, batches being the first axis."""

from __future__ import annotations

import math
from string import ascii_letters
from typing import Any

import numpy as np

from adbench.engine.batch import Batched, aligned, length, rule, stretched


def shifted(axis: Any, ndim: int) -> Any:
    """Axes of each array as axes of the memory; None is all of them."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, (tuple, list)):
        return tuple(shifted(a, ndim) for a in axis)
    return axis + 1 if axis >= 0 else axis


def as_shape(shape: Any) -> tuple[int, ...]:
    """A shape given as one number or several."""
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


@rule(np.shape, np.ndim, np.size)
def _about(function: Any, a: Any) -> Any:
    return function(a.value[0])


@rule(np.any)
def _any(function: Any, a: Any) -> bool:
    return bool(np.any(a.value))


@rule(np.real, np.imag, np.copy)
def _elementwise(function: Any, a: Any) -> Any:
    return Batched(function(a.value))


@rule(np.zeros_like, np.ones_like)
def _like(function: Any, a: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    shape = a.shape if shape is None else as_shape(shape)
    return Batched(function(a.value, dtype=dtype, shape=(a.value.shape[0], *shape)))


@rule(np.where)
def _where(function: Any, condition: Any, x: Any, y: Any) -> Any:
    return Batched(np.where(*aligned((condition, x, y))))


# Along axes.


@rule(np.sum, np.mean)
def _reduction(function: Any, a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return Batched(function(a.value, axis=shifted(axis, a.ndim), keepdims=keepdims))


@rule(np.flip)
def _flip(function: Any, m: Any, axis: Any = None) -> Any:
    return Batched(np.flip(m.value, shifted(axis, m.ndim)))


@rule(np.cumsum)
def _cumsum(function: Any, a: Any, axis: Any = None) -> Any:
    return NotImplemented if axis is None else Batched(np.cumsum(a.value, shifted(axis, a.ndim)))


@rule(np.roll)
def _roll(function: Any, a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return NotImplemented
    return Batched(np.roll(a.value, shift, shifted(axis, a.ndim)))


@rule(np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft)
def _transform(function: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    return Batched(function(a.value, n, shifted(axis, a.ndim), norm))


@rule(np.tril, np.triu)
def _triangle(function: Any, m: Any, k: int = 0) -> Any:
    return NotImplemented if m.ndim < 2 else Batched(function(m.value, k))


# Shapes.


@rule(np.reshape)
def _reshape(function: Any, a: Any, shape: Any, order: str = "C") -> Any:
    if order != "C":
        return NotImplemented
    known = -math.prod(as_shape(shape)) or 1  # the other dimensions' product, if one is -1
    shape = [a.size // known if n == -1 else n for n in as_shape(shape)]
    return Batched(a.value.reshape((a.value.shape[0], *shape)))


@rule(np.transpose)
def _transpose(function: Any, a: Any, axes: Any = None) -> Any:
    axes = range(a.ndim)[::-1] if axes is None else [axis % a.ndim for axis in axes]
    return Batched(a.value.transpose((0, *(axis + 1 for axis in axes))))


@rule(np.swapaxes, np.moveaxis)
def _permutation(function: Any, a: Any, source: Any, destination: Any) -> Any:
    return Batched(function(a.value, shifted(source, a.ndim), shifted(destination, a.ndim)))


@rule(np.expand_dims)
def _expand_dims(function: Any, a: Any, axis: Any) -> Any:
    return Batched(np.expand_dims(a.value, shifted(axis, a.ndim)))


@rule(np.broadcast_to)
def _broadcast_to(function: Any, array: Any, shape: Any) -> Any:
    value = stretched(array, len(as_shape(shape)))
    return Batched(np.broadcast_to(value, (value.shape[0], *as_shape(shape))))


@rule(np.pad)
def _pad(function: Any, array: Any, pad_width: Any) -> Any:
    # One number, one pair, or one pair for all axes stand for as many pairs as there are axes.
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))
    return Batched(np.pad(array.value, [(0, 0), *widths.tolist()]))


@rule(np.concatenate, np.stack)
def _join(function: Any, arrays: Any, axis: int = 0) -> Any:
    count = length(arrays) or 0
    values = [
        a.value if isinstance(a, Batched) else np.broadcast_to(a, (count, *np.shape(a)))
        for a in arrays
    ]
    return Batched(function(values, shifted(axis, 0)))


# Products.


@rule(np.matmul)
def _matmul(function: Any, x: Any, y: Any) -> Any:
    """Vectors as matrices of one row or column; one product where one side is a plain matrix."""
    if x.ndim == 1:
        product = _matmul(function, _with_axis(x, -2), y)
        return Batched(product.value[..., 0, :] if y.ndim > 1 else product.value[..., 0])
    if y.ndim == 1:
        return Batched(_matmul(function, x, _with_axis(y, -1)).value[..., 0])
    if not isinstance(y, Batched) and x.ndim == y.ndim == 2:
        count, rows, inner = x.value.shape
        flat = x.value.reshape((count * rows, inner)) @ y
        return Batched(flat.reshape((count, rows, y.shape[1])))
    if not isinstance(x, Batched) and x.ndim == y.ndim == 2 and y.shape[1] == 1:
        return Batched((y.value[..., 0] @ x.T)[..., None])
    ndim = max(x.ndim, y.ndim)
    return Batched(np.matmul(stretched(x, ndim), stretched(y, ndim)))


def _with_axis(x: Any, axis: int) -> Any:
    if not isinstance(x, Batched):
        return np.expand_dims(x, axis)
    return Batched(np.expand_dims(x.value, axis))


@rule(np.einsum)
def _einsum(function: Any, subscripts: str, *operands: Any, optimize: Any = False) -> Any:
    inputs, output = subscripts.split("->")
    free = next(c for c in ascii_letters if c not in subscripts)
    terms = [
        free + term if isinstance(x, Batched) else term
        for term, x in zip(inputs.split(","), operands, strict=True)
    ]
    values = [x.value if isinstance(x, Batched) else x for x in operands]
    return Batched(np.einsum(f"{','.join(terms)}->{free}{output}", *values, optimize=optimize))


@rule(np.linalg.solve)
def _solve(function: Any, a: Any, b: Any) -> Any:
    """One factorisation for all right-hand sides."""
    if isinstance(a, Batched) or b.ndim != a.ndim:
        return NotImplemented
    if a.ndim > 2:
        return Batched(np.linalg.solve(a, b.value))
    count, n, k = b.value.shape
    columns = b.value.transpose((1, 0, 2)).reshape((n, count * k))
    return Batched(np.linalg.solve(a, columns).reshape((n, count, k)).transpose((1, 0, 2)))
