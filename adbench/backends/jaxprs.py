"""What a jaxpr tells of a function: its operations, those of its inner jaxprs included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr

_BY_RULE = frozenset(["pure_callback", "io_callback", "ffi_call", "custom_vmap_call"])
"""Operations whose batched form is more than the same operation on larger arrays: code on the host,
and batching rules of the user's."""


def equations(program: Jaxpr) -> Iterator[Any]:
    """All equations, each before those of the jaxprs within it."""
    for equation in program.eqns:
        yield equation
        for value in jax.tree.leaves(
            equation.params, is_leaf=lambda node: isinstance(node, (Jaxpr, ClosedJaxpr))
        ):
            if isinstance(value, ClosedJaxpr):
                yield from equations(value.jaxpr)
            elif isinstance(value, Jaxpr):
                yield from equations(value)


def batches_by_rule(program: Jaxpr) -> bool:
    """Whether `vmap` of this program is more than larger arrays."""
    return any(equation.primitive.name in _BY_RULE for equation in equations(program))
