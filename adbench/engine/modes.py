"""The two executors of a derivative: on the tape, or compiled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from adbench.engine.plan import Compiled

Mode: TypeAlias = Literal["eager", "compiled"]

FUNCTIONS = 128
"""How many functions keep what `vjp`, `jvp` and `hvp` compiled for them."""


def is_compiled(mode: str) -> bool:
    """Whether a mode is "compiled"; raises ValueError for one that does not exist."""
    if mode not in ("eager", "compiled"):
        raise ValueError(f"mode={mode!r}: it is 'eager' or 'compiled'")
    return mode == "compiled"


def executor(
    mode: str,
    eager: Callable[..., Any],
    function: Callable[..., Any],
    argnums: int | Sequence[int] | None,
) -> Callable[..., Any]:
    """A derivative of `function` in a mode, given the one on the tape."""
    return Compiled(eager, function, argnums) if is_compiled(mode) else eager


def kept(
    make: Callable[[Callable[..., Any]], Callable[..., Any]], function: Callable[..., Any]
) -> Callable[..., Any]:
    """The compiled derivative `make(function)` that earlier calls made, or a new one.

    A function that cannot be looked up again would be recorded in each call: it stays on the tape.
    """
    try:
        return _kept(make, function)
    except TypeError:  # not hashable
        return make(function)


@functools.lru_cache(maxsize=FUNCTIONS)
def _kept(
    make: Callable[[Callable[..., Any]], Callable[..., Any]], function: Callable[..., Any]
) -> Compiled:
    return Compiled(make(function), function, None)
