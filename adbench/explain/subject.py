"""What is explained: a function at its inputs, and the one number that is differentiated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adbench.backends.calling import Call
from adbench.backends.protocol import Array, Backend, BoundFunction, Leaf, Tree


class ExplainError(Exception):
    """Why a function cannot be explained on a backend, in one line."""


@dataclass(frozen=True)
class Subject:
    """A function bound to its inputs, with the weights that make one number of its outputs.

    The *loss* is the function's own result where that is a single real number, else the real
    part of Σ weights·outputs. `cotangents` are the weights as the backend reads a cotangent.
    """

    call: Call
    bound: BoundFunction
    weights: tuple[Array, ...]
    cotangents: tuple[Array, ...]
    loss: str

    @property
    def inputs(self) -> tuple[Leaf, ...]:
        """The active leaves."""
        return self.bound.inputs

    def loss_of(self, outputs: Sequence[Array]) -> float:
        """The loss for these outputs."""
        pairs = zip(self.weights, outputs, strict=True)
        return float(sum(np.sum(w * y).real for w, y in pairs))


def subject_of(
    backend: Backend,
    function: Callable[..., Any],
    arguments: Mapping[str, Tree],
    differentiable: Mapping[str, Tree],
    params: Mapping[str, Any],
    seed: int,
) -> Subject:
    """Bind a function and choose the weights, the same on every backend for one seed.

    Raises what `Backend.bind` raises.
    """
    bound = backend.bind(function, arguments, differentiable, params)
    call = Call(function, arguments, differentiable, params)
    weights = tuple(_weights(bound.outputs, seed))
    conjugate = backend.convention == "conjugate"
    return Subject(
        call=call,
        bound=bound,
        weights=weights,
        cotangents=tuple(np.asarray(np.conj(w)) if conjugate else w for w in weights),
        loss=_loss_name(bound.outputs, seed),
    )


def is_number(outputs: Sequence[Leaf]) -> bool:
    """Whether a function returns one number: an array of a single element."""
    return len(outputs) == 1 and outputs[0].shape in ((), (1,))


def _weights(outputs: Sequence[Leaf], seed: int) -> list[Array]:
    """Ones for a function of one number, else random signs and sizes around 1."""
    if is_number(outputs):
        return [np.ones(leaf.shape, leaf.dtype) for leaf in outputs]
    generator = np.random.default_rng([seed, len(outputs)])
    return [_drawn(generator, leaf) for leaf in outputs]


def _drawn(generator: np.random.Generator, leaf: Leaf) -> Array:
    def signed() -> Array:
        signs = generator.choice([-1.0, 1.0], size=leaf.shape)
        return np.asarray(signs * generator.uniform(0.5, 1.5, size=leaf.shape))

    drawn = signed() + 1j * signed() if leaf.dtype.kind == "c" else signed()
    return drawn.astype(leaf.dtype)


def _loss_name(outputs: Sequence[Leaf], seed: int) -> str:
    names = ", ".join(f"{leaf.name} {leaf.shape}" for leaf in outputs)
    real = "the real part of " if any(leaf.dtype.kind == "c" for leaf in outputs) else ""
    if is_number(outputs):
        return f"{real}{outputs[0].name}"
    return f"{real}a weighted sum of {names}, with random weights (seed {seed})"


def seed(cotangent: Any, output: Any) -> Any:
    """A cotangent as the engine wants it: of the output's dtype, a NumPy number for one."""
    fitting = cotangent if cotangent.dtype == output.dtype else cotangent.astype(output.dtype)
    return fitting[()] if type(fitting) is np.ndarray else fitting
