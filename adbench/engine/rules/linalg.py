"""Rules of linear algebra: solves, determinants and factorisations.

Sources. [Giles 2008] M. Giles, "Collected matrix derivative results for forward and reverse
mode AD"; [Murray 2016] I. Murray, "Differentiation of the Cholesky decomposition"; [Walter &
Lehmann 2012] "Algorithmic differentiation of linear algebra functions"; [Wan & Zhang 2019]
"Automatic differentiation for complex valued SVD"; [Golub & Pereyra 1973]; [Boeddeker 2017]
"On the computation of complex-valued gradients with application to statistically optimum
beamforming". They write the cotangent as Ḡ with df = Re(Σ conj(Ḡ)·dv); ours is g = conj(Ḡ),
so formulas that are not holomorphic are wrapped in a conjugation on both sides.

`cholesky` and `eigh` read one triangle of their argument, so the cotangent lies on that
triangle: it is the derivative of the function as NumPy computes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import define, derived
from adbench.engine.tape import Parts


def T(a: Any) -> Any:  # noqa: N802
    """Transpose of the last two axes."""
    return np.swapaxes(a, -1, -2)


def conj(a: Any) -> Any:
    """Complex conjugate; a real array as it is."""
    return np.conj(a) if a.dtype.kind == "c" else a


def H(a: Any) -> Any:  # noqa: N802
    """Conjugate transpose of the last two axes."""
    return conj(T(a))


def eye_like(a: Any) -> Any:
    """The identity matrix of a's last dimension, in its dtype and library."""
    return np.eye(a.shape[-1], dtype=a.dtype, **like(a))


def cotangents(g: Parts, out: Any) -> list[Any]:
    """Ḡ (conjugate convention) of each output; zeros for outputs that nothing used."""
    return [
        conj(g.values[i]) if i in g.values else np.zeros_like(plain(o)) for i, o in enumerate(out)
    ]


# Solves and determinants.


def solve_right(g: Any, a: Any, b_shape: Any) -> Any:
    """∂/∂b of a⁻¹b: a⁻ᵀg [Giles 2008, 2.3.1]."""
    return (
        np.linalg.solve(T(a), g[..., None])[..., 0]
        if len(b_shape) == 1
        else np.linalg.solve(T(a), g)
    )


def solve_left(g: Any, a: Any, out: Any, b_shape: Any) -> Any:
    """∂/∂a of x = a⁻¹b: −(a⁻ᵀg)xᵀ [Giles 2008, 2.3.1]."""
    if len(b_shape) == 1:
        return -np.linalg.solve(T(a), g[..., None]) * out[..., None, :]
    return -np.linalg.solve(T(a), g) @ T(out)


define(np.linalg.solve, a=solve_left, b=solve_right, source="Giles 2008, 2.3.1")
define(
    np.linalg.inv,
    a=lambda g, out: -T(out) @ g @ T(out),
    source="Giles 2008, 2.2.3",
)


def cofactors(a: Any, out: Any) -> Any:
    """det(a)·a⁻ᵀ, whose limit exists where a is singular.

    With a = U·diag(s)·Vᴴ it is det(U)·det(Vᴴ)·conj(U)·diag(∏ of the other s)·conj(Vᴴ).
    """
    if np.all(np.abs(plain(out)) > 0):
        return out[..., None, None] * T(np.linalg.inv(a))
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    n = s.shape[-1]
    others = np.stack(
        [np.prod(s[..., [j for j in range(n) if j != i]], axis=-1) for i in range(n)], axis=-1
    )
    unit = np.linalg.det(u) * np.linalg.det(vh)
    return unit[..., None, None] * ((conj(u) * others[..., None, :]) @ conj(vh))


define(
    np.linalg.det,
    a=lambda g, a, out: g[..., None, None] * cofactors(a, out),
    source="Jacobi's formula; Giles 2008, 2.2.4",
)


def slogdet_pull_back(g: Parts, a: Any, out: Any) -> Any:
    """d log|det a| = Re tr(a⁻¹da), d sign = i·sign·Im tr(a⁻¹da)."""
    sign, _ = out
    weight = g.values.get(1, 0.0)
    if 0 in g.values and a.dtype.kind == "c":
        weight = weight + np.imag(g.values[0] * sign) * 1j
    return np.reshape(weight, (*np.shape(weight), 1, 1)) * T(np.linalg.inv(a))


define(np.linalg.slogdet, a=slogdet_pull_back, source="Jacobi's formula")


# Factorisations of Hermitian matrices.


def onto_triangle(s: Any, upper: bool = False) -> Any:
    """A Hermitian cotangent gathered on the one triangle that was read, Ḡ to g."""
    half = np.triu(s, 1) if upper else np.tril(s, -1)
    return conj(2 * half + s * eye_like(s))


def hermitian(a: Any) -> Any:
    """(a + aᴴ)/2."""
    return (a + H(a)) / 2


def cholesky_pull_back(g: Any, out: Any, upper: Any) -> Any:
    """Ā = L⁻ᴴ Φ(LᴴL̄) L⁻¹ made Hermitian; Φ: lower triangle, half the diagonal."""
    L, Lbar = (H(out), H(conj(g))) if upper else (out, conj(g))
    P = np.tril(H(L) @ Lbar)
    P = P - P * eye_like(P) / 2
    S = np.linalg.solve(H(L), H(np.linalg.solve(H(L), H(P))))
    return onto_triangle(hermitian(S), bool(upper))


define(np.linalg.cholesky, a=cholesky_pull_back, source="Murray 2016, eq. 10")


def reciprocal_gaps(w: Any) -> Any:
    """F[i, j] = 1/(w[j] − w[i]), 0 on the diagonal."""
    identity = eye_like(w)
    return (1 - identity) / (w[..., None, :] - w[..., :, None] + identity)


def eigh_pull_back(g: Parts, out: Any, UPLO: Any) -> Any:
    """Ā = V (diag(w̄) + F∘(VᴴV̄)) Vᴴ made Hermitian."""
    w, V = out
    wbar, Vbar = cotangents(g, out)
    inner = wbar[..., None] * eye_like(w)
    if 1 in g.values:  # else equal eigenvalues, which have a derivative together, would give 0·∞
        inner = inner + reciprocal_gaps(w) * (H(V) @ Vbar)
    return onto_triangle(hermitian(V @ inner @ H(V)), UPLO.upper() == "U")


define(np.linalg.eigh, a=eigh_pull_back, source="Giles 2008, 3.1; Boeddeker 2017, 4.20")


@derived(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    return np.linalg.eigh(a, UPLO)[0]


def eig_pull_back(g: Parts, out: Any) -> Any:
    """Ā = V⁻ᴴ (diag(w̄) + conj(F)∘(VᴴV̄ − VᴴV·Re diag(VᴴV̄))) Vᴴ; columns of V have norm 1."""
    w, V = out
    wbar, Vbar = cotangents(g, out)
    inner = wbar[..., None] * eye_like(w)
    if 1 in g.values:
        VV = H(V) @ Vbar
        diagonal = np.real(np.diagonal(VV, 0, -2, -1))
        inner = inner + conj(reciprocal_gaps(w)) * (VV - (H(V) @ V) * diagonal[..., None, :])
    return conj(np.linalg.solve(H(V), inner @ H(V)))


define(np.linalg.eig, a=eig_pull_back, source="Boeddeker 2017, 4.77")


@derived(np.linalg.eigvals)
def _eigvals(a: Any) -> Any:
    return np.linalg.eig(a)[0]


# Singular values.


def svd_pull_back(g: Parts, out: Any, full_matrices: Any) -> Any:
    """Ā of the thin SVD [Wan & Zhang 2019, eqs. 2–4; Townsend 2016]."""
    U, s, Vh = out
    k = s.shape[-1]
    extra = [g.values[0][..., :, k:]] if 0 in g.values else []
    extra += [g.values[2][..., k:, :]] if 2 in g.values else []
    if full_matrices and any(np.any(plain(cotangent)) for cotangent in extra):
        raise DifferentiationError(
            "numpy.linalg.svd",
            "the extra columns of full_matrices=True are not determined by the argument",
            "np.linalg.svd(a, full_matrices=False)",
        )
    U, Vh = U[..., :, :k], Vh[..., :k, :]
    identity = eye_like(s)
    sbar = conj(g.values[1]) if 1 in g.values else np.zeros_like(plain(s))
    inner = sbar[..., None] * identity
    if 0 not in g.values and 2 not in g.values:
        return conj(U @ inner @ Vh)
    V = H(Vh)
    Ubar = conj(g.values[0])[..., :, :k] if 0 in g.values else np.zeros_like(plain(U))
    Vbar = H(conj(g.values[2])[..., :k, :]) if 2 in g.values else np.zeros_like(plain(V))
    F = reciprocal_gaps(s * s)
    J, K = F * (H(U) @ Ubar), F * (H(V) @ Vbar)
    inner = inner + (J + H(J)) * s[..., None, :] + s[..., :, None] * (K + H(K))
    if U.dtype.kind == "c":  # the gauge: U's columns and V's turn together
        turn = (H(U) @ Ubar) * identity
        inner = inner + (turn - H(turn)) / (2 * s[..., None, :])
    total = U @ inner @ Vh
    if U.shape[-2] > k:
        rest = Ubar / s[..., None, :]
        total = total + (rest - U @ (H(U) @ rest)) @ Vh
    if V.shape[-2] > k:
        rest = Vbar / s[..., None, :]
        total = total + U @ H(rest - V @ (H(V) @ rest))
    return conj(total)


def _svd(a: Any, full_matrices: bool = True) -> Any:
    return np.linalg.svd(a, full_matrices)


svd = define(_svd, name="linalg.svd", a=svd_pull_back, source="Wan & Zhang 2019; Townsend 2016")


@derived(np.linalg.svd)
def _np_svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    return svd(a, full_matrices) if compute_uv else svd(a, False)[1]


@derived(np.linalg.svdvals)
def _svdvals(x: Any, /) -> Any:
    return svd(x, False)[1]


def pinv_pull_back(g: Any, a: Any, out: Any) -> Any:
    """Ā = −PᴴḠPᴴ + (I − aP)ḠᴴPPᴴ + PᴴPḠᴴ(I − Pa), at constant rank."""
    G, P = conj(g), out
    left, right = a @ P, P @ a
    total = -H(P) @ G @ H(P)
    total = total + (eye_like(left) - left) @ H(G) @ P @ H(P)
    return conj(total + H(P) @ P @ H(G) @ (eye_like(right) - right))


define(np.linalg.pinv, a=pinv_pull_back, source="Golub & Pereyra 1973, eq. 4.12")


@derived(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    _, _, rank, s = np.linalg.lstsq(plain(a), plain(b), rcond)
    x = np.matmul(np.linalg.pinv(a, rcond=rcond), b)
    residual = np.matmul(a, x) - b
    determined = rank == a.shape[-1] and a.shape[-2] > a.shape[-1]
    squares = np.sum(np.abs(residual) ** 2, axis=0)
    residuals = (np.reshape(squares, (-1,))) if determined else np.empty((0,), **like(a))
    return x, residuals, rank, s


# QR.


def _qr(a: Any) -> Any:
    return np.linalg.qr(a)


def qr_pull_back(g: Parts, a: Any, out: Any) -> Any:
    """Ā = (Q̄ + Q·copyltu(RR̄ᴴ − Q̄ᴴQ)) R⁻ᴴ [Walter & Lehmann 2012]; wide a by its square part."""
    Q, R = out
    Qbar, Rbar = cotangents(g, out)
    n = Q.shape[-1]
    if R.shape[-1] == n:
        return conj(_tall_qr(Q, R, Qbar, Rbar))
    rest = a[..., :, n:]
    square = _tall_qr(Q, R[..., :, :n], Qbar + rest @ H(Rbar[..., :, n:]), Rbar[..., :, :n])
    return conj(np.concatenate([square, Q @ Rbar[..., :, n:]], axis=-1))


def _tall_qr(Q: Any, R: Any, Qbar: Any, Rbar: Any) -> Any:
    M = R @ H(Rbar) - H(Qbar) @ Q
    lower = np.tril(M, -1)
    symmetric = lower + H(lower) + np.real(M) * eye_like(M)
    return H(np.linalg.solve(R, H(Qbar + Q @ symmetric)))


qr = define(_qr, name="linalg.qr", a=qr_pull_back, source="Walter & Lehmann 2012; Liao 2019")


@derived(np.linalg.qr)
def _np_qr(a: Any, mode: str = "reduced") -> Any:
    if mode == "raw" or (mode == "complete" and a.shape[-2] > a.shape[-1]):
        raise DifferentiationError(
            "numpy.linalg.qr", f"mode={mode!r} has no derivative", "mode='reduced'"
        )
    return qr(a)[1] if mode == "r" else qr(a)


# Powers and tensor equations.


@derived(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    if n < 0:
        return np.linalg.matrix_power(np.linalg.inv(a), -n)
    if n == 0:
        return np.broadcast_to(eye_like(a), a.shape) + 0 * a
    half = np.linalg.matrix_power(a, n // 2) if n > 1 else None
    if half is None:
        return a
    squared = np.matmul(half, half)
    return np.matmul(squared, a) if n % 2 else squared


@derived(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    if axes is not None:
        moved = [i for i in range(np.ndim(a)) if i not in axes]
        a = np.transpose(a, (*moved, *axes))
    shape = np.shape(a)[np.ndim(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (np.size(b), -1)), np.ravel(b)), shape)


@derived(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    rows, columns = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (int(np.prod(rows)), -1))), (*columns, *rows))
