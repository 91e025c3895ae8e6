"""The array API namespace of traced arrays: NumPy's own, with arrays that can be written into.

NumPy's main namespace follows the array API standard and its functions dispatch on their
arguments. What has no array argument to dispatch on is defined here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine.array import Buffer, Recorded, TracedArray, astype, plain
from adbench.engine.operation import as_operand


class Fourier:
    """The standard's extension of Fourier transforms: NumPy's, with a dtype for frequencies."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np.fft, name)

    def __dir__(self) -> list[str]:
        return dir(np.fft)

    def fftfreq(self, n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.fft.fftfreq."""
        return np.fft.fftfreq(n, d, device=device).astype(dtype or float)

    def rfftfreq(self, n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.fft.rfftfreq."""
        return np.fft.rfftfreq(n, d, device=device).astype(dtype or float)


class Special:
    """scipy.special, where SciPy looks for it in the environment SCIPY_ARRAY_API=1."""

    def __getattr__(self, name: str) -> Any:
        try:
            from scipy.special import _ufuncs  # the public names are what looks here
        except ImportError as error:
            raise AttributeError(name) from error
        return getattr(_ufuncs, name)

    def sinc(self, x: Any) -> Any:
        """As numpy.sinc."""
        return np.sinc(x)

    def polygamma(self, n: Any, x: Any) -> Any:
        """As scipy.special.polygamma."""
        from adbench.engine.scipy import special

        return special.polygamma(n, x)

    def multigammaln(self, a: Any, d: Any) -> Any:
        """As scipy.special.multigammaln."""
        from adbench.engine.scipy import special

        return special.multigammaln(a, d)


class Namespace:
    """What `x.__array_namespace__()` returns for a traced x."""

    # array_namespace(x, data) of array-api-compat refuses arrays of two namespaces, and tells
    # namespaces apart by this name. Traced and plain arrays do mix, so they share the name.
    __name__ = "array_api_compat.numpy"
    __array_api_version__ = "2025.12"

    def __init__(self) -> None:
        self.fft = Fourier()
        self.special = Special()

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(np), *dir(type(self)), *vars(self)})

    def __repr__(self) -> str:
        return "<array API namespace of adbench.engine>"

    def asarray(
        self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
    ) -> Any:
        """As numpy.asarray; a traced array stays traced, a list of traced ones is stacked."""
        if isinstance(obj, (list, tuple)):
            obj = as_operand(obj)
        if not isinstance(obj, (TracedArray, Recorded)):
            return np.asarray(obj, dtype=dtype, device=device, copy=copy)
        result = obj if dtype is None or obj.dtype == dtype else astype(obj, dtype)
        return result.copy() if copy and result is obj else result

    def from_dlpack(self, x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
        """As numpy.from_dlpack; a traced array is itself, since it shares no other memory."""
        if not isinstance(x, (TracedArray, Recorded)):
            return np.from_dlpack(x, device=device, copy=copy)
        return x.copy() if copy else x

    def sort(
        self, x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True
    ) -> Any:
        """As numpy.sort, in either direction."""
        return np.take_along_axis(
            x, self.argsort(x, axis=axis, descending=descending, stable=stable), axis
        )

    def argsort(
        self, x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True
    ) -> Any:
        """As numpy.argsort, in either direction; equal elements keep their order."""
        value = plain(x)
        if not descending:
            return np.argsort(value, axis=axis, stable=stable)
        size = value.shape[axis]
        order = np.argsort(np.flip(value, axis), axis=axis, stable=stable)
        return size - 1 - np.flip(order, axis)

    def zeros(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.zeros, in an array that traced values may be written into."""
        return Buffer(np.zeros(shape, dtype=dtype or float, device=device))

    def ones(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.ones, in an array that traced values may be written into."""
        return Buffer(np.ones(shape, dtype=dtype or float, device=device))

    def empty(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.empty, in an array that traced values may be written into."""
        return Buffer(np.empty(shape, dtype=dtype or float, device=device))

    def full(self, shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
        """As numpy.full; the value may be traced."""
        if isinstance(fill_value, TracedArray) and fill_value.tape is not None:
            return astype(np.broadcast_to(fill_value, shape), dtype or fill_value.dtype).copy()
        return Buffer(np.full(shape, plain(fill_value), dtype=dtype, device=device))

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
        """As numpy.arange; the number of elements is piecewise constant in traced bounds."""
        bounds = (0, start, step) if stop is None else (start, stop, step)
        grid = np.arange(*map(plain, bounds), dtype=dtype, device=device)
        if not any(isinstance(b, TracedArray) and b.tape is not None for b in bounds):
            return grid
        return bounds[0] + step * np.arange(len(grid))


namespace = Namespace()

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")


def of_version(version: str | None) -> Namespace:
    """The namespace that follows a version of the standard; raises ValueError for others."""
    if version is not None and version not in VERSIONS:
        raise ValueError(f"api_version={version!r}: it is one of {', '.join(VERSIONS)}")
    return namespace
