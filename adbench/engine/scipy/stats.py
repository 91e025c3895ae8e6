"""scipy.stats' distributions, as formulas of the standard variable.

The formulas are those of SciPy's documentation of each distribution. All have derivatives in their
variable, unless it is an integer, and in their parameters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp

from adbench.engine.array import plain
from adbench.engine.scipy.distribution import declared
from adbench.engine.scipy.multivariate import dirichlet, multivariate_normal

LOG_2 = math.log(2)
LOG_PI = math.log(math.pi)
HALF_LOG_TWO_PI = (LOG_2 + LOG_PI) / 2
ROOT_2 = math.sqrt(2)


def zero(*shapes: Any) -> float:
    """The low end of many supports."""
    return 0.0


def one(*shapes: Any) -> float:
    """An end of some supports."""
    return 1.0


# On the whole line.

norm = declared(
    "norm",
    log_density=lambda z: -z * z / 2 - HALF_LOG_TWO_PI,
    cdf=sp.ndtr,
    sf=lambda z: sp.ndtr(-z),
    logcdf=sp.log_ndtr,
    logsf=lambda z: sp.log_ndtr(-z),
    ppf=sp.ndtri,
)
cauchy = declared(
    "cauchy",
    log_density=lambda z: -LOG_PI - np.log1p(z * z),
    cdf=lambda z: np.arctan2(1.0, -z) / math.pi,
    sf=lambda z: np.arctan2(1.0, z) / math.pi,
    ppf=lambda q: -1 / np.tan(math.pi * q),
)
laplace = declared(
    "laplace",
    log_density=lambda z: -np.abs(z) - LOG_2,
    cdf=lambda z: np.where(z > 0, 1 - np.exp(-np.abs(z)) / 2, np.exp(-np.abs(z)) / 2),
    sf=lambda z: np.where(z > 0, np.exp(-np.abs(z)) / 2, 1 - np.exp(-np.abs(z)) / 2),
)
logistic = declared(
    "logistic",
    log_density=lambda z: sp.log_expit(z) + sp.log_expit(-z),
    cdf=sp.expit,
    sf=lambda z: sp.expit(-z),
    logcdf=sp.log_expit,
    logsf=lambda z: sp.log_expit(-z),
    ppf=sp.logit,
)
gumbel_r = declared(
    "gumbel_r",
    log_density=lambda z: -z - np.exp(-z),
    cdf=lambda z: np.exp(-np.exp(-z)),
    sf=lambda z: -np.expm1(-np.exp(-z)),
    logcdf=lambda z: -np.exp(-z),
    ppf=lambda q: -np.log(-np.log(q)),
)
gumbel_l = declared(
    "gumbel_l",
    log_density=lambda z: z - np.exp(z),
    cdf=lambda z: -np.expm1(-np.exp(z)),
    sf=lambda z: np.exp(-np.exp(z)),
    logsf=lambda z: -np.exp(z),
    ppf=lambda q: np.log(-np.log1p(-q)),
)
t = declared(
    "t",
    shapes=("df",),
    log_density=lambda z, df: (
        sp.gammaln((df + 1) / 2)
        - sp.gammaln(df / 2)
        - (np.log(df) + LOG_PI) / 2
        - (df + 1) / 2 * np.log1p(z * z / df)
    ),
    cdf=lambda z, df: sp.stdtr(df, z),
    sf=lambda z, df: sp.stdtr(df, -z),
    ppf=lambda q, df: sp.stdtrit(df, q),
)
gennorm = declared(
    "gennorm",
    shapes=("beta",),
    log_density=lambda z, beta: np.log(beta) - LOG_2 - sp.gammaln(1 / beta) - np.abs(z) ** beta,
)
vonmises = declared(
    "vonmises",
    shapes=("kappa",),
    log_density=lambda z, kappa: kappa * sp.cosm1(z) - 2 * HALF_LOG_TWO_PI - np.log(sp.i0e(kappa)),
)

# On a half-line.

expon = declared(
    "expon",
    low=zero,
    log_density=lambda z: -z,
    cdf=lambda z: -np.expm1(-z),
    sf=lambda z: np.exp(-z),
    logsf=lambda z: -z,
    ppf=lambda q: -np.log1p(-q),
)
halfnorm = declared(
    "halfnorm",
    low=zero,
    log_density=lambda z: (LOG_2 - LOG_PI - z * z) / 2,
    cdf=lambda z: sp.erf(z / ROOT_2),
    sf=lambda z: 2 * sp.ndtr(-z),
    ppf=lambda q: sp.ndtri((1 + q) / 2),
)
gamma = declared(
    "gamma",
    shapes=("a",),
    low=zero,
    log_density=lambda z, a: sp.xlogy(a - 1, z) - z - sp.gammaln(a),
    cdf=lambda z, a: sp.gammainc(a, z),
    sf=lambda z, a: sp.gammaincc(a, z),
    ppf=lambda q, a: sp.gammaincinv(a, q),
)
invgamma = declared(
    "invgamma",
    shapes=("a",),
    low=zero,
    open=True,
    log_density=lambda z, a: -(a + 1) * np.log(z) - sp.gammaln(a) - 1 / z,
    cdf=lambda z, a: sp.gammaincc(a, 1 / z),
    sf=lambda z, a: sp.gammainc(a, 1 / z),
    ppf=lambda q, a: 1 / sp.gammainccinv(a, q),
)
chi2 = declared(
    "chi2",
    shapes=("df",),
    low=zero,
    log_density=lambda z, df: sp.xlogy(df / 2 - 1, z) - z / 2 - sp.gammaln(df / 2) - LOG_2 * df / 2,
    cdf=lambda z, df: sp.chdtr(df, z),
    sf=lambda z, df: sp.chdtrc(df, z),
    ppf=lambda q, df: 2 * sp.gammaincinv(df / 2, q),
)
f = declared(
    "f",
    shapes=("dfn", "dfd"),
    low=zero,
    log_density=lambda z, dfn, dfd: (
        sp.xlogy(dfn / 2, dfn)
        + sp.xlogy(dfd / 2, dfd)
        + sp.xlogy(dfn / 2 - 1, z)
        - sp.xlogy((dfn + dfd) / 2, dfd + dfn * z)
        - sp.betaln(dfn / 2, dfd / 2)
    ),
    cdf=lambda z, dfn, dfd: sp.fdtr(dfn, dfd, z),
    sf=lambda z, dfn, dfd: sp.fdtrc(dfn, dfd, z),
    ppf=lambda q, dfn, dfd: sp.fdtri(dfn, dfd, q),
)
lognorm = declared(
    "lognorm",
    shapes=("s",),
    low=zero,
    open=True,
    log_density=lambda z, s: -((np.log(z) / s) ** 2) / 2 - np.log(s) - np.log(z) - HALF_LOG_TWO_PI,
    cdf=lambda z, s: sp.ndtr(np.log(z) / s),
    sf=lambda z, s: sp.ndtr(-np.log(z) / s),
    logcdf=lambda z, s: sp.log_ndtr(np.log(z) / s),
    logsf=lambda z, s: sp.log_ndtr(-np.log(z) / s),
    ppf=lambda q, s: np.exp(s * sp.ndtri(q)),
)
weibull_min = declared(
    "weibull_min",
    shapes=("c",),
    low=zero,
    log_density=lambda z, c: np.log(c) + sp.xlogy(c - 1, z) - z**c,
    cdf=lambda z, c: -np.expm1(-(z**c)),
    sf=lambda z, c: np.exp(-(z**c)),
    logsf=lambda z, c: -(z**c),
    ppf=lambda q, c: (-np.log1p(-q)) ** (1 / c),
)
pareto = declared(
    "pareto",
    shapes=("b",),
    low=one,
    log_density=lambda z, b: np.log(b) - (b + 1) * np.log(z),
    cdf=lambda z, b: 1 - z**-b,
    sf=lambda z, b: z**-b,
    logsf=lambda z, b: -b * np.log(z),
    ppf=lambda q, b: (1 - q) ** (-1 / b),
)

# On an interval.

uniform = declared(
    "uniform",
    low=zero,
    high=one,
    log_density=lambda z: 0 * z,
    cdf=lambda z: z,
    ppf=lambda q: q,
)
beta = declared(
    "beta",
    shapes=("a", "b"),
    low=zero,
    high=one,
    log_density=lambda z, a, b: sp.xlogy(a - 1, z) + sp.xlog1py(b - 1, -z) - sp.betaln(a, b),
    cdf=lambda z, a, b: sp.betainc(a, b, z),
    sf=lambda z, a, b: sp.betaincc(a, b, z),
    ppf=lambda q, a, b: sp.betaincinv(a, b, q),
)


def log_mass(a: Any, b: Any) -> Any:
    """log(Φ(b) − Φ(a)), by the tail in which it does not cancel."""
    right = plain(a) > 0
    a, b = np.where(right, -b, a), np.where(right, -a, b)
    return sp.log_ndtr(b) + np.log1p(-np.exp(sp.log_ndtr(a) - sp.log_ndtr(b)))


truncnorm = declared(
    "truncnorm",
    shapes=("a", "b"),
    low=lambda a, b: a,
    high=lambda a, b: b,
    log_density=lambda z, a, b: -z * z / 2 - HALF_LOG_TWO_PI - log_mass(a, b),
    cdf=lambda z, a, b: np.exp(log_mass(a, z) - log_mass(a, b)),
    sf=lambda z, a, b: np.exp(log_mass(z, b) - log_mass(a, b)),
    logcdf=lambda z, a, b: log_mass(a, z) - log_mass(a, b),
    logsf=lambda z, a, b: log_mass(z, b) - log_mass(a, b),
)

# On the integers.


def log_binomial(n: Any, k: Any) -> Any:
    """The logarithm of n over k."""
    return sp.gammaln(n + 1) - sp.gammaln(k + 1) - sp.gammaln(n - k + 1)


poisson = declared(
    "poisson",
    discrete=True,
    shapes=("mu",),
    low=zero,
    log_density=lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu,
    cdf=lambda k, mu: sp.pdtr(k, mu),
    sf=lambda k, mu: sp.pdtrc(k, mu),
)
bernoulli = declared(
    "bernoulli",
    discrete=True,
    shapes=("p",),
    low=zero,
    high=one,
    log_density=lambda k, p: sp.xlogy(k, p) + sp.xlog1py(1 - k, -p),
    cdf=lambda k, p: 1 - p,
    sf=lambda k, p: p,
)
binom = declared(
    "binom",
    discrete=True,
    shapes=("n", "p"),
    low=zero,
    high=lambda n, p: n,
    log_density=lambda k, n, p: log_binomial(n, k) + sp.xlogy(k, p) + sp.xlog1py(n - k, -p),
    cdf=lambda k, n, p: sp.betaincc(k + 1, n - k, p),
    sf=lambda k, n, p: sp.betainc(k + 1, n - k, p),
)
geom = declared(
    "geom",
    discrete=True,
    shapes=("p",),
    low=one,
    log_density=lambda k, p: sp.xlog1py(k - 1, -p) + np.log(p),
    cdf=lambda k, p: -np.expm1(k * np.log1p(-p)),
    sf=lambda k, p: np.exp(k * np.log1p(-p)),
    logsf=lambda k, p: k * np.log1p(-p),
)
nbinom = declared(
    "nbinom",
    discrete=True,
    shapes=("n", "p"),
    low=zero,
    log_density=lambda k, n, p: (
        sp.gammaln(n + k) - sp.gammaln(n) - sp.gammaln(k + 1) + n * np.log(p) + sp.xlog1py(k, -p)
    ),
    cdf=lambda k, n, p: sp.betainc(n, k + 1, p),
    sf=lambda k, n, p: sp.betaincc(n, k + 1, p),
)
betabinom = declared(
    "betabinom",
    discrete=True,
    shapes=("n", "a", "b"),
    low=zero,
    high=lambda n, a, b: n,
    log_density=lambda k, n, a, b: (
        log_binomial(n, k) + sp.betaln(k + a, n - k + b) - sp.betaln(a, b)
    ),
)

__all__ = [
    "bernoulli",
    "beta",
    "betabinom",
    "binom",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "f",
    "gamma",
    "gennorm",
    "geom",
    "gumbel_l",
    "gumbel_r",
    "halfnorm",
    "invgamma",
    "laplace",
    "logistic",
    "lognorm",
    "multivariate_normal",
    "nbinom",
    "norm",
    "pareto",
    "poisson",
    "t",
    "truncnorm",
    "uniform",
    "vonmises",
    "weibull_min",
]
