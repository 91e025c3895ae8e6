"""Special functions for the jax backend; see special_scipy.py for the formulas."""

from jax.scipy import special


def normal_cdf(x):
    """Φ(x) = ½(1 + erf(x/√2))."""
    return 0.5 * (1 + special.erf(x / 2**0.5))


def log_gamma(x):
    """ln Γ(x)."""
    return special.gammaln(x)


def digamma(x):
    """ψ(x)."""
    return special.digamma(x)
