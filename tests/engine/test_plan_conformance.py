"""The conformance samples, compiled: every entry of the rule table gives what the tape gives.

First and second order, at three different points, so that the last call is replayed where the
function can be. The tape is held against numeric derivatives by `test_conformance.py`.
"""

import pytest
from conformance import (
    active,
    calls_of,
    close,
    draw,
    dtypes_of,
    every_call,
    floats,
    noise,
    random_for,
)

from adbench.engine import vjp
from adbench.engine.plan import Compiled

VALUES_DECIDE = {
    "bincount", "compress", "extract", "piecewise", "scipy.linalg.fractional_matrix_power",
    "searchsorted",
    "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
}  # fmt: skip
"""Entries that may be left to the tape, since values decide shapes or ways."""

CASES = [(name, i, dtype) for name, i in every_call() for dtype in [*dtypes_of(name), "float32"]]


@pytest.mark.parametrize(("name", "i", "dtype"), CASES)
def test_compiled_is_eager(name, i, dtype):
    function, *specs = calls_of(name)[i]
    rng = random_for(name, i, dtype)
    f = floats(function)
    places = active(name, calls_of(name)[i])

    def first(arrays, cotangents):
        value, pullback = vjp(f, *arrays)
        return value, [pullback(cotangents)[k] for k in places]

    def second(arrays, cotangents, weights):
        gradients, pullback = vjp(lambda *arrays: first(arrays, cotangents)[1], *arrays)
        return gradients, list(pullback(weights))

    compiled = Compiled(first, f, None), Compiled(second, f, None)
    for _ in range(3):
        arrays = [draw(rng, spec, dtype) for spec in specs]
        cotangents = [noise(rng, v) for v in vjp(f, *arrays)[0]]
        weights = [noise(rng, arrays[k]) for k in places]
        agree(compiled[0](arrays, cotangents), first(arrays, cotangents))
        agree(compiled[1](arrays, cotangents, weights), second(arrays, cotangents, weights))
    for derivative in compiled:
        report = derivative.report()
        if name not in VALUES_DECIDE:
            assert not report.fallbacks, str(report)
            assert report.plans, str(report)


def agree(actual, expected):
    for some, right in zip(actual, expected, strict=True):
        narrow = any(v.dtype in ("float32", "complex64") for v in right)
        close(some, right, rtol=1e-4 if narrow else 1e-10)
        assert [a.dtype for a in some] == [e.dtype for e in right]
