"""numpy.linalg on exact arrays, over stacks of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from adbench.numeric.exact import factorizations
from adbench.numeric.exact.array import ExactArray, is_complex, raw_of, wrap
from adbench.numeric.exact.numbers import box, complexly, exactly
from adbench.numeric.exact.reductions import exact
from adbench.numeric.exact.structure import covers
from adbench.numeric.refusal import refuse, spend

_EPSILON = float(np.finfo(float).eps)
"""NumPy cuts singular values off in units of it; so the cut is made where NumPy makes it."""


def _stacked(function: Callable[..., Any], *arrays: Any, cost: float) -> Any:
    """`function` for each matrix of a stack; what it returns, stacked the same way."""
    complex_ = any(is_complex(a) for a in arrays)
    raws = [raw_of(a, complex_) for a in arrays]
    for raw in raws:
        if raw.ndim < 2:
            raise LinAlgError("matrices have at least two dimensions")
    stack = np.broadcast_shapes(*(raw.shape[:-2] for raw in raws))
    raws = [np.broadcast_to(raw, stack + raw.shape[-2:]) for raw in raws]
    count = int(np.prod(stack, dtype=int))
    spend(cost * max(raws[0].shape[-2:]) ** 3 * count)
    if count == 0:
        raise refuse("numpy.linalg", "of an empty stack is not covered")
    results = []
    for index in np.ndindex(*stack):
        spend(0)
        results.append(function(*(raw[index] for raw in raws)))
    if isinstance(results[0], tuple):
        return tuple(_restack(parts, stack) for parts in zip(*results, strict=True))
    return _restack(results, stack)


def _restack(parts: Any, stack: tuple[int, ...]) -> ExactArray:
    values = np.stack([box(part) for part in parts])
    values = values.reshape(stack + values.shape[1:])
    complex_ = is_complex(values)
    return wrap(complexly(values) if complex_ else exactly(values), complex_)


def _square(a: Any) -> None:
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise LinAlgError("Last 2 dimensions of the array must be square")


@covers(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """As numpy.linalg.solve; b is a vector where it has one dimension."""
    matrix, right = exact(a), exact(b)
    _square(matrix)
    if right.ndim == 1:
        return _stacked(factorizations.solve, matrix, right[:, None], cost=1)[..., 0]
    return _stacked(factorizations.solve, matrix, right, cost=1)


@covers(np.linalg.inv)
def inv(a: Any) -> Any:
    """The inverse."""
    _square(a)
    return solve(a, ExactArray(np.eye(a.shape[-1])))


@covers(np.linalg.det)
def det(a: Any) -> Any:
    """The determinant."""
    _square(a)
    return _stacked(factorizations.determinant, a, cost=0.3)


@covers(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """Sign and logarithm of the determinant."""
    from numpy.linalg._linalg import SlogdetResult

    d = det(a)
    return SlogdetResult(np.sign(d), np.log(np.abs(d)))


@covers(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The lower factor, or its conjugate transpose."""
    _square(a)
    if upper:
        a = np.conjugate(np.matrix_transpose(a))
    lower = _stacked(factorizations.cholesky, a, cost=0.3)
    return np.conjugate(np.matrix_transpose(lower)) if upper else lower


@covers(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """As numpy.linalg.qr in the modes reduced, complete and r."""
    from numpy.linalg._linalg import QRResult

    if mode not in ("reduced", "complete", "r"):
        raise refuse("numpy.linalg.qr", f"with mode={mode!r} is not covered")
    columns = a.shape[-2] if mode == "complete" else min(a.shape[-2:])
    q, r = _stacked(lambda m: factorizations.qr(m, columns), a, cost=3)
    return r if mode == "r" else QRResult(q, r)


@covers(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of Hermitian matrices."""
    from numpy.linalg._linalg import EighResult

    _square(a)
    uplo = UPLO.upper()
    w, v = _stacked(lambda m: factorizations.eigh(m, a.complex, uplo), a, cost=40)
    return EighResult(w, v)


@covers(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of Hermitian matrices."""
    return eigh(a, UPLO)[0]


@covers(np.linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """As numpy.linalg.svd. What completes a basis has no formula, and is refused."""
    from numpy.linalg._linalg import SVDResult

    if not compute_uv:
        return svdvals(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise refuse("numpy.linalg.svd", "with full_matrices=True is covered for squares only")
    u, s, vh = _stacked(lambda m: factorizations.svd(m, a.complex), a, cost=60)
    return SVDResult(u, s, vh)


@covers(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Singular values, descending."""
    return _stacked(lambda m: factorizations.singular_values(m, x.complex), x, cost=40)


@covers(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Pseudo-inverse; singular values below the cut-off count as zero."""
    cut = rcond if rcond is not None else rtol
    if cut is None:
        cut = max(a.shape[-2:]) * _EPSILON
    u, s, vh = svd(a, full_matrices=False)
    kept = s > np.max(s, axis=-1, keepdims=True) * cut
    inverse = np.where(kept, np.divide(1, np.where(kept, s, 1.0)), 0.0)
    v = np.conjugate(np.matrix_transpose(vh))
    return (v * inverse[..., None, :]) @ np.conjugate(np.matrix_transpose(u))


@covers(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """As numpy.linalg.lstsq: solution, residuals, rank, singular values."""
    matrix, right = exact(a), exact(b)
    cut = max(matrix.shape) * _EPSILON if rcond is None else _EPSILON if rcond == -1 else rcond
    x = pinv(matrix, cut) @ right
    s = svdvals(matrix)
    rank = int(np.count_nonzero(s > np.max(s) * cut))
    misfit: Any = right - matrix @ x
    determined = rank == matrix.shape[1] and matrix.shape[0] > matrix.shape[1]
    residuals = np.sum(np.atleast_1d(np.abs(misfit) ** 2), axis=0) if determined else x[:0]
    if determined and residuals.ndim == 0:
        residuals = residuals.reshape(1)
    return x, residuals, rank, s


@covers(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """a @ a @ … by repeated squaring; inverted for negative n."""
    _square(a)
    base = inv(a) if n < 0 else a
    result: Any = ExactArray(np.broadcast_to(np.eye(a.shape[-1]), a.shape), a.complex)
    for bit in bin(abs(n))[2:]:
        result = result @ result
        if bit == "1":
            result = result @ base
    return result


@covers(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """(Σ |x|^ord)^(1/ord), and its limits."""
    size = np.abs(x)
    if ord == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(ExactArray(size != 0), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if ord == 2:
        return np.sqrt(np.sum(size * size, axis=axis, keepdims=keepdims))
    return np.sum(size**ord, axis=axis, keepdims=keepdims) ** np.divide(1, exact(ord))


@covers(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of matrices in the last two axes."""
    if ord in ("fro", None):
        result = vector_norm(x, axis=(-2, -1))
    elif ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1)
        result = np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    elif ord == "nuc":
        result = np.sum(svdvals(x), axis=-1)
    elif ord in (2, -2):
        result = svdvals(x)[..., 0 if ord > 0 else -1]
    else:
        raise ValueError("Invalid norm order for matrices.")
    return result[..., None, None] if keepdims else result


@covers(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """As numpy.linalg.norm, of vectors or of matrices by `axis` and `ord`."""
    if axis is None and ord is None:
        flat = vector_norm(x)
        return flat.reshape((1,) * x.ndim) if keepdims else flat
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    result = matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord="fro" if ord is None else ord)
    return np.expand_dims(result, axes) if keepdims else result


@covers(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """Condition number in the norm `p`."""
    if p in (None, 2, -2):
        s = svdvals(x)
        return s[..., 0] / s[..., -1] if p != -2 else s[..., -1] / s[..., 0]
    return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
