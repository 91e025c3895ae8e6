"""The program that a recording leaves: calls of pure functions, and guards, on numbered values.

An argument of a call is a template: `Ref` names a value, `Fixed` holds something that is the
same in every run, `Many` is a list, tuple or slice of templates. Templates are hashable, so
that equal calls are found by a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, final

import numpy as np

from adbench.engine.errors import Location


@final
class Ref(NamedTuple):
    """A value of the program: an input, a constant, or the result of an earlier call."""

    id: int


@final
class Fixed(NamedTuple):
    """Something that does not change. Its type keeps 1, 1.0 and True apart."""

    kind: type
    value: Any


@final
class Many(NamedTuple):
    """A list, tuple or slice of templates."""

    kind: type
    items: tuple[Any, ...]


Template: TypeAlias = Ref | Fixed | Many


@final
class Call(NamedTuple):
    """`out = function(*args, **kwargs)`."""

    function: Callable[..., Any]
    args: tuple[Template, ...]
    kwargs: tuple[tuple[str, Template], ...]
    out: int


@final
class Guard(NamedTuple):
    """The value `id` has to be `expected`, or the program is not what the function would do."""

    id: int
    expected: Any
    location: Location | None


Step: TypeAlias = Call | Guard


@dataclass(slots=True, eq=False)
class Program:
    """What a function of arrays did, as steps in order.

    `values` has every value by id as it was when it was recorded; `constants` are the ids of
    those that no input reaches.
    """

    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    constants: set[int] = field(default_factory=set)
    places: dict[int, Location | None] = field(default_factory=dict)
    """Where the constants that came from outside were first used."""

    def new(self, value: Any) -> int:
        """Number a value."""
        self.values.append(value)
        return len(self.values) - 1

    def constant(self, value: Any) -> int:
        """Number a value that is the same in every run."""
        number = self.new(value)
        self.constants.add(number)
        return number

    def forget(self) -> None:
        """Drop the values that another recording would not be compared with."""
        for number in range(len(self.values)):
            if number not in self.constants:
                self.values[number] = None

    def guards(self) -> list[Guard]:
        """The guards, in order."""
        return [step for step in self.steps if type(step) is Guard]


def literal(shape: tuple[int, ...]) -> Template:
    """A shape as an argument."""
    return Many(tuple, tuple(Fixed(int, n) for n in shape))


def refs(template: Template) -> Iterator[int]:
    """The values that a template names."""
    if type(template) is Ref:
        yield template.id
    elif type(template) is Many:
        for item in template.items:
            yield from refs(item)


def reads(call: Call) -> list[int]:
    """The values that a call reads."""
    found = []
    for template in call.args:
        if type(template) is Ref:
            found.append(template.id)
        elif type(template) is Many:
            found += refs(template)
    for _, template in call.kwargs:
        found += refs(template)
    return found


def fill(template: Template, value_of: Callable[[int], Any]) -> Any:
    """The object that a template stands for."""
    if type(template) is Ref:
        return value_of(template.id)
    if type(template) is Fixed:
        return template.value
    items = [fill(item, value_of) for item in template.items]
    return slice(*items) if template.kind is slice else template.kind(items)


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the last bit, NaN and the sign of zero included."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        return _same_bytes(a, b) if a.nbytes <= 64 else _same_arrays(np.asarray(a), b)
    if isinstance(a, (list, tuple)):  # of several results
        return len(a) == len(b) and all(map(same, a, b))
    if type(a) is float:
        return bool(a.hex() == b.hex())
    if type(a) is complex:
        return same(a.real, b.real) and same(a.imag, b.imag)
    return bool(a == b)


def _same_bytes(a: Any, b: Any) -> bool:
    return bool(a.tobytes() == b.tobytes())


def _same_arrays(a: Any, b: Any) -> bool:
    if a.dtype.hasobject:
        return False
    if a.flags.c_contiguous and b.flags.c_contiguous:
        word = np.uint64 if a.nbytes % 8 == 0 else np.uint8
        return bool(np.array_equal(a.reshape(-1).view(word), b.reshape(-1).view(word)))
    return _same_bytes(a, b)
