"""Which backends there are, in which modes, and whether they can be used here."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adbench.backends.errors import BackendUnavailableError

if TYPE_CHECKING:
    from adbench.backends.protocol import Backend


@dataclass(frozen=True, slots=True)
class Entry:
    """One backend: where its adapter lives and what it needs. Nothing is imported for it."""

    adapter: str
    """`module:class`."""
    modes: tuple[str, ...]
    """The first is the default."""
    library: str = "numpy"
    """The import package it stands on."""
    install: str = ""


BACKENDS: Mapping[str, Entry] = {
    "native": Entry("adbench.backends.native:NativeBackend", ("eager", "compiled")),
    "torch": Entry(
        "adbench.backends.torch:TorchBackend",
        ("eager", "compile"),
        library="torch",
        install="pip install 'adbench-grad[torch]'",
    ),
    "jax": Entry(
        "adbench.backends.jax:JaxBackend",
        ("jit", "eager"),
        library="jax",
        install="pip install 'adbench-grad[jax]'",
    ),
    "manual": Entry("adbench.backends.manual:ManualBackend", ("eager",)),
}


def parse_backend(text: str) -> tuple[str, str]:
    """`"torch:compile"` -> `("torch", "compile")`; without a mode, the backend's default.

    Raises ValueError, with the nearest name, for a backend or mode that does not exist.
    """
    name, _, mode = text.partition(":")
    entry = _entry(name)
    if not mode and ":" not in text:
        return name, entry.modes[0]
    if mode not in entry.modes:
        raise ValueError(f"{name} has no mode {mode!r}: {_choice(mode, entry.modes)}")
    return name, mode


def unavailable(name: str) -> BackendUnavailableError | None:
    """Why a backend cannot be used here, or None. Imports nothing."""
    entry = _entry(name)
    if importlib.util.find_spec(entry.library) is None:
        return BackendUnavailableError(f"{entry.library} is not installed", entry.install)
    return None


def get_backend(
    name: str,
    mode: str | None = None,
    device: str = "cpu",
    *,
    gradient: Callable[..., Any] | None = None,
) -> Backend:
    """The backend `name` in `mode` (None: its default) on `device`.

    `gradient` is the hand-written gradient that the backend `manual` checks; no other backend
    takes one. Raises BackendUnavailableError when the library or the device is missing, and
    ValueError for an unknown name or mode.
    """
    entry = _entry(name)
    if mode is not None and mode not in entry.modes:
        raise ValueError(f"{name} has no mode {mode!r}: {_choice(mode, entry.modes)}")
    if (missing := unavailable(name)) is not None:
        raise missing
    module, _, attribute = entry.adapter.partition(":")
    adapter = getattr(importlib.import_module(module), attribute)
    options = {} if gradient is None else {"gradient": gradient}
    backend: Backend = adapter(mode, device, **options)
    return backend


def _entry(name: str) -> Entry:
    if name not in BACKENDS:
        raise ValueError(f"there is no backend {name!r}: {_choice(name, tuple(BACKENDS))}")
    return BACKENDS[name]


def _choice(text: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(text, known, n=1)
    listed = f"known are {', '.join(known)}"
    return f"did you mean {close[0]!r}? ({listed})" if close else listed
