"""Elementary functions of one number, with NumPy's meaning at edges and poles.

mpmath raises where IEEE arithmetic gives inf or nan, and leaves the real line where NumPy gives
nan; the functions here do neither. A number is an mpf (real) or an mpc.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from adbench.numeric.exact.arithmetic import (
    ceil,
    copysign,
    divide,
    floor,
    floor_divide,
    fmax,
    fmin,
    fmod,
    heaviside,
    ldexp,
    maximum,
    minimum,
    reciprocal,
    remainder,
    require_real,
    rint,
    sign,
    trunc,
)
from adbench.numeric.exact.numbers import INF, NAN, ONE, ZERO, mp, mpc, mpf
from adbench.numeric.refusal import refuse

_HUGE_EXPONENT = 1e9
"""exp beyond it counts as infinite (or zero): it is 10^(4e8), and double ends at 10^308."""
_SATURATED = 1e4
"""Where tanh and erf have reached ±1 to thousands of digits."""
_HUGE_ANGLE_BITS = 4000


def exp(x: Any) -> Any:
    """e^x."""
    size = x.real
    if size > _HUGE_EXPONENT:
        return INF if type(x) is mpf else mpc(INF, NAN)
    return ZERO * x if -INF < size < -_HUGE_EXPONENT else mp.exp(x)


def expm1(x: Any) -> Any:
    """e^x − 1, accurate for small x."""
    if type(x) is mpc:
        return mp.exp(x) - 1 if abs(x) > 1 else mp.expm1(x)
    if abs(x) > 1:
        return exp(x) - 1
    return mp.expm1(x) if x != 0 else x


def log(x: Any) -> Any:
    """Natural logarithm; nan for negative reals."""
    if type(x) is mpf and x < 0:
        return NAN
    return -INF if x == 0 else mp.log(x)


def log1p(x: Any) -> Any:
    """log(1 + x), accurate for small x."""
    if type(x) is mpf and not x > -1:
        return -INF if x == -1 else NAN
    return mp.log1p(x) if mp.isfinite(x) else log(x)


def _log_of_base(base: int) -> Callable[[Any], Any]:
    return lambda x: log(x) / mp.log(base)


def sqrt(x: Any) -> Any:
    """Principal square root; nan for negative reals."""
    return NAN if type(x) is mpf and x < 0 else mp.sqrt(x)


def cbrt(x: Any) -> Any:
    """Real cube root."""
    require_real("cbrt", x)
    return mp.cbrt(x) if not x < 0 else -mp.cbrt(-x)


def power(x: Any, y: Any) -> Any:
    """x^y; nan for negative reals with an exponent that is no integer."""
    whole = type(y) is mpf and mp.isfinite(y) and mp.isint(y)
    if whole and abs(y) < 1 << 20 and mp.isfinite(x):
        n = int(y)
        if x == 0 and n < 0:
            return divide(ONE, x)
        return x**n
    if type(x) is mpc or type(y) is mpc:
        if x == 0:
            return mpc(0) if y != 0 and y.real > 0 else mpc(NAN, NAN) if y != 0 else mpc(1)
        return exp(y * mp.log(x))
    if y == 0 or x == 1:
        return ONE
    if x != x or y != y:
        return NAN
    if x == 0:
        return ZERO if y > 0 else INF
    if abs(x) == INF or abs(y) == INF:
        return _power_at_infinity(x, y, whole)
    if x < 0:
        if not whole:
            return NAN
        return exp(y * mp.log(-x)) * (-1 if int(y) % 2 else 1)
    return exp(y * mp.log(x))


def _power_at_infinity(x: Any, y: Any, whole: bool) -> Any:
    size = abs(x)
    if abs(y) == INF:
        if size == 1:
            return ONE
        return INF if (size > 1) == (y > 0) else ZERO
    sign = -1 if x < 0 and whole and int(y) % 2 else 1
    return sign * INF if y > 0 else ZERO


def _angle(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A trigonometric function, unless the angle is so large that reducing it takes ages."""

    def of(x: Any) -> Any:
        if type(x) is mpf:
            if not mp.isfinite(x):
                return NAN
            if mp.mag(x) > _HUGE_ANGLE_BITS:
                raise refuse("", f"too large: an angle of {_HUGE_ANGLE_BITS} bits and more")
        return function(x)

    return of


def _inverse(function: Callable[[Any], Any], low: float, high: float) -> Callable[[Any], Any]:
    """A function that is real for low ≤ x ≤ high only."""
    return lambda x: NAN if type(x) is mpf and not low <= x <= high else function(x)


def _hyperbolic(sign: int) -> Callable[[Any], Any]:
    def of(x: Any) -> Any:
        if type(x) is mpf and abs(x) > _SATURATED:
            return (exp(x) + sign * exp(-x)) / 2
        return mp.cosh(x) if sign > 0 else mp.sinh(x)

    return of


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    if type(x) is mpf and abs(x) > _SATURATED:
        return ONE if x > 0 else -ONE
    return mp.tanh(x)


def arctanh(x: Any) -> Any:
    """Inverse hyperbolic tangent; ±inf at ±1."""
    if type(x) is mpf:
        if abs(x) == 1:
            return x * INF
        if not abs(x) < 1:
            return NAN
    return mp.atanh(x)


def arctan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y)."""
    require_real("arctan2", x)
    if x != x or y != y:
        return NAN
    if abs(x) == INF or abs(y) == INF:
        sign = 0 if y == 0 else 1 if y > 0 else -1
        if abs(x) != INF:
            return sign * mp.pi / 2
        if abs(y) != INF:
            return ZERO if x > 0 else (sign or 1) * mp.pi
        return sign * mp.pi / 4 * (1 if x > 0 else 3)
    return ZERO if x == 0 and y == 0 else mp.atan2(y, x)


def hypot(x: Any, y: Any) -> Any:
    """Length of (x, y)."""
    require_real("hypot", x)
    if abs(x) == INF or abs(y) == INF:
        return INF
    return mp.hypot(x, y)


def logaddexp(x: Any, y: Any) -> Any:
    """log(e^x + e^y)."""
    require_real("logaddexp", x)
    high, low = (x, y) if not x < y else (y, x)
    if abs(high) == INF or low == -INF or high != high or low != low:
        return high if low == low else low
    return high + log1p(exp(low - high))


def logaddexp2(x: Any, y: Any) -> Any:
    """log2(2^x + 2^y)."""
    two = mp.log(2)
    return logaddexp(x * two, y * two) / two


def exp2(x: Any) -> Any:
    """2^x."""
    return exp(x * mp.log(2))


def to_radians(x: Any) -> Any:
    """Degrees to radians."""
    return x * mp.pi / 180


def to_degrees(x: Any) -> Any:
    """Radians to degrees."""
    return x * 180 / mp.pi


def sinc(x: Any) -> Any:
    """sin(πx) / (πx), 1 at 0."""
    return mp.sincpi(x)


ELEMENTARY: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": divide,
    "floor_divide": floor_divide,
    "remainder": remainder,
    "fmod": fmod,
    "power": power,
    "float_power": power,
    "negative": operator.neg,
    "positive": operator.pos,
    "square": lambda x: x * x,
    "reciprocal": reciprocal,
    "sqrt": sqrt,
    "cbrt": cbrt,
    "exp": exp,
    "exp2": exp2,
    "expm1": expm1,
    "log": log,
    "log2": _log_of_base(2),
    "log10": _log_of_base(10),
    "log1p": log1p,
    "logaddexp": logaddexp,
    "logaddexp2": logaddexp2,
    "sin": _angle(mp.sin),
    "cos": _angle(mp.cos),
    "tan": _angle(mp.tan),
    "arcsin": _inverse(mp.asin, -1, 1),
    "arccos": _inverse(mp.acos, -1, 1),
    "arctan": mp.atan,
    "arctan2": arctan2,
    "hypot": hypot,
    "sinh": _hyperbolic(-1),
    "cosh": _hyperbolic(1),
    "tanh": tanh,
    "arcsinh": mp.asinh,
    "arccosh": _inverse(mp.acosh, 1, INF),
    "arctanh": arctanh,
    "deg2rad": to_radians,
    "radians": to_radians,
    "rad2deg": to_degrees,
    "degrees": to_degrees,
    "sign": sign,
    "floor": floor,
    "ceil": ceil,
    "trunc": trunc,
    "rint": rint,
    "maximum": maximum,
    "minimum": minimum,
    "fmax": fmax,
    "fmin": fmin,
    "copysign": copysign,
    "heaviside": heaviside,
    "ldexp": ldexp,
    "conjugate": lambda x: x.conjugate(),
}
"""NumPy's ufuncs that give a number of the operands' kind, by name."""

REAL: dict[str, Callable[..., Any]] = {"absolute": abs, "fabs": abs}
"""Those that give a real number whatever the operands."""
