"""Recording: arrays that compute as usual and note every call in a `Program`.

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
from typing import Any, NoReturn, cast

import numpy as np

from adbench.engine.array import Recorded, TracedArray
from adbench.engine.errors import DifferentiationError, Location, user_location
from adbench.engine.plan import functions as pure
from adbench.engine.plan.program import (
    Call,
    Fixed,
    Guard,
    Many,
    Program,
    Ref,
    Template,
    reads,
    same,
)

NUMBERS = frozenset({bool, int, float, complex})
"""Python's numbers, which do not promote a float32 array; np.float64 is not one of them."""


class UnrecordableError(Exception):
    """The function does something that cannot be replayed: the tape has to be used."""

    def __init__(self, reason: str, location: Location | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.location = location


class Recorder:
    """Notes calls. Equal calls are made once; calls on constants only become constants."""

    def __init__(self) -> None:
        self.program = Program()
        self.open = True
        self.failure: UnrecordableError | None = None
        self.ignored: set[str] = set()
        """The floating-point errors that were silenced by np.errstate somewhere."""
        self._known: dict[Any, int] = {}
        self._seen: dict[int, tuple[Any, int]] = {}
        self._errstate = np.geterr()

    # Values.

    def input(self, value: Any) -> RecordedArray:
        """Enter an input."""
        number = self.program.new(value)
        self.program.inputs.append(number)
        return RecordedArray(self, number, value, frozen=True)

    def constant(self, value: Any) -> RecordedArray:
        """Enter a constant as something that may be written into."""
        return RecordedArray(self, self.program.constant(value), value)

    def varies(self, number: int) -> bool:
        """Whether a value depends on the inputs."""
        return number not in self.program.constants

    def number(self, value: Any) -> int:
        """The id of any array or number; what is not recorded is a constant, copied."""
        if isinstance(value, RecordedArray):
            if value.recorder is not self:
                self.fail("uses an array that was kept from another call")
            return value.id
        if type(value) is np.ndarray:
            return self._array(value)
        key = (type(value), value.tobytes() if isinstance(value, np.generic) else repr(value))
        if key not in self._known:
            self._known[key] = self._outside(value)
        return self._known[key]

    def _array(self, array: Any) -> int:
        # The user's code may write into an array after it was used: a copy stays right.
        if array.dtype.hasobject:
            self.fail(f"uses an array of dtype {array.dtype}")
        seen = self._seen.get(id(array))
        if seen is not None and same(self.program.values[seen[1]], array):
            return seen[1]
        number = self._outside(array.copy(order="K"))
        self._seen[id(array)] = (array, number)
        return number

    def _outside(self, value: Any) -> int:
        number = self.program.constant(value)
        self.program.places[number] = user_location()
        return number

    # Calls.

    def encode(self, argument: Any) -> tuple[Template, Any]:
        """An argument as a template, and with recorded arrays replaced by their values."""
        kind = type(argument)
        if kind is RecordedArray:
            if argument.recorder is not self:
                self.fail("uses an array that was kept from another call")
            return Ref(argument.id), argument.value
        if kind is np.ndarray or isinstance(argument, np.generic) or kind in (float, complex):
            number = self.number(argument)
            return Ref(number), self.program.values[number]
        if kind is slice:
            parts = [self.encode(p) for p in (argument.start, argument.stop, argument.step)]
            return Many(slice, tuple(t for t, _ in parts)), slice(*(v for _, v in parts))
        if kind in (list, tuple):
            parts = [self.encode(item) for item in argument]
            return Many(kind, tuple(t for t, _ in parts)), kind(v for _, v in parts)
        if isinstance(argument, (TracedArray, np.ndarray, dict, set)):
            self.fail(f"passes a {kind.__name__} to a NumPy function")
        try:
            hash(argument)
        except TypeError:
            self.fail(f"passes a {kind.__name__} to a NumPy function")
        return Fixed(kind, argument), argument

    def record(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call a pure function and note it."""
        if not self.open:
            raise DifferentiationError(
                "an array",
                "was kept from an earlier call of a compiled function",
                "return it from the function, or keep stop_gradient(x) in eager mode",
            )
        encoded = [self.encode(a) for a in args]
        named = {name: self.encode(a) for name, a in kwargs.items()}
        templates = tuple(t for t, _ in encoded)
        options = tuple((name, t) for name, (t, _) in named.items())
        key = (function, templates, options)
        number = self._known.get(key)
        if number is None:
            if np.geterr() != self._errstate:
                self.ignored |= {k for k, v in np.geterr().items() if v == "ignore"}
            value = function(*(v for _, v in encoded), **{k: v for k, (_, v) in named.items()})
            number = self.program.new(value)
            call = Call(function, templates, options, number)
            if any(map(self.varies, reads(call))):
                self.program.steps.append(call)
                if function in pure.VALUE_SHAPED or function is pure.getitem:
                    self._check_shape(call, value)
            else:
                self.program.constants.add(number)
            self._known[key] = number
        return self._result(number, (*args, *kwargs.values()))

    def _check_shape(self, call: Call, value: Any) -> None:
        """Where values decide a shape, that shape is a condition of the program."""
        if call.function is pure.getitem and not _masked(call.args[1], self.program.values):
            return
        if isinstance(value, tuple):
            return  # its parts are looked at one by one
        self._shape_guard(call.out)

    def _shape_guard(self, number: int) -> None:
        value = self.program.values[number]
        shape = self.program.new(value.shape)
        self.program.steps.append(Call(shape_of, (Ref(number),), (), shape))
        self.program.steps.append(Guard(shape, value.shape, user_location()))

    def _result(self, number: int, args: tuple[Any, ...]) -> Any:
        value = self.program.values[number]
        if isinstance(value, (tuple, list)):
            return self._parts(number, value)
        if isinstance(value, (bool, int)) or not isinstance(
            value, (np.ndarray, np.generic, *NUMBERS)
        ):
            return self.guard(number)
        result = RecordedArray(self, number, value)
        if type(value) is np.ndarray:
            for owner in args:
                if isinstance(owner, RecordedArray) and _overlap(owner.value, value):
                    result.owner = owner
                    owner.views.append(weakref.ref(result))
        return result

    def _parts(self, number: int, value: Any) -> Any:
        parts = []
        for i, part in enumerate(value):
            key = (pure.getitem, (Ref(number), Fixed(int, i)), ())
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = self.program.new(part)
                if self.varies(number):
                    self.program.steps.append(Call(*key, known))
                    if isinstance(part, np.ndarray) and part.dtype.kind in "iub":
                        self._shape_guard(known)
                else:
                    self.program.constants.add(known)
            parts.append(self._result(known, ()))
        return type(value)._make(parts) if hasattr(value, "_make") else type(value)(parts)

    # What cannot be noted as a call.

    def guard(self, number: int) -> Any:
        """Read a value: from here on, the program holds only for inputs that give the same."""
        value = self.program.values[number]
        if self.varies(number) and ("guard", number) not in self._known:
            self._known["guard", number] = number
            self.program.steps.append(Guard(number, value, user_location()))
        return value

    def fail(self, reason: str) -> NoReturn:
        """Give up recording. Kept, since the user's code may catch the exception."""
        self.failure = self.failure or UnrecordableError(reason, user_location())
        raise self.failure


def shape_of(x: Any) -> tuple[int, ...]:
    """x.shape, where values decide it."""
    return x.shape  # type: ignore[no-any-return]


def _overlap(a: Any, b: Any) -> bool:
    return a is b or (b.base is not None and np.may_share_memory(a, b))


def _masked(index: Template, values: list[Any]) -> bool:
    """Whether an index holds booleans, so that its values decide the result's shape."""
    if type(index) is Ref:
        return getattr(values[index.id], "dtype", None) == np.bool_
    return type(index) is Many and any(_masked(item, values) for item in index.items)


class RecordedArray(Recorded):
    """An array, or a NumPy or Python number, whose use is recorded.

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

    # What NumPy asks.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, TracedArray) for x in inputs):
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
        if any(issubclass(t, TracedArray) for t in types):
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
        from adbench.engine.namespace import namespace

        return namespace

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.recorder.guard(self.id), dtype=dtype)

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
        if isinstance(other, TracedArray):
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
        if not isinstance(self.value, np.ndarray) or isinstance(other, TracedArray):
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
