"""Programs that nobody wrote: random array-API expressions on which the backends must agree."""

import numpy as np
import pytest
from array_api_compat import array_namespace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UNARY = ("sin", "cos", "tanh", "exp_small", "square", "negative", "log_shifted", "sqrt_shifted")
BINARY = ("add", "subtract", "multiply", "divide_shifted", "matmul_t")
SHAPE_OPS = ("sum_keep", "mean_axis", "transpose", "reverse", "stack", "row", "swap")


def _unary(xp, op, a):
    match op:
        case "exp_small":
            return xp.exp(a * 0.1)
        case "log_shifted":
            return xp.log(a * a + 1.0)
        case "sqrt_shifted":
            return xp.sqrt(a * a + 0.5)
        case _:
            return getattr(xp, op)(a)


def _binary(xp, op, a, b):
    match op:
        case "divide_shifted":
            return a / (b * b + 2.0)
        case "matmul_t":
            return xp.tanh(a @ xp.matrix_transpose(b)) @ b
        case _:
            return getattr(xp, op)(a, b)


def _shape(xp, op, a):
    match op:
        case "sum_keep":
            return a - xp.sum(a, axis=1, keepdims=True)
        case "mean_axis":
            return a * xp.mean(a, axis=0)
        case "transpose":
            return xp.reshape(xp.matrix_transpose(a), a.shape)
        case "reverse":
            return xp.flip(a, axis=1)
        case "stack":
            return xp.sum(xp.stack([a, a * a]), axis=0)
        case "row":
            return a + a[-1, :]
        case "swap":
            return xp.concat([a[1:, :], a[:1, :]], axis=0)


STEPS = st.one_of(
    st.tuples(st.just("unary"), st.sampled_from(UNARY)),
    st.tuples(st.just("binary"), st.sampled_from(BINARY)),
    st.tuples(st.just("shape"), st.sampled_from(SHAPE_OPS)),
)
SHAPES = st.sampled_from([(1, 1), (2, 3), (3, 2), (1, 4), (4, 1)])


def _program(steps):
    def f(x, w):
        xp = array_namespace(x)
        values = [x, w]
        for i, (kind, op) in enumerate(steps):
            a, b = values[-1], values[i // 2]
            if kind == "unary":
                values.append(_unary(xp, op, a))
            elif kind == "binary":
                values.append(_binary(xp, op, a, b))
            else:
                values.append(_shape(xp, op, a))
        return {"last": xp.tanh(values[-1]), "total": xp.sum(xp.sin(values[len(values) // 2]))}

    return f


BACKENDS = [("torch", "eager"), ("jax", "eager"), ("native", "eager"), ("native", "compiled")]


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=7), shape=SHAPES, seed=st.integers(0, 2**32 - 1))
def test_backends_agree_on_random_programs(bind, steps, shape, seed):
    rng = np.random.default_rng(seed)
    x, w, tx, tw = (rng.normal(size=shape) for _ in range(4))
    cotangents = [rng.normal(size=shape), np.array(rng.normal())]
    found = []
    for name, mode in BACKENDS:
        bound = bind(name, _program(steps), mode=mode, x=x, w=w)
        pulled = bound.vjp([x, w], cotangents)
        zero = np.zeros(shape)
        found.append(
            [
                *pulled.outputs,
                *[zero if g is None else g for g in pulled.gradients],
                *bound.jvp([x, w], [tx, tw]),
                *[zero if h is None else h for h in bound.hvp([x, w], cotangents, [tx, tw])],
            ]
        )
        assert pulled.mutated == ()
    for other in found[1:]:
        for ours, theirs in zip(found[0], other, strict=True):
            scale = max(1.0, np.abs(ours).max())
            assert ours.shape == theirs.shape
            assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-11 * scale)
