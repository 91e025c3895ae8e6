"""`python -m adbench.engine.coverage`: the table of functions, from the registry, as Markdown.

Peers' columns are filled from what is installed: autograd's registry of VJPs, and whether
jax.numpy and torch have a function of that name at all.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from adbench.engine import scipy
from adbench.engine.array import LOADERS
from adbench.engine.primitive import CONSTANT, DERIVED, PRIMITIVES, short_name

INTERNAL = frozenset(
    {
        "getitem",
        "setitem",
        "scatter",
        "linalg.norm2",
        "rules.distributions.f_slope",
        "rules.distributions.student_slope",
        "rules.incomplete.beta_slope",
        "rules.incomplete.gamma_slope",
        "scipy.linalg.banded",
        "scipy.linalg.packed_factors",
        "scipy.signal.full_convolution",
    }
)
"""Primitives that have no NumPy function of their own."""

AUTOGRAD = (
    "numpy",
    "numpy.linalg",
    "numpy.fft",
    "scipy.special",
    "scipy.linalg",
    "scipy.signal",
    "scipy.integrate",
    *(
        f"scipy.stats.{name}"
        for name in (
            "beta", "chi2", "dirichlet", "gamma", "multivariate_normal", "norm", "poisson", "t",
        )
    ),
)  # fmt: skip
"""The modules of autograd that have derivatives."""

ALIASES = {"amax": "max", "amin": "min", "scipy.special.psi": "scipy.special.digamma"}
"""Functions that have another name in the registry."""

HEADER = """# The table of functions

Made by `python -m adbench.engine.coverage > docs/engine-coverage.md` from the engine's registry;
a test keeps it so.

*rule*: a derivative rule of its own. *composed*: a composition of functions that have rules.
*constant*: piecewise constant, or blind to values; runs, with derivative zero. A name that is not
in the table raises an error when it is called on a traced array.

NumPy's functions and SciPy's ufuncs are called as they are. What is marked → is Python code in
SciPy, which would turn traced arrays into plain ones: it is called by the same name and signature
in `adbench.engine.scipy`, as in `adbench.engine.scipy.stats.norm.logpdf(x)`.

Of the other libraries, autograd's column says that it registers a derivative; JAX's and
PyTorch's, that they have a function of that name. `autograd.scipy` and `jax.scipy` are, as here,
namespaces of their own. All that autograd registers is covered.

How many functions with a derivative are listed, and how many of those each library has:

| | adbench | autograd | JAX | PyTorch |
|---|---|---|---|---|
"""


def load() -> None:
    """Fill the registry with every family, those included that wait until they are needed."""
    while LOADERS:
        LOADERS.pop()()
    for name in scipy.__all__:
        importlib.import_module(f"{scipy.__name__}.{name}")


def entries() -> dict[str, str]:
    """Each function of the registry and how it is covered."""
    load()
    kinds = dict.fromkeys(CONSTANT, "constant")
    kinds |= dict.fromkeys(DERIVED, "composed")
    kinds |= {name: "rule" for name in PRIMITIVES if name not in INTERNAL}
    return dict(sorted(kinds.items()))


def table(peers: tuple[Callable[[str], bool], ...]) -> str:
    """The page; each peer tells whether it has a function of that name."""
    known = entries()
    places: dict[str, list[str]] = {}
    for name in known:
        places.setdefault(place_of(name), []).append(name)
    parts = [HEADER]
    for place, names in places.items():
        smooth = [name for name in names if known[name] != "constant"]
        counts = [len(smooth), *(sum(map(has, smooth)) for has in peers)]
        parts.append(f"| {place} | {' | '.join(map(str, counts))} |\n")
    parts += ["\nWhat `jax.scipy` has and is not here: ", ", ".join(f"`{n}`" for n in gap()), ".\n"]
    for place, names in places.items():
        parts.append(f"\n## {place}\n\n| function | adbench | autograd | JAX | PyTorch |\n")
        parts.append("|---|---|---|---|---|\n")
        parts += [
            f"| `{name}`{' →' if through_namespace(name) else ''} | {known[name]} | "
            + " | ".join("✓" if has(name) else "" for has in peers)
            + " |\n"
            for name in names
        ]
    return "".join(parts)


def place_of(name: str) -> str:
    """The module that a function is listed under."""
    if name.startswith("scipy."):
        return ".".join(name.split(".")[:2])
    module = f"numpy.{name.split('.')[0]}"
    return module if module in ("numpy.fft", "numpy.linalg") else "numpy"


def gap() -> list[str]:
    """What jax.scipy's modules have that is in none of the engine's families."""
    known = entries()
    found = []
    for place in scipy.__all__:
        module = importlib.import_module(f"jax.scipy.{place}")
        functions = {name: thing for name, thing in vars(module).items() if callable(thing)}
        for distribution, space in vars(module).items():
            if inspect.ismodule(space) and hasattr(stats, distribution):
                functions |= {f"{distribution}.{name}": f for name, f in vars(space).items()}
        found += [
            f"{place}.{name}"
            for name, function in functions.items()
            if not name.startswith("_")
            and str(getattr(function, "__module__", "")).startswith("jax")
            and f"scipy.{place}.{name}" not in known
        ]
    return sorted(found)


def through_namespace(name: str) -> bool:
    """Whether a function is called through `adbench.engine.scipy`."""
    return scipy.counterpart(name) is not None


@functools.cache
def autograd_registers() -> set[str]:
    """The functions that autograd registers a derivative of, by the names they have here."""
    core = importlib.import_module("autograd.core")
    found = set()
    for place in AUTOGRAD:
        for name, primitive in vars(importlib.import_module(f"autograd.{place}")).items():
            if not callable(primitive) or primitive not in core.primitive_vjps:
                continue
            function = primitive.fun
            if isinstance(function, np.ufunc) or function.__module__.startswith("numpy"):
                found.add(short_name(function))
            elif inspect.ismethod(function) or not place.startswith("scipy.stats"):
                found.add(f"{place}.{name}")
    # `full` has no array to dispatch on; what is left is autograd's own: pieces of rules.
    own = {name for name in found if name.startswith(("numpy.", "__"))} | {"full"}
    return {ALIASES.get(name, name) for name in found - own}


def autograd_has(name: str) -> bool:
    """Whether autograd registers a derivative of that function, or composes it itself."""
    if name in autograd_registers():
        return True
    place, _, bare = f"numpy.{name}".removeprefix("numpy.scipy.").rpartition(".")
    place = f"scipy.{place}" if name.startswith("scipy.") else place
    if place not in AUTOGRAD:
        return False
    found = getattr(importlib.import_module(f"autograd.{place}"), bare, None)
    return str(getattr(found, "__module__", "")).startswith("autograd.") and not hasattr(
        found, "fun"
    )


def jax_has(name: str) -> bool:
    """Whether JAX has a function of that name."""
    if not name.startswith("scipy."):
        return _has(importlib.import_module("jax.numpy"), name)
    _, place, rest = name.split(".", 2)
    return _has(importlib.import_module(f"jax.scipy.{place}"), rest)


def torch_has(name: str) -> bool:
    """Whether PyTorch has a function of that name."""
    torch = importlib.import_module("torch")
    if not name.startswith("scipy."):
        return _has(torch, name)
    _, place, rest = name.split(".", 2)
    return _has(torch, f"{place}.{rest}")


def _has(module: Any, name: str) -> bool:
    for part in name.split("."):
        module = getattr(module, part, None)
    return module is not None


if __name__ == "__main__":
    print(table((autograd_has, jax_has, torch_has)), end="")
