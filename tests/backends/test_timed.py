"""What a benchmark times is the same derivative as the one that is checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adbench.backends import UnsupportedError, to_numpy

MODES = [
    ("native", "eager"),
    ("native", "compiled"),
    pytest.param("torch", "eager", marks=pytest.mark.torch),
    pytest.param("torch", "compile", marks=[pytest.mark.torch, pytest.mark.slow]),
    pytest.param("jax", "eager", marks=pytest.mark.jax),
    pytest.param("jax", "jit", marks=pytest.mark.jax),
]


def curve(x: Any, w: Any) -> Any:
    return (x * x * x * w).sum(0), x**3


def bound_curve(bind: Any, backend: str, mode: str) -> tuple[Any, list[Any], list[Any]]:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    bound = bind(backend, curve, mode=mode, data=("w",), x=x, w=w)
    cotangents = [rng.normal(size=leaf.shape) for leaf in bound.outputs]
    return bound, cotangents, [rng.normal(size=x.shape)]


@pytest.mark.parametrize(("backend", "mode"), MODES)
def test_the_timed_derivatives_are_those_that_are_checked(
    bind: Any, backend: str, mode: str
) -> None:
    bound, cotangents, tangents = bound_curve(bind, backend, mode)
    point = list(bound.point)
    expected = {
        "primal": bound.value(point),
        "vjp": bound.vjp(point, cotangents).gradients,
        "jvp": bound.jvp(point, tangents),
        "hvp": bound.hvp(point, cotangents, tangents),
    }
    for what, wanted in expected.items():
        timed = bound.timed(what, cotangents, tangents)
        for _ in range(3):  # a compiled mode records first and replays afterwards
            found = timed()
            assert isinstance(found, tuple)
            for a, b in zip(found, wanted, strict=True):
                np.testing.assert_allclose(to_numpy(a), b, rtol=1e-12)


@pytest.mark.parametrize(("backend", "mode"), MODES)
def test_a_timed_call_is_given_the_backends_own_arrays(bind: Any, backend: str, mode: str) -> None:
    bound, cotangents, _ = bound_curve(bind, backend, mode)
    timed = bound.timed("vjp", cotangents)
    library = {"native": "numpy", "torch": "torch", "jax": "jax"}[backend]
    for array in (*timed.inputs, *timed.data, *timed()):
        assert type(array).__module__.startswith(library) or library == "jax"
        assert to_numpy(array).dtype == np.float64


@pytest.mark.parametrize(
    ("backend", "mode"),
    [case for case in MODES if getattr(case, "values", case)[1] not in ("eager",)],
)
def test_compilations_are_counted_and_end(bind: Any, backend: str, mode: str) -> None:
    bound, cotangents, _ = bound_curve(bind, backend, mode)
    timed = bound.timed("vjp", cotangents)
    before = timed.compilations()
    timed()
    timed()
    first = timed.compilations()
    assert first > before
    for _ in range(3):
        timed()
    assert timed.compilations() == first


@pytest.mark.torch
def test_torch_tracks_only_where_a_derivative_is_taken(bind: Any) -> None:
    bound, cotangents, _ = bound_curve(bind, "torch", "eager")
    assert bound.timed("vjp", cotangents).tracked
    primal = bound.timed("primal")
    assert not primal.tracked
    assert not any(out.requires_grad for out in primal())


def test_a_gradient_by_hand_is_timed_with_its_function(bind: Any) -> None:
    calls = []

    def square(x: Any) -> Any:
        calls.append("value")
        return np.sum(x**2)

    def gradient(x: Any) -> Any:
        calls.append("gradient")
        return 2 * x

    bound = bind("manual", square, gradient=gradient, x=np.array([1.0, -2.0]))
    timed = bound.timed("vjp", [np.array(3.0)])
    calls.clear()
    (found,) = timed()
    np.testing.assert_array_equal(found, [6.0, -12.0])
    assert calls == ["value", "gradient"]
    with pytest.raises(UnsupportedError, match="no HVP"):
        bound.timed("hvp")
