"""Identities by which a program gets shorter: for each function, what else a call of it may be.

A rule is given a call whose operands are rewritten already. It returns a better call, the number
of a value that the call's value equals, or None.

A rewrite leaves each value's shape and dtype as it was. Elements stay as they were too, down to
the sign of zero, which branch cuts, arctan2 and 1/x can see: x + 0 is not x. Complex arithmetic is
left alone for that reason. There are three exceptions:

- Arrays of zeros that things are added to, as the sweep makes them, are dropped.
- A factor that is a power of two may be applied earlier or later than written: no digit is rounded
  by it, but a product may overflow, or be subnormal, in one order and not in the other.
- Matrices that are stretched to many equal rows or columns are multiplied before that, in which
  sums of products are rounded as any order of them is.

What a guard depends on is computed as written.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from adbench.engine.plan import functions as pure
from adbench.engine.plan.program import Call, Fixed, Ref, literal

if TYPE_CHECKING:
    from adbench.engine.plan.simplify import Rewriter


def _multiply(r: Rewriter, call: Call) -> Call | int | None:
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
    return None if call.out in r.watched else _rescaled(r, call)


def _rescaled(r: Rewriter, call: Call) -> Call | None:
    """(x·c)·d -> x·(c·d), and (x·c)·(y·d) -> (x·(c·d))·y, where d or c is a power of two."""
    for left, right in (call.args, call.args[::-1]):
        scaled = r.scaled(left)
        if scaled is None:
            continue
        x, c = scaled
        d = r.factor(right)
        other = r.scaled(right) if d is None else None
        if other is not None:
            d = other[1]
        if d is None or not (_is_power_of_two(c) or _is_power_of_two(d)):
            continue
        number = r.number(c * d)
        if other is None:
            if r.is_array(x.id, call.out):
                return Call(np.multiply, (x, number), (), call.out)
        else:
            first = r.make(np.multiply, x, number)
            return Call(np.multiply, (first, other[0]), (), call.out)
    return None


def _is_power_of_two(number: float) -> bool:
    return abs(math.frexp(number)[0]) == 0.5


def _divide(r: Rewriter, call: Call) -> Call | int | None:
    a, b = call.args
    if not r.is_real(call.out):
        return None
    if type(a) is Ref and r.is_filled(b, 1) and r.like(a.id, call.out):
        return a.id
    positive = r.negated(a, call.out)
    if positive is not None:
        return Call(np.negative, (r.make(np.divide, positive, b),), (), call.out)
    return None


def _add(r: Rewriter, call: Call) -> Call | int | None:
    a, b = call.args
    if a == b and type(a) is Ref and r.is_array(a.id, call.out):
        return Call(np.multiply, (a, r.number(2.0)), (), call.out)
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


def _subtract(r: Rewriter, call: Call) -> Call | int | None:
    a, b = call.args
    if type(a) is Ref and r.is_filled(b, 0) and r.like(a.id, call.out):
        return a.id
    negated = r.made_by(b, np.negative)
    return None if negated is None else call._replace(function=np.add, args=(a, negated.args[0]))


def _negative(r: Rewriter, call: Call) -> Call | int | None:
    inner = r.made_by(call.args[0], np.negative)
    if inner is not None and type(inner.args[0]) is Ref:
        return inner.args[0].id
    scaled = r.scaled(call.args[0])
    if scaled is not None and r.is_array(scaled[0].id, call.out):
        return Call(np.multiply, (scaled[0], r.number(-scaled[1])), (), call.out)
    return None


def _add_slice(r: Rewriter, call: Call) -> Call | int | None:
    x, value, index = call.args
    negated = r.made_by(value, np.negative)
    if negated is None:
        return _written_at_once(r, call, np.add)
    return Call(pure.subtract_slice, (x, negated.args[0], index), (), call.out)


def _subtract_slice(r: Rewriter, call: Call) -> Call | int | None:
    return _written_at_once(r, call, np.subtract)


def _written_at_once(r: Rewriter, call: Call, function: Any) -> Call | None:
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


def _power(r: Rewriter, call: Call) -> Call | int | None:
    x, exponent = call.args
    out = r.values[call.out]
    if type(exponent) is not Fixed or type(exponent.value) is not int or type(x) is not Ref:
        return None
    if type(out) is not np.ndarray or not r.like(x.id, call.out) or out.dtype.kind != "f":
        return None
    if exponent.value == 1:
        return x.id
    return call._replace(function=np.square, args=(x,)) if exponent.value == 2 else None


def _matmul(r: Rewriter, call: Call) -> Call | int | None:
    """A product with a matrix whose rows are alike: with one of them, for all.

    The cotangent of a sum is such a matrix, and so is what products make of it. NumPy leaves
    BLAS aside for what is stretched.
    """
    a, b = call.args
    out = r.values[call.out]
    if call.out in r.watched or type(a) is not Ref or type(b) is not Ref or not r.is_real(call.out):
        return None
    if any(np.ndim(r.values[x.id]) < 2 for x in (a, b)):
        return None
    row, column = r.one_of(a, -2), r.one_of(b, -1)
    if row is not None or column is not None:
        product = r.make(np.matmul, row or a, column or b)
        return Call(np.broadcast_to, (product, literal(out.shape)), (), call.out)
    row, column = r.one_of(b, -2), r.one_of(a, -1)
    if row is not None:
        return Call(
            np.multiply, (r.make(np.add.reduce, a, axis=-1, keepdims=True), row), (), call.out
        )
    if column is not None:
        return Call(
            np.multiply, (column, r.make(np.add.reduce, b, axis=-2, keepdims=True)), (), call.out
        )
    return None


def _same_value(r: Rewriter, call: Call) -> Call | int | None:
    x = call.args[0]
    return x.id if type(x) is Ref and r.like(x.id, call.out) else None


def _copy(r: Rewriter, call: Call) -> Call | int | None:
    return None if call.out in r.watched else _same_value(r, call)


def _conjugate(r: Rewriter, call: Call) -> Call | int | None:
    out = r.values[call.out]
    real = getattr(out, "dtype", None) is not None and out.dtype.kind != "c"
    return _same_value(r, call) if real else None


def _reshape(r: Rewriter, call: Call) -> Call | int | None:
    same = _same_value(r, call)
    if same is not None:
        return same
    inner = r.made_by(call.args[0], pure.reshape)
    order = [c.args[2] if len(c.args) > 2 else None for c in (call, inner) if c is not None]
    if inner is not None and all(o in (None, Fixed(str, "C")) for o in order):
        return call._replace(args=(inner.args[0], *call.args[1:]))
    return None


def _setitem(r: Rewriter, call: Call) -> Call | int | None:
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
    np.matmul: _matmul,
    np.positive: _same_value,
    np.conjugate: _conjugate,
    np.real: _conjugate,
    pure.copy: _copy,
    pure.astype: _same_value,
    pure.reshape: _reshape,
    np.broadcast_to: _same_value,
    pure.setitem: _setitem,
    pure.add_slice: _add_slice,
    pure.subtract_slice: _subtract_slice,
}
