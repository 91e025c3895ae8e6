"""NumPy's polynomial functions (highest power first), as compositions."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import derived


@derived(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    y = 0 * x
    for coefficient in p:
        y = y * x + coefficient
    return y


@derived(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = np.atleast_1d(a1), np.atleast_1d(a2)
    excess = a2.shape[0] - a1.shape[0]
    return np.pad(a1, (max(excess, 0), 0)) + np.pad(a2, (max(-excess, 0), 0))


@derived(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    return np.polyadd(a1, np.negative(a2))


@derived(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(a1, a2)


@derived(np.polydiv)
def _polydiv(u: Any, v: Any) -> Any:
    rest, v = np.atleast_1d(u) + 0 * v[0], np.atleast_1d(v)
    steps = rest.shape[0] - v.shape[0] + 1
    if steps < 1:
        return 0 * rest[:1], rest
    quotient = []
    for k in range(steps):
        quotient.append(rest[k] / v[0])
        rest = rest - np.pad(quotient[-1] * v, (k, steps - 1 - k))
    remainder = rest[steps:] if v.shape[0] > 1 else rest[-1:]
    return np.stack(quotient), remainder


@derived(np.polyder)
def _polyder(p: Any, m: int = 1) -> Any:
    for _ in range(m):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1, **like(p))
    return p


@derived(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    constants = np.asarray(0.0 if k is None else plain(k), float, **like(p))
    constants = np.broadcast_to(constants, (m,))
    for constant in constants:
        p = np.append(p / np.arange(p.shape[0], 0, -1, **like(p)), constant)
    return p


@derived(np.poly)
def _poly(seq_of_zeros: Any) -> Any:
    zeros = np.linalg.eigvals(seq_of_zeros) if seq_of_zeros.ndim == 2 else seq_of_zeros
    p, none = (make(1, dtype=zeros.dtype, **like(zeros)) for make in (np.ones, np.zeros))
    for zero in zeros:
        p = np.append(p, none) - zero * np.append(none, p)
    return p


@derived(np.roots)
def _roots(p: Any) -> Any:
    nonzero = np.nonzero(plain(p))[0]
    if nonzero.size == 0:
        return np.zeros(0, **like(p))
    vanishing = p.shape[0] - 1 - int(nonzero[-1])
    p = p[int(nonzero[0]) : int(nonzero[-1]) + 1]
    n = p.shape[0] - 1
    roots = 0 * p[:0]
    if n > 0:
        companion = np.concatenate(
            [np.reshape(-p[1:] / p[0], (1, n)), np.eye(n - 1, n, dtype=p.dtype, **like(p))]
        )
        roots = np.linalg.eigvals(companion)
    return np.concatenate([roots, np.zeros(vanishing, dtype=p.dtype, **like(p))])


@derived(np.polyfit)
def _polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    if full or cov:
        raise DifferentiationError(
            "numpy.polyfit", "full= and cov= have no rule", "np.linalg.lstsq and np.linalg.inv"
        )
    columns = np.vander(x, deg + 1) if np.ndim(x) == 1 else x
    if w is not None:
        columns, y = columns * w[:, None], (y.T * w).T
    # Columns of unit length, as NumPy has them: powers differ by orders of magnitude.
    scale = np.sqrt(np.sum(columns * columns, axis=0))
    fitted = np.linalg.lstsq(columns / scale, y)[0]
    return (fitted.T / scale).T


@derived(np.vander)
def _vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    N = x.shape[0] if N is None else N
    powers = np.arange(N, **like(x))[:: 1 if increasing else -1]
    return x[:, None] ** powers
