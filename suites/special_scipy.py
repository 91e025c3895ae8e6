"""Special functions for the native backend: SciPy's, on NumPy arrays.

Formulas: NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov, by section.
"""

from scipy import special


def normal_cdf(x):
    """Φ(x) = ½(1 + erf(x/√2)); Φ' = e^(−x²/2)/√(2π) (DLMF 7.2.1)."""
    return 0.5 * (1 + special.erf(x / 2**0.5))


def log_gamma(x):
    """ln Γ(x); its slope is the digamma function ψ(x) (DLMF 5.2.2)."""
    return special.gammaln(x)


def digamma(x):
    """ψ(x); its slope is the trigamma function (DLMF 5.15.1)."""
    return special.digamma(x)
