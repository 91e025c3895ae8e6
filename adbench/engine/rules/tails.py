"""Derivatives of distribution functions in their shapes, as means of the score over a tail.

Of the density p(t; a), differentiated under the integral sign,

    ∂/∂a ∫₀ˣ p dt = ∫₀ˣ p · ∂ log p/∂a dt = P · E[score | t < x] = −Q · E[score | t > x],

since the score's mean is 0. It changes its sign once. On that side of x on which it has one sign
the mean is taken, so that no digit cancels. P and Q are SciPy's. The mean is a quotient of two
integrals by the Gauss–Legendre rule (DLMF 3.5.17), in the variable in which the density is
log-concave: log t for the gamma density, log t/(1 − t) for the beta density. The same holds of
higher derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp  # the ufuncs themselves, whatever wraps them

from adbench.engine.rules.scores import beta_score, f_score, gamma_score
from adbench.engine.scipy.declare import in_double

FALL = 40.0
"""Integrals end where the density's logarithm has fallen by so much."""
APART = 30.0
"""Distance on the logarithmic scale at which 1 + eˢ is 1 or eˢ."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
NODES = (1 + NODES) / 2  # in [0, 1]
FEW = 512
"""Elements up to which all nodes are evaluated at once, which takes more memory and less time."""


def gamma_slope(a: Any, x: Any, order: Any = 1) -> Any:
    """∂ᵏ/∂aᵏ of P(a, x), the regularised incomplete gamma function, in double precision.

    In log t the density is exp(a log t − t). It is integrated over u = |log t − log x|.
    """
    a, x = in_double(a), in_double(x)
    with np.errstate(all="ignore"):
        border = np.where(a > 0, 0 * sp.gammainc(a, x), np.nan)  # NaN outside the domain
        inside = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
        a, x = np.where(inside, a, 1.0), np.where(inside, x, 1.0)
        log_x = np.log(x)
        below = gamma_score(1, a, log_x) < 0
        sign = np.where(below, -1.0, 1.0)

        def drop(u: Any) -> Any:
            return x * np.expm1(sign * u) - sign * a * u

        # log t ≤ t/2a + log(2a/e), so that at this t the density has fallen far enough.
        t = 2 * (FALL + x + a * (np.log(2 * a) - 1 - log_x))
        most = np.where(below, (FALL + x) / a, np.log(t) - log_x)
        end = reach(drop, lambda u: sign * (x * np.exp(sign * u) - a), x, most)
        bend = np.where(below, 0.0, -log_x)  # where t = 1
        edges = [0 * end, *(np.clip(bend + d, 0.0, end) for d in (-APART, 0.0)), end]
        found = mean(lambda u: (drop(u), gamma_score(order, a, log_x + sign * u)), edges)
        tail = np.where(below, sp.gammainc(a, x), -sp.gammaincc(a, x))
    return np.where(inside, tail * found, border)


def beta_slope(a: Any, b: Any, x: Any, orders: Any = (1, 0)) -> Any:
    """∂ⁱ⁺ʲ/∂aⁱ∂bʲ of I(a, b, x), the regularised incomplete beta function, in double precision."""
    a, b, x = in_double(a), in_double(b), in_double(x)
    with np.errstate(all="ignore"):
        border = np.where((a > 0) & (b > 0), 0 * sp.betainc(a, b, x), np.nan)
        inside = (a > 0) & (b > 0) & (x > 0) & (x < 1) & np.isfinite(a) & np.isfinite(b)
        a, b = np.where(inside, a, 1.0), np.where(inside, b, 1.0)
        x = np.where(inside, x, 0.5)
        first = (1, 0) if orders[0] else (0, 1)
        sign = beta_score(first, a, b, np.log(x), np.log1p(-x))
        found = beta_mean(
            a, b, x, 1 - x,
            (sign < 0) if orders[0] else (sign > 0),
            lambda log_t, log_rest: beta_score(orders, a, b, log_t, log_rest),
        )  # fmt: skip
    return np.where(inside, found, border)


def f_slope(dfn: Any, dfd: Any, x: Any, orders: Any = (1, 0)) -> Any:
    """∂ⁱ⁺ʲ/∂dfnⁱ∂dfdʲ of the F distribution function, in double precision.

    That is I(dfn/2, dfd/2, y) with y = dfn·x/(dfd + dfn·x), so that x stays the same and not y.
    """
    n, d, x = in_double(dfn), in_double(dfd), in_double(x)
    with np.errstate(all="ignore"):
        border = np.where((n > 0) & (d > 0), 0 * sp.fdtr(n, d, x), np.nan)
        inside = (n > 0) & (d > 0) & (x > 0) & np.isfinite(n) & np.isfinite(d) & np.isfinite(x)
        n, d, x = (np.where(inside, part, 1.0) for part in (n, d, x))
        y, rest = n * x / (d + n * x), d / (d + n * x)
        first = (1, 0) if orders[0] else (0, 1)
        sign = f_score(first, n, d, *logarithms(y, rest))
        found = beta_mean(
            n / 2, d / 2, y, rest,
            (sign < 0) if orders[0] else (sign > 0),
            lambda log_y, log_rest: f_score(orders, n, d, log_y, log_rest),
        )  # fmt: skip
    return np.where(inside, found, border)


def logarithms(x: Any, rest: Any) -> tuple[Any, Any]:
    """log x and log(1 − x), by the smaller of x and 1 − x."""
    log_x = np.where(x < 0.5, np.log(x), np.log1p(-rest))
    return log_x, np.where(rest < 0.5, np.log(rest), np.log1p(-x))


def beta_mean(a: Any, b: Any, x: Any, rest: Any, below: Any, score: Any) -> Any:
    """∫ score · p over t < x where `below`, else −∫ over t > x; p is the beta density.

    In s = log t/(1 − t) it is exp(as)/(1 + exp s)ᵃ⁺ᵇ. It is integrated over the distance u from
    the s of x. What is above x is below `rest`, which is 1 − x, with a and b exchanged.
    """
    p, q = np.where(below, a, b), np.where(below, b, a)
    near, far = np.where(below, x, rest), np.where(below, rest, x)
    log_near, log_far = logarithms(near, far)

    def log_sum(u: Any) -> Any:
        """log(far + near·e⁻ᵘ)."""
        less = near * np.expm1(-u)
        return np.where(less > -0.5, np.log1p(less), np.log(far + near * np.exp(-u)))

    def slope(u: Any) -> Any:
        kept = near * np.exp(-u)
        return p - (p + q) * kept / (far + kept)

    def at(u: Any) -> tuple[Any, Any]:
        total = log_sum(u)
        log_one, log_other = log_near - u - total, log_far - total
        logs = np.where(below, log_one, log_other), np.where(below, log_other, log_one)
        return p * u + (p + q) * total, score(*logs)

    most = (FALL - (p + q) * log_far) / p
    end = reach(lambda u: p * u + (p + q) * log_sum(u), slope, (p + q) * near * far, most)
    bend = np.maximum(log_near - log_far, 0.0)  # where s = 0
    edges = [0 * end, *(np.clip(bend + d, 0.0, end) for d in (-APART, 0.0, APART)), end]
    lower, upper = tail_of(a, b, x, rest)
    return np.where(below, lower, -upper) * mean(at, edges)


def tail_of(a: Any, b: Any, x: Any, rest: Any) -> tuple[Any, Any]:
    """I(a, b, x) and 1 − I(a, b, x), by the smaller of x and 1 − x."""
    small = x < 0.5
    lower = np.where(small, sp.betainc(a, b, x), sp.betaincc(b, a, rest))
    return lower, np.where(small, sp.betaincc(a, b, x), sp.betainc(b, a, rest))


def reach(
    drop: Callable[[Any], Any], slope: Callable[[Any], Any], curvature: Any, most: Any
) -> Any:
    """Where a convex `drop` with drop(0) = 0 is FALL, by Newton's method; at most `most`."""
    start = slope(0.0)
    far = np.minimum(2 * FALL / (start + np.sqrt(start**2 + 2 * FALL * curvature)), most)
    for _ in range(6):  # each is beyond the root from the second on, and nearer
        steep = slope(far)
        step = (drop(far) - FALL) / np.where(steep > 0, steep, 1.0)
        far = np.where(steep > 0, np.minimum(far - step, most), most)
    return far


def mean(at: Callable[[Any], tuple[Any, Any]], edges: Sequence[Any]) -> Any:
    """The mean of a weight under a density e⁻ᵈ over [first, last edge]: `at(u)` gives (d, weight).

    Between edges both are smooth on the scale of their distance.
    """
    last = np.asarray(edges[-1])
    together = (-1, len(NODES) if last.size <= FEW else 1, *(1,) * last.ndim)
    total, mass = np.zeros(last.shape), np.zeros(last.shape)
    for low, high in pairwise(edges):
        width = high - low
        if not np.any(width > 0):
            continue
        for nodes, weights in zip(NODES.reshape(together), WEIGHTS.reshape(together), strict=True):
            drop, weight = at(low + nodes * width)
            part = weights * np.exp(-drop)
            total += width * np.sum(part * weight, axis=0)
            mass += width * np.sum(part, axis=0)
    return total / mass
