"""What a jaxpr tells of a function: its operations, those of its inner jaxprs included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr

from adbench.backends.jax_steps import place_of_equation
from adbench.backends.protocol import Narrowing

_MOST = 8

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


def narrowings(program: Jaxpr) -> list[Narrowing]:
    """The operations that make narrower floating-point numbers than they are given."""
    found: list[Narrowing] = []
    for equation in equations(program):
        given = [width for v in equation.invars if (width := _width(v))]
        made = [width for v in equation.outvars if (width := _width(v))]
        if equation.primitive.name not in _AROUND.split() and given and made:
            narrowing = Narrowing(
                equation.primitive.name,
                str(equation.outvars[0].aval.dtype),
                place_of_equation(equation),
            )
            if max(made) < max(given) and narrowing not in found:
                found.append(narrowing)
    return found[:_MOST]


def _width(variable: Any) -> int:
    """Bytes of a floating-point number, or of a complex one's part; 0 for others."""
    dtype = getattr(variable.aval, "dtype", None)
    if dtype is None or not jax.numpy.issubdtype(dtype, jax.numpy.inexact):
        return 0
    return int(dtype.itemsize) // (2 if _complex(variable) else 1)


def _complex(variable: Any) -> bool:
    dtype = getattr(variable.aval, "dtype", None)
    return dtype is not None and bool(jax.numpy.issubdtype(dtype, jax.numpy.complexfloating))
