"""What every backend offers: a function bound to its inputs, as operations on flat NumPy arrays.

The rooms above never see a tensor. They hand over NumPy arrays and get NumPy arrays back; a
backend converts without changing dtype and says so when it cannot.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adbench.backends.errors import (
    ArgumentError,
    BackendUnavailableError,
    OutputError,
    UnsupportedError,
)

__all__ = [
    "ArgumentError",
    "Array",
    "Arrays",
    "Backend",
    "BackendUnavailableError",
    "BoundFunction",
    "Cut",
    "Leaf",
    "Lost",
    "Narrowing",
    "OutputError",
    "Part",
    "Place",
    "Pullback",
    "Timed",
    "Tree",
    "UnsupportedError",
    "Written",
]

Array = NDArray[Any]
Arrays = Sequence[Array]
Tree = Any
"""An array, or dicts, lists and tuples of arrays, to any depth."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One array among a function's inputs or outputs, named as the user would write it."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Pullback:
    """What one VJP call gave back, unjudged.

    `gradients` has one entry an active leaf, with whatever shape and dtype the backend gave;
    None says that the backend reports no path from that input to the outputs.
    """

    outputs: list[Array]
    gradients: list[Array | None]
    mutated: tuple[str, ...] = ()
    """Names of inputs, or "cotangent", that differ from what was passed in."""


class Place(NamedTuple):
    """A line of the user's code, and the function that it is in."""

    file: str
    line: int
    function: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A derivative rule that the user wrote, at work inside a function, as a function itself.

    `function` is bound to the inputs that it was given there.
    """

    name: str
    function: BoundFunction
    rule: Place | None
    """Where its derivative is written."""
    called: Place | None
    """Where it was called."""


@dataclass(frozen=True, slots=True)
class Written:
    """A function as the user wrote it, and what it is called with."""

    function: Callable[..., Any]
    arguments: dict[str, Tree]
    """Trees of NumPy arrays by the arguments' names, in order."""
    params: dict[str, Any]
    gradient: Callable[..., Any] | None = None
    """The gradient, where that is written by hand."""
    takes_cotangent: bool = False
    """Whether that gradient takes the outputs' cotangent."""


class Lost(NamedTuple):
    """The operation at which a derivative that was finite became infinite or NaN."""

    operation: str
    place: Place | None


class Cut(NamedTuple):
    """An operation by which a function keeps a derivative out: `detach`, `stop_gradient` …"""

    operation: str
    place: Place | None


class Narrowing(NamedTuple):
    """An operation that takes numbers of one precision and gives numbers of a lower one."""

    operation: str
    dtype: str
    place: Place | None


def _no_wait(result: Any) -> None:
    """The result of a call on the CPU's own thread is there when it returns."""


def _no_compilations() -> int:
    return 0


def _no_stages() -> dict[str, float]:
    return {}


@dataclass(frozen=True, slots=True)
class Timed:
    """One operation with its inputs on the device, as a benchmark calls it: nothing is converted.

    The function gets the same arrays at every call, so one that writes into its inputs is not to
    be timed (the check has found that before).
    """

    call: Callable[[], Any]
    """Do it once: a tuple of the backend's own arrays (None: no path to that input). The primal
    gives its outputs, the VJP and the HVP one array an active leaf, the JVP one an output."""
    inputs: tuple[Any, ...]
    """The active leaves as the backend's own arrays."""
    data: tuple[Any, ...] = ()
    """The passive leaves, likewise."""
    wait: Callable[[Any], object] = _no_wait
    """Returns when this result has been computed."""
    compilations: Callable[[], int] = _no_compilations
    """How often this process has traced or compiled anything so far."""
    stages: Callable[[], dict[str, float]] = _no_stages
    """Seconds that this process has spent so far in each stage of tracing and compiling."""
    tracked: bool = True
    """Whether the backend records for a derivative in this call."""
    move: Callable[[Arrays], None] | None = None
    """Let later calls be made at other values of the active leaves, through what is compiled."""
    program: Callable[[], Any] | None = None
    """The backend's compiled program of this call, where it can tell what memory that needs."""

    def __call__(self) -> Any:
        """Once, waited for."""
        result = self.call()
        self.wait(result)
        return result


class BoundFunction(ABC):
    """A user's function on one backend with everything fixed but its active leaves.

    `inputs` are the active leaves (differentiated); `outputs` the function's output leaves.
    Every method takes the active leaves in that order as NumPy arrays of those shapes; their
    dtypes may differ from the bound ones (a float32 function evaluated at float64), and the
    computation then runs at the dtype given.
    """

    inputs: tuple[Leaf, ...]
    outputs: tuple[Leaf, ...]
    point: tuple[Array, ...]
    """The active leaves' values as they were bound."""

    @abstractmethod
    def value(self, x: Arrays) -> list[Array]:
        """The function's outputs, with no derivative tracking."""

    @abstractmethod
    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        """The cotangents pulled back to the active leaves; see `Backend.convention`."""

    @abstractmethod
    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        """The tangents pushed forward to the outputs. Raises UnsupportedError if it cannot."""

    @abstractmethod
    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        """d/dt of vjp(x + t·tangents, cotangents) at t = 0. Raises UnsupportedError."""

    rule: Place | None = None
    """Where the derivative is written, if the user wrote the whole of it."""

    batch_pays: bool = True
    """Whether a batched call is cheaper than a loop over a few hundred points; not where it has
    to be compiled first."""

    def value_batch(self, x: Arrays) -> list[Array]:
        """`value` over a leading batch axis of every leaf, in one call.

        Raises UnsupportedError where the backend, or this function, has no batched form; the
        caller then evaluates one by one.
        """
        raise UnsupportedError("no batched evaluation")

    def vjp_batch(self, x: Arrays, cotangents: Arrays, *, points: bool) -> Pullback:
        """`vjp` over a leading batch axis of every cotangent, in one call.

        With `points` every leaf of x has that axis too; without, x is one point and its Jacobian is
        asked for many rows. Nothing is said of mutation. Raises UnsupportedError where the backend,
        or a rule in this function, has no batched form.
        """
        raise UnsupportedError("no batched gradient")

    def batches_by_rule(self, x: Arrays, cotangents: Arrays) -> bool:
        """Whether more than the library's own operations decide what a batched gradient is at x.

        So it is where a derivative or a batching rule is the user's, and where host code is called.
        """
        return False

    def holomorphic(self, x: Arrays) -> list[Array]:
        """The outputs at complex leaves, where every operation on the way is holomorphic in them.

        The function is then an analytic one, as it is computed and at every real point, with
        derivatives that a complex step shows. Raises UnsupportedError where it is not, or where
        that cannot be seen, and whatever the function raises.
        """
        raise UnsupportedError("the function's operations cannot be seen")

    def narrowings(self, x: Arrays, cotangents: Arrays | None) -> list[Narrowing]:
        """Where numbers lose precision on the way, at x, as far as the backend can see.

        Evaluates the function once, and its backward pass where that may do it; without
        `cotangents`, the function alone.
        """
        return []

    def same_arrays(self, x: Arrays, other: Arrays) -> list[list[Array] | None]:
        """The outputs by which arrays are passed, all of them kept alive, with no tracking:

        at x; for the very same arrays again; for equal ones; for the first with `other` written
        into them; and for new ones at `other`. The last two are None where they cannot be had.
        Raises UnsupportedError where the function never sees the arrays themselves.
        """
        raise UnsupportedError("the function is given no arrays of its own")

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        """`what` ("primal", "vjp", "jvp" or "hvp") at the bound point, to be called many times.

        Cotangents have the outputs' shapes and dtypes, tangents the active leaves'. Raises
        UnsupportedError where the backend cannot do it.
        """
        raise UnsupportedError(f"{type(self).__name__} cannot be timed")

    def written(self, x: Arrays) -> Written | None:
        """The user's own function with its arguments at x; None if it cannot be had."""
        return None

    def parts(self, x: Arrays) -> list[Part]:
        """The user's own derivative rules that are met at x, in the order of their calls.

        Evaluates the function once. Empty where there are none, or where the backend cannot see
        them.
        """
        return []

    def lost(self, x: Arrays, cotangents: Arrays) -> Lost | None:
        """Where, on the way back at x, the first infinity or NaN comes about; None if unknown."""
        return None

    def cuts(self, x: Arrays) -> list[Cut]:
        """Where the function at x keeps derivatives out, in the order of its run. Runs it once.

        Empty where it does not, or where the backend cannot see it.
        """
        return []

    def uncut(self, x: Arrays, cotangents: Arrays, which: Collection[int]) -> list[Array | None]:
        """The VJP's gradients with these cuts undone, by their places in `cuts`.

        Raises whatever the function raises without them, UnsupportedError where there are none.
        """
        raise UnsupportedError("the backend sees no cuts")

    def apply(self, active: Sequence[Any]) -> list[Any]:
        """The user's function itself on active leaves of whatever kind, with data as NumPy arrays.

        Nothing is converted: a function written in another library's terms raises as it likes.
        """
        raise UnsupportedError("the function is not to be had apart from its backend")


class Backend(ABC):
    """Something that differentiates, in one of its modes, on one device."""

    name: ClassVar[str]
    modes: ClassVar[tuple[str, ...]]
    """The first is the default."""
    convention: ClassVar[Literal["transpose", "conjugate"]]
    """How a complex gradient g is to be read, with v a perturbation of the input:
    "transpose" (JAX, autograd, native): df = Re(Σ g·v); "conjugate" (PyTorch):
    df = Re(Σ conj(g)·v). The cotangent is read the same way. Real arrays: no difference."""

    def __init__(self, mode: str | None = None, device: str = "cpu") -> None:
        self.mode = mode or self.modes[0]
        self.device = device

    @classmethod
    @abstractmethod
    def unavailable(cls) -> BackendUnavailableError | None:
        """Why this backend cannot be used here, or None. Must not import the heavy library."""

    @abstractmethod
    def bind(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Tree],
        differentiable: Mapping[str, Tree],
        params: Mapping[str, Any],
    ) -> BoundFunction:
        """Bind `function` to its arguments (trees of arrays) and parameters (plain values).

        `differentiable` has the structure of `arguments` with a bool in each array's place.
        The function is called once, to learn its outputs. Its own exceptions pass through.
        Raises OutputError when it returns something that has no derivative, ArgumentError
        when the arguments do not fit the function or there is nothing to differentiate.
        """
