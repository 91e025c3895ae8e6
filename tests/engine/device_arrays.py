"""Arrays that are strange to NumPy, as CuPy's are: for rules that must not name NumPy's own.

Like CuPy's, they take part in NumPy's functions by NEP 13 and NEP 18, hold 0-d results as arrays,
refuse to be turned into NumPy arrays, and refuse NumPy arrays as operands. What CuPy has not
implemented they have all the same, and their memory is no device's.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np


class DeviceArray:
    """An array that only others of its kind, and numbers, may be combined with."""

    __array_priority__ = 100.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, data: Any, base: DeviceArray | None = None) -> None:
        self.data_ = np.asarray(data)
        self.base = base  # the array that owns the memory

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("implicit conversion to a NumPy array")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(is_lifted(x) for x in inputs):
            return NotImplemented
        if method == "at":
            target, index, *values = inputs
            ufunc.at(target.data_, inside(index, index=True), *map(inside, values))
            return None
        return applied(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(is_lifted(kind) for kind in types):
            return NotImplemented
        if function is np.asarray:  # brings an array onto the device
            return DeviceArray(np.asarray(inside(args[0], index=True), *args[1:], **kwargs))
        return applied(function, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.data_, name)
        if callable(found):
            return lambda *args, **kwargs: of_owner(found(*map(inside, args), **kwargs), self)
        return wrapped(found)

    def __getitem__(self, index: Any) -> Any:
        return of_owner(self.data_[inside(index, index=True)], self)

    def __setitem__(self, index: Any, value: Any) -> None:
        self.data_[inside(index, index=True)] = inside(value)

    def __len__(self) -> int:
        return len(self.data_)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.data_)

    def __int__(self) -> int:
        return int(self.data_)

    def __index__(self) -> int:
        return operator.index(self.data_)

    def __float__(self) -> float:
        return float(self.data_)


def inside(value: Any, index: bool = False) -> Any:
    """What NumPy computes with, in place of device arrays."""
    if isinstance(value, DeviceArray):
        return value.data_
    if isinstance(value, np.ndarray) and not index:
        raise TypeError("a NumPy array beside one on a device")
    if type(value) in (list, tuple):
        return type(value)(inside(item, index) for item in value)
    return value


def wrapped(value: Any) -> Any:
    """NumPy's results as device arrays."""
    if isinstance(value, (np.ndarray, np.generic)):
        return DeviceArray(value)
    if isinstance(value, (list, tuple)):
        parts = [wrapped(item) for item in value]
        return type(value)._make(parts) if hasattr(value, "_make") else type(value)(parts)
    return value


def of_owner(value: Any, owner: DeviceArray) -> Any:
    """A result of one array, which may be a view of it."""
    result = wrapped(value)
    if isinstance(result, DeviceArray) and np.shares_memory(result.data_, owner.data_):
        result.base = owner if owner.base is None else owner.base
    return result


def applied(function: Any, args: Any, kwargs: Any) -> Any:
    out = kwargs.pop("out", None)
    result = wrapped(function(*map(inside, args), **{k: inside(v) for k, v in kwargs.items()}))
    if out is None:
        return result
    (target,) = out if isinstance(out, tuple) else (out,)
    target[...] = result
    return target


def _install() -> None:
    for name in "add sub mul truediv floordiv mod pow matmul and or xor".split():  # noqa: SIM905
        dunder = f"__{name}__"
        forward = getattr(operator, dunder)
        setattr(
            DeviceArray,
            dunder,
            lambda self, other, call=forward: (
                NotImplemented if is_lifted(other) else applied(call, (self, other), {})
            ),
        )
        setattr(
            DeviceArray,
            f"__r{name}__",
            lambda self, other, call=forward: applied(call, (other, self), {}),
        )
    for name in "lt le gt ge eq ne".split():  # noqa: SIM905
        forward = getattr(operator, name)
        setattr(
            DeviceArray,
            f"__{name}__",
            lambda self, other, call=forward: (
                NotImplemented if is_lifted(other) else applied(call, (self, other), {})
            ),
        )
    for name in "neg pos abs invert".split():  # noqa: SIM905
        forward = getattr(operator, name)
        setattr(DeviceArray, f"__{name}__", lambda self, call=forward: applied(call, (self,), {}))


def is_lifted(other: Any) -> bool:
    """Whether an operand, or one of that type, is one that should answer in place of these."""
    if isinstance(other, np.ndarray) or other is np.ndarray:
        return False
    return getattr(other, "__array_priority__", 0.0) > DeviceArray.__array_priority__


_install()
