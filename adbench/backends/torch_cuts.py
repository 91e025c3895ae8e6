"""Where a PyTorch function keeps derivatives out: `detach`, `.data`, `no_grad`, a Python number."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from adbench.backends.parts import is_users, user_place
from adbench.backends.protocol import Cut

Tensor = Any

_lock = threading.Lock()
_NUMBERS = ("item", "tolist", "__float__", "__int__", "numpy")
"""Methods after which there is no tensor any more, and nothing to be undone."""


def cuts_met(run: Callable[[], object]) -> list[Cut]:
    """The cuts in a run of the function with gradients on, in order."""
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
    """Note every cut that the user's own code makes of a tensor with a history."""

    def cut(tensor: Any, operation: str) -> bool:
        """Whether this one is to be undone."""
        called = sys._getframe(2).f_code.co_filename
        if not is_users(called) or not torch.is_grad_enabled():
            return False
        if tensor is not None and not tensor.requires_grad:
            return False
        met.append(Cut(operation, user_place()))
        return len(met) - 1 in undone

    kept: list[Callable[[], None]] = []

    def replace(owner: Any, name: str, value: Any) -> None:
        own = owner.__dict__.get(name)
        kept.append(
            (lambda: delattr(owner, name)) if own is None else lambda: setattr(owner, name, own)
        )
        setattr(owner, name, value)

    with _lock:
        try:
            _replace_methods(replace, cut)
            yield
        finally:
            for restore in reversed(kept):
                restore()


def _replace_methods(replace: Callable[..., None], cut: Callable[[Any, str], bool]) -> None:
    detach, data = torch.Tensor.detach, torch.Tensor.data
    entered = torch.no_grad.__enter__

    def detached(self: Tensor) -> Tensor:
        return self.view_as(self) if cut(self, "detach") else detach(self)

    def get_data(self: Tensor) -> Tensor:
        return self.view_as(self) if cut(self, ".data") else data.__get__(self)

    def enter(self: Any) -> None:
        if cut(None, "no_grad"):
            self.prev = True  # what leaving it goes back to
        else:
            entered(self)

    replace(torch.Tensor, "detach", detached)
    replace(torch.Tensor, "data", property(get_data, lambda self, value: data.__set__(self, value)))
    replace(torch.no_grad, "__enter__", enter)
    for name in _NUMBERS:
        replace(torch.Tensor, name, _noting(getattr(torch.Tensor, name), name, cut))


def _noting(plain: Any, name: str, cut: Callable[[Any, str], bool]) -> Callable[..., Any]:
    def call(self: Tensor, *arguments: Any, **options: Any) -> Any:
        cut(self, {"__float__": "float", "__int__": "int"}.get(name, name))
        return plain(self, *arguments, **options)

    return call
