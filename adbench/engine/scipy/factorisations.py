"""scipy.linalg's factorisations: NumPy's under its conventions (`cholesky` upper, `qr` full)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from adbench.engine.errors import DifferentiationError
from adbench.engine.rules.linalg import H
from adbench.engine.scipy.declare import composed
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
