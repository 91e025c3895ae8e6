"""Sample calls of adbench/engine/scipy/integrate.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

from adbench.engine.scipy import integrate as si


def pendulum(y: Any, t: Any, pull: Any) -> Any:
    return np.stack([y[1], 0.1 * t - pull * np.sin(y[0])])


def solved(y0: Any, pull: Any) -> Any:
    found = si.odeint(pendulum, y0, (0.0, 0.2), (pull,), rtol=1e-11, atol=1e-11)
    return found.astype(y0.dtype)


def growing(t: Any) -> Any:
    """In the times, which are made to increase."""
    times = np.cumsum(np.concatenate([0 * t[:1], t]))
    found = si.odeint(growth, [1.0], times, tfirst=True, rtol=1e-11, atol=1e-11)
    return found.astype(t.dtype)


def growth(t: Any, y: Any) -> Any:
    return np.cos(t) * y


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.integrate.odeint": [
        (solved, arr(2), arr(low=0.5, high=1.5)),
        (growing, arr(2, low=0.1, high=0.3)),
    ],
    "scipy.integrate.trapezoid": [
        (lambda y, x: si.trapezoid(y, x), arr(2, 4), arr(4)),
        (lambda y: si.trapezoid(y, dx=0.5, axis=0), arr(4, 2)),
    ],
    "scipy.integrate.cumulative_trapezoid": [
        (lambda y, x: si.cumulative_trapezoid(y, x), arr(2, 4), arr(4)),
        (lambda y: si.cumulative_trapezoid(y, dx=0.5, axis=0, initial=0), arr(4, 2)),
    ],
    "scipy.integrate.simpson": [
        (lambda y: si.simpson(y, dx=0.5), arr(2, 4)),
        (lambda y: si.simpson(y, [0.0, 0.5, 1.0, 2.0, 2.5], axis=0), arr(5, 2)),
    ],
}
