"""scipy.stats' distributions of vectors: multivariate normal and Dirichlet."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.stats
from scipy.special import _ufuncs as sp

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.scipy.declare import composed, in_double
from adbench.engine.scipy.distribution import Functions
from adbench.engine.scipy.linear_systems import solve_triangular

LOG_TWO_PI = math.log(2 * math.pi)


def normal_factor(mean: Any, cov: Any, allow_singular: bool) -> Any:
    """The Cholesky factor of a covariance given as a matrix, its diagonal, or a number."""
    if allow_singular:
        raise DifferentiationError(
            "scipy.stats.multivariate_normal",
            "has a derivative where the covariance is regular",
            "allow_singular=False",
        )
    cov = 1.0 if cov is None else cov
    if np.ndim(cov) == 2:
        return np.linalg.cholesky(cov)
    size = np.size(cov) if mean is None else np.size(mean)
    return np.eye(size, **like(cov)) * np.sqrt(cov)


def normal_logpdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """−½|L⁻¹(x − μ)|² − log det L − ½d log 2π with Σ = LLᵀ, which reads the lower triangle."""
    factor = normal_factor(mean, cov, allow_singular)
    size = factor.shape[-1]
    points = np.reshape(x, (-1, 1) if size == 1 else np.shape(np.atleast_2d(plain(x))))
    deviation = points if mean is None else points - mean
    lead = deviation.shape[:-1]
    columns = np.transpose(np.reshape(deviation, (-1, size)))
    standard = solve_triangular(factor, columns, lower=True)
    log_det = np.sum(np.log(np.diagonal(factor)))
    value = -np.sum(standard * standard, axis=0) / 2 - log_det - size * LOG_TWO_PI / 2
    return in_double(np.squeeze(np.reshape(value, lead)))


def normal_pdf(x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    """The exponential of the above."""
    return np.exp(normal_logpdf(x, mean, cov, allow_singular))


def normal_entropy(mean: Any = None, cov: Any = 1) -> Any:
    """½d(1 + log 2π) + log det L."""
    factor = normal_factor(mean, cov, False)
    log_det = np.sum(np.log(np.diagonal(factor)))
    return in_double(factor.shape[-1] * (1 + LOG_TWO_PI) / 2 + log_det)


def dirichlet_logpdf(x: Any, alpha: Any) -> Any:
    """Σ (α − 1) log x − Σ log Γ(α) + log Γ(Σ α); a last x that is not given makes the sum 1."""
    if np.shape(x)[0] + 1 == np.shape(alpha)[0]:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
    powers = np.reshape(alpha - 1, np.shape(alpha) + (1,) * (np.ndim(x) - 1))
    constant = sp.gammaln(np.sum(alpha)) - np.sum(sp.gammaln(alpha))
    return np.sum(sp.xlogy(powers, x), axis=0) + constant


def dirichlet_pdf(x: Any, alpha: Any) -> Any:
    """The exponential of the above."""
    return np.exp(dirichlet_logpdf(x, alpha))


def _declared(name: str, **compositions: Any) -> Functions:
    theirs = getattr(scipy.stats, name)
    return Functions(
        **{
            kind: composed(getattr(theirs, kind), f"scipy.stats.{name}.{kind}")(composition)
            for kind, composition in compositions.items()
        }
    )


multivariate_normal = _declared(
    "multivariate_normal", logpdf=normal_logpdf, pdf=normal_pdf, entropy=normal_entropy
)
dirichlet = _declared("dirichlet", logpdf=dirichlet_logpdf, pdf=dirichlet_pdf)
