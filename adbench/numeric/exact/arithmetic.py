"""Division, rounding, comparison and order of single numbers, with NumPy's meaning at edges.

A number is an mpf (real) or an mpc. Where mpmath raises and IEEE arithmetic gives inf or nan, so
do the functions here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from adbench.numeric.exact.numbers import INF, NAN, ONE, ZERO, mp, mpc
from adbench.numeric.refusal import refuse


def require_real(name: str, value: Any) -> None:
    """Refuse complex numbers, in the name of a NumPy function."""
    if type(value) is mpc:
        raise refuse(f"numpy.{name}", "is not covered for complex numbers")


def divide(x: Any, y: Any) -> Any:
    """x / y; ±inf or nan where y is zero."""
    if y == 0:
        if type(x) is mpc or type(y) is mpc:
            return mpc(NAN, NAN)
        return NAN if x == 0 or x != x else (INF if x > 0 else -INF)
    return x / y


def sign(x: Any) -> Any:
    """−1, 0 or 1; x / |x| for complex x."""
    if type(x) is mpc:
        return x / abs(x) if x != 0 else x
    if x == 0 or x != x:
        return x
    return ONE if x > 0 else -ONE


def _toward(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A rounding to integers, which leaves inf and nan as they are."""

    def of(x: Any) -> Any:
        require_real(name, x)
        return function(x) if mp.isfinite(x) else x

    return of


floor = _toward("floor", mp.floor)


ceil = _toward("ceil", mp.ceil)


trunc = _toward("trunc", lambda x: mp.floor(x) if x > 0 else mp.ceil(x))


rint = _toward("rint", mp.nint)


def remainder(x: Any, y: Any) -> Any:
    """x − y·floor(x / y), the sign of y."""
    require_real("remainder", x)
    if y == 0 or not mp.isfinite(x) or y != y:
        return NAN
    if abs(y) == INF:
        return x if x == 0 or (x > 0) == (y > 0) else y
    return x % y


def fmod(x: Any, y: Any) -> Any:
    """x − y·trunc(x / y), the sign of x."""
    require_real("fmod", x)
    if y == 0 or not mp.isfinite(x) or y != y:
        return NAN
    if abs(y) == INF:
        return x
    size = abs(x) % abs(y)
    return size if x >= 0 else -size


def floor_divide(x: Any, y: Any) -> Any:
    """floor(x / y)."""
    if y != 0 and abs(x) == INF:
        return NAN
    if abs(y) == INF and x == x and x != 0:
        return ZERO if (x > 0) == (y > 0) else -ONE
    return floor(divide(x, y))


def maximum(x: Any, y: Any) -> Any:
    """The larger; nan where either is."""
    require_real("maximum", x)
    return x if x != x or x >= y else y


def minimum(x: Any, y: Any) -> Any:
    """The smaller; nan where either is."""
    require_real("minimum", x)
    return x if x != x or x <= y else y


def fmax(x: Any, y: Any) -> Any:
    """The larger, of numbers that are not nan."""
    return x if y != y else y if x != x else maximum(x, y)


def fmin(x: Any, y: Any) -> Any:
    """The smaller, of numbers that are not nan."""
    return x if y != y else y if x != x else minimum(x, y)


def copysign(x: Any, y: Any) -> Any:
    """|x| with the sign of y; zero counts as positive."""
    return abs(x) if not y < 0 else -abs(x)


def heaviside(x: Any, at_zero: Any) -> Any:
    """0, `at_zero` or 1 by the sign of x."""
    if x != x:
        return x
    return at_zero if x == 0 else ONE if x > 0 else ZERO


def ldexp(x: Any, n: Any) -> Any:
    """x·2^n."""
    return mp.ldexp(x, int(n)) if mp.isfinite(x) else x


def reciprocal(x: Any) -> Any:
    """1 / x."""
    return divide(ONE, x)


def finite(x: Any) -> bool:
    """Whether neither inf nor nan."""
    return bool(mp.isfinite(x))


TESTS: dict[str, Callable[..., Any]] = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "isfinite": finite,
    "isinf": lambda x: bool(mp.isinf(x)),
    "isnan": lambda x: bool(mp.isnan(x)),
    "signbit": lambda x: bool(x < 0),
    "logical_and": lambda x, y: x != 0 and y != 0,
    "logical_or": lambda x, y: x != 0 or y != 0,
    "logical_xor": lambda x, y: (x != 0) != (y != 0),
    "logical_not": lambda x: x == 0,
}
"""Those that give a truth value."""
