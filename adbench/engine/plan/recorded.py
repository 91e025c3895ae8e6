"""Recorded arrays: they compute as usual, and their recorder notes what was done with them.

A recorded array is what the tape, the derivative rules and the user's function get in place
of an array, so that the forward pass and the backward sweep end up in one program. It never
changes in memory: writing into one makes it stand for another value, as on the tape. Where
memory that two names share would make that visible, recording is given up.
"""

from __future__ import annotations

import math
import operator
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from adbench.engine.array import Lifted, Recorded, TracedArray
from adbench.engine.plan import functions as pure

if TYPE_CHECKING:
    from adbench.engine.plan.recorder import Recorder

METADATA = frozenset({"ndim", "size", "itemsize", "nbytes", "device", "is_integer"})
"""What is known of an array without looking at its elements."""


class RecordedArray(Recorded):
    """An array, or a NumPy or Python number, whose use is recorded.

    `isinstance` takes it for what it stands for; `type` tells the truth.

    A view knows its `owner` and, if it is an item of it, its `index`; an owner knows its views.
    Inputs are `frozen`: they belong to the caller.
    """

    __slots__ = ("__weakref__", "frozen", "id", "index", "owner", "recorder", "views")
    __array_priority__ = 900.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, recorder: Recorder, number: int, value: Any, frozen: bool = False) -> None:
        self.recorder = recorder
        self.id = number
        self.value = value
        self.frozen = frozen
        self.owner: RecordedArray | None = None
        self.index: Any = None
        self.views: list[weakref.ref[RecordedArray]] = []

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """The recorded value's class, for isinstance: the user's code asks it of data."""
        return type(self.value)

    # What NumPy asks.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, Lifted) for x in inputs):
            return NotImplemented
        out = kwargs.pop("out", None)
        if method == "at":
            return self._at(ufunc, *inputs)
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        result = self.recorder.record(function, inputs, kwargs)
        if out is None:
            return result
        (target,) = out
        if not isinstance(target, RecordedArray):
            self.recorder.fail(f"writes the result of {ufunc.__name__} into a captured array")
        target[...] = result
        return target

    def _at(self, ufunc: Any, target: Any, index: Any, *values: Any) -> None:
        if ufunc is not np.add or not isinstance(target, RecordedArray):
            self.recorder.fail(f"calls numpy.{ufunc.__name__}.at")
        target.become(self.recorder.record(pure.add_at, (target, *values, index), {}))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(issubclass(t, Lifted) for t in types):
            return NotImplemented
        if function in pure.QUERIES:
            return function(*map(concrete, args), **{k: concrete(v) for k, v in kwargs.items()})
        if function in pure.BLANK:
            kwargs = {k: concrete(v) for k, v in kwargs.items()}
            made = function(*map(concrete, args), **kwargs)
            return self.recorder.constant(made if function is not np.empty_like else made * 0)
        if function in pure.WRITERS or kwargs.get("out") is not None:
            self.recorder.fail(f"writes into an array by numpy.{function.__name__}")
        return self.recorder.record(*pure.canonical(function, args, kwargs))

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        from adbench.engine.namespace import of_version

        return of_version(api_version)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.recorder.guard(self.id), dtype=dtype)

    def __dlpack_device__(self) -> Any:
        return np.asarray(self.value).__dlpack_device__()

    # What Python asks. The value that is read becomes a condition of the program.

    def __bool__(self) -> bool:
        return bool(self.recorder.record(operator.truth, (self,), {}))

    def __int__(self) -> int:
        return int(self.recorder.record(int, (self,), {}))

    def __index__(self) -> int:
        return int(self.recorder.record(operator.index, (self,), {}))

    def __float__(self) -> float:
        return float(self.recorder.guard(self.id))

    def __complex__(self) -> complex:
        return complex(self.recorder.guard(self.id))

    def __round__(self, digits: int | None = None) -> Any:
        return self.recorder.record(round, (self,) if digits is None else (self, digits), {})

    def __floor__(self) -> Any:
        return self.recorder.record(math.floor, (self,), {})

    def __ceil__(self) -> Any:
        return self.recorder.record(math.ceil, (self,), {})

    def __trunc__(self) -> Any:
        return self.recorder.record(math.trunc, (self,), {})

    def __contains__(self, item: Any) -> bool:
        return bool(self.recorder.record(operator.contains, (self, item), {}))

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        if np.ndim(self.value) == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self.value)))

    def __repr__(self) -> str:
        return repr(self.value)

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, specification: str) -> str:
        return format(self.value, specification)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(self.value, name):
            raise AttributeError(f"{type(self.value).__name__!r} object has no attribute {name!r}")
        if name in METADATA:
            return getattr(self.value, name)
        return self.recorder.fail(f"uses ndarray.{name}")

    # Items.

    def __getitem__(self, index: Any) -> Any:
        item = self.recorder.record(pure.getitem, (self, index), {})
        if isinstance(item, RecordedArray) and item.owner is self:
            item.index = (index,)
        return item

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, TracedArray):
            value.__array__()
        if getattr(value, "owner", None) is self and value.index and value.index[0] is index:
            return  # the end of x[index] += y: it was written through the view x[index]
        self.become(self.recorder.record(pure.setitem, (self, value, index), {}))

    def become(self, other: RecordedArray, through: RecordedArray | None = None) -> None:
        """Stand for another value, as if it had been written into this array's memory.

        `through` is the view that was written into, if it was one.
        """
        if self.frozen or not isinstance(self.value, np.ndarray):
            self.recorder.fail("writes into an input")
        alive = [view for view in (reference() for reference in self.views) if view is not None]
        if any(view is not through for view in alive):
            self.recorder.fail("writes into an array that has views")
        if self.owner is not None:
            if self.index is None:
                self.recorder.fail("writes into a view")
            (index,) = self.index
            whole = self.recorder.record(pure.setitem, (self.owner, other, index), {})
            self.owner.become(whole, self)
        self.id, self.value = other.id, other.value

    def beside(self, array: Any) -> RecordedArray:
        """A recorded copy of an array, which recorded values can be written into."""
        if isinstance(array, RecordedArray):
            return cast(RecordedArray, array.copy())
        return RecordedArray(self.recorder, self.recorder.number(array), array)

    # Methods whose signature differs from the function's.

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> Any:
        """As ndarray.reshape."""
        shape = shape[0] if len(shape) == 1 else shape
        return self.recorder.record(pure.reshape, (self, shape, order), {})

    def transpose(self, *axes: Any) -> Any:
        """As ndarray.transpose."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
            (axes,) = axes
        return self.recorder.record(np.transpose, (self, axes or None), {})

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """As ndarray.astype, always a copy."""
        return self.recorder.record(pure.astype, (self, np.dtype(dtype)), {})

    def copy(self, order: Any = "C") -> Any:
        """As ndarray.copy: the same value, which may be written into.

        Where the elements come to lie in another order, sums of them are rounded otherwise.
        """
        if np.ndim(self.value) > 1 and order == "C" and not self.value.flags.c_contiguous:
            return self.recorder.record(pure.copy, (self,), {}).snapshot()
        return self.snapshot()

    def snapshot(self) -> RecordedArray:
        """What stands for the value that this array stands for now."""
        return RecordedArray(self.recorder, self.id, self.value)

    def flatten(self, order: Any = "C") -> Any:
        """As ndarray.flatten."""
        return self.reshape(-1, order=order).copy()

    def item(self, *index: Any) -> Any:
        """As ndarray.item: a Python number, which becomes a condition of the program."""
        value = self.recorder.guard(self.id)
        return value.item(*index) if hasattr(value, "item") else value

    def tolist(self) -> Any:
        """As ndarray.tolist."""
        return self.recorder.guard(self.id).tolist()

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """As ndarray.to_device, which knows one device."""
        np.asarray(self.value).to_device(device, stream=stream)
        return self

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    @property
    def T(self) -> Any:  # noqa: N802
        """As ndarray.T."""
        return self.recorder.record(np.transpose, (self,), {})

    @property
    def mT(self) -> Any:  # noqa: N802
        """As ndarray.mT."""
        return self.recorder.record(np.swapaxes, (self, -1, -2), {})

    @property
    def real(self) -> Any:
        """As ndarray.real."""
        return self.recorder.record(np.real, (self,), {})

    @property
    def imag(self) -> Any:
        """As ndarray.imag."""
        return self.recorder.record(np.imag, (self,), {})

    @property
    def shape(self) -> Any:
        """As ndarray.shape."""
        return self.value.shape

    @property
    def dtype(self) -> Any:
        """As ndarray.dtype."""
        return self.value.dtype


def concrete(value: Any) -> Any:
    """The value that was recorded, looked for in lists and tuples too."""
    if isinstance(value, Recorded):
        return value.value
    return type(value)(map(concrete, value)) if type(value) in (list, tuple) else value
