"""adbench.engine.scipy: SciPy's names, signatures and values on plain arrays, and its errors.

That the derivatives are right is what the conformance tests show.
"""

import importlib
import inspect
import subprocess
import sys
import types

import numpy as np
import pytest
import scipy
import scipy.stats

from adbench.engine import DifferentiationError, grad, jacobian
from adbench.engine import scipy as ours
from adbench.engine.scipy import integrate, linalg, stats

FUNCTIONS = [
    (f"{place}.{name}", found)
    for place in ours.__all__
    for name, found in (
        (name, getattr(getattr(ours, place), name)) for name in getattr(ours, place).__all__
    )
]
FUNCTIONS = [
    (f"{name}.{kind}", function)
    for name, found in FUNCTIONS
    for kind, function in (
        vars(found).items() if isinstance(found, types.SimpleNamespace) else [("", found)]
    )
]


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_it_is_named_and_called_as_scipys(name, function):
    name = name.rstrip(".")
    place, *path = name.split(".")
    theirs = importlib.import_module(f"scipy.{place}")
    for part in path:
        theirs = getattr(theirs, part)
    assert inspect.signature(function) == inspect.signature(theirs)
    assert function.__module__ + "." + function.__name__ == f"adbench.engine.scipy.{name}"
    assert ours.counterpart(f"scipy.{name}") == f"adbench.engine.scipy.{name}"


def test_on_plain_arrays_it_is_scipys_own():
    a = np.array([[1.0, 2.0], [0.0, 3.0]])
    np.testing.assert_array_equal(linalg.expm(a), scipy.linalg.expm(a))
    assert stats.norm.logpdf(0.5) == scipy.stats.norm.logpdf(0.5)


def test_it_is_imported_when_it_is_asked_for():
    code = "import sys, adbench.engine.scipy; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'cluster'"):
        ours.cluster  # noqa: B018
    assert ours.counterpart("scipy.linalg.schur") is None
    assert ours.counterpart("numpy.sum") is None


def test_outside_the_support_the_density_is_zero_and_flat():
    x = np.array([-1.0, 0.5, 2.0])
    np.testing.assert_allclose(stats.beta.pdf(x, 2, 3), [0, 1.5, 0], rtol=1e-14)
    slope = grad(lambda x: np.sum(stats.beta.pdf(x, 2.0, 3.0)))(x)
    np.testing.assert_allclose(slope, [0, 12 * (0.25 - 2 * 0.5 * 0.5), 0], atol=1e-12)
    cdf = grad(lambda x: np.sum(stats.uniform.cdf(x) + stats.expon.sf(x)))(x)
    np.testing.assert_allclose(cdf, [0, 1 - np.exp(-0.5), -np.exp(-2)])


def test_a_discrete_variable_has_no_derivative():
    with pytest.raises(DifferentiationError, match="not differentiable in k") as caught:
        grad(lambda k: stats.poisson.logpmf(k, 2.0))(3.0)
    assert "stop_gradient(k)" in caught.value.hint
    assert grad(lambda mu: stats.poisson.logpmf(3, mu))(2.0) == 0.5


def test_a_parameter_that_is_none_of_the_distributions():
    with pytest.raises(TypeError, match="the parameters are a, loc, scale"):
        grad(lambda x: stats.gamma.logpdf(x, 2.0, shape=3.0))(1.0)


def test_a_frozen_distribution():
    def log_likelihood(shape, scale):
        return np.sum(stats.gamma(shape, scale=scale).logpdf(np.array([0.5, 2.0])))

    def likewise(shape, scale):
        return np.sum(stats.gamma.logpdf(np.array([0.5, 2.0]), shape, scale=scale))

    assert grad(log_likelihood, (0, 1))(2.0, 3.0) == grad(likewise, (0, 1))(2.0, 3.0)
    assert log_likelihood(2.0, 3.0) == np.sum(scipy.stats.gamma(2, scale=3).logpdf([0.5, 2.0]))
    assert grad(lambda p: stats.norm(1.0, 2.0).ppf(p))(0.5) == 2 * np.sqrt(2 * np.pi)
    entropy = grad(lambda c: stats.multivariate_normal(np.zeros(1), c).entropy())
    np.testing.assert_allclose(entropy(np.array([[4.0]])), [[1 / 8]])


def test_decay_in_all_that_odeint_is_told():
    times = np.array([0.0, 0.5, 2.0])

    def decayed(y0, rate, times):
        found = integrate.odeint(lambda y, t, r: -r * y, y0, times, (rate,), rtol=1e-11, atol=1e-11)
        return found[:, 0]

    J = jacobian(decayed, argnums=(0, 1, 2))(3.0, 0.7, times)
    y = 3 * np.exp(-0.7 * times)
    np.testing.assert_allclose(J[0], y / 3, rtol=1e-8)
    np.testing.assert_allclose(J[1], -times * y, rtol=1e-8)
    moved = np.diag(-0.7 * y)
    moved[:, 0] = 0.7 * y  # the start's time moves all, and itself not
    moved[0, 0] = 0
    np.testing.assert_allclose(J[2], moved, rtol=1e-8, atol=1e-12)


def test_equations_that_close_over_a_traced_array_are_refused():
    with pytest.raises(DifferentiationError, match="enclosing scope") as caught:
        grad(lambda r: integrate.odeint(lambda y, t: -r * y, [1.0], [0.0, 1.0])[-1, 0])(0.5)
    assert caught.value.hint == "hand it on by args=(x,)"


@pytest.mark.parametrize(
    "call",
    [
        lambda x: linalg.qr(np.outer(x, x), pivoting=True)[0],
        lambda x: linalg.eigh(np.outer(x, x), subset_by_value=[0, 1])[0],
        lambda x: linalg.pinv(np.outer(x, x), atol=0.1),
        lambda x: stats.multivariate_normal.logpdf(x, allow_singular=True, cov=np.eye(3)),
        lambda x: integrate.odeint(lambda y, t: -y, x, [0.0, 1.0], full_output=True)[0],
        lambda x: integrate.simpson(x, x),
    ],
)
def test_an_option_that_has_no_rule_is_refused(call):
    with pytest.raises(DifferentiationError, match=r"scipy\."):
        grad(lambda x: np.sum(call(x)))(np.array([0.5, 1.0, 2.0]))
