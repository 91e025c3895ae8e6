"""The exact array: an object array of 50-digit numbers that acts as a float64 or complex128 one.

NumPy's functions reach it by NEP 13 (`__array_ufunc__`) and NEP 18 (`__array_function__`), array
API code by `__array_namespace__`. Plain arrays and numbers that meet it are taken exactly.
Whatever is not covered raises CannotReplay; nothing falls back to double precision.

Casts. To float64 (or complex128) and back nothing changes. To an integer or bool dtype the
values are truncated or tested and the result is a plain NumPy array. To a coarser float it
refuses: rounding would turn the function into steps, whose derivative says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from adbench.numeric.exact.numbers import Objects, box, complexly, doubles, exactly, nearest, number
from adbench.numeric.refusal import MissingAttributeError, refuse

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
"""What a NumPy function does with exact arrays."""

_FLOAT = np.dtype(np.float64)
_COMPLEX = np.dtype(np.complex128)


class ExactArray:
    """An array of numbers of 50 digits. `raw` holds mpf, or mpc where `complex` is true."""

    __slots__ = ("complex", "raw")
    __array_priority__ = 2000.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, values: Any, complex_: bool | None = None) -> None:
        if complex_ is None:
            complex_ = is_complex(values)
        raw = values.raw if isinstance(values, ExactArray) else values
        self.raw: Objects = complexly(raw) if complex_ else exactly(raw)
        self.complex = complex_

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from adbench.numeric.exact.ufuncs import call_ufunc

        return call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        handler = FUNCTIONS.get(function)
        if handler is None:
            raise refuse(f"{function.__module__}.{function.__name__}", "is not covered")
        return handler(*args, **kwargs)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        from adbench.numeric.exact.namespace import namespace

        return namespace

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise refuse("numpy.asarray", "would make a plain array in double precision")

    def __float__(self) -> NoReturn:
        raise refuse("float()", "would fall back to double precision")

    def __complex__(self) -> NoReturn:
        raise refuse("complex()", "would fall back to double precision")

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError("the truth value of an array with more than one element is ambiguous")
        return bool(self.raw.item() != 0)

    def __int__(self) -> int:
        return int(self._only())

    def __round__(self, digits: int = 0) -> Any:
        return self.round(digits)

    def _only(self) -> Any:
        if self.size != 1 or self.complex:
            raise TypeError("only real arrays of one element can be converted")
        return self.raw.item()

    def __len__(self) -> int:
        return len(self.raw)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool(np.any(self == item))

    def __getitem__(self, index: Any) -> Any:
        return wrap(self.raw[_plain_index(index)], self.complex)

    def __setitem__(self, index: Any, value: Any) -> None:
        if is_complex(value) and not self.complex:
            raise TypeError("cannot put complex numbers into a real array")
        self.raw[_plain_index(index)] = raw_of(value, self.complex)[()]

    def __repr__(self) -> str:
        return f"ExactArray({doubles(self.raw, self.complex)!r})"

    def __str__(self) -> str:
        return str(doubles(self.raw, self.complex)[()])

    def __format__(self, specification: str) -> str:
        return format(doubles(self.raw, self.complex)[()], specification)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(np.ndarray, name):
            raise MissingAttributeError(f"numpy.ndarray.{name}", "is not covered")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's dimensions."""
        return self.raw.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that the array stands for: float64 or complex128."""
        return _COMPLEX if self.complex else _FLOAT

    @property
    def ndim(self) -> int:
        """How many dimensions the array has."""
        return self.raw.ndim

    @property
    def size(self) -> int:
        """How many elements the array has."""
        return self.raw.size

    @property
    def itemsize(self) -> int:
        """Bytes per element of the dtype that the array stands for."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of an array of that dtype."""
        return self.size * self.itemsize

    @property
    def device(self) -> str:
        """Where the array lives, as the array API standard has it."""
        return "cpu"

    def to_device(self, device: str, /, *, stream: Any = None) -> ExactArray:
        """The array itself: there is one device."""
        return self

    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        """All axes reversed."""
        return wrap(self.raw.T, self.complex)

    @property
    def mT(self) -> Any:  # noqa: N802  (NumPy's name)
        """The last two axes swapped."""
        return wrap(self.raw.mT, self.complex)

    @property
    def flat(self) -> Iterator[Any]:
        """The elements in order, for reading."""
        return (wrap(box(value), self.complex) for value in self.raw.ravel())

    def item(self, *index: Any) -> Any:
        """One element, as an exact array of no dimensions."""
        return wrap(box(self.raw.item(*index)), self.complex)

    def tolist(self) -> Any:
        """Nested lists of exact arrays of no dimensions."""
        return [row.tolist() for row in self] if self.ndim else self.item()

    def copy(self, order: str = "C") -> ExactArray:
        """Another array with the same numbers."""
        return wrap(self.raw.copy(), self.complex)

    def astype(self, dtype: Any, *args: Any, copy: bool = True, **options: Any) -> Any:
        """The array cast to another dtype; see the module's words on casts."""
        return cast(self, dtype, copy)

    def fill(self, value: Any) -> None:
        """Set every element to `value`."""
        self[...] = value

    def sort(self, axis: int = -1) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis=axis)

    def reshape(self, *shape: Any, order: Any = "C", copy: Any = None) -> Any:
        """The numbers in another shape, given as a tuple or as several integers."""
        if len(shape) == 1:
            (shape,) = shape
        return wrap(self.raw.reshape(shape, order=order), self.complex)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, given as a tuple or as several integers."""
        return wrap(self.raw.transpose(*axes), self.complex)

    def flatten(self, order: Any = "C") -> Any:
        """A copy with one axis."""
        return wrap(self.raw.flatten(order), self.complex)


def wrap(raw: Objects, complex_: bool) -> ExactArray:
    """An exact array around numbers that need no conversion; it shares their memory."""
    array = ExactArray.__new__(ExactArray)
    array.raw = box(raw)
    array.complex = complex_
    return array


def is_complex(value: Any) -> bool:
    """Whether an array, a number or a nested sequence of them is complex."""
    if isinstance(value, ExactArray):
        return value.complex
    if isinstance(value, (list, tuple)):
        return any(is_complex(item) for item in value)
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(np.iscomplexobj(item) or hasattr(item, "_mpc_") for item in value.flat)
    return isinstance(value, complex) or np.iscomplexobj(value)


def holds_exact(value: Any) -> bool:
    """Whether an exact array is somewhere in a nested sequence."""
    if isinstance(value, (list, tuple)):
        return any(holds_exact(item) for item in value)
    return isinstance(value, ExactArray)


def raw_of(value: Any, complex_: bool = False) -> Objects:
    """The numbers of anything that NumPy would take for an array; mpc where `complex_` is true."""
    if isinstance(value, ExactArray):
        raw = value.raw
        return complexly(raw) if complex_ and not value.complex else raw
    if isinstance(value, (list, tuple)) and holds_exact(value):
        return np.stack([raw_of(item, complex_) for item in value])
    values = value if isinstance(value, (float, int)) else np.asarray(value)
    if isinstance(values, (float, int)):
        return box(number(complex(values) if complex_ else values))
    return complexly(values) if complex_ else exactly(values)


def cast(array: ExactArray, dtype: Any, copy: bool = True) -> Any:
    """`array` as another dtype; see the module's words on casts."""
    wanted = np.dtype(dtype)
    if wanted == array.dtype:
        return array.copy() if copy else array
    if wanted == _COMPLEX:
        return wrap(complexly(array.raw), True)
    if wanted.kind in "iu" and not array.complex:
        return np.array([int(x) for x in array.raw.ravel()], dtype=wanted).reshape(array.shape)
    if wanted.kind == "b":
        return np.asarray(array.raw != 0, dtype=bool)
    raise refuse(f"astype({wanted})", f"rounds or drops what {array.dtype} holds")


def shape_only(array: ExactArray) -> Any:
    """A plain array of the same shape and dtype that occupies no memory."""
    return np.broadcast_to(np.zeros((), dtype=array.dtype), array.shape)


def print_value(array: ExactArray) -> Any:
    """The nearest doubles, for printing."""
    if array.complex or array.ndim:
        return doubles(array.raw, array.complex)
    return np.float64(nearest(array.raw.item()))


def _plain_index(index: Any) -> Any:
    if holds_exact(index):
        raise IndexError("only integers, slices and boolean or integer arrays are valid indices")
    return index
