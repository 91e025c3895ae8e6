"""The transformations: grad, value_and_grad, vjp, jvp, hvp, jacobian, all from one sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np
import optree

from adbench.engine.array import like, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.modes import Mode, executor, is_compiled, kept
from adbench.engine.plan import Compiled
from adbench.engine.trace import Trace, matching

Tree = Any


def grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    mode: Mode = "eager",
) -> Any:
    """The gradient of a function with a real scalar result.

    Args:
        f: a function of NumPy arrays, or of trees (dicts, lists, tuples …) of them, that
            returns an array of shape (); with `has_aux`, a pair of it and anything.
        argnums: the position of the argument to differentiate by, or several.
        mode: "eager" runs f on a tape in each call. "compiled" records the first calls and then
            replays them as a flat program, in which no code of f runs: what f prints or stores
            happens while recording only. Branches on values, captured values and random numbers
            are watched; what cannot be replayed stays on the tape. `report()` on the result
            tells which.

    Returns:
        A function with f's arguments. It returns the gradient in the structure, shapes and
        dtypes of that argument (a tuple of them for several argnums), and with `has_aux` a
        pair of it and the second result. For a complex argument z the gradient g satisfies
        df = Re(Σ g·dz).

    Raises:
        DifferentiationError: when called with integers to differentiate by, when the result
            is not a real scalar, or when f does something that has no derivative.

    >>> import numpy as np
    >>> grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    with_value = value_and_grad(f, argnums, has_aux=has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = with_value(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return executor(mode, gradient, f, argnums)


def value_and_grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    mode: Mode = "eager",
) -> Callable[..., tuple[Any, Any]]:
    """As `grad`, but the function returns (value, gradient), the value as f returned it."""

    @wraps(f)
    def evaluate(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        trace = Trace(args, argnums)
        result = trace.run(f, kwargs)
        out, aux = result if has_aux else (result, None)
        value = trace.output(out)
        if value.shape != ():
            raise DifferentiationError(
                "grad",
                f"the function returned an array of shape {value.shape}, not a scalar",
                "reduce it (np.sum, np.mean, y[0]), or use vjp or jacobian",
            )
        if value.dtype.kind == "c":
            raise DifferentiationError(
                "grad", "the function returned a complex number", "np.real, np.abs, or vjp"
            )
        home = like(value)
        one = np.ones((), value.dtype, **home) if home else value.dtype.type(1)
        gradient = trace.pull_back([out], [one])
        return (value, trace.untraced(aux)) if has_aux else value, gradient

    return executor(mode, evaluate, f, argnums)


def vjp(
    f: Callable[..., Any], *primals: Tree, mode: Mode = "eager"
) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """f's value and its vector–Jacobian product.

    Args:
        primals: all of f's arguments, trees of real or complex arrays.

    Returns:
        (value, pullback). `pullback(cotangent)` takes a tree like the value and returns one
        tree per argument, like it in structure, shapes and dtypes; it may be called again.

    >>> value, pullback = vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    if is_compiled(mode):
        return _compiled_vjp(f, primals)
    return pullback_of(f, primals, lasting=True)


def pullback_of(
    f: Callable[..., Any], primals: Sequence[Tree], *, lasting: bool = False
) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """f's value and its pullback; `lasting` if that may be called after the user's code goes on."""
    trace = Trace(tuple(primals), tuple(range(len(primals))), copy=True, lasting=lasting)
    outputs, treedef = optree.tree_flatten(trace.run(f, {}))
    values = [trace.output(out) for out in outputs]

    def pullback(cotangent: Tree) -> tuple[Tree, ...]:
        leaves = treedef.flatten_up_to(cotangent)
        seeds = [matching(c, v) for c, v in zip(leaves, values, strict=True)]
        result: tuple[Tree, ...] = trace.pull_back(outputs, seeds, keep=True)
        return result

    # What the caller may write into is not what the pullback reads.
    copies = [v.copy() if type(v) is np.ndarray else v for v in values]
    return treedef.unflatten(copies), pullback


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Tree],
    tangents: Sequence[Tree],
    *,
    mode: Mode = "eager",
) -> tuple[Tree, Tree]:
    """f's value and its Jacobian–vector product: (f(*primals), J @ tangents).

    A pullback is linear in its cotangent, so its own transpose is the Jacobian: pulling the
    tangents back through a traced pullback gives J @ tangents from the same rule table.

    >>> jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    if is_compiled(mode):
        result: tuple[Tree, Tree] = kept(_jvp_of, f)(tuple(primals), tuple(tangents))
        return result
    value, pullback = pullback_of(f, primals)
    if len(tangents) != len(primals):
        raise ValueError(f"{len(primals)} primals but {len(tangents)} tangents")
    zeros = optree.tree_map(lambda leaf: np.zeros_like(plain(leaf)), value)
    _, transpose = pullback_of(pullback, (zeros,))
    (tangent,) = transpose(tuple(tangents))
    return value, tangent


def hvp(
    f: Callable[..., Any],
    primals: Sequence[Tree],
    tangents: Sequence[Tree],
    *,
    mode: Mode = "eager",
) -> tuple[Tree, ...]:
    """The Hessian of a scalar f at `primals`, times `tangents`: one tree per argument.

    The Hessian is symmetric, so this is the pullback of the gradient.

    >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([  6., 120.]),)
    """
    if is_compiled(mode):
        result: tuple[Tree, ...] = kept(_hvp_of, f)(tuple(primals), tuple(tangents))
        return result
    argnums = tuple(range(len(primals)))
    _, pullback = pullback_of(grad(f, argnums), primals)
    return pullback(tuple(tangents))


def jacobian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, mode: Mode = "eager"
) -> Callable[..., Any]:
    """The Jacobian of a function of real arrays.

    f is evaluated once. Its backward sweep then carries the cotangents of many output elements
    at a time.

    Returns:
        A function with f's arguments. For a result of shape M and an argument of shape N it
        returns an array of shape M + N; for a tree as argument, that tree of such arrays; for
        several argnums, a tuple; for a tree as result, that tree of all this.

    Raises:
        DifferentiationError: for complex arguments or results, and as `grad` does.

    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @wraps(f)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(args, argnums)
        outputs, treedef = optree.tree_flatten(trace.run(f, kwargs))
        values = [trace.output(out) for out in outputs]
        if any(v.dtype.kind == "c" for v in (*trace.values, *values)):
            raise DifferentiationError(
                "jacobian", "is for real arrays", "separate real and imaginary parts, or vjp"
            )
        blocks = []
        for out, value in zip(outputs, values, strict=True):
            rows = trace.rows(out, value)
            shaped = [r.reshape(value.shape + r.shape[1:]) for r in rows]
            blocks.append(trace.like_arguments(shaped))
        return treedef.unflatten(blocks)

    return executor(mode, evaluate, f, argnums)


def hessian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, mode: Mode = "eager"
) -> Callable[..., Any]:
    """The Hessian of a function of real arrays with a scalar result.

    It is the Jacobian of the gradient. Where its products with a few vectors are enough, `hvp`
    costs less.

    Returns:
        A function with f's arguments. For an argument of shape N it returns an array of shape
        N + N; for a tree as argument or several argnums, a tree of such trees: the block of
        leaves a and b is at `[a][b]`.

    Raises:
        DifferentiationError: for complex arguments, and as `grad` does.

    >>> hessian(lambda x: x[0] * x[1] ** 2)(np.array([1.0, 2.0]))
    array([[0., 4.],
           [4., 2.]])
    """
    return executor(mode, jacobian(grad(f, argnums), argnums), f, argnums)


def _compiled_vjp(
    f: Callable[..., Any], primals: tuple[Tree, ...]
) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """The value by one plan and the pullback by another, which evaluates f again.

    That is the same f only once it is known to be replayed. Before that both come from one
    tape, and the plans' recordings are calls of their own.
    """
    value_of, pull = kept(_value_of, f), kept(_pullback_of, f)
    if not isinstance(value_of, Compiled) or not isinstance(pull, Compiled):
        return vjp(f, *primals)
    copies: Any = optree.tree_map(
        lambda leaf: leaf.copy() if type(leaf) is np.ndarray else leaf,
        primals,  # type: ignore[arg-type]
    )
    if value_of.next(*primals) == "replay":
        return value_of(*primals), lambda cotangent: pull(copies, cotangent)
    value, pullback = vjp(f, *primals)

    def recording_pullback(cotangent: Tree) -> tuple[Tree, ...]:
        result = pullback(cotangent)
        if value_of.next(*copies) != "tape":
            value_of(*copies)
            pull(copies, cotangent)
        return result

    return value, recording_pullback


# What is compiled for a function by the transformations that take their arguments at once.


def _value_of(f: Callable[..., Any]) -> Callable[..., Tree]:
    return lambda *primals: vjp(f, *primals)[0]


def _pullback_of(f: Callable[..., Any]) -> Callable[..., tuple[Tree, ...]]:
    return lambda primals, cotangent: vjp(f, *primals)[1](cotangent)


def _jvp_of(f: Callable[..., Any]) -> Callable[..., tuple[Tree, Tree]]:
    return lambda primals, tangents: jvp(f, primals, tangents)


def _hvp_of(f: Callable[..., Any]) -> Callable[..., tuple[Tree, ...]]:
    return lambda primals, tangents: hvp(f, primals, tangents)
