"""Derivatives by the user: custom_vjp, stop_gradient, checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import numpy as np
import optree

from adbench.engine.array import Buffer, TracedArray, plain
from adbench.engine.batch import for_each, length
from adbench.engine.errors import DifferentiationError
from adbench.engine.operation import innermost
from adbench.engine.tape import Parts, Tape
from adbench.engine.transforms import pullback_of


def stop_gradient(x: Any) -> Any:
    """x, or a tree of arrays, as plain values: constants to every derivative.

    >>> import numpy as np
    >>> from adbench.engine import grad
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return optree.tree_map(_detached, x)


def _detached(x: Any) -> Any:
    value = plain(x)
    # A copy: writing into it must not change what the tape has recorded.
    return value.copy() if isinstance(x, TracedArray) else value


class custom_vjp:  # noqa: N801  (used as a decorator)
    """A function whose derivative is given by the user rather than by its operations.

    `defvjp(forward, backward)` gives it: `forward(*args)` returns (value, residuals) and
    `backward(residuals, cotangent)` one cotangent per argument (None for zero). Arguments and
    results are trees of arrays. `backward` is itself differentiated for higher orders, so it
    is written like any other function.

    >>> import numpy as np
    >>> from adbench.engine import grad
    >>> @custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1.0, 1.0),))
    >>> grad(lambda x: 5.0 * clipped(x))(2.0)
    np.float64(1.0)
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.forward: Callable[..., tuple[Any, Any]] | None = None
        self.backward: Callable[[Any, Any], Any] | None = None
        update_wrapper(self, function)

    def defvjp(
        self, forward: Callable[..., tuple[Any, Any]], backward: Callable[[Any, Any], Any]
    ) -> None:
        """Give the derivative; see the class."""
        self.forward = forward
        self.backward = backward

    def __call__(self, *args: Any) -> Any:
        """The function's value; on traced arguments recorded with the given derivative."""
        if self.forward is None or self.backward is None:
            raise DifferentiationError(
                self.function.__qualname__, "has no derivative yet", "call its defvjp() first"
            )
        backward = self.backward
        forward = self.forward

        def run(*values: Any) -> tuple[Any, Callable[[Any], Any]]:
            out, residuals = forward(*values)
            return out, lambda cotangent: backward(residuals, cotangent)

        name = self.function.__qualname__
        return opaque(name, self.function, run, args, each=True)


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """f, whose intermediate values are computed again in the backward sweep, not kept.

    Costs one more evaluation of f; memory falls to f's inputs and outputs. f must get traced
    arrays as arguments, not from an enclosing scope.
    """

    def run(*values: Any) -> tuple[Any, Callable[[Any], Any]]:
        return f(*values), lambda cotangent: pullback_of(f, values)[1](cotangent)

    def call(*args: Any) -> Any:
        return opaque(getattr(f, "__qualname__", "checkpoint"), f, run, args)

    return update_wrapper(call, f)


def opaque(
    name: str,
    function: Callable[..., Any],
    run: Callable[..., tuple[Any, Callable[[Any], Any]]],
    args: tuple[Any, ...],
    each: bool = False,
) -> Any:
    """Record a call as one operation: `run` gives the value and the pullback.

    `each` is for a pullback that knows nothing of batches of cotangents.
    """
    leaves, treedef = flatten(args)
    tape = innermost(leaves)
    if tape is None:
        return function(*args)
    inner = [
        a.value if isinstance(a, TracedArray) and a.tape in (tape, None) else tape.keep(a)
        for a in leaves
    ]
    out, pullback = run(*treedef.unflatten(inner))
    outputs, out_treedef = flatten(out)
    if innermost(outputs) is tape:
        raise DifferentiationError(
            name,
            "uses a traced array from an enclosing scope, whose derivative would be lost",
            "pass the array as an argument",
        )
    places = [i for i, a in enumerate(leaves) if isinstance(a, TracedArray) and a.tape is tape]
    outputs = [o if hasattr(o, "dtype") else np.asarray(o)[()] for o in outputs]

    def pull(g: Parts, *values: Any) -> Parts:
        seeds = [g.values.get(i, None) for i in range(len(values))]
        seeds = [
            np.zeros_like(plain(v)) if s is None else s for s, v in zip(seeds, values, strict=True)
        ]
        found = pulled(seeds) if not each or length(seeds) is None else for_each(pulled, seeds)
        return Parts(dict(zip(places, found, strict=True)))

    def pulled(seeds: list[Any]) -> list[Any]:
        cotangents = _flat_cotangents(name, pullback(out_treedef.unflatten(seeds)), args)
        return [_cotangent(name, cotangents[i], inner[i]) for i in places]

    inputs = tape.append(None, None, tuple((leaves[i].id, _pick, (i,)) for i in places))
    common = tape.append(None, None, ((inputs, pull, tuple(outputs)),))
    return out_treedef.unflatten([_output(tape, common, i, o) for i, o in enumerate(outputs)])


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a tree and its structure."""
    leaves, treedef = optree.tree_flatten(tree)
    return list(leaves), treedef


def _pick(g: Parts, place: int) -> Any:
    return g.values[place]


def _part(g: Any, place: int) -> Parts:
    return Parts({place: g})


def _output(tape: Tape, common: int, place: int, value: Any) -> Any:
    if value.dtype.kind not in "fc":
        return value
    edge = (common, _part, (place,))
    return TracedArray(value, tape, tape.append(value.shape, value.dtype, (edge,)))


def _flat_cotangents(name: str, cotangents: Any, args: tuple[Any, ...]) -> list[Any]:
    """One cotangent a leaf of the arguments; None stands for zeros of a whole argument."""
    if not isinstance(cotangents, (tuple, list)) or len(cotangents) != len(args):
        raise DifferentiationError(
            name, f"backward must return a tuple of {len(args)} cotangents, one an argument"
        )
    flat: list[Any] = []
    for cotangent, arg in zip(cotangents, args, strict=True):
        leaves, treedef = flatten(arg)
        flat += [None] * len(leaves) if cotangent is None else treedef.flatten_up_to(cotangent)
    return flat


def _cotangent(name: str, cotangent: Any, value: Any) -> Any:
    if cotangent is None:
        return np.zeros_like(plain(value))
    if isinstance(cotangent, Buffer) or not hasattr(cotangent, "dtype"):
        cotangent = np.asarray(cotangent)[()]
    if cotangent.shape != value.shape:
        raise DifferentiationError(
            name,
            f"backward returned a cotangent of shape {cotangent.shape} for an argument of shape "
            f"{value.shape}",
            "return each cotangent in its argument's shape",
        )
    return cotangent
