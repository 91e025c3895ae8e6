"""How functions other than ufuncs write their results into buffers.

A form emits a call whose result is static, and says whether it could.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from adbench.engine.plan import functions as pure
from adbench.engine.plan.memory import Spec
from adbench.engine.plan.program import Call, Fixed, Many, Ref

if TYPE_CHECKING:
    from adbench.engine.plan.emit import Emitter

PRODUCT = 2048
"""Elements from which a sum over short rows or columns is made a product with ones."""
SHORT = 64
"""How long the inner loop of such a sum may be."""


def reduction(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """ufunc.reduce into a buffer."""
    if call.out in emitter.escaping:
        return False
    if sum_by_product(emitter, call, spec):
        return True
    options = dict(call.kwargs)
    axis = emitter.operand(options["axis"])
    keepdims = emitter.operand(options.get("keepdims", Fixed(bool, False)))
    operand = emitter.operand(call.args[0])
    emitter.do(call.function, operand, axis, "None", emitter.target(call, spec), keepdims)
    return True


def sum_by_product(emitter: Emitter, call: Call, spec: Spec) -> bool:
    """A sum whose inner loop would be short, as a product with ones, which BLAS does.

    The elements are added one after the other, as NumPy adds so few of them.
    """
    (source,) = call.args
    array = emitter.static.get(source.id) if type(source) is Ref else None
    if call.function != np.add.reduce or array is None or not array.flags.c_contiguous:
        return False
    if array.dtype.char not in "fd" or spec.dtype != array.dtype or array.size < PRODUCT:
        return False
    axis = dict(call.kwargs)["axis"]
    axes = sorted({k % array.ndim for k in _axes(emitter.known(axis), array.ndim)})
    if not axes or axes != list(range(axes[0], axes[-1] + 1)):
        return False
    before = math.prod(array.shape[: axes[0]])
    summed = math.prod(array.shape[axes[0] : axes[-1] + 1])
    after = math.prod(array.shape[axes[-1] + 1 :])
    short = after if after > 1 else summed
    if summed == 1 or short > SHORT or before == after == 1:
        return False
    emitter.target(call, spec)
    result = emitter.static[call.out]
    if after == 1:
        operands = [array.reshape(before, summed), np.ones(summed, array.dtype)]
        result = result.reshape(before)
    else:
        operands = [np.ones((1, summed), array.dtype), array.reshape(before, summed, after)]
        result = result.reshape(before, 1, after)
    emitter.do(np.matmul, *(emitter.name(array, "b") for array in (*operands, result)))
    return True


def joined(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """concatenate and stack: each part is copied to its place in the buffer."""
    options = dict(call.kwargs)
    parts = call.args[0]
    if not options.keys() <= {"axis"} or len(call.args) != 1 or type(parts) is not Many:
        return False
    if call.out in emitter.escaping:
        return False
    axis = emitter.known(options.get("axis", Fixed(int, 0)))
    emitter.target(call, spec)
    whole = np.moveaxis(emitter.static[call.out], axis, 0)
    start = 0
    for part in parts.items:
        if call.function is np.stack:
            emitter.copy(whole[start, ...], part)
            start += 1
            continue
        found = emitter.spec(part)
        if found is None or found.shape is None:
            raise AssertionError("concatenate takes arrays")
        size = found.shape[axis]
        emitter.copy(np.moveaxis(whole[start : start + size], 0, axis), part)
        start += size
    return True


def choice(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """np.where: the second branch, and the first one where the condition holds."""
    if len(call.args) != 3 or call.out in emitter.escaping:
        return False
    condition, first, second = call.args
    conditions = emitter.spec(condition)
    if conditions is None or conditions.dtype != np.bool_:
        return False
    operands = [emitter.array(first), emitter.array(second)]
    chosen = emitter.array(condition)
    target = emitter.target(call, spec)
    emitter.do(np.copyto, target, operands[1])
    emitter.do(np.copyto, target, operands[0], emitter.operand(SAME_KIND), chosen)
    return True


def cast(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """astype, into a buffer."""
    if call.out in emitter.escaping:
        return False
    operand = emitter.array(call.args[0])
    emitter.do(np.copyto, emitter.target(call, spec), operand, emitter.operand(UNSAFE))
    return True


def update(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """Writes into an array: in its own buffer if it dies here, else in a copy."""
    source, value, index = call.args
    if type(source) is not Ref:
        return False
    operand = emitter.array(value)
    if call.out in emitter.escaping:
        _update_output(emitter, call, source, operand, i)
        return True
    out = emitter.in_place(call, [source], spec, i)
    if out is None:
        out = emitter.target(call, spec)
        if emitter.is_zero(source.id):
            emitter.do(emitter.static[call.out].fill, emitter.operand(Fixed(int, 0)))
        else:
            emitter.copy(emitter.static[call.out], source)
    if emitter.is_known(index) and is_basic(emitter.known(index)):
        part = emitter.static[call.out][emitter.known(index)]
        if type(part) is np.ndarray:
            name = emitter.name(part, "b")
            if call.function is pure.setitem:
                emitter.do(np.copyto, name, operand, emitter.operand(UNSAFE))
            else:
                emitter.do(SUMS.get(call.function, np.add), name, operand, name)
            return True
    _write(emitter, call, out, operand)
    return True


def _update_output(emitter: Emitter, call: Call, source: Ref, operand: str, i: int) -> None:
    """Writes into an array that is, or will become, an output: memory made in each run."""
    number = source.id
    if number in emitter.fresh and number in emitter.escaping and emitter.layout.last[number] == i:
        emitter.assign(call, f"v{number}")
        emitter.origins[call.out] = emitter.origins.get(number, number)
    elif emitter.is_zero(number):
        zero = emitter.layout.constants[number]
        shape, dtype = (emitter.name(thing, "k") for thing in (zero.shape, zero.dtype))
        emitter.assign(call, f"{emitter.name(np.zeros, 'f')}({shape}, {dtype})")
    else:
        emitter.assign(call, f"{emitter.operand(source)}.copy()")
    emitter.fresh.add(call.out)
    _write(emitter, call, f"v{call.out}", operand)


def _write(emitter: Emitter, call: Call, out: str, operand: str) -> None:
    """A write as statements."""
    index = call.args[2]
    place = emitter.operand(index)
    if call.function is pure.setitem:
        emitter.lines.append(f"{out}[{place}] = {operand}")
    elif call.function is pure.add_at:
        emitter.do(np.add.at, out, place, operand)
    elif emitter.is_known(index) and _is_slice(emitter.known(index)):
        # out[place] += would copy the part onto itself in the end
        part = (emitter.origins.get(call.out, call.out), index)
        if emitter.part != part:
            emitter.lines.append(f"part = {out}[{place}]")
            emitter.part = part
        emitter.do(SUMS[call.function], "part", operand, "part")
    else:
        sign = "+=" if call.function is pure.add_slice else "-="
        emitter.lines.append(f"{out}[{place}] {sign} {operand}")


def _is_slice(index: Any) -> bool:
    """Whether an index certainly gives a view, not a number."""
    parts = index if type(index) is tuple else (index,)
    return is_basic(index) and any(type(p) in (slice, type(Ellipsis)) for p in parts)


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def is_basic(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return all(type(p) in (int, slice, type(None), type(Ellipsis)) for p in parts)


SAME_KIND = Fixed(str, "same_kind")
UNSAFE = Fixed(str, "unsafe")
SUMS = {pure.add_slice: np.add, pure.subtract_slice: np.subtract}
UPDATES = frozenset({pure.setitem, pure.add_at, *SUMS})
Form: TypeAlias = Callable[["Emitter", Call, Spec, int], bool]

FORMS: dict[Any, Form] = {
    np.where: choice,
    np.concatenate: joined,
    np.stack: joined,
    pure.astype: cast,
    pure.setitem: update,
    pure.add_at: update,
    pure.add_slice: update,
    pure.subtract_slice: update,
}


def form_of(call: Call) -> Form | None:
    """The form for a call, if its function has one."""
    function: Any = call.function
    options = dict(call.kwargs).keys()
    if (
        isinstance(getattr(function, "__self__", None), np.ufunc)
        and function.__name__ == "reduce"
        and len(call.args) == 1
        and {"axis"} <= options <= {"axis", "keepdims"}
    ):
        return reduction
    return FORMS.get(function)
