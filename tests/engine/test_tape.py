"""The tape itself: what it saves, what it frees, how cotangents add up."""

import gc
import threading
import weakref

import numpy as np
import pytest

from adbench.engine import DifferentiationError, grad, jacobian, stop_gradient, vjp
from adbench.engine.array import TracedArray
from adbench.engine.primitive import PRIMITIVES, define
from adbench.engine.tape import Parts, Scatter, Tape, fit, sweep

X = np.arange(1.0, 7.0).reshape(2, 3)


def start(value):
    tape = Tape()
    return tape, TracedArray(value, tape, tape.leaf(value))


def saved_arrays(tape):
    return [s for _, _, edges in tape.records for _, _, saved in edges for s in saved]


def test_only_what_a_rule_reads_is_saved():
    tape, x = start(X)
    np.subtract(x + 1, x)
    np.sum(x)
    np.reshape(x, -1)
    np.transpose(x)
    np.concatenate([x, x])
    assert not any(isinstance(s, np.ndarray) for s in saved_arrays(tape))
    y = np.exp(x)
    assert sum(isinstance(s, np.ndarray) for s in saved_arrays(tape)) == 1
    assert any(s is y.value for s in saved_arrays(tape))


def test_constants_have_no_edges():
    tape, x = start(X)
    x * np.ones(3)
    assert len(tape.records[-1][2]) == 1
    np.where(x > 2, x, 0.0)
    assert len(tape.records[-1][2]) == 1


def test_records_are_freed_as_the_sweep_passes():
    tape, x = start(X)
    first = np.exp(x)
    alive = weakref.ref(first.value)
    seen = []

    def watch(g):
        seen.append(alive() is not None)
        return g

    identifier = tape.append(X.shape, X.dtype, ((0, watch, ()),))
    total = np.sum(np.exp(first) + TracedArray(X, tape, identifier))
    # `watch` was recorded last, so it is swept while exp's output is still needed.
    del first
    sweep(tape, {total.id: np.float64(1)})
    gc.collect()
    assert seen == [True]
    assert alive() is None


def test_many_pieces_of_one_array_share_one_buffer(monkeypatch):
    made = []
    dense = Scatter.dense
    monkeypatch.setattr(Scatter, "dense", lambda self, dtype: made.append(1) or dense(self, dtype))
    x = np.arange(50.0)
    result = grad(lambda x: sum(x[i] * float(i) for i in range(50)))(x)
    np.testing.assert_array_equal(result, np.arange(50.0))
    assert len(made) == 1


def test_cotangents_that_rules_pass_on_are_not_written_into():
    # g reaches both summands as the same array; accumulating into one must leave the other.
    def f(x, y):
        s = x + y
        return np.sum(s * s + x + x[0])

    gx, gy = grad(f, argnums=(0, 1))(X, X)
    expected = 4 * X
    np.testing.assert_array_equal(gy, expected)
    extra = np.ones_like(X)
    extra[0] += 2
    np.testing.assert_array_equal(gx, expected + extra)


def test_a_pullback_kept_can_be_swept_again():
    _, pullback = vjp(lambda x: np.sin(x) * x, X)
    first = pullback(np.ones_like(X))[0].copy()
    np.testing.assert_array_equal(pullback(np.ones_like(X))[0], first)


@pytest.mark.parametrize(
    ("shape", "target"),
    [
        ((2, 3), (3,)),
        ((2, 3), (2, 1)),
        ((2, 3), ()),
        ((4, 2, 3), (1, 3)),
        ((3,), (2, 3)),
        ((), (2,)),
    ],
)
def test_fit_is_the_transpose_of_broadcasting(shape, target):
    g = np.random.default_rng(0).normal(size=shape)
    fitted = fit(np.asarray(g), target, np.dtype(float))
    assert fitted.shape == target
    if np.broadcast_shapes(shape, target) == shape:
        v = np.random.default_rng(1).normal(size=target)
        assert np.sum(g * np.broadcast_to(v, shape)) == pytest.approx(np.sum(fitted * v))


def test_fit_takes_the_real_part_for_a_real_value():
    assert fit(np.array([1 + 2j]), (1,), np.dtype("float32")).dtype == np.float32


def test_parts_add_by_place():
    total = Parts({0: 1.0}) + Parts({1: 2.0}) + Parts({0: 3.0})
    assert total.values == {0: 4.0, 1: 2.0}


def test_tapes_of_two_threads_do_not_mix():
    results = {}

    def work(k):
        for _ in range(50):
            results[k] = jacobian(lambda x: np.sin(x * k))(X[0])

    threads = [threading.Thread(target=work, args=(k,)) for k in (1.0, 2.0, 3.0)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k, result in results.items():
        np.testing.assert_allclose(result, np.diag(k * np.cos(k * X[0])))


def test_depth_does_not_matter():
    def f(x):
        for _ in range(20_000):
            x = x + 1.0
        return x

    assert grad(f)(1.0) == 1.0


def test_a_declaration_is_checked():
    def twice(x, times=2):
        return x * times

    with pytest.raises(ValueError, match="do not match"):
        define(twice, y=lambda g: g)
    with pytest.raises(ValueError, match="a rule reads"):
        define(twice, x=lambda g, z: g)
    with pytest.raises(ValueError, match="a rule reads"):
        define(twice, x=lambda y: y)
    with pytest.raises(ValueError, match="declared twice"):
        define(twice, name="exp", x=lambda g: g)
    assert "twice" not in PRIMITIVES


def test_integers_in_a_float32_program_keep_float32():
    x = X.astype("float32")
    assert grad(lambda x: np.sum(x * 2 + np.float32(1) + x**2))(x).dtype == np.float32


def test_mixed_precision_gives_each_input_its_own_dtype():
    gx, gy = grad(lambda x, y: np.sum(x * y), argnums=(0, 1))(X.astype("float32"), X)
    assert (gx.dtype, gy.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize("size", [3, 5000])
def test_a_constant_that_changes_later(size):
    x = np.arange(1.0, size + 1)

    def refilled(x):
        buffer = np.empty(size)
        total = 0.0
        for k in range(3):
            buffer[:] = k
            total = total + np.sum(buffer * x) + np.sum(np.where(buffer > 1, x, 0.0))
        return total

    if size < 1024:  # copied
        np.testing.assert_array_equal(grad(refilled)(x), np.full(size, 4.0))
    else:  # locked
        with pytest.raises(DifferentiationError, match="old contents") as caught:
            grad(refilled)(x)
        assert caught.value.location.text == "buffer[:] = k"


def test_locked_constants_are_released_also_after_an_error():
    data = np.ones((100, 100))
    rows = data[10:90]

    def f(x, fail):
        y = np.sum(rows * x) + np.sum(data @ x)
        if fail:
            raise KeyError("x")
        return y

    expected = rows.sum(0) + data.sum(0)
    np.testing.assert_array_equal(grad(f)(np.ones(100), False), expected)
    with pytest.raises(KeyError):
        grad(f)(np.ones(100), True)
    assert data.flags.writeable
    assert rows.flags.writeable
    rows[0] = 2.0
    fixed = np.ones(5000)
    fixed.flags.writeable = False
    grad(lambda x: np.sum(x * fixed))(np.ones(5000))
    assert not fixed.flags.writeable


def test_what_stop_gradient_returns_can_be_written_into():
    def f(x):
        y = stop_gradient(x)
        y *= 100.0
        return np.sum(x**2)

    np.testing.assert_array_equal(grad(f)(X), 2 * X)
