"""Reverse-mode automatic differentiation on NumPy arrays; knows nothing of the rest of adbench."""

from adbench.engine import rules as _rules  # noqa: F401  (fills the rule table)
from adbench.engine.custom import checkpoint, custom_vjp, stop_gradient
from adbench.engine.errors import DifferentiationError
from adbench.engine.operators import install as _install
from adbench.engine.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

_install()

__all__ = [
    "DifferentiationError",
    "checkpoint",
    "custom_vjp",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
