"""How a SciPy function that does not dispatch is declared: by one that does, in the rule table."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from adbench.engine.array import like
from adbench.engine.operation import Formula, as_operand
from adbench.engine.primitive import define, derived


def overridable(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function that asks arrays which are not NumPy's own first, by the protocol of NEP 18.

    So traced, recorded and batched arrays meet it as they meet NumPy's functions. `name` is the
    public one, such as `scipy.linalg.expm`.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        arrays = sorted(
            overriding((*args, *kwargs.values())),
            key=lambda a: getattr(a, "__array_priority__", 0.0),
            reverse=True,
        )
        types = {type(a): None for a in arrays}
        for a in arrays:
            result = a.__array_function__(call, tuple(types), args, kwargs)
            if result is not NotImplemented:
                return result
        return function(*args, **kwargs)

    module, _, bare = name.rpartition(".")
    call.__module__, call.__name__ = f"adbench.engine.{module}", bare
    call.__qualname__ = bare
    return call


def overriding(arguments: Iterable[Any]) -> Iterator[Any]:
    """The arguments, and items of lists and tuples, that answer for NumPy's functions."""
    for a in arguments:
        if type(a) in (list, tuple):
            yield from overriding(a)
        else:
            protocol = getattr(type(a), "__array_function__", None)
            if protocol is not None and protocol is not np.ndarray.__array_function__:
                yield a


def composed(function: Callable[..., Any], name: str) -> Callable[[Formula], Callable[..., Any]]:
    """Declare a SciPy function as a composition, which the decorated function is."""

    def register(composition: Formula) -> Callable[..., Any]:
        call = overridable(function, name)
        derived(call)(composition)
        return call

    return register


def ruled(
    function: Callable[..., Any], name: str, *, source: str = "", **rules: Any
) -> Callable[..., Any]:
    """Declare a SciPy function as a primitive, with a rule for each of its leading arrays."""
    call = overridable(function, name)
    define(call, source=source, **rules)
    return call


def in_double(x: Any) -> Any:
    """x in double precision, where SciPy has no single."""
    return x.astype(np.result_type(x.dtype, np.float64)) if hasattr(x, "dtype") else x


def as_arrays(*arguments: Any) -> list[Any]:
    """Arguments with lists made arrays, of the library that the other arguments are of."""
    library = like(next(overriding(arguments), None))
    made = [as_operand(a) for a in arguments]
    return [
        np.asarray(m, **library) if m is not a and type(m) is np.ndarray else m
        for m, a in zip(made, arguments, strict=True)
    ]
