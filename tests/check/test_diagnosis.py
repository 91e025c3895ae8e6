"""The usual suspects: each named where it fits the numbers, and nobody where nothing fits."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict

X = np.array([0.7, -1.3, 2.1, -0.4, 1.6])
A = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.7], [-0.5, 0.9, 1.4]])


def diagnosis(f, *inputs, gradient, **options):
    result = adbench.check(f, *inputs, gradient=gradient, **options)
    assert result.verdict is Verdict.FAIL
    return result.findings[0].diagnosis


def sines(x):
    return np.sum(np.sin(x))


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1 / 3, "factor 1/3"),
        (np.pi, "factor π"),
        (np.sqrt(2), "factor √2"),
        (180 / np.pi, "factor 180/π"),
        (np.log(2), "factor ln 2"),
        (5 / 4, "factor 5/4: n − 1 stands where n = 5 belongs"),
        (np.sqrt(5), "factor √5"),
        (-2, "factor 2 and sign flipped"),
        (1.37, "a constant factor 1.37"),
    ],
)
def test_factors_have_names(factor, words):
    assert words in diagnosis(sines, X, gradient=lambda x: factor * np.cos(x))


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (lambda x: x * np.cos(x), "a factor x too many"),
        (lambda x: np.cos(x) / x**2, "a factor x² is missing"),
        (lambda x: np.cos(x) + 3 * x, "numeric − AD is -3·x"),
        (lambda x: np.cos(x) - 2.0, "numeric − AD is 2 "),
        (lambda x: np.exp(x), "what AD gives is exp(x) alone"),
        (lambda x: np.full_like(x, np.cos(x).sum()), "summed"),
        (lambda x: np.where(np.arange(5) == 3, 1.5, 1.0) * np.cos(x), "by a factor of 1.5"),
    ],
)
def test_factors_and_terms_made_of_the_values_are_named(gradient, words):
    assert words in diagnosis(sines, X, gradient=gradient)


def test_a_derivative_multiplied_in_twice_is_named():
    def slope(x):
        return np.exp(x) * (np.sin(x) + np.cos(x))

    said = diagnosis(lambda x: np.sum(np.exp(x) * np.sin(x)), X, gradient=lambda x: slope(x) ** 2)
    assert "squared" in said


@pytest.mark.parametrize("seed", range(20))
def test_of_a_gradient_that_is_simply_wrong_no_suspect_is_named(seed):
    rng = np.random.default_rng(seed)
    x, wrong = rng.standard_normal(6), rng.standard_normal(6)
    said = diagnosis(lambda x: np.sum(np.sin(x) * np.roll(x, 1)), x, gradient=lambda x: wrong)
    assert said is None or said.startswith("wrong in ")


@pytest.mark.parametrize("seed", range(5))
def test_of_a_jacobian_that_is_simply_wrong_no_suspect_is_named(seed):
    rng = np.random.default_rng(seed)
    wrong = rng.standard_normal((9, 9))

    def gradient(a, cotangent):
        return (cotangent.reshape(-1) @ wrong).reshape(3, 3)

    assert diagnosis(lambda a: a @ np.tanh(a), A, gradient=gradient) is None


@pytest.mark.parametrize(
    ("f", "gradient", "words"),
    [
        (
            lambda a: np.cumsum(a, axis=0),
            lambda a, cotangent: np.cumsum(cotangent, axis=0),
            "transposed: the forward operator",
        ),
        (
            lambda a: np.sin(a),
            lambda a, cotangent: cotangent.T * np.cos(a),
            "the cotangent is transposed",
        ),
        (
            lambda a: np.sin(a),
            lambda a, cotangent: np.roll(cotangent, 1, 0) * np.cos(a),
            "the cotangent is off by one along axis 0",
        ),
        (
            lambda a: np.sin(a),
            lambda a, cotangent: np.mean(cotangent, axis=1, keepdims=True) * np.cos(a),
            "the cotangent is averaged along axis 1",
        ),
        (
            lambda a: np.exp(a) / np.sum(np.exp(a)),
            lambda a, cotangent: cotangent * np.exp(a) / np.sum(np.exp(a)),
            "terms between different elements are missing",
        ),
        (
            lambda a: a - np.max(a, axis=1, keepdims=True) + 0 * a,
            lambda a, cotangent: cotangent,
            "terms between different elements are missing",
        ),
        (
            lambda a: (a @ np.array([1.0, 2.0, -1.0])) * np.mean(np.exp(a)),
            lambda a, cotangent: np.outer(cotangent, [1.0, 2.0, -1.0]) * np.mean(np.exp(a)),
            "the difference has rank one",
        ),
    ],
)
def test_what_an_output_gets_from_an_input_tells_more_than_their_sum(f, gradient, words):
    assert words in diagnosis(f, A, gradient=gradient)


def test_a_region_is_found_by_moving_an_element_through_it():
    def gradient(x):
        return np.where((x > 0.5) & (x < 3), 0.9, 1.0) * np.cos(x)

    said = diagnosis(sines, np.array([1.1, 2.4]), gradient=gradient)
    assert (
        said == "a constant factor 0.9; wrong where 0.5 < x[1] < 3, right elsewhere: a wrong branch"
    )


def test_an_error_that_fades_away_is_no_branch():
    said = diagnosis(sines, np.array([0.9, 1.4]), gradient=lambda x: np.cos(x) + np.exp(-3 * x))
    assert said is None or "branch" not in said


def test_swapped_leaves_are_told_by_name():
    result = adbench.check(
        lambda a, b: np.sum(np.sin(a) * np.exp(b)),
        X,
        X[::-1] / 2,
        gradient=lambda a, b: (np.sin(a) * np.exp(b), np.cos(a) * np.exp(b)),
    )
    said = {f.input: f.diagnosis for f in result.findings}
    assert said["a"].startswith("swapped: this is the gradient of b")
    assert said["b"].startswith("swapped: this is the gradient of a")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda c: np.clip(c, -0.5, 0.5), "cotangent clipped at ±0.5"),
        (lambda c: np.abs(c), "absolute value"),
        (lambda c: c * np.abs(c) ** 2, None),
        (lambda c: c**2, "squared"),
        (lambda c: np.ones_like(c), "ignored"),
        (lambda c: c / np.linalg.norm(c), "only its direction counts"),
        (lambda c: np.sign(c), "only its signs count"),
        (lambda c: np.maximum(c, 0), "one of its signs is cut off"),
        (lambda c: np.where(np.abs(c) < 1e-5, 0, c), "flushed to zero where it is smaller"),
        (lambda c: np.round(c * 256) / 256, "rounded to multiples"),
    ],
)
def test_what_happens_to_the_cotangent_is_named(spoil, words):
    result = adbench.check(np.sin, X, gradient=lambda x, cotangent: spoil(cotangent) * np.cos(x))
    (finding,) = (f for f in result.findings if f.kind == "nonlinear-cotangent")
    assert (words or "clipped, clamped, ignored or squared") in finding.diagnosis
    # The values that are wrong because of it are not explained a second time, otherwise.
    assert {f.diagnosis for f in result.findings} == {finding.diagnosis}


def test_a_large_input_is_diagnosed_from_the_elements_that_were_looked_at():
    x = np.linspace(0.1, 1.2, 3000)
    said = diagnosis(sines, x, gradient=lambda x: -np.cos(x))
    assert said == "sign flipped"


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (2, 1, 3), (3, 3)])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sin(x),
        lambda x: np.sum(np.exp(x)),
        lambda x: (np.sum(x**2), np.cos(x)),
        lambda x: x * (1 + 2j),
        lambda x: np.sum(np.sin(x), axis=-1) if x.ndim else x**2,
    ],
    ids=["elementwise", "scalar", "tree", "complex", "reduced"],
)
@pytest.mark.parametrize("kind", [float, complex])
def test_every_shape_can_be_diagnosed(f, shape, kind):
    rng = np.random.default_rng(3)
    x = rng.standard_normal(shape).astype(kind)
    wrong = rng.standard_normal(shape).astype(kind)
    result = adbench.check(f, x, gradient=lambda x, cotangent=None: wrong, derivatives=("vjp",))
    assert result.verdict is Verdict.FAIL
