"""Rules of elementwise functions: derivatives of one and two variables, as in any handbook.

Complex arguments: g is read by df = Re(Σ g·v), so a holomorphic f has the rule g·f'(x)
without a conjugate, and conj, real, imag and abs have the real-linear ones written here
(the convention of JAX and autograd). Cited: DLMF = NIST Digital Library of Mathematical
Functions, dlmf.nist.gov.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adbench.engine.array import like, plain
from adbench.engine.operation import ZERO
from adbench.engine.primitive import define, derived

LOG2 = math.log(2.0)
LOG10 = math.log(10.0)


def balanced(x: Any, y: Any, out: Any) -> Any:
    """Share of the cotangent that x gets in max(x, y): 1 where chosen, 1/2 at a tie."""
    chosen = x == out
    return np.where(chosen, np.where(y == x, 0.5, 1.0), 0.0).astype(out.dtype)


# Arithmetic.
define(np.add, x=lambda g: g, y=lambda g: g)
define(np.subtract, x=lambda g: g, y=lambda g: -g)
define(np.multiply, x=lambda g, y: g * y, y=lambda g, x: g * x)
define(np.divide, x=lambda g, y: g / y, y=lambda g, y, out: -g * out / y)
define(np.negative, x=lambda g: -g)
define(np.positive, x=lambda g: g)
define(np.reciprocal, x=lambda g, out: -g * out * out)
define(np.square, x=lambda g, x: g * (x + x))
define(np.sqrt, x=lambda g, out: g / (out + out))
define(np.cbrt, x=lambda g, x, out: g * out / (3 * x))


def power_pull_back(g: Any, x: Any, y: Any) -> Any:
    """g·y·xʸ⁻¹. x⁰ is 1 near every x, also near 0, where the formula would give 0·∞."""
    if type(y) in (int, float) and y != 0:
        return g * (x + x if y == 2 else y * x ** (y - 1))
    return g * y * x ** np.where(np.equal(y, 0), 1, y - 1)


define(
    np.power,
    x=power_pull_back,
    # 0ʸ is 0 near every y > 0; the guard keeps log 0 out.
    y=lambda g, x, out: g * out * np.log(np.where(np.equal(x, 0), 1, x)),
)
define(
    np.float_power,
    x=lambda g, x, y: g * y * np.float_power(x, np.where(np.equal(y, 0), 1, y - 1)),
    y=lambda g, x, out: g * out * np.log(np.where(np.equal(x, 0), 1, x)),
)
define(np.remainder, x=lambda g: g, y=lambda g, x, y: -g * np.floor_divide(x, y))
define(np.fmod, x=lambda g: g, y=lambda g, x, y: -g * np.trunc(x / y))
define(np.hypot, x=lambda g, x, out: g * (x / out), y=lambda g, y, out: g * (y / out))
define(np.copysign, x=lambda g, x, y: g * np.copysign(np.sign(x), x * y), y=ZERO)
define(np.ldexp, x=lambda g, y: g * np.exp2(y), y=None)

# Exponentials and logarithms.
define(np.exp, x=lambda g, out: g * out)
define(np.exp2, x=lambda g, out: g * out * LOG2)
define(np.expm1, x=lambda g, x: g * np.exp(x))  # out + 1 would cancel where eˣ is small
define(np.log, x=lambda g, x: g / x)
define(np.log2, x=lambda g, x: g / (x * LOG2))
define(np.log10, x=lambda g, x: g / (x * LOG10))
define(np.log1p, x=lambda g, x: g / (1 + x))
define(
    np.logaddexp,
    # exp(x − out) is a softmax weight; at x = y = −∞ the difference is ∞ − ∞.
    x=lambda g, x, out: g * np.exp(x - np.where(np.isfinite(out), out, 0)),
    y=lambda g, y, out: g * np.exp(y - np.where(np.isfinite(out), out, 0)),
)
define(
    np.logaddexp2,
    x=lambda g, x, out: g * np.exp2(x - np.where(np.isfinite(out), out, 0)),
    y=lambda g, y, out: g * np.exp2(y - np.where(np.isfinite(out), out, 0)),
)

# Circular functions (DLMF 4.20, 4.24).
define(np.sin, x=lambda g, x: g * np.cos(x))
define(np.cos, x=lambda g, x: -g * np.sin(x))
define(np.tan, x=lambda g, out: g * (1 + out * out))
# (1 − x)(1 + x) is exact near ±1, where 1 − x² cancels; −(x − 1) keeps the sign of a zero
# imaginary part, which decides the side of the branch cut.
define(np.arcsin, x=lambda g, x: g / np.sqrt(-(x - 1) * (1 + x)))
define(np.arccos, x=lambda g, x: -g / np.sqrt(-(x - 1) * (1 + x)))
define(np.arctan, x=lambda g, x: g / (1 + x * x))
define(
    np.arctan2,
    x=lambda g, x, y: g * (y / (x * x + y * y)),
    y=lambda g, x, y: -g * (x / (x * x + y * y)),
)
define(np.deg2rad, x=lambda g: g * (math.pi / 180))
define(np.radians, x=lambda g: g * (math.pi / 180))
define(np.rad2deg, x=lambda g: g * (180 / math.pi))
define(np.degrees, x=lambda g: g * (180 / math.pi))

# Hyperbolic functions (DLMF 4.34, 4.38).
define(np.sinh, x=lambda g, x: g * np.cosh(x))
define(np.cosh, x=lambda g, x: g * np.sinh(x))
define(np.tanh, x=lambda g, out: g * (1 - out * out))
define(np.arcsinh, x=lambda g, x: g / np.sqrt(1 + x * x))
define(np.arccosh, x=lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)))
define(np.arctanh, x=lambda g, x: g / ((1 - x) * (1 + x)))


# Magnitudes and parts.
def absolute_pull_back(g: Any, x: Any, out: Any) -> Any:
    """d|x| = Re(conj(x)/|x|·dx), and the subgradient 0 at 0."""
    if x.dtype.kind != "c":
        return g * np.sign(x)
    zero = np.equal(out, 0)
    return np.where(zero, 0, g / np.where(zero, 1, out)) * np.conj(x)


@derived(np.sign)
def _sign(x: Any, /) -> Any:
    if x.dtype.kind != "c":
        return np.sign(plain(x))
    size = np.abs(x)
    return x / np.where(np.equal(size, 0), 1, size)


define(np.absolute, x=absolute_pull_back)
define(np.fabs, x=lambda g, x: g * np.sign(x))
define(np.conjugate, x=lambda g: np.conj(g))
define(np.real, val=lambda g: g)
define(np.imag, val=lambda g: g * -1j)
define(
    np.angle,
    z=lambda g, z, deg: g * (180 / math.pi if deg else 1) * -1j / z,  # Im(dz/z)
)

# Choices. At a tie each side gets half, the centre of the subgradients.
define(
    np.maximum,
    x=lambda g, x, y, out: g * balanced(x, y, out),
    y=lambda g, x, y, out: g * balanced(y, x, out),
)
define(
    np.minimum,
    x=lambda g, x, y, out: g * balanced(x, y, out),
    y=lambda g, x, y, out: g * balanced(y, x, out),
)
define(
    np.fmax,
    x=lambda g, x, y, out: g * balanced(x, y, out),
    y=lambda g, x, y, out: g * balanced(y, x, out),
)
define(
    np.fmin,
    x=lambda g, x, y, out: g * balanced(x, y, out),
    y=lambda g, x, y, out: g * balanced(y, x, out),
)
define(np.heaviside, x=ZERO, y=lambda g, x: g * np.equal(x, 0))


# np.emath: complex results outside the real domain.


def widened(function: Any, inside: Any) -> Any:
    """A function that turns complex where some element lies outside its real domain."""

    def call(x: Any) -> Any:
        value = plain(x)
        real = value.dtype.kind != "c" and bool(np.all(inside(value)))
        return function(x if real else x + 0j)

    return call


def not_negative(x: Any) -> Any:
    """The real domain of roots and logarithms."""
    return x >= 0


def in_unit_interval(x: Any) -> Any:
    """The real domain of inverse sines and the like."""
    return np.abs(x) <= 1


derived(np.emath.sqrt)(widened(np.sqrt, not_negative))
derived(np.emath.log)(widened(np.log, not_negative))
derived(np.emath.log2)(widened(np.log2, not_negative))
derived(np.emath.log10)(widened(np.log10, not_negative))
derived(np.emath.arccos)(widened(np.arccos, in_unit_interval))
derived(np.emath.arcsin)(widened(np.arcsin, in_unit_interval))
derived(np.emath.arctanh)(widened(np.arctanh, in_unit_interval))


@derived(np.emath.logn)
def _logn(n: Any, x: Any) -> Any:
    return np.emath.log(x) / np.emath.log(n)


@derived(np.emath.power)
def _emath_power(x: Any, p: Any) -> Any:
    p = p if hasattr(p, "dtype") else np.asarray(p, **like(x))
    return np.power(x + 0j if np.any(plain(x) < 0) else x, p)
