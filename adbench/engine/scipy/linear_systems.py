"""scipy.linalg's solves of linear systems, by the structure of the matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from adbench.engine.array import plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.rules.linalg import H, T, conj, eye_like
from adbench.engine.scipy.declare import composed, in_double, ruled
from adbench.engine.scipy.structured_matrices import circulant, toeplitz

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
    scipy.linalg.solve_triangular,
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


@composed(scipy.linalg.solve, "scipy.linalg.solve")
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


@composed(scipy.linalg.lstsq, "scipy.linalg.lstsq")
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


@composed(scipy.linalg.cho_solve, "scipy.linalg.cho_solve")
def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    c, lower = c_and_lower
    steps = (0, 2) if lower else (2, 0)
    for trans in steps:
        b = solve_triangular(c, b, trans, lower)
    return b


@composed(scipy.linalg.solve_banded, "scipy.linalg.solve_banded")
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
    return scipy.linalg.solve_banded((lower, upper), ab, b)


banded = ruled(
    _banded,
    "scipy.linalg.banded",
    ab=banded_pull_back_ab,
    b=banded_pull_back_b,
    source="Giles 2008, 2.3.1",
)


@composed(scipy.linalg.solveh_banded, "scipy.linalg.solveh_banded")
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


@composed(scipy.linalg.solve_toeplitz, "scipy.linalg.solve_toeplitz")
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    c, r = c_or_cr if type(c_or_cr) is tuple else (c_or_cr, None)
    return np.linalg.solve(toeplitz(c, r), in_double(b))


@composed(scipy.linalg.solve_circulant, "scipy.linalg.solve_circulant")
def solve_circulant(c: Any, b: Any, singular: str = "raise") -> Any:
    return np.linalg.solve(circulant(c), b)
