"""The conformance samples as other libraries run them: `np` and `sp` in them mean other modules."""

import types
from typing import Any


def rebound(function: Any, numpy: Any, special: Any) -> Any:
    """A sample function with other modules in place of NumPy and scipy.special."""
    if not isinstance(function, types.FunctionType):
        name = {"psi": "digamma"}.get(function.__name__, function.__name__)
        try:
            return getattr(numpy, name)
        except AttributeError:
            return getattr(special, name)
    space = {**function.__globals__, "np": numpy, "sp": special}
    for name, value in function.__globals__.items():
        if isinstance(value, types.FunctionType) and value.__module__.startswith("samples"):
            space[name] = copied(value, space)
    return copied(function, space)


def copied(function: types.FunctionType, space: dict[str, Any]) -> types.FunctionType:
    return types.FunctionType(
        function.__code__, space, function.__name__, function.__defaults__, function.__closure__
    )
