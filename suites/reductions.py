"""Sums, products, extrema, norms and scans, at ordinary and at awkward points."""

from array_api_compat import array_namespace


def sum_of_squares(x):
    """Σ x², over all elements."""
    xp = array_namespace(x)
    return xp.sum(x**2)


def sum_axes(x):
    """Σ x³ over the first and the last axis."""
    xp = array_namespace(x)
    return xp.sum(x**3, axis=(0, -1))


def total(x):
    """Σ x: the gradient is 1 however much the terms cancel."""
    xp = array_namespace(x)
    return xp.sum(x)


def sum_with_empty_slice(x):
    """Σ x² + Σ of no elements at all."""
    xp = array_namespace(x)
    return xp.sum(x**2) + xp.sum(x[:0])


def weighted_mean(x, weights):
    """Σ w·x / Σ w along the last axis."""
    xp = array_namespace(x, weights)
    return xp.sum(weights * x, axis=-1) / xp.sum(weights, axis=-1)


def standardize(x):
    """(x − mean)/√(var + 10⁻⁵) along each row: layer normalisation with no parameters."""
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    return centred / xp.sqrt(xp.mean(centred**2, axis=-1, keepdims=True) + 1e-5)


def variance(x):
    """The unbiased variance of each column: ∂/∂x = 2(x − mean)/(n − 1)."""
    xp = array_namespace(x)
    return xp.var(x, axis=0, correction=1)


def standard_deviation(x):
    """The standard deviation of all elements: ∂/∂x = (x − mean)/(n·std)."""
    xp = array_namespace(x)
    return xp.std(x)


def coefficient_of_variation(x):
    """std/mean over two of three axes, which stay as axes of length 1."""
    xp = array_namespace(x)
    return xp.std(x, axis=(0, 2), keepdims=True) / xp.mean(x, axis=(0, 2), keepdims=True)


def product(x):
    """∏ x along each row; ∂/∂xᵢ is the product of the others, so ∏x/xᵢ will not do at zeros."""
    xp = array_namespace(x)
    return xp.prod(x, axis=-1)


def geometric_mean(x):
    """exp(mean ln x), for x > 0."""
    xp = array_namespace(x)
    return xp.exp(xp.mean(xp.log(x), axis=-1))


def harmonic_mean(x):
    """1/mean(1/x), for x > 0."""
    xp = array_namespace(x)
    return 1 / xp.mean(1 / x, axis=-1)


def largest_and_smallest(x):
    """max + 2 min along each row; where elements tie, the gradient is any convex mixture."""
    xp = array_namespace(x)
    return xp.max(x, axis=-1) + 2 * xp.min(x, axis=-1)


def spread(x):
    """max − min over all elements."""
    xp = array_namespace(x)
    return xp.max(x) - xp.min(x)


def log_sum_exp(x):
    """ln Σ eˣ along the last axis, shifted by the maximum so that it cannot overflow."""
    xp = array_namespace(x)
    shift = xp.max(x, axis=-1, keepdims=True)
    return xp.log(xp.sum(xp.exp(x - shift), axis=-1)) + xp.squeeze(shift, axis=-1)


def softmax(x):
    """eˣ / Σ eˣ along the last axis; the Jacobian is diag(p) − ppᵀ."""
    xp = array_namespace(x)
    weights = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def entropy(x):
    """−Σ p ln p of p = softmax(x), by logarithms throughout."""
    xp = array_namespace(x)
    shifted = x - xp.max(x, axis=-1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    return -xp.sum(xp.exp(log_p) * log_p, axis=-1)


def euclidean_norm(x):
    """√Σ x² along the last axis: ∂/∂x = x/‖x‖."""
    xp = array_namespace(x)
    return xp.linalg.vector_norm(x, axis=-1)


def guarded_norm(x):
    """√Σ x² along the last axis, with the subgradient 0 where the row is zero."""
    xp = array_namespace(x)
    squared = xp.sum(x**2, axis=-1)
    zero = squared == 0
    return xp.where(zero, 0, xp.sqrt(xp.where(zero, 1, squared)))


def p_norm(x, *, order):
    """(Σ |x|^p)^(1/p) along the last axis; p = ∞ is the largest |x|."""
    xp = array_namespace(x)
    return xp.linalg.vector_norm(x, ord=float(order), axis=-1)


def cosine_similarity(x, y):
    """x·y / (‖x‖‖y‖) along the last axis."""
    xp = array_namespace(x, y)
    return xp.vecdot(x, y) / (xp.linalg.vector_norm(x, axis=-1) * xp.linalg.vector_norm(y, axis=-1))


def pairwise_distances(x):
    """√(‖xᵢ − xⱼ‖² + 1): differences of all pairs by broadcasting."""
    xp = array_namespace(x)
    differences = x[:, None, :] - x[None, :, :]
    return xp.sqrt(xp.sum(differences**2, axis=-1) + 1)


def running_sum(x):
    """Σ_{j≤i} xⱼ² along the first axis."""
    xp = array_namespace(x)
    return xp.cumulative_sum(x**2, axis=0)


def running_product(x):
    """∏_{j≤i} xⱼ along the last axis; zeros are allowed."""
    xp = array_namespace(x)
    return xp.cumulative_prod(x, axis=-1)


def differences(x):
    """The second differences along the last axis, squared and summed: a smoothness penalty."""
    xp = array_namespace(x)
    return xp.sum(xp.diff(x, axis=-1, n=2) ** 2)


def ordered_weights(x):
    """Σ i·x₍ᵢ₎ along the last axis, x₍ᵢ₎ in ascending order (an L-estimator)."""
    xp = array_namespace(x)
    ordered = xp.sort(x, axis=-1)
    ranks = xp.cumulative_sum(xp.ones_like(ordered), axis=-1)
    return xp.sum(ranks * ordered, axis=-1)


def median(x):
    """The median of each row of odd length: the gradient falls on one element."""
    xp = array_namespace(x)
    return xp.sort(x, axis=-1)[..., x.shape[-1] // 2]
