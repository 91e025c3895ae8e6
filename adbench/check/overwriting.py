"""A derivative rule that is right when it is called once, and wrong when it is called again.

What its forward pass keeps outside of what its backward pass is handed (on a class, in a buffer
that is used again) belongs to the last call by the time the first one is differentiated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.calling import Call
from adbench.backends.protocol import Backend, Part

Array = NDArray[Any]

OVERWRITTEN = (
    "is right by itself, and gives another gradient when it is called once more before its "
    "backward pass: what it keeps is overwritten by the later call (on a class, in a module, in a "
    "buffer that is used again)"
)
_CLOSE = 1e-6


def overwriting(backend: Backend, parts: list[Part]) -> Part | None:
    """The first part whose gradient changes if its rule is called again, as it is at a later part.

    May raise whatever the rules do.
    """
    for k, part in enumerate(parts):
        again = [p for p in parts[k + 1 :] if (p.name, p.rule) == (part.name, part.rule)]
        if again and _changes(backend, part, again[0]):
            return part
    return None


def _changes(backend: Backend, part: Part, later: Part) -> bool:
    first, second = _call(part), _call(later)
    if first is None or second is None:
        return False

    def both(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, Any]:
        return first(one), second(other)

    points = {"one": tuple(first.arrays), "other": tuple(second.arrays)}
    flags = {name: (True,) * len(arrays) for name, arrays in points.items()}
    pair = backend.bind(both, points, flags, {})
    rng = np.random.default_rng(0)
    own = part.function.value(part.function.point)
    weights = [np.asarray(rng.uniform(0.5, 1.0, a.shape), a.dtype) for a in own]
    idle = [np.zeros_like(a) for a in pair.value(pair.point)[len(own) :]]
    alone = part.function.vjp(part.function.point, weights).gradients
    together = pair.vjp(pair.point, [*weights, *idle]).gradients
    return any(_differ(a, b) for a, b in zip(alone, together, strict=False))


def _call(part: Part) -> Call | None:
    """The part as a call of its arrays, each of which is active; None where it cannot be had."""
    written = part.function.written(part.function.point)
    if written is None:
        return None
    flags = dict.fromkeys(written.arguments, True)
    call = Call(written.function, written.arguments, flags, written.params)
    return call if len(call.arrays) == len(part.function.inputs) else None


def _differ(one: Array | None, other: Array | None) -> bool:
    if one is None or other is None:
        return False
    size = float(np.abs(one).max(initial=0.0))
    return bool(np.isfinite(size) and np.abs(one - other).max(initial=0.0) > _CLOSE * size)


def named(part: Part) -> str:
    """The rule's name; that of a lambda is the place of its derivative."""
    place = part.rule or part.called
    if not part.name.endswith("<lambda>") or place is None:
        return part.name
    return f"the lambda that is differentiated at {place.file}:{place.line}"
