"""Rules of scipy.special's ufuncs; these and its sister modules are loaded when one is met.

Numbers cite DLMF, dlmf.nist.gov. Orders of Bessel functions and parameters of hypergeometric ones
have no elementary derivative: there a rule is None, which is said when it is needed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp  # the ufuncs themselves, whatever wraps them

from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import constant, define
from adbench.engine.tape import Parts

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_TWO_PI = math.sqrt(2 * math.pi)


def log_over_one_minus(x: Any) -> Any:
    """log(x)/(1 − x), by three terms of its series near 1, where it is −1."""
    t = x - 1
    near = np.abs(t) < 1e-5
    return np.where(near, -1 + t / 2 - t * t / 3, np.log(x) / np.where(near, 1, -t))


def boxcox_in_power(x: Any, lmbda: Any) -> Any:
    """∂/∂λ of (x^λ − 1)/λ, which tends to log(x)²/2."""
    zero = np.equal(lmbda, 0)
    safe = np.where(zero, 1, lmbda)
    log = np.log(x)
    return np.where(zero, log**2 / 2, (x**safe * log - (x**safe - 1) / safe) / safe)


def trigamma(x: Any) -> Any:
    """ψ′(x) = ζ(2, x) (DLMF 25.11.12), which SciPy has for real numbers."""
    if x.dtype.kind == "c":
        raise DifferentiationError(
            "scipy.special.digamma",
            "has no derivative of complex arguments here, since SciPy has no complex trigamma",
        )
    return sp._zeta(2.0, x)


def part(g: Parts, place: int) -> Any:
    """One result's cotangent; 0 if nothing used it."""
    return g.values.get(place, 0.0)


# Gamma function and relatives (DLMF 5.2, 5.15, 5.12).
define(sp.gammaln, x=lambda g, x: g * sp.psi(x))
define(sp.loggamma, x=lambda g, x: g * sp.psi(x))
define(sp.gamma, x=lambda g, x, out: g * out * sp.psi(x))
define(sp.rgamma, x=lambda g, x, out: -g * out * sp.psi(x))
define(sp.psi, x=lambda g, x: g * trigamma(x), name="scipy.special.digamma")
define(
    sp.beta,
    x=lambda g, x, y, out: g * out * (sp.psi(x) - sp.psi(x + y)),
    y=lambda g, x, y, out: g * out * (sp.psi(y) - sp.psi(x + y)),
)
define(
    sp.betaln,
    x=lambda g, x, y: g * (sp.psi(x) - sp.psi(x + y)),
    y=lambda g, x, y: g * (sp.psi(y) - sp.psi(x + y)),
)
define(
    sp.poch,
    x=lambda g, x, m, out: g * out * (sp.psi(x + m) - sp.psi(x)),
    m=lambda g, x, m, out: g * out * sp.psi(x + m),
)
define(
    sp.binom,
    n=lambda g, n, k, out: g * out * (sp.psi(n + 1) - sp.psi(n - k + 1)),
    k=lambda g, n, k, out: g * out * (sp.psi(n - k + 1) - sp.psi(k + 1)),
)
# ζ(s, q), Hurwitz: ∂/∂q = −s ζ(s + 1, q) (DLMF 25.11.17).
define(sp._zeta, s=None, q=lambda g, s, q: -g * s * sp._zeta(s + 1, q), name="scipy.special.zeta")

# Error functions (DLMF 7.2, 7.10, 7.17).
define(sp.erf, x=lambda g, x: g * TWO_OVER_ROOT_PI * np.exp(-x * x))
define(sp.erfc, x=lambda g, x: -g * TWO_OVER_ROOT_PI * np.exp(-x * x))
define(sp.erfcx, x=lambda g, x, out: g * (2 * x * out - TWO_OVER_ROOT_PI))
define(sp.erfi, x=lambda g, x: g * TWO_OVER_ROOT_PI * np.exp(x * x))
define(sp.erfinv, x=lambda g, out: g * np.exp(out * out) / TWO_OVER_ROOT_PI)
define(sp.erfcinv, x=lambda g, out: -g * np.exp(out * out) / TWO_OVER_ROOT_PI)
define(sp.dawsn, x=lambda g, x, out: g * (1 - 2 * x * out))
define(sp.ndtr, x=lambda g, x: g * np.exp(-x * x / 2) / ROOT_TWO_PI)
define(sp.log_ndtr, x=lambda g, x, out: g * np.exp(-x * x / 2 - out) / ROOT_TWO_PI)
define(sp.ndtri, x=lambda g, out: g * np.exp(out * out / 2) * ROOT_TWO_PI)

# Logistic and entropy-like functions.
define(sp.expit, x=lambda g, out: g * out * (1 - out))
define(sp.logit, x=lambda g, x: g / (x * (1 - x)))
define(sp.log_expit, x=lambda g, x: g * sp.expit(-x))
define(
    sp.xlogy,
    x=lambda g, x, y: g * np.log(np.where(np.equal(x, 0) & np.equal(y, 0), 1, y)),
    y=lambda g, x, y: g * x / np.where(np.equal(x, 0), 1, y),
)
define(
    sp.xlog1py,
    x=lambda g, x, y: g * np.log1p(np.where(np.equal(x, 0) & np.equal(y, -1), 0, y)),
    y=lambda g, x, y: g * x / np.where(np.equal(x, 0), 1, 1 + y),
)
define(sp.entr, x=lambda g, x: -g * (np.log(x) + 1))
define(
    sp.rel_entr,
    x=lambda g, x, y: g * (np.log(x / y) + 1),
    y=lambda g, x, y: -g * x / y,
)
define(
    sp.kl_div,
    x=lambda g, x, y: g * np.log(x / y),
    y=lambda g, x, y: g * (1 - x / y),
)
define(
    sp.huber,
    delta=lambda g, delta, r: g * np.where(np.abs(r) <= delta, 0, np.abs(r) - delta),
    r=lambda g, delta, r: g * np.clip(r, -delta, delta),
)
define(
    sp.pseudo_huber,
    delta=lambda g, delta, r: (
        g
        * (
            2 * delta * (np.sqrt(1 + (r / delta) ** 2) - 1)
            - r**2 / delta / np.sqrt(1 + (r / delta) ** 2)
        )
    ),
    r=lambda g, delta, r: g * r / np.sqrt(1 + (r / delta) ** 2),
)
define(
    sp.boxcox,
    x=lambda g, x, lmbda: g * x ** (lmbda - 1),
    lmbda=lambda g, x, lmbda: g * boxcox_in_power(x, lmbda),
)

# Exponential integrals, dilogarithm and elliptic integrals (DLMF 6.2, 25.12, 19.4).
define(sp.exp1, x=lambda g, x: -g * np.exp(-x) / x)
define(sp.expi, x=lambda g, x: g * np.exp(x) / x)
define(sp.expn, n=None, x=lambda g, n, x: -g * sp.expn(n - 1, x))
define(
    sp.spence,
    x=lambda g, x: g * np.where(np.equal(x, 1), -1, np.log(x) / np.where(np.equal(x, 1), 1, 1 - x)),
)
define(
    sp.ellipk,
    m=lambda g, m, out: g * (sp.ellipe(m) / (1 - m) - out) / (2 * m),
)
define(sp.ellipe, m=lambda g, m, out: g * (out - sp.ellipk(m)) / (2 * m))

# Elementary functions that SciPy computes with care.
define(sp.cosm1, x=lambda g, x: -g * np.sin(x))
define(sp.exp10, x=lambda g, out: g * out * math.log(10))
define(sp.sindg, x=lambda g, x: g * sp.cosdg(x) * (math.pi / 180))
define(sp.cosdg, x=lambda g, x: -g * sp.sindg(x) * (math.pi / 180))

constant(sp.gammasgn)

# The same functions as NumPy's, but ufuncs of SciPy's own.
define(sp.cbrt, x=lambda g, x, out: g * out / (3 * x), name="scipy.special.cbrt")
define(sp.exp2, x=lambda g, out: g * out * math.log(2), name="scipy.special.exp2")
define(sp.expm1, x=lambda g, x: g * np.exp(x), name="scipy.special.expm1")
define(sp.log1p, x=lambda g, x: g / (1 + x), name="scipy.special.log1p")
define(np.i0, x=lambda g, x: g * sp.i1(x))
constant(sp.round)

# More elementary functions.
define(sp.tandg, x=lambda g, out: g * (1 + out * out) * (math.pi / 180))
define(sp.cotdg, x=lambda g, out: -g * (1 + out * out) * (math.pi / 180))
define(
    sp.boxcox1p,
    x=lambda g, x, lmbda: g * (1 + x) ** (lmbda - 1),
    lmbda=lambda g, x, lmbda: g * boxcox_in_power(1 + x, lmbda),
)
define(
    sp.inv_boxcox,
    y=lambda g, y, lmbda, out: g * out ** (1 - lmbda),
    lmbda=lambda g, y, lmbda, out: -g * out ** (1 - lmbda) * boxcox_in_power(out, lmbda),
)
define(
    sp.powm1,
    x=lambda g, x, y: g * y * x ** (y - 1),
    y=lambda g, x, y: g * x**y * np.log(x),
)

# Owen's T.
define(
    sp.owens_t,
    h=lambda g, h, a: -g * np.exp(-h * h / 2) * sp.erf(a * h / math.sqrt(2)) / (2 * ROOT_TWO_PI),
    a=lambda g, h, a: g * np.exp(-h * h * (1 + a * a) / 2) / (2 * math.pi * (1 + a * a)),
)

# Elliptic integrals of amplitude φ (DLMF 19.2).
define(
    sp.ellipkinc,
    phi=lambda g, phi, m: g / np.sqrt(1 - m * np.sin(phi) ** 2),
    m=lambda g, phi, m, out: (
        g
        * (
            sp.ellipeinc(phi, m) / (2 * m * (1 - m))
            - out / (2 * m)
            - np.sin(2 * phi) / (4 * (1 - m) * np.sqrt(1 - m * np.sin(phi) ** 2))
        )
    ),
)
define(
    sp.ellipeinc,
    phi=lambda g, phi, m: g * np.sqrt(1 - m * np.sin(phi) ** 2),
    m=lambda g, phi, m, out: g * (out - sp.ellipkinc(phi, m)) / (2 * m),
)
define(
    sp.ellipkm1,
    p=lambda g, p, out: -g * (sp.ellipe(1 - p) / p - out) / (2 * (1 - p)),
)

# Hypergeometric functions (DLMF 13.3.15, 15.5.1, 16.3.1) and Lambert-like ones.
define(sp.hyp0f1, v=None, z=lambda g, v, z: g * sp.hyp0f1(v + 1, z) / v)
define(sp.hyp1f1, a=None, b=None, x=lambda g, a, b, x: g * a / b * sp.hyp1f1(a + 1, b + 1, x))
define(
    sp.hyp2f1,
    a=None,
    b=None,
    c=None,
    z=lambda g, a, b, c, z: g * a * b / c * sp.hyp2f1(a + 1, b + 1, c + 1, z),
)
define(sp.hyperu, a=None, b=None, x=lambda g, a, b, x: -g * a * sp.hyperu(a + 1, b + 1, x))
define(sp.wrightomega, z=lambda g, out: g * out / (1 + out))

# Several results at once: g holds the cotangents by place (DLMF 7.2, 6.2, 9.2).
define(
    sp.fresnel,
    z=lambda g, z: (
        part(g, 0) * np.sin(math.pi * z * z / 2) + part(g, 1) * np.cos(math.pi * z * z / 2)
    ),
)
define(sp.sici, x=lambda g, x: part(g, 0) * np.sin(x) / x + part(g, 1) * np.cos(x) / x)
define(sp.shichi, x=lambda g, x: part(g, 0) * np.sinh(x) / x + part(g, 1) * np.cosh(x) / x)

# Faddeeva's function w′(z) = −2zw + 2i/√π, and its like (DLMF 7.10.2, 7.19).


def voigt_slope(x: Any, sigma: Any, gamma: Any) -> tuple[Any, Any]:
    """z = (x + iγ)/(σ√2), and w′(z) over its scale 2σ²√π."""
    z = (x + 1j * gamma) / (sigma * math.sqrt(2))
    slope = 2j / math.sqrt(math.pi) - 2 * z * sp.wofz(z)
    return z, slope / (2 * sigma**2 * math.sqrt(math.pi))


define(sp.wofz, z=lambda g, z, out: g * (2j / math.sqrt(math.pi) - 2 * z * out))
define(
    sp.voigt_profile,
    x=lambda g, x, sigma, gamma: g * np.real(voigt_slope(x, sigma, gamma)[1]),
    sigma=lambda g, x, sigma, gamma, out: (
        -g * (out / sigma + math.sqrt(2) * np.real(np.multiply(*voigt_slope(x, sigma, gamma))))
    ),
    gamma=lambda g, x, sigma, gamma: -g * np.imag(voigt_slope(x, sigma, gamma)[1]),
)
define(
    sp.modfresnelp,
    x=lambda g, x, out: (
        -part(g, 0) * np.exp(1j * x * x)
        - part(g, 1) * (2j * x * out[1] + np.exp(-0.25j * math.pi) / math.sqrt(math.pi))
    ),
)
define(
    sp.modfresnelm,
    x=lambda g, x, out: (
        -part(g, 0) * np.exp(-1j * x * x)
        + part(g, 1) * (2j * x * out[1] - np.exp(0.25j * math.pi) / math.sqrt(math.pi))
    ),
)

# Jacobi's elliptic functions in their argument (DLMF 22.13.1–3).
define(
    sp.ellipj,
    u=lambda g, m, out: (
        part(g, 0) * out[1] * out[2]
        - part(g, 1) * out[0] * out[2]
        - part(g, 2) * m * out[0] * out[1]
        + part(g, 3) * out[2]
    ),
    m=None,
)

# Lambert's W, whose ufunc scipy.special.lambertw calls (DLMF 4.13.4); a few more.
define(
    sp._lambertw,
    z=lambda g, z, k, tol, out: g / (z + np.exp(out)),
    k=None,
    tol=None,
    name="scipy.special.lambertw",
)
define(sp.exprel, x=lambda g, x: g * sp.hyp1f1(2.0, 3.0, x) / 2)
define(
    sp.inv_boxcox1p,
    y=lambda g, lmbda, out: g * (1 + out) ** (1 - lmbda),
    lmbda=lambda g, lmbda, out: -g * (1 + out) ** (1 - lmbda) * boxcox_in_power(1 + out, lmbda),
)
define(
    sp.ndtri_exp,
    y=lambda g, y, out: g * np.exp(y + out * out / 2) * ROOT_TWO_PI,
)
define(
    sp.radian,
    d=lambda g: g * (math.pi / 180),
    m=lambda g: g * (math.pi / 180 / 60),
    s=lambda g: g * (math.pi / 180 / 3600),
)
