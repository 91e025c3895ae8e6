"""Operators and methods of exact arrays, in terms of NumPy's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adbench.numeric.exact.array import ExactArray

BINARY: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "matmul": np.matmul,
}
COMPARISONS: dict[str, Any] = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}
UNARY: dict[str, Any] = {"neg": np.negative, "pos": np.positive, "abs": np.absolute}
METHODS: dict[str, Any] = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "std": np.std,
    "var": np.var,
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "dot": np.dot,
    "clip": np.clip,
    "squeeze": np.squeeze,
    "swapaxes": np.swapaxes,
    "repeat": np.repeat,
    "take": np.take,
    "diagonal": np.diagonal,
    "trace": np.trace,
    "round": np.round,
    "conj": np.conjugate,
    "conjugate": np.conjugate,
    "all": np.all,
    "any": np.any,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "argsort": np.argsort,
    "nonzero": np.nonzero,
    "searchsorted": np.searchsorted,
    "ravel": np.ravel,
    "compress": lambda x, condition, axis=None: np.compress(condition, x, axis=axis),
}


def _binary(function: Any) -> tuple[Callable[..., Any], ...]:
    def forward(self: ExactArray, other: Any) -> Any:
        return NotImplemented if other is None else function(self, other)

    def reflected(self: ExactArray, other: Any) -> Any:
        return NotImplemented if other is None else function(other, self)

    def in_place(self: ExactArray, other: Any) -> ExactArray:
        self[...] = function(self, other)
        return self

    return forward, reflected, in_place


def _method(function: Any) -> Callable[..., Any]:
    def method(self: ExactArray, *args: Any, **options: Any) -> Any:
        return function(self, *args, **options)

    return method


def install() -> None:
    """Put them on the class."""
    for name, function in BINARY.items():
        forward, reflected, in_place = _binary(function)
        setattr(ExactArray, f"__{name}__", forward)
        setattr(ExactArray, f"__r{name}__", reflected)
        setattr(ExactArray, f"__i{name}__", in_place)
    for name, function in COMPARISONS.items():
        setattr(ExactArray, f"__{name}__", _binary(function)[0])
    for name, function in UNARY.items():
        setattr(ExactArray, f"__{name}__", _method(function))
    for name, function in METHODS.items():
        setattr(ExactArray, name, _method(function))
    for part in (np.real, np.imag):
        setattr(ExactArray, part.__name__, property(_method(part)))


install()
