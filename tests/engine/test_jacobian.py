"""Jacobians and Hessians: closed forms, trees, both executors, and one sweep for all rows."""

import numpy as np
import pytest
from conformance import active, calls_of, draw, every_call, floats, random_for

import adbench.engine.trace
from adbench.engine import (
    DifferentiationError,
    checkpoint,
    custom_vjp,
    grad,
    hessian,
    jacobian,
    vjp,
)
from adbench.engine.batch import Batched

X = np.array([0.3, -1.2, 2.0])
A = np.array([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
MODES = pytest.mark.parametrize("mode", ["eager", "compiled"])


def settled(function, *args):
    """A derivative's third call, which a plan replays where there is one."""
    for _ in range(2):
        function(*args)
    return function(*args)


@pytest.fixture
def sweeps(monkeypatch):
    """The seeds of every sweep that a Jacobian makes; a rule may make sweeps of its own."""
    seen = []
    within = []
    sweep = adbench.engine.trace.sweep

    def spy(tape, seeds, **kwargs):
        if not within:
            seen.extend(seeds.values())
        within.append(tape)
        try:
            return sweep(tape, seeds, **kwargs)
        finally:
            within.pop()

    monkeypatch.setattr(adbench.engine.trace, "sweep", spy)
    return seen


@MODES
def test_closed_forms(mode):
    np.testing.assert_allclose(settled(jacobian(lambda x: A @ x, mode=mode), X), A)
    H = settled(hessian(lambda x: np.sum(x**4) + x[0] * x[1], mode=mode), X)
    expected = np.diag(12 * X**2)
    expected[0, 1] = expected[1, 0] = 1
    np.testing.assert_allclose(H, expected)


@MODES
def test_trees_in_and_out(mode):
    tree = {"w": A, "b": (X, np.float64(2.0))}

    def f(t):
        return {"y": t["w"] @ t["b"][0], "z": [t["b"][1] * np.sum(t["w"]), t["b"][0] ** 2]}

    J = settled(jacobian(f, mode=mode), tree)
    assert set(J) == {"y", "z"}
    expected = np.zeros((2, 2, 3))
    expected[0, 0] = expected[1, 1] = X
    np.testing.assert_array_equal(J["y"]["w"], expected)
    np.testing.assert_array_equal(J["y"]["b"][0], A)
    np.testing.assert_array_equal(J["y"]["b"][1], [0.0, 0.0])
    np.testing.assert_array_equal(J["z"][0]["w"], np.full((2, 3), 2.0))
    assert J["z"][0]["b"][1] == np.sum(A)
    np.testing.assert_array_equal(J["z"][1]["b"][0], np.diag(2 * X))


@MODES
def test_several_arguments(mode):
    jx, jy = settled(jacobian(lambda x, y: x * y[0], argnums=(0, 1), mode=mode), X, A[0])
    np.testing.assert_array_equal(jx, np.diag(np.full(3, A[0, 0])))
    np.testing.assert_array_equal(jy, np.outer(X, [1, 0, 0]))
    (hxx, hxy), (hyx, hyy) = settled(
        hessian(lambda x, y: np.sum(x**2 * y), argnums=(0, 1), mode=mode), X, A[0]
    )
    np.testing.assert_allclose(hxx, np.diag(2 * A[0]))
    np.testing.assert_allclose(hxy, np.diag(2 * X))
    np.testing.assert_allclose(hyx, hxy)
    np.testing.assert_array_equal(hyy, np.zeros((3, 3)))


def test_of_nothing_and_of_a_constant():
    assert jacobian(lambda x: x[:0])(X).shape == (0, 3)
    assert jacobian(lambda x: np.sum(x))(X[:0]).shape == (0,)
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))


def test_a_float_argument_and_float32():
    assert jacobian(lambda x: x**2)(3.0) == 6.0
    J = jacobian(lambda x: np.tanh(x))(X.astype(np.float32))
    assert J.dtype == np.float32


def test_complex_numbers_are_refused():
    with pytest.raises(DifferentiationError, match="real arrays"):
        jacobian(lambda z: z)(X + 1j)
    with pytest.raises(DifferentiationError, match="real arrays"):
        jacobian(lambda x: x * 1j)(X)


def test_all_rows_take_one_sweep(sweeps):
    J = jacobian(lambda x: np.tanh(np.sin(x)[::-1] * x))(X)
    assert J.shape == (3, 3)
    assert [type(seed) for seed in sweeps] == [Batched]


def test_many_rows_take_as_many_sweeps_as_keep_memory_small(sweeps, monkeypatch):
    monkeypatch.setattr(adbench.engine.trace, "BATCH", 6)
    np.testing.assert_array_equal(jacobian(lambda x: x**2)(np.arange(3.0)), np.diag([0, 2, 4]))
    assert [len(seed.value) for seed in sweeps] == [2, 1]


def test_below_an_outer_tape_each_row_has_a_sweep(sweeps):
    def f(w):
        return np.sum(jacobian(lambda x: w * np.sin(x) * w)(X) ** 2)

    np.testing.assert_allclose(grad(f)(A[0]), 4 * A[0] ** 3 * np.cos(X) ** 2)
    assert len([s for s in sweeps if not isinstance(s, Batched)]) > 1


def test_derivatives_of_jacobians():
    def trace_of_hessian(x):
        return np.trace(jacobian(grad(lambda x: np.sum(x**4)))(x))

    np.testing.assert_allclose(grad(trace_of_hessian)(X), 24 * X)
    third = jacobian(hessian(lambda x: np.sum(x**4)))(X)
    expected = np.zeros((3, 3, 3))
    expected[range(3), range(3), range(3)] = 24 * X
    np.testing.assert_allclose(third, expected)


def test_custom_vjp_sees_one_cotangent_at_a_time():
    seen = []

    @custom_vjp
    def f(x):
        return {"y": x**2}

    def backward(x, g):
        seen.append(np.asarray(g["y"]).shape)
        return (2 * x * g["y"],)

    f.defvjp(lambda x: ({"y": x**2}, x), backward)
    np.testing.assert_array_equal(jacobian(lambda x: f(x)["y"] * 2)(X), np.diag(4 * X))
    assert seen == [(3,)] * 3


def test_checkpoint_is_evaluated_again_once():
    calls = []

    def f(x):
        calls.append(1)
        return np.tanh(A @ x)

    np.testing.assert_allclose(jacobian(checkpoint(f))(X), jacobian(f)(X))
    assert len(calls) == 3  # forward and again; the plain one


def test_a_rule_that_leaves_numpy_falls_back_to_rows(sweeps):
    @custom_vjp
    def f(x):
        return x * 3

    f.defvjp(lambda x: (x * 3, None), lambda _, g: (np.array([3 * float(v) for v in g]),))
    np.testing.assert_array_equal(jacobian(f)(X), 3 * np.eye(3))


def test_an_error_in_a_rule_is_the_users_to_see():
    @custom_vjp
    def f(x):
        return x * 3

    def backward(_, g):
        raise RuntimeError("my own mistake")

    f.defvjp(lambda x: (x * 3, None), backward)
    with pytest.raises(RuntimeError, match="my own mistake"):
        jacobian(f)(X)


@pytest.mark.parametrize(
    ("name", "i"), [(name, i) for name, i in every_call() if active(name, calls_of(name)[i])]
)
def test_every_rule_pulls_back_all_rows_at_once(name, i, sweeps):
    function, *specs = calls_of(name)[i]
    rng = random_for(name, i)
    arrays = [draw(rng, spec, "float64") for spec in specs]
    f = floats(function)
    value, pullback = vjp(f, *arrays)
    if any(v.dtype.kind == "c" for v in value):
        with pytest.raises(DifferentiationError, match="real arrays"):
            jacobian(f)(*arrays)
        return
    basis = [
        [unit if w is v else np.zeros(w.shape) for w in value]
        for v in value
        for unit in np.eye(v.size).reshape((v.size, *v.shape))
    ]
    expected = [pullback(seeds) for seeds in basis]
    sweeps.clear()
    blocks = jacobian(f, argnums=tuple(range(len(arrays))))(*arrays)
    assert all(type(seed) is Batched for seed in sweeps)
    for k, array in enumerate(arrays):
        rows = np.concatenate(
            [b[k].reshape((v.size, *array.shape)) for b, v in zip(blocks, value, strict=True)]
        )
        right = np.stack([e[k] for e in expected]) if expected else np.zeros((0, *array.shape))
        np.testing.assert_allclose(rows, right, rtol=1e-11, atol=1e-12)
