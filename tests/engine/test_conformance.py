"""The conformance test: walks the rule table, and fails where a rule has no sample inputs.

Each call is differentiated in each argument by itself: the VJP with a random cotangent, the
JVP in a random direction, and the VJP of the VJP (second order) are compared with central
differences, extrapolated to order six, in random directions.
"""

import importlib.util
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy import special as sp

from adbench.engine import DifferentiationError, jvp, vjp
from adbench.engine.array import LOADERS
from adbench.engine.primitive import DERIVED, PRIMITIVES, ZERO

spec = importlib.util.spec_from_file_location("samples", Path(__file__).with_name("samples.py"))
samples = importlib.util.module_from_spec(spec)
spec.loader.exec_module(samples)
while LOADERS:
    LOADERS.pop()()

REGISTRY = sorted({*PRIMITIVES, *DERIVED})
SHAPES = [((2, 3), (3,)), ((), (2,)), ((2, 1), (1, 3)), ((0, 3), (1,)), ((3,), ())]


def function_of(name):
    if name in samples.FUNCTIONS:
        return samples.FUNCTIONS[name]
    found = sp if name.startswith("scipy.special.") else np
    for part in name.removeprefix("scipy.special.").split("."):
        found = getattr(found, part)
    return found


def calls_of(name):
    """(function, arrays to draw) for each sample call of a registry entry."""
    calls = []
    if name in samples.ELEMENTWISE:
        intervals = samples.ELEMENTWISE[name]
        for shapes in SHAPES:
            arrays = [samples.Arr(s, *i) for s, i in zip(shapes, intervals, strict=False)]
            calls.append((function_of(name), *arrays))
    return calls + samples.CALLS.get(name, [])


def draw(rng, spec, dtype):
    shape = spec.shape
    if spec.kind == "uniform":
        x = rng.uniform(spec.low, spec.high, shape)
        if np.dtype(dtype).kind == "c":
            x = x + 1j * rng.uniform(-0.7, 0.7, shape)
        return np.asarray(x).astype(dtype)
    n = shape[-1]
    x = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=shape)
    if spec.kind == "regular":
        return (x + 2 * n * np.diag(np.arange(1, n + 1))).astype(dtype)
    x = x @ np.conj(np.swapaxes(x, -1, -2))
    return (x / 2 + np.diag(np.arange(1.0, n + 1))).astype(dtype)


def noise(rng, like):
    v = rng.normal(size=like.shape)
    if like.dtype.kind == "c":
        v = v + 1j * rng.normal(size=like.shape)
    return v.astype(like.dtype)[()] if like.shape == () else v.astype(like.dtype)


def outputs(value):
    items = value if isinstance(value, list | tuple) else [value]
    return [np.asarray(v) for v in items if np.asarray(v).dtype.kind in "fc"]


def floats(function):
    """A function's floating-point results, as a list."""

    def call(*args):
        value = function(*args)
        items = value if isinstance(value, list | tuple) else [value]
        return [v for v in items if v.dtype.kind in "fc"]

    return call


def pair(a, b):
    """Re Σ aᵢbᵢ over lists of arrays: how a complex cotangent is read."""
    return sum(np.sum(np.real(np.asarray(x) * np.asarray(y))) for x, y in zip(a, b, strict=True))


def slope(function, x, v):
    """d/dt of a list-valued function at x + t·v: three central differences, extrapolated."""
    steps = [4e-3, 2e-3, 1e-3]
    table = []
    for h in steps:
        plus, minus = outputs(function(x + h * v)), outputs(function(x - h * v))
        table.append([(p - m) / (2 * h) for p, m in zip(plus, minus, strict=True)])
    a, b, c = table
    first = [((4 * q - p) / 3, (4 * r - q) / 3) for p, q, r in zip(a, b, c, strict=True)]
    return [(16 * q - p) / 15 for p, q in first]


def close(actual, expected, rtol=2e-7):
    scale = max(1.0, *(np.max(np.abs(e), initial=0) for e in expected)) if expected else 1.0
    for a, e in zip(actual, expected, strict=True):
        assert np.shape(a) == np.shape(e)
        np.testing.assert_allclose(a, e, rtol=rtol, atol=rtol * scale)


def test_every_entry_has_samples():
    missing = [name for name in REGISTRY if not calls_of(name)]
    assert missing == []


def test_every_sample_has_an_entry():
    assert sorted({*samples.ELEMENTWISE, *samples.CALLS} - set(REGISTRY)) == []


CASES = [
    pytest.param(name, i, dtype, id=f"{name}-{i}-{dtype}")
    for name in REGISTRY
    for i, _ in enumerate(calls_of(name))
    for dtype in ("float64", *(["complex128"] if name in samples.COMPLEX else []))
]


@pytest.mark.parametrize(("name", "i", "dtype"), CASES)
def test_derivatives(name, i, dtype):
    function, *specs = calls_of(name)[i]
    rng = np.random.default_rng(zlib.crc32(f"{name}{i}{dtype}".encode()))
    arrays = [draw(rng, spec, dtype) for spec in specs]
    zero_rules = [r is ZERO for r in PRIMITIVES[name].rules] if name in PRIMITIVES else []
    for k in range(len(arrays)):
        if len(zero_rules) == len(arrays) and zero_rules[k]:
            continue

        def f(x, k=k):
            return floats(function)(*arrays[:k], x, *arrays[k + 1 :])

        check_one_argument(f, arrays[k], rng)


def check_one_argument(f, x, rng):
    v = noise(rng, x)
    value, pullback = vjp(f, x)
    plain = outputs(f(x))
    close(value, plain, rtol=1e-12)
    cotangents = [noise(rng, p) for p in plain]
    (gradient,) = pullback(cotangents)
    assert gradient.shape == x.shape
    assert gradient.dtype == x.dtype
    expected = slope(f, x, v)
    close([pair([gradient], [v])], [pair(cotangents, expected)])
    _, tangent = jvp(f, (x,), (v,))
    close(tangent, [e.astype(p.dtype) for e, p in zip(expected, plain, strict=True)])

    def first(x):
        return [vjp(f, x)[1](cotangents)[0]]

    _, second = vjp(first, x)
    weight = noise(rng, x)
    close([pair(second([weight])[0:1], [v])], [pair([weight], slope(first, x, v))], rtol=2e-6)


@pytest.mark.parametrize("name", sorted(samples.ELEMENTWISE))
def test_float32_stays_float32_and_agrees(name):
    function, *specs = calls_of(name)[0]
    rng = np.random.default_rng(0)
    arrays = [draw(rng, spec, "float32") for spec in specs]
    wide = [a.astype("float64") for a in arrays]
    value, pullback = vjp(floats(function), *arrays)
    expected_value, expected = vjp(floats(function), *wide)
    plain = outputs(function(*arrays))
    assert [v.dtype for v in value] == [p.dtype for p in plain]
    ones = [np.ones_like(v) for v in value]
    wide_ones = [np.ones_like(v) for v in expected_value]
    for g, e in zip(pullback(ones), expected(wide_ones), strict=True):
        assert g.dtype == np.float32
        np.testing.assert_allclose(g, e, rtol=2e-4, atol=1e-5)


def test_what_has_no_rule_says_so():
    x = np.array([0.5, 1.5])
    for call in (lambda v: sp.jv(v, 1.0), lambda a: sp.gammainc(a, 1.0), np.union1d):
        with pytest.raises(DifferentiationError):
            vjp(lambda x, call=call: call(x, x) if call is np.union1d else call(x), x)
