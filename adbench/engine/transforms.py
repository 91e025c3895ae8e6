"""The transformations: grad, value_and_grad, vjp, jvp, hvp, jacobian, all from one sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np
import optree

from adbench.engine.array import Buffer, TracedArray, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.tape import Tape, sweep

Tree = Any


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Any:
    """The gradient of a function with a real scalar result.

    Args:
        f: a function of NumPy arrays, or of trees (dicts, lists, tuples …) of them, that
            returns an array of shape (); with `has_aux`, a pair of it and anything.
        argnums: the position of the argument to differentiate by, or several.

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

    return gradient


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """As `grad`, but the function returns (value, gradient), the value as f returned it."""

    @wraps(f)
    def evaluate(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        trace = _Trace(args, argnums)
        result = _call(f, trace.arguments, kwargs)
        out, aux = result if has_aux else (result, None)
        value = trace.output(out)
        if getattr(value, "shape", ()) != ():
            raise DifferentiationError(
                "grad",
                f"the function returned an array of shape {value.shape}, not a scalar",
                "reduce it (np.sum, np.mean, y[0]), or use vjp or jacobian",
            )
        if np.result_type(plain(value)).kind == "c":
            raise DifferentiationError(
                "grad", "the function returned a complex number", "np.real, np.abs, or vjp"
            )
        gradient = trace.pull_back([out], [np.ones_like(plain(value))])
        return (value, trace.untraced(aux)) if has_aux else value, gradient

    return evaluate


def vjp(f: Callable[..., Any], *primals: Tree) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
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
    trace = _Trace(primals, tuple(range(len(primals))), copy=True)
    outputs, treedef = optree.tree_flatten(_call(f, trace.arguments, {}))
    values = [trace.output(out) for out in outputs]

    def pullback(cotangent: Tree) -> tuple[Tree, ...]:
        leaves = treedef.flatten_up_to(cotangent)
        seeds = [_matching(c, v) for c, v in zip(leaves, values, strict=True)]
        result: tuple[Tree, ...] = trace.pull_back(outputs, seeds, keep=True)
        return result

    return treedef.unflatten(values), pullback


def jvp(
    f: Callable[..., Any], primals: Sequence[Tree], tangents: Sequence[Tree]
) -> tuple[Tree, Tree]:
    """f's value and its Jacobian–vector product: (f(*primals), J @ tangents).

    A pullback is linear in its cotangent, so its own transpose is the Jacobian: pulling the
    tangents back through a traced pullback gives J @ tangents from the same rule table.

    >>> jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    value, pullback = vjp(f, *primals)
    if len(tangents) != len(primals):
        raise ValueError(f"{len(primals)} primals but {len(tangents)} tangents")
    zeros = optree.tree_map(lambda leaf: np.zeros_like(plain(leaf)), value)
    _, transpose = vjp(pullback, zeros)
    (tangent,) = transpose(tuple(tangents))
    return value, tangent


def hvp(
    f: Callable[..., Any], primals: Sequence[Tree], tangents: Sequence[Tree]
) -> tuple[Tree, ...]:
    """The Hessian of a scalar f at `primals`, times `tangents`: one tree per argument.

    The Hessian is symmetric, so this is the pullback of the gradient.

    >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([  6., 120.]),)
    """
    argnums = tuple(range(len(primals)))
    _, pullback = vjp(grad(f, argnums), *primals)
    return pullback(tuple(tangents))


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The Jacobian of an array-valued function of real arrays, by one sweep per output element.

    Returns:
        A function with f's arguments. For a result of shape M and an argument of shape N it
        returns an array of shape M + N; for a tree as argument, that tree of such arrays; for
        several argnums, a tuple.

    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @wraps(f)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        trace = _Trace(args, argnums)
        out = _call(f, trace.arguments, kwargs)
        value = trace.output(out)
        shape = getattr(value, "shape", ())
        if any(v.dtype.kind == "c" for v in (*trace.values, np.asarray(plain(value)))):
            raise DifferentiationError(
                "jacobian", "is for real arrays", "separate real and imaginary parts, or vjp"
            )
        rows = []
        for index in np.ndindex(*shape):
            seed = np.zeros(shape, dtype=value.dtype)
            seed[index] = 1
            rows.append(trace.pull_back([out], [seed], keep=True))
        if not rows:
            empty = trace.pull_back([out], [np.zeros(shape)], keep=True)
            return optree.tree_map(lambda leaf: np.zeros(shape + leaf.shape, leaf.dtype), empty)
        return optree.tree_map(
            lambda *leaves: np.stack(leaves).reshape(shape + leaves[0].shape), *rows
        )

    return evaluate


class _Trace:
    """One evaluation of a function on a tape of its own."""

    def __init__(
        self, args: tuple[Any, ...], argnums: int | Sequence[int], copy: bool = False
    ) -> None:
        self.single = isinstance(argnums, int)
        places = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for place in places:
            if not -len(args) <= place < len(args):
                raise TypeError(
                    f"argnums={place}, but the function was called with {len(args)} arguments"
                )
        chosen = tuple(args[i] for i in places)
        flat: Any = optree.tree_flatten_with_path(chosen)  # type: ignore[arg-type]
        paths, leaves, self.treedef = flat
        self.tape = Tape()
        self.values = [_leaf(leaf, path, places) for path, leaf in zip(paths, leaves, strict=True)]
        if copy:
            self.values = [v.copy() if type(v) is np.ndarray else v for v in self.values]
        traced = [TracedArray(v, self.tape, self.tape.leaf(v)) for v in self.values]
        replaced = dict(
            zip((i % len(args) for i in places), self.treedef.unflatten(traced), strict=True)
        )
        self.arguments = [replaced.get(i, arg) for i, arg in enumerate(args)]

    def output(self, out: Any) -> Any:
        """The value of one output leaf, checked to be something that has a derivative."""
        value = out.value if self.traced(out) or isinstance(out, Buffer) else out
        try:
            kind: str = np.result_type(plain(value)).kind
        except TypeError:
            kind = type(out).__name__
        if kind not in ("f", "c"):
            what = {"b": "booleans", "i": "integers", "u": "integers"}.get(kind, kind)
            raise DifferentiationError(
                "the function's result",
                f"consists of {what}, which have no derivative",
                "return floating-point arrays (has_aux=True carries anything else along)",
            )
        return value if hasattr(value, "dtype") else np.asarray(value)[()]

    def traced(self, out: Any) -> bool:
        """Whether an output depends on the inputs of this trace."""
        return isinstance(out, TracedArray) and out.tape is self.tape

    def untraced(self, tree: Tree) -> Tree:
        """A tree with this tape's arrays replaced by their values."""
        return optree.tree_map(lambda leaf: leaf.value if self.traced(leaf) else leaf, tree)

    def pull_back(self, outputs: list[Any], seeds: list[Any], keep: bool = False) -> Any:
        """The cotangents of the inputs, as trees like the arguments."""
        by_id: dict[int, Any] = {}
        for out, seed in zip(outputs, seeds, strict=True):
            if self.traced(out):
                by_id[out.id] = by_id[out.id] + seed if out.id in by_id else seed
        cotangents = sweep(self.tape, by_id, keep=keep)
        shared = {id(seed) for seed in seeds}
        for i, (cotangent, value) in enumerate(zip(cotangents, self.values, strict=True)):
            if cotangent is None:
                cotangent = np.zeros_like(plain(value))
            elif type(cotangent) is np.ndarray and (
                id(cotangent) in shared or cotangent.base is not None
            ):
                cotangent = cotangent.copy()  # what is returned is the caller's alone
            shared.add(id(cotangent))
            cotangents[i] = cotangent
        result = self.treedef.unflatten(cotangents)
        return result[0] if self.single else result


def _call(f: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call the user's function.

    On `plain[i] = traced`, NumPy replaces our error by "setting an array element with a
    sequence" and keeps ours as its cause: ours says what to do.
    """
    try:
        return f(*args, **kwargs)
    except ValueError as error:
        if isinstance(error.__cause__, DifferentiationError):
            raise error.__cause__ from None
        raise


def _leaf(leaf: Any, path: tuple[Any, ...], places: tuple[int, ...]) -> Any:
    """An argument's array or number as something that can be traced."""
    value = leaf.value if isinstance(leaf, Buffer) else leaf
    if isinstance(value, (int, float, complex)) and not isinstance(value, np.generic):
        value = np.asarray(value)[()]
    name = f"argument {places[path[0]]}" + "".join(f"[{key!r}]" for key in path[1:])
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        raise DifferentiationError(
            name, f"is a {type(leaf).__name__}, not an array", "arrays, floats, or trees of them"
        )
    if value.dtype.kind not in "fc":
        raise DifferentiationError(
            name,
            f"has dtype {value.dtype}: a derivative needs real or complex numbers",
            "x.astype(float), or leave the argument out of argnums",
        )
    return value


def _matching(cotangent: Any, value: Any) -> Any:
    """A cotangent with the shape and dtype of the output that it belongs to."""
    shape = np.shape(cotangent)
    if shape != value.shape:
        raise ValueError(f"the cotangent has shape {shape}, but the output has {value.shape}")
    if isinstance(cotangent, Buffer):
        cotangent = cotangent.value
    if not hasattr(cotangent, "dtype"):
        cotangent = np.asarray(cotangent)[()]
    if cotangent.dtype == value.dtype:
        return cotangent
    if cotangent.dtype.kind == "c" and value.dtype.kind != "c":
        raise ValueError(f"the cotangent is {cotangent.dtype}, but the output is {value.dtype}")
    return cotangent.astype(value.dtype)
