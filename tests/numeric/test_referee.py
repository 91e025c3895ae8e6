"""Derivatives by replay in 50 digits, against closed forms and mpmath's own derivative."""

import mpmath
import numpy as np
import pytest
import scipy.special

from adbench.numeric.referee import exact_derivatives

U = 2.0**-53


def derivative(function, x, direction=None, deadline=20.0):
    """d/dt of a scalar function of one array, along a direction (ones where none is given)."""
    x = np.asarray(x)
    v = np.ones_like(x) if direction is None else np.asarray(direction)
    found = exact_derivatives(
        lambda leaves: [function(leaves[0])], [x], [[v]], [[np.ones(())]], deadline=deadline
    )
    return found, found.value[0, 0], found.bound[0, 0]


def exactly(text):
    """A reference value given to more digits than a double holds."""
    return mpmath.mpf(text)


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mpmath.workdps(60):
        yield


def sure(value, bound, reference):
    """Within its bound, and the bound is no wider than the rounding to double."""
    assert abs(mpmath.mpf(float(value)) - reference) <= float(bound)
    assert bound <= 1.01 * U * abs(value) + 1e-29


CLOSED_FORMS = {
    "sin": (np.sin, 1.0, lambda x: mpmath.cos(x)),
    "exp": (np.exp, 0.3, lambda x: mpmath.exp(x)),
    "log": (np.log, 1e-8, lambda x: 1 / x),
    "sqrt": (np.sqrt, 1e-300, lambda x: 1 / (2 * mpmath.sqrt(x))),
    "square at 1e8": (lambda x: x * x, 1e8, lambda x: 2 * x),
    "1e8 + sin": (lambda x: 1e8 + np.sin(x), 2.0, lambda x: mpmath.cos(x)),
    "cancelling": (
        lambda x: (1 - np.cos(x)) / x**2,
        1e-5,
        lambda x: mpmath.diff(lambda t: (1 - mpmath.cos(t)) / t**2, x, h=mpmath.mpf(10) ** -20),
    ),
    "tanh at 20": (np.tanh, 20.0, lambda x: 1 / mpmath.cosh(x) ** 2),
    "exp(-1/x^2)": (lambda x: np.exp(-1 / x**2), 0.1, lambda x: 2 / x**3 * mpmath.exp(-1 / x**2)),
    "erf": (scipy.special.erf, 0.7, lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)),
    "gammaln": (scipy.special.gammaln, 3.3, lambda x: mpmath.psi(0, x)),
    "digamma": (scipy.special.digamma, 3.3, lambda x: mpmath.psi(1, x)),
    "j0": (scipy.special.j0, 2.0, lambda x: -mpmath.besselj(1, x)),
    "oscillating": (lambda x: np.sin(1e6 * x), 0.25, lambda x: 10**6 * mpmath.cos(10**6 * x)),
    "x^x": (lambda x: x**x, 1.7, lambda x: x**x * (mpmath.log(x) + 1)),
    "quintic at 0": (lambda x: x**5 + 3 * x, 0.0, lambda x: mpmath.mpf(3)),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_the_derivative_is_right_to_the_last_bit(name):
    function, x, reference = CLOSED_FORMS[name]
    _, value, bound = derivative(function, x)
    sure(value, bound, reference(mpmath.mpf(x)))
