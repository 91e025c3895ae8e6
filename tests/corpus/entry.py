"""What a corpus entry is: a planted bug with its fixed twin, or a right function that is hard."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Inputs = dict[str, Array]
InputFactory = Callable[[np.random.Generator], Inputs]
Function = Callable[..., Any]

BackendName = Literal["native", "torch", "jax", "manual"]
BACKENDS: tuple[BackendName, ...] = ("native", "torch", "jax", "manual")
AD_BACKENDS: tuple[BackendName, ...] = ("native", "torch", "jax")


@dataclass(frozen=True)
class Evidence:
    """Where, and by how much, a bug's derivative differs from its twin's.

    `inputs` is a point that shows the fault (None: the entry's own inputs do), `cotangent_scale`
    multiplies a standard normal cotangent (faults that need a large one), `element` is a leaf and
    a flat position that is wrong where few are, `relative` the least relative difference that the
    fault must make there.
    """

    inputs: InputFactory | None = None
    cotangent_scale: float = 1.0
    element: tuple[str, int] | None = None
    relative: float = 1e-2
    probe: Callable[[Function, Inputs], bool] | None = None
    """For faults that no single gradient shows: True when the function has the fault."""


@dataclass(frozen=True)
class Bug:
    """One planted fault on one backend.

    On `manual`, `buggy` and `fixed` are hand-written gradients, called with the inputs and
    `cotangent` as keywords, and `primal` is the function that they claim to differentiate.
    `formula` is the same function for the exact namespace; None where the twin is compared
    with `evidence.probe` alone.
    """

    id: str
    backend: BackendName
    category: str
    description: str
    buggy: Function
    fixed: Function
    inputs: InputFactory
    formula: Function | None
    diagnosis: str
    """A regular expression for what a person would want to be told about the fault."""
    where: str
    """The function that holds the fault."""
    primal: Function | None = None
    derivative: Literal["vjp", "jvp", "hvp"] = "vjp"
    dtype: str = "float64"
    outcome: tuple[str, ...] = ("fail",)
    """The verdicts that count as found."""
    reach: Literal["given", "nearby", "search"] = "given"
    """Where the fault shows: at the given point; at its negation, a multiple up to four, a small
    change or a tie; or only where a search looks for it."""
    evidence: Evidence = field(default_factory=Evidence)
    accuracy: float = 1e-9
    differentiable: frozenset[str] | None = None
    """The names of the differentiable inputs; None: every floating-point one."""


@dataclass(frozen=True)
class Hard:
    """A right function on which checkers raise false alarms.

    `function` is written against the array API and serves every backend in `backends`;
    `functions` holds those that need a backend's own operations. `accuracy` is the relative
    accuracy that floating point leaves its gradient, which the tests verify against `formula`
    in 120 digits (None: the function itself is replayed).
    """

    id: str
    why: str
    inputs: InputFactory
    function: Function | None = None
    functions: dict[str, Function] = field(default_factory=dict)
    formula: Function | None = None
    backends: tuple[BackendName, ...] = AD_BACKENDS
    accuracy: float = 1e-9
    dtype: str = "float64"
    allowed: tuple[str, ...] = ("pass",)
    """The verdicts that are right: "kink" where the point is one; "inconclusive" only with a
    reason in `inconclusive`."""
    inconclusive: str = ""
    eager: bool = False
    """Whether Python branches on its values, which no compiled mode can trace."""
    differentiable: frozenset[str] | None = None

    def on(self, backend: str) -> Function:
        """The function for this backend."""
        function = self.functions.get(backend, self.function)
        if function is None:
            raise LookupError(f"{self.id} has no function for {backend}")
        return function

    def exact(self) -> Function:
        """The function that the exact namespace evaluates."""
        formula = self.formula or self.function
        if formula is None:
            raise LookupError(f"{self.id} has neither a formula nor a portable function")
        return formula


class HardBook:
    """The hard functions of one module, in the order of their declaration."""

    def __init__(self) -> None:
        self.entries: list[Hard] = []

    def hard(
        self, id: str, why: str, inputs: InputFactory, **options: Any
    ) -> Callable[[Function], Function]:
        """Add the decorated portable function to the book."""

        def add(function: Function) -> Function:
            self.add(id=id, why=why, inputs=inputs, function=function, **options)
            return function

        return add

    def add(self, **fields: Any) -> None:
        """Add an entry of which a decorated function is not the whole."""
        self.entries.append(Hard(**fields))


def make_inputs(entry: Bug | Hard, seed: int, factory: InputFactory | None = None) -> Inputs:
    """The entry's inputs for a seed, or another factory's; each entry has its own stream."""
    rng = np.random.default_rng([seed, zlib.crc32(entry.id.encode())])
    return (factory or entry.inputs)(rng)


def differentiable(entry: Bug | Hard, inputs: Inputs) -> dict[str, bool]:
    """Which inputs the entry is differentiated by."""
    if entry.differentiable is not None:
        return {name: name in entry.differentiable for name in inputs}
    return {name: value.dtype.kind in "fc" for name, value in inputs.items()}


Shape = int | Sequence[int]


def _shape(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def normal(*, scale: float = 1.0, dtype: str = "float64", **shapes: Shape) -> InputFactory:
    """Standard normal inputs of these shapes, times `scale`."""

    def make(rng: np.random.Generator) -> Inputs:
        return {
            name: np.asarray(scale * rng.standard_normal(_shape(shape))).astype(dtype)
            for name, shape in shapes.items()
        }

    return make


def uniform(low: float, high: float, *, dtype: str = "float64", **shapes: Shape) -> InputFactory:
    """Uniform inputs on [low, high) of these shapes."""

    def make(rng: np.random.Generator) -> Inputs:
        return {
            name: np.asarray(rng.uniform(low, high, _shape(shape))).astype(dtype)
            for name, shape in shapes.items()
        }

    return make


def complex_normal(**shapes: Shape) -> InputFactory:
    """Complex inputs with standard normal parts."""

    def make(rng: np.random.Generator) -> Inputs:
        return {
            name: np.asarray(
                rng.standard_normal(_shape(shape)) + 1j * rng.standard_normal(_shape(shape))
            )
            for name, shape in shapes.items()
        }

    return make


def values(dtype: str = "float64", **arrays: Any) -> InputFactory:
    """The same inputs for every seed."""

    def make(rng: np.random.Generator) -> Inputs:
        return {name: np.asarray(value, dtype=dtype) for name, value in arrays.items()}

    return make


def merged(*factories: InputFactory) -> InputFactory:
    """The inputs of several factories together, in order."""

    def make(rng: np.random.Generator) -> Inputs:
        result: Inputs = {}
        for factory in factories:
            result.update(factory(rng))
        return result

    return make


def spread(low: float, high: float, **sizes: int) -> InputFactory:
    """One-dimensional inputs that cover [low, high]: one value in each of n equal cells."""

    def make(rng: np.random.Generator) -> Inputs:
        return {
            name: low + (high - low) * (rng.permutation(n) + rng.uniform(0.1, 0.9, n)) / n
            for name, n in sizes.items()
        }

    return make
