"""A case's input arrays, made from their descriptions in the worker that needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adbench.suite.arrays import Array, InputError, as_array, is_numeric, read_array
from adbench.suite.case import Case, InputSpec
from adbench.suite.distributions import DISTRIBUTIONS
from adbench.suite.infer import infer_inputs
from adbench.suite.sampling import complex_dtype, draw, stream

Tree = Any
"""An array, or dicts and lists of arrays."""


def make_inputs(case: Case) -> tuple[dict[str, Tree], dict[str, Tree]]:
    """The case's arguments by name, and the same trees with a bool in each array's place.

    The bool says whether the array is differentiated: never for integer and boolean arrays, nor
    where `requires_grad` is false. Each array's random stream is keyed by the case's seed and
    base name and by the leaf's name, so that adding an input leaves the others as they were.
    Raises InputError.
    """
    inputs: Mapping[str, Any] = case.inputs
    if case.infer_inputs:
        inputs = infer_inputs(case)
    arguments: dict[str, Tree] = {}
    differentiable: dict[str, Tree] = {}
    for name, tree in inputs.items():
        arguments[name], differentiable[name] = _make(tree, name, case)
    if not _any(differentiable):
        raise InputError(
            f"{case.name} has nothing to differentiate: every input is an integer or boolean "
            "array, or says requires_grad: false"
        )
    return arguments, differentiable


def _make(tree: Any, leaf: str, case: Case) -> tuple[Tree, Tree]:
    """The arrays of one input, and which of them are differentiated."""
    if isinstance(tree, Mapping):
        pairs = {key: _make(value, f"{leaf}[{key!r}]", case) for key, value in tree.items()}
        return {k: pair[0] for k, pair in pairs.items()}, {k: pair[1] for k, pair in pairs.items()}
    if isinstance(tree, list | tuple) and not is_numeric(tree):
        made = [_make(value, f"{leaf}[{i}]", case) for i, value in enumerate(tree)]
        kind = tuple if isinstance(tree, tuple) else list
        return kind(pair[0] for pair in made), kind(pair[1] for pair in made)
    if isinstance(tree, InputSpec):
        array = _array(tree, leaf, case)
        return array, tree.requires_grad and array.dtype.kind in "fc"
    array = _cast(as_array(tree, leaf), None, case)
    return array, array.dtype.kind in "fc"


def _array(spec: InputSpec, leaf: str, case: Case) -> Array:
    if spec.values is not None:
        array = as_array(spec.values, leaf)
        if array.dtype.kind in "iu" and spec.dtype is None:
            # `[1, 2]` in a suite is a vector of numbers; whole ones are asked for by dtype.
            array = array.astype(np.float64)
        return _cast(array, spec.dtype, case)
    if spec.file is not None:
        return _cast(as_array(read_array(spec.file, spec.key), leaf), spec.dtype, case)
    if spec.shape is None:
        raise InputError(f"{leaf} has neither shape, values nor file")
    dtype = _dtype(spec.dtype or DISTRIBUTIONS[spec.distribution].dtype or case.dtype, case)
    generator = stream(case.seed, case.base, leaf)
    try:
        return draw(spec.distribution, spec.shape, spec.parameters, dtype, generator)
    except (MemoryError, ValueError) as error:
        raise InputError(f"{leaf}, {spec.distribution}{spec.shape}: {error}") from error


def _dtype(name: str, case: Case) -> np.dtype[Any]:
    return complex_dtype(np.dtype(case.dtype)) if name == "complex" else np.dtype(name)


def _cast(array: Array, dtype: str | None, case: Case) -> Array:
    """Bring an array that was not drawn to the dtype asked for, or a float to the case's."""
    if dtype is not None:
        wanted = _dtype(dtype, case)
        if array.dtype.kind == "c" and wanted.kind != "c":
            raise InputError(f"complex values cannot become {wanted}")
        return array.astype(wanted)
    if array.dtype.kind == "f":
        return array.astype(case.dtype)
    if array.dtype.kind == "c":
        return array.astype(complex_dtype(np.dtype(case.dtype)))
    return array


def _any(tree: Tree) -> bool:
    if isinstance(tree, Mapping):
        return any(_any(value) for value in tree.values())
    if isinstance(tree, list | tuple):
        return any(_any(value) for value in tree)
    return bool(tree)
