"""Special functions for the torch backend; see special_scipy.py for the formulas."""

import torch


def normal_cdf(x):
    """Φ(x) = ½(1 + erf(x/√2))."""
    return 0.5 * (1 + torch.special.erf(x / 2**0.5))


def log_gamma(x):
    """ln Γ(x)."""
    return torch.special.gammaln(x)


def digamma(x):
    """ψ(x)."""
    return torch.special.digamma(x)
