"""What differentiates: native, torch, jax, and hand-written gradients, behind one protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adbench.backends.errors import (
    ArgumentError,
    BackendUnavailableError,
    OutputError,
    UnsupportedError,
)
from adbench.backends.registry import BACKENDS, get_backend, parse_backend, unavailable

if TYPE_CHECKING:
    from adbench.backends.arrays import to_numpy
    from adbench.backends.protocol import Backend, BoundFunction, Leaf, Pullback

__all__ = [
    "BACKENDS",
    "ArgumentError",
    "Backend",
    "BackendUnavailableError",
    "BoundFunction",
    "Leaf",
    "OutputError",
    "Pullback",
    "UnsupportedError",
    "get_backend",
    "parse_backend",
    "to_numpy",
    "unavailable",
]

# The rest needs NumPy, which a command line that only parses backend names must not import.
_LAZY = {
    "to_numpy": "adbench.backends.arrays",
    "Backend": "adbench.backends.protocol",
    "BoundFunction": "adbench.backends.protocol",
    "Leaf": "adbench.backends.protocol",
    "Pullback": "adbench.backends.protocol",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
