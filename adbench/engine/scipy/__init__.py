"""SciPy's functions that are Python code, by the same names and signatures, with derivatives.

SciPy's ufuncs (most of scipy.special) dispatch on their arguments, and are called as SciPy's.
Its Python functions turn their arguments into plain arrays, where a derivative would be lost:
those are here. On plain arrays each is SciPy's own; on traced ones it has a rule, or is a
composition, in the same table as NumPy's functions.

>>> import numpy as np
>>> from adbench.engine import grad
>>> from adbench.engine.scipy import stats
>>> grad(stats.norm.logpdf)(0.5, 0.0, 1.0)
np.float64(-0.5)
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["integrate", "linalg", "signal", "special", "stats"]


def __getattr__(name: str) -> Any:
    """A submodule, imported when it is asked for, as SciPy does it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return __all__


def counterpart(name: str) -> str | None:
    """Where the function that SciPy calls `name` is found here, if it is."""
    root, *path = name.split(".")
    if root != "scipy" or not path or path[0] not in __all__:
        return None
    found = __getattr__(path[0])
    for part in path[1:]:
        found = getattr(found, part, None)
    return f"{__name__}.{name.removeprefix('scipy.')}" if callable(found) else None
