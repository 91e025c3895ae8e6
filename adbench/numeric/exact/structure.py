"""NumPy's functions that move numbers, or only add and multiply them.

NumPy itself runs them on the object arrays. Float arguments become exact first, so that nothing
is added in double precision on the way, and a result with a double in it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adbench.numeric.exact.array import (
    FUNCTIONS,
    ExactArray,
    cast,
    is_complex,
    print_value,
    raw_of,
    shape_only,
    wrap,
)
from adbench.numeric.exact.numbers import box, complexly, exactly, mpc, mpf
from adbench.numeric.refusal import refuse, spend

MOVES: tuple[Any, ...] = (
    *(np.reshape, np.ravel, np.transpose, np.matrix_transpose, np.moveaxis, np.swapaxes),
    *(np.rollaxis, np.expand_dims, np.squeeze, np.flip, np.fliplr, np.flipud, np.rot90, np.roll),
    *(np.tile, np.repeat, np.resize, np.broadcast_to, np.broadcast_arrays, np.concatenate),
    *(np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.block, np.split),
    *(np.array_split, np.hsplit, np.vsplit, np.dsplit, np.unstack, np.atleast_1d, np.atleast_2d),
    *(np.atleast_3d, np.diag, np.diagflat, np.diagonal, np.tril, np.triu, np.pad, np.take),
    *(np.take_along_axis, np.choose, np.compress, np.extract, np.delete, np.insert, np.append),
    *(np.meshgrid, np.copy, np.fft.fftshift, np.fft.ifftshift),
    *(np.linalg.diagonal, np.linalg.matrix_transpose),
)

PRODUCTS: tuple[Any, ...] = (
    *(np.dot, np.vdot, np.inner, np.outer, np.tensordot, np.kron, np.cross, np.trace),
    *(np.convolve, np.correlate, np.vander, np.polyval, np.diff, np.ediff1d, np.trapezoid),
    *(np.linalg.outer, np.linalg.tensordot, np.linalg.matmul, np.linalg.vecdot),
    *(np.linalg.cross, np.linalg.trace, np.linalg.multi_dot),
)

SHAPES: tuple[Any, ...] = (
    np.shape,
    np.ndim,
    np.size,
    np.result_type,
    np.can_cast,
    np.iscomplexobj,
    np.isrealobj,
)
"""Functions that look at shape and dtype alone."""

PRINTS: tuple[Any, ...] = (np.array2string, np.array_repr, np.array_str)


def covers(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register what the functions do with exact arrays."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            FUNCTIONS[function] = handler
        return handler

    return register


def through(name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """NumPy's own `function` on the object arrays."""
    if kwargs.get("out") is not None:
        raise refuse(name, "with out= is not covered")
    complex_ = _any_complex(args) or _any_complex(tuple(kwargs.values()))
    raw_args = tuple(_unwrap(arg) for arg in args)
    raw_kwargs = {key: _unwrap(value) for key, value in kwargs.items()}
    return _rewrap(name, function(*raw_args, **raw_kwargs), complex_)


def moving(function: Any) -> Callable[..., Any]:
    """The handler of a function whose work is in proportion to its operands and its result."""
    name = f"{function.__module__}.{function.__name__}"

    def handler(*args: Any, **kwargs: Any) -> Any:
        result = through(name, function, args, kwargs)
        if isinstance(result, ExactArray):
            spend(result.size, result.size)
        return result

    return handler


def multiplying(function: Any) -> Callable[..., Any]:
    """The handler of a product of arrays, whose work may be in proportion to all their sizes."""
    name = f"{function.__module__}.{function.__name__}"
    contracting = (np.dot, np.inner, np.tensordot, np.linalg.tensordot, np.linalg.matmul)

    def handler(*args: Any, **kwargs: Any) -> Any:
        sizes = [np.size(arg) for arg in args[:2] if isinstance(arg, (ExactArray, np.ndarray))]
        work = float(max(sizes, default=1))
        if function in contracting and len(sizes) == 2:
            work = float(sizes[0]) * sizes[1] / max((1, *np.shape(args[0])[-1:]))
        spend(work)
        return through(name, function, args, kwargs)

    return handler


for _function in MOVES:
    covers(_function)(moving(_function))
for _function in PRODUCTS:
    covers(_function)(multiplying(_function))


def _by_shape(function: Any) -> Callable[..., Any]:
    def handler(*args: Any, **kwargs: Any) -> Any:
        return function(*map(_shape_only, args), **kwargs)

    return handler


for _function in SHAPES:
    covers(_function)(_by_shape(_function))


def _printed(function: Any) -> Callable[..., Any]:
    def handler(a: Any, *args: Any, **kwargs: Any) -> Any:
        return function(print_value(a), *args, **kwargs)

    return handler


for _function in PRINTS:
    covers(_function)(_printed(_function))


@covers(np.einsum)
def einsum(*operands: Any, **options: Any) -> Any:
    """As numpy.einsum. Its work is bounded by the product of all axis lengths."""
    subscripts = operands[0]
    if not isinstance(subscripts, str):
        raise refuse("numpy.einsum", "is covered with a subscripts string only")
    lengths: dict[Any, int] = {}
    for labels, operand in zip(
        subscripts.split("->")[0].replace(" ", "").split(","), operands[1:], strict=True
    ):
        shape = np.shape(operand)
        names = list(labels.replace("...", ""))
        names += range(len(shape) - len(names))  # type: ignore[arg-type]
        lengths.update(zip(names, shape, strict=False))
    spend(float(np.prod(list(lengths.values()) or [1])))
    return through("numpy.einsum", np.einsum, operands, options)


@covers(np.copyto)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """As numpy.copyto, into an exact array."""
    target = _target("numpy.copyto", dst)
    np.copyto(target.raw, raw_of(src, target.complex), where=where)


@covers(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """As numpy.fill_diagonal, into an exact array."""
    target = _target("numpy.fill_diagonal", a)
    np.fill_diagonal(target.raw, raw_of(val, target.complex), wrap=wrap)


@covers(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """As numpy.put_along_axis, into an exact array."""
    target = _target("numpy.put_along_axis", arr)
    np.put_along_axis(target.raw, indices, raw_of(values, target.complex), axis)


@covers(np.zeros_like, np.empty_like)
def zeros_like(
    a: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """Zeros, in an exact array that exact values may be written into."""
    return full_like(a, 0, dtype, shape=shape)


@covers(np.ones_like)
def ones_like(
    a: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """As numpy.ones_like, exact."""
    return full_like(a, 1, dtype, shape=shape)


@covers(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """As numpy.full_like, exact where the dtype is float64 or complex128."""
    wanted = np.dtype(dtype) if dtype is not None else a.dtype
    size = np.shape(a) if shape is None else shape
    if wanted not in (np.dtype(float), np.dtype(complex)):
        if isinstance(fill_value, ExactArray):
            fill_value = cast(fill_value, wanted)
        return np.full(size, fill_value, dtype=wanted)
    number = raw_of(fill_value, wanted.kind == "c")
    return wrap(np.broadcast_to(number, size).copy(), wanted.kind == "c")


@covers(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """As numpy.linspace between exact ends."""
    if retstep or dtype is not None:
        raise refuse("numpy.linspace", "with retstep or dtype is not covered")
    first, last = ExactArray(start), ExactArray(stop)
    intervals = max(num - 1 if endpoint else num, 1)
    steps = np.arange(num).reshape((num,) + (1,) * max(first.ndim, last.ndim))
    grid = first + (last - first) * steps / intervals  # type: ignore[operator]
    return np.moveaxis(grid, 0, axis)


def _target(name: str, array: Any) -> ExactArray:
    if not isinstance(array, ExactArray):
        raise refuse(name, "writes into a plain NumPy array")
    return array


def _shape_only(value: Any) -> Any:
    return shape_only(value) if isinstance(value, ExactArray) else value


def _any_complex(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_any_complex(item) for item in value)
    if isinstance(value, (ExactArray, np.ndarray, complex, np.complexfloating)):
        return is_complex(value)
    return False


def _unwrap(value: Any) -> Any:
    if isinstance(value, ExactArray):
        return value.raw
    if isinstance(value, (list, tuple)):
        return type(value)(_unwrap(item) for item in value)
    if isinstance(value, (float, complex, np.inexact)):
        return exactly(value)[()]
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return exactly(value)
    return value


def _rewrap(name: str, result: Any, complex_: bool) -> Any:
    if isinstance(result, (list, tuple)):
        return type(result)(_rewrap(name, item, complex_) for item in result)
    if isinstance(result, np.ndarray) and result.dtype != object:
        if result.dtype.kind in "fc":
            raise refuse(name, "gave a result in double precision")
        return result
    if isinstance(result, (bool, np.bool_, np.integer)) or result is None:
        return result
    values = box(result)
    kinds = set(map(type, values.ravel()))
    if float in kinds or complex in kinds:
        raise refuse(name, "gave a result in double precision")
    if complex_:
        return wrap(values if kinds <= {mpc} else complexly(values), True)
    return wrap(values if kinds <= {mpf} else exactly(values), False)
