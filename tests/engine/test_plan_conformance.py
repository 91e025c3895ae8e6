"""The conformance samples, compiled: every entry of the rule table gives what the tape gives.

Three calls at different points, so that the last one is replayed where the function can be.
"""

import importlib.util
import zlib
from pathlib import Path

import numpy as np
import pytest

from adbench.engine import vjp
from adbench.engine.plan import Compiled

spec = importlib.util.spec_from_file_location(
    "conformance", Path(__file__).with_name("test_conformance.py")
)
conformance = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conformance)

VALUES_DECIDE = {
    "bincount", "compress", "extract", "piecewise", "searchsorted",
    "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
}  # fmt: skip
"""Entries that may be left to the tape, since values decide shapes or ways."""

CASES = [
    pytest.param(name, i, dtype, id=f"{name}-{i}-{dtype}")
    for name in conformance.REGISTRY
    for i, _ in enumerate(conformance.calls_of(name))
    for dtype in ("float64", *(["complex128"] if name in conformance.samples.COMPLEX else []))
]


@pytest.mark.parametrize(("name", "i", "dtype"), CASES)
def test_compiled_is_eager(name, i, dtype):
    function, *specs = conformance.calls_of(name)[i]
    rng = np.random.default_rng(zlib.crc32(f"{name}{i}{dtype}".encode()))
    f = conformance.floats(function)

    def products(arrays, cotangents):
        value, pullback = vjp(f, *arrays)
        return value, pullback(cotangents)

    compiled = Compiled(products, f, None)
    for _ in range(3):
        arrays = [conformance.draw(rng, s, dtype) for s in specs]
        cotangents = [conformance.noise(rng, v) for v in vjp(f, *arrays)[0]]
        for actual, expected in zip(
            compiled(arrays, cotangents), products(arrays, cotangents), strict=True
        ):
            conformance.close(actual, list(expected), rtol=1e-11)
            assert [a.dtype for a in actual] == [e.dtype for e in expected]
    report = compiled.report()
    if name not in VALUES_DECIDE:
        assert not report.fallbacks, str(report)
        assert report.plans, str(report)
