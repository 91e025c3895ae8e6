"""From a program to a Python function: buffers planned by liveness, views made once.

A value that does not leave the program lies in a buffer that every run writes again, so that
its views, and the constants, are made when the function is: "static" values. Inputs, outputs,
numbers and the results of functions that allocate by themselves are "dynamic": local variables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from adbench.engine.plan import functions as pure
from adbench.engine.plan.forms import UPDATES, form_of, is_basic
from adbench.engine.plan.layout import Layout
from adbench.engine.plan.memory import SMALL, Block, Elsewhere, Spec
from adbench.engine.plan.program import (
    Call,
    Guard,
    Ref,
    Template,
    reads,
    refs,
)
from adbench.engine.plan.source import Source
from adbench.engine.plan.tiles import tiled

ARITHMETIC = frozenset(
    {np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum}
    | {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
    | {np.arctan2, np.hypot, np.logaddexp}
)
"""ufuncs of two operands of one dtype, in which a Python number takes the other's dtype."""
BIG = 1 << 16
"""Bytes from which a dynamic array is dropped as soon as it was used."""
FEW = 3
"""How often a small input is read before it pays to copy it, so that it is static."""


class Replay(NamedTuple):
    """A program as a function of its inputs, and the pages that it writes into.

    It returns the result, or DIVERGED.
    """

    run: Any
    pages: list[Any]

    def elsewhere(self) -> Any:
        """The same function with memory of its own. This one may be running meanwhile."""
        moved = Elsewhere(self.pages)
        space = {name: moved(thing) for name, thing in self.run.__globals__.items()}
        return FunctionType(self.run.__code__, space)


class Emitter(Source):
    """Writes a program's steps, each in the best form that is known for it."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.blocks: dict[int, Block] = {}
        self.escaping = set(layout.outputs)
        for i in range(len(layout.steps) - 1, -1, -1):
            step = layout.steps[i]
            # What is written into on its way to an output is the output's own memory.
            if type(step) is Call and step.function in UPDATES and step.out in self.escaping:
                self.escaping |= {n for n in refs(step.args[0]) if layout.last[n] == i}
        self.fresh: set[int] = set()
        self.origins: dict[int, int] = {}
        """The value that another, which is an output, was made from in its own memory."""
        self.part: tuple[int, Template] | None = None
        """The value and the place that the variable `part` is a view of."""
        self.deaths: dict[int, list[int]] = {}
        for number in layout.specs:
            self.deaths.setdefault(layout.last[number], []).append(number)

    def replay(self, rebuild: Callable[[tuple[Any, ...]], Any] | None = tuple) -> Replay:
        """The program, ready to run; `rebuild` makes its result of a tuple of the outputs.

        None stands for the one output there is.
        """
        self.inputs()
        for i, step in enumerate(self.layout.steps):
            if type(step) is Guard:
                self.guard(step)
            else:
                self.call(step, i)
            for number in self.deaths.get(i, ()):
                self.release(number)
        parameters = ", ".join(f"v{n}" for n in self.layout.inputs)
        items = self.results()
        result = items[0] if rebuild is None else f"({''.join(item + ', ' for item in items)})"
        if rebuild not in (None, tuple):
            result = f"{self.name(rebuild, 'f')}({result})"
        self.lines.append(f"return {result}")
        body = "\n    ".join(self.statements())
        made: dict[str, Any] = {}
        exec(compile(f"def run({parameters}):\n    {body}\n", "<compiled plan>", "exec"), made)
        code = made["run"].__code__
        # What only the objects in `lines` refer to needs no name.
        space = {name: self.space[name] for name in code.co_names if name in self.space}
        return Replay(FunctionType(code, space), self.arena.pages)

    def inputs(self) -> None:
        """Copy small inputs that are read often: then all that is done with them is static."""
        uses = Counter(n for step in self.layout.steps if type(step) is Call for n in reads(step))
        for number in self.layout.inputs:
            spec = self.layout.specs[number]
            if spec.shape is not None and spec.nbytes <= SMALL and uses[number] > FEW:
                self.blocks[number] = self.arena.take(spec.nbytes)
                self.static[number] = self.arena.array(self.blocks[number], spec)
                name = self.name(self.static[number], "b")
                self.lines.append(f"{self.name(np.copyto, 'f')}({name}, v{number})")

    def results(self) -> list[str]:
        """The outputs; what others could see or write into is copied."""
        given: set[int] = set()
        items = []
        for number in self.layout.outputs:
            item = self.operand(Ref(number))
            if self.layout.specs[number].shape is not None and (
                number not in self.fresh or number in given
            ):
                item += ".copy()"
            given.add(number)
            items.append(item)
        return items

    def release(self, number: int) -> None:
        """Give a dead value's memory back."""
        if number in self.blocks:
            self.arena.give(self.blocks.pop(number))
        elif (
            number not in self.static
            and number not in self.layout.inputs
            and self.layout.specs[number].nbytes >= BIG
        ):
            self.lines.append(f"v{number} = None")

    def guard(self, guard: Guard) -> None:
        """Leave if a value is not what it was."""
        value, expected = self.operand(Ref(guard.id)), guard.expected
        if type(expected) is bool:
            test = f"not {value}" if expected else value
        elif type(expected) is int or (
            type(expected) is tuple and all(type(n) is int for n in expected)
        ):
            test = f"{value} != {expected!r}"
        else:
            test = f"not same({value}, {self.name(expected, 'k')})"
        self.lines.append(f"if {test}: return DIVERGED")

    def call(self, call: Call, i: int) -> None:
        """One call, in the best form that is known for its function."""
        function = call.function
        if function in pure.VIEWS and self.view(call):
            return
        spec = self.layout.specs[call.out]
        if isinstance(function, np.ufunc) and not call.kwargs and spec.dtype is not None:
            self.ufunc(call, spec, i)
        else:
            form = form_of(call) if spec.shape is not None else None
            if form is None or not form(self, call, spec, i):
                self.opaque(call)

    def target(self, call: Call, spec: Spec) -> str:
        """A buffer for a call's result."""
        block = self.blocks[call.out] = self.arena.take(spec.nbytes)
        array = self.static[call.out] = self.arena.array(block, spec)
        return self.name(array, "b")

    def in_place(self, call: Call, operands: list[Ref], spec: Spec, i: int) -> str | None:
        """The buffer of an operand that dies here and can hold the result."""
        for operand in operands:
            number = operand.id
            if number not in self.blocks or self.layout.last[number] != i:
                continue
            mine = self.static[number]
            if mine.shape != spec.shape or mine.dtype != spec.dtype:
                continue
            others = [self.static[n] for n in reads(call) if n != number and n in self.static]
            if any(np.may_share_memory(mine, other) for other in others):
                continue
            self.blocks[call.out] = self.blocks.pop(number)
            self.static[call.out] = mine
            return self.name(mine, "b")
        return None

    def assign(self, call: Call, source: str) -> None:
        """A dynamic result."""
        self.lines.append(f"v{call.out} = {source}")

    def ufunc(self, call: Call, spec: Spec, i: int) -> None:
        """A ufunc: an operator on numbers, else with a buffer for its result."""
        function: Any = call.function
        if spec.shape is None:
            self.scalar(call)
            return
        like = None
        if function in ARITHMETIC:
            dtypes = {s.dtype for s in map(self.spec, call.args) if s is not None and s.dtype}
            (like,) = dtypes if len(dtypes) == 1 else (None,)
            like = like if like is not None and like.kind in "fc" else None
        if function is np.matmul:
            operands = [self.operand(a) for a in call.args]
        else:
            operands = [self.array(a, like) for a in call.args]
        if call.out in self.escaping:
            self.fresh.add(call.out)
            self.assign(call, f"{self.name(function, 'f')}({', '.join(operands)})")
            return
        out = None
        if function is not np.matmul and function.signature is None:
            out = self.in_place(call, [a for a in call.args if type(a) is Ref], spec, i)
        out = out or self.target(call, spec)
        if function in (np.maximum, np.minimum):  # which deprecate it by position
            self.lines.append(f"{self.name(function, 'f')}({', '.join(operands)}, out={out})")
        elif function is np.matmul or not tiled(self, call, operands, out):
            self.do(function, *operands, out)

    def scalar(self, call: Call) -> None:
        """A ufunc on numbers."""
        operands = [self.operand(a) for a in call.args]
        numbers = all(s is None or s.shape is None for s in map(self.spec, call.args))
        symbol = pure.SYMBOLS.get(call.function) if numbers else None
        if symbol is not None and len(operands) == 2:
            source = f"({operands[0]}) {symbol} ({operands[1]})"
        elif call.function is np.negative and numbers:
            source = f"-({operands[0]})"
        else:
            source = f"{self.name(call.function, 'f')}({', '.join(operands)})"
        self.assign(call, source)

    def view(self, call: Call) -> bool:
        """A view of something static is static itself; a number is looked at in its box."""
        source, *others = call.args
        if self.layout.specs[call.out].shape is None:
            return False
        settings = [*others, *(t for _, t in call.kwargs)]
        if type(source) is not Ref or not all(
            n in self.layout.constants for t in settings for n in refs(t)
        ):
            return False
        number = source.id
        if number in self.static:
            owner = self.static[number]
        elif self.layout.specs[number].shape is None and call.function is not pure.getitem:
            if self.layout.specs[number].dtype is None or number in self.layout.constants:
                return False
            owner = self.space[self.box(number)]
        else:
            return False
        options = {name: self.known(t) for name, t in call.kwargs}
        view = call.function(owner, *map(self.known, others), **options)
        if type(view) is not np.ndarray or not np.may_share_memory(view, owner):
            return False
        if call.function is pure.getitem and not is_basic(self.known(others[0])):
            return False
        self.static[call.out] = view
        return True

    def copy(self, target: Any, source: Template) -> None:
        """Copy into static memory."""
        spec = self.spec(source)
        if spec is not None and spec.shape is None and source.id not in self.layout.constants:  # type: ignore[union-attr]
            self.lines.append(f"{self.name(target, 'b')}[...] = {self.operand(source)}")
        else:
            self.do(np.copyto, self.name(target, "b"), self.array(source))

    def opaque(self, call: Call) -> None:
        """Any other function: called as it is."""
        function = call.function
        if pure.has_own_memory(function):
            self.fresh.add(call.out)
        operands = [self.operand(a) for a in call.args]
        options = [f"{name}={self.operand(t)}" for name, t in call.kwargs]
        if function is pure.getitem:
            source = f"{operands[0]}[{operands[1]}]"
        elif function in pure.SYMBOLS and len(operands) == 2:
            source = f"({operands[0]}) {pure.SYMBOLS[function]} ({operands[1]})"
        else:
            source = f"{self.name(function, 'f')}({', '.join(operands + options)})"
        self.assign(call, source)
