"""How a user's function is called, and what is accepted as its outputs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from adbench.backends import trees
from adbench.backends.arrays import (
    Array,
    DType,
    at_precision,
    is_inexact,
    real_precision,
    to_numpy,
)
from adbench.backends.errors import ArgumentError, OutputError
from adbench.backends.protocol import Leaf, Tree, Written

_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Call:
    """A user's function with its parameters fixed, as a function of its array leaves.

    `leaves` are all arrays among the arguments, in the arguments' order; `active` are the
    positions of those to differentiate, `passive` of the others (data). `arrays` holds the
    bound values, which nothing may write to.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Tree],
        differentiable: Mapping[str, Tree],
        params: Mapping[str, Any],
    ) -> None:
        self.function = function
        self._written = function
        self.names = tuple(arguments)
        self._params = dict(params)
        self.spec = trees.structure(tuple(arguments.values()))
        names: list[str] = []
        self.arrays: list[Array] = []
        flags: list[bool] = []
        for name, tree in arguments.items():
            leaf_names, values, _ = trees.flatten(tree, name)
            names += leaf_names
            self.arrays += map(_bound_copy, values, leaf_names)
            flags += _flags(name, tree, differentiable)
        self.leaves = tuple(
            Leaf(name, array.shape, array.dtype)
            for name, array in zip(names, self.arrays, strict=True)
        )
        self.active = tuple(i for i, flag in enumerate(flags) if flag)
        self.passive = tuple(i for i, flag in enumerate(flags) if not flag)
        self._require_something_active()
        self._positional, self._keyword = _plan(function, self.names, self._params)

    def __call__(self, leaves: Sequence[Any], **extra: Any) -> Any:
        """The function's own return value for these leaves (of whichever library)."""
        values = trees.unflatten(self.spec, list(leaves))
        return self.function(
            *[values[i] for i in self._positional],
            **{name: values[i] for name, i in self._keyword},
            **self._params,
            **extra,
        )

    def as_written(self, active: Sequence[Any]) -> Any:
        """The value of the function that was given, before any backend compiled it."""
        function, self.function = self.function, self._written
        try:
            return self(self.merge(active, [self.arrays[i] for i in self.passive]))
        finally:
            self.function = function

    @property
    def written(self) -> Callable[..., Any]:
        """The function that was given, with its parameters."""
        return functools.partial(self._written, **self._params)

    @property
    def inputs(self) -> tuple[Leaf, ...]:
        """The active leaves."""
        return tuple(self.leaves[i] for i in self.active)

    @property
    def point(self) -> tuple[Array, ...]:
        """The active leaves' values as bound."""
        return tuple(self.arrays[i] for i in self.active)

    def merge(self, active: Sequence[Any], passive: Sequence[Any]) -> list[Any]:
        """All leaves in order, from the active and the passive ones."""
        leaves: list[Any] = [None] * len(self.leaves)
        for i, leaf in zip(self.active, active, strict=True):
            leaves[i] = leaf
        for i, leaf in zip(self.passive, passive, strict=True):
            leaves[i] = leaf
        return leaves

    def data(self, dtypes: Sequence[DType]) -> list[Array]:
        """The passive leaves, to go with active leaves of these dtypes.

        A function bound at one precision and evaluated at another gets all its floating data
        at the new precision; data of integers and bools stay as they are.
        """
        moved = [
            real_precision(dtype)
            for dtype, leaf in zip(dtypes, self.inputs, strict=True)
            if dtype != leaf.dtype
        ]
        arrays = [self.arrays[i] for i in self.passive]
        if not moved:
            return arrays
        precision = max(moved, key=lambda dtype: dtype.itemsize)
        return [array.astype(at_precision(array.dtype, precision), copy=False) for array in arrays]

    def described(self, x: Sequence[Array]) -> Written:
        """The function as it was written, with its arguments at x."""
        data = self.data([a.dtype for a in x])
        values = trees.unflatten(self.spec, self.merge([np.array(a) for a in x], data))
        named = dict(zip(self.names, values, strict=True))
        return Written(self._written, named, dict(self._params))

    def _require_something_active(self) -> None:
        for leaf in self.inputs:
            if not is_inexact(leaf.dtype):
                raise ArgumentError(
                    f"input {leaf.name} has dtype {leaf.dtype}, which has no derivative; "
                    "mark it as data (requires_grad: false) or give it a floating dtype"
                )
        if not self.active:
            raise ArgumentError("no input to differentiate: all of them are data")
        if not any(self.arrays[i].size for i in self.active):
            listed = ", ".join(f"{leaf.name} {leaf.shape}" for leaf in self.inputs)
            raise ArgumentError(f"nothing to differentiate: no elements in {listed}")


def _bound_copy(value: Any, name: str) -> Array:
    try:
        array = np.array(to_numpy(value), order="C")
    except TypeError as error:
        raise ArgumentError(f"input {name}: {error}") from error
    array.flags.writeable = False
    return array


def _flags(name: str, tree: Tree, differentiable: Mapping[str, Tree]) -> list[bool]:
    flags, flag_spec = trees.flatten_leaves(differentiable[name])
    if flag_spec != trees.structure(tree):
        raise ArgumentError(f"input {name}: its differentiable flags have another structure")
    return [bool(flag) for flag in flags]


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature that a caller meets; a torch module's is that of its `forward`."""
    forward = getattr(function, "forward", None)
    try:
        return inspect.signature(forward if callable(forward) else function)
    except (TypeError, ValueError):
        return None


def accepts(function: Callable[..., Any], name: str, *, by_name: bool = False) -> bool:
    """Whether the function takes the keyword `name`; a `**kwargs` counts unless `by_name`."""
    signature = signature_of(function)
    if signature is None:
        return not by_name
    parameter = signature.parameters.get(name)
    if parameter is not None:
        return parameter.kind in _KEYWORD
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    return not by_name and inspect.Parameter.VAR_KEYWORD in kinds


def _plan(
    function: Callable[..., Any], names: tuple[str, ...], params: Mapping[str, Any]
) -> tuple[list[int], list[tuple[str, int]]]:
    """Which arguments go by position, in order, and which by keyword.

    Keywords where the signature has the names; otherwise all by position, but not where some
    names fit and others do not: that is a misspelt input, and guessing would hide it. Names
    that are the leading parameters in their order go by position too: it means the same, and
    a wrapper that shows its function's signature may take no keywords (`custom_vjp`). Nor may one
    that shows none of it but `*args, **kwargs` (the `apply` of a torch.autograd.Function).
    """
    in_order = list(range(len(names)))
    if clash := sorted(set(names) & set(params)):
        raise ArgumentError(f"{clash[0]!r} is both an input and a parameter")
    signature = signature_of(function)
    if signature is None:
        return in_order, []
    parameters = signature.parameters
    leaders = [p.name for p in parameters.values() if p.kind in _POSITION]
    if tuple(leaders[: len(names)]) == names:
        return in_order, []
    kinds = {parameter.kind for parameter in parameters.values()}
    takes_any = inspect.Parameter.VAR_KEYWORD in kinds
    if (
        takes_any
        and inspect.Parameter.VAR_POSITIONAL in kinds
        and parameters.keys().isdisjoint(names)
    ):
        return in_order, []
    leading = [
        name
        for name, parameter in parameters.items()
        if name in names and parameter.kind is inspect.Parameter.POSITIONAL_ONLY
    ]
    keyword = [
        name
        for name in names
        if name not in leading
        and (takes_any if name not in parameters else parameters[name].kind in _KEYWORD)
    ]
    strangers = [name for name in names if name not in leading and name not in keyword]
    if not strangers:
        return [names.index(name) for name in leading], [
            (name, names.index(name)) for name in keyword
        ]
    absorbing = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL} & kinds
    if not keyword or absorbing:
        return in_order, []
    shown = getattr(function, "__name__", type(function).__name__)
    raise ArgumentError(
        f"{shown}{signature} has no parameter {strangers[0]!r}; "
        "name the inputs as the function names its parameters"
    )


class Outputs:
    """The structure of a function's outputs: learnt from its first value, held to afterwards."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._spec: trees.Spec | None = None

    def flatten(self, value: Any) -> list[Any]:
        """The leaves of the function's value.

        Raises OutputError when nothing came back, or another structure than the first time.
        """
        if self._spec is None:
            return self._learn(value)
        leaves, spec = trees.flatten_leaves(value)
        if spec != self._spec:
            raise OutputError(
                "the function's outputs changed structure between two calls: "
                f"{self._spec} at first, then {spec}"
            )
        return leaves

    def _learn(self, value: Any) -> list[Any]:
        names, leaves, spec = trees.flatten(value, "out")
        if value is None:
            raise OutputError("the function returned None; is its return statement missing?")
        if not leaves:
            raise OutputError(f"the function returned no arrays ({value!r})")
        self.names, self._spec = names, spec
        return leaves

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """A value of this structure, such as the tree of cotangents."""
        assert self._spec is not None, "no value has been flattened yet"
        return trees.unflatten(self._spec, list(leaves))

    def describe(self, arrays: Sequence[Array]) -> tuple[Leaf, ...]:
        """Names, shapes and dtypes. Raises OutputError for what has no derivative."""
        leaves = tuple(
            Leaf(name, array.shape, array.dtype)
            for name, array in zip(self.names, arrays, strict=True)
        )
        for leaf in leaves:
            if not is_inexact(leaf.dtype):
                raise OutputError(
                    f"{leaf.name} has dtype {leaf.dtype}, which has no derivative; "
                    "return floating or complex arrays only"
                )
        if not any(array.size for array in arrays):
            listed = ", ".join(f"{leaf.name} {leaf.shape}" for leaf in leaves)
            raise OutputError(f"the function returned no elements: {listed}")
        return leaves


def reject(name: str, value: Any, wanted: str) -> OutputError:
    """The error for an output that is no array of the backend's library."""
    kind = type(value).__name__
    if isinstance(value, (bool, int, float, complex)):
        return OutputError(
            f"{name} is a Python {kind}, not {wanted}: float(...) and .item() cut the graph; "
            "return the array itself"
        )
    if isinstance(value, (np.ndarray, np.generic)):
        return OutputError(
            f"{name} is a NumPy {kind}, not {wanted}: converting to NumPy cuts the graph; "
            "stay in the backend's own operations"
        )
    return OutputError(f"{name} is a {type(value).__module__}.{kind}, not {wanted}")
