"""The tape: a flat list of records, and the sweep that pulls cotangents back along it.

A record is `(shape, dtype, edges)`; its place in the list is the id of the value it made. An
edge is `(id, formula, saved)`: the cotangent g of this value contributes
`formula(g, *saved)` to the value `id`. Ids only point backwards, so the list is already in
topological order, and walking it from its end is the whole of reverse mode.

Formulas are NumPy expressions. When the saved values are themselves traced by an outer tape,
the sweep is recorded there like any other computation: that is all there is to higher order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeAlias

import numpy as np

from adbench.engine.array import Recorded, TracedArray
from adbench.engine.batch import Batched
from adbench.engine.errors import DifferentiationError

Edge: TypeAlias = tuple[int, Callable[..., Any], tuple[Any, ...]]
Record: TypeAlias = tuple[Any, Any, tuple[Edge, ...]]

SMALL = 1024
"""Elements up to which copying a constant costs less than an operation's own overhead."""

_levels = itertools.count()
_waiting: list[Any] = []
"""Views that no tape could unlock yet, since another has locked what they are views of."""


class Tape:
    """Records of one traced evaluation.

    `level` grows with every tape made, so that an operation on values of several tapes is
    recorded on the innermost, the one made last. The first `leaves` records are the inputs.
    """

    __slots__ = ("copies", "lasting", "leaves", "level", "locked", "records")

    def __init__(self, lasting: bool = False) -> None:
        self.level = next(_levels)
        self.lasting = lasting
        """Whether a sweep may come after the user's code has gone on."""
        self.locked: list[Any] = []
        self.copies: dict[int, Any] = {}
        self.records: Any = []
        self.leaves = 0

    def leaf(self, value: Any) -> int:
        """Enter an input and return its id; all inputs come before the first operation."""
        self.leaves += 1
        self.records.append((value.shape, value.dtype, ()))
        return self.leaves - 1

    def append(self, shape: Any, dtype: Any, edges: tuple[Edge, ...]) -> int:
        """Enter a value that was made from others and return its id."""
        records = self.records
        identifier = len(records)
        records.append((shape, dtype, edges))
        return identifier

    def keep(self, constant: Any) -> Any:
        """A constant as a rule may still read it when the user's code has written into it.

        Small arrays are copied. Large ones may not be written into until `unlock`, since a
        buffer that is filled anew for each step would change what earlier steps have saved;
        what has to outlast that is copied then.
        """
        if type(constant) is not np.ndarray:
            return as_it_is(constant)
        if constant.size <= SMALL:
            return constant.copy()
        for array in (constant, constant.base):
            if type(array) is np.ndarray and array.flags.writeable:
                array.flags.writeable = False
                self.locked.append(array)
        if not self.lasting:
            return constant
        if id(constant) not in self.copies:
            self.copies[id(constant)] = constant, constant.copy()
        return self.copies[id(constant)][1]

    def unlock(self) -> None:
        """Let locked arrays be written into again; those that own their memory before views of it.

        A view of what another tape has locked waits for that.
        """
        self.copies = {}
        if not self.locked:
            return
        waiting, self.locked = self.locked, []
        with suppress(IndexError):  # another thread may take the last
            while _waiting:
                waiting.append(_waiting.pop())
        for array in sorted(waiting, key=lambda a: a.base is not None):
            try:
                array.flags.writeable = True
            except ValueError:
                _waiting.append(array)

    def close(self) -> None:
        """Make any later use of this tape an error."""
        self.records = _CLOSED


def as_it_is(value: Any) -> Any:
    """What stands for the value that a traced or recorded array has now.

    The array itself stands for another one as soon as it is written into.
    """
    if isinstance(value, TracedArray):
        return TracedArray(value.value, value.tape, value.id)
    if isinstance(value, Recorded):
        return value.snapshot()
    return value.copy() if type(value) is np.ndarray else value


class _Closed:
    """Stands in for the records of a tape that was swept."""

    def __len__(self) -> NoReturn:
        raise DifferentiationError(
            "traced array",
            "used after its gradient had been computed; it was kept from an earlier call",
            "return the value from the function (has_aux=True gives it back beside the gradient)",
        )

    append = __len__


_CLOSED = _Closed()


class Scatter:
    """A cotangent that is zero but at `index`: what indexing pulls back, kept small.

    Many pieces of one array accumulate into one buffer, each at the cost of its own size.
    """

    __slots__ = ("index", "shape", "unique", "values")

    def __init__(self, values: Any, index: Any, shape: tuple[int, ...], unique: bool) -> None:
        self.values = values
        self.index = index
        self.shape = shape
        self.unique = unique

    def add_to(self, buffer: Any) -> None:
        """Add the pieces in place. Repeated positions accumulate."""
        if type(self.index) is slice:
            part = buffer[self.index]  # a view: += on it needs no writing back
            part += self.values
        elif self.unique:
            buffer[self.index] += self.values
        else:
            np.add.at(buffer, self.index, self.values)

    def dense(self, dtype: Any) -> Any:
        """The whole cotangent, in a buffer of its own."""
        if issubclass(type(self.values), (np.ndarray, np.generic)):  # not one that is recorded
            buffer = np.zeros(self.shape, dtype)
        else:
            buffer = np.zeros_like(self.values, shape=self.shape, dtype=dtype)
        if self.unique:
            buffer[self.index] = self.values
        else:
            self.add_to(buffer)
        return buffer


class Parts:
    """The cotangents of an operation with several outputs, by output; missing ones are zero."""

    __slots__ = ("values",)

    def __init__(self, values: dict[int, Any]) -> None:
        self.values = values

    def __add__(self, other: Parts) -> Parts:
        total = dict(self.values)
        for place, value in other.values.items():
            total[place] = total[place] + value if place in total else value
        return Parts(total)


def sweep(tape: Tape, seeds: dict[int, Any], *, keep: bool = False) -> list[Any]:
    """Pull `seeds` (cotangents by id) back to the leaves; None where no path leads to one.

    Unless `keep`, each record is dropped as soon as it was used, and the tape is closed.
    """
    records = tape.records
    count = len(records)
    cotangents: list[Any] = [None] * count
    owned = bytearray(count)  # 1 where the cotangent is a buffer that nobody else can see
    for identifier, seed in seeds.items():
        cotangents[identifier] = seed
    for identifier in range(count - 1, tape.leaves - 1, -1):
        g = cotangents.pop()
        edges = records[identifier][2] if keep else records.pop()[2]
        if g is None:
            continue
        for target, formula, saved in edges:
            piece = formula(g, *saved)
            shape, dtype, _ = records[target]
            kind = type(piece)
            have = cotangents[target]
            if kind is Scatter:
                if have is None:
                    cotangents[target] = piece.dense(dtype)
                    owned[target] = 1
                    continue
                if owned[target] and (
                    type(have) is type(piece.values) is np.ndarray  # mostly
                    or fills_in_place(have, piece.values)
                ):
                    piece.add_to(have)
                    continue
                piece = piece.dense(dtype)
            elif kind is not Parts and (piece.shape != shape or piece.dtype is not dtype):
                piece = fit(piece, shape, dtype)
            if have is None:
                cotangents[target] = piece
            elif owned[target] and type(have) is type(piece):
                have += piece
                cotangents[target] = have
            else:
                cotangents[target] = have + piece
                owned[target] = 1
    if not keep:
        tape.close()
    return cotangents


def fills_in_place(have: Any, values: Any) -> bool:
    """Whether a cotangent lies in memory that others can be added into, or batches of them do.

    What is recorded cannot be added to a constant that way.
    """
    if type(have) is np.ndarray:
        return not issubclass(type(values), Recorded)
    return (
        type(have) is type(values) is Batched
        and type(have.value) is type(values.value) is np.ndarray
    )


def fit(cotangent: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Undo broadcasting and promotion: the transpose of repeating is summing.

    A real value that met a complex one gets the real part, since df = Re(Σ g·v) for real v.
    """
    if cotangent.shape != shape:
        excess = len(cotangent.shape) - len(shape)
        stretched = tuple(
            axis + excess
            for axis, size in enumerate(shape)
            if axis + excess >= 0 and size == 1 and cotangent.shape[axis + excess] != 1
        )
        axes = (*range(excess), *stretched)
        if axes:
            cotangent = np.sum(cotangent, axis=axes, keepdims=True)
        if excess > 0:
            cotangent = np.reshape(cotangent, cotangent.shape[excess:])
        if cotangent.shape != shape:
            cotangent = np.broadcast_to(cotangent, shape)
    if cotangent.dtype != dtype:
        if cotangent.dtype.kind == "c" and np.dtype(dtype).kind != "c":
            cotangent = np.real(cotangent)
        cotangent = cotangent.astype(dtype)
    return cotangent
