"""The array API standard on the engine: every name, every parameter, on both executors."""

import importlib.util
from pathlib import Path

import array_api_compat
import numpy as np
import pytest

from adbench.engine import vjp
from adbench.engine.plan import Compiled

spec = importlib.util.spec_from_file_location("array_api", Path(__file__).with_name("array_api.py"))
array_api = importlib.util.module_from_spec(spec)
spec.loader.exec_module(array_api)

PAGE = Path(__file__).parents[2] / "docs" / "array-api.md"
EVERY_CALL = [
    pytest.param(name, number, id=f"{name}-{number}")
    for name, given in array_api.CALLS.items()
    for number in range(len(given))
]
VALUES_DECIDE = {"unique_all", "unique_counts", "unique_inverse", "unique_values"}
"""Names whose calls may be left to the tape, since values decide shapes."""


def is_traced(name, number):
    """Whether a call has an argument to differentiate by, and is not refused."""
    inputs = [array_api.INPUTS[n] for n in array_api.inputs_of(array_api.CALLS[name][number])]
    return name not in array_api.REFUSED and any(a.dtype.kind in "fc" for a in inputs)


def test_every_name_of_the_standard_is_called():
    assert sorted(array_api.CALLS) == sorted(array_api.standard())


def test_every_parameter_of_the_standard_is_given():
    assert array_api.unused_parameters() == []


@pytest.mark.parametrize(("name", "number"), EVERY_CALL)
def test_call_is_as_the_standard_says(name, number):
    reason = array_api.judge(name, number)
    if name in array_api.REFUSED:
        assert "would detach a traced array" in reason
    else:
        assert reason == ""


@pytest.mark.parametrize(("name", "number"), [p for p in EVERY_CALL if is_traced(*p.values)])
def test_compiled_is_eager(name, number):
    call = array_api.CALLS[name][number]
    arrays = [array_api.INPUTS[n] for n in array_api.inputs_of(call)]
    places = [k for k, a in enumerate(arrays) if a.dtype.kind in "fc"]

    def f(*given):
        operands = list(arrays)
        for k, a in zip(places, given, strict=True):
            operands[k] = a
        xp = array_api_compat.array_namespace(operands[places[0]])
        results = array_api.named_leaves(call(xp, *operands))
        kinds = [getattr(getattr(r, "dtype", None), "kind", "") for r in results]
        return [r for r, kind in zip(results, kinds, strict=True) if kind in ("f", "c")]

    primals = [arrays[k] for k in places]
    value, pullback = vjp(f, *primals)
    cotangents = [np.ones_like(v) for v in value]
    expected = pullback(cotangents)
    compiled = Compiled(lambda primals, cotangents: vjp(f, *primals)[1](cotangents), f, None)
    for _ in range(3):
        for a, e in zip(compiled(primals, cotangents), expected, strict=True):
            assert a.dtype == e.dtype
            np.testing.assert_allclose(a, e, rtol=1e-11, atol=1e-11)
    report = compiled.report()
    assert name in VALUES_DECIDE or report.plans, str(report)


def test_the_page_tells_what_was_measured():
    assert PAGE.read_text() == array_api.page(array_api.outcomes())
