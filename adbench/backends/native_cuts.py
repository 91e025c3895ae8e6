"""Where a function on the native engine keeps derivatives out: its calls of `stop_gradient`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from adbench.backends.parts import user_place
from adbench.backends.protocol import Cut
from adbench.engine import custom
from adbench.engine.array import TracedArray

_lock = threading.Lock()


def cuts_met(run: Callable[[], object]) -> list[Cut]:
    """The cuts in a traced run of the function, in order."""
    met: list[Cut] = []
    with _watching(met, frozenset()):
        run()
    return met


def without(which: Collection[int], run: Callable[[], Any]) -> Any:
    """What `run` returns with these cuts of it undone, by their places in `cuts_met`."""
    with _watching([], frozenset(which)):
        return run()


@contextmanager
def _watching(met: list[Cut], undone: frozenset[int]) -> Iterator[None]:
    plain = custom._detached

    def watched(x: Any) -> Any:
        place = user_place() if isinstance(x, TracedArray) else None
        if place is None:
            return plain(x)
        met.append(Cut("stop_gradient", place))
        return x if len(met) - 1 in undone else plain(x)

    with _lock:
        custom._detached = watched
        try:
            yield
        finally:
            custom._detached = plain
