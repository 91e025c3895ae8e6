"""Derivatives at points where a formula could cancel, overflow or divide by zero."""

import mpmath
import numpy as np
import pytest
from scipy import special as sp

from adbench.engine import grad, hvp, value_and_grad
from adbench.engine.scipy import special as scipy_special

SMALL = 1e-9

CASES = {
    "expm1": (np.expm1, mpmath.expm1, -30.0),
    "log1p": (np.log1p, mpmath.log1p, 1e-12),
    "arcsin": (np.arcsin, mpmath.asin, 1 - SMALL),
    "arccos": (np.arccos, mpmath.acos, -1 + SMALL),
    "arctanh": (np.arctanh, mpmath.atanh, 1 - SMALL),
    "sinc": (np.sinc, lambda x: mpmath.sincpi(x), 1e-5),
    "sinc off": (np.sinc, lambda x: mpmath.sincpi(x), 0.011),
    "tanh": (np.tanh, mpmath.tanh, 5.0),
    "expit": (sp.expit, lambda x: 1 / (1 + mpmath.exp(-x)), -40.0),
    "log_expit": (sp.log_expit, lambda x: -mpmath.log1p(mpmath.exp(-x)), 40.0),
    "spence": (sp.spence, lambda x: mpmath.polylog(2, 1 - x), 1 + 1e-7),
    "erf": (sp.erf, mpmath.erf, 5.0),
    "ndtr": (sp.ndtr, mpmath.ncdf, -8.0),
    "logaddexp": (lambda x: np.logaddexp(x, 0.0), lambda x: mpmath.log1p(mpmath.exp(x)), -35.0),
    "cube root": (np.cbrt, mpmath.cbrt, 1e-12),
    "power": (lambda x: x**1.5, lambda x: mpmath.power(x, 1.5), 1e-10),
}


@pytest.mark.parametrize("name", CASES)
def test_against_many_digits(name):
    ours, exact, x = CASES[name]
    with mpmath.workdps(60):
        first = float(mpmath.diff(exact, mpmath.mpf(x)))
        second = float(mpmath.diff(exact, mpmath.mpf(x), 2))
    assert grad(ours)(x) == pytest.approx(first, rel=1e-12)
    assert hvp(ours, (np.float64(x),), (np.float64(1.0),))[0] == pytest.approx(second, rel=1e-8)


AT_ZERO = {
    "square": (lambda x: x**2, 0.0, 2.0),
    "zeroth power": (lambda x: x**0, 0.0, 0.0),
    "first power": (lambda x: x**1, 1.0, 0.0),
    "float power": (lambda x: x**2.0, 0.0, 2.0),
    "cube by arrays": (lambda x: np.power(x, np.float64(3.0)), 0.0, 0.0),
    "sinc": (np.sinc, 0.0, -(np.pi**2) / 3),
    "xlogy": (lambda x: sp.xlogy(x, 2.0), np.log(2.0), 0.0),
    "product": (lambda x: np.prod(np.stack([x, x, 3.0 + x])), 0.0, 6.0),
    "cumprod": (lambda x: np.sum(np.cumprod(np.stack([x, 2.0 + x, x]))), 3.0, 6.0),
    "det": (lambda x: np.linalg.det(x * np.ones((2, 2)) + np.diag([0.0, 2.0])), 2.0, 0.0),
    "abs": (np.abs, 0.0, 0.0),
    "norm": (lambda x: np.linalg.norm(x * np.ones(3)), 0.0, 0.0),
    "maximum": (lambda x: np.maximum(x, 0.0), 0.5, 0.0),
}


@pytest.mark.parametrize("name", AT_ZERO)
def test_at_zero(name):
    f, first, second = AT_ZERO[name]
    assert grad(f)(0.0) == pytest.approx(first, abs=1e-12)
    assert grad(grad(f))(0.0) == pytest.approx(second, abs=1e-9)


def test_logsumexp_of_large_and_infinite_numbers():
    x = np.array([1000.0, 1001.0, -np.inf])
    result = grad(np.logaddexp.reduce)(x)
    np.testing.assert_allclose(result, [1 / (1 + np.e), np.e / (1 + np.e), 0.0])


def test_logaddexp_of_minus_infinities():
    assert grad(lambda x: np.logaddexp(x, -np.inf))(2.0) == 1.0


def test_ties_share_the_cotangent():
    np.testing.assert_array_equal(grad(np.max)(np.array([1.0, 3.0, 3.0])), [0, 0.5, 0.5])
    assert grad(lambda x: np.minimum(x, x))(1.0) == 1.0


def test_singular_determinant_has_its_cofactors():
    a = np.array([[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(grad(np.linalg.det)(a), [[4, -2], [-2, 1]], atol=1e-14)


def test_equal_eigenvalues_have_a_derivative_together():
    result = grad(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2))(np.eye(3))
    np.testing.assert_allclose(result, 2 * np.eye(3))


def test_prod_with_one_and_two_zeros():
    np.testing.assert_array_equal(grad(np.prod)(np.array([0.0, 2.0, 3.0])), [6, 0, 0])
    np.testing.assert_array_equal(grad(np.prod)(np.array([0.0, 0.0, 3.0])), [0, 0, 0])


def test_reductions_of_nothing():
    """What NumPy and SciPy give for no elements, with a gradient of no elements."""
    x = np.zeros(0)
    with np.errstate(divide="ignore"):
        for f in (np.logaddexp.reduce, lambda x: scipy_special.logsumexp(x, b=2.0)):
            value, slope = value_and_grad(f)(x)
            assert (value, slope.shape) == (-np.inf, (0,))
    with pytest.warns(RuntimeWarning, match="empty slice"), np.errstate(all="ignore"):
        assert np.isnan(value_and_grad(lambda x: np.median(x))(x)[0])
