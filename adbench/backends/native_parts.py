"""The native engine's custom_vjp rules at work in a function, and where its adjoints get lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from adbench.backends.calling import Call
from adbench.backends.parts import Kept, part_call, place_of, user_place
from adbench.backends.protocol import Arrays, BoundFunction, Lost, Narrowing, Part, Place
from adbench.engine import custom_vjp
from adbench.engine.inspect import Followed, derivative_of, follow

_MOST = 8
_lock = threading.Lock()


def rules_at_work(run: Callable[[], object], bind: Callable[[Call], BoundFunction]) -> list[Part]:
    """The parts that are met in `run`, a call of the function on plain arrays."""
    kept = Kept()
    with _noting(kept):
        run()
    parts = []
    for rule, arguments, called in kept.calls:
        call = part_call(rule, arguments, lambda argument: argument)
        if call is not None:
            name = getattr(rule.function, "__qualname__", "custom_vjp")
            parts.append(Part(name, bind(call), place_of(rule.backward), called))
    return parts


@contextmanager
def _noting(kept: Kept) -> Iterator[None]:
    plain = custom_vjp.__call__

    def noting(self: custom_vjp, *arguments: Any) -> Any:
        kept.add(self, tuple(map(_copied, arguments)), user_place())
        return plain(self, *arguments)

    with _lock:
        custom_vjp.__call__ = noting  # type: ignore[method-assign]
        try:
            yield
        finally:
            custom_vjp.__call__ = plain  # type: ignore[method-assign]


def _copied(argument: Any) -> Any:
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def first_lost(
    function: Callable[..., list[Any]], x: Arrays, cotangents: Callable[[list[Any]], list[Any]]
) -> Lost | None:
    """The record whose formula turned a finite adjoint into one that is not."""
    adjoints: dict[int, Any] = {}
    records: list[Followed] = []

    def arrives(record: int, adjoint: Any) -> None:
        adjoints[record] = adjoint

    with np.errstate(all="ignore"):
        followed = follow(function, list(x), cotangents, arrives, records.append)
        for number in range(len(followed.records) - 1, -1, -1):
            edges = followed.records[number][2]
            adjoint = adjoints.get(number)
            if adjoint is None or not _finite(adjoint):
                continue
            for edge in edges:
                _, formula, saved = edge
                if not _finite(formula(adjoint, *saved)):
                    place = followed.places.get(number)
                    told = derivative_of(edge)
                    return Lost(told.operation, None if place is None else Place(*place))
    return None


def narrowings(function: Callable[..., list[Any]], x: Arrays) -> list[Narrowing]:
    """The records that hold narrower numbers than one of those they are made from."""
    followed = follow(
        function,
        list(x),
        lambda values: [np.ones_like(v) for v in values],
        lambda record, adjoint: None,
    )
    found: list[Narrowing] = []
    for number, (_, dtype, edges) in enumerate(followed.records):
        given = [followed.records[edge[0]][1] for edge in edges]
        widths = [_width(d) for d in given if d is not None]
        if dtype is not None and widths and _width(dtype) < max(widths):
            place = followed.places.get(number)
            operation = derivative_of(edges[0]).operation
            found.append(Narrowing(operation, str(dtype), None if place is None else Place(*place)))
    return list(dict.fromkeys(found))[:_MOST]


def _width(dtype: Any) -> int:
    """Bytes of a number, or of a complex one's part."""
    return int(dtype.itemsize) // (2 if dtype.kind == "c" else 1)


def _finite(value: Any) -> bool:
    parts: Sequence[Any] = (value,)
    if hasattr(value, "values"):
        inner = value.values
        parts = list(inner.values()) if isinstance(inner, dict) else [inner]
    return all(bool(np.isfinite(np.asarray(part)).all()) for part in parts if part is not None)
