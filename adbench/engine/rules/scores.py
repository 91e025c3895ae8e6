"""Scores: derivatives of a density in its parameters, over the density.

Of first order that is ∂ log p, of higher order a Bell polynomial in the derivatives of log p
(DLMF 1.4.13). They are NumPy expressions, for use in rules as well as under integrals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from scipy.special import _ufuncs as sp  # the ufuncs themselves, whatever wraps them

Orders: TypeAlias = tuple[int, int]


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of ψ, n ≥ 1 (DLMF 25.11.12)."""
    return (-1) ** (n + 1) * math.factorial(n) * sp._zeta(n + 1.0, x)


def psi_bend(x: Any, step: Any) -> Any:
    """ψ(x + step) − ψ(x) − step/x; for large x by the expansion of ψ (DLMF 5.11.2)."""
    large = np.greater(x, 20)
    safe = np.where(large, x, 20.0)
    end = safe + step
    total = np.log1p(step / safe) - step / safe + step / (2 * safe * end)
    for k, number in enumerate((1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132), 1):
        total = total - number * (end ** (-2 * k) - safe ** (-2 * k))
    return np.where(large, total, sp.psi(x + step) - sp.psi(x) - step / x)[()]  # or a number


def bell(orders: Orders, log_derivative: Callable[[int, int], Any]) -> Any:
    """∂ⁱ∂ʲp / p, from the derivatives of log p."""
    i, j = orders
    if i == j == 0:
        return 1.0
    if i == 0:
        return bell((j, i), lambda q, p: log_derivative(p, q))
    return sum(
        math.comb(i - 1, p)
        * math.comb(j, q)
        * log_derivative(p + 1, q)
        * bell((i - 1 - p, j - q), log_derivative)
        for p in range(i)
        for q in range(j + 1)
    )


def gamma_score(order: int, a: Any, log_t: Any) -> Any:
    """In a, of the gamma density tᵃ⁻¹e⁻ᵗ/Γ(a)."""

    def log_derivative(k: int, _: int) -> Any:
        return log_t - sp.psi(a) if k == 1 else -polygamma(k - 1, a)

    return bell((order, 0), log_derivative)


def beta_score(orders: Orders, a: Any, b: Any, log_t: Any, log_rest: Any) -> Any:
    """In a and b, of the beta density tᵃ⁻¹(1 − t)ᵇ⁻¹/B(a, b)."""

    def log_derivative(i: int, j: int) -> Any:
        if (i, j) == (1, 0):
            return log_t + psi_bend(a, b) + b / a
        if (i, j) == (0, 1):
            return log_rest + psi_bend(b, a) + a / b
        own = polygamma(i - 1, a) if j == 0 else polygamma(j - 1, b) if i == 0 else 0
        return polygamma(i + j - 1, a + b) - own

    return bell(orders, log_derivative)


def f_score(orders: Orders, n: Any, d: Any, log_y: Any, log_rest: Any) -> Any:
    """In its degrees of freedom n and d, of the F density at x; y is nx/(d + nx), `rest` 1 − y.

    log p is ½n log n + ½d log d − ½(n + d) log(d + nx) − log B(n/2, d/2), and a function of x and
    n that n is a factor in. In n or d alone `log_rest` or `log_y` is all that is looked at, of
    first order; of higher order both.
    """

    def log_derivative(i: int, j: int) -> Any:
        if (i, j) == (1, 0):
            rest = np.exp(log_rest)
            return (log_y + rest + psi_bend(n / 2, d / 2) + rest * d / n) / 2
        if (i, j) == (0, 1):
            y = -np.expm1(log_rest)
            return (log_rest + y + psi_bend(d / 2, n / 2) + y * n / d) / 2
        powers = (n + d) * log_sum(i, j)
        powers = powers + (i * log_sum(i - 1, j) if i else 0) + (j * log_sum(i, j - 1) if j else 0)
        own = 0
        if i == 0 or j == 0:
            k, shape = max(i, j), n if j == 0 else d
            entropy = (-1) ** k * math.factorial(k - 2) * shape ** (1 - k) / 2
            own = entropy - polygamma(k - 1, shape / 2) / 2**k
        return own + polygamma(i + j - 1, (n + d) / 2) / 2 ** (i + j) - powers / 2

    def log_sum(i: int, j: int) -> Any:
        """∂ⁱ∂ʲ log(d + nx)."""
        factor = -((-1) ** (i + j)) * math.factorial(i + j - 1)
        in_n = (-np.expm1(log_rest) / n) ** i if i else 1.0
        return factor * in_n * (np.exp(log_rest) / d) ** j

    return bell(orders, log_derivative)
