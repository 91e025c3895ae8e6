"""JAX: VJPs by `jax.vjp`, JVPs by `jax.jvp`, under `jit` or op by op, in 64 bits.

Conventions. A complex gradient is JAX's: df = Re(Σ g·v), with no conjugate. JAX reports no
missing path: an input that the outputs do not depend on has gradient zero, not None. Arrays
are immutable, so nothing is ever mutated. Batches run through `jax.vmap`, in calls of a fixed
size. 64-bit types are switched on for the process: JAX would otherwise turn a float64 input
into a float32 one without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Literal

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, jaxpr_as_fun

from adbench.backends.arrays import Array
from adbench.backends.batching import in_chunks, rows_per_call
from adbench.backends.calling import Call, Outputs, reject
from adbench.backends.errors import ArgumentError, BackendUnavailableError, UnsupportedError
from adbench.backends.jax_compiles import compilations, stages
from adbench.backends.jax_parts import rules_at_work
from adbench.backends.jaxprs import batches_by_rule, equations, narrowings, not_holomorphic
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
from adbench.backends.registry import unavailable
from adbench.backends.same_arrays import by_array

jax.config.update("jax_enable_x64", True)


class JaxBackend(Backend):
    """JAX on a CPU or GPU. The mode `jit` compiles with XLA; `eager` runs op by op."""

    name = "jax"
    modes = ("jit", "eager")
    convention: ClassVar[Literal["transpose"]] = "transpose"

    def __init__(self, mode: str | None = None, device: str = "cpu") -> None:
        super().__init__(mode, device)
        self._device = _device(device)

    @classmethod
    def unavailable(cls) -> BackendUnavailableError | None:
        return unavailable(cls.name)

    def bind(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Tree],
        differentiable: Mapping[str, Tree],
        params: Mapping[str, Any],
    ) -> BoundFunction:
        call = Call(function, arguments, differentiable, params)
        return _JaxFunction(call, self._device, compiled=self.mode == "jit")


class _JaxFunction(BoundFunction):
    def __init__(self, call: Call, device: Any, compiled: bool) -> None:
        self._call = call
        self._device = device
        self._data_cache: dict[tuple[Any, ...], list[Any]] = {}
        self._outputs = Outputs()
        jit: Callable[..., Any] = jax.jit if compiled else lambda f: f
        # Every array is an argument: closed-over data would be baked into the program.
        self._value = jit(self._run)
        self._vjp = jit(self._pull_back)
        self._jvp = jit(self._push_forward)
        self._hvp = jit(self._second)
        self._batch = jit(lambda active, data: jax.vmap(lambda x: self._run(x, data))(active))
        self._vjp_at_points = jit(jax.vmap(self._pull_back, in_axes=(0, None, 0)))
        self._vjp_rows = jit(jax.vmap(self._pull_back, in_axes=(None, None, 0)))
        self._compiled = compiled
        self._rows: int | None = None
        self._direct = False
        self.batch_pays = not compiled
        self.inputs = call.inputs
        self.point = call.point
        self._arrays(call.arrays)
        # A jitted function takes NumPy arrays on the default device several times faster.
        self._direct = compiled and device == jax.devices()[0]
        first = self.value([call.arrays[i] for i in call.active])
        self.outputs = self._outputs.describe(first)

    def value(self, x: Arrays) -> list[Array]:
        return _to_numpy(self._value(self._arrays(x), self._data(x)))

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        outputs, gradients = self._vjp(self._arrays(x), self._data(x), self._arrays(cotangents))
        return Pullback(_to_numpy(outputs), list(_to_numpy(gradients)))

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        try:
            pushed = self._jvp(self._arrays(x), self._data(x), self._arrays(tangents))
        except TypeError as error:
            if "custom_vjp" not in str(error):
                raise
            raise UnsupportedError("JAX has no forward mode through a custom_vjp") from error
        return _to_numpy(pushed)

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        return list(
            _to_numpy(
                self._hvp(
                    self._arrays(x),
                    self._data(x),
                    self._arrays(cotangents),
                    self._arrays(tangents),
                )
            )
        )

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        active, data, weights, directions = (
            [jax.device_put(array, self._device) for array in arrays]
            for arrays in (
                self.point,
                self._call.data([a.dtype for a in self.point]),
                cotangents,
                tangents,
            )
        )
        operations: dict[str, tuple[Any, tuple[Any, ...]]] = {
            "primal": (self._value, (active, data)),
            "vjp": (self._vjp, (active, data, weights)),
            "jvp": (self._jvp, (active, data, directions)),
            "hvp": (self._hvp, (active, data, weights, directions)),
        }
        function, arguments = operations[what]

        def call() -> tuple[Any, ...]:
            made = function(*arguments)
            return tuple(made[1] if what == "vjp" else made)

        def move(values: Arrays) -> None:
            active[:] = [jax.device_put(array, self._device) for array in values]

        return Timed(
            call,
            tuple(active),
            tuple(data),
            wait=jax.block_until_ready,
            compilations=compilations,
            stages=stages,
            tracked=what != "primal",
            move=move,
            program=(lambda: function.lower(*arguments).compile()) if self._compiled else None,
        )

    def written(self, x: Arrays) -> Written:
        return self._call.described(x)

    def parts(self, x: Arrays) -> list[Part]:
        arrays, data = self._arrays(x), self._data(x)
        return rules_at_work(
            lambda: self._run(arrays, data),
            lambda call: _JaxFunction(call, self._device, self._compiled),
        )

    def vjp_batch(self, x: Arrays, cotangents: Arrays, *, points: bool) -> Pullback:
        pull = self._vjp_at_points if points else self._vjp_rows
        try:
            outputs, gradients = pull(self._arrays(x), self._data(x), self._arrays(cotangents))
        except Exception as error:
            raise _unsupported("jax.vmap", error) from error
        return Pullback(_to_numpy(outputs), list(_to_numpy(gradients)))

    def batches_by_rule(self, x: Arrays, cotangents: Arrays) -> bool:
        arguments = self._arrays(x), self._data(x), self._arrays(cotangents)
        try:
            program = jax.make_jaxpr(self._pull_back)(*arguments)
        except Exception:  # an eager function may branch on values
            return False
        return batches_by_rule(program.jaxpr)

    def holomorphic(self, x: Arrays) -> list[Array]:
        active, data = self._arrays(x), self._data(x)
        if name := not_holomorphic(jax.make_jaxpr(self._run)(active, data).jaxpr):
            raise UnsupportedError(f"{name} is not holomorphic")
        return _to_numpy(self._value(active, data))

    def lost(self, x: Arrays, cotangents: Arrays) -> Lost | None:
        from adbench.backends.jax_steps import first_lost

        active = self._arrays(x)
        program = self._traced(x)
        outs = jax.eval_shape(jaxpr_as_fun(program), *active)
        return first_lost(program, active, _like(self._arrays(cotangents), outs))

    def cuts(self, x: Arrays) -> list[Cut]:
        from adbench.backends.jax_steps import cuts_in

        return cuts_in(self._traced(x))

    def uncut(self, x: Arrays, cotangents: Arrays, which: Collection[int]) -> list[Array | None]:
        from adbench.backends.jax_steps import without

        outs, pull = jax.vjp(without(self._traced(x), which), *self._arrays(x))
        return list(_to_numpy(pull(_like(self._arrays(cotangents), outs))))

    def _traced(self, x: Arrays) -> ClosedJaxpr:
        from adbench.backends.jax_steps import traced

        data = self._data(x)
        return traced(lambda *active: self._run(active, data), *self._arrays(x))

    def narrowings(self, x: Arrays, cotangents: Arrays | None) -> list[Narrowing]:
        active, data = self._arrays(x), self._data(x)
        if cotangents is None:
            return narrowings(jax.make_jaxpr(self._run)(active, data).jaxpr)
        pulled = jax.make_jaxpr(self._pull_back)(active, data, self._arrays(cotangents))
        return narrowings(pulled.jaxpr)

    def same_arrays(self, x: Arrays, other: Arrays) -> list[list[Array] | None]:
        """Nothing is written into an array of JAX's, and under `jit` the function sees none."""
        if self._compiled:
            raise UnsupportedError("a traced function is given no arrays")
        data = self._data(x)
        return by_array(lambda a: _to_numpy(self._run(a, data)), self._arrays, None, x, other)

    def apply(self, active: Sequence[Any]) -> list[Any]:
        return self._outputs.flatten(self._call.as_written(active))

    def value_batch(self, x: Arrays) -> list[Array]:
        """In calls of one fixed number of rows, padded with the last one: every other number
        would be compiled anew, which costs more than the padding."""
        if self._rows is None:
            active, data = self._arrays([a[0] for a in x]), self._data(x)
            try:
                program = jax.make_jaxpr(self._run)(active, data)
            except Exception as error:  # an eager function may branch on values
                raise _unsupported("jax.make_jaxpr", error) from error
            self._rows = rows_per_call(_largest(program.jaxpr), most=64)
        return in_chunks(self._padded_batch, x, self._rows)

    def _padded_batch(self, x: Arrays) -> list[Array]:
        assert self._rows is not None
        size = len(x[0])
        padding = self._rows - size if self._compiled else 0
        padded = [np.concatenate([a, np.repeat(a[-1:], padding, axis=0)]) for a in x]
        try:
            outs = self._batch(self._arrays(padded), self._data(x))
        except Exception as error:
            raise _unsupported("jax.vmap", error) from error
        return [out[:size] for out in _to_numpy(outs)]

    def _run(self, active: Sequence[Any], data: Sequence[Any]) -> list[Any]:
        value = self._call(self._call.merge(active, data))
        leaves = self._outputs.flatten(value)
        for name, leaf in zip(self._outputs.names, leaves, strict=True):
            if not isinstance(leaf, (jax.Array, np.ndarray, np.generic)):
                raise reject(name, leaf, "a jax.Array")
        return leaves

    def _pull_back(
        self, active: Sequence[Any], data: Sequence[Any], cotangents: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        outs, pull = jax.vjp(lambda x: self._run(x, data), active)
        (gradients,) = pull(_like(cotangents, outs))
        return outs, gradients

    def _push_forward(
        self, active: Sequence[Any], data: Sequence[Any], tangents: Sequence[Any]
    ) -> list[Any]:
        directions = _like(tangents, active)
        _, pushed = jax.jvp(lambda x: self._run(x, data), (active,), (directions,))
        return list(pushed)

    def _second(
        self,
        active: Sequence[Any],
        data: Sequence[Any],
        cotangents: Sequence[Any],
        tangents: Sequence[Any],
    ) -> list[Any]:
        """Forward over reverse: the derivative of the VJP along the tangents."""
        _, pushed = jax.jvp(
            lambda x: self._pull_back(x, data, cotangents)[1],
            (active,),
            (_like(tangents, active),),
        )
        return list(pushed)

    def _data(self, x: Arrays) -> list[Any]:
        key = tuple(a.dtype for a in x)
        if key not in self._data_cache:
            self._data_cache[key] = self._arrays(self._call.data(key))
        return self._data_cache[key]

    def _arrays(self, arrays: Arrays) -> list[Any]:
        """Arrays of the same dtypes on the device, proven to be so."""
        if self._direct and jax.config.jax_enable_x64:
            return list(arrays)
        made = []
        for array in arrays:
            try:
                moved = jax.device_put(array, self._device)
            except TypeError as error:
                raise ArgumentError(f"JAX has no dtype {array.dtype}") from error
            if moved.dtype != array.dtype:
                raise ArgumentError(
                    f"JAX turned {array.dtype} into {moved.dtype}: something switched off "
                    "jax_enable_x64 after adbench had switched it on"
                )
            made.append(moved)
        return made


def _unsupported(where: str, error: Exception) -> UnsupportedError:
    first = (str(error).strip().splitlines() or ["no message"])[0]
    return UnsupportedError(f"{where}: {type(error).__name__}: {first}")


def _like(arrays: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Cotangents or tangents in the dtypes that JAX wants."""
    made = []
    for array, other in zip(arrays, others, strict=True):
        if array.dtype.kind == "c" and other.dtype.kind != "c":
            raise ArgumentError(f"a complex (co)tangent for an array of {other.dtype}")
        made.append(array.astype(other.dtype))
    return made


def _largest(program: Jaxpr) -> int:
    """The bytes of the largest array that a jaxpr makes, those of its inner jaxprs included."""
    return max(
        (
            out.aval.size * out.aval.dtype.itemsize
            for equation in equations(program)
            for out in equation.outvars
            if hasattr(out.aval, "dtype")
        ),
        default=0,
    )


def _to_numpy(arrays: Sequence[Any]) -> list[Array]:
    """Writable copies: `jit` hands an input that is an output back in the caller's memory."""
    return [np.array(array) for array in arrays]


def _device(text: str) -> Any:
    platform, _, index = text.partition(":")
    try:
        return jax.devices(platform)[int(index or 0)]
    except (RuntimeError, IndexError) as error:
        what = "CUDA device" if platform == "cuda" else f"device {text}"
        raise BackendUnavailableError(f"no {what} that JAX can use") from error
    except ValueError as error:
        raise ValueError(f"JAX knows no device {text!r}") from error
