"""`python -m adbench.engine.coverage`: the table of functions, from the registry, as Markdown.

Peers' columns are filled from what is installed: autograd's registry of VJPs, and whether
jax.numpy and torch have a function of that name at all.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from adbench.engine.array import LOADERS
from adbench.engine.primitive import CONSTANT, DERIVED, PRIMITIVES

INTERNAL = frozenset({"getitem", "setitem", "scatter", "linalg.norm2"})
"""Primitives that have no NumPy function of their own."""

HEADER = """# The table of functions

Made by `python -m adbench.engine.coverage > docs/engine-coverage.md` from the engine's registry;
a test keeps it so.

*rule*: a derivative rule of its own. *composed*: a composition of functions that have rules.
*constant*: piecewise constant, or blind to values; runs, with derivative zero. A name that is not
in the table raises an error when it is called on a traced array. Of the other libraries,
autograd's column says that it registers a derivative; JAX's and PyTorch's, that they have a
function of that name.

| function | adbench | autograd | JAX | PyTorch |
|---|---|---|---|---|
"""


def entries() -> dict[str, str]:
    """Each function of the registry and how it is covered."""
    while LOADERS:
        LOADERS.pop()()
    kinds = dict.fromkeys(CONSTANT, "constant")
    kinds |= dict.fromkeys(DERIVED, "composed")
    kinds |= {name: "rule" for name in PRIMITIVES if name not in INTERNAL}
    return dict(sorted(kinds.items()))


def table(peers: tuple[Callable[[str], bool], ...]) -> str:
    """The page; each peer tells whether it has a function of that name."""
    rows = [
        f"| `{name}` | {kind} | " + " | ".join("✓" if has(name) else "" for has in peers) + " |\n"
        for name, kind in entries().items()
    ]
    return HEADER + "".join(rows)


def autograd_has(name: str) -> bool:
    """Whether autograd registers a derivative of that function."""
    core = importlib.import_module("autograd.core")
    for module in ("numpy", "numpy.linalg", "numpy.fft", "scipy.special"):
        importlib.import_module(f"autograd.{module}")
    names = {primitive.__name__ for primitive in core.primitive_vjps}
    return name.rpartition(".")[2] in names


def jax_has(name: str) -> bool:
    """Whether JAX has a function of that name."""
    if name.startswith("scipy."):
        return _has(importlib.import_module("jax.scipy.special"), name.rpartition(".")[2])
    return _has(importlib.import_module("jax.numpy"), name)


def torch_has(name: str) -> bool:
    """Whether PyTorch has a function of that name."""
    torch = importlib.import_module("torch")
    if name.startswith("scipy."):
        return _has(torch.special, name.rpartition(".")[2])
    return _has(torch, name)


def _has(module: Any, name: str) -> bool:
    for part in name.split("."):
        module = getattr(module, part, None)
    return module is not None


if __name__ == "__main__":
    print(table((autograd_has, jax_has, torch_has)), end="")
