"""A bound function in real coordinates: its values in rows, its VJP, JVP and HVP as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Backend, BoundFunction, Pullback, UnsupportedError
from adbench.check.explanations import Explanations
from adbench.check.layout import Layout

Array = NDArray[Any]


_MOST_RAISED = 4


@dataclass(slots=True)
class Count:
    """What a check has cost: evaluations of the function, and batched calls among them."""

    evaluations: int = 0
    batched_calls: int = 0


class Subject:
    """One function on one backend at one working precision.

    `dtypes` are the active leaves' dtypes at that precision; `epsilon` is the unit round-off of
    the coarsest dtype among inputs and outputs. Coordinates are real float64 vectors throughout,
    see `Layout`. The function is called once; its exceptions pass through.
    """

    def __init__(
        self, backend: Backend, bound: BoundFunction, dtypes: Sequence[np.dtype[Any]]
    ) -> None:
        self.backend = backend
        self.bound = bound
        self.convention = backend.convention
        self.dtypes = tuple(dtypes)
        self.inputs = Layout(bound.inputs)
        self.outputs = Layout(bound.outputs)
        self.x = self.inputs.pack(bound.point)
        values = bound.value(self.arrays(self.x))
        self.output_dtypes = tuple(value.dtype for value in values)
        self.origin = self.outputs.pack(values)
        limits = [_finfo(dtype) for dtype in self.dtypes + self.output_dtypes]
        # Half the spacing of numbers at 1, 2^-53 for float64; and the range of normal numbers.
        self.epsilon = max(float(limit.eps) for limit in limits) / 2
        self.smallest = max(float(limit.tiny) for limit in limits)
        self.largest = min(float(limit.max) for limit in limits)
        self._batched: bool | None = None
        self.count = Count(evaluations=1)
        self.explanations = Explanations()
        self.raised: list[str] = []
        """What the function raised at other points, each once."""
        self.grain: float | None = None
        """The unit round-off of what is computed inside, once it was measured; see `grain`."""
        self.smooth = False
        """A search for jumps about this point has found none."""

    def at(self, x: Array) -> Subject | None:
        """The same function at another point; None where it raises."""
        try:
            origin = self.outputs.pack(self.bound.value(self.arrays(x)))
        except Exception:  # outside its domain a function may raise whatever it likes
            return None
        self.count.evaluations += 1
        return self._moved(x, origin)

    def pulled(self, x: Array, weight: Array) -> tuple[Subject, Array] | None:
        """The same function at another point, and its gradient (n,) there under a weighting (p,).

        Both by one VJP; None where it raises.
        """
        try:
            pullback = self.pullback(x, weight)
            gradient = self.covector(pullback.gradients)
            there = self._moved(x, self.outputs.pack(pullback.outputs))
        except Exception:  # as above
            return None
        return None if there is None else (there, gradient)

    def _moved(self, x: Array, origin: Array) -> Subject | None:
        """The same function at x (n,), where its outputs are `origin`, if they are as many."""
        if origin.shape != self.origin.shape:
            return None
        other = copy(self)
        other.smooth = False
        other.x, other.origin = self.inputs.pack(self.arrays(x)), origin
        return other

    def arrays(self, x: Array) -> list[Array]:
        """Coordinates as the leaves that the function takes."""
        return self.inputs.unpack(x, self.dtypes)

    def rows(self, points: Array) -> Array:
        """The outputs at many points, (k, n) to (k, p); NaN where the function raises.

        In one batched call where the backend and the function allow it. Only functions whose
        batched values agree with single ones are trusted to be batched.
        """
        self.count.evaluations += len(points)
        if self._batched is None and not self.bound.batch_pays:
            self._batched = False
        if self._batched is not False:
            try:
                outputs = self.bound.value_batch(self.inputs.unpack_rows(points, self.dtypes))
                together = self.outputs.pack_rows(outputs)
            except UnsupportedError:
                self._batched = False
            else:
                if self._batched is None:
                    self._batched = self._as_alone(together, points)
                if self._batched:
                    self.count.batched_calls += 1
                    return together
        return np.stack([self._row(point) for point in points])

    def _as_alone(self, together: Array, points: Array) -> bool:
        """Whether the outputs of a batch of points are those that two of them have alone."""
        if together.shape != (len(points), self.outputs.size):
            return False
        ends = [0, -1]
        self.count.evaluations += len(ends)
        alone = np.stack([self._row(point) for point in points[ends]])
        close = np.isclose(together[ends], alone, rtol=1e4 * self.epsilon, atol=0, equal_nan=True)
        return bool(close.all())

    def _row(self, point: Array) -> Array:
        try:
            values = self.bound.value(self.arrays(point))
            if len(values) == len(self.outputs.leaves) and all(
                v.shape == leaf.shape for v, leaf in zip(values, self.outputs.leaves, strict=True)
            ):
                return self.outputs.pack(values)
        except Exception as error:  # outside its domain a function may raise whatever it likes
            first = (str(error).strip().splitlines() or ["no message"])[0]
            words = f"{type(error).__name__}: {first}"
            if words not in self.raised and len(self.raised) < _MOST_RAISED:
                self.raised.append(words)
        return np.full(self.outputs.size, np.nan)

    def pullback(self, x: Array, weight: Array) -> Pullback:
        """The backend's own VJP of the weighting (p,), unjudged."""
        return self.bound.vjp(self.arrays(x), self.cotangents(weight))

    def cotangents(self, weight: Array) -> list[Array]:
        """A weighting (p,) of the outputs as the backend takes it."""
        arrays = self.outputs.from_covector(weight, self.convention)
        return [a.astype(d) for a, d in zip(arrays, self.output_dtypes, strict=True)]

    def gradient(self, x: Array, weight: Array) -> Array:
        """The VJP as a row vector (n,): df = gradient · v. No path counts as zero."""
        return self.covector(self.pullback(x, weight).gradients)

    def covector(self, gradients: Sequence[Array | None]) -> Array:
        """A backend's gradients in coordinates. Raises ValueError when their shapes are wrong."""
        filled = []
        for gradient, leaf in zip(gradients, self.inputs.leaves, strict=True):
            if gradient is None:
                filled.append(np.zeros(leaf.shape))
            elif gradient.shape != leaf.shape:
                raise ValueError(f"gradient of {leaf.name} has shape {gradient.shape}")
            else:
                filled.append(gradient)
        return self.inputs.covector(filled, self.convention)

    def pushforward(self, x: Array, direction: Array) -> Array:
        """The JVP along a direction (n,), as output coordinates (p,)."""
        tangents = self.inputs.unpack(direction, self.dtypes)
        return self.outputs.pack(self.bound.jvp(self.arrays(x), tangents))

    def second(self, x: Array, weight: Array, direction: Array) -> Array:
        """The HVP: the derivative of `gradient(x, weight)` along the direction, (n,)."""
        tangents = self.inputs.unpack(direction, self.dtypes)
        return self.covector(self.bound.hvp(self.arrays(x), self.cotangents(weight), tangents))


def _finfo(dtype: np.dtype[Any]) -> Any:
    if dtype.kind in "fc":
        return np.finfo(dtype)
    import ml_dtypes  # bfloat16 and its kin come only with the library that defines them

    return ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]
