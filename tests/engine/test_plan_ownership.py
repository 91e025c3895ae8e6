"""Whose memory results are: the caller may keep them, write into them, and call again meanwhile."""

import threading

import numpy as np
import pytest

from adbench.engine import grad, value_and_grad
from adbench.engine.plan import Compiled

STEPS = [
    np.sin,
    np.negative,
    np.square,
    np.transpose,
    np.ravel,
    lambda x: x[::-1] if np.ndim(x) else x,
    lambda x: x[..., 1:] if np.ndim(x) and np.shape(x)[-1] > 1 else x,
    lambda x: np.reshape(x, (-1, 1)),
    lambda x: np.broadcast_to(x, (2, *np.shape(x))) if np.ndim(x) < 3 else x,
    lambda x: x[0] if np.ndim(x) else x,
    lambda x: np.sum(x, axis=0) if np.ndim(x) else x,
    lambda x: np.concatenate([np.ravel(x), np.ravel(x)])[:40],
    lambda x: np.where(x > 0, x, -x),
    lambda x: x + x,
    lambda x: -(x * 0.5),
    lambda x: np.swapaxes(np.reshape(x, (1, -1)), 0, 1) @ np.ones((1, 3)),
]
PAIRS = [np.add, np.subtract, np.multiply, np.maximum, lambda x, y: np.outer(x, y)[:5, :5]]


def written(x):
    """x with its first element doubled, in an array of its own."""
    y = np.zeros_like(x)
    y[...] = x
    y[:1] *= 2.0
    return y


def program(seed):
    """A function that returns some of its values: inputs, views, the same value twice."""
    rng = np.random.default_rng(seed)
    steps = []
    for n in range(2, 2 + int(rng.integers(1, 12))):
        kind = rng.random()
        if kind < 0.6:
            steps.append((STEPS[rng.integers(len(STEPS))], (int(rng.integers(n)),)))
        elif kind < 0.7:
            steps.append((written, (int(rng.integers(n)),)))
        else:
            steps.append((PAIRS[rng.integers(5)], tuple(map(int, rng.integers(n, size=2)))))
    chosen = [int(i) for i in rng.integers(len(steps) + 2, size=4)]
    chosen += [chosen[0], len(steps) + 1]

    def function(x, y):
        values = [x, y]
        for operation, places in steps:
            try:
                values.append(operation(*(values[i] for i in places)))
            except (ValueError, IndexError):  # shapes that do not go together
                values.append(values[-1] * 0.5)
        return {"first": values[chosen[0]], "rest": tuple(values[i] for i in chosen[1:])}

    shapes = [(4,), (2, 3), (3, 1), (30, 40)]
    return function, [shapes[i] for i in rng.integers(4, size=2)]


def leaves(result):
    return [result["first"], *result["rest"]]


@pytest.mark.parametrize("seed", range(80))
def test_results_are_the_callers_alone(seed):
    function, shapes = program(seed)
    rng = np.random.default_rng(seed)
    compiled = Compiled(function, function, None)
    kept = []
    for _ in range(5):
        inputs = [rng.normal(size=shape) for shape in shapes]
        before = [a.copy() for a in inputs]
        expected = [np.array(a) for a in leaves(function(*inputs))]
        result = leaves(compiled(*inputs))
        for array, same in zip(inputs, before, strict=True):
            np.testing.assert_array_equal(array, same)
        for i, array in enumerate(result):
            if not isinstance(array, np.ndarray):
                continue
            assert array.flags.writeable
            assert not any(np.may_share_memory(array, other) for other in inputs)
            later = [a for a in result[i + 1 :] if isinstance(a, np.ndarray)]
            assert not any(np.may_share_memory(array, other) for other in later)
        kept.append((result, expected))
        for array in inputs:  # the caller's, too
            array[...] = np.nan
    for result, expected in kept[::-1]:
        for found, right in zip(result, expected, strict=True):
            np.testing.assert_array_equal(found, right)
            if isinstance(found, np.ndarray):
                found[...] = np.nan
    assert compiled.report().plans, str(compiled.report())


def test_a_plan_called_while_it_is_recorded_elsewhere():
    inner = grad(lambda x: np.sum(np.exp(x) * x), mode="compiled")
    x = np.linspace(0.0, 1.0, 5)

    def outer(x):
        return np.sum(inner(x) ** 2)

    compiled = grad(outer, mode="compiled")
    for _ in range(4):
        d, dd = np.exp(x) * (1 + x), np.exp(x) * (2 + x)
        np.testing.assert_allclose(compiled(x), 2 * d * dd, rtol=1e-14)
        np.testing.assert_allclose(inner(x), d, rtol=1e-15)


@pytest.mark.parametrize("size", [3, 400, 40_000])
def test_threads_with_results_kept(size):
    def f(x, w):
        y = x
        for _ in range(5):
            y = np.tanh(y * w + x[::-1])
        return np.sum(y * x)

    compiled = value_and_grad(f, (0, 1), mode="compiled")
    eager = value_and_grad(f, (0, 1))
    rng = np.random.default_rng(0)
    points = [(rng.normal(size=size), rng.normal(size=size)) for _ in range(6)]
    for _ in range(3):
        compiled(*points[0])
    expected = [eager(*p) for p in points]
    results = [[] for _ in points]
    start = threading.Barrier(len(points))

    def work(i):
        start.wait()
        for _ in range(25):
            results[i].append(compiled(*points[i]))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(points))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found, (value, gradients) in zip(results, expected, strict=True):
        assert len(found) == 25
        for other, pair in found:
            np.testing.assert_allclose(other, value, rtol=1e-12)
            for a, b in zip(pair, gradients, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    assert compiled.report().recordings == 2
