"""The memory that a plan's values lie in: pages of bytes, whose parts are used again.

Everything that a replayed program writes into lies here, so that the same program can be run
at the same time in other memory: `moved` gives what refers to one set of pages for another.
"""

from __future__ import annotations

import types
from bisect import bisect_left, bisect_right, insort
from typing import Any, NamedTuple

import numpy as np

LINE = 64
"""Bytes that a block begins at a multiple of: a line of the processor's cache."""
SMALL = 4096
"""Bytes up to which values share pages."""
PAGE = 16384
"""Bytes of the largest page that is shared. Larger values have pages of their own size."""


class Spec(NamedTuple):
    """What is known of a value before it is computed; `shape` is None for other than arrays."""

    shape: tuple[int, ...] | None
    dtype: Any
    strides: tuple[int, ...]
    nbytes: int

    @classmethod
    def of(cls, value: Any) -> Spec:
        """The spec of a value as it was recorded."""
        if type(value) is np.ndarray:
            return cls(value.shape, value.dtype, value.strides, value.nbytes)
        return cls(None, getattr(value, "dtype", None), (), 0)


class Block(NamedTuple):
    """A part of a page, in bytes. Blocks are ordered by size."""

    size: int
    page: int
    start: int


class Arena:
    """Pages, and which of their parts are free.

    A value takes the smallest free part that holds it, and the rest of it stays free; free
    neighbours become one. No small value keeps a large part from being used again: small ones
    lie in pages of their own, and a large one takes at least half of a part.
    """

    def __init__(self) -> None:
        self.pages: list[Any] = []
        self._shared: list[bool] = []
        self._free: tuple[list[Block], list[Block]] = [], []
        """Free parts of pages of one value at a time, and of shared ones, by size."""
        self._starts: dict[tuple[int, int], Block] = {}
        self._ends: dict[tuple[int, int], Block] = {}
        self._arrays: dict[Any, Any] = {}

    @property
    def nbytes(self) -> int:
        """The size of all pages."""
        return sum(map(len, self.pages))

    def take(self, nbytes: int) -> Block:
        """A block for a value of so many bytes."""
        size = max(LINE, -(-nbytes // LINE) * LINE)
        shared = size <= SMALL
        free = self._free[shared]
        place = bisect_left(free, (size,))
        if place < len(free) and (shared or free[place].size <= 2 * size):
            whole = free[place]
            self._drop(whole)
        else:
            room = min(PAGE, max(8 * LINE, self.nbytes // 4 // LINE * LINE)) if shared else 0
            whole = Block(max(size, room), len(self.pages), 0)
            self.pages.append(page(whole.size))
            self._shared.append(shared)
        if whole.size > size:
            self._keep(Block(whole.size - size, whole.page, whole.start + size))
        return Block(size, whole.page, whole.start)

    def give(self, block: Block) -> None:
        """A block whose value is dead."""
        size, number, start = block
        before = self._ends.get((number, start))
        after = self._starts.get((number, start + size))
        for neighbour in (before, after):
            if neighbour is not None:
                self._drop(neighbour)
                size += neighbour.size
        self._keep(Block(size, number, start if before is None else before.start))

    def array(self, block: Block, spec: Spec) -> Any:
        """An array in a block, laid out as in the recording."""
        key = (block.page, block.start, spec)
        if key not in self._arrays:
            assert spec.shape is not None
            strides, step = [0] * len(spec.shape), spec.dtype.itemsize
            for _, minus in sorted((abs(s), -axis) for axis, s in enumerate(spec.strides)):
                axis = -minus
                strides[axis] = step
                step *= spec.shape[axis]
            self._arrays[key] = np.ndarray(
                spec.shape, spec.dtype, self.pages[block.page], block.start, strides
            )
        return self._arrays[key]

    def _keep(self, block: Block) -> None:
        insort(self._free[self._shared[block.page]], block)
        self._starts[block.page, block.start] = block
        self._ends[block.page, block.start + block.size] = block

    def _drop(self, block: Block) -> None:
        free = self._free[self._shared[block.page]]
        del free[bisect_left(free, block)]
        del self._starts[block.page, block.start]
        del self._ends[block.page, block.start + block.size]


class Elsewhere:
    """What refers to one set of pages, for pages of the same sizes in other memory."""

    def __init__(self, pages: list[Any]) -> None:
        found = sorted((address(old), len(old), page(len(old))) for old in pages)
        self._begins = [begin for begin, _, _ in found]
        self._found = found
        self._moved: dict[int, tuple[Any, Any]] = {}

    def __call__(self, thing: Any) -> Any:
        """An array in the pages, or a tuple, list, slice or method that such an array is part of.

        All else stays what it is.
        """
        if id(thing) not in self._moved:
            self._moved[id(thing)] = thing, self._move(thing)  # kept, so that its id is its own
        return self._moved[id(thing)][1]

    def _move(self, thing: Any) -> Any:
        kind = type(thing)
        if kind is np.ndarray:
            place = address(thing)
            i = bisect_right(self._begins, place) - 1
            if i < 0 or place >= self._begins[i] + self._found[i][1] or not thing.nbytes:
                return thing
            begin, _, memory = self._found[i]
            return np.ndarray(thing.shape, thing.dtype, memory, place - begin, thing.strides)
        if kind is tuple or kind is list:
            return kind(map(self, thing))
        if kind is slice:
            return slice(self(thing.start), self(thing.stop), self(thing.step))
        if kind is types.BuiltinMethodType and type(thing.__self__) is np.ndarray:
            return getattr(self(thing.__self__), thing.__name__)
        return thing


def page(size: int) -> Any:
    """Bytes that begin at a line of the cache."""
    memory = np.empty(size + LINE, dtype=np.uint8)
    start = -address(memory) % LINE
    return memory[start : start + size]


def address(array: Any) -> int:
    """Where an array's first element lies."""
    found: int = array.__array_interface__["data"][0]
    return found
