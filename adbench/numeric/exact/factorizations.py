"""Matrix factorisations of 50-digit numbers, one matrix (an object array) at a time.

Where LAPACK leaves a choice of sign, the choice made here is LAPACK's, so that factors are those
that the user's program sees: Householder QR after dgeqr2, and singular and eigenvectors with the
signs that double precision gives them. Algorithms: Golub and Van Loan, Matrix Computations, 4th
ed., §3.2 (LU), §4.2 (Cholesky), §5.2 (QR); symmetric eigenvalues and singular values by mpmath.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from adbench.numeric.exact.numbers import (
    ONE,
    ZERO,
    Objects,
    box,
    complexly,
    doubles,
    exactly,
    mp,
    mpc,
)
from adbench.numeric.refusal import refuse

_sizes = np.frompyfunc(abs, 1, 1)
_reals = np.frompyfunc(lambda x: x.real, 1, 1)
_conjugates = np.frompyfunc(lambda x: x.conjugate(), 1, 1)


def lu(a: Objects) -> tuple[Objects, list[int], int]:
    """LU with partial pivoting: both factors in one array, the row order, its sign."""
    a = a.copy()
    n = len(a)
    order = list(range(n))
    parity = 1
    for k in range(n):
        pivot = k + int(np.argmax(_sizes(a[k:, k])))
        if pivot != k:
            a[[k, pivot]] = a[[pivot, k]]
            order[k], order[pivot] = order[pivot], order[k]
            parity = -parity
        if a[k, k] != 0:
            a[k + 1 :, k] = a[k + 1 :, k] / a[k, k]
            a[k + 1 :, k + 1 :] -= np.multiply.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a, order, parity


def solve(a: Objects, b: Objects) -> Objects:
    """x with a @ x = b; a (n, n), b (n, k)."""
    factors, order, _ = lu(a)
    n = len(a)
    if any(factors[k, k] == 0 for k in range(n)):
        raise LinAlgError("Singular matrix")
    x = b[order].copy()
    for k in range(n):
        x[k + 1 :] -= np.multiply.outer(factors[k + 1 :, k], x[k])
    for k in reversed(range(n)):
        x[k] = x[k] / factors[k, k]
        x[:k] -= np.multiply.outer(factors[:k, k], x[k])
    return x


def determinant(a: Objects) -> Any:
    """The determinant."""
    factors, _, parity = lu(a)
    result = ONE * parity
    for k in range(len(a)):
        result = result * factors[k, k]
    return result


def cholesky(a: Objects) -> Objects:
    """Lower L with L @ L^H = a; reads the lower triangle."""
    n = len(a)
    lower = np.full_like(a, ZERO)
    for j in range(n):
        pivot = (a[j, j] - np.dot(lower[j, :j], _conjugates(lower[j, :j]))).real
        if not pivot > 0:
            raise LinAlgError("Matrix is not positive definite")
        lower[j, j] = mp.sqrt(pivot)
        rest = a[j + 1 :, j] - np.dot(lower[j + 1 :, :j], _conjugates(lower[j, :j]))
        lower[j + 1 :, j] = rest / lower[j, j]
    return lower


def qr(a: Objects, columns: int) -> tuple[Objects, Objects]:
    """Householder QR: q with `columns` columns, r with as many rows."""
    r = a.copy()
    rows, width = a.shape
    q = exactly(np.eye(rows))
    for k in range(min(rows, width)):
        alpha, tail = r[k, k], r[k + 1 :, k]
        rest = sum((abs(x) ** 2 for x in tail), ZERO)
        if rest == 0 and alpha.imag == 0:
            continue
        length = mp.sqrt(abs(alpha) ** 2 + rest)
        beta = -length if alpha.real >= 0 else length
        v = np.concatenate([box(ONE).reshape(1), tail / (alpha - beta)])
        tau = (beta - alpha) / beta
        # H = I − tau v v^H; H^H takes column k to beta e_k.
        v_h = _conjugates(v)
        r[k:] = r[k:] - tau.conjugate() * np.multiply.outer(v, v_h @ r[k:])
        q[:, k:] = q[:, k:] - tau * np.multiply.outer(q[:, k:] @ v, v_h)
    for k in range(min(rows, width)):
        r[k + 1 :, k] = ZERO
    return q[:, :columns], r[:columns]


def eigh(a: Objects, complex_: bool, uplo: str) -> tuple[Objects, Objects]:
    """Ascending eigenvalues, and eigenvectors in columns, of the Hermitian matrix in a triangle."""
    n = len(a)
    lower = np.tril(a) if uplo == "L" else _conjugates(np.triu(a)).T
    full = lower + _conjugates(np.tril(lower, -1)).T
    for k in range(n):
        full[k, k] = full[k, k].real + (mpc(0) if complex_ else 0)
    if n == 0:
        return np.empty(0, dtype=object), full
    values, vectors = (mp.eighe if complex_ else mp.eigsy)(mp.matrix(full.tolist()))
    w, v = _vector(values), _matrix(vectors)
    order = sorted(range(n), key=lambda i: w[i])
    w, v = w[order], v[:, order]
    if complex_:
        v = complexly(v)
        # LAPACK's reduction from the lower triangle leaves the first components real.
        for i in range(n):
            if v[0, i] != 0:
                v[:, i] = v[:, i] * (v[0, i].conjugate() / abs(v[0, i]))
    return w, v * eigenvector_signs(full, v, complex_, uplo)


def eigenvector_signs(a: Objects, v: Objects, complex_: bool, uplo: str) -> Objects:
    """±1 for each column, by which it points where double precision has it."""
    _, seen = np.linalg.eigh(doubles(a, complex_), UPLO=uplo)  # type: ignore[call-overload]
    return _signs(seen, doubles(complexly(v), True))


def svd(a: Objects, complex_: bool) -> tuple[Objects, Objects, Objects]:
    """Thin u, s and v^H, singular values descending."""
    rows, width = a.shape
    if min(rows, width) == 0:
        raise refuse("numpy.linalg.svd", "of an empty matrix is not covered")
    u, s, vh = (mp.svd_c if complex_ else mp.svd_r)(mp.matrix(a.tolist()), full_matrices=False)
    left, sizes, right = _matrix(u), _vector(s), _matrix(vh)
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    left, sizes, right = left[:, order], sizes[order], right[order]
    seen, _, _ = np.linalg.svd(doubles(a, complex_), full_matrices=False)
    signs = _signs(seen, doubles(complexly(left), True))
    return left * signs, sizes, right * signs[:, None]


def singular_values(a: Objects, complex_: bool) -> Objects:
    """Singular values, descending."""
    if min(a.shape) == 0:
        return np.empty(0, dtype=object)
    s = _vector((mp.svd_c if complex_ else mp.svd_r)(mp.matrix(a.tolist()), compute_uv=False))
    return np.array(sorted(s, reverse=True), dtype=object)


def _signs(seen: Any, found: Any) -> Objects:
    overlap = np.real(np.sum(np.conj(seen) * found, axis=0))
    return exactly(np.where(overlap < 0, -1, 1))


def _vector(values: Any) -> Objects:
    return _reals(np.array(list(values), dtype=object))  # type: ignore[no-any-return]


def _matrix(values: Any) -> Objects:
    result = np.empty((values.rows, values.cols), dtype=object)
    for i in range(values.rows):
        for j in range(values.cols):
            result[i, j] = values[i, j]
    return result
