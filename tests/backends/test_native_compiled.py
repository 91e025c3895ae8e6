"""The native backend's compiled mode: replays, and what it hands over is what the tape gives."""

import numpy as np
import pytest

from adbench.backends.arrays import bits_equal

X = np.array([0.5, -1.5, 2.0])


def model(p, d, *, power=2):
    hidden = np.tanh(p["w"] @ d)
    return {"hidden": hidden, "loss": np.sum(np.abs(hidden) ** power) * p["scale"][0]}


def inputs(dtype="float64"):
    rng = np.random.default_rng(0)
    p = {"w": rng.normal(size=(2, 3)).astype(dtype), "scale": np.array([1.5], dtype)}
    return {"p": p, "d": rng.normal(size=3).astype(dtype)}


def test_every_product_agrees_with_the_tape(bind):
    eager, compiled = (
        bind("native", model, mode=mode, data=("d",), params={"power": 3}, **inputs())
        for mode in ("eager", "compiled")
    )
    x = list(eager.point)
    rng = np.random.default_rng(1)
    for _ in range(4):
        cotangents = [rng.normal(size=leaf.shape) for leaf in eager.outputs]
        tangents = [rng.normal(size=leaf.shape) for leaf in eager.inputs]
        ours, theirs = (
            [
                *bound.vjp(x, cotangents).outputs,
                *bound.vjp(x, cotangents).gradients,
                *bound.jvp(x, tangents),
                *bound.hvp(x, cotangents, tangents),
            ]
            for bound in (compiled, eager)
        )
        for our, their in zip(ours, theirs, strict=True):
            assert our.dtype == their.dtype
            np.testing.assert_allclose(our, their, rtol=1e-13, atol=1e-13)
        x = [a + rng.normal(size=a.shape) for a in x]


def test_what_is_checked_is_the_replay(bind):
    bound = bind("native", lambda x: x * x, mode="compiled", x=X)
    bound.vjp([X], [np.ones(3)])
    recordings = bound._vjp.report().recordings
    for k in range(3):
        pulled = bound.vjp([X + k], [np.ones(3)])
        np.testing.assert_array_equal(pulled.gradients[0], 2 * (X + k))
    report = bound._vjp.report()
    assert (report.recordings, len(report.plans)) == (recordings, 1)


def test_a_function_that_keeps_what_it_got_runs_in_every_call(bind):
    kept = []

    def f(x):
        kept.append(x)
        return x * x

    bound = bind("native", f, mode="compiled", x=X)
    for k in range(12):
        before = len(kept)
        pulled = bound.vjp([X + k], [np.ones(3)])
        np.testing.assert_array_equal(pulled.gradients[0], 2 * (X + k))
        assert len(kept) > before
    assert "'kept'" in str(bound._vjp.report())


def test_precision_follows_the_point(bind):
    bound = bind("native", model, mode="compiled", data=("d",), **inputs("float32"))
    for dtype in ("float32", "float64"):
        x = [a.astype(dtype) for a in bound.point]
        pulled = bound.vjp(x, [np.ones(leaf.shape, dtype) for leaf in bound.outputs])
        assert {g.dtype for g in pulled.gradients} == {np.dtype(dtype)}


@pytest.mark.parametrize("mode", ["eager", "compiled"])
def test_a_write_into_an_input_is_told(bind, mode):
    def impolite(x, d):
        d[0] = 7.0
        return x * d

    bound = bind("native", impolite, mode=mode, data=("d",), x=X, d=np.ones(3))
    for _ in range(3):
        pulled = bound.vjp([X], [np.ones(3)])
        assert pulled.mutated == ("d",)
        np.testing.assert_array_equal(pulled.gradients[0], [7.0, 1.0, 1.0])


def test_the_caller_owns_what_it_gets(bind):
    bound = bind("native", lambda x: x, mode="compiled", x=X)
    cotangent = np.ones(3)
    first = bound.vjp([X], [cotangent])
    first.gradients[0][:] = 9.0
    first.outputs[0][:] = 9.0
    second = bound.vjp([X], [cotangent])
    assert bits_equal(cotangent, np.ones(3))
    assert bits_equal(second.gradients[0], np.ones(3))
    assert bits_equal(second.outputs[0], X)
