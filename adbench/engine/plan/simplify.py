"""Passes over a program: rewriting by identities, common subexpressions, dead code.

Constants were folded while recording. A rewrite leaves each value's shape and dtype as it was.
Elements stay as they were too, down to the sign of zero, which branch cuts, arctan2 and 1/x can
see: x + 0 is not x. Complex arithmetic is left alone for that reason. The exception are arrays of
zeros that things are added to, as the sweep makes them.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from adbench.engine.plan import functions as pure
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
    reads,
)


def simplify(program: Program) -> None:
    """Rewrite, merge and drop steps until what is left is needed."""
    _Rewriter(program).run()
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


class _Rewriter:
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

    def make(self, function: Any, *args: Template) -> Ref:
        """The value of a call that was not recorded."""
        key = (function, args, ())
        if key not in self.known:
            with np.errstate(all="ignore"):
                value = function(*(fill(a, self.values.__getitem__) for a in args))
            call = Call(*key, self.program.new(value))
            self.steps.append(call)
            self.known[key] = call.out
            self.calls[call.out] = call
        return Ref(self.known[key])

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


def _multiply(r: _Rewriter, call: Call) -> Call | int | None:
    a, b = call.args
    if not r.is_real(call.out):
        return None
    for x, one in ((a, b), (b, a)):
        if type(x) is Ref and r.is_filled(one, 1) and r.like(x.id, call.out):
            return x.id
    for x, other in ((a, b), (b, a)):
        positive = r.negated(x, call.out)  # (−x)·y = −(x·y), whose sign the next sum may take
        if positive is not None:
            return Call(np.negative, (r.make(np.multiply, positive, other),), (), call.out)
    return None


def _divide(r: _Rewriter, call: Call) -> Call | int | None:
    a, b = call.args
    if not r.is_real(call.out):
        return None
    if type(a) is Ref and r.is_filled(b, 1) and r.like(a.id, call.out):
        return a.id
    positive = r.negated(a, call.out)
    if positive is not None:
        return Call(np.negative, (r.make(np.divide, positive, b),), (), call.out)
    return None


def _add(r: _Rewriter, call: Call) -> Call | int | None:
    a, b = call.args
    for x, other in ((a, b), (b, a)):
        if type(x) is not Ref:
            continue
        if r.is_zeros(other) and r.is_real(call.out) and r.like(x.id, call.out):
            return x.id
        negated = r.made_by(other, np.negative)
        if negated is not None:
            return call._replace(function=np.subtract, args=(x, negated.args[0]))
    for x, other in ((a, b), (b, a)):
        if type(x) is not Ref or not r.like(x.id, call.out):
            continue
        for function, adding in ((pure.setitem, pure.add_slice), (pure.add_at, pure.add_at)):
            written = r.made_by(other, function)
            if (
                written is not None
                and type(other) is Ref
                and r.like(other.id, call.out)
                and r.is_filled(written.args[0], 0)
            ):
                return call._replace(function=adding, args=(x, *written.args[1:]))
    return None


def _subtract(r: _Rewriter, call: Call) -> Call | int | None:
    a, b = call.args
    if type(a) is Ref and r.is_filled(b, 0) and r.like(a.id, call.out):
        return a.id
    negated = r.made_by(b, np.negative)
    return None if negated is None else call._replace(function=np.add, args=(a, negated.args[0]))


def _negative(r: _Rewriter, call: Call) -> Call | int | None:
    inner = r.made_by(call.args[0], np.negative)
    if inner is not None and type(inner.args[0]) is Ref:
        return inner.args[0].id
    return None


def _add_slice(r: _Rewriter, call: Call) -> Call | int | None:
    x, value, index = call.args
    negated = r.made_by(value, np.negative)
    if negated is None:
        return _written_at_once(r, call, np.add)
    return Call(pure.subtract_slice, (x, negated.args[0], index), (), call.out)


def _subtract_slice(r: _Rewriter, call: Call) -> Call | int | None:
    return _written_at_once(r, call, np.subtract)


def _written_at_once(r: _Rewriter, call: Call, function: Any) -> Call | None:
    """x[i] = v, then x[i] += w: x[i] = v + w."""
    x, value, index = call.args
    written = r.made_by(x, pure.setitem)
    if written is None or r.uses[written.out] != 1 or written.args[2] != index:
        return None
    first = written.args[1]
    out = r.values[call.out]
    if type(first) is not Ref or type(value) is not Ref or not r.like(first.id, value.id):
        return None
    if getattr(r.values[first.id], "dtype", None) != out.dtype:
        return None
    whole = r.make(function, first, value)
    return Call(pure.setitem, (written.args[0], whole, index), (), call.out)


def _power(r: _Rewriter, call: Call) -> Call | int | None:
    x, exponent = call.args
    out = r.values[call.out]
    if type(exponent) is not Fixed or type(exponent.value) is not int or type(x) is not Ref:
        return None
    if type(out) is not np.ndarray or not r.like(x.id, call.out) or out.dtype.kind != "f":
        return None
    if exponent.value == 1:
        return x.id
    return call._replace(function=np.square, args=(x,)) if exponent.value == 2 else None


def _same_value(r: _Rewriter, call: Call) -> Call | int | None:
    x = call.args[0]
    return x.id if type(x) is Ref and r.like(x.id, call.out) else None


def _conjugate(r: _Rewriter, call: Call) -> Call | int | None:
    out = r.values[call.out]
    real = getattr(out, "dtype", None) is not None and out.dtype.kind != "c"
    return _same_value(r, call) if real else None


def _reshape(r: _Rewriter, call: Call) -> Call | int | None:
    same = _same_value(r, call)
    if same is not None:
        return same
    inner = r.made_by(call.args[0], pure.reshape)
    order = [c.args[2] if len(c.args) > 2 else None for c in (call, inner) if c is not None]
    if inner is not None and all(o in (None, Fixed(str, "C")) for o in order):
        return call._replace(args=(inner.args[0], *call.args[1:]))
    return None


def _setitem(r: _Rewriter, call: Call) -> Call | int | None:
    """Zeros written into zeros, and what was just written into the same place."""
    x, value, index = call.args
    if type(x) is not Ref:
        return None
    written = r.made_by(x, pure.setitem)
    again = written is not None and written.args[1:] == (value, index)
    return x.id if again or (r.is_filled(x, 0) and r.is_filled(value, 0)) else None


RULES: dict[Any, Any] = {
    np.multiply: _multiply,
    np.divide: _divide,
    np.add: _add,
    np.subtract: _subtract,
    np.negative: _negative,
    np.power: _power,
    np.positive: _same_value,
    np.conjugate: _conjugate,
    np.real: _conjugate,
    pure.copy: _same_value,
    pure.astype: _same_value,
    pure.reshape: _reshape,
    np.broadcast_to: _same_value,
    pure.setitem: _setitem,
    pure.add_slice: _add_slice,
    pure.subtract_slice: _subtract_slice,
}
