"""One recorded call: the program that it left, and how its result is put together.

Two recordings of the same call are compared, since a program is worth replaying only if a
second call left it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from adbench.engine.errors import DifferentiationError, Location
from adbench.engine.plan.program import Call, Guard, Program, same
from adbench.engine.plan.recorded import RecordedArray
from adbench.engine.plan.recorder import Recorder


@dataclass(slots=True, eq=False)
class Recording:
    """One recorded call: its program, and how the result is put together from the outputs."""

    program: Program
    treedef: Any
    fixed: dict[int, Any]
    """Result leaves that are not arrays."""
    ignored: set[str]

    def rebuilder(self) -> Callable[[tuple[Any, ...]], Any] | None:
        """What makes the function's result of the outputs; None where it is the one output."""
        treedef, fixed, n = self.treedef, self.fixed, self.treedef.num_leaves
        flat: Any = optree.tree_structure(tuple(range(n)))  # type: ignore[arg-type]
        if not fixed and treedef.is_leaf():
            return None
        if not fixed and treedef == flat:
            return tuple

        def rebuild(outputs: tuple[Any, ...]) -> Any:
            given = iter(outputs)
            return treedef.unflatten([fixed[i] if i in fixed else next(given) for i in range(n)])

        return rebuild

    def difference(self, other: Recording) -> tuple[str, Location | None] | bool:
        """False if both left the same program, True if a guard told them apart; else what did."""
        mine, theirs = self.program, other.program
        for a, b in zip(mine.steps, theirs.steps, strict=False):
            if type(a) is Guard and type(b) is Guard and a.id == b.id:
                if not same(a.expected, b.expected):
                    return True
            elif type(a) is not type(b) or (type(a) is Call and a != b):
                return "took another way in the next call, with nothing to tell why", None
        if len(mine.steps) != len(theirs.steps) or mine.outputs != theirs.outputs:
            return "took another way in the next call, with nothing to tell why", None
        for number in mine.constants:
            if not same(mine.values[number], theirs.values[number]):
                return (
                    "used another number in the next call (random, or changed in between)",
                    mine.places.get(number),
                )
        if self.treedef != other.treedef or self.fixed != other.fixed:
            return "returned something else in the next call", None
        return False


def record(
    eager: Callable[..., Any], recorder: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Recording]:
    """Run a derivative on recorded arrays: its result, and the program that it left."""
    flat: Any = optree.tree_flatten((args, kwargs))  # type: ignore[arg-type]
    given, structure = flat
    arguments, named = structure.unflatten(
        [recorder.input(leaf) if is_input(leaf) else leaf for leaf in given]
    )
    try:
        result = eager(*arguments, **named)
    except DifferentiationError:
        if recorder.failure is not None:
            raise recorder.failure from None
        raise
    if recorder.failure is not None:
        raise recorder.failure
    found, treedef = optree.tree_flatten(result)
    results: list[Any] = list(found)
    fixed: dict[int, Any] = {}
    program = recorder.program
    for i, leaf in enumerate(results):
        if isinstance(leaf, RecordedArray) or is_input(leaf):
            number = recorder.number(leaf)
            program.outputs.append(number)
            value = program.values[number]
            results[i] = value.copy() if type(value) is np.ndarray else value
        elif isinstance(leaf, (bool, int, str, bytes)):
            fixed[i] = leaf
        else:
            recorder.fail(f"returns a {type(leaf).__name__} beside arrays")
    recorder.open = False
    return treedef.unflatten(results), Recording(program, treedef, fixed, recorder.ignored)


def is_input(leaf: Any) -> bool:
    """Whether a leaf of the arguments is an input of the program, rather than part of it."""
    return isinstance(leaf, (np.ndarray, np.generic)) or type(leaf) in (float, complex)
