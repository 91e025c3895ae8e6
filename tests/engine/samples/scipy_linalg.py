"""Sample calls of the parts of adbench/engine/scipy/linalg.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

from adbench.engine.scipy import linalg as sl
from adbench.engine.scipy.factorisations import packed_factors
from adbench.engine.scipy.linear_systems import banded

REGULAR = arr(3, 3, kind="regular")
SMALL = arr(2, 2, kind="definite")
DEFINITE = arr(3, 3, kind="definite")
BANDS = arr(4, 5, low=0.2, high=1.0)


def steep(ab: Any, middle: int) -> Any:
    """Bands whose middle one dominates."""
    return np.concatenate([ab[:middle], ab[middle : middle + 1] + 6, ab[middle + 1 :]])


def wide(function: Any, a: Any, *options: Any) -> Any:
    """In double precision: in single, SciPy warns of its inaccuracy."""
    return function(a.astype(np.result_type(a.dtype, np.float64)), *options).astype(a.dtype)


def projectors(w: Any, v: Any) -> Any:
    return w, v[..., :, :1] @ np.conj(np.swapaxes(v[..., :, :1], -1, -2))


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.linalg.solve_triangular": [
        (lambda a, b: sl.solve_triangular(a, b), REGULAR, arr(3)),
        (lambda a, b: sl.solve_triangular(a, b, 1, lower=True), REGULAR, arr(3, 2)),
        (lambda a, b: sl.solve_triangular(a, b, "C"), REGULAR, arr(3)),
        (lambda a, b: sl.solve_triangular(a / 9, b, 2, True, True), REGULAR, arr(3, 2)),
        (lambda a, b: sl.solve_triangular(a, b), arr(2, 3, 3, kind="regular"), arr(3, 1)),
        (lambda a, b: sl.solve_triangular(a, b), REGULAR, arr(3, 0)),
    ],
    "scipy.linalg.solve": [
        (lambda a, b: sl.solve(a, b), REGULAR, arr(3)),
        (lambda a, b: sl.solve(np.real(a), np.real(b), transposed=True), REGULAR, arr(3, 2)),
        (lambda a, b: sl.solve(a, b, assume_a="pos"), DEFINITE, arr(3)),
        (lambda a, b: sl.solve(a, b, lower=True, assume_a="sym"), REGULAR, arr(3)),
    ],
    "scipy.linalg.lstsq": [(lambda a, b: sl.lstsq(a, b)[0], arr(5, 2), arr(5))],
    "scipy.linalg.cho_factor": [
        (lambda a: np.triu(sl.cho_factor(a)[0]), DEFINITE),
        (lambda a: np.tril(sl.cho_factor(a, lower=True)[0]), DEFINITE),
    ],
    "scipy.linalg.cho_solve": [
        (lambda c, b: sl.cho_solve((c, False), b), REGULAR, arr(3)),
        (lambda c, b: sl.cho_solve((c, True), b), arr(2, 2, kind="regular"), arr(2, 1)),
    ],
    "scipy.linalg.packed_factors": [(lambda a: packed_factors(a)[0], DEFINITE)],
    "scipy.linalg.lu_factor": [(lambda a: sl.lu_factor(a[::-1])[0], REGULAR)],
    "scipy.linalg.lu_solve": [
        (lambda a, b: sl.lu_solve(sl.lu_factor(a[::-1]), b), REGULAR, arr(3)),
        (lambda a, b: sl.lu_solve(sl.lu_factor(a[::-1]), b, 1), REGULAR, arr(3, 2)),
        (lambda a, b: sl.lu_solve(sl.lu_factor(a[::-1]), b, 2), REGULAR, arr(3)),
    ],
    "scipy.linalg.lu": [
        (lambda a: sl.lu(a[::-1])[1:], REGULAR),
        (lambda a: sl.lu(a[::-1], permute_l=True), REGULAR),
    ],
    "scipy.linalg.banded": [(lambda ab, b: banded(steep(ab, 2), b, 1, 2), BANDS, arr(5))],
    "scipy.linalg.solve_banded": [
        (lambda ab, b: sl.solve_banded((1, 2), steep(ab, 2), b), BANDS, arr(5, 2)),
        (lambda ab, b: sl.solve_banded((1, 1), steep(ab[1:], 1), b), BANDS, arr(5)),
    ],
    "scipy.linalg.solveh_banded": [
        (lambda ab, b: sl.solveh_banded(steep(ab[:3], 2), b), BANDS, arr(5)),
        (lambda ab, b: sl.solveh_banded(steep(ab[2:], 0), b, lower=True), BANDS, arr(5, 2)),
    ],
    "scipy.linalg.solve_toeplitz": [
        (lambda c, r, b: sl.solve_toeplitz((steep(c, 0), r), b),
         arr(3), arr(3), arr(3)),
    ],
    "scipy.linalg.solve_circulant": [
        (lambda c, b: sl.solve_circulant(steep(c, 0), b), arr(3), arr(3)),
    ],
    "scipy.linalg.cholesky": [
        (lambda a: sl.cholesky(a), DEFINITE),
        (lambda a: sl.cholesky(a, lower=True), arr(2, 3, 3, kind="definite")),
    ],
    "scipy.linalg.qr": [
        (lambda a: sl.qr(a), arr(3, 3)),
        (lambda a: sl.qr(a, mode="economic"), arr(4, 2)),
        (lambda a: sl.qr(a[:2], mode="r")[0], arr(3, 2)),
    ],
    "scipy.linalg.svd": [(lambda a: sl.svd(a, compute_uv=False), arr(3, 2))],
    "scipy.linalg.eigh": [
        (lambda a: projectors(*sl.eigh(a)), DEFINITE),
        (lambda a: projectors(*sl.eigh(a, lower=False, subset_by_index=[1, 2])), DEFINITE),
        (lambda a, b: projectors(*sl.eigh(a, b)), SMALL, SMALL),
    ],
    "scipy.linalg.eigvalsh": [(lambda a, b: sl.eigvalsh(a, b), DEFINITE, DEFINITE)],
    "scipy.linalg.eigvals": [(lambda a: sl.eigvals(a), REGULAR)],
    "scipy.linalg.polar": [
        (lambda a: sl.polar(a), arr(4, 2)),
        (lambda a: sl.polar(a, side="left"), REGULAR),
    ],
    "scipy.linalg.det": [(lambda a: sl.det(a), REGULAR)],
    "scipy.linalg.inv": [(lambda a: sl.inv(a), REGULAR)],
    "scipy.linalg.svdvals": [(lambda a: sl.svdvals(a), arr(2, 3))],
    "scipy.linalg.pinv": [(lambda a: sl.pinv(a), arr(4, 2))],
    "scipy.linalg.norm": [
        (lambda a: sl.norm(a), arr(2, 3)),
        (lambda a: sl.norm(a, 1, axis=0), REGULAR),
    ],
    "scipy.linalg.block_diag": [(lambda a, b: sl.block_diag(a, b), arr(2, 3), arr(2))],
    "scipy.linalg.toeplitz": [
        (lambda c: sl.toeplitz(c), arr(3)),
        (lambda c, r: sl.toeplitz(c, r), arr(3), arr(4)),
    ],
    "scipy.linalg.circulant": [(lambda c: sl.circulant(c), arr(3))],
    "scipy.linalg.hankel": [
        (lambda c: sl.hankel(c), arr(3)),
        (lambda c, r: sl.hankel(c, r), arr(3), arr(4)),
    ],
    "scipy.linalg.companion": [(lambda a: sl.companion(a), arr(4, low=0.5))],
    "scipy.linalg.khatri_rao": [(lambda a, b: sl.khatri_rao(a, b), arr(2, 3), arr(4, 3))],
    "scipy.linalg.expm": [
        (lambda a: sl.expm(a), arr(2, 2)),
        (lambda a: sl.expm(a), arr(2, 1, 1)),
        (lambda a: sl.expm(a), arr(0, 2, 2)),
    ],
    "scipy.linalg.cosm": [(lambda a: sl.cosm(a), arr(2, 2))],
    "scipy.linalg.sinm": [(lambda a: sl.sinm(a), arr(2, 2))],
    "scipy.linalg.tanm": [(lambda a: sl.tanm(a / 3), arr(2, 2))],
    "scipy.linalg.coshm": [(lambda a: sl.coshm(a), arr(2, 2))],
    "scipy.linalg.sinhm": [(lambda a: sl.sinhm(a), arr(2, 2))],
    "scipy.linalg.tanhm": [(lambda a: sl.tanhm(a / 3), arr(2, 2))],
    "scipy.linalg.logm": [(lambda a: wide(sl.logm, a), SMALL)],
    "scipy.linalg.sqrtm": [(lambda a: sl.sqrtm(a), SMALL)],
    "scipy.linalg.fractional_matrix_power": [
        (lambda a: wide(sl.fractional_matrix_power, a, 0.7), SMALL),
    ],
    "scipy.linalg.solve_sylvester": [
        (lambda a, b, q: sl.solve_sylvester(a, b, q), REGULAR, arr(2, 2, kind="regular"),
         arr(3, 2)),
    ],
    "scipy.linalg.solve_continuous_lyapunov": [
        (lambda a, q: sl.solve_continuous_lyapunov(a, q), REGULAR, arr(3, 3)),
    ],
    "scipy.linalg.solve_discrete_lyapunov": [
        (lambda a, q: sl.solve_discrete_lyapunov(a / 30, q), REGULAR, arr(3, 3)),
    ],
}  # fmt: skip

COMPLEX = {
    "scipy.linalg.banded",
    "scipy.linalg.lu",
    "scipy.linalg.lu_factor",
    "scipy.linalg.lu_solve",
    "scipy.linalg.packed_factors",
    "scipy.linalg.cho_solve",
    "scipy.linalg.cholesky",
    "scipy.linalg.circulant",
    "scipy.linalg.eigh",
    "scipy.linalg.expm",
    "scipy.linalg.solve",
    "scipy.linalg.solve_banded",
    "scipy.linalg.solve_continuous_lyapunov",
    "scipy.linalg.solve_discrete_lyapunov",
    "scipy.linalg.solve_sylvester",
    "scipy.linalg.solve_triangular",
    "scipy.linalg.solveh_banded",
    "scipy.linalg.sqrtm",
    "scipy.linalg.toeplitz",
}
