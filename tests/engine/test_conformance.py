"""The conformance test: walks the rule table, and fails where a rule has no sample inputs.

Each call is differentiated in each argument by itself. The VJP with a random cotangent, the JVP in
a random direction, and the VJP of the VJP (second order) are compared with numeric derivatives
and their error bounds. `test_plan_conformance.py` does the same calls compiled.
"""

import numpy as np
import pytest
from conformance import (
    REGISTRY,
    active,
    assert_derivatives,
    calls_of,
    draw,
    dtypes_of,
    every_call,
    floats,
    random_for,
)
from samples import table
from scipy import special as sp

from adbench.engine import DifferentiationError, vjp


def test_every_entry_has_samples():
    assert [name for name in REGISTRY if not calls_of(name)] == []


def test_every_sample_has_an_entry():
    assert sorted({*table.ELEMENTWISE, *table.CALLS} - set(REGISTRY)) == []


@pytest.mark.parametrize(
    ("name", "i", "dtype"),
    [(name, i, dtype) for name, i in every_call() for dtype in dtypes_of(name)],
)
def test_derivatives(name, i, dtype):
    function, *specs = calls_of(name)[i]
    rng = random_for(name, i, dtype)
    arrays = [draw(rng, spec, dtype) for spec in specs]
    for k in active(name, calls_of(name)[i]):
        f = floats(lambda x, k=k: function(*arrays[:k], x, *arrays[k + 1 :]))
        assert_derivatives(f, arrays[k], rng)


@pytest.mark.parametrize(("name", "i"), every_call())
def test_float32_stays_float32_and_agrees(name, i):
    function, *specs = calls_of(name)[i]
    rng = random_for(name, i)
    narrow = [draw(rng, spec, "float32") for spec in specs]
    wide = [a.astype("float64") for a in narrow]
    f = floats(function)
    value, pullback = vjp(f, *narrow)
    assert [v.dtype for v in value] == [np.asarray(p).dtype for p in f(*narrow)]
    gradients = pullback([np.ones_like(v) for v in value])
    expected = with_ones(f, wide)
    # What rounding the arguments does to the derivative, float32 arithmetic may do too.
    moved = with_ones(f, [a * (1 + rng.choice([-1, 1], a.shape) * 2.0**-24) for a in wide])
    for gradient, right, other in zip(gradients, expected, moved, strict=True):
        assert gradient.dtype == np.float32
        sensitivity = np.max(np.abs(right - other), initial=0)
        allowed = 1e-5 * np.max(np.abs(right), initial=1.0) + 20 * sensitivity
        np.testing.assert_allclose(gradient, right, rtol=0, atol=allowed)


def with_ones(f, arrays):
    """The pullback of ones."""
    value, pullback = vjp(f, *arrays)
    return pullback([np.ones_like(v) for v in value])


def test_what_has_no_rule_says_so():
    x = np.array([0.5, 1.5])
    for call in (lambda v: sp.jv(v, 1.0), lambda a: sp.hyp1f1(a, 1.5, 1.0), np.union1d):
        with pytest.raises(DifferentiationError):
            vjp(lambda x, call=call: call(x, x) if call is np.union1d else call(x), x)
