"""Gradient descent: against its closed form, and the same on every backend."""

import numpy as np
import pytest
from array_api_compat import array_namespace

BACKENDS = [
    "native",
    "native:compiled",
    pytest.param("torch", marks=pytest.mark.torch),
    pytest.param("jax", marks=pytest.mark.jax),
]


def bowl(x):
    xp = array_namespace(x)
    return xp.sum(x * x)


def net(w, x):
    xp = array_namespace(w)
    return xp.sum(xp.tanh(x @ w) ** 2)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_bowl_shrinks_by_the_same_factor_in_each_step(explain, backend):
    pytest.importorskip(backend.partition(":")[0].replace("native", "numpy"))
    x = np.array([3.0, -4.0])
    descent = explain(bowl, backend, steps=4, rate=0.1, x=x).descent
    expected = [25.0 * 0.8 ** (2 * k) for k in range(5)]
    np.testing.assert_allclose([step.loss for step in descent.steps], expected, rtol=1e-13)
    np.testing.assert_allclose(descent.steps[2].inputs[0].values, 0.64 * x)
    assert descent.steps[0].gradient_norm == pytest.approx(10.0)
    assert descent.rises == ()
    assert descent.names == ("x",)


def test_all_backends_take_the_same_steps(explain):
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    rng = np.random.default_rng(0)
    inputs = {"w": rng.normal(size=3), "x": rng.normal(size=(4, 3))}
    losses = [
        [step.loss for step in explain(net, backend, steps=10, **inputs).descent.steps]
        for backend in ("native", "torch", "jax")
    ]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-10)
    np.testing.assert_allclose(losses[2], losses[0], rtol=1e-10)


def test_a_rate_that_is_too_large_makes_the_loss_rise_and_it_is_told(explain):
    descent = explain(bowl, steps=3, rate=1.5, x=np.ones(2)).descent
    assert descent.rises == (1, 2, 3)


def test_it_stops_where_the_loss_is_no_number(explain):
    def f(x):
        return np.sum(x**4)

    with np.errstate(all="ignore"):
        descent = explain(f, steps=50, rate=100.0, x=np.full(2, 10.0)).descent
    assert len(descent.steps) < 51
    assert not np.isfinite(descent.steps[-1].loss)
    assert descent.rises[-1] == len(descent.steps) - 1


@pytest.mark.parametrize("backend", ["native", pytest.param("torch", marks=pytest.mark.torch)])
def test_complex_inputs_go_down_the_steepest_way(explain, backend):
    pytest.importorskip(backend.replace("native", "numpy"))

    def distance(z):
        xp = array_namespace(z)
        return xp.sum(xp.real((z - 1.0) * xp.conj(z - 1.0)))

    descent = explain(distance, backend, steps=3, rate=0.25, z=np.array([1.0 + 4.0j])).descent
    np.testing.assert_allclose([step.loss for step in descent.steps], [16, 4, 1, 0.25])


def test_the_given_inputs_are_left_as_they_are(explain):
    x = np.array([3.0, -4.0])
    explain(bowl, steps=2, x=x)
    assert x.tolist() == [3.0, -4.0]


def test_an_update_that_leaves_the_functions_domain_ends_it(explain):
    def f(x):
        if x[0] < 0:
            raise ValueError("below zero\nis no place")
        return np.sum(x)

    descent = explain(f, steps=5, rate=0.4, x=np.ones(1)).descent
    np.testing.assert_allclose([step.loss for step in descent.steps], [1.0, 0.6, 0.2])
    assert descent.stopped == "ValueError: below zero"
