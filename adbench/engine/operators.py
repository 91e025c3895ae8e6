"""Operators and methods of traced arrays, and the short way from them onto the tape.

Most of what a program does is arithmetic on arrays of one tape. For a ufunc of one or two
arguments that case is spelled out here, without the general bookkeeping of `Primitive.apply`,
which does the same for everything else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adbench.engine import assignment
from adbench.engine.array import HANDLERS, Buffer, TracedArray, plain
from adbench.engine.operation import Primitive, Rule, is_view, link_view
from adbench.engine.primitive import PRIMITIVES
from adbench.engine.rules.indexing import frozen_index, getitem, pull_back, pull_back_simple
from adbench.engine.rules.shape import reshape

CONSTANTS = frozenset(
    {float, int, bool, np.ndarray, np.float64, np.float32, np.int64, np.complex128}
)
"""Types that are certainly not traced, the only other operands of the short way.

Not complex: 1j * np.float64(1) is a Python number, which has no shape.
"""

BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "matmul": np.matmul,
    "pow": np.power,
    "mod": np.remainder,
    "floordiv": np.floor_divide,
}
REDUCTIONS = ("sum", "mean", "prod", "max", "min")
UFUNCS = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}
UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute}
COMPARISON = ("lt", "le", "gt", "ge", "eq", "ne")
BITWISE = ("and", "or", "xor", "lshift", "rshift")
METHODS = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "std": np.std,
    "var": np.var,
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "dot": np.dot,
    "clip": np.clip,
    "squeeze": np.squeeze,
    "swapaxes": np.swapaxes,
    "repeat": np.repeat,
    "take": np.take,
    "diagonal": np.diagonal,
    "trace": np.trace,
    "round": np.round,
    "conj": np.conjugate,
    "conjugate": np.conjugate,
    "all": np.all,
    "any": np.any,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "argsort": np.argsort,
    "argpartition": np.argpartition,
    "nonzero": np.nonzero,
    "searchsorted": np.searchsorted,
    "ravel": np.ravel,
}


def unary(primitive: Primitive, function: Callable[..., Any]) -> Callable[[Any], Any]:
    """A primitive of one array: `function` is what computes it fastest."""
    (rule,) = primitive.rules
    assert isinstance(rule, Rule)
    formula, gather = rule.formula, rule.gather

    def call(x: Any) -> Any:
        if type(x) is not TracedArray:
            return primitive(x)
        value = x.value
        out = function(value)
        records = x.tape.records
        identifier = len(records)
        records.append((out.shape, out.dtype, ((x.id, formula, gather(out, None, value)),)))
        return TracedArray(out, x.tape, identifier)

    return call


def binary(primitive: Primitive, function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """A primitive of two arrays, either of which may be a constant."""
    left, right = primitive.rules
    assert isinstance(left, Rule)
    assert isinstance(right, Rule)
    formula_x, gather_x = left.formula, left.gather
    formula_y, gather_y = right.formula, right.gather
    name_x, name_y = primitive.arrays
    reads_y, reads_x = name_y in left.reads, name_x in right.reads
    saves_for_x, saves_for_y = bool(left.reads), bool(right.reads)

    def call(x: Any, y: Any) -> Any:
        kind_x = type(x)
        kind_y = type(y)
        if kind_x is TracedArray:
            tape = x.tape
            a = x.value
            if kind_y is TracedArray:
                if y.tape is not tape:
                    return primitive(x, y)
                b = y.value
                out = function(a, b)
                edges: Any = (
                    (x.id, formula_x, gather_x(out, None, a, b) if saves_for_x else ()),
                    (y.id, formula_y, gather_y(out, None, a, b) if saves_for_y else ()),
                )
            elif kind_y in CONSTANTS:
                out = function(a, y)
                if reads_y and kind_y is np.ndarray:
                    y = tape.keep(y)
                edges = ((x.id, formula_x, gather_x(out, None, a, y) if saves_for_x else ()),)
            else:
                return primitive(x, y)
        elif kind_y is TracedArray and kind_x in CONSTANTS:
            tape = y.tape
            b = y.value
            out = function(x, b)
            if reads_x and kind_x is np.ndarray:
                x = tape.keep(x)
            edges = ((y.id, formula_y, gather_y(out, None, x, b) if saves_for_y else ()),)
        else:
            return primitive(x, y)
        records = tape.records
        identifier = len(records)
        records.append((out.shape, out.dtype, edges))
        return TracedArray(out, tape, identifier)

    return call


def with_options(primitive: Primitive) -> Callable[..., Any]:
    """A primitive of one array that takes options, such as a reduction or a reshape."""
    (rule,) = primitive.rules
    assert isinstance(rule, Rule)
    formula, gather = rule.formula, rule.gather
    function, defaults = primitive.function, primitive.options
    # An ndarray's method costs half of NumPy's function, which calls it in the end, and the
    # ufunc half of the method.
    method = getattr(np.ndarray, primitive.name) if primitive.name in REDUCTIONS else function
    reduce = UFUNCS[primitive.name].reduce if primitive.name in UFUNCS else None

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        if type(x) is not TracedArray:
            return primitive(x, *args, **kwargs)
        options: dict[str, Any] = {}
        known = defaults
        if args or kwargs:
            _, options = primitive.bind((x, *args), kwargs)
            if "out" in options:
                return primitive(x, *args, **kwargs)
            known = {**defaults, **options}
        value = x.value
        if type(value) is not np.ndarray:
            out = function(value, **options)
        elif options or reduce is None:
            out = method(value, **options)
        else:
            out = reduce(value, None)
        records = x.tape.records
        identifier = len(records)
        records.append((out.shape, out.dtype, ((x.id, formula, gather(out, known, value)),)))
        result = TracedArray(out, x.tape, identifier)
        if is_view(out, value):
            link_view(x, result, primitive, options)
        return result

    return call


def _short_way(primitive: Primitive) -> Callable[..., Any]:
    one_result = isinstance(primitive.function, np.ufunc) and primitive.function.nout == 1
    if one_result and all(isinstance(rule, Rule) for rule in primitive.rules):
        if len(primitive.arrays) == 1:
            return unary(primitive, primitive.function)
        if len(primitive.arrays) == 2:
            return binary(primitive, primitive.function)
    return primitive


def shorten(primitives: dict[str, Primitive]) -> None:
    """Let the primitives that programs call most be called the short way."""
    for primitive in primitives.values():
        if isinstance(primitive.function, np.ufunc):
            HANDLERS[primitive.function] = _short_way(primitive)
        elif primitive.name in (*REDUCTIONS, "swapaxes", "transpose"):
            HANDLERS[primitive.function] = with_options(primitive)
    HANDLERS[np.amax], HANDLERS[np.amin] = HANDLERS[np.max], HANDLERS[np.min]


# Indexing.


def _getitem(self: Any, index: Any) -> Any:
    kind = type(index)
    formula = pull_back_simple
    if kind is not int and kind is not slice:
        index = frozen_index(index)
        formula = pull_back
    if type(self) is not TracedArray:
        return _buffer_item(self, index) if type(self) is Buffer else getitem(self, index)
    value = self.value
    out = value[index]
    records = self.tape.records
    identifier = len(records)
    edges = ((self.id, formula, (index, value.shape)),)
    records.append((out.shape, out.dtype, edges))
    result = TracedArray(out, self.tape, identifier)
    if type(out) is np.ndarray:
        base = out.base
        if base is not None and (base is value or base is value.base):
            link_view(self, result, getitem, {"index": index})
    elif is_view(out, value):  # traced by an outer tape
        link_view(self, result, getitem, {"index": index})
    return result


def _buffer_item(self: Buffer, index: Any) -> Any:
    out = self.value[index]
    if not is_view(out, self.value):
        return out
    view = Buffer(out)
    link_view(self, view, getitem, {"index": index})
    return view


short_reshape = with_options(reshape)

# Methods whose signature differs from the function's.


def _reshape(self: Any, *shape: Any, order: str = "C", copy: Any = None) -> Any:
    return short_reshape(self, shape[0] if len(shape) == 1 else shape, order)


def _transpose(self: Any, *axes: Any) -> Any:
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        (axes,) = axes
    return np.transpose(self, axes or None)


def _astype(self: Any, dtype: Any, *args: Any, **kwargs: Any) -> Any:
    return HANDLERS[np.astype](self, dtype)


def _item(self: Any, *index: Any) -> Any:
    """One element, still traced: a float would be detached from the tape."""
    if index:
        return self[index[0] if isinstance(index[0], tuple) else index]
    if self.size != 1:
        raise ValueError("can only convert an array of size 1 to a scalar")
    return reshape(self, ())[()]


def _tolist(self: Any) -> Any:
    return self if self.ndim == 0 else [item.tolist() for item in self]


def _flatten(self: Any, order: Any = "C") -> Any:
    return np.copy(np.ravel(self, order))


def _to_device(self: Any, device: Any, /, *, stream: Any = None) -> Any:
    plain(self).to_device(device, stream=stream)  # the array's own check of the device's name
    return self


def _method(function: Any) -> Callable[..., Any]:
    handler = HANDLERS[function]

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return handler(self, *args, **kwargs)

    method.__name__ = function.__name__
    method.__doc__ = f"As numpy.{function.__name__}(self, ...)."
    return method


def _reversed(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: call(other, self)


def install() -> None:
    """Put operators and methods on TracedArray; called once, after the rules are loaded."""
    shorten(PRIMITIVES)
    cls: Any = TracedArray
    for name, ufunc in BINARY.items():
        call = HANDLERS[ufunc]
        primitive = PRIMITIVES.get(ufunc.__name__)
        if primitive is not None:
            # On scalars Python's operator costs a tenth of the ufunc.
            call = binary(primitive, getattr(operator, name))
        setattr(cls, f"__{name}__", call)
        setattr(cls, f"__r{name}__", _reversed(call))
        setattr(cls, f"__i{name}__", assignment.in_place(call))
    for name, ufunc in UNARY.items():
        call = unary(PRIMITIVES[ufunc.__name__], getattr(operator, name))
        setattr(cls, f"__{name}__", call)
    for name in COMPARISON:
        setattr(cls, f"__{name}__", _on_plain_values(getattr(operator, name)))
    for name in BITWISE:  # of buffers of integers and booleans
        call = _on_plain_values(getattr(operator, f"__{name}__"))
        setattr(cls, f"__{name}__", call)
        setattr(cls, f"__r{name}__", _reversed(call))
        setattr(cls, f"__i{name}__", assignment.in_place(call))
    cls.__invert__ = lambda self: ~plain(self)
    for name, function in METHODS.items():
        setattr(cls, name, _method(function))
    cls.__divmod__ = lambda self, other: (self // other, self % other)
    cls.__getitem__ = _getitem
    cls.__setitem__ = assignment.setitem
    cls.reshape = _reshape
    cls.transpose = _transpose
    cls.astype = _astype
    cls.copy = HANDLERS[np.copy]
    cls.item = _item
    cls.tolist = _tolist
    cls.flatten = _flatten
    cls.to_device = _to_device
    cls.fill = lambda self, value: assignment.setitem(self, ..., value)
    cls.sort = assignment.sort
    cls.T = property(HANDLERS[np.transpose])
    cls.mT = property(lambda self: np.matrix_transpose(self))
    cls.real = property(lambda self: np.real(self), assignment.set_real)
    cls.imag = property(lambda self: np.imag(self), assignment.set_imag)
    cls.flat = property(lambda self: reshape(self, -1))


def _on_plain_values(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: operation(plain(self), plain(other))
