"""The recorder: notes every call that recorded arrays are part of in a `Program`."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from adbench.engine.array import TracedArray
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
from adbench.engine.plan.recorded import RecordedArray


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
        encode = self.encode
        encoded = [encode(a) for a in args]
        templates = tuple([t for t, _ in encoded])
        options: tuple[Any, ...] = ()
        given: dict[str, Any] = {}
        if kwargs:
            named = [(name, *encode(a)) for name, a in kwargs.items()]
            options = tuple([(name, t) for name, t, _ in named])
            given = {name: value for name, _, value in named}
        key = (function, templates, options)
        number = self._known.get(key)
        if number is None:
            if np.geterr() != self._errstate:
                self.ignored |= {k for k, v in np.geterr().items() if v == "ignore"}
            value = function(*[v for _, v in encoded], **given)
            number = self.program.new(value)
            call = Call(function, templates, options, number)
            if not self.program.constants.issuperset(reads(call)):
                self.program.steps.append(call)
                if function in pure.VALUE_SHAPED or function is pure.getitem:
                    self._check_shape(call, value)
            else:
                self.program.constants.add(number)
            self._known[key] = number
        return self._result(number, (*args, *kwargs.values()) if kwargs else args)

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
        if not isinstance(value, (np.ndarray, np.generic, float, complex)):
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
