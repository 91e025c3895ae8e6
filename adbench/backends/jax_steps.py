"""A JAX function by its equations: where its adjoints get lost, and where it stops gradients."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, DebugInfo, Jaxpr, Literal, jaxpr_as_fun

from adbench.backends.parts import is_users
from adbench.backends.protocol import Cut, Lost, Place

_INLINED = ("jit", "pjit", "closed_call", "core_call", "remat2", "checkpoint")
_STOP = "stop_gradient"


def traced(run: Callable[..., Any], *arguments: Any) -> ClosedJaxpr:
    """The function's jaxpr, with Python's loops in the place of JAX's where that can be had."""
    try:
        with jax.disable_jit():
            return jax.make_jaxpr(run)(*arguments)
    except Exception:  # a loop whose end depends on values
        return jax.make_jaxpr(run)(*arguments)


def cuts_in(program: ClosedJaxpr) -> list[Cut]:
    """Its `stop_gradient` equations, in the order of `run_equations`."""
    return [Cut(_STOP, place_of_equation(e)) for e in _flat(program.jaxpr) if _named(e, _STOP)]


def without(program: ClosedJaxpr, which: Collection[int]) -> Callable[..., list[Any]]:
    """The program's function with these `stop_gradient` equations taken for the identity."""

    def function(*arguments: Any) -> list[Any]:
        count = 0

        def step(equation: Any, given: list[Any]) -> list[Any]:
            nonlocal count
            if _named(equation, _STOP):
                count += 1
                if count - 1 in which:
                    return given
            return _function_of(equation)(*given)

        return _run(program.jaxpr, program.consts, list(arguments), step)

    return function


def first_lost(
    program: ClosedJaxpr, arguments: Sequence[Any], cotangents: Sequence[Any]
) -> Lost | None:
    """The last equation, by the order of the run, whose VJP makes a finite adjoint infinite, NaN.

    Reverse accumulation by hand over single equations, so that each can be looked at.
    """
    tape: list[tuple[Any, list[Any], list[Any], list[bool], Any]] = []
    identity: list[Any] = []

    def known(value: Any) -> int:
        identity.append(value)
        return len(identity) - 1

    def step(equation: Any, given: list[_Held]) -> list[_Held]:
        values = [held.value for held in given]
        active = [_differentiable(value) for value in values]
        function = _function_of(equation)

        def of_active(*some: Any) -> list[Any]:
            rest = iter(some)
            return function(*[next(rest) if a else v for v, a in zip(values, active, strict=True)])

        made, pull = jax.vjp(of_active, *[v for v, a in zip(values, active, strict=True) if a])
        held = [_Held(value, known(value)) for value in made]
        tape.append((equation, [h.number for h in given], [h.number for h in held], active, pull))
        return held

    inputs = [_Held(value, known(value)) for value in arguments]
    constants = [_Held(value, known(value)) for value in program.consts]
    outputs = _run(program.jaxpr, constants, inputs, step, lambda v: _Held(v, known(v)))
    adjoints: dict[int, Any] = {}
    for held, cotangent in zip(outputs, cotangents, strict=True):
        adjoints[held.number] = adjoints.get(held.number, 0.0) + cotangent
    for equation, given, made, active, pull in reversed(tape):
        if not any(number in adjoints for number in made):
            continue
        arriving = [_cotangent(adjoints.get(n), identity[n]) for n in made]
        if not _finite(arriving):
            continue
        sent = list(pull(arriving))
        if not _finite(sent):
            return Lost(_name(equation), place_of_equation(equation))
        targets = [number for number, a in zip(given, active, strict=True) if a]
        for number, adjoint in zip(targets, sent, strict=True):
            adjoints[number] = adjoints.get(number, 0.0) + adjoint
    return None


class _Held:
    """A value of the run and its number."""

    def __init__(self, value: Any, number: int) -> None:
        self.value = value
        self.number = number


def place_of_equation(equation: Any) -> Place | None:
    """The user's line that an equation comes from."""
    traceback = equation.source_info.traceback
    if traceback is None:
        return None
    for frame in traceback.frames:
        if is_users(frame.file_name):
            text = linecache.getline(frame.file_name, frame.line_num).strip()
            return Place(frame.file_name, frame.line_num, frame.function_name, text)
    return None


def _run(
    program: Jaxpr,
    constants: Sequence[Any],
    arguments: Sequence[Any],
    step: Callable[[Any, list[Any]], list[Any]],
    literal: Callable[[Any], Any] = lambda value: value,
) -> list[Any]:
    """The outputs of a jaxpr, each equation by `step`, and calls by their equations."""
    values: dict[Any, Any] = dict(zip(program.constvars, constants, strict=True))
    values.update(zip(program.invars, arguments, strict=True))

    def read(variable: Any) -> Any:
        return literal(variable.val) if isinstance(variable, Literal) else values[variable]

    for equation in program.eqns:
        given = [read(variable) for variable in equation.invars]
        inner = _inner(equation)
        if inner is None:
            made = step(equation, given)
        else:
            made = _run(inner.jaxpr, list(map(literal, inner.consts)), given, step, literal)
        values.update(zip(equation.outvars, made, strict=True))
    return [read(variable) for variable in program.outvars]


def _flat(program: Jaxpr) -> Iterator[Any]:
    for equation in program.eqns:
        inner = _inner(equation)
        if inner is None:
            yield equation
        else:
            yield from _flat(inner.jaxpr)


def _inner(equation: Any) -> ClosedJaxpr | None:
    """The jaxpr of an equation that does nothing but call it."""
    if equation.primitive.name not in _INLINED:
        return None
    inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
    return ClosedJaxpr(inner, ()) if isinstance(inner, Jaxpr) else inner


def _function_of(equation: Any) -> Callable[..., list[Any]]:
    """One equation as a function of its operands."""
    operands = [v for v in equation.invars if not isinstance(v, Literal)]
    distinct = list(dict.fromkeys(operands))
    info = DebugInfo("adbench", f"one {equation.primitive}", None, None)
    program = Jaxpr((), distinct, equation.outvars, [equation], equation.effects, info)
    single = jaxpr_as_fun(ClosedJaxpr(program, ()))

    def function(*given: Any) -> list[Any]:
        pairs = zip(equation.invars, given, strict=True)
        values = {v: value for v, value in pairs if not isinstance(v, Literal)}
        return list(single(*[values[v] for v in distinct]))

    return function


def _named(equation: Any, name: str) -> bool:
    return bool(equation.primitive.name == name)


def _name(equation: Any) -> str:
    inner = equation.params.get("call_jaxpr") or equation.params.get("fun_jaxpr")
    own = getattr(getattr(inner, "jaxpr", None), "debug_info", None)
    return getattr(own, "func_name", None) or str(equation.primitive.name)


def _differentiable(value: Any) -> bool:
    return np.dtype(jax.numpy.result_type(value)).kind in "fcV"


def _cotangent(adjoint: Any, value: Any) -> Any:
    if not _differentiable(value):
        return np.zeros(np.shape(value), jax.dtypes.float0)
    zero = jax.numpy.zeros(np.shape(value), jax.numpy.result_type(value))
    return zero if adjoint is None else jax.numpy.asarray(adjoint, zero.dtype)


def _finite(arrays: Sequence[Any]) -> bool:
    kept = [a for a in arrays if np.dtype(getattr(a, "dtype", float)) != jax.dtypes.float0]
    return all(bool(jax.numpy.isfinite(a).all()) for a in kept)
