"""Rules of distribution functions and their inverses: the derivative is the density, or 1 over it.

The same functions as in a table of statistics: of the binomial, negative binomial, Poisson,
χ², F, gamma, Student and normal distribution, by the names that SciPy has from Cephes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp

from adbench.engine.primitive import define
from adbench.engine.rules.special import ROOT_TWO_PI

# Densities.


def chi_square_density(v: Any, x: Any) -> Any:
    """Of v degrees of freedom."""
    return np.exp(sp.xlogy(v / 2 - 1, x / 2) - x / 2 - sp.gammaln(v / 2)) / 2


def gamma_density(a: Any, b: Any, x: Any) -> Any:
    """Of shape b and rate a."""
    return a * np.exp(sp.xlogy(b - 1, a * x) - a * x - sp.gammaln(b))


def student_density(df: Any, t: Any) -> Any:
    """Of df degrees of freedom."""
    scale = np.exp(sp.gammaln((df + 1) / 2) - sp.gammaln(df / 2)) / np.sqrt(math.pi * df)
    return scale * (1 + t * t / df) ** (-(df + 1) / 2)


def poisson_density(k: Any, m: Any) -> Any:
    """Of mean m."""
    return np.exp(sp.xlogy(k, m) - m - sp.gammaln(k + 1))


def binomial_slope(k: Any, n: Any, p: Any) -> Any:
    """−∂/∂p of the binomial distribution function: (n − k) times a probability."""
    return (n - k) * sp.binom(n, k) * p**k * (1 - p) ** (n - k - 1)


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """Of shapes a and b (DLMF 8.17.1)."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def f_density(n: Any, d: Any, x: Any) -> Any:
    """Of n and d degrees of freedom."""
    log = sp.xlogy(n / 2, n) + sp.xlogy(d / 2, d) + sp.xlogy(n / 2 - 1, x)
    return np.exp(log - sp.xlogy((n + d) / 2, n * x + d) - sp.betaln(n / 2, d / 2))


def one_over_normal_density(q: Any) -> Any:
    """1/φ(q)."""
    return ROOT_TWO_PI * np.exp(q * q / 2)


# Distribution functions: the derivative is the density.
define(sp.chdtr, v=None, x=lambda g, v, x: g * chi_square_density(v, x))
define(sp.chdtrc, v=None, x=lambda g, v, x: -g * chi_square_density(v, x))
define(sp.stdtr, df=None, t=lambda g, df, t: g * student_density(df, t))
define(sp.stdtrit, df=None, p=lambda g, df, out: g / student_density(df, out))
define(sp.pdtr, k=None, m=lambda g, k, m: -g * poisson_density(k, m))
define(sp.pdtrc, k=None, m=lambda g, k, m: g * poisson_density(k, m))
define(
    sp.gdtr,
    a=lambda g, a, b, x: g * x / a * gamma_density(a, b, x),
    b=None,
    x=lambda g, a, b, x: g * gamma_density(a, b, x),
)
define(
    sp.gdtrc,
    a=lambda g, a, b, x: -g * x / a * gamma_density(a, b, x),
    b=None,
    x=lambda g, a, b, x: -g * gamma_density(a, b, x),
)
define(sp.bdtr, k=None, n=None, p=lambda g, k, n, p: -g * binomial_slope(k, n, p))
define(sp.bdtrc, k=None, n=None, p=lambda g, k, n, p: g * binomial_slope(k, n, p))
define(sp.nbdtr, k=None, n=None, p=lambda g, k, n, p: g * beta_density(n, k + 1, p))
define(sp.nbdtrc, k=None, n=None, p=lambda g, k, n, p: -g * beta_density(n, k + 1, p))
define(sp.fdtr, dfn=None, dfd=None, x=lambda g, dfn, dfd, x: g * f_density(dfn, dfd, x))
define(sp.fdtrc, dfn=None, dfd=None, x=lambda g, dfn, dfd, x: -g * f_density(dfn, dfd, x))

# Inverses.
define(sp.chdtri, v=None, p=lambda g, v, out: -g / chi_square_density(v, out))
define(sp.pdtri, k=None, y=lambda g, k, out: -g / poisson_density(k, out))
define(sp.bdtri, k=None, n=None, y=lambda g, k, n, out: -g / binomial_slope(k, n, out))
define(sp.nbdtri, k=None, n=None, y=lambda g, k, n, out: g / beta_density(n, k + 1, out))
define(sp.fdtri, dfn=None, dfd=None, p=lambda g, dfn, dfd, out: g / f_density(dfn, dfd, out))
define(
    sp.gdtrix,
    a=lambda g, a, out: -g * out / a,
    b=None,
    p=lambda g, a, b, out: g / gamma_density(a, b, out),
)
define(
    sp.gdtria,
    p=lambda g, b, x, out: g * out / (x * gamma_density(out, b, x)),
    b=None,
    x=lambda g, x, out: -g * out / x,
)
define(
    sp.nrdtrimn,
    p=lambda g, std, x, out: -g * std * one_over_normal_density((x - out) / std),
    std=lambda g, std, x, out: g * (out - x) / std,
    x=lambda g: g,
)
define(
    sp.nrdtrisd,
    mn=lambda g, p: -g / sp.ndtri(p),
    p=lambda g, p, out: -g * out / sp.ndtri(p) * one_over_normal_density(sp.ndtri(p)),
    x=lambda g, p: g / sp.ndtri(p),
)
define(
    sp.tklmbda,
    x=lambda g, lmbda, out: g / (out ** (lmbda - 1) + (1 - out) ** (lmbda - 1)),
    lmbda=None,
)
