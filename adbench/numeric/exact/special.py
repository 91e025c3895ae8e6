"""Functions of SciPy's `special` for one number; they arrive as ufuncs and are known by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adbench.numeric.exact.arithmetic import divide
from adbench.numeric.exact.numbers import INF, NAN, ONE, ZERO, mp, mpc, mpf
from adbench.numeric.exact.scalars import exp, log, log1p

_SATURATED = 1e4


def erf(x: Any) -> Any:
    """Error function."""
    if type(x) is mpf and abs(x) > _SATURATED:
        return ONE if x > 0 else -ONE
    return mp.erf(x)


def erfc(x: Any) -> Any:
    """1 − erf, accurate for large x."""
    if type(x) is mpf and abs(x) > _SATURATED:
        return ZERO if x > 0 else mpf(2)
    return mp.erfc(x)


def erfcx(x: Any) -> Any:
    """exp(x²)·erfc(x)."""
    if x > 100:
        # erfc is real(e^(−x²)): at 100 its asymptotic series has long converged.
        return _scaled_tail(x)
    return exp(x * x) * erfc(x)


def _scaled_tail(x: Any) -> Any:
    term = total = ONE
    for k in range(1, 200):
        term *= -(2 * k - 1) / (2 * x * x)
        total += term
        if abs(term) < mp.eps:
            break
    return total / (x * mp.sqrt(mp.pi))


def erfinv(x: Any) -> Any:
    """Inverse of erf."""
    if not abs(x) < 1:
        return x * INF if abs(x) == 1 else NAN
    return mp.erfinv(x)


def erfcinv(x: Any) -> Any:
    """Inverse of erfc."""
    return erfinv(1 - x)


def _pole(x: Any) -> bool:
    return type(x) is mpf and x <= 0 and bool(mp.isint(x))


def gamma(x: Any) -> Any:
    """Gamma function; inf at 0, nan at its other poles."""
    if _pole(x):
        return INF if x == 0 else NAN
    return mp.gamma(x)


def rgamma(x: Any) -> Any:
    """1 / gamma."""
    return mp.rgamma(x)


def gammaln(x: Any) -> Any:
    """log |gamma|."""
    if _pole(x) or abs(x) == INF:
        return INF
    return mp.loggamma(x) if x > 0 or x != x else mp.loggamma(x).real


def loggamma(x: Any) -> Any:
    """Principal branch of log gamma; nan for negative reals."""
    if type(x) is mpf and x <= 0:
        return INF if x == 0 else NAN
    return mp.loggamma(x)


def digamma(x: Any) -> Any:
    """Derivative of log gamma."""
    if _pole(x):
        return -INF if x == 0 else NAN
    return mp.psi(0, x)


def beta(a: Any, b: Any) -> Any:
    """Euler's beta function."""
    return mp.beta(a, b)


def betaln(a: Any, b: Any) -> Any:
    """log |beta|."""
    return gammaln(a) + gammaln(b) - gammaln(a + b)


def expit(x: Any) -> Any:
    """Logistic sigmoid."""
    if type(x) is mpc:
        return 1 / (1 + mp.exp(-x))
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def log_expit(x: Any) -> Any:
    """log of the logistic sigmoid."""
    return -log1p(exp(-x)) if x > 0 else x - log1p(exp(x))


def logit(x: Any) -> Any:
    """log(x / (1 − x))."""
    return log(x) - log1p(-x)


def xlogy(x: Any, y: Any) -> Any:
    """x·log(y), 0 where x is 0."""
    return ZERO if x == 0 and y == y else x * log(y)


def xlog1py(x: Any, y: Any) -> Any:
    """x·log(1 + y), 0 where x is 0."""
    return ZERO if x == 0 and y == y else x * log1p(y)


def entr(x: Any) -> Any:
    """−x·log(x), −inf for negative x."""
    return -INF if x < 0 else -xlogy(x, x)


def rel_entr(x: Any, y: Any) -> Any:
    """x·log(x / y)."""
    if x > 0 and y > 0:
        return x * log(x / y)
    return x if x != x else y if y != y else ZERO if x == 0 and y >= 0 else INF


def kl_div(x: Any, y: Any) -> Any:
    """x·log(x / y) − x + y."""
    if x > 0 and y > 0:
        return x * log(x / y) - x + y
    return x if x != x else y if x == 0 and not y < 0 else y if y != y else INF


def ndtr(x: Any) -> Any:
    """Distribution function of the standard normal."""
    return erfc(-x / mp.sqrt(2)) / 2


def log_ndtr(x: Any) -> Any:
    """log of `ndtr`."""
    if x > 0:
        return log1p(-ndtr(-x))
    if x > -100:
        return log(ndtr(x))
    return -x * x / 2 + log(erfcx(-x / mp.sqrt(2)) / 2)


def ndtri(p: Any) -> Any:
    """Inverse of `ndtr`."""
    return mp.sqrt(2) * erfinv(2 * p - 1)


def boxcox(x: Any, power: Any) -> Any:
    """(x^λ − 1) / λ; log(x) at λ = 0."""
    return log(x) if power == 0 else divide(exp(power * log(x)) - 1, power)


SPECIAL: dict[str, Callable[..., Any]] = {
    "erf": erf,
    "erfc": erfc,
    "erfcx": erfcx,
    "erfinv": erfinv,
    "erfcinv": erfcinv,
    "gamma": gamma,
    "rgamma": rgamma,
    "gammaln": gammaln,
    "loggamma": loggamma,
    "psi": digamma,
    "beta": beta,
    "betaln": betaln,
    "expit": expit,
    "log_expit": log_expit,
    "logit": logit,
    "xlogy": xlogy,
    "xlog1py": xlog1py,
    "entr": entr,
    "rel_entr": rel_entr,
    "kl_div": kl_div,
    "ndtr": ndtr,
    "log_ndtr": log_ndtr,
    "ndtri": ndtri,
    "boxcox": boxcox,
    "j0": lambda x: mp.besselj(0, x),
    "j1": lambda x: mp.besselj(1, x),
    "y0": lambda x: mp.bessely(0, x) if x > 0 else -INF if x == 0 else NAN,
    "y1": lambda x: mp.bessely(1, x) if x > 0 else -INF if x == 0 else NAN,
    "i0": lambda x: mp.besseli(0, x),
    "i1": lambda x: mp.besseli(1, x),
    "i0e": lambda x: mp.besseli(0, x) * exp(-abs(x)),
    "i1e": lambda x: mp.besseli(1, x) * exp(-abs(x)),
    "k0": lambda x: mp.besselk(0, x) if x > 0 else INF if x == 0 else NAN,
    "k1": lambda x: mp.besselk(1, x) if x > 0 else INF if x == 0 else NAN,
    "exp1": lambda x: mp.e1(x) if x > 0 else INF if x == 0 else NAN,
    "expi": lambda x: mp.ei(x) if x != 0 else -INF,
}
"""Functions of `scipy.special`, by the names of their ufuncs."""
