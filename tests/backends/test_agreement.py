"""One function, written against the array API, on every backend: they must agree."""

import numpy as np
import pytest
from array_api_compat import array_namespace

RNG = np.random.default_rng(7)
BACKENDS = [
    ("torch", "eager"),
    ("jax", "jit"),
    ("jax", "eager"),
    ("native", "eager"),
    ("native", "compiled"),
]


def softmax_loss(w, x, targets):
    xp = array_namespace(w)
    z = x @ w
    z = z - xp.max(z, axis=1, keepdims=True)
    return xp.mean(xp.log(xp.sum(xp.exp(z), axis=1)) - xp.sum(z * targets, axis=1))


def two_outputs(a, b):
    xp = array_namespace(a)
    return {"y": xp.tanh(a) * b, "z": (xp.sum(a * b**2), xp.sin(a + b))}


def solve(A, b):
    xp = array_namespace(A)
    return xp.linalg.solve(A @ A.T + 3.0 * xp.eye(3, dtype=A.dtype), b[:, None])


CASES = {
    "softmax": (
        softmax_loss,
        {
            "w": RNG.normal(size=(4, 3)),
            "x": RNG.normal(size=(5, 4)),
            "targets": np.eye(3)[[0, 1, 2, 0, 1]],
        },
        ("x", "targets"),
    ),
    "two outputs": (two_outputs, {"a": RNG.normal(size=3), "b": RNG.normal(size=3)}, ()),
    "solve": (solve, {"A": RNG.normal(size=(3, 3)), "b": RNG.normal(size=3)}, ()),
    "empty beside full": (two_outputs, {"a": np.ones((0, 2)), "b": RNG.normal(size=2)}, ()),
    "0-d": (two_outputs, {"a": np.array(0.3), "b": np.array(-2.0)}, ()),
}


def _everything(bound, case):
    rng = np.random.default_rng(11)
    x = [np.array(case[leaf.name]) for leaf in bound.inputs]
    v = [rng.normal(size=leaf.shape) for leaf in bound.outputs]
    t = [rng.normal(size=leaf.shape) for leaf in bound.inputs]
    pulled = bound.vjp(x, v)
    return {
        "value": bound.value(x),
        "outputs": pulled.outputs,
        "vjp": pulled.gradients,
        "jvp": bound.jvp(x, t),
        "hvp": bound.hvp(x, v, t),
    }


@pytest.mark.parametrize("name", CASES)
def test_all_backends_agree(bind, name):
    function, case, data = CASES[name]
    results = {
        backend: _everything(bind(backend[0], function, mode=backend[1], data=data, **case), case)
        for backend in BACKENDS
    }
    reference = results.pop(BACKENDS[0])
    for result in results.values():
        for key, arrays in reference.items():
            for ours, theirs in zip(arrays, result[key], strict=True):
                assert ours.shape == theirs.shape
                assert ours.dtype == theirs.dtype == np.float64
                assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-13), (key, ours, theirs)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("backend", BACKENDS[:3])
def test_a_batch_equals_its_rows(bind, backend, name):
    function, case, data = CASES[name]
    bound = bind(backend[0], function, mode=backend[1], data=data, **case)
    rows = [[a + k for a in bound.point] for k in range(3)]
    batched = bound.value_batch([np.stack(leaf) for leaf in zip(*rows, strict=True)])
    for k, row in enumerate(rows):
        for one, many in zip(bound.value(row), batched, strict=True):
            assert np.allclose(one, many[k], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_adjoint_identity(bind, backend, name):
    """⟨v, Jt⟩ = ⟨Jᵀv, t⟩."""
    function, case, data = CASES[name]
    bound = bind(backend[0], function, mode=backend[1], data=data, **case)
    rng = np.random.default_rng(5)
    x = [np.array(case[leaf.name]) for leaf in bound.inputs]
    v = [rng.normal(size=leaf.shape) for leaf in bound.outputs]
    t = [rng.normal(size=leaf.shape) for leaf in bound.inputs]
    forward = sum(np.vdot(a, b) for a, b in zip(v, bound.jvp(x, t), strict=True))
    reverse = sum(np.vdot(a, b) for a, b in zip(bound.vjp(x, v).gradients, t, strict=True))
    assert np.isclose(forward, reverse, rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_hvp_is_the_derivative_of_the_vjp(bind, backend):
    function, case, data = CASES["softmax"]
    bound = bind(backend[0], function, mode=backend[1], data=data, **case)
    w, t, one = case["w"], np.random.default_rng(3).normal(size=(4, 3)), np.array(1.0)
    h = 1e-5
    plus, minus = (bound.vjp([w + s * h * t], [one]).gradients[0] for s in (1, -1))
    assert np.allclose(bound.hvp([w], [one], [t])[0], (plus - minus) / (2 * h), atol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
def test_complex_conventions_are_as_declared(bind, backend):
    """df = Re(Σ g·v) for "transpose" and Re(Σ conj(g)·v) for "conjugate"."""
    from adbench.backends import get_backend

    def f(z):
        xp = array_namespace(z)
        return xp.conj(z) * z**2 + xp.real(z)

    z, v, c = (RNG.normal(size=2) + 1j * RNG.normal(size=2) for _ in range(3))
    bound = bind(backend[0], f, mode=backend[1], z=z)
    gradient, pushed = bound.vjp([z], [c]).gradients[0], bound.jvp([z], [v])[0]
    if get_backend(*backend).convention == "conjugate":
        gradient, c = np.conj(gradient), np.conj(c)
    assert np.isclose((gradient * v).sum().real, (c * pushed).sum().real, rtol=1e-13)
    h = 1e-6
    difference = (bound.value([z + h * v])[0] - bound.value([z - h * v])[0]) / (2 * h)
    assert np.allclose(pushed, difference, rtol=1e-7)


@pytest.mark.parametrize("backend", BACKENDS)
def test_complex_hvp_is_the_derivative_of_the_vjp(bind, backend):
    z, t, c = (RNG.normal(size=2) + 1j * RNG.normal(size=2) for _ in range(3))
    bound = bind(backend[0], lambda z: z**3 * array_namespace(z).conj(z), mode=backend[1], z=z)
    h = 1e-6
    plus, minus = (bound.vjp([z + s * h * t], [c]).gradients[0] for s in (1, -1))
    assert np.allclose(bound.hvp([z], [c], [t])[0], (plus - minus) / (2 * h), rtol=1e-6)
