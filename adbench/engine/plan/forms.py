"""How functions other than ufuncs write their results into buffers.

A form emits a call whose result is static, and says whether it could.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from adbench.engine.plan import functions as pure
from adbench.engine.plan.layout import Spec
from adbench.engine.plan.program import Call, Fixed, Ref

if TYPE_CHECKING:
    from adbench.engine.plan.emit import Emitter

PRODUCT = 2048
"""Elements from which a sum over short rows or columns is made a product with ones."""
SHORT = 64
"""How long the inner loop of such a sum may be."""


def reduction(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """ufunc.reduce into a buffer."""
    if sum_by_product(emitter, call, spec):
        return True
    options = dict(call.kwargs)
    axis = emitter.operand(options["axis"])
    keepdims = emitter.operand(options.get("keepdims", Fixed(bool, False)))
    operand = emitter.operand(call.args[0])
    emitter.lines.append(
        f"{emitter.name(call.function, 'f')}"
        f"({operand}, {axis}, None, {emitter.target(call, spec)}, {keepdims})"
    )
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
    names = ", ".join(emitter.name(operand, "b") for operand in (*operands, result))
    emitter.lines.append(f"{emitter.name(np.matmul, 'f')}({names})")
    return True


def joined(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """concatenate and stack: each part is copied to its place in the buffer."""
    options = dict(call.kwargs)
    if not options.keys() <= {"axis"} or len(call.args) != 1 or type(call.args[0]) is Ref:
        return False
    axis = emitter.known(options.get("axis", Fixed(int, 0)))
    parts = call.args[0].items  # type: ignore[union-attr]
    emitter.target(call, spec)
    whole = np.moveaxis(emitter.static[call.out], axis, 0)
    start = 0
    for part in parts:
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
    if len(call.args) != 3 or call.kwargs:
        return False
    condition, first, second = call.args
    conditions = emitter.spec(condition)
    if conditions is None or conditions.dtype != np.bool_:
        return False
    operands = [emitter.array(first), emitter.array(second)]
    chosen = emitter.array(condition)
    target = emitter.target(call, spec)
    copyto = emitter.name(np.copyto, "f")
    emitter.lines.append(f"{copyto}({target}, {operands[1]})")
    emitter.lines.append(f"{copyto}({target}, {operands[0]}, 'same_kind', {chosen})")
    return True


def cast(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """astype, into a buffer."""
    operand = emitter.array(call.args[0])
    copyto = emitter.name(np.copyto, "f")
    emitter.lines.append(f"{copyto}({emitter.target(call, spec)}, {operand}, 'unsafe')")
    return True


def update(emitter: Emitter, call: Call, spec: Spec, i: int) -> bool:
    """Writes into an array: in its own buffer if it dies here, else in a copy."""
    source, value, index = call.args
    if type(source) is not Ref:
        return False
    operand = emitter.array(value)
    out = emitter.in_place(call, [source], spec, i)
    if out is None:
        out = emitter.target(call, spec)
        emitter.copy(emitter.static[call.out], source)
    array = emitter.static[call.out]
    if emitter.is_known(index) and is_basic(emitter.known(index)):
        part = array[emitter.known(index)]
        if type(part) is np.ndarray:
            _write(emitter, call.function, part, operand)
            return True
    place = emitter.operand(index)
    emitter.lines.append(
        {
            pure.setitem: f"{out}[{place}] = {operand}",
            pure.add_slice: f"{out}[{place}] += {operand}",
            pure.add_at: f"{emitter.name(np.add.at, 'f')}({out}, {place}, {operand})",
        }[call.function]
    )
    return True


def _write(emitter: Emitter, function: Any, part: Any, operand: str) -> None:
    """Write into a static view."""
    name = emitter.name(part, "b")
    if function is pure.setitem:
        emitter.lines.append(f"{emitter.name(np.copyto, 'f')}({name}, {operand}, 'unsafe')")
    else:
        emitter.lines.append(f"{emitter.name(np.add, 'f')}({name}, {operand}, {name})")


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def is_basic(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return all(type(p) in (int, slice, type(None), type(Ellipsis)) for p in parts)


Form: TypeAlias = Callable[["Emitter", Call, Spec, int], bool]

FORMS: dict[Any, Form] = {
    np.where: choice,
    np.concatenate: joined,
    np.stack: joined,
    pure.astype: cast,
    pure.setitem: update,
    pure.add_at: update,
    pure.add_slice: update,
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
