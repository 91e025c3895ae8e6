"""The array API namespace of exact arrays: NumPy's own, and exact arrays to write into."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.numeric.exact.array import ExactArray, cast, holds_exact, raw_of, wrap
from adbench.numeric.exact.numbers import exactly


class Namespace:
    """What `x.__array_namespace__()` returns for an exact x."""

    # array_namespace(x, data) of array-api-compat refuses arrays of two namespaces, and tells
    # namespaces apart by this name. Exact and plain arrays do mix, so they share the name.
    __name__ = "array_api_compat.numpy"
    __array_api_version__ = "2024.12"

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(np), *dir(type(self))})

    def __repr__(self) -> str:
        return "<array API namespace of adbench.numeric.exact>"

    def asarray(
        self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        """As numpy.asarray; a list of exact arrays is stacked."""
        if not holds_exact(obj):
            return np.asarray(obj, dtype=dtype, device=device, copy=copy)
        result = obj if isinstance(obj, ExactArray) else ExactArray(raw_of(obj))
        return cast(result, result.dtype if dtype is None else dtype, copy=copy is True)

    def array(self, obj: Any, dtype: Any = None, *, copy: bool = True) -> Any:
        """As numpy.array; a list of exact arrays is stacked."""
        return self.asarray(obj, dtype=dtype, copy=copy)

    def zeros(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.zeros, exact where the dtype is float64 or complex128."""
        return self.full(shape, 0.0, dtype=dtype or float)

    def ones(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.ones, exact where the dtype is float64 or complex128."""
        return self.full(shape, 1.0, dtype=dtype or float)

    def empty(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As `zeros`."""
        return self.full(shape, 0.0, dtype=dtype or float)

    def full(self, shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.full, exact where the dtype is float64 or complex128."""
        if isinstance(fill_value, ExactArray):
            wanted = dtype or fill_value.dtype
            return np.full_like(fill_value, fill_value, dtype=wanted, shape=shape)
        made = np.full(shape, fill_value, dtype=dtype)
        return _exact_where_float(made)

    def eye(self, n_rows: int, n_cols: int | None = None, /, **options: Any) -> Any:
        """As numpy.eye, exact where the dtype is float64 or complex128."""
        options.pop("device", None)
        return _exact_where_float(np.eye(n_rows, n_cols, **options))

    def arange(
        self,
        start: Any,
        /,
        stop: Any = None,
        step: Any = 1,
        *,
        dtype: Any = None,
        device: Any = None,
    ) -> Any:
        """As numpy.arange; exact bounds give an exact grid."""
        first, last = (0, start) if stop is None else (start, stop)
        if not holds_exact([first, last, step]):
            return np.arange(first, last, step, dtype=dtype)
        count = max(int(np.ceil(np.divide(np.subtract(last, first), step))), 0)
        grid = first + step * np.arange(count)
        return grid if dtype is None else cast(grid, dtype)


def _exact_where_float(array: Any) -> Any:
    if array.dtype in (np.dtype(float), np.dtype(complex)):
        return ExactArray(array) if array.dtype.kind == "c" else wrap(exactly(array), False)
    return array


namespace = Namespace()
