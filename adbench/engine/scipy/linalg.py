"""scipy.linalg: what it has here, and the functions that give a number or an inverse.

What SciPy has options for that save time only (`check_finite`, `overwrite_a`, `lapack_driver`) may
be given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from adbench.engine.errors import DifferentiationError
from adbench.engine.rules.linalg import eye_like
from adbench.engine.scipy.declare import composed, in_double
from adbench.engine.scipy.factorisations import (
    cho_factor,
    cholesky,
    eigh,
    eigvals,
    eigvalsh,
    lu,
    lu_factor,
    lu_solve,
    polar,
    qr,
    svd,
)
from adbench.engine.scipy.linear_systems import (
    cho_solve,
    lstsq,
    solve,
    solve_banded,
    solve_circulant,
    solve_toeplitz,
    solve_triangular,
    solveh_banded,
)
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
from adbench.engine.scipy.structured_matrices import (
    block_diag,
    circulant,
    companion,
    hankel,
    khatri_rao,
    toeplitz,
)


def _without_options(function: Any, name: str) -> Any:
    def composition(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
        return function(a)

    return composed(getattr(scipy.linalg, name), f"scipy.linalg.{name}")(composition)


det = _without_options(lambda a: in_double(np.linalg.det(a)), "det")
svdvals = _without_options(np.linalg.svdvals, "svdvals")


@composed(scipy.linalg.inv, "scipy.linalg.inv")
def inv(
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: str | None = None,
    lower: bool = False,
) -> Any:
    return solve(a, eye_like(a), lower, assume_a=assume_a)


@composed(scipy.linalg.pinv, "scipy.linalg.pinv")
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


@composed(scipy.linalg.norm, "scipy.linalg.norm")
def norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True
) -> Any:
    return np.linalg.norm(a, ord, axis, keepdims)


__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion", "coshm",
    "cosm", "det", "eigh", "eigvals", "eigvalsh", "expm", "fractional_matrix_power", "hankel",
    "inv", "khatri_rao", "logm", "lstsq", "lu", "lu_factor", "lu_solve", "norm", "pinv",
    "polar", "qr", "sinhm", "sinm", "solve", "solve_banded", "solve_circulant",
    "solve_continuous_lyapunov", "solve_discrete_lyapunov", "solve_sylvester", "solve_toeplitz",
    "solve_triangular", "solveh_banded", "sqrtm", "svd", "svdvals", "tanhm", "tanm", "toeplitz",
]  # fmt: skip
