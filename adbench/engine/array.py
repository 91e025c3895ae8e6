"""The traced array: a value, the tape it belongs to, and its id there; it acts as an ndarray.

Operators and methods are put on the class by `operators.py`, from the same rule table that
NumPy's functions reach through NEP 13 (`__array_ufunc__`) and NEP 18 (`__array_function__`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from adbench.engine.errors import DifferentiationError, calling_library_function

if TYPE_CHECKING:
    from adbench.engine.tape import Tape

HANDLERS: dict[Any, Callable[..., Any]] = {}
"""What a NumPy or SciPy function does with traced arrays; ufunc methods by (ufunc, name)."""

HINTS: dict[str, str] = {}
"""What to use instead of functions that turn their argument into a plain array, by name."""

LOADERS: list[Callable[[], None]] = []
"""Rule families that wait until a function is met that nobody knows."""


class Lifted:
    """What has to be asked before an array that is recorded below it; see `plan/recorded.py`."""

    __slots__ = ()


class TracedArray(Lifted):
    """An array on a tape. `value` is an ndarray, or an array traced by an outer tape."""

    __slots__ = ("__weakref__", "base", "id", "tape", "value", "views")
    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    tape: Any  # the Tape; None for a Buffer
    base: Any
    views: list[Any]

    def __init__(self, value: Any, tape: Tape | None, identifier: int) -> None:
        self.value = value
        self.tape = tape
        self.id = identifier

    # What NumPy asks of an array that is not its own.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            handler = HANDLERS.get(ufunc)
            if handler is not None:
                return handler(*inputs)
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        handler = HANDLERS.get(function)
        if handler is None:
            handler = find_handler(function)
        return handler(*args, **kwargs)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        from adbench.engine.namespace import of_version

        return of_version(api_version)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        name = calling_library_function()
        what = name or "a conversion to a plain NumPy array"
        hint = hint_for(what) or (
            "a list of traced values becomes an array by np.stack([...]), an array stays as it is "
            "(drop np.asarray); to write traced values into an array, make it with "
            "np.zeros_like(x, shape=...) or xp.zeros(...) from x.__array_namespace__(); "
            "stop_gradient(x) gives the plain value where a constant is meant"
        )
        raise DifferentiationError(what, "would detach a traced array from its tape", hint)

    def __dlpack__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DifferentiationError(
            "__dlpack__()",
            "would detach a traced array from its tape: another library would read its memory",
            "stop_gradient(x) for the plain value, or custom_vjp around the other library's part",
        )

    def __dlpack_device__(self) -> Any:
        return plain(self).__dlpack_device__()

    # What Python asks of a number or a sequence.

    def __float__(self) -> NoReturn:
        name = calling_library_function()
        if name is not None and hint_for(name):
            what = "would detach a traced array from its tape by float()"
            raise DifferentiationError(name, what, hint_for(name) or "")
        raise DifferentiationError(
            "float()",
            "would detach a traced array from its tape (math.* and y[i] = x call it too)",
            "leave float() out, use np.* for math.*, or float(stop_gradient(x)) for a constant; "
            "to store x in an array, make the array with np.zeros_like(x, shape=...)",
        )

    def __complex__(self) -> NoReturn:
        raise DifferentiationError(
            "complex()",
            "would detach a traced array from its tape",
            "leave complex() out, or x + 0j; complex(stop_gradient(x)) for a constant",
        )

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(plain(self))

    def __round__(self, digits: int | None = None) -> Any:
        return round(plain(self)[()], digits)

    def __floor__(self) -> Any:
        return math.floor(plain(self))

    def __ceil__(self) -> Any:
        return math.ceil(plain(self))

    def __trunc__(self) -> int:
        return int(plain(self))

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self.value)))  # type: ignore[index]

    def __contains__(self, item: Any) -> bool:
        return plain(item) in plain(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, specification: str) -> str:
        return format(plain(self), specification)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def __getattr__(self, name: str) -> Any:
        if name in ("base", "views"):  # asked for often, and mostly not there
            raise AttributeError(name)
        if not name.startswith("_") and hasattr(np.ndarray, name):
            raise MissingAttributeError(
                f"ndarray.{name}",
                "has no derivative here, or works on memory that a traced array does not have",
                "a function of NumPy's main namespace, or stop_gradient(x) for the plain value",
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # What is known without computing.

    @property
    def shape(self) -> Any:
        """The array's dimensions, a tuple of ints."""
        return self.value.shape

    @property
    def dtype(self) -> Any:
        """The elements' dtype."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """How many dimensions the array has."""
        return len(self.value.shape)

    @property
    def size(self) -> int:
        """How many elements the array has."""
        return int(self.value.size)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def device(self) -> Any:
        """Where the array lives, as the array API standard has it."""
        return plain(self).device

    if TYPE_CHECKING:

        def copy(self) -> Any:
            """Installed by `operators.py`."""

        @property
        def flat(self) -> Any:
            """Installed by `operators.py`."""


class MissingAttributeError(DifferentiationError, AttributeError):
    """An ndarray attribute that a traced array does not have; hasattr() answers False."""


class Buffer(TracedArray):
    """A constant that becomes traced by the first traced value written into it.

    `np.zeros_like(x)` gives one, so that `y = np.zeros_like(x); y[i] = v` works.
    """

    __slots__ = ()

    def __init__(self, value: Any) -> None:
        super().__init__(value, None, -1)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.asarray(self.value, *args, **kwargs)

    def __float__(self) -> float:  # type: ignore[override]
        return float(self.value)

    def __complex__(self) -> complex:  # type: ignore[override]
        return complex(self.value)

    def __index__(self) -> int:
        return self.value.__index__()  # type: ignore[no-any-return]


class Recorded:
    """An array whose use the compiled executor records; see `plan/recorded.py`.

    To the tape it is a plain value. `value` is the NumPy array that it stands for.
    """

    __slots__ = ("value",)

    value: Any

    if TYPE_CHECKING:
        dtype: Any
        owner: Any
        snapshot: Any

        def beside(self, array: Any) -> Any: ...

        def copy(self) -> Any: ...


def underlying(value: Any) -> Any:
    """The NumPy array below all tapes and below a recording."""
    value = plain(value)
    return value.value if isinstance(value, Recorded) else value


def like(value: Any) -> dict[str, Any]:
    """What NumPy's functions that make arrays need to make them in a value's own library (NEP 35).

    `np.eye(3, **like(x))` is a CuPy array where x is one.
    """
    while isinstance(value, (Lifted, Recorded)):
        value = value.value  # type: ignore[union-attr]
    return {} if isinstance(value, (np.ndarray, np.generic)) else {"like": value}


def plain(value: Any) -> Any:
    """The value below all tapes, looked for in lists and tuples too."""
    while isinstance(value, TracedArray):
        value = value.value
    kind = type(value)
    if kind is tuple or kind is list:
        return kind(plain(item) for item in value)
    if kind is slice:
        return slice(plain(value.start), plain(value.stop), plain(value.step))
    return value


def refuse_subclass(value: Any, where: str) -> None:
    """Masked arrays and matrices give NumPy's operators other meanings than the rules have."""
    if isinstance(value, (np.matrix, np.ma.MaskedArray)):
        raise DifferentiationError(
            where,
            f"got a {type(value).__name__}, whose operators do not mean what an array's do",
            "np.asarray(...), and np.where or x[mask] for what was masked",
        )


def name_of(function: Any) -> str:
    """A NumPy or SciPy function as a user would write it."""
    if isinstance(function, tuple):
        return f"{name_of(function[0])}.{function[1]}"
    module = getattr(function, "__module__", None) or (
        "numpy" if getattr(np, function.__name__, None) is function else "scipy.special"
    )
    return f"{module}.{function.__name__}"


def hint_for(name: str) -> str | None:
    """What to use instead of a function, found by its name, its bare name, or its module."""
    from adbench.engine.scipy import counterpart

    if found := counterpart(name):
        return f"{found}, the same function with derivatives"
    module, _, bare = name.rpartition(".")
    while name and name not in HINTS:
        name = name.rpartition(".")[0]
    return HINTS.get(f"{module}.{bare}") or HINTS.get(bare) or HINTS.get(name)


def find_handler(function: Any) -> Callable[..., Any]:
    """The handler of a function that was not in the table, once every family is loaded."""
    while LOADERS:
        LOADERS.pop()()
    handler = HANDLERS.get(function)
    if handler is None:
        name = name_of(function)
        raise DifferentiationError(
            name,
            "has no derivative rule in this engine",
            hint_for(name)
            or "functions that are covered (see docs/engine-coverage.md), or a rule of your own by "
            "custom_vjp; stop_gradient(x) passes the plain value where a constant is meant",
        )
    return handler


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ufunc call off the fast path: methods, `out`, `where`, `dtype`."""
    if method != "__call__":
        if isinstance(kwargs.get("out"), tuple):
            (kwargs["out"],) = kwargs["out"]
        return find_handler((ufunc, method))(*inputs, **kwargs)
    handler = HANDLERS.get(ufunc) or find_handler(ufunc)
    out = kwargs.pop("out", None)
    where = kwargs.pop("where", True)
    dtype = kwargs.pop("dtype", None)
    for name in ("casting", "order", "subok"):
        kwargs.pop(name, None)  # they decide layout and checks, not values
    if not accepts(handler, kwargs):
        raise DifferentiationError(name_of(ufunc), f"options {sorted(kwargs)} are not supported")
    if dtype is not None:
        inputs = tuple(astype(x, dtype) for x in inputs)
    result = handler(*inputs, **kwargs)
    if out is None:
        if where is not True:
            raise DifferentiationError(
                name_of(ufunc),
                "where= without out= leaves elements undefined",
                "np.where(condition, f(x), other)",
            )
        return result
    (target,) = out if isinstance(out, tuple) else (out,)
    if where is not True:
        result = HANDLERS[np.where](where, result, target)
    return write(target, result, name_of(ufunc))


def accepts(handler: Callable[..., Any], kwargs: dict[str, Any]) -> bool:
    """Whether a handler is a composition that takes these options by name."""
    return not kwargs or (
        isinstance(handler, FunctionType) and set(kwargs) <= {*(handler.__kwdefaults__ or ())}
    )


def astype(x: Any, dtype: Any) -> Any:
    """x with another dtype; a Python number becomes a scalar."""
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype=dtype)[()]


def write(target: Any, result: Any, function: str) -> Any:
    """Put `result` into an `out=` argument."""
    if not isinstance(target, TracedArray):
        raise DifferentiationError(
            function,
            "cannot write a traced result into a plain NumPy array",
            "y = y + x in place of y += x and of out=y, or make y by np.zeros_like(x, shape=...)",
        )
    target[...] = result
    return target
