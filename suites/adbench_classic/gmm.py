"""GMM: the log posterior of a Gaussian mixture with a Wishart prior.

Source: F. Srajer, Z. Kukelova, A. Fitzgibbon, *A benchmark of selected algorithmic
differentiation tools on some problems in computer vision and machine learning* (2018), with
the sign of the prior's term as it has to be for a log density (ADBench's code has it reversed).
"""

import math

import numpy as np
from array_api_compat import array_namespace, device


def log_posterior(alpha, mu, q, lower, x, *, gamma=1.0, m=0):
    """Gaussian mixture log likelihood of x plus the log Wishart prior of its precisions.

    F = −(ND/2) ln 2π + Σᵢ lseₖ[αₖ + Σⱼ qₖⱼ − ½‖Qₖ(xᵢ − μₖ)‖²] − N·lse(α) + P.

    Shapes: alpha (K,), mu (K, D), q (K, D), lower (K, D(D−1)/2), x (N, D). Qₖ is lower
    triangular with the diagonal exp(qₖ) and lₖ column by column below it.
    """
    xp = array_namespace(alpha, mu, q, lower, x)
    n, d = x.shape
    centred = x[:, None, :] - mu
    Q_centred = xp.exp(q) * centred + xp.matmul(_strict_lower(lower, d), centred[..., None])[..., 0]
    terms = alpha + xp.sum(q, axis=-1) - xp.sum(Q_centred**2, axis=-1) / 2
    log_likelihood = (
        -n * d / 2 * math.log(2 * math.pi) + xp.sum(_log_sum_exp(terms)) - n * _log_sum_exp(alpha)
    )
    return log_likelihood + _log_wishart_prior(q, lower, gamma, m)


def _log_wishart_prior(q, lower, gamma, m):
    """P = KC − Σₖ[½γ²(‖exp qₖ‖² + ‖lₖ‖²) − m Σⱼ qₖⱼ], with n = D + m + 1 degrees of freedom.

    C = nD(ln γ − ½ ln 2) − ln Γ_D(n/2).
    """
    xp = array_namespace(q, lower)
    k, d = q.shape
    dof = d + m + 1
    constant = dof * d * (math.log(gamma) - math.log(2) / 2) - _log_multivariate_gamma(dof / 2, d)
    squares = xp.sum(xp.exp(2 * q)) + xp.sum(lower**2)
    return k * constant - gamma**2 / 2 * squares + m * xp.sum(q)


def _log_multivariate_gamma(a, d):
    """ln Γ_d(a) = d(d−1)/4 · ln π + Σⱼ ln Γ(a + (1 − j)/2)."""
    return d * (d - 1) / 4 * math.log(math.pi) + sum(
        math.lgamma(a + (1 - j) / 2) for j in range(1, d + 1)
    )


def _strict_lower(lower, d):
    """(K, D(D−1)/2) packed column by column -> (K, D, D), zero on and above the diagonal."""
    xp = array_namespace(lower)
    k, packed = lower.shape
    columns, rows = np.triu_indices(d, k=1)
    position = np.full((d, d), packed)
    position[rows, columns] = np.arange(packed)
    padded = xp.concat([lower, xp.zeros_like(lower[:, :1])], axis=1)
    index = xp.asarray(position.ravel(), device=device(lower))
    return xp.reshape(xp.take(padded, index, axis=1), (k, d, d))


def _log_sum_exp(x):
    """ln Σ eˣ along the last axis, shifted by the maximum."""
    xp = array_namespace(x)
    shift = xp.max(x, axis=-1, keepdims=True)
    return xp.log(xp.sum(xp.exp(x - shift), axis=-1)) + shift[..., 0]
