"""Sample calls of adbench/engine/rules/linalg.py."""

from typing import Any

import numpy as np
from samples.arrays import arr


def unit_phase(v: Any) -> Any:
    """Eigenvectors with their sums made real: the phase is not determined."""
    total = np.sum(v, axis=-2, keepdims=True)
    return v * np.conj(total) / np.abs(total)


def thin_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (u * s[..., None, :]) @ vh, u[..., :, :1] @ vh[..., :1, :], s


def projectors(w: Any, v: Any) -> Any:
    """Eigenvalues, and the projector on the first eigenvector, which has no free phase."""
    return w, v[..., :, :1] @ np.conj(np.swapaxes(v[..., :, :1], -1, -2))


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "linalg.solve": [
        (lambda a, b: np.linalg.solve(a, b), arr(3, 3, kind="regular"), arr(3)),
        (lambda a, b: np.linalg.solve(a, b), arr(2, 3, 3, kind="regular"), arr(3, 2)),
        (lambda a, b: np.linalg.solve(a, b), arr(3, 3, kind="regular"), arr(2, 3, 1)),
        (lambda a, b: np.linalg.solve(a, b), arr(3, 3, kind="regular"), arr(3, 0)),
    ],
    "linalg.inv": [
        (lambda a: np.linalg.inv(a), arr(2, 3, 3, kind="regular")),
        (lambda a: np.linalg.inv(a), arr(0, 2, 2)),
    ],
    "linalg.det": [
        (lambda a: np.linalg.det(a), arr(3, 3)),
        (lambda a: np.linalg.det(a), arr(2, 2, 2)),
        (lambda a: np.linalg.det(a), arr(0, 2, 2)),
    ],
    "linalg.slogdet": [
        (lambda a: np.linalg.slogdet(a), arr(2, 3, 3, kind="regular")),
        (lambda a: np.linalg.slogdet(a), arr(0, 2, 2)),
    ],
    "linalg.cholesky": [
        (lambda a: np.linalg.cholesky(a), arr(3, 3, kind="definite")),
        (lambda a: np.linalg.cholesky(a), arr(2, 2, 2, kind="definite")),
        (lambda a: np.linalg.cholesky(a, upper=True), arr(3, 3, kind="definite")),
        (lambda a: np.linalg.cholesky(a), arr(0, 2, 2)),
    ],
    "linalg.eigh": [
        (lambda a: projectors(*np.linalg.eigh(a)), arr(3, 3, kind="definite")),
        (lambda a: projectors(*np.linalg.eigh(a, "U")), arr(2, 3, 3, kind="definite")),
        (lambda a: np.linalg.eigh(a)[0], arr(0, 2, 2)),
    ],
    "linalg.eigvalsh": [(lambda a: np.linalg.eigvalsh(a), arr(3, 3, kind="definite"))],
    "linalg.eig": [
        (
            lambda a: (np.linalg.eig(a)[0], unit_phase(np.linalg.eig(a)[1])),
            arr(3, 3, kind="regular"),
        ),
    ],
    "linalg.eigvals": [(lambda a: np.linalg.eigvals(a), arr(2, 3, 3, kind="regular"))],
    "linalg.svd": [
        (thin_svd, arr(3, 3)),
        (thin_svd, arr(4, 2)),
        (thin_svd, arr(2, 2, 4)),
        (lambda a: np.linalg.svd(a, compute_uv=False), arr(3, 2)),
        (lambda a: np.linalg.svd(a)[1], arr(3, 2)),
        (lambda a: np.linalg.svd(a, full_matrices=False), arr(0, 3, 2)),
    ],
    "linalg.svdvals": [(lambda a: np.linalg.svdvals(a), arr(2, 3))],
    "linalg.pinv": [
        (lambda a: np.linalg.pinv(a), arr(4, 2)),
        (lambda a: np.linalg.pinv(a), arr(2, 2, 3)),
        (lambda a: np.linalg.pinv(a), arr(0, 3, 2)),
    ],
    "linalg.lstsq": [(lambda a, b: np.linalg.lstsq(a, b)[0], arr(5, 2), arr(5))],
    "linalg.qr": [
        (lambda a: np.linalg.qr(a), arr(3, 3)),
        (lambda a: np.linalg.qr(a), arr(4, 2)),
        (lambda a: np.linalg.qr(a), arr(2, 4)),
        (lambda a: np.linalg.qr(a, "r"), arr(2, 3, 2)),
        (lambda a: np.linalg.qr(a), arr(0, 3, 2)),
    ],
    "linalg.matrix_power": [
        (lambda a: np.linalg.matrix_power(a, 3), arr(2, 2)),
        (lambda a: np.linalg.matrix_power(a, 0) + a, arr(2, 2)),
        (lambda a: np.linalg.matrix_power(a, -2), arr(2, 2, kind="regular")),
    ],
    "linalg.tensorsolve": [(lambda a, b: np.linalg.tensorsolve(a, b), arr(2, 3, 6), arr(2, 3))],
    "linalg.tensorinv": [(lambda a: np.linalg.tensorinv(a, 1), arr(4, 2, 2))],
}

COMPLEX = {
    "linalg.cholesky",
    "linalg.det",
    "linalg.eig",
    "linalg.eigh",
    "linalg.eigvals",
    "linalg.eigvalsh",
    "linalg.inv",
    "linalg.matrix_power",
    "linalg.pinv",
    "linalg.slogdet",
    "linalg.solve",
    "linalg.svd",
    "linalg.svdvals",
}
