"""NumPy's and SciPy's ufuncs on exact arrays, their methods and options included (NEP 13)."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from adbench.numeric.exact.arithmetic import TESTS
from adbench.numeric.exact.array import ExactArray, cast, is_complex, raw_of, wrap
from adbench.numeric.exact.numbers import box, complexly, exactly
from adbench.numeric.exact.scalars import ELEMENTARY, REAL
from adbench.numeric.exact.special import SPECIAL
from adbench.numeric.refusal import refuse, spend


@dataclass(frozen=True, slots=True)
class Elementwise:
    """How a ufunc acts on object arrays: `of` broadcasts, reduces and accumulates like it.

    `result` is "same" (complex where an operand is), "real" or "bool"; `cost` is in
    multiplications.
    """

    of: Any
    result: str
    cost: float


_QUICK = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "negative": np.negative,
}
"""Where object arrays already do what is meant, in a loop written in C."""

_CHEAP = {"positive", "conjugate", "square", "divide", "maximum", "minimum", "sign", "floor"}
_BINARY = {
    *("add", "subtract", "multiply", "divide", "floor_divide", "remainder", "fmod", "power"),
    *("float_power", "logaddexp", "logaddexp2", "arctan2", "hypot", "maximum", "minimum", "fmax"),
    *("fmin", "copysign", "heaviside", "ldexp", "less", "less_equal", "greater", "greater_equal"),
    *("equal", "not_equal", "logical_and", "logical_or", "logical_xor", "beta", "betaln", "xlogy"),
    *("xlog1py", "rel_entr", "kl_div", "boxcox"),
}


def _elementwise() -> dict[str, Elementwise]:
    table = {}
    for functions, result in (
        (ELEMENTARY, "same"),
        (SPECIAL, "same"),
        (REAL, "real"),
        (TESTS, "bool"),
    ):
        for name, function in functions.items():
            arguments = 2 if name in _BINARY else 1
            of = _QUICK.get(name) or np.frompyfunc(function, arguments, 1, identity=None)
            cheap = name in _QUICK or name in _CHEAP or result != "same"
            table[name] = Elementwise(of, result, 1 if cheap else 500 if name in SPECIAL else 20)
    return table


ELEMENTWISE = _elementwise()

PRODUCTS = ("matmul", "vecdot", "matvec", "vecmat")
"""ufuncs over vectors and matrices; NumPy's own loops for objects compute them."""


def covered(ufunc: Any) -> bool:
    """Whether a ufunc is one of those that this module knows, not a namesake."""
    name = ufunc.__name__
    if getattr(np, name, None) is ufunc:
        return name in ELEMENTWISE or name in PRODUCTS
    special = sys.modules.get("scipy.special")
    return name in ELEMENTWISE and getattr(special, name, None) is ufunc


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """`ufunc.method(*inputs, **options)`, where an input or the output is exact."""
    name = ufunc.__name__
    full = name if method == "__call__" else f"{name}.{method}"
    if not covered(ufunc):
        raise refuse(full, "is not covered")
    for layout in ("casting", "order", "subok"):
        options.pop(layout, None)
    out = options.pop("out", None)
    dtype = options.pop("dtype", None)
    if name in PRODUCTS:
        result = product(ufunc, full, inputs, options)
    elif method == "__call__":
        result = elementwise(name, inputs, options.pop("where", True), out)
        if options:
            raise refuse(full, f"with {', '.join(options)} is not covered")
    else:
        result = _method(name, method, inputs, options)
    if dtype is not None and isinstance(result, ExactArray):
        result = cast(result, dtype, copy=False)
    return result if out is None else _write(out, result, full)


def elementwise(name: str, inputs: tuple[Any, ...], where: Any = True, out: Any = None) -> Any:
    """A ufunc applied to all elements; where `where` is false, what `out` holds."""
    spec = ELEMENTWISE[name]
    operands, complex_ = _operands(inputs)
    shape = np.broadcast_shapes(*(operand.shape for operand in operands))
    spend(spec.cost * math.prod(shape), math.prod(shape))
    values = spec.of(*operands)
    if spec.result == "bool":
        result: Any = np.asarray(values, dtype=bool)[()]
    else:
        complex_ = complex_ and spec.result != "real"
        result = wrap(complexly(values) if complex_ else box(values), complex_)
    if where is True:
        return result
    if out is None:
        raise refuse(name, "where= without out= leaves elements undefined")
    return np.where(where, result, out[0])


def product(ufunc: Any, name: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A ufunc over vectors or matrices."""
    operands, complex_ = _operands(inputs)
    x, y = operands
    spend(x.size * (y.shape[-1] if y.ndim > 1 and name == "matmul" else 1) + y.size)
    values = ufunc(*operands, **options)
    return wrap(complexly(values) if complex_ else exactly(values), complex_)


def _method(name: str, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    spec = ELEMENTWISE[name]
    if spec.of.nin != 2 or method not in ("reduce", "accumulate", "reduceat", "outer", "at"):
        raise refuse(f"{name}.{method}", "is not covered")
    if method == "at":
        target, index, value = inputs
        if not isinstance(target, ExactArray):
            raise refuse(f"{name}.at", "writes into a plain NumPy array")
        spec.of.at(target.raw, index, raw_of(value, target.complex))
        return None
    operands, complex_ = _operands(inputs if method == "outer" else inputs[:1])
    sizes = [operand.size for operand in operands]
    spend(spec.cost * math.prod(sizes), math.prod(sizes))
    if options.get("initial") is not None:
        options["initial"] = raw_of(options["initial"], complex_)[()]
    rest = () if method == "outer" else inputs[1:]
    values = getattr(spec.of, method)(*operands, *rest, **options)
    if spec.result == "bool":
        return np.asarray(values, dtype=bool)[()]
    return wrap(complexly(values) if complex_ else exactly(values), complex_)


def _operands(inputs: tuple[Any, ...]) -> tuple[list[Any], bool]:
    complex_ = any(is_complex(x) for x in inputs)
    return [raw_of(x, complex_) for x in inputs], complex_


def _write(out: Any, result: Any, name: str) -> Any:
    (target,) = out if isinstance(out, tuple) else (out,)
    if not isinstance(target, ExactArray):
        raise refuse(name, "writes into a plain NumPy array")
    target[...] = result
    return target
