"""Arrays as one vector of real coordinates, and back, with names for the coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Leaf

Array = NDArray[Any]
Convention = Literal["transpose", "conjugate"]


def wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """float64 or complex128: the dtype at which a formula is checked."""
    return np.dtype(np.complex128 if np.issubdtype(dtype, np.complexfloating) else np.float64)


def row_norms(rows: Array) -> Array:
    """The Euclidean norms of the rows, scaled so that no square overflows or vanishes."""
    top = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    unit = np.where((top > 0) & np.isfinite(top), top, 1.0)
    return np.asarray(unit[:, 0] * np.sqrt(((rows / unit) ** 2).sum(axis=1)))


def products(rows: Array, others: Array) -> Array:
    """The products (D, m) of rows (D, n) with others (m, n): gradients along directions.

    By NumPy's own sum: BLAS divides a single pass over long vectors among threads, which take
    longer to wake than the sum takes, and rounds otherwise for another number of them.
    """
    return np.asarray(np.einsum("dn,mn->dm", rows, others))


class Layout:
    """Which coordinates of the vector belong to which leaf; a complex number has two."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves = tuple(leaves)
        self._complex = [wide(leaf.dtype).kind == "c" for leaf in self.leaves]
        self._counts = [int(np.prod(leaf.shape, dtype=int)) for leaf in self.leaves]
        sizes = [c * (2 if z else 1) for c, z in zip(self._counts, self._complex, strict=True)]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        self.size = int(self.starts[-1])

    def span(self, leaf: int) -> slice:
        """The coordinates of one leaf."""
        return slice(int(self.starts[leaf]), int(self.starts[leaf + 1]))

    def pack(self, arrays: Sequence[Array]) -> Array:
        """(size,) float64; complex numbers as real and imaginary part, side by side."""
        parts = []
        for array, is_complex in zip(arrays, self._complex, strict=True):
            exact = np.ascontiguousarray(array, dtype=np.complex128 if is_complex else np.float64)
            parts.append(exact.reshape(-1).view(np.float64))
        return np.concatenate(parts) if parts else np.empty(0)

    def pack_rows(self, arrays: Sequence[Array]) -> Array:
        """(k, size) from arrays with a leading batch axis of length k."""
        rows = len(arrays[0])
        return np.concatenate(
            [
                np.ascontiguousarray(array, dtype=np.complex128 if z else np.float64)
                .reshape(rows, -1)
                .view(np.float64)
                for array, z in zip(arrays, self._complex, strict=True)
            ],
            axis=1,
        )

    def unpack(self, vector: Array, dtypes: Sequence[np.dtype[Any]] | None = None) -> list[Array]:
        """The leaves from their coordinates, at the wide dtypes or those given."""
        return [rows[0] for rows in self.unpack_rows(vector[None], dtypes)]

    def unpack_rows(
        self, vectors: Array, dtypes: Sequence[np.dtype[Any]] | None = None
    ) -> list[Array]:
        """Leaves with a leading batch axis, from (k, size) coordinates."""
        arrays = []
        for i, (leaf, is_complex) in enumerate(zip(self.leaves, self._complex, strict=True)):
            part = np.ascontiguousarray(vectors[:, self.span(i)])
            if is_complex:
                part = part.view(np.complex128)
            part = part.reshape(len(vectors), *leaf.shape)
            arrays.append(part if dtypes is None else part.astype(dtypes[i], copy=False))
        return arrays

    def covector(self, gradients: Sequence[Array], convention: Convention) -> Array:
        """The real row vector g with df = g · v, from gradients in a backend's convention."""
        if convention == "transpose":
            gradients = [np.conj(g) for g in gradients]
        return self.pack(gradients)

    def from_covector(self, vector: Array, convention: Convention) -> list[Array]:
        """The inverse of `covector`: cotangents in the backend's convention."""
        arrays = self.unpack(vector)
        return [np.conj(a) for a in arrays] if convention == "transpose" else arrays

    def place(self, coordinate: int) -> tuple[int, tuple[int, ...], str]:
        """Which leaf, which index in it, and "", "real part of" or "imaginary part of"."""
        leaf = int(np.searchsorted(self.starts, coordinate, side="right")) - 1
        offset = int(coordinate - self.starts[leaf])
        part = ""
        if self._complex[leaf]:
            part = ("real part of ", "imaginary part of ")[offset % 2]
            offset //= 2
        index = np.unravel_index(offset, self.leaves[leaf].shape)
        return leaf, tuple(int(i) for i in index), part

    def element(self, coordinate: int) -> tuple[str, tuple[int, ...]]:
        """The leaf's name and the index in it, as findings have them."""
        leaf, index, _ = self.place(coordinate)
        return self.leaves[leaf].name, index

    def label(self, coordinate: int) -> str:
        """The coordinate as a person writes it: `w[1, 2]`, `real part of z[0]`, `x`."""
        leaf, index, part = self.place(coordinate)
        where = f"[{', '.join(map(str, index))}]" if index else ""
        return f"{part}{self.leaves[leaf].name}{where}"
