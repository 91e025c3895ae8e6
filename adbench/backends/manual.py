"""A hand-written gradient beside its function, both plain NumPy: no differentiation at all.

Convention. The gradient is called like the function, with the parameters that it accepts. For
a scalar output `gradient(**inputs)` returns the gradient; where the outputs are not one scalar
it takes a keyword `cotangent` too (the outputs' shape and structure) and returns the VJP. What
it returns is the one differentiable input's gradient, or a tuple in the inputs' order, or a
dict by name; None in a gradient's place says that there is no path. A complex gradient is read
as JAX's: df = Re(Σ g·v).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np

from adbench.backends import trees
from adbench.backends.arrays import Array, bits_equal, is_inexact, to_numpy
from adbench.backends.calling import Call, Outputs, accepts, reject
from adbench.backends.errors import (
    ArgumentError,
    BackendUnavailableError,
    OutputError,
    UnsupportedError,
)
from adbench.backends.parts import place_of
from adbench.backends.protocol import (
    Arrays,
    Backend,
    BoundFunction,
    Pullback,
    Timed,
    Tree,
    Written,
)
from adbench.backends.same_arrays import by_array, write


class ManualBackend(Backend):
    """Checks `gradient`, written by hand, against the function it belongs to."""

    name = "manual"
    modes = ("eager",)
    convention: ClassVar[Literal["transpose"]] = "transpose"

    def __init__(
        self,
        mode: str | None = None,
        device: str = "cpu",
        *,
        gradient: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(mode, device)
        if device != "cpu":
            what = "CUDA device" if device.startswith("cuda") else f"device {device}"
            raise BackendUnavailableError(f"no {what}: NumPy computes on the CPU only")
        if gradient is None:
            raise ValueError("the backend manual checks a gradient: give `gradient`")
        self._gradient = gradient

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
        accepted = {k: v for k, v in params.items() if accepts(self._gradient, k)}
        return _ManualFunction(
            Call(function, arguments, differentiable, params),
            Call(self._gradient, arguments, differentiable, accepted),
        )


class _ManualFunction(BoundFunction):
    def __init__(self, call: Call, gradient: Call) -> None:
        self._call = call
        self._gradient = gradient
        self._outputs = Outputs()
        self.rule = place_of(gradient.function)
        self.inputs = call.inputs
        self.point = call.point
        self.outputs = self._outputs.describe(self.value([call.arrays[i] for i in call.active]))
        self._takes_cotangent = accepts(gradient.function, "cotangent", by_name=True)
        if not self._takes_cotangent and [leaf.shape for leaf in self.outputs] != [()]:
            listed = ", ".join(f"{leaf.name} {leaf.shape}" for leaf in self.outputs)
            raise ArgumentError(
                f"the outputs ({listed}) are not one scalar: the gradient must take a keyword "
                "`cotangent` and return the vector-Jacobian product"
            )

    def written(self, x: Arrays) -> Written:
        gradient, cotangent = self._gradient.function, self._takes_cotangent
        return replace(self._call.described(x), gradient=gradient, takes_cotangent=cotangent)

    def value(self, x: Arrays) -> list[Array]:
        return self._evaluate(self._fresh(x))

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        leaves = self._fresh(x)
        outputs = self._evaluate(leaves)
        given = [np.array(cotangent) for cotangent in cotangents]
        gradients = self._pull(leaves, given)
        mutated = [
            leaf.name
            for leaf, before, after in zip(self._call.leaves, self._fresh(x), leaves, strict=True)
            if not bits_equal(before, after)
        ]
        if not all(map(bits_equal, given, map(np.asarray, cotangents))):
            mutated.append("cotangent")
        return Pullback(outputs, gradients, tuple(mutated))

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        """The VJP is the value and the gradient, as the other backends' is."""
        if what not in ("primal", "vjp"):
            raise UnsupportedError(f"a hand-written gradient has no {what.upper()}")
        x = [np.array(a) for a in self.point]
        data = [np.array(a) for a in self._call.data([a.dtype for a in x])]
        leaves = self._call.merge(x, data)
        weights = [np.array(c) for c in cotangents]

        def value() -> tuple[Any, ...]:
            return tuple(self._outputs.flatten(self._call(leaves)))

        def gradient() -> tuple[Any, ...]:
            value()
            return tuple(self._pull(leaves, weights))

        tracked = what == "vjp"
        return Timed(gradient if tracked else value, tuple(x), tuple(data), tracked=tracked)

    def same_arrays(self, x: Arrays, other: Arrays) -> list[list[Array] | None]:
        data = self._call.data([a.dtype for a in x])

        def run(active: list[Array]) -> list[Array]:
            return self._evaluate(self._call.merge(active, data))

        return by_array(run, lambda arrays: [np.array(a) for a in arrays], write, x, other)

    def apply(self, active: Sequence[Any]) -> list[Any]:
        return self._outputs.flatten(self._call.as_written(active))

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        raise UnsupportedError("a hand-written gradient has no forward mode")

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        raise UnsupportedError("a hand-written gradient has no second derivative")

    def _pull(self, leaves: Sequence[Array], given: Sequence[Array]) -> list[Array | None]:
        if self._takes_cotangent:
            cotangent = self._outputs.unflatten(list(given))
            return self._match(self._gradient(leaves, cotangent=cotangent))
        return [
            None if g is None else np.asarray(given[0] * g, _product_dtype(g, given[0]))
            for g in self._match(self._gradient(leaves))
        ]

    def _fresh(self, x: Arrays) -> list[Array]:
        """Copies of all leaves, which the function may write to without doing harm."""
        data = self._call.data([a.dtype for a in x])
        return [np.array(leaf) for leaf in self._call.merge(x, data)]

    def _evaluate(self, leaves: Sequence[Array]) -> list[Array]:
        values = self._outputs.flatten(self._call(leaves))
        for name, value in zip(self._outputs.names, values, strict=True):
            if not isinstance(value, (np.ndarray, np.generic, float, complex)):
                raise reject(name, value, "a NumPy array")
        return [np.array(value) for value in values]

    def _match(self, returned: Any) -> list[Array | None]:
        """What the gradient returned, as one entry an active leaf."""
        wanted = self._wanted()
        if isinstance(returned, Mapping) and set(returned) <= set(wanted):
            by_name = {name: returned.get(name) for name in wanted}
        elif len(wanted) == 1 and not _is_tuple_of_one(returned, next(iter(wanted.values()))):
            by_name = dict.fromkeys(wanted, returned)
        elif isinstance(returned, (tuple, list)) and len(returned) == len(wanted):
            by_name = dict(zip(wanted, returned, strict=True))
        else:
            raise OutputError(
                f"the gradient returned a {type(returned).__name__}; for the inputs "
                f"{', '.join(wanted)} it must return a tuple of {len(wanted)} or a dict by name"
            )
        found: dict[str, Array | None] = {}
        for name, gradient in by_name.items():
            if gradient is None:
                continue
            for leaf_name, value in zip(*trees.flatten(gradient, name)[:2], strict=True):
                found[leaf_name] = _gradient_array(leaf_name, value)
        unknown = sorted(set(found) - {leaf.name for leaf in self._call.leaves})
        if unknown:
            raise OutputError(f"the gradient returned {unknown[0]}, which is no input")
        return [found.get(leaf.name) for leaf in self.inputs]

    def _wanted(self) -> dict[str, bool]:
        """Arguments with active leaves -> whether the argument is a single array."""
        active = {leaf.name for leaf in self.inputs}
        arguments = trees.unflatten(self._call.spec, list(self._call.leaves))
        wanted = {}
        for name, tree in zip(self._call.names, arguments, strict=True):
            leaves, _ = trees.flatten_leaves(tree)
            if any(leaf.name in active for leaf in leaves):
                wanted[name] = len(leaves) == 1 and leaves[0].name == name
        return wanted


def _is_tuple_of_one(returned: Any, is_array: bool) -> bool:
    """Whether `(gradient,)` was returned for a single input that is itself an array."""
    return is_array and isinstance(returned, (tuple, list)) and len(returned) == 1


def _gradient_array(name: str, value: Any) -> Array:
    try:
        array = to_numpy(value)
    except TypeError as error:
        raise OutputError(f"the gradient of {name}: {error}") from error
    return np.array(array)


def _product_dtype(gradient: Array, cotangent: Array) -> np.dtype[Any]:
    """The gradient keeps its own dtype, which is part of what is checked, unless it must turn
    complex."""
    if cotangent.dtype.kind == "c" or not is_inexact(gradient.dtype):
        return np.result_type(gradient, cotangent)
    return gradient.dtype
