"""Incomplete gamma and beta functions and their inverses, in their argument and their shapes.

In the argument the derivative is the density (DLMF 8.8.13, 8.17.1). In a shape it is a primitive of
its own, whose value `tails.py` computes, and whose derivative in the shape is that of next order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp  # the ufuncs themselves, whatever wraps them

from adbench.engine.primitive import define
from adbench.engine.rules.scores import beta_score, gamma_score
from adbench.engine.rules.tails import beta_slope, gamma_slope
from adbench.engine.scipy.declare import ruled


def gamma_density(a: Any, x: Any) -> Any:
    """xᵃ⁻¹e⁻ˣ/Γ(a)."""
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """xᵃ⁻¹(1 − x)ᵇ⁻¹/B(a, b)."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


gamma_in_a: Callable[..., Any] = ruled(
    gamma_slope,
    "rules.incomplete.gamma_slope",
    a=lambda g, a, x, order: g * gamma_in_a(a, x, order + 1),
    x=lambda g, a, x, order: g * gamma_density(a, x) * gamma_score(order, a, np.log(x)),
)
beta_in_shapes: Callable[..., Any] = ruled(
    beta_slope,
    "rules.incomplete.beta_slope",
    a=lambda g, a, b, x, orders: g * beta_in_shapes(a, b, x, (orders[0] + 1, orders[1])),
    b=lambda g, a, b, x, orders: g * beta_in_shapes(a, b, x, (orders[0], orders[1] + 1)),
    x=lambda g, a, b, x, orders: (
        g * beta_density(a, b, x) * beta_score(orders, a, b, np.log(x), np.log1p(-x))
    ),
)


# Rules.


def in_a(a: Any, b: Any, x: Any) -> Any:
    """∂/∂a of the regularised incomplete beta function."""
    return beta_in_shapes(a, b, x, (1, 0))


def in_b(a: Any, b: Any, x: Any) -> Any:
    """∂/∂b of the regularised incomplete beta function."""
    return beta_in_shapes(a, b, x, (0, 1))


define(
    sp.gammainc,
    a=lambda g, a, x: g * gamma_in_a(a, x),
    x=lambda g, a, x: g * gamma_density(a, x),
)
define(
    sp.gammaincc,
    a=lambda g, a, x: -g * gamma_in_a(a, x),
    x=lambda g, a, x: -g * gamma_density(a, x),
)
define(
    sp.betainc,
    a=lambda g, a, b, x: g * in_a(a, b, x),
    b=lambda g, a, b, x: g * in_b(a, b, x),
    x=lambda g, a, b, x: g * beta_density(a, b, x),
)
define(
    sp.betaincc,
    a=lambda g, a, b, x: -g * in_a(a, b, x),
    b=lambda g, a, b, x: -g * in_b(a, b, x),
    x=lambda g, a, b, x: -g * beta_density(a, b, x),
)

# Inverses, by the implicit function theorem at the result.
define(
    sp.gammaincinv,
    a=lambda g, a, out: -g * gamma_in_a(a, out) / gamma_density(a, out),
    y=lambda g, a, out: g / gamma_density(a, out),
)
define(
    sp.gammainccinv,
    a=lambda g, a, out: -g * gamma_in_a(a, out) / gamma_density(a, out),
    y=lambda g, a, out: -g / gamma_density(a, out),
)
define(
    sp.betaincinv,
    a=lambda g, a, b, out: -g * in_a(a, b, out) / beta_density(a, b, out),
    b=lambda g, a, b, out: -g * in_b(a, b, out) / beta_density(a, b, out),
    y=lambda g, a, b, out: g / beta_density(a, b, out),
)
define(
    sp.betainccinv,
    a=lambda g, a, b, out: -g * in_a(a, b, out) / beta_density(a, b, out),
    b=lambda g, a, b, out: -g * in_b(a, b, out) / beta_density(a, b, out),
    y=lambda g, a, b, out: -g / beta_density(a, b, out),
)
