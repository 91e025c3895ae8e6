"""Rules of distribution functions and their inverses: the derivative is the density, or 1 over it.

The same functions as in a table of statistics: of the binomial, negative binomial, Poisson,
χ², F, gamma, Student and normal distribution, by the names that SciPy has from Cephes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp

from adbench.engine.primitive import define
from adbench.engine.rules.incomplete import beta_density, gamma_density, gamma_in_a
from adbench.engine.rules.scores import f_score
from adbench.engine.rules.special import ROOT_TWO_PI
from adbench.engine.rules.tails import f_slope
from adbench.engine.scipy.declare import ruled

# Densities.


def chi_square_density(v: Any, x: Any) -> Any:
    """Of v degrees of freedom."""
    return np.exp(sp.xlogy(v / 2 - 1, x / 2) - x / 2 - sp.gammaln(v / 2)) / 2


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


def f_density(n: Any, d: Any, x: Any) -> Any:
    """Of n and d degrees of freedom."""
    log = sp.xlogy(n / 2, n) + sp.xlogy(d / 2, d) + sp.xlogy(n / 2 - 1, x)
    return np.exp(log - sp.xlogy((n + d) / 2, n * x + d) - sp.betaln(n / 2, d / 2))


def one_over_normal_density(q: Any) -> Any:
    """1/φ(q)."""
    return ROOT_TWO_PI * np.exp(q * q / 2)


# In degrees of freedom. The square of Student's variable has the F distribution with dfn = 1.
f_in_shapes: Callable[..., Any] = ruled(
    f_slope,
    "rules.distributions.f_slope",
    dfn=lambda g, dfn, dfd, x, orders: g * f_in_shapes(dfn, dfd, x, (orders[0] + 1, orders[1])),
    dfd=lambda g, dfn, dfd, x, orders: g * f_in_shapes(dfn, dfd, x, (orders[0], orders[1] + 1)),
    x=lambda g, dfn, dfd, x, orders: (
        g
        * f_density(dfn, dfd, x)
        * f_score(orders, dfn, dfd, -np.log1p(dfd / (dfn * x)), -np.log1p(dfn * x / dfd))
    ),
)


def student_slope(df: Any, t: Any, order: Any = 1) -> Any:
    """∂ᵏ/∂dfᵏ of Student's distribution function, in double precision."""
    return np.sign(t) / 2 * f_slope(1.0, df, t * t, (0, order))


student_in_df: Callable[..., Any] = ruled(
    student_slope,
    "rules.distributions.student_slope",
    df=lambda g, df, t, order: g * student_in_df(df, t, order + 1),
    t=lambda g, df, t, order: (
        g * student_density(df, t) * f_score((0, order), 1.0, df, 0.0, -np.log1p(t * t / df))
    ),
)


def f_in_dfn(dfn: Any, dfd: Any, x: Any) -> Any:
    """∂/∂dfn of the F distribution function."""
    return f_in_shapes(dfn, dfd, x, (1, 0))


def f_in_dfd(dfn: Any, dfd: Any, x: Any) -> Any:
    """∂/∂dfd of the F distribution function."""
    return f_in_shapes(dfn, dfd, x, (0, 1))


# Distribution functions: the derivative is the density.
define(
    sp.chdtr,
    v=lambda g, v, x: g * gamma_in_a(v / 2, x / 2) / 2,
    x=lambda g, v, x: g * chi_square_density(v, x),
)
define(
    sp.chdtrc,
    v=lambda g, v, x: -g * gamma_in_a(v / 2, x / 2) / 2,
    x=lambda g, v, x: -g * chi_square_density(v, x),
)
define(
    sp.stdtr,
    df=lambda g, df, t: g * student_in_df(df, t),
    t=lambda g, df, t: g * student_density(df, t),
)
define(sp.pdtr, k=None, m=lambda g, k, m: -g * poisson_density(k, m))
define(sp.pdtrc, k=None, m=lambda g, k, m: g * poisson_density(k, m))
define(
    sp.gdtr,
    a=lambda g, a, b, x: g * x * gamma_density(b, a * x),
    b=lambda g, a, b, x: g * gamma_in_a(b, a * x),
    x=lambda g, a, b, x: g * a * gamma_density(b, a * x),
)
define(
    sp.gdtrc,
    a=lambda g, a, b, x: -g * x * gamma_density(b, a * x),
    b=lambda g, a, b, x: -g * gamma_in_a(b, a * x),
    x=lambda g, a, b, x: -g * a * gamma_density(b, a * x),
)
define(sp.bdtr, k=None, n=None, p=lambda g, k, n, p: -g * binomial_slope(k, n, p))
define(sp.bdtrc, k=None, n=None, p=lambda g, k, n, p: g * binomial_slope(k, n, p))
define(sp.nbdtr, k=None, n=None, p=lambda g, k, n, p: g * beta_density(n, k + 1, p))
define(sp.nbdtrc, k=None, n=None, p=lambda g, k, n, p: -g * beta_density(n, k + 1, p))
define(
    sp.fdtr,
    dfn=lambda g, dfn, dfd, x: g * f_in_dfn(dfn, dfd, x),
    dfd=lambda g, dfn, dfd, x: g * f_in_dfd(dfn, dfd, x),
    x=lambda g, dfn, dfd, x: g * f_density(dfn, dfd, x),
)
define(
    sp.fdtrc,
    dfn=lambda g, dfn, dfd, x: -g * f_in_dfn(dfn, dfd, x),
    dfd=lambda g, dfn, dfd, x: -g * f_in_dfd(dfn, dfd, x),
    x=lambda g, dfn, dfd, x: -g * f_density(dfn, dfd, x),
)

# Inverses, by the implicit function theorem at the result.
define(
    sp.chdtri,
    v=lambda g, v, out: -g * gamma_in_a(v / 2, out / 2) / 2 / chi_square_density(v, out),
    p=lambda g, v, out: -g / chi_square_density(v, out),
)
define(
    sp.stdtrit,
    df=lambda g, df, out: -g * student_in_df(df, out) / student_density(df, out),
    p=lambda g, df, out: g / student_density(df, out),
)
define(sp.pdtri, k=None, y=lambda g, k, out: -g / poisson_density(k, out))
define(sp.bdtri, k=None, n=None, y=lambda g, k, n, out: -g / binomial_slope(k, n, out))
define(sp.nbdtri, k=None, n=None, y=lambda g, k, n, out: g / beta_density(n, k + 1, out))
define(
    sp.fdtri,
    dfn=lambda g, dfn, dfd, out: -g * f_in_dfn(dfn, dfd, out) / f_density(dfn, dfd, out),
    dfd=lambda g, dfn, dfd, out: -g * f_in_dfd(dfn, dfd, out) / f_density(dfn, dfd, out),
    p=lambda g, dfn, dfd, out: g / f_density(dfn, dfd, out),
)
define(
    sp.gdtrix,
    a=lambda g, a, out: -g * out / a,
    b=lambda g, a, b, out: -g * gamma_in_a(b, a * out) / (a * gamma_density(b, a * out)),
    p=lambda g, a, b, out: g / (a * gamma_density(b, a * out)),
)
define(
    sp.gdtria,
    p=lambda g, b, x, out: g / (x * gamma_density(b, out * x)),
    b=lambda g, b, x, out: -g * gamma_in_a(b, out * x) / (x * gamma_density(b, out * x)),
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
