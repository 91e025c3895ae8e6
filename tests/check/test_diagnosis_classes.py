"""Mistakes of many fields, each with what a person has to be told of it, and what not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

import adbench
from adbench import Verdict

RNG = np.random.default_rng(7)
N = RNG.standard_normal
X = N(7)
SQUARE = N((4, 4))
SYMMETRIC = SQUARE @ SQUARE.T + 4 * np.eye(4)
MASK = np.array([1.0, 0.0, 1.0, 1.0, 0.0])


def said(f, gradient, *inputs):
    """The diagnosis of each input."""
    result = adbench.check(f, *inputs, gradient=gradient, derivatives=("vjp",))
    assert result.verdict is Verdict.FAIL
    assert not [f.message for f in result.findings if f.kind == "unexplained"]
    return {f.input: f.diagnosis or "" for f in reversed(result.findings) if f.level == "fail"}


# --- where: by index, not by value ---------------------------------------------------------------


def trapezoid(y):
    return np.sum(y[1:] ** 2 + y[:-1] ** 2) / 2


@pytest.mark.parametrize(
    ("f", "gradient", "x", "words"),
    [
        (
            trapezoid,
            lambda y: 2 * y,
            X,
            "factor 2 in 2 of 7 elements, exactly at the first and the last index of the axis",
        ),
        (
            lambda y: np.sum(y**2),
            lambda y: 2 * y * np.r_[0.5, np.ones(5), 0.5],
            X,
            "factor 1/2 in 2 of 7 elements, exactly at the first and the last index",
        ),
        (
            lambda s: np.linalg.slogdet(s)[1],
            lambda s: np.linalg.inv(s) * (1 - np.eye(4) / 2),
            SYMMETRIC,
            "factor 1/2 in 4 of 16 elements, exactly on the diagonal: s is symmetric",
        ),
        (
            lambda s: np.linalg.slogdet(s)[1],
            lambda s: 2 * np.linalg.inv(s) - np.diag(np.diag(np.linalg.inv(s))),
            SYMMETRIC,
            "factor 2 in 12 of 16 elements, exactly off the diagonal: s is symmetric",
        ),
        (
            lambda s: np.linalg.slogdet(s)[1],
            lambda s: np.linalg.inv(s).T + np.diag([1.0, 2.0, 0.5, 3.0]),
            SYMMETRIC + SQUARE / 9,
            "exactly on the diagonal",
        ),
        (
            lambda a: np.sum(np.sin(a)),
            lambda a: np.triu(np.cos(a)) + np.triu(np.cos(a), 1),
            SQUARE,
            "exactly above the diagonal; ",
        ),
        (
            lambda a: np.sum(np.sin(a)),
            lambda a: np.where(np.arange(4) % 2, -1, 1)[:, None] * np.cos(a),
            SQUARE,
            "sign flipped in 8 of 16 elements, exactly at every second index of axis 0",
        ),
    ],
)
def test_places_are_told_by_index(f, gradient, x, words):
    (diagnosis,) = said(f, gradient, x).values()
    assert words in diagnosis or words.strip("; ") in diagnosis
    assert "branch" not in diagnosis
    assert "largest" not in diagnosis


def test_a_region_of_values_has_to_hold_when_an_element_is_moved():
    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    wrong = np.array([1.0, 1, 1, 1, 1.5, 1.5])
    (by_place,) = said(lambda x: np.sum(x**3), lambda x: 3 * x**2 * wrong, x).values()
    assert "branch" not in by_place
    (by_value,) = said(
        lambda x: np.sum(x**3), lambda x: 3 * x**2 * np.where(x > 4.5, 1.5, 1.0), x
    ).values()
    assert "x > t, for a t between 4 and 5: a wrong branch" in by_value


# --- factors: the plainest reading, and others where they fit as well ----------------------------


def masked_mean(x):
    return np.sum(MASK * np.sin(x)) / MASK.sum()


@pytest.mark.parametrize(
    ("f", "gradient", "n", "words"),
    [
        (lambda x: np.sum(x**2), lambda x: 4 * x, 3, "factor 2"),
        (
            lambda x: np.sum((x - x.mean()) ** 2) / 2,
            lambda x: 2 * (x - x.mean()),
            3,
            "factor 2: perhaps a division by n − 1 is missing (n = 3)",
        ),
        (
            lambda x: np.sum((x - x.mean()) ** 2) / 5,
            lambda x: 2 * (x - x.mean()),
            6,
            "factor 5: a division by n − 1 is missing (n = 6)",
        ),
        (
            lambda x: np.mean(np.sin(x)),
            np.cos,
            3,
            "factor 3: perhaps a division by n is missing, or a sum stands for a mean (n = 3)",
        ),
        (
            masked_mean,
            lambda x: MASK * np.cos(x) / 5,
            5,
            "factor 3/5: a mean over all 5 for one over the 3 that count",
        ),
        (
            lambda x: np.mean(MASK * np.sin(x)),
            lambda x: MASK * np.cos(x) / 3,
            5,
            "factor 5/3: a mean over the 3 that count for one over all 5",
        ),
    ],
)
def test_a_factor_has_its_plainest_reading(f, gradient, n, words):
    assert said(f, gradient, N(n)) == {"x": words}


# --- rounding, or a formula ----------------------------------------------------------------------


def gelu(x):
    return np.sum(x * (1 + erf(x / np.sqrt(2))) / 2)


def gelu_by_tanh(x):
    k = np.sqrt(2 / np.pi)
    t = np.tanh(k * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x / 2 * (1 - t**2) * k * (1 + 3 * 0.044715 * x**2)


@pytest.mark.parametrize("seed", range(6))
def test_an_approximate_formula_is_no_rounding(seed):
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, 8)
    (diagnosis,) = said(gelu, gelu_by_tanh, x).values()
    assert diagnosis.startswith("nearly right")
    assert "smoothly, which rounding is not: an approximate formula" in diagnosis


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("dtype", "words"), [("f4", "float32 inside"), ("f2", "half precision")])
def test_rounding_of_one_term_is_no_formula(seed, dtype, words):
    x = np.random.default_rng(seed).uniform(0.2, 1.5, 8)

    def gradient(x):
        return np.cos(x).astype(dtype).astype(float) * np.exp(x) + np.sin(x) * np.exp(x)

    (diagnosis,) = said(lambda x: np.sum(np.sin(x) * np.exp(x)), gradient, x).values()
    assert diagnosis.startswith((words, "nearly right"))
    assert "smoothly" not in diagnosis


# --- which outputs an element reaches ------------------------------------------------------------


def normalised(x, axes):
    groups = x.reshape(x.shape[0], 2, -1)
    mean = groups.mean(axes, keepdims=True)
    return (groups - mean) / np.sqrt(groups.var(axes, keepdims=True) + 1e-5)


def group_norm(x):
    return normalised(x, 2).reshape(x.shape)


def group_norm_means_over(axes):
    def backward(x, cotangent):
        g, h = cotangent.reshape(x.shape[0], 2, -1), normalised(x, 2)
        scale = np.sqrt(x.reshape(x.shape[0], 2, -1).var(2, keepdims=True) + 1e-5)
        inner = g - g.mean(axes, keepdims=True) - h * (g * h).mean(axes, keepdims=True)
        return (inner / scale).reshape(x.shape)

    return backward


@pytest.mark.parametrize(
    ("axes", "reached"), [(1, "out[0, ::2, 0]"), ((1, 2), "out[0, :, :]"), (0, None)]
)
def test_a_wrong_axis_is_told_by_what_one_element_reaches(axes, reached):
    (diagnosis,) = said(group_norm, group_norm_means_over(axes), N((2, 4, 3))).values()
    right = "wrong axis or grouping: x[0, 0, 0] reaches out[0, :2, :] in the function"
    if reached is not None:
        assert diagnosis == f"{right}, and {reached} in AD"
    else:
        assert "kept apart" not in diagnosis


def test_a_kernel_that_is_not_flipped():
    def backward(x, k, cotangent):
        return np.convolve(cotangent, k), np.correlate(x, cotangent, "valid")[::-1]

    diagnosis = said(lambda x, k: np.convolve(x, k, "valid"), backward, N(7), N(3))
    assert diagnosis["x"].startswith("the kernel is not flipped, or flipped once too often")
    assert "k" not in diagnosis


def test_a_right_convolution_in_two_dimensions_flipped_along_both_axes():
    def correlate(x, k):
        return sum(k[i, j] * x[i : i + 3, j : j + 2] for i in range(2) for j in range(3))

    def backward(x, k, cotangent):
        of_x, of_k = np.zeros_like(x), np.zeros_like(k)
        for i in range(2):
            for j in range(3):
                of_x[i : i + 3, j : j + 2] += cotangent * k[1 - i, 2 - j]
                of_k[i, j] = np.sum(cotangent * x[i : i + 3, j : j + 2])
        return of_x, of_k

    diagnosis = said(correlate, backward, N((4, 4)), N((2, 3)))
    assert "kernel is not flipped" in diagnosis["x"]
    assert "along axes" in diagnosis["x"]


# --- implicit functions --------------------------------------------------------------------------

WEIGHTS = N((4, 4)) / 4


def equilibrium(w, b):
    z = np.zeros(4)
    for _ in range(80):
        z = np.tanh(w @ z + b)
    return z


def last_step_alone(w, b, cotangent):
    z = equilibrium(w, b)
    pull = (1 - z**2) * cotangent
    return np.outer(pull, z), pull


def test_a_fixed_point_without_its_adjoint_solve():
    diagnosis = said(equilibrium, last_step_alone, WEIGHTS, N(4))
    assert "M times the right one" in diagnosis["w"]
    assert "fixed point" in diagnosis["w"]
    assert "fixed point" in diagnosis["b"]


def test_a_gradient_that_two_inputs_share():
    def loss_gradient(w, b):
        return last_step_alone(w, b, 2 * equilibrium(w, b))

    diagnosis = said(lambda w, b: np.sum(equilibrium(w, b) ** 2), loss_gradient, WEIGHTS, N(4))
    assert diagnosis["w"].startswith("w and b are off by the same factor, along axis 0 of w")


def test_a_solve_that_is_not_transposed():
    def backward(b, cotangent):
        z = equilibrium(WEIGHTS, b)
        jacobian = (1 - z**2)[:, None] * WEIGHTS
        return (1 - z**2) * np.linalg.solve(np.eye(4) - jacobian, cotangent)

    (diagnosis,) = said(lambda b: equilibrium(WEIGHTS, b), backward, N(4)).values()
    assert diagnosis.startswith("transposed inside")


def kepler(mean, e):
    anomaly = mean.copy()
    for _ in range(30):
        anomaly = anomaly - (anomaly - e * np.sin(anomaly) - mean) / (1 - e * np.cos(anomaly))
    return anomaly


def kepler_without_denominator(mean, e, cotangent=1.0):
    return cotangent * np.ones(4), cotangent * np.sin(kepler(mean, e))


@pytest.mark.parametrize("summed", [False, True])
def test_an_implicit_function_without_its_denominator(summed):
    inputs = RNG.uniform(0.3, 2.5, 4), RNG.uniform(0.1, 0.6, 4)
    if summed:
        diagnosis = said(
            lambda mean, e: np.sum(kepler(mean, e)),
            lambda mean, e: kepler_without_denominator(mean, e),
            *inputs,
        )
    else:
        diagnosis = said(kepler, kepler_without_denominator, *inputs)
    for words in diagnosis.values():
        assert "the denominator of an implicit function" in words


# --- parts of a gradient -------------------------------------------------------------------------


def eigenvectors(a):
    values, vectors = np.linalg.eigh((a + a.T) / 2)
    return values, vectors * np.sign(vectors[0])


def eigh_backward(a, of_values, of_vectors):
    """With the sign of F = 1/(λⱼ − λᵢ) the wrong way round."""
    values, vectors = eigenvectors(a)
    gaps = values[:, None] - values[None, :] + np.eye(4)
    inner = (vectors.T @ of_vectors) / gaps * (1 - np.eye(4))
    whole = vectors @ (inner + np.diag(of_values)) @ vectors.T
    return (whole + whole.T) / 2


def test_the_sign_of_eigenvectors_derivatives():
    a = SYMMETRIC + np.diag([1.0, 2.0, 3.0, 4.0])

    def backward(a, cotangent):
        return eigh_backward(a, *cotangent)

    (diagnosis,) = said(eigenvectors, backward, a).values()
    assert diagnosis == "sign flipped in what output out[1] contributes; the others are right"


def test_the_sign_of_eigenvectors_derivatives_behind_a_loss():
    a = SYMMETRIC + np.diag([1.0, 2.0, 3.0, 4.0])

    def loss(a):
        values, vectors = eigenvectors(a)
        return np.sum(np.sin(values)) + np.sum(WEIGHTS * vectors**2)

    def gradient(a):
        values, vectors = eigenvectors(a)
        return eigh_backward(a, np.cos(values), 2 * WEIGHTS * vectors)

    (diagnosis,) = said(loss, gradient, a).values()
    assert "belongs to the eigenvectors of a" in diagnosis
    assert "its sign is flipped" in diagnosis
    assert "the part that belongs to the eigenvalues is right" in diagnosis


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (lambda a: a + a.T, "the antisymmetric part is wrong (missing)"),
        (lambda a: 3 * a - a.T, "the antisymmetric part is wrong (counted twice)"),
        (lambda a: 2 * a - a.mean(0), "a mean along axis 0 is wrong (halved)"),
    ],
)
def test_a_part_of_a_gradient(gradient, words):
    (diagnosis,) = said(lambda a: np.sum(a**2), gradient, SQUARE).values()
    assert words in diagnosis
    assert diagnosis.endswith("is right")


def test_a_projection_that_is_missing():
    weights = N((4, 4))

    def unit(x):
        return np.sum(np.cos(x / np.linalg.norm(x, axis=1, keepdims=True)) * weights)

    def gradient(x):
        size = np.linalg.norm(x, axis=1, keepdims=True)
        return -np.sin(x / size) * weights / size

    (diagnosis,) = said(unit, gradient, SQUARE).values()
    assert diagnosis.startswith("a projection is missing, or not whole: AD has a part along x")
    assert "axis 1" in diagnosis


# --- values within -------------------------------------------------------------------------------


def network(w1, w2, x):
    return np.tanh(x @ w1) @ w2


def network_gradient(w1, w2, x, cotangent, *, hidden=np.tanh, slope=lambda h: 1 - h**2):
    inner = x @ w1
    pull = cotangent @ w2.T * slope(np.tanh(inner))
    return x.T @ pull, hidden(inner).T @ cotangent, pull @ w1.T


def test_a_value_taken_before_its_activation():
    diagnosis = said(
        network,
        lambda w1, w2, x, cotangent: network_gradient(w1, w2, x, cotangent, hidden=lambda v: v),
        N((3, 4)),
        N((4, 2)),
        N((5, 3)),
    )
    assert set(diagnosis) == {"w2"}
    assert "the derivative is tanh(AD), entry by entry" in diagnosis["w2"]


def test_a_slope_that_is_forgotten_inside():
    diagnosis = said(
        network,
        lambda w1, w2, x, cotangent: network_gradient(
            w1, w2, x, cotangent, slope=lambda h: np.ones_like(h)
        ),
        N((3, 4)),
        N((4, 2)),
        N((5, 3)),
    )
    assert "a factor that depends on axis 0 of out and axis 1 of w1 alone" in diagnosis["w1"]


def test_the_same_terms_with_other_constants():
    (diagnosis,) = said(
        np.tanh, lambda x, cotangent: cotangent * (2 - 0.5 * np.tanh(x) ** 2), X
    ).values()
    assert diagnosis.startswith("AD is 2 − 0.5·out², the derivative 1 − out²")


def test_what_is_too_small_throughout():
    share = np.random.default_rng(1).uniform(0.85, 0.93, 7)
    (diagnosis,) = said(lambda x: np.sum(np.sin(x)), lambda x: share * np.cos(x), X).values()
    assert diagnosis.startswith("no usual mistake fits. AD is too small throughout")
