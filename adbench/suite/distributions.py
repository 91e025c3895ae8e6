"""The distributions that an input can be drawn from: one closed table, names and parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

DType = Literal[
    "float16", "float32", "float64", "complex64", "complex128", "complex",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool",
]  # fmt: skip
"""An input's dtype. `complex` is the complex dtype of the case's precision."""

CaseDType = Literal["float16", "float32", "float64", "complex64", "complex128"]

DTYPES: tuple[str, ...] = get_args(DType)
CASE_DTYPES: tuple[str, ...] = get_args(CaseDType)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A distribution's parameter; `default` None means that it must be given."""

    description: str
    default: float | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a distribution draws, its parameters, and which shapes it has a meaning for."""

    description: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    dtype: str | None = None
    """The dtype where none is given; None: the case's."""
    shapes: Literal["any", "vector", "matrix", "square"] = "any"
    """`matrix` and `square` speak of the last two axes; the axes before them are a batch."""


DISTRIBUTIONS: dict[str, Distribution] = {
    "normal": Distribution(
        "normal, with a mean and a standard deviation",
        {"mean": Parameter("the mean", 0.0), "std": Parameter("the standard deviation", 1.0)},
    ),
    "uniform": Distribution(
        "uniform on [low, high)",
        {"low": Parameter("the lower end", 0.0), "high": Parameter("the upper end", 1.0)},
    ),
    "lognormal": Distribution(
        "exp of a normal: positive, over several magnitudes",
        {
            "mean": Parameter("the logarithm's mean", 0.0),
            "std": Parameter("the logarithm's standard deviation", 1.0),
        },
    ),
    "integers": Distribution(
        "whole numbers, low ≤ n < high; int64 where no dtype is given",
        {"low": Parameter("the least", 0.0), "high": Parameter("one more than the greatest")},
        dtype="int64",
    ),
    "bernoulli": Distribution(
        "true with probability p; bool where no dtype is given, else ones and zeros",
        {"p": Parameter("the probability of true", 0.5)},
        dtype="bool",
    ),
    "signs": Distribution("−1 or +1, each with probability ½"),
    "permutation": Distribution(
        "the numbers 0 … n−1 in random order; int64 where no dtype is given",
        dtype="int64",
        shapes="vector",
    ),
    "zeros": Distribution("all zeros"),
    "ones": Distribution("all ones"),
    "constant": Distribution("one value everywhere", {"value": Parameter("the value")}),
    "linspace": Distribution(
        "evenly spaced from start to stop, both included, in C order",
        {"start": Parameter("the first", 0.0), "stop": Parameter("the last", 1.0)},
    ),
    "arange": Distribution(
        "start, start + step, start + 2·step, … in C order",
        {"start": Parameter("the first", 0.0), "step": Parameter("the difference", 1.0)},
    ),
    "eye": Distribution("the identity: ones on the main diagonal", shapes="matrix"),
    "spd": Distribution(
        "a random symmetric (complex: Hermitian) positive definite matrix with eigenvalues "
        "spaced evenly in the logarithm from 1/condition to 1",
        {"condition": Parameter("the condition number in the 2-norm, at least 1", 10.0)},
        shapes="square",
    ),
    "orthogonal": Distribution(
        "a random orthogonal (complex: unitary) matrix, uniform in the Haar measure",
        shapes="square",
    ),
}  # fmt: skip


def unsuitable_shape(name: str, shape: tuple[int, ...]) -> str | None:
    """Why the distribution has no array of this shape, or None."""
    wanted = DISTRIBUTIONS[name].shapes
    if wanted == "vector" and len(shape) != 1:
        return f"{name} wants one axis, as in {name}(5)"
    if wanted == "matrix" and len(shape) < 2:
        return f"{name} wants at least two axes, as in {name}(3, 3)"
    if wanted == "square" and (len(shape) < 2 or shape[-1] != shape[-2]):
        return f"{name} wants square matrices, as in {name}(3, 3)"
    return None


def unsuitable_parameters(name: str, values: Mapping[str, float]) -> str | None:
    """Why the distribution cannot have these parameters, or None."""
    declared = DISTRIBUTIONS[name].parameters
    get = {key: values.get(key, parameter.default) for key, parameter in declared.items()}
    for key, value in get.items():
        if value is None:
            return f"{name} needs {key!r}: {declared[key].description}"
        if name != "constant" and not math.isfinite(value):
            return f"{key} is {value}; it must be a finite number"
    match name:
        case "normal" | "lognormal" if _number(get["std"]) < 0:
            return f"std is {get['std']}; it must not be negative"
        case "uniform" if _number(get["low"]) > _number(get["high"]):
            return f"low ({get['low']}) is greater than high ({get['high']})"
        case "integers" if _number(get["low"]) >= _number(get["high"]):
            return f"no whole number is ≥ {get['low']} and < {get['high']}"
        case "bernoulli" if not 0 <= _number(get["p"]) <= 1:
            return f"p is {get['p']}; a probability lies between 0 and 1"
        case "spd" if _number(get["condition"]) < 1:
            return f"condition is {get['condition']}; it must be at least 1"
    return None


def _number(value: float | None) -> float:
    assert value is not None
    return value
