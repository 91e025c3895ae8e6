"""One evaluation of a user's function on a tape: arguments in, outputs checked, cotangents out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from adbench.engine.array import Buffer, TracedArray, like, plain, refuse_subclass
from adbench.engine.batch import Batched
from adbench.engine.errors import DifferentiationError, user_location
from adbench.engine.tape import Tape, as_it_is, sweep

Tree = Any

BATCH = 1 << 20
"""Elements of the largest value's cotangents that one sweep may hold."""


class Trace:
    """The chosen arguments as traced arrays (`arguments`), their values, and their structure."""

    __slots__ = ("arguments", "single", "tape", "treedef", "values")

    def __init__(
        self,
        args: tuple[Any, ...],
        argnums: int | Sequence[int],
        copy: bool = False,
        lasting: bool = False,
    ) -> None:
        self.tape = tape = Tape(lasting)
        self.arguments = list(args)
        self.single = isinstance(argnums, int)
        places = _places(argnums, len(args))
        first = args[places[0]] if len(places) == 1 else None
        if type(first) is np.ndarray and first.dtype.kind == "f":  # the usual case, soon done
            value = first.copy() if copy else first
            self.values, self.treedef = [value], None
            self.arguments[places[0]] = TracedArray(value, tape, tape.leaf(value))
            return
        chosen = tuple([args[i] for i in places])
        flat: Any = optree.tree_flatten(chosen)  # type: ignore[arg-type]
        leaves, self.treedef = flat
        self.values = [_leaf(leaf, i, chosen, places) for i, leaf in enumerate(leaves)]
        if copy:
            self.values = [as_it_is(v) for v in self.values]
        traced = [TracedArray(v, tape, tape.leaf(v)) for v in self.values]
        for place, argument in zip(places, self._tree(traced), strict=True):
            self.arguments[place] = argument

    def _tree(self, leaves: list[Any]) -> Any:
        return leaves if self.treedef is None else self.treedef.unflatten(leaves)

    def run(self, f: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
        """Call the user's function on the traced arguments.

        Two of NumPy's errors are replaced. On `plain[i] = traced` it hides ours behind "setting
        an array element with a sequence"; "read-only" is what writing into a kept constant gives.
        And solvers in C that call back go on after our error, which Python then finds.
        """
        try:
            return f(*self.arguments, **kwargs)
        except (ValueError, SystemError) as error:
            if isinstance(error.__cause__, DifferentiationError):
                raise error.__cause__ from None
            if self.tape.locked and "read-only" in str(error):
                raise DifferentiationError(
                    "writing into a plain array",
                    "an earlier operation on a traced array still needs its old contents",
                    "write into a copy(), or use a copy() in the operation",
                    user_location(error.__traceback__),
                ) from error
            raise
        finally:
            self.tape.unlock()

    def output(self, out: Any) -> Any:
        """The value of one output leaf, checked to be something that has a derivative."""
        if self.traced(out):
            return out.value
        value = out.value if isinstance(out, Buffer) else out
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
        """A tree with this tape's arrays, and buffers, replaced by their values."""
        return optree.tree_map(
            lambda leaf: leaf.value if self.traced(leaf) or isinstance(leaf, Buffer) else leaf, tree
        )

    def pull_back(self, outputs: list[Any], seeds: list[Any], keep: bool = False) -> Any:
        """The cotangents of the inputs, as trees like the arguments."""
        by_id: dict[int, Any] = {}
        for out, seed in zip(outputs, seeds, strict=True):
            if self.traced(out):
                by_id[out.id] = by_id[out.id] + seed if out.id in by_id else seed
        cotangents = sweep(self.tape, by_id, keep=keep)
        return self.like_arguments(self.owned(cotangents, seeds))

    def owned(self, cotangents: list[Any], seeds: list[Any]) -> list[Any]:
        """Cotangents of the inputs that are the caller's alone, zeros where there are none."""
        given = [id(seed) for seed in seeds]
        for i, cotangent in enumerate(cotangents):
            if cotangent is None:
                cotangents[i] = np.zeros_like(plain(self.values[i]))
            elif type(cotangent) is np.ndarray:
                # What is returned is the caller's alone.
                if cotangent.base is not None or id(cotangent) in given:
                    cotangents[i] = cotangent = cotangent.copy()
                given.append(id(cotangent))
        return cotangents

    def like_arguments(self, leaves: list[Any]) -> Any:
        """One leaf for each input, as trees like the arguments."""
        result = self._tree(leaves)
        return result[0] if self.single else tuple(result)

    def rows(self, out: Any, value: Any) -> list[Any]:
        """For each input, the cotangents of all elements of one output, one behind the other.

        One sweep pulls many of them back, as many as keep the memory it needs small. Where the
        sweep meets what cannot be done for many at once, each has a sweep of its own.
        """
        count = math.prod(value.shape)
        if not self.traced(out) or not count:
            return [np.zeros((count, *v.shape), v.dtype, **like(v)) for v in self.values]
        sizes = [math.prod(shape) for shape, _, _ in self.tape.records if shape is not None]
        step = min(count, max(1, BATCH // max(1, *sizes)))
        parts = [
            self._some_rows(out, value, start, min(step, count - start))
            for start in range(0, count, step)
        ]
        return (
            parts[0] if len(parts) == 1 else [np.concatenate(p) for p in zip(*parts, strict=True)]
        )

    def _some_rows(self, out: Any, value: Any, start: int, count: int) -> list[Any]:
        basis = np.eye(count, math.prod(value.shape), start, dtype=value.dtype, **like(value))
        seeds = basis.reshape((count, *value.shape))
        try:
            cotangents = sweep(self.tape, {out.id: Batched(seeds)}, keep=True)
            # A cotangent that is no batch does not depend on the seeds, which makes it zero.
            if not any(isinstance(c, TracedArray) for c in cotangents):
                return [
                    c.value
                    if type(c) is Batched
                    else np.zeros((count, *v.shape), v.dtype, **like(v))
                    for c, v in zip(cotangents, self.values, strict=True)
                ]
        except Exception:  # what is wrong for each of them is raised below
            pass
        rows = [self.owned(sweep(self.tape, {out.id: seed}, keep=True), [seed]) for seed in seeds]
        return [np.stack(column) for column in zip(*rows, strict=True)]


def matching(cotangent: Any, value: Any) -> Any:
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


def _places(argnums: int | Sequence[int], count: int) -> tuple[int, ...]:
    places = (argnums,) if isinstance(argnums, int) else argnums
    for place in places:
        if not -count <= place < count:
            raise TypeError(f"argnums={place}, but the function was called with {count} arguments")
    return tuple([place % count for place in places])


def _leaf(leaf: Any, number: int, chosen: tuple[Any, ...], places: tuple[int, ...]) -> Any:
    """An argument's array or number as something that can be traced."""
    value = leaf.value if isinstance(leaf, Buffer) else leaf
    if isinstance(value, (int, float, complex)) and not isinstance(value, np.generic):
        value = np.asarray(value)[()]
    refuse_subclass(value, "an argument")
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        raise DifferentiationError(
            _name(number, chosen, places),
            f"is a {type(leaf).__name__}, not an array",
            "arrays, floats, or trees of them",
        )
    if value.dtype.kind not in "fc":
        raise DifferentiationError(
            _name(number, chosen, places),
            f"has dtype {value.dtype}: a derivative needs real or complex numbers",
            "x.astype(float), or leave the argument out of argnums",
        )
    return value


def _name(number: int, chosen: tuple[Any, ...], places: tuple[int, ...]) -> str:
    """A leaf as the user would write it: argument 0['layers'][2]."""
    paths: Any = optree.tree_flatten_with_path(chosen)[0]  # type: ignore[arg-type]
    first, *keys = paths[number]
    return f"argument {places[first]}" + "".join(f"[{key!r}]" for key in keys)
