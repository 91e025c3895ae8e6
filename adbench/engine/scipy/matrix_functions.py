"""scipy.linalg's functions of matrices, and the matrix equations that go with them.

All have one rule. The derivative of a matrix function f at a in the direction e is the upper
right block of f([[a, e], [0, a]]) [Mathias 1996, "A chain rule for matrix functions"; Higham
2008, "Functions of matrices", eq. 3.16], and what it pulls g back to is the derivative at aᵀ in
the direction g. That is an f again, so the rule serves every order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from adbench.engine.rules.linalg import H, T, conj, eye_like
from adbench.engine.scipy.declare import composed, in_double, ruled


def directional(function: Callable[..., Any], a: Any, direction: Any, *options: Any) -> Any:
    """The derivative of a matrix function at a in a direction."""
    n = a.shape[-1]
    lower = np.concatenate([0 * direction, a], axis=-1)
    upper = np.concatenate([a + 0 * direction, direction], axis=-1)
    return function(np.concatenate([upper, lower], axis=-2), *options)[..., :n, n:]


def matrix_function(name: str) -> Callable[..., Any]:
    """Declare scipy.linalg's function of that name by the block formula."""

    def pull_back(g: Any, A: Any) -> Any:
        return directional(call, T(A), g)

    call = ruled(
        getattr(scipy.linalg, name), f"scipy.linalg.{name}", A=pull_back, source="Mathias 1996"
    )
    return call


expm = matrix_function("expm")
logm = matrix_function("logm")
sqrtm = matrix_function("sqrtm")
cosm = matrix_function("cosm")
sinm = matrix_function("sinm")
tanm = matrix_function("tanm")
coshm = matrix_function("coshm")
sinhm = matrix_function("sinhm")
tanhm = matrix_function("tanhm")


def power_pull_back(g: Any, A: Any, t: Any) -> Any:
    """As of every matrix function, with the exponent handed on."""
    return directional(fractional_matrix_power, T(A), g, t)


fractional_matrix_power = ruled(
    scipy.linalg.fractional_matrix_power,
    "scipy.linalg.fractional_matrix_power",
    A=power_pull_back,
    source="Mathias 1996",
)

# Matrix equations. Of ax + xb = q the cotangent w of q solves aᵀw + wbᵀ = g.


def sylvester_pull_back(g: Any, a: Any, b: Any) -> Any:
    """The cotangent of q."""
    return solve_sylvester(T(a), T(b), g)


solve_sylvester = ruled(
    scipy.linalg.solve_sylvester,
    "scipy.linalg.solve_sylvester",
    a=lambda g, a, b, out: -sylvester_pull_back(g, a, b) @ T(out),
    b=lambda g, a, b, out: -T(out) @ sylvester_pull_back(g, a, b),
    q=sylvester_pull_back,
    source="Giles 2008, 2.3.1, for ax + xb = q",
)


@composed(scipy.linalg.solve_continuous_lyapunov, "scipy.linalg.solve_continuous_lyapunov")
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    return solve_sylvester(a, H(a), q)


@composed(scipy.linalg.solve_discrete_lyapunov, "scipy.linalg.solve_discrete_lyapunov")
def solve_discrete_lyapunov(a: Any, q: Any, method: str | None = None) -> Any:
    """x = axaᴴ + q, one linear system in the elements of x."""
    steps = np.kron(a, conj(a))
    return np.reshape(np.linalg.solve(eye_like(steps) - steps, in_double(np.ravel(q))), q.shape)
