"""The everyday functions against SciPy, NumPy and closed forms at their awkward points."""

import numpy as np
import pytest
import scipy
from scipy import special, stats


def sum_of(f, *others):
    """x ↦ Σ f(x, *others)."""
    return lambda x, *rest: f(x, *rest, *others).sum()


# Elementwise.


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("sigmoid", special.expit),
        ("softplus", lambda x: np.logaddexp(0, x)),
        ("sinc", lambda x: np.sinc(x / np.pi)),
        ("polynomial", np.polynomial.Polynomial([-5, 1, -3, 2])),
        ("signed_square", lambda x: x * np.abs(x)),
        ("sawtooth", lambda x: x * np.modf(x)[0] + np.where(x < np.trunc(x), x, 0)),
    ],
)
def test_elementwise_value(functions, name, reference):
    x = np.array([-700.0, -30.5, -1.25, -1e-3, 0.0, 1e-3, 0.75, 2.5, 40.0, 700.0])
    f = getattr(functions("elementwise"), name)
    np.testing.assert_allclose(f(x), reference(x), rtol=1e-14)


def test_gelu(functions, torch):
    x = np.linspace(-4, 4, 17)
    expected = torch.nn.functional.gelu(torch.tensor(x), approximate="tanh")
    np.testing.assert_allclose(functions("elementwise").gelu(x), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("sigmoid", lambda x: special.expit(x) * special.expit(-x)),
        ("softplus", special.expit),
        ("guarded_square_root", lambda x: np.where(x > 0, 0.5 / np.sqrt(np.abs(x)), 1)),
        ("large_offset", np.cos),
        ("signed_square", lambda x: 2 * np.abs(x)),
        ("sawtooth", lambda x: 2 * x - np.floor(x)),
        ("identity_and_constants", lambda x: np.full_like(x, 0.5)),
    ],
)
def test_elementwise_slope(functions, gradients, name, slope):
    x = np.array([-30.5, -1.25, -0.1, 0.3, 1.75, 30.5])
    (gradient,) = gradients(sum_of(getattr(functions("elementwise"), name)), x)
    np.testing.assert_allclose(gradient, slope(x), rtol=1e-11)


def test_removable_singularities_have_their_limit(functions, gradients):
    assert gradients(sum_of(functions("elementwise").sinc), np.zeros(1))[0] == 0


def test_hidden_kinks_cancel_in_torch_and_not_in_jax(functions, torch, jax):
    """softplus'(0) = ½. The suite expects JAX to fail; a JAX that does not is news."""
    softplus = functions("elementwise").softplus
    x = torch.zeros((), requires_grad=True)
    softplus(x).backward()
    assert x.grad == 0.5
    assert jax.grad(softplus)(0.0) == 0


@pytest.mark.parametrize("name", ["normal_cdf", "log_gamma", "digamma"])
def test_special_functions_agree_with_each_other(functions, torch, jax, name):
    x = np.array([0.01, 0.5, 1.46, 3.0, 50.0])
    by_scipy = getattr(functions("special_scipy"), name)(x)
    by_torch = getattr(functions("special_torch"), name)(torch.tensor(x))
    by_jax = getattr(functions("special_jax"), name)(jax.numpy.asarray(x))
    reference = {
        "normal_cdf": stats.norm.cdf(x),
        "log_gamma": special.loggamma(x),
        "digamma": special.psi(x),
    }[name]
    for value in (by_scipy, by_torch, by_jax):
        np.testing.assert_allclose(value, reference, rtol=1e-12)


# Reductions.


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("log_sum_exp", lambda x: special.logsumexp(x, axis=-1)),
        ("softmax", lambda x: special.softmax(x, axis=-1)),
        ("entropy", lambda x: stats.entropy(special.softmax(x, axis=-1), axis=-1)),
        ("geometric_mean", lambda x: stats.gmean(x, axis=-1)),
        ("harmonic_mean", lambda x: stats.hmean(x, axis=-1)),
        ("median", lambda x: np.median(x, axis=-1)),
        ("spread", np.ptp),
        ("standardize", lambda x: stats.zscore(x, axis=-1)),
        ("guarded_norm", lambda x: scipy.linalg.norm(x, axis=-1)),
        ("coefficient_of_variation", None),
    ],
)
def test_reduction_value(functions, rng, name, reference):
    f = getattr(functions("reductions"), name)
    if reference is None:
        x = rng.lognormal(size=(2, 3, 2))
        np.testing.assert_allclose(f(x), stats.variation(x, axis=(0, 2), keepdims=True))
        return
    x = rng.lognormal(size=(4, 5))
    np.testing.assert_allclose(f(x), reference(x), rtol=1e-4 if name == "standardize" else 1e-12)


def test_gradient_of_a_product_with_zeros(functions, gradients):
    """Each element's slope is the product of the others, however many zeros there are."""
    x = np.array([[2.0, -3.0, 0.5], [2.0, 0.0, 0.5], [0.0, -3.0, 0.0], [0.0, 0.0, 0.0]])
    (gradient,) = gradients(sum_of(functions("reductions").product), x)
    expected = [[np.prod(np.delete(row, i)) for i in range(3)] for row in x]
    np.testing.assert_array_equal(gradient, expected)


def test_ordered_weights_give_each_element_its_rank(functions, gradients, rng):
    x = rng.normal(size=(3, 6))
    (gradient,) = gradients(sum_of(functions("reductions").ordered_weights), x)
    np.testing.assert_array_equal(gradient, stats.rankdata(x, axis=-1))


@pytest.mark.parametrize("order", [1, 2, 3, "inf"])
def test_p_norm_is_the_dual_of_its_gradient(functions, gradients, rng, order):
    """∇‖x‖_p has length 1 in the dual norm, 1/p + 1/q = 1, and x·∇‖x‖_p = ‖x‖_p."""
    x = rng.normal(size=5)
    f = functions("reductions").p_norm
    (gradient,) = gradients(lambda x: f(x, order=order), x)
    p = float(order)
    dual = np.inf if p == 1 else 1.0 if p == np.inf else p / (p - 1)
    assert np.linalg.norm(gradient, dual) == pytest.approx(1, rel=1e-12)
    assert x @ gradient == pytest.approx(np.linalg.norm(x, p), rel=1e-12)


# Linear algebra.


def test_gradient_of_a_singular_determinant_is_its_cofactors(functions, torch, jax):
    """Rank 2, so that det A = 0 while the cofactors are not.

    The suite expects PyTorch to fail, which gives zeros; a PyTorch that does not is news.
    """
    A = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
    cofactors = [
        [
            (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(A, i, axis=0), j, axis=1))
            for j in range(3)
        ]
        for i in range(3)
    ]
    determinant = functions("linear_algebra").determinant
    np.testing.assert_allclose(jax.grad(determinant)(A), cofactors, atol=1e-12)
    tensor = torch.tensor(A, requires_grad=True)
    determinant(tensor).backward()
    assert torch.count_nonzero(tensor.grad) == 0


def test_symmetric_square_root(functions, rng):
    A = rng.normal(size=(4, 4))
    A = A @ A.T + np.eye(4)
    root = functions("linear_algebra").symmetric_square_root(A)
    np.testing.assert_allclose(root, scipy.linalg.sqrtm(A), rtol=1e-11, atol=1e-12)


def test_gaussian_log_density(functions, rng):
    x, mean, root = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(3, 3))
    covariance = root @ root.T + np.eye(3)
    expected = stats.multivariate_normal(mean, covariance).logpdf(x) + 1.5 * np.log(2 * np.pi)
    value = functions("linear_algebra").gaussian_log_density(x, mean, covariance)
    assert value == pytest.approx(expected, rel=1e-12)


def test_low_rank_approximation_is_the_best(functions, rng):
    """Its error is the norm of the singular values that were left out."""
    A = rng.normal(size=(5, 4))
    error = A - functions("linear_algebra").low_rank_approximation(A, rank=2)
    left_out = np.linalg.svd(A, compute_uv=False)[2:]
    assert np.linalg.norm(error) == pytest.approx(np.linalg.norm(left_out), rel=1e-12)


def test_projections(functions, rng):
    module, A, b = functions("linear_algebra"), rng.normal(size=(5, 2)), rng.normal(size=5)
    projection, _ = module.orthogonal_projection(A, b)
    np.testing.assert_allclose(projection, A @ np.linalg.lstsq(A, b)[0], rtol=1e-12)
    P = module.leading_projector(rng.normal(size=(4, 4)), rank=2)
    np.testing.assert_allclose(P @ P, P, atol=1e-14)
    assert np.trace(P) == pytest.approx(2)


def test_least_squares(functions, rng):
    A, b, ridge = rng.normal(size=(5, 3)), rng.normal(size=5), np.array(0.3)
    stacked = np.vstack([A, np.sqrt(ridge) * np.eye(3)])
    expected = np.linalg.lstsq(stacked, np.concatenate([b, np.zeros(3)]))[0]
    value = functions("linear_algebra").least_squares(A, b, ridge)
    np.testing.assert_allclose(value, expected, rtol=1e-11)


# Indexing.


def test_repeated_rows_add_up(functions, gradients, torch, jax):
    x = np.arange(1.0, 9.0).reshape(4, 2)
    take_rows = functions("indexing").take_rows

    def f(x):
        rows = [1, 1, 3, 1]
        index = torch.tensor(rows) if isinstance(x, torch.Tensor) else jax.numpy.asarray(rows)
        return take_rows(x, index).sum()

    (gradient,) = gradients(f, x)
    np.testing.assert_array_equal(gradient, 2 * x * [[0], [3], [0], [1]])


def test_interpolate(functions, rng):
    values, x = rng.normal(size=6), np.array([0.25, 1.5, 3.0, 4.99])
    ours = functions("indexing").interpolate(values, x)
    np.testing.assert_allclose(ours, np.interp(x, np.arange(6), values), rtol=1e-13)


def test_segment_sums(functions, rng):
    x, segments = rng.normal(size=(5, 2)), np.array([2, 0, 2, 2, 0])
    expected = np.zeros((4, 2))
    np.add.at(expected, segments, x**2)
    ours = functions("indexing").segment_sums(x, segments, count=4)
    np.testing.assert_allclose(ours, expected, rtol=1e-13)


def test_assign_gives_nothing_to_what_was_overwritten(functions, torch, jax, rng):
    x = rng.normal(size=(3, 2))
    expected = 2 * x
    expected[0] = 0
    expected[-1] += 8 * x[-1]
    module, tensor = functions("indexing"), torch.tensor(x, requires_grad=True)
    module.assign(tensor).sum().backward()
    np.testing.assert_allclose(tensor.grad, expected, rtol=1e-14)
    gradient = jax.grad(sum_of(module.assign_jax))(x)
    np.testing.assert_allclose(gradient, expected, rtol=1e-14)
