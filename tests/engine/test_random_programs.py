"""Random programs: the engine against central differences of the same program, and against JAX.

Hypothesis draws a program as a list of steps on a growing stack of arrays, shapes included.
Every operation is smooth on all inputs, so that no kink can excuse a difference.
"""

import importlib.util
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adbench.engine import grad, hvp, jvp, value_and_grad

SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (1, 3), (2, 1, 3)]

UNARY = {
    "sin": np.sin,
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "square": np.square,
    "neg": lambda x: -x,
    "scaled": lambda x: 0.3 * x + 1.0,
    "sum": np.sum,
    "mean last": lambda x: np.mean(x, axis=-1, keepdims=True) if np.ndim(x) else x,
    "flip": lambda x: np.flip(x),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "first": lambda x: x[0] if np.ndim(x) else x,
    "slice": lambda x: x[..., ::2] if np.ndim(x) else x,
    "gather": lambda x: x[[0, 0]] if np.ndim(x) else x,
    "newaxis": lambda x: x[..., None] if np.ndim(x) < 3 else x,
    "cumsum": lambda x: np.cumsum(x, axis=-1) if np.ndim(x) else x,
    "softmax": lambda x: (
        np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True)) if np.ndim(x) else x
    ),
    "norm": lambda x: np.sqrt(np.sum(x**2) + 1.0),
    "fft": lambda x: np.real(np.fft.fft(x)) if np.ndim(x) else x,
    "stack": lambda x: np.stack([x, 2.0 * x]) if np.ndim(x) < 3 else x,
}
BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (1.5 + y**2),
    "hypot": lambda x, y: np.sqrt(1.0 + x**2 + y**2),
    "outer": lambda x, y: np.outer(x, y)[:4, :4],
    "where": lambda x, y: (
        np.where(np.arange(np.shape(x * y)[-1]) % 2 == 0, x, y) if np.ndim(x * y) else x * y
    ),
    "dot": lambda x, y: np.sum(x * y, axis=-1) if np.ndim(x * y) else x * y,
    "matmul": lambda x, y: (
        np.ravel(x)[:2] @ np.ravel(y)[:2] if min(np.size(x), np.size(y)) > 1 else x * y
    ),
    "concatenate": lambda x, y: np.concatenate([np.ravel(x), np.ravel(y)])[:6],
}


def write(x, y):
    """x with its first element replaced by a mean of y, then doubled in a view."""
    z = np.ravel(x) * 1.0
    z[0] = np.mean(y)
    view = z[::2]
    view *= 2.0
    return np.sin(z)


BINARY["write"] = write
STEEP = ("square", "mul", "fft", "dot", "matmul", "outer")

step = st.one_of(
    st.tuples(st.sampled_from(sorted(UNARY)), st.integers(0, 99)),
    st.tuples(st.sampled_from(sorted(BINARY)), st.integers(0, 99), st.integers(0, 99)),
)


def run(program, x, y):
    """The program's last value, reduced to a number; steps whose shapes do not fit are left out."""
    stack = [x, y, np.tanh(x)]
    for name, *places in program:
        operands = [stack[p % len(stack)] for p in places]
        if len(operands) == 2 and name not in ("concatenate", "outer", "matmul", "write"):
            try:
                np.broadcast_shapes(*(np.shape(o) for o in operands))
            except ValueError:
                continue
        result = (UNARY.get(name) or BINARY[name])(*operands)
        # Products of products would be too steep for differences.
        stack.append(np.tanh(result) if name in STEEP else result)
    total = 0.0
    for k, value in enumerate(stack):
        total = total + np.sum(np.sin(value) * (k + 1.0)) / np.size(value)
    return total


def slope(f, h=1e-3):
    """f'(0) by two central differences, extrapolated."""
    coarse = (f(2 * h) - f(-2 * h)) / (4 * h)
    return (4 * (f(h) - f(-h)) / (2 * h) - coarse) / 3


@settings(max_examples=60, deadline=None)
@given(
    program=st.lists(step, min_size=1, max_size=12),
    shapes=st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES)),
    seed=st.integers(0, 2**16),
)
def test_first_and_second_order(program, shapes, seed):
    rng = np.random.default_rng(seed)
    x, y, u, v = (rng.normal(size=shapes[k % 2]) for k in range(4))

    def f(x, y):
        return run(program, x, y)

    value, (gx, gy) = value_and_grad(f, argnums=(0, 1))(x, y)
    assert value == pytest.approx(f(x, y), rel=1e-12, abs=1e-12)
    assert (np.shape(gx), np.shape(gy)) == (np.shape(x), np.shape(y))
    along = np.sum(gx * u) + np.sum(gy * v)
    expected = slope(lambda t: f(x + t * u, y + t * v))
    scale = 1.0 + abs(expected)
    assert along == pytest.approx(expected, abs=1e-6 * scale)
    assert jvp(f, (x, y), (u, v))[1] == pytest.approx(along, rel=1e-9, abs=1e-9)
    hx, hy = hvp(f, (x, y), (u, v))
    curvature = np.sum(hx * u) + np.sum(hy * v)

    def directional(t):
        gx, gy = grad(f, argnums=(0, 1))(x + t * u, y + t * v)
        return np.sum(gx * u) + np.sum(gy * v)

    expected = slope(directional)
    assert curvature == pytest.approx(expected, abs=1e-5 * (1.0 + abs(expected)))


def in_jax():
    """This module's operations with jax.numpy as their `np`."""
    jnp = pytest.importorskip("jax.numpy")
    spec = importlib.util.spec_from_file_location("programs_in_jax", __file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.np = jnp
    for name, operation in {**module.UNARY}.items():
        if not isinstance(operation, types.FunctionType):
            module.UNARY[name] = getattr(jnp, operation.__name__)
    # What NumPy allows and JAX does not: writing, indexing by lists, and ufunc methods.
    module.BINARY["write"] = lambda x, y: jnp.sin(
        jnp.ravel(x).at[0].set(jnp.mean(y)).at[::2].multiply(2.0)
    )
    module.UNARY["gather"] = lambda x: x[jnp.array([0, 0])] if jnp.ndim(x) else x
    module.UNARY["softmax"] = lambda x: (
        jnp.exp(x - jnp.logaddexp.reduce(x, axis=-1, keepdims=True)) if jnp.ndim(x) else x
    )
    return module


@pytest.mark.jax
@pytest.mark.slow
def test_against_jax():
    jax = pytest.importorskip("jax")
    programs = in_jax()

    @settings(max_examples=12, deadline=None)
    @given(
        program=st.lists(step, min_size=1, max_size=8),
        shapes=st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES)),
        seed=st.integers(0, 2**16),
    )
    def agree(program, shapes, seed):
        rng = np.random.default_rng(seed)
        x, y = (rng.normal(size=shape) for shape in shapes)
        value, (gx, gy) = value_and_grad(lambda x, y: run(program, x, y), argnums=(0, 1))(x, y)
        with jax.enable_x64(True):
            theirs = jax.value_and_grad(lambda x, y: programs.run(program, x, y), argnums=(0, 1))
            expected, (hx, hy) = jax.jit(theirs)(x, y)
        assert value == pytest.approx(float(expected), rel=1e-10, abs=1e-10)
        np.testing.assert_allclose(gx, hx, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(gy, hy, rtol=1e-8, atol=1e-9)

    agree()
