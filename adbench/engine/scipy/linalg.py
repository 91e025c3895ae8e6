"""scipy.linalg: solves, factorisations and structured matrices.

Most are NumPy's functions under SciPy's conventions (`cholesky` is upper, `qr` is full). What
SciPy has options for that save time only (`check_finite`, `overwrite_a`, `lapack_driver`) may be
given. Functions of matrices, such as `expm`, are in `matrix_functions.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.rules.linalg import H, T, conj, eye_like
from adbench.engine.scipy.declare import composed, in_double, ruled
from adbench.engine.scipy.matrix_functions import (
    coshm,
    cosm,
    expm,
    fractional_matrix_power,
    logm,
    sinhm,
    sinm,
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
    solve_sylvester,
    sqrtm,
    tanhm,
    tanm,
)

linalg = scipy.linalg

# Triangular systems.

TRANSPOSITIONS: dict[Any, Any] = {"N": 0, "T": 1, "C": 2}


def triangle(a: Any, lower: Any, unit: Any) -> Any:
    """The part of a matrix that a triangular solve reads."""
    shift = 1 if unit else 0
    return np.tril(a, -shift) if lower else np.triu(a, shift)


def opposite(g: Any, a: Any, b_shape: Any, trans: Any, lower: Any, unit_diagonal: Any) -> Any:
    """op(a)⁻ᵀ g: what a triangular solve pulls back."""
    trans = TRANSPOSITIONS.get(trans, trans)
    if trans == 2:  # (aᴴ)ᵀ = conj(a)
        a, trans = conj(a), 1
    if len(b_shape) > 1:
        return solve_triangular(a, g, 1 - trans, lower, unit_diagonal)
    return solve_triangular(a, g[..., None], 1 - trans, lower, unit_diagonal)[..., 0]


def triangular_left(
    g: Any, a: Any, out: Any, b_shape: Any, trans: Any, lower: Any, unit_diagonal: Any
) -> Any:
    """∂/∂a of x = op(a)⁻¹b: −(op(a)⁻ᵀg)xᵀ, taken back through op, on the triangle."""
    trans = TRANSPOSITIONS.get(trans, trans)
    pulled = opposite(g, a, b_shape, trans, lower, unit_diagonal)
    x = out
    if len(b_shape) == 1:
        pulled, x = pulled[..., None], x[..., None]
    full = -pulled @ T(x)
    if trans:
        full = H(full) if trans == 2 else T(full)
    return triangle(full, lower, unit_diagonal)


solve_triangular = ruled(
    linalg.solve_triangular,
    "scipy.linalg.solve_triangular",
    a=triangular_left,
    b=opposite,
    source="Giles 2008, 2.3.1",
)


# Solves of other structures.


def hermitian_part(a: Any, lower: bool) -> Any:
    """The Hermitian matrix whose one triangle is that of a."""
    half = np.tril(a, -1) if lower else np.triu(a, 1)
    return half + H(half) + np.real(a) * eye_like(np.real(plain(a)))


@composed(linalg.solve, "scipy.linalg.solve")
def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    if assume_a in ("sym", "symmetric"):
        half = np.tril(a, -1) if lower else np.triu(a, 1)
        a = half + T(half) + a * eye_like(plain(a))
    elif assume_a in ("her", "hermitian", "pos", "positive definite"):
        a = hermitian_part(a, lower)
    elif assume_a in ("lower triangular", "upper triangular"):
        a = triangle(a, assume_a[0] == "l", False)
    elif assume_a not in (None, "gen", "general"):
        raise DifferentiationError(
            "scipy.linalg.solve", f"assume_a={assume_a!r} has no derivative rule", "assume_a=None"
        )
    return np.linalg.solve(T(a) if transposed else a, b)


@composed(linalg.lstsq, "scipy.linalg.lstsq")
def lstsq(
    a: Any,
    b: Any,
    cond: Any = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    lapack_driver: str | None = None,
) -> Any:
    return np.linalg.lstsq(a, b, np.finfo(a.dtype).eps if cond is None else cond)


@composed(linalg.cho_factor, "scipy.linalg.cho_factor")
def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """The other triangle, which SciPy leaves as it was, is zero here."""
    return cholesky(a, lower), lower


@composed(linalg.cho_solve, "scipy.linalg.cho_solve")
def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    c, lower = c_and_lower
    steps = (0, 2) if lower else (2, 0)
    for trans in steps:
        b = solve_triangular(c, b, trans, lower)
    return b


@composed(linalg.solve_banded, "scipy.linalg.solve_banded")
def solve_banded(
    l_and_u: Any,
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    return banded(ab, b, *l_and_u)


def banded_pull_back_ab(g: Any, ab: Any, out: Any, lower: int, upper: int) -> Any:
    """−(a⁻ᵀg)xᵀ, of which only the bands are asked for: ab[u + i − j, j] is a[i, j]."""
    pulled = banded_pull_back_b(g, ab, lower, upper)
    n = ab.shape[-1]
    columns = (pulled[:, None], out[:, None]) if out.ndim == 1 else (pulled, out)
    rows = []
    for offset in range(upper, -lower - 1, -1):
        above, below = max(offset, 0), max(-offset, 0)
        band = -np.sum(columns[0][below : n - above] * columns[1][above : n - below], axis=-1)
        rows.append(np.pad(band, (above, below)))
    return np.stack(rows)


def banded_pull_back_b(g: Any, ab: Any, lower: int, upper: int) -> Any:
    """a⁻ᵀg: the transposed matrix has the bands in reverse order, each moved to its column."""
    n = ab.shape[-1]
    rows = []
    for row, offset in zip(range(lower + upper, -1, -1), range(lower, -upper - 1, -1), strict=True):
        band = ab[row]
        rows.append(
            np.pad(band[: n - offset], (offset, 0))
            if offset >= 0
            else np.pad(band[-offset:], (0, -offset))
        )
    return banded(np.stack(rows), g, upper, lower)


def _banded(ab: Any, b: Any, lower: int, upper: int) -> Any:
    return linalg.solve_banded((lower, upper), ab, b)


banded = ruled(
    _banded,
    "scipy.linalg.banded",
    ab=banded_pull_back_ab,
    b=banded_pull_back_b,
    source="Giles 2008, 2.3.1",
)


@composed(linalg.solveh_banded, "scipy.linalg.solveh_banded")
def solveh_banded(
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    lower: bool = False,
    check_finite: bool = True,
) -> Any:
    n, width = ab.shape[-1], ab.shape[0] - 1
    if lower:  # ab[i − j, j] is a[i, j]
        below = [ab[k] for k in range(1, width + 1)]
        above = [np.pad(conj(band[: n - k]), (k, 0)) for k, band in enumerate(below, 1)]
        middle = ab[0]
    else:
        above = [ab[width - k] for k in range(1, width + 1)]
        below = [np.pad(conj(band[k:]), (0, k)) for k, band in enumerate(above, 1)]
        middle = ab[width]
    return banded(np.stack([*above[::-1], np.real(middle), *below]), b, width, width)


@composed(linalg.solve_toeplitz, "scipy.linalg.solve_toeplitz")
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    c, r = c_or_cr if type(c_or_cr) is tuple else (c_or_cr, None)
    return np.linalg.solve(toeplitz(c, r), in_double(b))


@composed(linalg.solve_circulant, "scipy.linalg.solve_circulant")
def solve_circulant(c: Any, b: Any, singular: str = "raise") -> Any:
    return np.linalg.solve(circulant(c), b)


# Factorisations.


@composed(linalg.cholesky, "scipy.linalg.cholesky")
def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    return np.linalg.cholesky(a, upper=not lower)


@composed(linalg.qr, "scipy.linalg.qr")
def qr(
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    m, n = a.shape[-2:]
    if pivoting or mode == "raw" or (mode == "full" and m > n):
        raise DifferentiationError(
            "scipy.linalg.qr",
            "has a derivative without pivoting only, and of the thin factors",
            "mode='economic'",
        )
    q, r = np.linalg.qr(a)
    return (r,) if mode == "r" else (q, r)


@composed(linalg.svd, "scipy.linalg.svd")
def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    return tuple(np.linalg.svd(a, full_matrices)) if compute_uv else np.linalg.svdvals(a)


@composed(linalg.eigh, "scipy.linalg.eigh")
def eigh(
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: str | None = None,
) -> Any:
    """The generalised problem av = wbv is the usual one of L⁻¹aL⁻ᴴ, with b = LLᴴ."""
    if subset_by_value is not None or type != 1:
        raise DifferentiationError(
            "scipy.linalg.eigh", "has a derivative for type=1, without subset_by_value"
        )
    if b is not None:
        factor = np.linalg.cholesky(hermitian_part(b, lower))
        half = solve_triangular(factor, hermitian_part(a, lower), lower=True)
        a = H(solve_triangular(factor, H(half), lower=True))
        a = (a + H(a)) / 2
    w, v = np.linalg.eigh(a, "L" if lower else "U")
    if b is not None:
        v = solve_triangular(factor, v, 2, lower=True)
    if subset_by_index is not None:
        first, last = subset_by_index
        w, v = w[..., first : last + 1], v[..., first : last + 1]
    return w if eigvals_only else (w, v)


@composed(linalg.eigvalsh, "scipy.linalg.eigvalsh")
def eigvalsh(a: Any, b: Any = None, *, lower: bool = True, **options: Any) -> Any:
    return eigh(a, b, lower=lower, eigvals_only=True, **options)


@composed(linalg.eigvals, "scipy.linalg.eigvals")
def eigvals(
    a: Any,
    b: Any = None,
    overwrite_a: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:
    if homogeneous_eigvals:
        raise DifferentiationError(
            "scipy.linalg.eigvals", "homogeneous_eigvals=True has no derivative rule"
        )
    return np.linalg.eigvals(a if b is None else np.linalg.solve(b, a)) + 0j


@composed(linalg.polar, "scipy.linalg.polar")
def polar(a: Any, side: str = "right") -> Any:
    """a = up with u = UVᴴ and p = V·diag(s)·Vᴴ, or a = pu with p = U·diag(s)·Uᴴ."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    outer = H(vh) if side == "right" else u
    return u @ vh, (outer * s[..., None, :]) @ H(outer)


# Numbers of a matrix.


def _without_options(function: Any, name: str) -> Any:
    def composition(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
        return function(a)

    return composed(getattr(linalg, name), f"scipy.linalg.{name}")(composition)


det = _without_options(lambda a: in_double(np.linalg.det(a)), "det")
svdvals = _without_options(np.linalg.svdvals, "svdvals")


@composed(linalg.inv, "scipy.linalg.inv")
def inv(
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: str | None = None,
    lower: bool = False,
) -> Any:
    return solve(a, eye_like(a), lower, assume_a=assume_a)


@composed(linalg.pinv, "scipy.linalg.pinv")
def pinv(
    a: Any,
    *,
    atol: Any = None,
    rtol: Any = None,
    return_rank: bool = False,
    check_finite: bool = True,
) -> Any:
    if atol is not None or return_rank:
        raise DifferentiationError(
            "scipy.linalg.pinv", "atol= and return_rank= have no derivative rule", "rtol="
        )
    return np.linalg.pinv(
        a, rtol=max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    )


@composed(linalg.norm, "scipy.linalg.norm")
def norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True
) -> Any:
    return np.linalg.norm(a, ord, axis, keepdims)


# Matrices of a structure.


@composed(linalg.block_diag, "scipy.linalg.block_diag")
def block_diag(*arrs: Any) -> Any:
    blocks = [np.atleast_2d(a) for a in arrs]
    width = sum(block.shape[-1] for block in blocks)
    rows, start = [], 0
    for block in blocks:
        stop = start + block.shape[-1]
        rows.append(np.pad(block, ((0, 0), (start, width - stop))))
        start = stop
    return np.concatenate(rows)


@composed(linalg.toeplitz, "scipy.linalg.toeplitz")
def toeplitz(c: Any, r: Any = None) -> Any:
    r = conj(c) if r is None else r
    n, m = np.shape(c)[-1], np.shape(r)[-1]
    # The diagonals from the lowest to the highest: c upside down, then r without its first.
    diagonals = np.concatenate([np.flip(c, -1), r[..., 1:]], axis=-1)
    return diagonals[..., n - 1 + np.subtract.outer(-np.arange(n), -np.arange(m))]


@composed(linalg.circulant, "scipy.linalg.circulant")
def circulant(c: Any) -> Any:
    n = np.shape(c)[-1]
    return c[..., np.subtract.outer(np.arange(n), np.arange(n)) % n]


@composed(linalg.hankel, "scipy.linalg.hankel")
def hankel(c: Any, r: Any = None) -> Any:
    r = 0 * c if r is None else r
    n, m = np.shape(c)[-1], np.shape(r)[-1]
    return np.concatenate([c, r[..., 1:]], axis=-1)[..., np.add.outer(np.arange(n), np.arange(m))]


@composed(linalg.companion, "scipy.linalg.companion")
def companion(a: Any) -> Any:
    n = a.shape[-1] - 1
    top = -a[..., 1:] / a[..., :1]
    below = np.broadcast_to(np.eye(n - 1, n, dtype=a.dtype, **like(a)), (*a.shape[:-1], n - 1, n))
    return np.concatenate([top[..., None, :], below], axis=-2)


@composed(linalg.khatri_rao, "scipy.linalg.khatri_rao")
def khatri_rao(a: Any, b: Any) -> Any:
    product = a[..., :, None, :] * b[..., None, :, :]
    return np.reshape(product, (*product.shape[:-3], -1, product.shape[-1]))


__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion", "coshm", "cosm",
    "det", "eigh", "eigvals", "eigvalsh", "expm", "fractional_matrix_power", "hankel", "inv",
    "khatri_rao", "logm", "lstsq", "norm", "pinv", "polar", "qr", "sinhm", "sinm", "solve",
    "solve_banded", "solve_circulant", "solve_continuous_lyapunov", "solve_discrete_lyapunov",
    "solve_sylvester", "solve_toeplitz", "solve_triangular", "solveh_banded", "sqrtm", "svd",
    "svdvals", "tanhm", "tanm", "toeplitz",
]  # fmt: skip
