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
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from adbench.engine.array import Lifted, Recorded, TracedArray
from adbench.engine.plan import functions as pure

if TYPE_CHECKING:
    from adbench.engine.plan.recorder import Recorder

NUMBERS = frozenset({bool, int, float, complex})
"""Python's numbers, which do not promote a float32 array; np.float64 is not one of them."""


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
        return self.recorder.record(*canonical(function, args, kwargs))

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
        """As ndarray.copy: the same value, which may be written into."""
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


METADATA = frozenset({"ndim", "size", "itemsize", "nbytes", "device", "is_integer"})
METHODS = tuple(
    "sum mean prod max min std var cumsum cumprod dot clip squeeze swapaxes repeat take diagonal "  # noqa: SIM905
    "trace round conj conjugate all any argmax argmin argsort argpartition nonzero searchsorted "
    "ravel compress choose".split()
)
BINARY = {
    "add": (np.add, operator.add),
    "sub": (np.subtract, operator.sub),
    "mul": (np.multiply, operator.mul),
    "truediv": (np.divide, operator.truediv),
    "matmul": (np.matmul, operator.matmul),
    "pow": (np.power, operator.pow),
    "mod": (np.remainder, operator.mod),
    "floordiv": (np.floor_divide, operator.floordiv),
    "and": (np.bitwise_and, operator.and_),
    "or": (np.bitwise_or, operator.or_),
    "xor": (np.bitwise_xor, operator.xor),
    "lshift": (np.left_shift, operator.lshift),
    "rshift": (np.right_shift, operator.rshift),
}
COMPARISON = {
    "lt": (np.less, operator.lt),
    "le": (np.less_equal, operator.le),
    "gt": (np.greater, operator.gt),
    "ge": (np.greater_equal, operator.ge),
    "eq": (np.equal, operator.eq),
    "ne": (np.not_equal, operator.ne),
}
UNARY = {
    "neg": (np.negative, operator.neg),
    "pos": (np.positive, operator.pos),
    "abs": (np.absolute, operator.abs),
    "invert": (np.invert, operator.invert),
}


def concrete(value: Any) -> Any:
    """The value that was recorded, looked for in lists and tuples too."""
    if isinstance(value, Recorded):
        return value.value
    return type(value)(map(concrete, value)) if type(value) in (list, tuple) else value


def canonical(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call in the one form that the later passes look for."""
    if kwargs:
        kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
    if function is np.reshape and kwargs.keys() <= {"order"}:
        return pure.reshape, (*args, *kwargs.values()), {}
    if function in REDUCTIONS and len(args) == 1 and kwargs.keys() <= {"axis", "keepdims"}:
        options = {"axis": kwargs.get("axis")}
        if kwargs.get("keepdims"):
            options["keepdims"] = True
        return REDUCTIONS[function].reduce, args, options
    if function is np.copy:
        return pure.copy, args[:1], {}
    return function, args, kwargs


REDUCTIONS: dict[Any, Any] = {
    np.sum: np.add,
    np.prod: np.multiply,
    np.max: np.maximum,
    np.min: np.minimum,
}


def _binary(ufunc: Any, python: Any, swapped: bool = False) -> Callable[[Any, Any], Any]:
    def call(self: Any, other: Any) -> Any:
        if isinstance(other, Lifted):
            return NotImplemented
        mine = self.value
        plain = type(mine) in NUMBERS and type(concrete(other)) in NUMBERS
        function = python if plain else ufunc
        if ufunc is np.power and not swapped and type(other) in (int, float):
            function = _power(mine, other) or function
            if function is not ufunc:
                return self.recorder.record(function, (self,), {})
        return self.recorder.record(function, (other, self) if swapped else (self, other), {})

    return call


def _power(x: Any, exponent: float) -> Any:
    """What NumPy's operator ** computes for these exponents, faster than pow()."""
    if type(x) is not np.ndarray or x.dtype.kind not in "fc":
        return None
    return {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}.get(exponent)


def _in_place(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def update(self: Any, other: Any) -> Any:
        if not isinstance(self.value, np.ndarray) or isinstance(other, Lifted):
            return NotImplemented
        result = call(self, other)
        if result.shape != self.shape:
            raise ValueError(f"cannot broadcast the result {result.shape} in place to {self.shape}")
        self.become(result if result.dtype == self.dtype else result.astype(self.dtype))
        return self

    return update


def _unary(ufunc: Any, python: Any) -> Callable[[Any], Any]:
    def call(self: Any) -> Any:
        return self.recorder.record(python if type(self.value) in NUMBERS else ufunc, (self,), {})

    return call


def _method(function: Any) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _install() -> None:
    cls: Any = RecordedArray
    for name, (ufunc, python) in BINARY.items():
        forward = _binary(ufunc, python)
        setattr(cls, f"__{name}__", forward)
        setattr(cls, f"__r{name}__", _binary(ufunc, python, swapped=True))
        setattr(cls, f"__i{name}__", _in_place(forward))
    for name, (ufunc, python) in COMPARISON.items():
        setattr(cls, f"__{name}__", _binary(ufunc, python))
    for name, operation in UNARY.items():
        setattr(cls, f"__{name}__", _unary(*operation))
    for name in METHODS:
        setattr(cls, name, _method(getattr(np, name)))


_install()
