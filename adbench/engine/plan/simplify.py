"""Passes over a program: rewriting by identities, common subexpressions, dead code.

Constants were folded while recording. The identities are in `identities.py`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from adbench.engine.plan import functions as pure
from adbench.engine.plan.identities import RULES
from adbench.engine.plan.program import (
    Call,
    Fixed,
    Guard,
    Many,
    Program,
    Ref,
    Step,
    Template,
    fill,
    literal,
    reads,
)


def simplify(program: Program) -> None:
    """Rewrite, merge and drop steps until what is left is needed."""
    Rewriter(program).run()
    drop_dead(program)


def drop_dead(program: Program) -> None:
    """Keep the steps that an output or a guard needs."""
    needed = set(program.outputs)
    kept: list[Step] = []
    for step in reversed(program.steps):
        if type(step) is Guard:
            needed.add(step.id)
        elif step.out in needed:
            needed.update(reads(step))
        else:
            continue
        kept.append(step)
    program.steps = kept[::-1]


def watched(program: Program) -> set[int]:
    """The values that a guard depends on: not a bit of them may change."""
    found: set[int] = set()
    for step in reversed(program.steps):
        if type(step) is Guard:
            found.add(step.id)
        elif step.out in found:
            found.update(reads(step))
    return found


class Rewriter:
    """One pass from the first step to the last; a rule sees its operands rewritten already."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.values = program.values
        self.alias: dict[int, int] = {}
        self.calls: dict[int, Call] = {}
        self.known: dict[Any, int] = {}
        self.steps: list[Step] = []
        self.uses = Counter(
            n for step in program.steps if type(step) is Call for n in reads(step)
        ) + Counter(program.outputs)
        self.watched = watched(program)
        self.factors: dict[int, float | None] = {}
        self.zeros: dict[int, bool] = {}
        self.ones: dict[int, bool] = {}

    def run(self) -> None:
        steps = self.steps
        for step in self.program.steps:
            if type(step) is Guard:
                steps.append(step._replace(id=self.alias.get(step.id, step.id)))
                continue
            call = self.renamed(step)
            found = self.rewritten(call)
            while type(found) is Call and found is not call:
                call, found = found, self.rewritten(found)
            if isinstance(found, int):
                self.alias[step.out] = found
                continue
            key = call[:3]
            if key in self.known:
                self.alias[step.out] = self.known[key]
                continue
            self.known[key] = call.out
            self.calls[call.out] = call
            steps.append(call)
        self.program.steps = steps
        self.program.outputs = [self.alias.get(o, o) for o in self.program.outputs]

    def renamed(self, call: Call) -> Call:
        if not self.alias or not any(r in self.alias for r in reads(call)):
            return call
        return call._replace(
            args=tuple(self.rename(t) for t in call.args),
            kwargs=tuple((name, self.rename(t)) for name, t in call.kwargs),
        )

    def rename(self, template: Template) -> Template:
        if type(template) is Ref:
            return Ref(self.alias.get(template.id, template.id))
        if type(template) is Many:
            return Many(template.kind, tuple(self.rename(item) for item in template.items))
        return template

    # Rules.

    def rewritten(self, call: Call) -> Call | int:
        """The call itself, a better one, or the id of a value that it equals."""
        rule = RULES.get(call.function)
        if rule is not None:
            found: Call | int | None = rule(self, call)
            if found is not None:
                return found
        if isinstance(call.function, np.ufunc):
            return self.unstretched(call)
        return call

    def like(self, number: int, out: int) -> bool:
        """Whether two values agree in shape, dtype and kind, so that one can replace the other."""
        a, b = self.values[number], self.values[out]
        return (
            type(a) is type(b)
            and np.shape(a) == np.shape(b)
            and getattr(a, "dtype", None) == getattr(b, "dtype", None)
        )

    def is_real(self, number: int) -> bool:
        """Whether a value is an array or number of real floats."""
        return getattr(getattr(self.values[number], "dtype", None), "kind", "") == "f"

    def is_filled(self, template: Template, number: float) -> bool:
        """Whether an operand is a constant all of whose elements are `number`."""
        if type(template) is Fixed:
            return type(template.value) in (int, float) and template.value == number
        if type(template) is not Ref or template.id not in self.program.constants:
            return False
        cache = self.zeros if number == 0 else self.ones
        if template.id not in cache:
            value = self.values[template.id]
            numeric = isinstance(value, (np.ndarray, np.generic, float))
            cache[template.id] = numeric and bool(np.all(np.equal(value, number)))
        return cache[template.id]

    def is_zeros(self, template: Template) -> bool:
        """Whether an operand is a constant array of zeros: one to add to, not the number 0."""
        if type(template) is not Ref or np.ndim(self.values[template.id]) == 0:
            return False
        return self.is_filled(template, 0)

    def made_by(self, template: Template, function: Any) -> Call | None:
        """The call that made an operand, if it is one of `function`."""
        if type(template) is not Ref:
            return None
        call = self.calls.get(template.id)
        return call if call is not None and call.function is function else None

    def make(self, function: Any, *args: Template, **options: int) -> Ref:
        """The value of a call that was not recorded."""
        key = (function, args, tuple((k, Fixed(type(v), v)) for k, v in options.items()))
        if key not in self.known:
            with np.errstate(all="ignore"):
                value = function(*(fill(a, self.values.__getitem__) for a in args), **options)
            call = Call(*key, self.program.new(value))
            self.steps.append(call)
            self.known[key] = call.out
            self.calls[call.out] = call
        return Ref(self.known[key])

    def factor(self, template: Template) -> float | None:
        """The number that a constant is, or that all elements of a constant array are."""
        if type(template) is Fixed:
            return template.value if type(template.value) in (int, float) else None
        if type(template) is not Ref or template.id not in self.program.constants:
            return None
        if template.id not in self.factors:
            value = self.values[template.id]
            if type(value) is np.ndarray and value.dtype.kind == "f" and value.size:
                first = value.flat[0]
                value = float(first) if first and np.all(np.equal(value, first)) else None
            self.factors[template.id] = value if type(value) is float else None
        return self.factors[template.id]

    def number(self, value: float) -> Ref:
        """A number as a constant of the code."""
        key = ("number", value.hex())
        if key not in self.known:
            self.known[key] = self.program.constant(value)
        return Ref(self.known[key])

    def scaled(self, template: Template) -> tuple[Ref, float] | None:
        """(x, c), where an operand is the real array x times the number c for this one use."""
        call = self.made_by(template, np.multiply)
        if call is None or self.uses[call.out] != 1 or call.out in self.watched:
            return None
        for x, number in (call.args, call.args[::-1]):
            c = self.factor(number)
            if c is not None and type(x) is Ref and self.is_array(x.id, call.out):
                return x, float(c)
        return None

    def one_of(self, template: Ref, axis: int) -> Ref | None:
        """One row (axis −2) or column (axis −1) of a stack of matrices whose rows are all alike."""
        array = self.values[template.id]
        length = array.shape[-1 if axis == -2 else -2]
        shape = (1, length) if axis == -2 else (length, 1)
        if array.shape[axis] < 2:
            return None
        if self.factor(template) is not None:
            return self.whole(np.full(shape, array.flat[0]))
        call = self.made_by(template, np.broadcast_to)
        if call is None or type(call.args[0]) is not Ref:
            return None
        source = self.values[call.args[0].id]
        if np.ndim(source) == 1 and axis == -2 and len(source) == length:
            return self.make(pure.reshape, call.args[0], literal(shape))
        alike = np.ndim(source) >= 2 and source.shape[-2:] == shape
        return call.args[0] if alike else None

    def whole(self, array: Any) -> Ref:
        """An array as a constant of the code."""
        key = ("array", array.shape, array.dtype, array.tobytes())
        if key not in self.known:
            self.known[key] = self.program.constant(array)
        return Ref(self.known[key])

    def is_array(self, number: int, out: int) -> bool:
        """Whether a value is an array of real floats, like another."""
        array = type(self.values[number]) is np.ndarray
        return array and self.is_real(number) and self.like(number, out)

    def negated(self, template: Template, out: int) -> Template | None:
        """x, where an operand is −x for this one use, as large as the result."""
        call = self.made_by(template, np.negative)
        if call is None or self.uses[call.out] != 1 or not self.like(call.out, out):
            return None
        return call.args[0]

    def unstretched(self, call: Call) -> Call:
        """ufunc(x, broadcast_to(y)) -> ufunc(x, y), which stretches y by itself."""
        out = self.values[call.out]
        if not isinstance(out, np.ndarray) or call.function is np.matmul:
            return call
        for i, operand in enumerate(call.args):
            stretched = self.made_by(operand, np.broadcast_to)
            if stretched is None or type(stretched.args[0]) is not Ref:
                continue
            args = (*call.args[:i], stretched.args[0], *call.args[i + 1 :])
            shapes = [np.shape(self.values[a.id]) for a in args if type(a) is Ref]
            if np.broadcast_shapes(*shapes) == out.shape:
                return call._replace(args=args)
        return call
