"""The engine on a CUDA device, with a stand-in for CuPy: what is moved, waited for and refused.

The stand-in's arrays are NumPy's. That shows which way the arrays go, and nothing of a device;
`tests/engine/test_device_arrays.py` shows that the rules run on arrays that NumPy cannot touch.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adbench.backends import BackendUnavailableError, OutputError, get_backend


class Device:
    waited = 0

    def __init__(self, index: int) -> None:
        self.index = index

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def synchronize(self) -> None:
        Device.waited += 1


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Any:
    fake = SimpleNamespace(
        ndarray=(np.ndarray, np.generic),  # CuPy's reductions give arrays without axes
        array=lambda a: np.array(a).copy(),
        asnumpy=np.asarray,
        cuda=SimpleNamespace(Device=Device, runtime=SimpleNamespace(getDeviceCount=lambda: 1)),
    )
    monkeypatch.setitem(sys.modules, "cupy", fake)
    return fake


def curve(x: Any, w: Any) -> Any:
    return np.sum(np.sin(x) * x * w), x**3


def bound_on(device: str, function: Any = curve) -> Any:
    rng = np.random.default_rng(0)
    arguments = {"x": rng.normal(size=4), "w": rng.normal(size=4)}
    backend = get_backend("native", "eager", device)
    return backend.bind(function, arguments, {"x": True, "w": False}, {})


def test_the_derivatives_are_those_of_the_cpu(cupy: Any) -> None:
    here, there = bound_on("cpu"), bound_on("cuda")
    rng = np.random.default_rng(1)
    point = list(here.point)
    cotangents = [rng.normal(size=leaf.shape) for leaf in here.outputs]
    tangents = [rng.normal(size=4)]
    assert there.outputs == here.outputs
    pairs = [
        (there.value(point), here.value(point)),
        (there.vjp(point, cotangents).gradients, here.vjp(point, cotangents).gradients),
        (there.jvp(point, tangents), here.jvp(point, tangents)),
        (there.hvp(point, cotangents, tangents), here.hvp(point, cotangents, tangents)),
    ]
    for what, (found, wanted) in zip(("primal", "vjp", "jvp", "hvp"), pairs, strict=True):
        timed = there.timed(what, cotangents, tangents)()
        for a, b, c in zip(found, wanted, timed, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(c, b)


def test_a_timed_call_waits_for_the_device(cupy: Any) -> None:
    timed = bound_on("cuda").timed("vjp", [np.ones(()), np.ones(4)])
    before = Device.waited
    timed()
    assert Device.waited == before + 1


def test_what_a_function_does_to_its_inputs_is_seen(cupy: Any) -> None:
    def writes(x: Any, w: Any) -> Any:
        w[0] = 5.0
        return np.sum(x * w)

    found = bound_on("cuda", writes)
    assert found.vjp(list(found.point), [np.ones(())]).mutated == ("w",)


def test_an_output_that_is_no_array_of_the_device_is_refused(cupy: Any) -> None:
    with pytest.raises(OutputError, match="a Python float, not a CuPy array"):
        bound_on("cuda", lambda x, w: float(np.sum(x)))


def test_a_device_that_is_not_there(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendUnavailableError, match="no CUDA device 3: there are 1"):
        get_backend("native", "eager", "cuda:3")
    with pytest.raises(BackendUnavailableError, match="no device tpu"):
        get_backend("native", "eager", "tpu")
    with pytest.raises(BackendUnavailableError, match="no CUDA device in this mode"):
        get_backend("native", "compiled", "cuda")

    def fails() -> int:
        raise RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")

    cupy.cuda.runtime.getDeviceCount = fails
    with pytest.raises(BackendUnavailableError, match="no CUDA device: cudaErrorNoDevice"):
        get_backend("native", "eager", "cuda")
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(BackendUnavailableError, match="CuPy is not installed"):
        get_backend("native", "eager", "cuda")
