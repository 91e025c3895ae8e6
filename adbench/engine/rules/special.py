"""Rules of scipy.special's ufuncs, loaded when the first of them is met.

Numbers cite DLMF, dlmf.nist.gov. Orders and shape parameters of Bessel and incomplete
functions have no elementary derivative: there a rule is None, which is said when it is needed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp  # the ufuncs themselves, whatever wraps them

from adbench.engine.primitive import constant, define

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_TWO_PI = math.sqrt(2 * math.pi)


def log_over_one_minus(x: Any) -> Any:
    """log(x)/(1 − x), by three terms of its series near 1, where it is −1."""
    t = x - 1
    near = np.abs(t) < 1e-5
    return np.where(near, -1 + t / 2 - t * t / 3, np.log(x) / np.where(near, 1, -t))


# Gamma function and relatives (DLMF 5.2, 5.15, 5.12).
define(sp.gammaln, x=lambda g, x: g * sp.psi(x))
define(sp.loggamma, x=lambda g, x: g * sp.psi(x))
define(sp.gamma, x=lambda g, x, out: g * out * sp.psi(x))
define(sp.rgamma, x=lambda g, x, out: -g * out * sp.psi(x))
define(sp.psi, x=lambda g, x: g * sp._zeta(2.0, x), name="scipy.special.digamma")
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

# Incomplete gamma and beta (DLMF 8.8.13, 8.17.1).
define(
    sp.gammainc,
    a=None,
    x=lambda g, a, x: g * np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a)),
)
define(
    sp.gammaincc,
    a=None,
    x=lambda g, a, x: -g * np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a)),
)
define(
    sp.betainc,
    a=None,
    b=None,
    x=lambda g, a, b, x: g * np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b)),
)

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
    lmbda=lambda g, x, lmbda, out: (
        g
        * np.where(
            np.equal(lmbda, 0),
            np.log(x) ** 2 / 2,
            (x**lmbda * np.log(x) - out) / np.where(np.equal(lmbda, 0), 1, lmbda),
        )
    ),
)

# Bessel functions in their argument (DLMF 10.6, 10.29).
define(sp.j0, x=lambda g, x: -g * sp.j1(x))
define(sp.y0, x=lambda g, x: -g * sp.y1(x))
define(sp.j1, x=lambda g, x: g * (sp.j0(x) - sp.jv(2, x)) / 2)
define(sp.y1, x=lambda g, x: g * (sp.y0(x) - sp.yv(2, x)) / 2)
define(sp.jv, v=None, x=lambda g, v, x: g * (sp.jv(v - 1, x) - sp.jv(v + 1, x)) / 2)
define(sp.yv, v=None, x=lambda g, v, x: g * (sp.yv(v - 1, x) - sp.yv(v + 1, x)) / 2)
define(sp.yn, n=None, x=lambda g, n, x: g * (sp.yv(n - 1, x) - sp.yv(n + 1, x)) / 2)
define(sp.iv, v=None, x=lambda g, v, x: g * (sp.iv(v - 1, x) + sp.iv(v + 1, x)) / 2)
define(sp.kv, v=None, x=lambda g, v, x: -g * (sp.kv(v - 1, x) + sp.kv(v + 1, x)) / 2)
define(
    sp.ive,
    v=None,
    x=lambda g, v, x, out: g * ((sp.ive(v - 1, x) + sp.ive(v + 1, x)) / 2 - np.sign(x) * out),
)
define(
    sp.kve,
    v=None,
    x=lambda g, v, x, out: g * (out - (sp.kve(v - 1, x) + sp.kve(v + 1, x)) / 2),
)
define(sp.i0, x=lambda g, x: g * sp.i1(x))
define(sp.i1, x=lambda g, x: g * (sp.i0(x) + sp.iv(2, x)) / 2)
define(sp.i0e, x=lambda g, x, out: g * (sp.i1e(x) - np.sign(x) * out))
define(sp.i1e, x=lambda g, x, out: g * ((sp.i0e(x) + sp.ive(2, x)) / 2 - np.sign(x) * out))
define(sp.k0, x=lambda g, x: -g * sp.k1(x))
define(sp.k1, x=lambda g, x: -g * (sp.k0(x) + sp.kv(2, x)) / 2)
define(sp.k0e, x=lambda g, x, out: g * (out - sp.k1e(x)))
define(sp.k1e, x=lambda g, x, out: g * (out - (sp.k0e(x) + sp.kve(2, x)) / 2))

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
