"""The conformance samples as other libraries run them: `np` and `sp` in them mean other modules."""

import types
from typing import Any

import numpy as np

OURS = "adbench.engine.scipy."


def rebound(function: Any, numpy: Any, special: Any, scipy: Any = None) -> Any:
    """A sample function with other modules in place of NumPy and scipy.special.

    `scipy` stands in for `adbench.engine.scipy`, where the sample calls that.
    """
    if getattr(function, "__module__", "").startswith(OURS[:-1]):
        return counterpart(function, scipy)
    if not isinstance(function, types.FunctionType):
        name = {"psi": "digamma"}.get(function.__name__, function.__name__)
        try:
            return getattr(numpy, name)
        except AttributeError:
            return getattr(special, name)
    space = {**function.__globals__, "np": numpy, "sp": special}
    for name, value in function.__globals__.items():
        if isinstance(value, types.FunctionType) and value.__module__.startswith("samples"):
            space[name] = copied(value, space, scipy)
        if isinstance(value, types.ModuleType) and value.__name__.startswith(OURS):
            space[name] = getattr(scipy, value.__name__.removeprefix(OURS), None)
    return copied(function, space, scipy)


def counterpart(function: Any, scipy: Any) -> Any:
    """Another library's function of the same place and name."""
    found = scipy
    for part in f"{function.__module__}.{function.__name__}".removeprefix(OURS).split("."):
        found = getattr(found, part)
    return found


def copied(function: types.FunctionType, space: dict[str, Any], scipy: Any) -> types.FunctionType:
    """A function with other globals, and with other functions and no lists in its closure."""
    cells = tuple(
        types.CellType(elsewhere(cell.cell_contents, scipy)) for cell in function.__closure__ or ()
    )
    return types.FunctionType(
        function.__code__, space, function.__name__, function.__defaults__, cells or None
    )


def elsewhere(value: Any, scipy: Any) -> Any:
    """What a closure holds, as another library takes it."""
    if getattr(value, "__module__", "").startswith(OURS):
        return counterpart(value, scipy)
    return np.asarray(value) if type(value) is list else value
