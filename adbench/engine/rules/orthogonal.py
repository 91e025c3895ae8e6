"""Rules of orthogonal polynomials in their argument (DLMF 18.9.15–28)."""

from __future__ import annotations

from scipy.special import _ufuncs as sp

from adbench.engine.primitive import define

define(
    sp.eval_jacobi,
    n=None,
    alpha=None,
    beta=None,
    x=lambda g, n, alpha, beta, x: (
        g * (n + alpha + beta + 1) / 2 * sp.eval_jacobi(n - 1, alpha + 1, beta + 1, x)
    ),
)
define(
    sp.eval_gegenbauer,
    n=None,
    alpha=None,
    x=lambda g, n, alpha, x: g * 2 * alpha * sp.eval_gegenbauer(n - 1, alpha + 1, x),
)
define(
    sp.eval_legendre,
    n=None,
    x=lambda g, n, x: g * (n + 1) / 2 * sp.eval_jacobi(n - 1, 1, 1, x),
)
define(sp.eval_chebyt, n=None, x=lambda g, n, x: g * n * sp.eval_chebyu(n - 1, x))
define(sp.eval_chebyu, n=None, x=lambda g, n, x: g * 2 * sp.eval_gegenbauer(n - 1, 2, x))
define(sp.eval_hermite, n=None, x=lambda g, n, x: g * 2 * n * sp.eval_hermite(n - 1, x))
define(sp.eval_hermitenorm, n=None, x=lambda g, n, x: g * n * sp.eval_hermitenorm(n - 1, x))
define(sp.eval_laguerre, n=None, x=lambda g, n, x: -g * sp.eval_genlaguerre(n - 1, 1, x))
define(
    sp.eval_genlaguerre,
    n=None,
    alpha=None,
    x=lambda g, n, alpha, x: -g * sp.eval_genlaguerre(n - 1, alpha + 1, x),
)

# Shifted and scaled orthogonal polynomials (DLMF 18.1, 18.7).
define(
    sp.eval_sh_legendre,
    n=None,
    x=lambda g, n, x: g * (n + 1) * sp.eval_jacobi(n - 1, 1, 1, 2 * x - 1),
)
define(sp.eval_sh_chebyt, n=None, x=lambda g, n, x: g * 2 * n * sp.eval_chebyu(n - 1, 2 * x - 1))
define(
    sp.eval_sh_chebyu,
    n=None,
    x=lambda g, n, x: g * 4 * sp.eval_gegenbauer(n - 1, 2, 2 * x - 1),
)
define(sp.eval_chebyc, n=None, x=lambda g, n, x: g * n * sp.eval_chebyu(n - 1, x / 2))
define(sp.eval_chebys, n=None, x=lambda g, n, x: g * sp.eval_gegenbauer(n - 1, 2, x / 2))
define(
    sp.eval_sh_jacobi,
    n=None,
    p=None,
    q=None,
    x=lambda g, n, p, q, x: (
        g * (n + p) / sp.binom(2 * n + p - 1, n) * sp.eval_jacobi(n - 1, p - q + 1, q, 2 * x - 1)
    ),
)
