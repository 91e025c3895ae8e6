"""The kernel objectives against SciPy, brute force and closed forms."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist


@pytest.fixture
def module(functions):
    return functions("kernel_methods")


@pytest.fixture
def regression(rng):
    x = rng.normal(size=(9, 2))
    return np.array([0.2, -0.3]), np.array(-1.5), x, np.sin(x[:, 0]) + 0.1 * rng.normal(size=9)


def kernel(x, y, log_lengths):
    scale = np.exp(log_lengths)
    return np.exp(-0.5 * cdist(x / scale, y / scale, "sqeuclidean"))


def test_gaussian_kernel(module, rng):
    x, y, log_lengths = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=3)
    ours = module.gaussian_kernel(x, y, log_lengths)
    np.testing.assert_allclose(ours, kernel(x, y, log_lengths), rtol=1e-12)


def test_squared_hinge_svm_and_its_gradient(module, gradients, rng):
    """Chapelle's gradient: λKα − 2/n·K(y ⊙ slack) in α, −2/n·Σ y·slack in b."""
    n, ridge = 8, 0.1
    x, labels = rng.normal(size=(n, 2)), rng.choice([-1.0, 1.0], size=n)
    alpha, bias, log_length = rng.normal(size=n), 0.3, np.array(-0.2)
    K = kernel(x, x, np.full(2, -0.2))
    slack = np.maximum(0, 1 - labels * (K @ alpha + bias))
    assert 0 < np.count_nonzero(slack) < n

    arguments = alpha, np.array(bias), log_length, x, labels
    value = module.squared_hinge_svm(*arguments, ridge=ridge)
    assert value == pytest.approx(ridge / 2 * alpha @ K @ alpha + np.mean(slack**2), rel=1e-12)

    by_alpha, by_bias, *_ = gradients(module.squared_hinge_svm, *arguments)
    expected = ridge * K @ alpha - 2 / n * K @ (labels * slack)
    np.testing.assert_allclose(by_alpha, expected, rtol=1e-11)
    np.testing.assert_allclose(by_bias, -2 / n * np.sum(labels * slack), rtol=1e-12)


def test_kernel_ridge_validation(module, regression, rng):
    log_lengths, log_ridge, x, y = regression
    x_new, y_new = rng.normal(size=(2, 4, 2))
    y_new = y_new[:, 0]
    weights = np.linalg.inv(kernel(x, x, log_lengths) + np.exp(log_ridge) * np.eye(9)) @ y
    expected = np.mean((kernel(x_new, x, log_lengths) @ weights - y_new) ** 2)
    value = module.kernel_ridge_validation(log_lengths, log_ridge, x, y, x_new, y_new)
    assert value == pytest.approx(expected, rel=1e-10)


def test_leave_one_out_is_a_refit_without_each_point(module, regression):
    log_lengths, log_ridge, x, y = regression
    errors = []
    for i in range(len(y)):
        kept = np.delete(np.arange(len(y)), i)
        C = kernel(x[kept], x[kept], log_lengths) + np.exp(log_ridge) * np.eye(len(kept))
        prediction = kernel(x[[i]], x[kept], log_lengths) @ np.linalg.solve(C, y[kept])
        errors.append(y[i] - prediction[0])
    value = module.kernel_ridge_leave_one_out(log_lengths, log_ridge, x, y)
    assert value == pytest.approx(np.mean(np.square(errors)), rel=1e-10)


def test_marginal_likelihood_is_a_normal_density(module, regression):
    log_lengths, log_ridge, x, y = regression
    C = kernel(x, x, log_lengths) + np.exp(log_ridge) * np.eye(len(y))
    value = module.negative_log_marginal_likelihood(log_lengths, log_ridge, x, y)
    expected = -stats.multivariate_normal(np.zeros(len(y)), C).logpdf(y)
    assert value == pytest.approx(expected, rel=1e-10)


def test_gradient_of_the_marginal_likelihood(module, gradients, regression):
    """½tr(C⁻¹∂C) − ½yᵀC⁻¹∂C C⁻¹y, with ∂C = λI in ln λ (Rasmussen and Williams, eq. 5.9)."""
    log_lengths, log_ridge, x, y = regression
    ridge = np.exp(log_ridge)
    inverse = np.linalg.inv(kernel(x, x, log_lengths) + ridge * np.eye(len(y)))
    expected = ridge / 2 * (np.trace(inverse) - np.sum((inverse @ y) ** 2))
    _, by_ridge, *_ = gradients(
        module.negative_log_marginal_likelihood, log_lengths, log_ridge, x, y
    )
    np.testing.assert_allclose(by_ridge, expected, rtol=1e-9)
