"""scipy.linalg's factorisations: NumPy's under its conventions (`cholesky` upper, `qr` full)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from adbench.engine.array import plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.rules.linalg import H, T, eye_like
from adbench.engine.scipy.declare import composed, overridable, ruled
from adbench.engine.scipy.linear_systems import hermitian_part, solve_triangular


@composed(scipy.linalg.cholesky, "scipy.linalg.cholesky")
def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    return np.linalg.cholesky(a, upper=not lower)


@composed(scipy.linalg.qr, "scipy.linalg.qr")
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


@composed(scipy.linalg.svd, "scipy.linalg.svd")
def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    return tuple(np.linalg.svd(a, full_matrices)) if compute_uv else np.linalg.svdvals(a)


@composed(scipy.linalg.eigh, "scipy.linalg.eigh")
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


@composed(scipy.linalg.eigvalsh, "scipy.linalg.eigvalsh")
def eigvalsh(a: Any, b: Any = None, *, lower: bool = True, **options: Any) -> Any:
    return eigh(a, b, lower=lower, eigvals_only=True, **options)


@composed(scipy.linalg.eigvals, "scipy.linalg.eigvals")
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


@composed(scipy.linalg.polar, "scipy.linalg.polar")
def polar(a: Any, side: str = "right") -> Any:
    """a = up with u = UVᴴ and p = V·diag(s)·Vᴴ, or a = pu with p = U·diag(s)·Uᴴ."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    outer = H(vh) if side == "right" else u
    return u @ vh, (outer * s[..., None, :]) @ H(outer)


@composed(scipy.linalg.cho_factor, "scipy.linalg.cho_factor")
def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """The other triangle, which SciPy leaves as it was, is zero here."""
    return cholesky(a, lower), lower


# LU: of a[order] = l·u, packed as l − 1 + u.


def _order(piv: Any) -> Any:
    order = np.arange(len(piv))
    for row, other in enumerate(piv):
        order[row], order[other] = order[other], order[row]
    return order


order_of = overridable(_order, "scipy.linalg.order")
"""The order of the rows that LAPACK's pivots, exchanges of two rows each, lead to."""


def _packed(a: Any) -> Any:
    return scipy.linalg.lu_factor(a)


def packed_pull_back(g: Any, out: Any) -> Any:
    """l⁻ᵀ(tril(lᵀḡ, −1) + triu(ḡuᵀ))u⁻ᵀ, its rows taken back; ḡ of l is below the diagonal."""
    packed, piv = out
    cotangent = g.values[0]
    lower, upper = np.tril(packed, -1) + eye_like(packed), np.triu(packed)
    inner = np.tril(T(lower) @ np.tril(cotangent, -1), -1) + np.triu(np.triu(cotangent) @ T(upper))
    left = solve_triangular(lower, inner, 1, True, True)
    return T(solve_triangular(upper, T(left)))[np.argsort(order_of(piv))]


packed_factors = ruled(
    _packed,
    "scipy.linalg.packed_factors",
    a=packed_pull_back,
    source="de Hoog, Anderssen & Lukas 2011, for l·u",
)


@composed(scipy.linalg.lu_factor, "scipy.linalg.lu_factor")
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    if np.ndim(a) != 2 or np.shape(a)[0] != np.shape(a)[1]:
        raise DifferentiationError("scipy.linalg.lu_factor", "has a derivative of square matrices")
    return packed_factors(a)


@composed(scipy.linalg.lu_solve, "scipy.linalg.lu_solve")
def lu_solve(
    lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    packed, piv = lu_and_piv
    order = order_of(plain(piv))
    if trans == 0:
        b = solve_triangular(packed, b[order], 0, True, True)
        return solve_triangular(packed, b)
    b = solve_triangular(packed, solve_triangular(packed, b, trans), trans, True, True)
    return b[np.argsort(order)]


@composed(scipy.linalg.lu, "scipy.linalg.lu")
def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    packed, piv = lu_factor(a)
    back = np.argsort(order_of(piv))
    lower, upper = np.tril(packed, -1) + eye_like(packed), np.triu(packed)
    if permute_l:
        return lower[back], upper
    return back if p_indices else eye_like(np.real(plain(packed)))[back], lower, upper
