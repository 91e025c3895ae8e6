"""Many cotangents in one sweep: an array of arrays that acts as each of them.

The rules are linear in g, and written in NumPy functions that dispatch. A `Batched` g holds many
cotangents along a leading axis that the rules do not see: what they do to g is done to each. So a
Jacobian takes one sweep, not one for each of its rows. A function without an entry in `RULES` is
called for each element, which is slower and nothing else. The entries are in `rules/batching.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from adbench.engine.array import Lifted, TracedArray

RULES: dict[Any, Callable[..., Any]] = {}
"""What a NumPy function does with batched arrays; other functions are called for each element."""

ALL = slice(None)


class UnbatchableError(Exception):
    """A batch met an array of an outer tape, which would have to be the batched one."""


class Batched(Lifted):
    """Arrays of one shape along the first axis of `value`; `shape` is that of each of them."""

    __slots__ = ("value",)
    __array_priority__ = 1100.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value = value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        refuse_traced(inputs)
        if method == "at":
            return self._at(ufunc, *inputs)
        if method == "__call__" and not kwargs and ufunc.signature is None:
            return Batched(ufunc(*aligned(inputs)))
        rule = RULES.get(ufunc if method == "__call__" else (ufunc, method))
        if rule is not None:
            return rule(*inputs, **kwargs)
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        return for_each(function, *inputs, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        refuse_traced((*args, *kwargs.values()))
        rule = RULES.get(function)
        found = NotImplemented if rule is None else rule(*args, **kwargs)
        return for_each(function, *args, **kwargs) if found is NotImplemented else found

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise UnbatchableError

    def _at(self, ufunc: Any, target: Any, index: Any, *values: Any) -> None:
        if not isinstance(target, Batched) or ufunc is not np.add or is_scattered(index):
            raise UnbatchableError
        np.add.at(target.value, behind_batch(index), target.fitting(index, values[0]))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of each array."""
        return tuple(self.value.shape[1:])

    @property
    def dtype(self) -> Any:
        """The elements' dtype."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """How many dimensions each array has."""
        return len(self.value.shape) - 1

    @property
    def size(self) -> int:
        """How many elements each array has."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def T(self) -> Any:  # noqa: N802
        """Each array transposed."""
        return np.transpose(self)

    @property
    def real(self) -> Any:
        """The real part."""
        return Batched(np.real(self.value))

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return Batched(np.imag(self.value))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        if is_scattered(index):
            return for_each(operator.getitem, self, index)
        return Batched(self.value[behind_batch(index)])

    def __setitem__(self, index: Any, values: Any) -> None:
        refuse_traced((values,))
        if is_scattered(index):
            raise UnbatchableError
        self.value[behind_batch(index)] = self.fitting(index, values)

    def fitting(self, index: Any, values: Any) -> Any:
        """Values to write at an index, their batch in front of the item's axes."""
        if not isinstance(values, Batched):
            return values
        item = np.empty(self.shape, dtype=bool)[index]
        return stretched(values, np.ndim(item))

    def __iadd__(self, other: Any) -> Any:
        refuse_traced((other,))
        added = stretched(other, self.ndim)
        if type(self.value) is not np.ndarray or type(added) is not np.ndarray:
            return self + other  # recorded: no memory that could be written into
        self.value += added
        return self

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        """As ndarray.reshape."""
        me: Any = self
        return np.reshape(me, shape[0] if len(shape) == 1 else shape, order)

    def transpose(self, *axes: Any) -> Any:
        """As ndarray.transpose."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
            (axes,) = axes
        return np.transpose(self, axes or None)

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """As ndarray.astype."""
        return Batched(self.value.astype(dtype))

    def copy(self) -> Any:
        """As ndarray.copy."""
        return Batched(self.value.copy())

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """As ndarray.sum."""
        return np.sum(self, *args, **kwargs)

    if TYPE_CHECKING:

        def __add__(self, other: Any) -> Any:
            """Installed below, as the other operators are."""


def refuse_traced(operands: Sequence[Any]) -> None:
    """An outer tape would have to record the batch; the caller then goes row by row."""
    for operand in operands:
        if isinstance(operand, TracedArray):
            raise UnbatchableError
        if type(operand) in (list, tuple):
            refuse_traced(operand)


def stretched(x: Any, ndim: int) -> Any:
    """A batch's memory with each array brought to `ndim` dimensions by leading ones."""
    if not isinstance(x, Batched):
        return x
    value = x.value
    if x.ndim >= ndim:
        return value
    return value.reshape((value.shape[0],) + (1,) * (ndim - x.ndim) + x.shape)


def aligned(operands: Sequence[Any]) -> list[Any]:
    """Operands of an elementwise function, so that the batches are their first axis."""
    ndim = max(np.ndim(x) for x in operands)
    return [stretched(x, ndim) for x in operands]


def length(operands: Any) -> int | None:
    """How many arrays the batches among operands hold; None where there is no batch."""
    for x in operands:
        if isinstance(x, Batched):
            return int(x.value.shape[0])
        found = length(x) if type(x) in (list, tuple) else None
        if found is not None:
            return found
    return None


def element(x: Any, i: int) -> Any:
    """The i-th array of a batch; anything else as it is, batches in lists picked from."""
    if isinstance(x, Batched):
        return x.value[i]
    return type(x)(element(item, i) for item in x) if type(x) in (list, tuple) else x


def for_each(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function for each array of a batch, and batch its results."""
    count = length((*args, *kwargs.values())) or 0
    results = [
        function(*(element(a, i) for a in args), **{k: element(v, i) for k, v in kwargs.items()})
        for i in range(count)
    ]
    return batch(results)


def batch(results: list[Any]) -> Any:
    """Results as one batch; several results of each as that many batches."""
    first = results[0]
    if isinstance(first, (list, tuple)):
        parts = [batch(list(part)) for part in zip(*results, strict=True)]
        return type(first)._make(parts) if hasattr(first, "_make") else type(first)(parts)
    return Batched(np.stack(results)) if hasattr(first, "dtype") else first


def rule(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what functions do with batches; NotImplemented leaves a call to `for_each`.

    The declared call is told the function, and gets the function's own arguments.
    """

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        RULES.update({function: partial(call, function) for function in functions})
        return call

    return register


# Indices.


def behind_batch(index: Any) -> tuple[Any, ...]:
    """An index of each array as one of the memory."""
    return (ALL, *index) if type(index) is tuple else (ALL, index)


def is_scattered(index: Any) -> bool:
    """Whether arrays in an index stand apart, so that NumPy moves their axes to the front."""
    if type(index) is not tuple or not any(np.ndim(i) for i in index if hasattr(i, "dtype")):
        return False
    chosen = [k for k, i in enumerate(index) if not (isinstance(i, slice) or i is None or i is ...)]
    return chosen[-1] - chosen[0] >= len(chosen)


# Operators.


def _binary(ufunc: Any, swapped: bool = False) -> Callable[[Any, Any], Any]:
    def call(self: Any, other: Any) -> Any:
        return ufunc(other, self) if swapped else ufunc(self, other)

    return call


def _install() -> None:
    cls: Any = Batched
    for name, ufunc in {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "truediv": np.divide,
        "matmul": np.matmul,
        "pow": np.power,
    }.items():
        setattr(cls, f"__{name}__", _binary(ufunc))
        setattr(cls, f"__r{name}__", _binary(ufunc, swapped=True))
    cls.__neg__ = lambda self: Batched(-self.value)


_install()
