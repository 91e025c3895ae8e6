"""Operators and methods of recorded arrays: each is a call of the NumPy function of its name.

On Python's numbers it is a call of Python's own operator, since that is what f would compute.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adbench.engine.array import Lifted
from adbench.engine.plan.recorded import RecordedArray, concrete

NUMBERS = frozenset({bool, int, float, complex})
"""Python's numbers, which do not promote a float32 array; np.float64 is not one of them."""
METHODS = tuple(
    "sum mean prod max min std var cumsum cumprod dot clip squeeze swapaxes repeat take diagonal "  # noqa: SIM905
    "trace round conj conjugate all any argmax argmin argsort argpartition nonzero searchsorted "
    "ravel compress choose".split()
)
BINARY = {
    "add": (np.add, operator.add),
    "sub": (np.subtract, operator.sub),
    "mul": (np.multiply, operator.mul),
    "truediv": (np.divide, operator.truediv),
    "matmul": (np.matmul, operator.matmul),
    "pow": (np.power, operator.pow),
    "mod": (np.remainder, operator.mod),
    "floordiv": (np.floor_divide, operator.floordiv),
    "and": (np.bitwise_and, operator.and_),
    "or": (np.bitwise_or, operator.or_),
    "xor": (np.bitwise_xor, operator.xor),
    "lshift": (np.left_shift, operator.lshift),
    "rshift": (np.right_shift, operator.rshift),
}
COMPARISON = {
    "lt": (np.less, operator.lt),
    "le": (np.less_equal, operator.le),
    "gt": (np.greater, operator.gt),
    "ge": (np.greater_equal, operator.ge),
    "eq": (np.equal, operator.eq),
    "ne": (np.not_equal, operator.ne),
}
UNARY = {
    "neg": (np.negative, operator.neg),
    "pos": (np.positive, operator.pos),
    "abs": (np.absolute, operator.abs),
    "invert": (np.invert, operator.invert),
}


def _binary(ufunc: Any, python: Any, swapped: bool = False) -> Callable[[Any, Any], Any]:
    def call(self: Any, other: Any) -> Any:
        if isinstance(other, Lifted):
            return NotImplemented
        mine = self.value
        plain = type(mine) in NUMBERS and type(concrete(other)) in NUMBERS
        function = python if plain else ufunc
        if ufunc is np.power and not swapped and type(other) in (int, float):
            function = _power(mine, other) or function
            if function is not ufunc:
                return self.recorder.record(function, (self,), {})
        return self.recorder.record(function, (other, self) if swapped else (self, other), {})

    return call


def _power(x: Any, exponent: float) -> Any:
    """What NumPy's operator ** computes for these exponents, faster than pow()."""
    if type(x) is not np.ndarray or x.dtype.kind not in "fc":
        return None
    return {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}.get(exponent)


def _in_place(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def update(self: Any, other: Any) -> Any:
        if not isinstance(self.value, np.ndarray) or isinstance(other, Lifted):
            return NotImplemented
        result = call(self, other)
        if result.shape != self.shape:
            raise ValueError(f"cannot broadcast the result {result.shape} in place to {self.shape}")
        self.become(result if result.dtype == self.dtype else result.astype(self.dtype))
        return self

    return update


def _unary(ufunc: Any, python: Any) -> Callable[[Any], Any]:
    def call(self: Any) -> Any:
        return self.recorder.record(python if type(self.value) in NUMBERS else ufunc, (self,), {})

    return call


def _method(function: Any) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def install() -> None:
    """Put operators and methods on RecordedArray; called once."""
    cls: Any = RecordedArray
    for name, (ufunc, python) in BINARY.items():
        forward = _binary(ufunc, python)
        setattr(cls, f"__{name}__", forward)
        setattr(cls, f"__r{name}__", _binary(ufunc, python, swapped=True))
        setattr(cls, f"__i{name}__", _in_place(forward))
    for name, (ufunc, python) in COMPARISON.items():
        setattr(cls, f"__{name}__", _binary(ufunc, python))
    for name, operation in UNARY.items():
        setattr(cls, f"__{name}__", _unary(*operation))
    for name in METHODS:
        setattr(cls, name, _method(getattr(np, name)))
