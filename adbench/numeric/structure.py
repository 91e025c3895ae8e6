"""Noise that only shows at coarser scales: the stopping rule of a solver, a table, a rounding.

A solver stopped at 1e-7 is smooth as long as it takes the same number of iterations. The finest
differences then see the derivative of that many iterations, and a fit over a wider interval the
solution's own, blurred by the jumps between. Which of the two a right gradient gives is not for
a checker to say, so before a small discrepancy counts as wrong, the coarser view is asked too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.numeric.sampling import Lines, Rows

Array = NDArray[Any]

_DEGREE = 8
_SAMPLES = 36
_WIDTHS = (2.0**-3, 2.0**-5, 2.0**-7, 2.0**-9)


@dataclass(frozen=True, slots=True)
class CoarseView:
    """Slope ± bound of a polynomial fitted over ±width, and the noise about it; each (m,)."""

    width: float
    slope: Array
    bound: Array
    noise: Array
    residual: Array
    """The largest distance of a sample from the fit."""
    reach: Array
    """How far the slope may be off if what is left of the samples is not random."""


def coarse_views(
    function: Rows, x: Array, origin: Array, direction: Array, weights: Array
) -> list[CoarseView]:
    """The views over intervals whose residual is noise rather than the fit's own truncation.

    Least squares in the Chebyshev basis of degree 8 at 36 points (arcsine-distributed, not
    dyadic). Truncation falls by 4⁻⁹ from one width to the next; a residual that does not is
    noise. Uses 36 evaluations a width.
    """
    nodes = np.cos(np.pi * (np.arange(_SAMPLES) + 0.5) / _SAMPLES)
    basis = np.polynomial.chebyshev.chebvander(nodes, _DEGREE)
    inverse = np.linalg.pinv(basis)
    # d/dt of T_k at 0 is k sin(kπ/2).
    order = np.arange(_DEGREE + 1)
    at_zero = order * np.sin(order * np.pi / 2)
    amplification = float(np.linalg.norm(at_zero @ inverse, 1))
    lines = Lines(function, x, direction[None], origin)
    widths, slopes, noises, residuals = [], [], [], []
    for width in _WIDTHS:
        rise = lines.rise(nodes * width)[0] @ weights.T
        if not np.isfinite(rise).all():
            continue
        coefficients = inverse @ rise
        residual = rise - basis @ coefficients
        widths.append(width)
        slopes.append(at_zero @ coefficients / width)
        residuals.append(np.abs(residual).max(axis=0))
        noises.append(np.sqrt((residual**2).sum(axis=0) / (_SAMPLES - _DEGREE - 1)))
    views = []
    for i in range(len(widths) - 1):
        plateau = noises[i + 1] > noises[i] / 50
        bound = np.where(plateau, 2 * amplification * noises[i] / widths[i], np.inf)
        reach = amplification * residuals[i] / widths[i]
        views.append(CoarseView(widths[i], slopes[i], bound, noises[i], residuals[i], reach))
    return views
