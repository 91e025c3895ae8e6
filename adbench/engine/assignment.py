"""Item assignment and in-place operators: a traced array changes by becoming another value.

Values on the tape never change. Writing makes a new value in which the written elements are
replaced, and the array object that the user holds then stands for it. NumPy's views share
memory; here a view remembers how it was made, a write through it is carried back to its
owner, and the owner's other views are made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adbench.engine.array import Buffer, TracedArray, plain, underlying
from adbench.engine.errors import DifferentiationError
from adbench.engine.operation import Rule
from adbench.engine.primitive import derived
from adbench.engine.rules.indexing import frozen_index, getitem, put, scatter
from adbench.engine.rules.shape import reshape, swapaxes, transpose


def setitem(x: Any, index: Any, value: Any) -> None:
    """x[index] = value."""
    if isinstance(underlying(x), np.generic):
        raise TypeError(f"{plain(x).dtype} scalars do not support item assignment")
    index = frozen_index(index)
    if isinstance(value, (list, tuple)):
        value = np.stack(value) if any(isinstance(v, TracedArray) for v in value) else value
    assign(x, put(x, value, index))


def in_place(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """x ⊕= y, for an array; NumPy's scalars are immutable, so they leave it to x = x ⊕ y."""

    def call(x: Any, y: Any) -> Any:
        if isinstance(underlying(x), np.generic):
            return NotImplemented
        result = operation(x, y)
        if result.shape != x.shape:
            raise ValueError(f"cannot broadcast the result {result.shape} in place to {x.shape}")
        assign(x, result if result.dtype == x.dtype else result.astype(x.dtype))
        return x

    return call


def assign(x: Any, value: Any) -> None:
    """Let x stand for `value`, and carry the change to what shares its memory."""
    link = getattr(x, "base", None)
    if link is None:
        _become(x, value)
        _refresh(x)
        return
    owner, primitive, options = link
    if primitive is getitem:
        assign(owner, put(owner, value, options["index"]))
        return
    if primitive.name not in _PERMUTATIONS:
        raise DifferentiationError(
            f"writing into the result of {primitive.name}",
            "which is a view that writes cannot be carried through",
            "write into the array itself, or into a copy()",
        )
    (rule,) = primitive.rules
    assert isinstance(rule, Rule)
    # The transpose of a permutation is its inverse.
    known = {**primitive.options, **options}
    assign(owner, rule.formula(value, *rule.gather(None, known, owner)))


_PERMUTATIONS = frozenset(
    {reshape.name, transpose.name, swapaxes.name, "moveaxis", "expand_dims", "squeeze", "flip"}
    | {"rot90"}
)


def _become(x: TracedArray, value: Any) -> None:
    if isinstance(value, TracedArray) and value.tape is not None:
        x.value, x.tape, x.id = value.value, value.tape, value.id
        if type(x) is Buffer:
            x.__class__ = TracedArray  # type: ignore[assignment]
    else:  # what is written holds no derivative, and what was there before is gone
        x.value, x.tape, x.id = plain(value), None, -1
        x.__class__ = Buffer


def _refresh(owner: TracedArray) -> None:
    for reference in getattr(owner, "views", ()):
        view = reference()
        if view is None:
            continue
        _, primitive, options = view.base
        _become(view, primitive.apply((owner,), options))
        _refresh(view)


def sort(self: Any, axis: int = -1, kind: Any = None, order: Any = None, **kwargs: Any) -> None:
    """x.sort(): in place."""
    assign(self, np.sort(self, axis=axis, kind=kind))


def set_real(self: Any, value: Any) -> None:
    """x.real = value."""
    self[...] = value + 1j * np.imag(self) if self.dtype.kind == "c" else value


def set_imag(self: Any, value: Any) -> None:
    """x.imag = value."""
    self[...] = np.real(self) + 1j * np.multiply(value, 1)


# NumPy's functions that write into their first argument.


def _target(x: Any, function: str) -> Any:
    if not isinstance(x, TracedArray):
        raise DifferentiationError(
            f"numpy.{function}",
            "cannot write a traced value into a plain NumPy array",
            "make the array with np.zeros_like(x, shape=...) from a traced x "
            "(for np.full(shape, x): x * np.ones(shape))",
        )
    if isinstance(underlying(x), np.generic):
        raise DifferentiationError(
            f"numpy.{function}", "cannot write into a number", "an array of shape (1,), as x[:1]"
        )
    return x


@derived(np.copyto)
def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    target = _target(dst, "copyto")
    target[...] = src if where is True else np.where(where, src, target)


@derived(np.put)
def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    target = _target(a, "put")
    place = np.take(np.arange(target.size), np.ravel(plain(ind)), mode=mode)
    target[np.unravel_index(place, target.shape)] = np.resize(v, place.size)


@derived(np.putmask)
def _putmask(a: Any, /, mask: Any, values: Any) -> None:
    target = _target(a, "putmask")
    target[...] = np.where(plain(mask), np.resize(values, target.shape), target)


@derived(np.place)
def _place(arr: Any, mask: Any, vals: Any) -> None:
    target, mask = _target(arr, "place"), np.asarray(plain(mask), dtype=bool)
    target[mask] = np.resize(vals, int(np.sum(mask)))


@derived(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    target, indices = _target(arr, "put_along_axis"), plain(indices)
    if axis is None:
        target[np.unravel_index(indices, target.shape)] = values
        return
    grid = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    grid[axis] = indices
    target[tuple(grid)] = values


@derived(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    target = _target(a, "fill_diagonal")
    mask = np.zeros(target.shape, dtype=bool)
    np.fill_diagonal(mask, True, wrap)
    target[mask] = np.resize(val, int(np.sum(mask))) if np.ndim(val) else val


@derived((np.add, "at"))
def _add_at(a: Any, indices: Any, b: Any) -> None:
    target, index = _target(a, "add.at"), frozen_index(indices)
    shape = plain(target)[index].shape
    result = target + scatter(np.broadcast_to(b, shape), index, target.shape)
    assign(target, result if result.dtype == target.dtype else result.astype(target.dtype))


@derived((np.subtract, "at"))
def _subtract_at(a: Any, indices: Any, b: Any) -> None:
    _add_at(a, indices, -b)
