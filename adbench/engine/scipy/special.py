"""scipy.special's functions that are Python code. Numbers cite DLMF, dlmf.nist.gov."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special
from scipy.special import _ufuncs as sp  # the ufuncs themselves, whatever wraps them

from adbench.engine.array import like, plain, underlying
from adbench.engine.errors import DifferentiationError
from adbench.engine.scipy.declare import as_arrays, composed, in_double

# Sums of exponentials.

log_sum: Any = np.logaddexp.reduce


@composed(scipy.special.logsumexp, "scipy.special.logsumexp")
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    if b is None and not return_sign and a.dtype.kind != "c":
        return log_sum(a, axis=axis, keepdims=keepdims)
    a, weights = as_arrays(a, 1.0 if b is None else b)
    counted = np.where(np.equal(plain(weights), 0), -np.inf, np.real(plain(a)))
    top = np.max(counted, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    # e^−∞ · 0 is a weight of zero, whatever the exponent.
    exponent = np.where(np.equal(weights, 0), 0, a - top)
    total = np.sum(weights * np.exp(exponent), axis=axis, keepdims=keepdims)
    top = top if keepdims else np.squeeze(top, axis)
    if not return_sign:
        return np.log(total) + top
    return np.log(np.abs(total)) + top, np.sign(total)


@composed(scipy.special.softmax, "scipy.special.softmax")
def softmax(x: Any, axis: Any = None) -> Any:
    weights = np.exp(x - np.max(plain(x), axis=axis, keepdims=True))
    return weights / np.sum(weights, axis=axis, keepdims=True)


@composed(scipy.special.log_softmax, "scipy.special.log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Any:
    return x - log_sum(x, axis=axis, keepdims=True)


# Gamma function and relatives.


@composed(scipy.special.polygamma, "scipy.special.polygamma")
def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of digamma: (−1)ⁿ⁺¹ n! ζ(n + 1, x) (DLMF 25.11.12)."""
    order = whole(n, "scipy.special.polygamma", "n")
    series = (-1.0) ** (order + 1) * sp.gamma(order + 1.0) * sp._zeta(order + 1.0, x)
    return np.where(np.equal(order, 0), sp.psi(x), series)


@composed(scipy.special.multigammaln, "scipy.special.multigammaln")
def multigammaln(a: Any, d: Any) -> Any:
    """log Γ_d(a) = d(d − 1)/4 log π + Σ log Γ(a − j/2) for j < d (DLMF 35.3.4)."""
    steps = np.arange(int(d), **like(a)) / 2
    terms = sp.gammaln(np.subtract.outer(a, steps))
    return np.sum(terms, axis=-1) + d * (d - 1) / 4 * math.log(math.pi)


@composed(scipy.special.factorial, "scipy.special.factorial")
def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    if extend != "zero":
        return sp.gamma(n + 1)
    n = in_double(n)
    inside = plain(n) >= 0
    return np.where(inside, sp.gamma(np.where(inside, n, 1) + 1), 0)


@composed(scipy.special.comb, "scipy.special.comb")
def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    if repetition:
        return comb(N + k - 1, k)
    inside = (plain(k) <= plain(N)) & (plain(N) >= 0) & (plain(k) >= 0)
    return np.where(inside, sp.binom(np.where(inside, N, 1), np.where(inside, k, 1)), 0)


@composed(scipy.special.perm, "scipy.special.perm")
def perm(N: Any, k: Any, exact: bool = False) -> Any:
    inside = (plain(k) <= plain(N)) & (plain(N) >= 0) & (plain(k) >= 0)
    return np.where(inside, sp.poch(np.where(inside, N - k, 0) + 1, np.where(inside, k, 1)), 0)


def whole(n: Any, function: str, name: str) -> Any:
    """An order, which has to be a constant."""
    if n is not plain(n):
        raise DifferentiationError(function, f"is not differentiable in its order {name}")
    return np.asarray(n) if type(n) in (list, tuple) else n


# Spherical Bessel functions (DLMF 10.47, 10.51).


def spherical(function: Any, scale: float, sign: float) -> Any:
    """√(scale/z) times a Bessel function of order n + ½; its derivative by DLMF 10.51.2."""

    def value(n: Any, z: Any) -> Any:
        return np.sqrt(scale / z) * function(n + 0.5, z)

    def composition(n: Any, z: Any, derivative: bool = False) -> Any:
        z = z if function is sp.kv else in_double(z)
        if not derivative:
            return value(n, z)
        return n / z * value(n, z) + sign * value(n + 1, z)

    return composition


HALF = math.pi / 2
spherical_jn = composed(scipy.special.spherical_jn, "scipy.special.spherical_jn")(
    spherical(sp.jv, HALF, -1.0)
)
spherical_yn = composed(scipy.special.spherical_yn, "scipy.special.spherical_yn")(
    spherical(sp.yv, HALF, -1.0)
)
spherical_in = composed(scipy.special.spherical_in, "scipy.special.spherical_in")(
    spherical(sp.iv, HALF, 1.0)
)
spherical_kn = composed(scipy.special.spherical_kn, "scipy.special.spherical_kn")(
    spherical(sp.kv, HALF, -1.0)
)


# Others.


@composed(scipy.special.diric, "scipy.special.diric")
def diric(x: Any, n: Any) -> Any:
    """sin(nx/2) / (n sin(x/2)); at multiples of 2π, ±1 and flat."""
    value = underlying(x)
    whole_turns = np.abs(np.sin(value / 2)) < 1e-9
    safe = np.where(whole_turns, 1.0, x)
    pole = np.where(np.round(value / (2 * math.pi)) * (n - 1) % 2 == 0, 1.0, -1.0)
    return np.where(whole_turns, pole, np.sin(n * safe / 2) / (n * np.sin(safe / 2)))


__all__ = [
    "comb",
    "diric",
    "factorial",
    "log_softmax",
    "logsumexp",
    "multigammaln",
    "perm",
    "polygamma",
    "softmax",
    "spherical_in",
    "spherical_jn",
    "spherical_kn",
    "spherical_yn",
]
