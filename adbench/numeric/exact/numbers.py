"""Numbers of 50 digits: the mpmath context, and the way into it and out of it.

The context is this package's own; the user's `mpmath.mp` keeps its precision. Its numbers refuse
`float()`, so that no NumPy function can fall back to double precision without being noticed.
There is no negative zero.
"""

from __future__ import annotations

from typing import Any, NoReturn

import mpmath
import numpy as np
from mpmath.libmp import to_float
from numpy.typing import NDArray

from adbench.numeric.refusal import refuse

Objects = NDArray[np.object_]
"""An array of mpf, or of mpc, numbers."""

DIGITS = 50

mp: Any = mpmath.mp.clone()
mp.dps = DIGITS
mpf: Any = mp.mpf
mpc: Any = mp.mpc

NAN: Any = mp.nan + 0
INF: Any = mp.inf + 0
ZERO: Any = mpf(0)
ONE: Any = mpf(1)


def _to_double(self: Any) -> NoReturn:
    raise refuse("float()", "would fall back to double precision")


mpf.__float__ = _to_double
mpf.__complex__ = _to_double
mpc.__complex__ = _to_double


def nearest(value: Any) -> float:
    """The double nearest to an mpf."""
    return float(to_float(value._mpf_, rnd="n"))


def number(value: Any) -> Any:
    """A number exactly as it is, as an mpf or an mpc."""
    kind = type(value)
    if kind is mpf or kind is mpc:
        return value
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return mpf(int(value))
    if isinstance(value, np.longdouble):
        if not np.isfinite(value):
            return mpf(float(value))
        numerator, denominator = value.as_integer_ratio()
        return mpf(numerator) / denominator
    if isinstance(value, (float, np.floating)):
        return mpf(float(value))
    if isinstance(value, (complex, np.complexfloating)):
        return mpc(complex(value))
    raise refuse(type(value).__name__, "is not a number that can be taken exactly")


_numbers = np.frompyfunc(number, 1, 1)
_complex = np.frompyfunc(lambda value: mpc(number(value)), 1, 1)


def box(value: Any) -> Objects:
    """An object array, of no dimensions where `value` is a single number."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def exactly(values: Any) -> Objects:
    """Numbers of any kind in an object array of mpf and mpc."""
    return box(_numbers(values))


def complexly(values: Any) -> Objects:
    """Numbers of any kind in an object array of mpc."""
    return box(_complex(values))


def doubles(values: Objects, complex_: bool) -> NDArray[Any]:
    """The nearest doubles, for what needs no more: signs, orders, printing."""
    if complex_:
        flat = [complex(nearest(z.real), nearest(z.imag)) for z in values.ravel()]
        return np.array(flat, dtype=complex).reshape(values.shape)
    flat_real = [nearest(x) for x in values.ravel()]
    return np.array(flat_real, dtype=float).reshape(values.shape)
