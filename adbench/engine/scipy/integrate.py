"""scipy.integrate: quadrature of samples, and odeint by the adjoint equation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree
import scipy.integrate

from adbench.engine.array import TracedArray, like
from adbench.engine.custom import custom_vjp
from adbench.engine.errors import DifferentiationError
from adbench.engine.operation import as_operand
from adbench.engine.scipy.declare import as_arrays, composed, in_double
from adbench.engine.transforms import vjp

# Samples.


@composed(scipy.integrate.trapezoid, "scipy.integrate.trapezoid")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return np.trapezoid(y, x, dx, axis)


@composed(scipy.integrate.cumulative_trapezoid, "scipy.integrate.cumulative_trapezoid")
def cumulative_trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    y = np.moveaxis(y, axis, -1)
    gaps = dx if x is None else np.diff(x if np.ndim(x) == 1 else np.moveaxis(x, axis, -1))
    sums = np.cumsum((y[..., 1:] + y[..., :-1]) * gaps / 2, axis=-1)
    if initial is not None:
        sums = np.concatenate([0 * sums[..., :1] + initial, sums], axis=-1)
    return np.moveaxis(sums, -1, axis)


@composed(scipy.integrate.simpson, "scipy.integrate.simpson")
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Linear in y, with weights that are the rule's own values on unit vectors."""
    if isinstance(as_operand(x), TracedArray) or isinstance(dx, TracedArray):
        raise DifferentiationError(
            "scipy.integrate.simpson", "is not differentiable in x and dx", "trapezoid"
        )
    units = np.eye(np.shape(y)[axis])
    if x is not None and np.ndim(x) > 1:
        raise DifferentiationError("scipy.integrate.simpson", "takes a vector x here")
    weights = scipy.integrate.simpson(units, x, dx=dx, axis=0)
    dtype = np.result_type(y, *(() if x is None else (np.float64,)))
    return np.moveaxis(y, axis, -1) @ np.asarray(weights, dtype=dtype, **like(y))


# Differential equations.


@dataclass(frozen=True)
class Adjoint:
    """The equations of y, of its cotangent a, and of what a gathers on the way, for odeint.

    y′ = f(y, t, p) and a′ = −aᵀ∂f/∂y; the cotangents of t and p gather −aᵀ∂f/∂t and −aᵀ∂f/∂p
    [Chen et al. 2018, "Neural ordinary differential equations", appendix B]. Compared by its
    parts, so that a compiled plan knows it again.
    """

    f: Callable[..., Any]
    treedef: Any
    shapes: tuple[tuple[int, ...], ...]
    size: int

    def call(self, y: Any, t: Any, flat: Any) -> Any:
        """f with its parameters taken out of one vector."""
        leaves, start = [], 0
        for shape in self.shapes:
            count = int(np.prod(shape, dtype=int))
            leaves.append(np.reshape(flat[start : start + count], shape))
            start += count
        return as_operand(self.f(y, t, *self.treedef.unflatten(leaves)))

    def __call__(self, state: Any, t: Any, flat: Any) -> Any:
        """The derivative of (y, a, gathered for t, gathered for p)."""
        n = self.size
        slope, pullback = vjp(self.call, state[:n], t, flat)
        y, time, parameters = pullback(-state[n : 2 * n])
        return np.concatenate([slope, y, np.reshape(time, (1,)), parameters])


@functools.wraps(scipy.integrate.odeint)
def _odeint(func: Any, y0: Any, t: Any, args: Any = (), **options: Any) -> Any:
    return scipy.integrate.odeint(Closed(func), y0, t, args, **options)


@dataclass(frozen=True)
class Closed:
    """Equations that must not give traced values where all that they are told is plain."""

    f: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        """Their value."""
        value = as_operand(self.f(*args))
        if isinstance(value, TracedArray):
            raise DifferentiationError(
                "scipy.integrate.odeint",
                "the equations use a traced array from an enclosing scope, whose derivative "
                "would be lost",
                "hand it on by args=(x,)",
            )
        return value


@composed(_odeint, "scipy.integrate.odeint")
def odeint(func: Any, y0: Any, t: Any, args: Any = (), **options: Any) -> Any:
    if options.pop("tfirst", False):
        return odeint(Swapped(func), y0, t, args, **options)
    if options.get("Dfun") is not None or options.get("full_output"):
        raise DifferentiationError(
            "scipy.integrate.odeint", "Dfun= and full_output= have no derivative rule"
        )

    y0, t = as_arrays(y0, t)

    def forward(y0: Any, t: Any, args: Any) -> Any:
        out = odeint(func, y0, t, args, **options)
        return out, (y0, t, args, out)

    def backward(residuals: Any, g: Any) -> Any:
        y0, t, args, out = residuals
        leaves, treedef = optree.tree_flatten(args)
        shapes = tuple(np.shape(leaf) for leaf in leaves)
        # In float32 the rounding of parameters' cotangents would keep the solver busy.
        flat = in_double(np.concatenate([np.ravel(y0)[:0], *(np.ravel(leaf) for leaf in leaves)]))
        n = out.shape[1]
        adjoint = Adjoint(func, treedef, shapes, n)
        a, gathered, total, times = g[-1], 0 * flat, 0 * g[0, 0], []
        for i in range(out.shape[0] - 1, 0, -1):
            moved = np.sum(adjoint.call(out[i], t[i], flat) * g[i])  # the time of sample i moves
            times.append(moved)
            state = np.concatenate([out[i], a, np.reshape(total - moved, (1,)), gathered])
            back = odeint(adjoint, state, np.stack([t[i], t[i - 1]]), (flat,), **options)[1]
            a, total, gathered = back[n : 2 * n] + g[i - 1], back[2 * n], back[2 * n + 1 :]
        times.append(total)
        cotangents, begin = [], 0
        for s in shapes:
            count = int(np.prod(s, dtype=int))
            cotangents.append(np.reshape(gathered[begin : begin + count], s)[()])
            begin += count
        return np.reshape(a, np.shape(y0))[()], np.stack(times[::-1]), treedef.unflatten(cotangents)

    solved = custom_vjp(func)
    solved.function = lambda y0, t, args: odeint(func, y0, t, args, **options)
    solved.defvjp(forward, backward)
    return solved(y0, t, args)


@dataclass(frozen=True)
class Swapped:
    """f(t, y, …) as f(y, t, …)."""

    f: Callable[..., Any]

    def __call__(self, y: Any, t: Any, *args: Any) -> Any:
        return self.f(t, y, *args)


__all__ = ["cumulative_trapezoid", "odeint", "simpson", "trapezoid"]
