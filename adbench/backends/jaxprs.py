"""What a jaxpr tells of a function: its operations, those of its inner jaxprs included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr

_BY_RULE = frozenset(["pure_callback", "io_callback", "ffi_call", "custom_vmap_call"])
"""Operations whose batched form is more than the same operation on larger arrays: code on the host,
and batching rules of the user's."""

_ELEMENTWISE = """add add_any sub mul div neg pow integer_pow square exp exp2 expm1 log log1p sqrt
    rsqrt sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh logistic select_n"""
_LINEAR = """reduce_sum cumsum cumprod reduce_prod dot_general conv_general_dilated"""
_MOVING = """broadcast_in_dim reshape transpose squeeze expand_dims slice dynamic_slice gather rev
    concatenate pad copy copy_p split scatter scatter-add dynamic_update_slice
    convert_element_type"""
_AROUND = """jit pjit closed_call core_call remat checkpoint custom_jvp_call custom_vjp_call
    custom_vjp_call_jaxpr scan while cond"""
_HOLOMORPHIC = frozenset(" ".join([_ELEMENTWISE, _LINEAR, _MOVING, _AROUND]).split())
"""Primitives that map complex arrays holomorphically, away from branch cuts, and those that do what
is in their own jaxprs."""


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


def not_holomorphic(program: Jaxpr) -> str | None:
    """The first operation that does not map complex arrays holomorphically; None if all do."""
    for equation in equations(program):
        name = equation.primitive.name
        given = any(map(_complex, equation.invars))
        stays = all(map(_complex, equation.outvars))
        around = name in _AROUND.split()
        if given and (name not in _HOLOMORPHIC or not (stays or around)):
            return str(name)
    return None


def _complex(variable: Any) -> bool:
    dtype = getattr(variable.aval, "dtype", None)
    return dtype is not None and bool(jax.numpy.issubdtype(dtype, jax.numpy.complexfloating))
