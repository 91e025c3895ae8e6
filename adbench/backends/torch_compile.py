"""The torch backend's mode `compile`: the function, and its derivatives, under `torch.compile`.

Compiled graphs carry no forward tangents and no second backward, so JVP and HVP compile the
function's own transforms (`torch.func.jvp`, `torch.func.vjp`) instead; an HVP then reports
zeros where the eager mode reports None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from adbench.backends.arrays import Array
from adbench.backends.calling import Call
from adbench.backends.errors import BackendUnavailableError, UnsupportedError
from adbench.backends.protocol import Arrays, BoundFunction, Pullback, Timed
from adbench.backends.torch import TorchFunction
from adbench.backends.torch_autograd import first_line, quiet
from adbench.backends.torch_tensors import array_of


def bind_compiled(call: Call, device: Any) -> BoundFunction:
    """The call with its function compiled. Raises BackendUnavailableError without a compiler."""
    # Dynamo stops compiling, silently, after a few specialisations of one code object; a grid
    # of cases over the same function would reach that.
    torch.compiler.reset()
    with _compiling():
        call.function = torch.compile(call.function)
        return _CompiledFunction(call, device)


class _CompiledFunction(TorchFunction):
    def __init__(self, call: Call, device: Any) -> None:
        super().__init__(call, device)
        self._jvp = torch.compile(self._push_forward)
        self._hvp = torch.compile(self._second)

    def value(self, x: Arrays) -> list[Array]:
        with _compiling():
            return super().value(x)

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        with _compiling():
            return super().vjp(x, cotangents)

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        with self._data(x) as data, _transforming():
            active = [self._tensor(a) for a in x]
            pushed = self._jvp(active, self._like(tangents, active), data)
        return [array_of(tangent) for tangent in self._outputs.flatten(pushed)]

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        """Forward over reverse: the derivative of the VJP along the tangents."""
        outs = [self._tensor(out) for out in self.value(x)]
        weights = self._outputs.unflatten(self._like(cotangents, outs))
        with self._data(x) as data, _transforming():
            active = [self._tensor(a) for a in x]
            seconds = self._hvp(active, self._like(tangents, active), data, weights)
        return [array_of(second) for second in seconds]

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        made = super().timed(what, cotangents, tangents)
        return replace(made, compilations=_compilations, stages=_stages)

    def _timed_jvp(self, leaves: Any, data: Any, directions: Any) -> list[Any]:
        return self._outputs.flatten(self._jvp(leaves, directions, data))

    def _timed_hvp(self, leaves: Any, data: Any, weights: Any, directions: Any) -> list[Any]:
        plain = [leaf.detach() for leaf in leaves]
        cotangents = self._outputs.unflatten(list(weights))
        return list(self._hvp(plain, directions, data, cotangents))

    def value_batch(self, x: Arrays) -> list[Array]:
        raise UnsupportedError("torch:compile evaluates one input at a time")

    def vjp_batch(self, x: Arrays, cotangents: Arrays, *, points: bool) -> Pullback:
        raise UnsupportedError("torch:compile evaluates one input at a time")

    def same_arrays(self, x: Arrays, other: Arrays) -> list[list[Array] | None]:
        raise UnsupportedError("a compiled graph is given no arrays of its own")

    def batches_by_rule(self, x: Arrays, cotangents: Arrays) -> bool:
        return False

    def _push_forward(self, active: Any, directions: Any, data: Any) -> Any:
        return torch.func.jvp(self._function_with(data), tuple(active), tuple(directions))[1]

    def _second(self, active: Any, directions: Any, data: Any, weights: Any) -> Any:
        def gradient(*seen: Any) -> Any:
            return torch.func.vjp(self._function_with(data), *seen)[1](weights)

        return torch.func.jvp(gradient, tuple(active), tuple(directions))[1]

    def _function_with(self, data: Any) -> Callable[..., Any]:
        return lambda *active: self._call(self._call.merge(active, data))


@contextmanager
def _compiling() -> Iterator[None]:
    """Says in one line what stopped the compiler; the function's own errors pass through."""
    try:
        with quiet():
            yield
    except torch._dynamo.exc.TorchDynamoException as error:
        inner = getattr(error, "inner_exception", error)
        if type(inner).__name__ == "InvalidCxxCompiler":
            raise BackendUnavailableError(
                "torch:compile needs a C++ compiler", "install g++ or clang++, or set CXX"
            ) from error
        raise UnsupportedError(f"torch.compile: {first_line(inner)}") from error


@contextmanager
def _transforming() -> Iterator[None]:
    """Not every function that runs can be transformed: an old-style autograd.Function cannot."""
    try:
        with _compiling():
            yield
    except RuntimeError as error:
        if isinstance(error, (BackendUnavailableError, UnsupportedError)):
            raise
        raise UnsupportedError(f"torch.compile: {first_line(error)}") from error


def _compilations() -> int:
    """Graphs traced, and graphs of a backward pass, which are compiled when it is first run."""
    spent = _spent()
    return len(spent.get("_compile.compile_inner", ())) + len(spent.get(_BACKWARD, ()))


def _stages() -> dict[str, float]:
    """Seconds by stage: Dynamo's tracing, AOTAutograd, and Inductor's two graphs."""
    whole, beyond, forward, backward = (
        sum(_spent().get(name, ()))
        for name in (
            "_compile.compile_inner",
            "OutputGraph.call_user_compiler",
            "compile_fx.<locals>.fw_compiler_base",
            _BACKWARD,
        )
    )
    # A backward graph that is compiled ahead of its first run is compiled within the whole.
    lazily = sum(_spent().get("backward._backward_impl", ()))
    ahead = max(0.0, backward - lazily)
    return {
        "trace": whole - beyond,
        "differentiate": max(0.0, beyond - forward - ahead),
        "compile forward": forward,
        "compile backward": backward,
    }


_BACKWARD = "compile_fx.<locals>.bw_compiler"


def _spent() -> dict[str, Sequence[float]]:
    """Seconds of each phase of each compilation, as PyTorch keeps them."""
    found: dict[str, Sequence[float]] = torch._dynamo.utils.compilation_time_metrics
    return found
