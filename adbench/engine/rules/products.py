"""Rules of matrix products and of everything that is one: einsum, tensordot, convolution."""

from __future__ import annotations

import warnings
from string import ascii_letters
from typing import Any

import numpy as np

from adbench.engine.array import like
from adbench.engine.primitive import define, derived

# Matrix product, with NumPy's conventions for vectors and stacks.


def matmul_left(g: Any, x_shape: Any, y: Any) -> Any:
    """∂/∂x of x @ y: g @ yᵀ."""
    if len(x_shape) == 1:
        return g * y if y.ndim == 1 else (y @ g[..., None])[..., 0]
    if y.ndim == 1:
        return g[..., None] * y
    return g @ np.swapaxes(y, -1, -2)


def matmul_right(g: Any, x: Any, y_shape: Any) -> Any:
    """∂/∂y of x @ y: xᵀ @ g."""
    if x.ndim == 1:
        return g * x if len(y_shape) == 1 else x[:, None] * g[..., None, :]
    if len(y_shape) == 1:
        return (np.swapaxes(x, -1, -2) @ g[..., None])[..., 0]
    return np.swapaxes(x, -1, -2) @ g


define(np.matmul, x=matmul_left, y=matmul_right)


@derived(np.dot)
def _dot(a: Any, b: Any, out: Any = None) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(b) <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, (-1, -2))


@derived(np.tensordot, np.linalg.tensordot)
def _tensordot(a: Any, b: Any, /, axes: Any = 2) -> Any:
    if np.ndim(axes) == 0:
        n = int(axes)
        over_a, over_b = list(range(np.ndim(a) - n, np.ndim(a))), list(range(n))
    else:
        over_a, over_b = ([s] if np.ndim(s) == 0 else list(s) for s in axes)
    over_a = [i % np.ndim(a) for i in over_a]
    over_b = [i % np.ndim(b) for i in over_b]
    free_a = [i for i in range(np.ndim(a)) if i not in over_a]
    free_b = [i for i in range(np.ndim(b)) if i not in over_b]
    shape_a, shape_b = np.shape(a), np.shape(b)
    if [shape_a[i] for i in over_a] != [shape_b[i] for i in over_b]:
        raise ValueError(f"shape-mismatch for sum: {shape_a} and {shape_b} over axes {axes}")
    inner = int(np.prod([shape_a[i] for i in over_a], dtype=int))
    rows = int(np.prod([shape_a[i] for i in free_a], dtype=int))
    columns = int(np.prod([shape_b[i] for i in free_b], dtype=int))
    left = np.reshape(np.transpose(a, (*free_a, *over_a)), (rows, inner))
    right = np.reshape(np.transpose(b, (*over_b, *free_b)), (inner, columns))
    shape = [shape_a[i] for i in free_a] + [shape_b[i] for i in free_b]
    return np.reshape(np.matmul(left, right), shape)


@derived(np.inner)
def _inner(a: Any, b: Any, /) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    return np.tensordot(a, b, (-1, -1))


@derived(np.outer)
def _outer(a: Any, b: Any, out: Any = None) -> Any:
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


@derived(np.linalg.outer)
def _linalg_outer(x1: Any, x2: Any, /) -> Any:
    return np.outer(x1, x2)


@derived((np.multiply, "outer"))
def _multiply_outer(a: Any, b: Any) -> Any:
    return np.multiply(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)


@derived((np.add, "outer"))
def _add_outer(a: Any, b: Any) -> Any:
    return np.add(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)


@derived((np.subtract, "outer"))
def _subtract_outer(a: Any, b: Any) -> Any:
    return np.subtract(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)


@derived(np.vdot)
def _vdot(a: Any, b: Any, /) -> Any:
    return np.matmul(np.conj(np.ravel(a)), np.ravel(b))


@derived(np.vecdot)
def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.sum(np.multiply(np.conj(x1), x2), axis=axis)


@derived(np.linalg.vecdot)
def _linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return _vecdot(x1, x2, axis=axis)


@derived(np.matvec)
def _matvec(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, np.expand_dims(x2, -1))[..., 0]


@derived(np.vecmat)
def _vecmat(x1: Any, x2: Any, /) -> Any:
    return np.matmul(np.expand_dims(np.conj(x1), -2), x2)[..., 0, :]


@derived(np.linalg.matmul)
def _linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


@derived(np.kron)
def _kron(a: Any, b: Any) -> Any:
    n = max(np.ndim(a), np.ndim(b))
    shape_a = (1,) * (n - np.ndim(a)) + np.shape(a)
    shape_b = (1,) * (n - np.ndim(b)) + np.shape(b)
    left = np.reshape(a, [k for size in shape_a for k in (size, 1)])
    right = np.reshape(b, [k for size in shape_b for k in (1, size)])
    return np.reshape(
        np.multiply(left, right), [p * q for p, q in zip(shape_a, shape_b, strict=True)]
    )


@derived(np.cross)
def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    left, right = np.unstack(a, axis=axisa), np.unstack(b, axis=axisb)
    if not {len(left), len(right)} <= {2, 3}:
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if len(left) == 2 or len(right) == 2:
        warnings.warn(
            "Arrays of 2-dimensional vectors are deprecated. Use arrays of 3-dimensional vectors "
            "instead. (deprecated in NumPy 2.0)",
            DeprecationWarning,
            stacklevel=3,
        )
    (a0, a1), (b0, b1) = left[:2], right[:2]
    if len(left) == len(right) == 2:
        return a0 * b1 - a1 * b0
    a2, b2 = (v[2] if len(v) == 3 else 0 for v in (left, right))
    return np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=axisc)


@derived(np.linalg.cross)
def _linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors")
    return np.cross(x1, x2, axis=axis)


@derived(np.linalg.multi_dot)
def _multi_dot(arrays: Any, *, out: Any = None) -> Any:
    result, *others = arrays
    for other in others:
        result = np.matmul(result, other)
    return result


# Einstein summation.


def _einsum(*operands: Any, subscripts: str, optimize: Any = False) -> Any:
    return np.einsum(subscripts, *operands, optimize=optimize)


def einsum_pull_back(g: Any, position: int, arrays: Any, subscripts: str, optimize: Any) -> Any:
    """The cotangent of one operand is an einsum too: of g with the others.

    An index that only this operand has was summed alone: there the cotangent repeats. An index
    that it has twice took a diagonal: there the cotangent gets one back, by an identity matrix.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    mine, array = terms[position], arrays[position]
    operands = [a for i, a in enumerate(arrays) if i != position]
    others = [t for i, t in enumerate(terms) if i != position]
    spare = (c for c in ascii_letters if c not in subscripts)
    target = ""
    for index, size in zip(mine, array.shape, strict=True):
        if index in target:
            fresh = next(spare)
            operands.append(np.eye(size, dtype=array.dtype, **like(array)))
            others.append(index + fresh)
            index = fresh
        elif index not in output and not any(index in t for t in others):
            operands.append(np.ones(size, dtype=array.dtype, **like(array)))
            others.append(index)
        target += index
    # Of three or more, NumPy without a path loops over all indices at once.
    path = optimize or len(operands) > 1
    return np.einsum(f"{','.join([output, *others])}->{target}", g, *operands, optimize=path)


einsum = define(_einsum, name="einsum", each=einsum_pull_back)


@derived(np.einsum)
def _np_einsum(*args: Any, optimize: Any = False, out: Any = None, **kwargs: Any) -> Any:
    if isinstance(args[0], str):
        subscripts, *operands = args
    else:
        subscripts, operands = _from_sublists(args)
    result = einsum(*operands, subscripts=explicit(subscripts, operands), optimize=optimize)
    return result if kwargs.get("dtype") is None else result.astype(kwargs["dtype"])


def _from_sublists(args: tuple[Any, ...]) -> tuple[str, list[Any]]:
    def term(indices: Any) -> str:
        return "".join("..." if i is Ellipsis else ascii_letters[i] for i in indices)

    terms = ",".join(term(indices) for indices in args[1::2])
    if len(args) % 2:
        return f"{terms}->{term(args[-1])}", list(args[:-1:2])
    return terms, list(args[::2])


def explicit(subscripts: str, operands: list[Any]) -> str:
    """Subscripts with an output and with letters for each ellipsis."""
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    spare = [c for c in ascii_letters if c not in subscripts]
    widest = 0
    for i, (term, operand) in enumerate(zip(terms, operands, strict=True)):
        if "..." in term:
            n = np.ndim(operand) - len(term) + 3
            widest = max(widest, n)
            terms[i] = term.replace("...", "".join(spare[:n][::-1]))
    ellipsis = "".join(spare[:widest][::-1])
    if not arrow:
        joined = inputs.replace(",", "").replace("...", "")
        output = ellipsis + "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    return f"{','.join(terms)}->{output.replace('...', ellipsis)}"


# Convolution (full): out[n] = Σₖ a[k]·v[n−k].


def _convolve(a: Any, v: Any) -> Any:
    return np.convolve(a, v)


convolve = define(
    _convolve,
    name="convolve",
    a=lambda g, v: np.convolve(g, np.flip(v), "valid"),
    v=lambda g, a: np.convolve(g, np.flip(a), "valid"),
)


@derived(np.convolve)
def _np_convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    full = convolve(a, v)
    n, m = max(np.size(a), np.size(v)), min(np.size(a), np.size(v))
    if mode == "full":
        return full
    if mode == "same":
        return full[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode == "valid":
        return full[m - 1 : n]
    raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")


@derived(np.correlate)
def _correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    return np.convolve(a, np.flip(np.conj(v)), mode)
