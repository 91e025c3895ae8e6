"""Digests of primal and gradient: exact where whole, telling where not, alike on all backends."""

from __future__ import annotations

import math

import numpy as np
import pytest

import adbench
from adbench.backends import get_backend
from adbench.check.digest import LARGEST, PROJECTIONS, WHOLE, Digests, digest_of, digests, weighting
from adbench.check.subject import Subject
from adbench.record.model import CheckOptions


def kept(f, x, *, backend="native", seed=0, gradient=None) -> Digests:
    """What a run record would keep of a function of one array."""
    chosen = get_backend("manual", gradient=gradient) if gradient else get_backend(backend)
    bound = chosen.bind(f, {"x": x}, {"x": True}, {})
    return digests(Subject(chosen, bound, [x.dtype]), CheckOptions(seed=seed))


def test_a_check_outside_a_run_keeps_none() -> None:
    result = adbench.check(lambda x: np.sum(x**2), np.ones(2))
    assert (result.outputs, result.gradient) == ((), ())


def test_a_scalars_gradient_is_kept_as_a_person_knows_it() -> None:
    x = np.array([1.0, -2.0, 0.5])
    result = kept(lambda x: np.sum(x**2), x)
    (out,) = result.outputs
    (gradient,) = result.gradient
    assert out.values == (5.25,)
    assert gradient.name == "x"
    assert gradient.shape == (3,)
    assert gradient.dtype == "float64"
    assert gradient.values == tuple(2 * x)


def test_several_outputs_are_weighted_by_the_seed_alone() -> None:
    a = np.arange(6.0).reshape(2, 3)

    def f(x):
        return a @ x

    first = kept(f, np.array([1.0, 2.0, 3.0]))
    other_point = kept(f, np.array([-4.0, 0.5, 9.0]))
    other_seed = kept(f, np.array([1.0, 2.0, 3.0]), seed=1)
    assert first.gradient[0].values == tuple(a.T @ weighting(2, 0))
    assert other_point.gradient[0].values == first.gradient[0].values
    assert other_seed.gradient[0].values == tuple(a.T @ weighting(2, 1))
    assert tuple(weighting(2, 0)) != tuple(weighting(2, 1))


def test_weights_are_exact_in_every_floating_dtype() -> None:
    weights = weighting(1000, 7)
    assert set(np.abs(weights)) == set(range(1, 8))
    assert set(np.sign(weights)) == {-1.0, 1.0}
    assert np.array_equal(weights.astype(np.float16).astype(float), weights)


def test_the_dtype_is_the_functions_own() -> None:
    x = np.array([0.1, 0.2], dtype=np.float32)
    (gradient,) = kept(lambda x: np.sum(x * x), x).gradient
    assert gradient.dtype == "float32"
    assert gradient.values == tuple(float(v) for v in x + x)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_backends_agree_on_a_complex_gradient(backend: str) -> None:
    pytest.importorskip(backend)

    def f(x):
        return (x * x.conj() * x).sum()

    z = np.array([1 + 2j, -0.5 + 0.25j])
    native = kept(f, z).gradient[0]
    other = kept(f, z, backend=backend).gradient[0]
    assert len(native.values) == 4
    assert other.values == pytest.approx(native.values, rel=1e-14)


def test_a_large_array_is_kept_in_figures_that_every_element_moves() -> None:
    rng = np.random.default_rng(0)
    vector = rng.standard_normal(WHOLE + 1)
    plain = digest_of(vector[None], "w", (WHOLE + 1,), complex_=False, seed=0)
    assert plain.values is None
    assert len(plain.projections) == PROJECTIONS
    assert plain.norm == pytest.approx(math.sqrt(math.fsum(vector**2)), rel=1e-15)
    order = np.argsort(-np.abs(vector))[:LARGEST]
    assert plain.largest == tuple(((int(i),), float(vector[i])) for i in order)
    for place in range(vector.size):
        moved = vector.copy()
        moved[place] += 1.0
        changed = digest_of(moved[None], "w", (WHOLE + 1,), complex_=False, seed=0)
        apart = np.abs(np.subtract(changed.projections, plain.projections))
        assert apart == pytest.approx(1.0)


def test_two_swapped_elements_move_some_projection() -> None:
    vector = np.arange(1.0, 101.0)
    plain = digest_of(vector[None], "w", (100,), complex_=False, seed=0)
    unseen = 0
    for place in range(99):
        swapped = vector.copy()
        swapped[[place, place + 1]] = swapped[[place + 1, place]]
        digest = digest_of(swapped[None], "w", (100,), complex_=False, seed=0)
        unseen += digest.projections == plain.projections
    assert unseen <= 3  # each is missed with a chance of 2^-8


def test_equal_elements_are_kept_in_the_arrays_order() -> None:
    digest = digest_of(np.ones((1, 100)), "w", (10, 10), complex_=False, seed=0)
    assert [index for index, _ in digest.largest] == [(0, i) for i in range(10)]


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_norm_neither_overflows_nor_underflows(scale: float) -> None:
    vector = scale * np.array([3.0, 4.0] + [0.0] * WHOLE)
    digest = digest_of(vector[None], "w", (WHOLE + 2,), complex_=False, seed=0)
    assert digest.norm == pytest.approx(5 * scale, rel=1e-15)


def test_a_complex_elements_place_names_its_part() -> None:
    vector = np.zeros(2 * WHOLE)
    vector[7] = 5.0
    digest = digest_of(vector[None], "z", (WHOLE,), complex_=True, seed=0)
    assert digest.largest[0] == ((3, 1), 5.0)


def test_not_a_number_comes_first_among_the_largest() -> None:
    vector = np.ones(WHOLE + 1)
    vector[5] = np.nan
    digest = digest_of(vector[None], "w", (WHOLE + 1,), complex_=False, seed=0)
    assert digest.largest[0][0] == (5,)
    assert math.isnan(digest.norm)


def test_noise_shows_how_much_the_inputs_last_bits_matter() -> None:
    (calm,) = kept(lambda x: np.sum(np.sin(x)), np.array([1.0])).gradient
    (steep,) = kept(lambda x: np.sum(np.sin(1e8 * x)), np.array([1.0])).gradient
    assert calm.noise[0] <= 4 * np.finfo(float).eps
    assert steep.noise[0] > 1e5 * np.finfo(float).eps * abs(steep.values[0])


def test_a_gradient_of_the_wrong_shape_is_not_kept() -> None:
    result = kept(
        lambda x: np.sum(x), np.ones(3), gradient=lambda x, cotangent=None: np.ones((3, 1))
    )
    assert result.gradient == ()
    assert result.outputs[0].values == (3.0,)


def test_the_same_check_gives_the_same_digests() -> None:
    x = np.random.default_rng(3).standard_normal(100)
    one, two = (kept(lambda x: np.sum(np.tanh(x) * x), x) for _ in range(2))
    assert one.gradient == two.gradient
    assert one.outputs == two.outputs
