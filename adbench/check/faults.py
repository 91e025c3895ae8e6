"""Faults to plant in a right gradient: what a backward pass gets wrong, done on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Arrays, BoundFunction, Pullback

Array = NDArray[Any]
Gradients = list[Array]
Fault = Callable[[Gradients], Gradients]

STALE = "stale"


def faults(healthy: Gradients, rng: np.random.Generator) -> dict[str, Fault]:
    """Faults by name, each a linear map of the gradients' leaves.

    `healthy` (one array a leaf) says where something is to be lost: the element that is dropped,
    and the one that becomes NaN, are drawn from those that are not zero.
    """
    leaf, place = _victim(healthy, rng)
    orders = [_reordered(g.size, rng) for g in healthy]

    def one(value: float) -> Fault:
        def changed(gradients: Gradients) -> Gradients:
            result = [g.copy() for g in gradients]
            result[leaf].reshape(-1)[place] = value
            return result

        return changed

    def each(change: Callable[[Array], Array]) -> Fault:
        return lambda gradients: [change(g) for g in gradients]

    return {
        "zero": each(np.zeros_like),
        "sign flipped": each(np.negative),
        "times 1.01": each(lambda g: (g * 1.01).astype(g.dtype)),
        "times 1.000001": each(lambda g: (g * (1 + 1e-6)).astype(g.dtype)),
        "one element dropped": one(0.0),
        "one element NaN": one(np.nan),
        "shifted by one": each(lambda g: np.roll(g.reshape(-1), 1).reshape(g.shape)),
        "permuted": lambda gradients: [
            g.reshape(-1)[order].reshape(g.shape)
            for g, order in zip(gradients, orders, strict=True)
        ],
        "transposed": each(_transposed),
    }


def _victim(healthy: Gradients, rng: np.random.Generator) -> tuple[int, int]:
    places = [
        (leaf, int(place))
        for leaf, gradient in enumerate(healthy)
        for place in np.flatnonzero(gradient)[:1000]
    ]
    if not places:
        places = [(leaf, 0) for leaf, gradient in enumerate(healthy) if gradient.size]
    return places[int(rng.integers(len(places)))]


def _reordered(size: int, rng: np.random.Generator) -> Array:
    """A random order, but not the one there is."""
    order = rng.permutation(size)
    return np.roll(order, 1) if (order == np.arange(size)).all() else order


def _transposed(gradient: Array) -> Array:
    square = gradient.ndim >= 2 and gradient.shape[-1] == gradient.shape[-2]
    return np.ascontiguousarray(np.swapaxes(gradient, -1, -2)) if square else gradient


class Planted(BoundFunction):
    """A bound function whose VJP has a fault; everything else is its own."""

    def __init__(
        self,
        inner: BoundFunction,
        fault: Fault | None = None,
        stale: Arrays | None = None,
    ) -> None:
        self.inner = inner
        self.fault = fault
        self.stale = stale
        """The point whose gradient is given at every point."""
        self.inputs, self.outputs, self.point = inner.inputs, inner.outputs, inner.point

    def value(self, x: Arrays) -> list[Array]:
        return self.inner.value(x)

    def value_batch(self, x: Arrays) -> list[Array]:
        return self.inner.value_batch(x)

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        back = self.inner.vjp(x if self.stale is None else self.stale, cotangents)
        if self.fault is None:
            return back
        filled = [
            np.zeros(leaf.shape, given.dtype) if g is None else g
            for g, leaf, given in zip(back.gradients, self.inputs, x, strict=True)
        ]
        return Pullback(back.outputs, list(self.fault(filled)), back.mutated)

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        return self.inner.jvp(x, tangents)

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        return self.inner.hvp(x, cotangents, tangents)

    def apply(self, active: Any) -> list[Any]:
        return self.inner.apply(active)
