"""The custom_vjp and custom_jvp rules at work in a function, and where its adjoints get lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from adbench.backends.calling import Call
from adbench.backends.parts import Kept, part_call, place_of, user_place
from adbench.backends.protocol import BoundFunction, Part

_lock = threading.Lock()


def rules_at_work(run: Callable[[], object], bind: Callable[[Call], BoundFunction]) -> list[Part]:
    """The parts that are met in `run`, a call of the function op by op.

    Without `jit`, loops and branches are Python's, so that each rule is given values.
    """
    kept = Kept()
    with _noting(kept), jax.disable_jit():
        run()
    parts = []
    for rule, arguments, called in kept.calls:
        call = part_call(rule, arguments, _arrays)
        if call is not None:
            name = getattr(rule, "__qualname__", getattr(rule, "__name__", "a rule"))
            derivative = rule.bwd if isinstance(rule, jax.custom_vjp) else rule.jvp
            parts.append(Part(name, bind(call), place_of(derivative), called))
    return parts


@contextmanager
def _noting(kept: Kept) -> Iterator[None]:
    kinds: tuple[Any, ...] = (jax.custom_vjp, jax.custom_jvp)
    plain = {kind: kind.__call__ for kind in kinds}

    def watched(kind: Any) -> Callable[..., Any]:
        def noting(self: Any, *arguments: Any, **named: Any) -> Any:
            concrete = not any(
                isinstance(leaf, jax.core.Tracer) for leaf in jax.tree_util.tree_leaves(arguments)
            )
            if concrete and not named:
                kept.add(self, arguments, user_place())
            return plain[kind](self, *arguments, **named)

        return noting

    with _lock:
        for kind in kinds:
            kind.__call__ = watched(kind)
        try:
            yield
        finally:
            for kind in kinds:
                kind.__call__ = plain[kind]


def _arrays(argument: Any) -> Any:
    leaves, structure = jax.tree_util.tree_flatten(argument)
    if not all(isinstance(leaf, (jax.Array, np.ndarray, np.generic)) for leaf in leaves):
        return None
    return jax.tree_util.tree_unflatten(structure, [np.array(leaf) for leaf in leaves])
