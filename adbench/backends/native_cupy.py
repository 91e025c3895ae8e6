"""The engine on a CUDA device: the same tape over CuPy's arrays, moved at the call's edges.

CuPy's arrays take part in NumPy's functions (NEP 13 and NEP 18), so a function written with
`import numpy as np`, and the engine's rules, run where the arrays are. Plans are for NumPy's
arrays only, so there is no compiled mode here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from adbench import engine
from adbench.backends.arrays import Array, bits_equal
from adbench.backends.calling import Call, Outputs, reject
from adbench.backends.errors import BackendUnavailableError
from adbench.backends.protocol import Arrays, BoundFunction, Pullback, Timed


class CudaDevice:
    """One CUDA device, by way of CuPy."""

    def __init__(self, text: str) -> None:
        """`cuda` or `cuda:1`. Raises BackendUnavailableError."""
        kind, _, index = text.partition(":")
        if kind != "cuda" or not (index or "0").isdecimal():
            raise BackendUnavailableError(f"no device {text}: NumPy computes on the CPU only")
        try:
            self.cupy: Any = importlib.import_module("cupy")
        except ImportError:
            raise BackendUnavailableError(
                "no CUDA device that NumPy's functions can use: CuPy is not installed",
                "pip install cupy-cuda12x",
            ) from None
        self.index = int(index or 0)
        try:
            count = int(self.cupy.cuda.runtime.getDeviceCount())
        except Exception as error:  # the driver is missing: CuPy's own error, of a type of its own
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise BackendUnavailableError(f"no CUDA device: {first}") from error
        if self.index >= count:
            raise BackendUnavailableError(f"no CUDA device {self.index}: there are {count}")

    @contextmanager
    def current(self) -> Iterator[None]:
        """Arrays that are made within are made on this device."""
        with self.cupy.cuda.Device(self.index):
            yield

    def take(self, arrays: Arrays) -> list[Any]:
        """Copies on the device."""
        with self.current():
            return [self.cupy.array(array) for array in arrays]

    def give(self, arrays: Sequence[Any]) -> list[Array]:
        """Copies in main memory."""
        return [np.array(self.cupy.asnumpy(array)) for array in arrays]

    def wait(self, _: Any) -> None:
        """Until everything that was asked of the device is done."""
        self.cupy.cuda.Device(self.index).synchronize()


class CupyFunction(BoundFunction):
    """A function differentiated by the engine on a CUDA device."""

    def __init__(self, call: Call, device: CudaDevice) -> None:
        self._call = call
        self._device = device
        self._outputs = Outputs()
        self.point = call.point
        self.inputs = call.inputs
        self.outputs = self._outputs.describe(self.value(call.point))

    def value(self, x: Arrays) -> list[Array]:
        with self._device.current():
            return self._device.give(self._run(self._device.take(x), self._data(x)))

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        active, data, given = self._device.take(x), self._data(x), self._device.take(cotangents)
        with self._device.current():
            outputs, gradients = self._pulled(active, data, given)
        give = self._device.give
        before = [*x, *self._call.data([a.dtype for a in x]), *cotangents]
        after = [*give(active), *give(data), *give(given)]
        inputs = self._call.leaves
        names = [inputs[i].name for i in (*self._call.active, *self._call.passive)]
        names += ["cotangent"] * len(given)
        mutated = [
            name
            for name, a, b in zip(names, before, after, strict=True)
            if not bits_equal(np.asarray(a), b)
        ]
        return Pullback(give(outputs), list(give(gradients)), tuple(dict.fromkeys(mutated)))

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        with self._device.current():
            take = self._device.take
            return self._device.give(self._pushed(take(x), self._data(x), take(tangents)))

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        take = self._device.take
        with self._device.current():
            seconds = self._pulled_twice(take(x), self._data(x), take(cotangents), take(tangents))
        return list(self._device.give(seconds))

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        x, data = self._device.take(self.point), self._data(self.point)
        weights, directions = self._device.take(cotangents), self._device.take(tangents)
        operations: dict[str, Callable[[], Sequence[Any]]] = {
            "primal": lambda: self._run(x, data),
            "vjp": lambda: self._pulled(x, data, weights)[1],
            "jvp": lambda: self._pushed(x, data, directions),
            "hvp": lambda: self._pulled_twice(x, data, weights, directions),
        }
        operation = operations[what]

        def call() -> tuple[Any, ...]:
            with self._device.current():
                return tuple(operation())

        def move(values: Arrays) -> None:
            x[:] = self._device.take(values)

        return Timed(
            call,
            tuple(x),
            tuple(data),
            wait=self._device.wait,
            tracked=what != "primal",
            move=move,
        )

    def apply(self, active: Sequence[Any]) -> list[Any]:
        return self._outputs.flatten(self._call.as_written(active))

    def _data(self, x: Arrays) -> list[Any]:
        return self._device.take(self._call.data([a.dtype for a in x]))

    def _run(self, active: Sequence[Any], data: Sequence[Any]) -> list[Any]:
        values = self._outputs.flatten(self._call(self._call.merge(active, data)))
        for name, value in zip(self._outputs.names, values, strict=True):
            if not isinstance(value, self._device.cupy.ndarray):
                raise reject(name, value, "a CuPy array")
        return values

    def _function(self, data: Sequence[Any]) -> Callable[..., list[Any]]:
        return lambda *active: self._outputs.flatten(self._call(self._call.merge(active, data)))

    def _pulled(
        self, x: Sequence[Any], data: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[Any, Any]:
        values, pull = engine.vjp(self._function(data), *x)
        return values, pull(_fitting(cotangents, values))

    def _pushed(self, x: Sequence[Any], data: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return engine.jvp(self._function(data), list(x), _fitting(tangents, x))[1]

    def _pulled_twice(
        self,
        x: Sequence[Any],
        data: Sequence[Any],
        cotangents: Sequence[Any],
        tangents: Sequence[Any],
    ) -> Any:
        def gradient(*active: Any) -> list[Any]:
            return list(self._pulled(active, data, cotangents)[1])

        return engine.vjp(gradient, *x)[1](_fitting(tangents, x))


def _fitting(arrays: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Cotangents or tangents in the dtypes of what they belong to."""
    return [
        a if a.dtype == o.dtype else a.astype(o.dtype) for a, o in zip(arrays, others, strict=True)
    ]
