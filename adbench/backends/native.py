"""The in-house engine: functions written in plain NumPy, or against the array API standard.

In the mode `compiled`, derivatives are recorded and replayed; what cannot be replayed runs on
the tape, as in the mode `eager`.

Conventions. A complex gradient is that of JAX and autograd: df = Re(Σ g·v). The engine gives
an input without a path a gradient of zeros, not None. The value is the function's own, run on
plain arrays; under differentiation it gets traced arrays. There is no batched form: a NumPy
function does not say whether it may be given a stack of inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np

from adbench import engine
from adbench.backends.arrays import Array, bits_equal
from adbench.backends.calling import Call, Outputs, reject
from adbench.backends.errors import (
    ArgumentError,
    BackendUnavailableError,
    OutputError,
    UnsupportedError,
)
from adbench.backends.protocol import (
    Arrays,
    Backend,
    BoundFunction,
    Cut,
    Lost,
    Narrowing,
    Part,
    Pullback,
    Timed,
    Tree,
    Written,
)
from adbench.backends.same_arrays import by_array, write
from adbench.engine.batch import Batched
from adbench.engine.plan import Compiled


class NativeBackend(Backend):
    """`adbench.engine` on the CPU, or on a CUDA device by way of CuPy.

    What it cannot differentiate raises DifferentiationError, which names the function and the
    user's line.
    """

    name = "native"
    modes = ("eager", "compiled")
    convention: ClassVar[Literal["transpose"]] = "transpose"

    def __init__(self, mode: str | None = None, device: str = "cpu") -> None:
        super().__init__(mode, device)
        self._cuda: Any = None
        if device != "cpu":
            from adbench.backends.native_cupy import CudaDevice

            self._cuda = CudaDevice(device)
            if self.mode == "compiled":
                raise BackendUnavailableError("no CUDA device in this mode: plans run on the CPU")

    @classmethod
    def unavailable(cls) -> BackendUnavailableError | None:
        return None

    def bind(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Tree],
        differentiable: Mapping[str, Tree],
        params: Mapping[str, Any],
    ) -> BoundFunction:
        call = Call(function, arguments, differentiable, params)
        if self._cuda is not None:
            from adbench.backends.native_cupy import CupyFunction

            return CupyFunction(call, self._cuda)
        return _CompiledFunction(call) if self.mode == "compiled" else _NativeFunction(call)


class _NativeFunction(BoundFunction):
    def __init__(self, call: Call) -> None:
        self._call = call
        self._outputs = Outputs()
        self.point = call.point
        self.inputs = call.inputs
        self.outputs = self._outputs.describe(self.value(call.point))

    def value(self, x: Arrays) -> list[Array]:
        leaves = self._call.merge([np.array(a) for a in x], self._data(x))
        values = self._outputs.flatten(self._call(leaves))
        for name, value in zip(self._outputs.names, values, strict=True):
            if not isinstance(value, (np.ndarray, np.generic)):
                raise reject(name, value, "a NumPy array")
        return [np.array(value) for value in values]

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        traced: list[Any] = []
        data = self._data(x)
        values, pull = engine.vjp(self._function(data, traced), *x)
        outputs = _of_this_call(values)
        given = _like(cotangents, outputs)
        gradients = [np.array(gradient) for gradient in pull(given)]
        before = self._call.merge(x, self._data(x))
        after = self._call.merge([np.asarray(engine.stop_gradient(t)) for t in traced], data)
        mutated = [
            leaf.name
            for leaf, a, b in zip(self._call.leaves, before, after, strict=True)
            if not bits_equal(a, b)
        ]
        if not all(map(bits_equal, given, _like(cotangents, outputs))):
            mutated.append("cotangent")
        return Pullback(outputs, list(gradients), tuple(mutated))

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        function = self._function(self._data(x), [])
        _, pushed = engine.jvp(function, list(x), _like(tangents, x))
        return [np.array(p) for p in pushed]

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        x = [np.array(a) for a in self.point]
        data = self._data(x)
        weights, directions = self._directions(cotangents, tangents)
        leaves = self._call.merge(x, data)
        call: dict[str, Callable[[], Sequence[Any]]] = {
            "primal": lambda: self._outputs.flatten(self._call(leaves)),
            "vjp": lambda: self._pulled(x, data, weights)[1],
            "jvp": lambda: self._pushed(x, data, directions),
            "hvp": lambda: self._pulled_twice(x, data, weights, directions),
        }
        operation = call[what]

        def move(values: Arrays) -> None:
            x[:] = [np.array(a) for a in values]
            leaves[:] = self._call.merge(x, data)

        return Timed(
            lambda: tuple(operation()),
            tuple(x),
            tuple(data),
            tracked=what != "primal",
            move=move,
        )

    def written(self, x: Arrays) -> Written:
        return self._call.described(x)

    def parts(self, x: Arrays) -> list[Part]:
        from adbench.backends.native_parts import rules_at_work

        return rules_at_work(lambda: self.value(x), _NativeFunction)

    def lost(self, x: Arrays, cotangents: Arrays) -> Lost | None:
        from adbench.backends.native_parts import first_lost

        function = self._function(self._data(x), [])
        return first_lost(function, x, lambda values: _like(cotangents, values))

    def cuts(self, x: Arrays) -> list[Cut]:
        from adbench.backends.native_cuts import cuts_met

        function = self._function(self._data(x), [])
        return cuts_met(lambda: engine.vjp(function, *x))

    def uncut(self, x: Arrays, cotangents: Arrays, which: Collection[int]) -> list[Array | None]:
        from adbench.backends.native_cuts import without

        function = self._function(self._data(x), [])
        values, pull = without(which, lambda: engine.vjp(function, *x))
        return [np.array(gradient) for gradient in pull(_like(cotangents, values))]

    def vjp_batch(self, x: Arrays, cotangents: Arrays, *, points: bool) -> Pullback:
        """One sweep of the tape for many cotangents, as `engine.jacobian` makes it."""
        if points:
            raise UnsupportedError("the engine batches cotangents, not points")
        values, pull = engine.vjp(self._function(self._data(x), []), *x)
        many = [Batched(np.array(c, v.dtype)) for c, v in zip(cotangents, values, strict=True)]
        count = len(cotangents[0])
        try:
            gradients = pull(many)
        except Exception as error:  # `engine.jacobian` goes one by one then
            raise UnsupportedError(f"batched cotangents: {type(error).__name__}") from error
        return Pullback(
            [np.broadcast_to(v, (count, *v.shape)) for v in values],
            # One that is no batch does not depend on the cotangents, which makes it zero.
            [g.value if type(g) is Batched else np.zeros((count, *g.shape)) for g in gradients],
        )

    def batches_by_rule(self, x: Arrays, cotangents: Arrays) -> bool:
        return True  # every batching rule is ours, and a sweep costs little

    def narrowings(self, x: Arrays, cotangents: Arrays | None) -> list[Narrowing]:
        from adbench.backends.native_parts import narrowings

        return narrowings(self._function(self._data(x), []), x)

    def same_arrays(self, x: Arrays, other: Arrays) -> list[list[Array] | None]:
        data = self._data(x)

        def run(active: list[Any]) -> list[Array]:
            return _arrays(self._outputs.flatten(self._call(self._call.merge(active, data))))

        return by_array(run, _arrays, write, x, other)

    def apply(self, active: Sequence[Any]) -> list[Any]:
        return self._outputs.flatten(self._call.as_written(active))

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        """The VJP's own pullback: a right gradient's Jacobian is symmetric, so that this is
        the derivative along the tangents."""
        function = self._function(self._data(x), [])

        def gradient(*active: Any) -> list[Any]:
            values, pull = engine.vjp(function, *active)
            return list(pull(_like(cotangents, values)))

        _, pull = engine.vjp(gradient, *x)
        return [np.array(second) for second in pull(_like(tangents, x))]

    def _pulled(self, x: list[Any], data: list[Any], cotangents: list[Any]) -> tuple[Any, Any]:
        values, pull = engine.vjp(self._function(data, []), *x)
        return values, pull(_fitting(cotangents, values))

    def _pushed(self, x: list[Any], data: list[Any], tangents: list[Any]) -> Any:
        return engine.jvp(self._function(data, []), x, tangents)[1]

    def _pulled_twice(
        self, x: list[Any], data: list[Any], cotangents: list[Any], tangents: list[Any]
    ) -> Any:
        def gradient(*active: Any) -> list[Any]:
            values, pull = engine.vjp(self._function(data, []), *active)
            return list(pull(_fitting(cotangents, values)))

        return engine.vjp(gradient, *x)[1](tangents)

    def _directions(self, cotangents: Arrays, tangents: Arrays) -> tuple[list[Array], list[Array]]:
        """In the dtypes that the engine wants; an operation has one, the other, or both."""
        return (
            _like(cotangents, self.outputs[: len(cotangents)]),
            _like(tangents, self.inputs[: len(tangents)]),
        )

    def _function(self, data: Sequence[Array], traced: list[Any]) -> Callable[..., list[Any]]:
        """The function of its active leaves alone; `traced` receives what it was given."""

        def function(*active: Any) -> list[Any]:
            traced[:] = active
            return self._outputs.flatten(self._call(self._call.merge(active, data)))

        return function

    def _data(self, x: Arrays) -> list[Array]:
        """Copies of the passive leaves, which the function may write to without doing harm."""
        return [np.array(a) for a in self._call.data([a.dtype for a in x])]


class _CompiledFunction(_NativeFunction):
    """The same derivatives as one compiled function each of active leaves, data and directions."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._mutated: dict[Any, tuple[str, ...]] = {}
        self._vjp, self._jvp, self._hvp = (
            Compiled(product, call.written, None)
            for product in (self._pulled, self._pushed, self._pulled_twice)
        )

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        key = tuple(a.dtype for a in x)
        if key not in self._mutated:
            # Writes into inputs are seen on the tape; that takes a call of its own, once.
            self._mutated[key] = super().vjp(x, cotangents).mutated
        data = self._data(x)
        outputs, gradients = self._replay(self._vjp, list(x), data, list(cotangents))
        return Pullback(_arrays(outputs), list(_arrays(gradients)), self._mutated[key])

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        return _arrays(self._replay(self._jvp, list(x), self._data(x), _like(tangents, x)))

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        direction = _like(tangents, x)
        found = self._replay(self._hvp, list(x), self._data(x), list(cotangents), direction)
        return list(_arrays(found))

    def vjp_batch(self, x: Arrays, cotangents: Arrays, *, points: bool) -> Pullback:
        raise UnsupportedError("a plan is replayed for one cotangent at a time")

    def batches_by_rule(self, x: Arrays, cotangents: Arrays) -> bool:
        return False

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        eager = super().timed(what, cotangents, tangents)
        if what == "primal":  # a replayed program is a derivative's; the function is its own
            return eager
        x, data = list(eager.inputs), list(eager.data)
        weights, directions = self._directions(cotangents, tangents)
        # Compiled anew, so that the first calls can be seen; `bind` and a check may have gone
        # before.
        products: dict[str, Callable[..., Any]] = {
            "vjp": self._pulled,
            "jvp": self._pushed,
            "hvp": self._pulled_twice,
        }
        compiled = Compiled(products[what], self._call.written, None)
        call: dict[str, Callable[[], Sequence[Any]]] = {
            "vjp": lambda: compiled(x, data, weights)[1],
            "jvp": lambda: compiled(x, data, directions),
            "hvp": lambda: compiled(x, data, weights, directions),
        }
        operation = call[what]
        return replace(
            eager,
            call=lambda: tuple(operation()),
            compilations=lambda: compiled.recordings,
            move=lambda values: x.__setitem__(slice(None), [np.array(a) for a in values]),
        )

    def _replay(self, compiled: Compiled, *args: list[Array]) -> Any:
        """What a replay gives. The calls that are recorded for it would only show the tape."""
        result = compiled(*args)
        while compiled.recorded_last:
            result = compiled(*args)
        return result


def _of_this_call(values: Sequence[Any]) -> list[Array]:
    """The outputs as plain arrays; one that is still traced was made in another call."""
    try:
        return _arrays(values)
    except engine.DifferentiationError as error:
        raise OutputError(
            "the function returned an array that an earlier call has made: it keeps arrays between "
            "calls, in a cache or a global; a cache must go by the numbers, not by id() or `is`"
        ) from error


def _arrays(values: Sequence[Any]) -> list[Array]:
    return [np.array(value) for value in values]


def _fitting(arrays: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Cotangents in the dtypes of the outputs, as `_like`, of arrays that may be recorded."""
    for array, other in zip(arrays, others, strict=True):
        if array.dtype.kind == "c" and other.dtype.kind != "c":
            raise ArgumentError(f"a complex (co)tangent for an array of {other.dtype}")
    return [
        a if a.dtype == o.dtype else a.astype(o.dtype) for a, o in zip(arrays, others, strict=True)
    ]


def _like(arrays: Arrays, others: Sequence[Any]) -> list[Array]:
    """Copies of cotangents or tangents in the dtypes that the engine wants."""
    made = []
    for array, other in zip(arrays, others, strict=True):
        if np.iscomplexobj(array) and other.dtype.kind != "c":
            raise ArgumentError(f"a complex (co)tangent for an array of {other.dtype}")
        made.append(np.array(array, dtype=other.dtype))
    return made
