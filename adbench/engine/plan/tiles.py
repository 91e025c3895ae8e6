"""Operands that are the same for each of many short rows: repeated, so that rows get long.

For x[:, None, :] * y, with y of shape (25, 1000, 10), NumPy goes through 25,000 rows of ten
elements each, and spends more time between rows than in them. Of ten rows one is made, by
repeating x ten times, which takes little memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from adbench.engine.plan.memory import Spec
from adbench.engine.plan.program import Call, Ref, Template

if TYPE_CHECKING:
    from adbench.engine.plan.emit import Emitter

SHORT = 64
"""Elements of the longest row that is called short."""
LONG = 256
"""How long rows are made at most."""
MANY = 2048
"""Elements of a result from which it pays."""


def tiled(emitter: Emitter, call: Call, operands: list[str], out: str) -> bool:
    """Emit a ufunc of two operands on long rows; say whether that was possible."""
    result = emitter.object(out)
    if len(call.args) != 2 or result.ndim < 2 or not result.flags.c_contiguous:
        return False
    rows, short = result.shape[-2:]
    if not 1 < short <= SHORT or result.size < MANY:
        return False
    times = max((n for n in range(1, LONG // short + 1) if rows % n == 0), default=1)
    if times < 4:
        return False
    long = (rows // times, times * short)
    for place, other in ((0, 1), (1, 0)):
        row, whole = emitter.spec(call.args[place]), emitter.spec(call.args[other])
        if row is None or whole is None or not row.shape or not whole.shape:
            continue
        repeated = row.shape[-1] == short and row.shape[-2:-1] in ((), (1,))
        few = row.nbytes * times * 4 <= result.nbytes
        view = _on_rows(emitter, call.args[other], whole, operands[other], (rows, short), long)
        if repeated and few and view is not None:
            block, tile = _tile(emitter, call.args[place], row, operands[place], times)
            names = [view, view]
            names[place] = tile
            emitter.do(call.function, *names, emitter.name(_reshaped(result, long), "b"))
            emitter.arena.give(block)
            return True
    return False


def _on_rows(
    emitter: Emitter, template: Template, spec: Spec, operand: str, short: Any, long: Any
) -> str | None:
    """An operand on long rows, where that is a view; it usually is for one that is not static."""
    assert spec.shape is not None
    number = template.id if type(template) is Ref else -1
    if spec.shape[-2:] != short:
        return None
    if number in emitter.static:
        array = emitter.static[number]
        view = _reshaped(array, long)
        return emitter.name(view, "b") if np.may_share_memory(view, array) else None
    itemsize = spec.nbytes // max(1, int(np.prod(spec.shape)))
    if spec.strides[-2:] != (short[1] * itemsize, itemsize):
        return None
    return f"{operand}.reshape({(*spec.shape[:-2], *long)})"


def _tile(
    emitter: Emitter, template: Template, spec: Spec, operand: str, times: int
) -> tuple[Any, str]:
    """A block, and in it an operand whose rows are repeated; written in each run."""
    assert spec.shape is not None
    *outer, short = spec.shape
    shape = (*outer, times * short)
    nbytes = spec.nbytes * times
    block = emitter.arena.take(nbytes)
    strides = np.empty(shape, spec.dtype).strides
    tile = emitter.arena.array(block, Spec(shape, spec.dtype, strides, nbytes))
    parts = tile.reshape(*outer, times, short)
    number = template.id if type(template) is Ref else -1
    if number in emitter.static:
        source = emitter.name(emitter.static[number][..., None, :], "b")
    else:
        source = f"{operand}[..., None, :]"
    emitter.do(np.copyto, emitter.name(parts, "b"), source)
    return block, emitter.name(tile, "b")


def _reshaped(array: Any, long: tuple[int, int]) -> Any:
    return array.reshape(*array.shape[:-2], *long)
