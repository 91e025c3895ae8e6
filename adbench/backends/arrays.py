"""NumPy at the boundary: arrays of any library converted without changing dtype."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
DType = np.dtype[Any]


def to_numpy(value: Any) -> Array:
    """`value` as a NumPy array of the same dtype; it may share the value's memory.

    Takes NumPy arrays and scalars, Python numbers and nested lists of them, torch tensors
    (on any device, of any layout, tracked or not) and JAX arrays. Imports no library: what
    is not yet imported cannot have made the value. Raises TypeError for anything else.
    """
    if isinstance(value, np.ndarray):
        array = value
    elif _is_instance_of(value, "torch", "Tensor"):
        array = tensor_to_numpy(value)
    else:
        array = np.asarray(value)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind in "biufc" or is_inexact(array.dtype):
        return array
    raise TypeError(f"{type(value).__name__} is not an array of numbers (dtype {array.dtype})")


def _is_instance_of(value: Any, module: str, name: str) -> bool:
    library = sys.modules.get(module)
    return library is not None and isinstance(value, getattr(library, name, ()))


def tensor_to_numpy(tensor: Any) -> Array:
    """A torch tensor as NumPy, bfloat16 by way of its bits; shares memory where it can."""
    import torch

    tensor = tensor.detach()
    array: Array
    try:
        array = tensor.numpy()
        return array
    except (RuntimeError, TypeError):
        pass  # elsewhere than in main memory, sparse, lazily conjugated, or bfloat16
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.dtype == torch.bfloat16:
        array = tensor.cpu().view(torch.int16).numpy().view(bfloat16())
    else:
        array = tensor.numpy(force=True)
    return array


def bfloat16() -> DType:
    """NumPy's bfloat16, which ml_dtypes (a dependency of JAX) provides."""
    try:
        import ml_dtypes
    except ImportError:
        raise TypeError("bfloat16 arrays need ml_dtypes: pip install ml_dtypes") from None
    dtype: DType = np.dtype(ml_dtypes.bfloat16)
    return dtype


def is_bfloat16(dtype: DType) -> bool:
    """Whether this is ml_dtypes' bfloat16, which to NumPy is a void type with a name."""
    return dtype.kind == "V" and dtype.name == "bfloat16"


def is_inexact(dtype: DType) -> bool:
    """Whether arrays of this dtype can be differentiated: floating, complex or bfloat16."""
    return dtype.kind in "fc" or is_bfloat16(dtype)


def real_precision(dtype: DType) -> DType:
    """The floating dtype of an inexact dtype's real part: complex64 -> float32."""
    return np.dtype(f"f{dtype.itemsize // 2}") if dtype.kind == "c" else dtype


def at_precision(dtype: DType, precision: DType) -> DType:
    """`dtype` moved to a real precision; complex stays complex, integers stay as they are.

    There is no complex dtype under complex64, so half precisions give that.
    """
    if not is_inexact(dtype):
        return dtype
    if dtype.kind == "c":
        return np.dtype(f"c{2 * max(precision.itemsize, 4)}")
    return precision


def bits_equal(a: Array, b: Array) -> bool:
    """Whether two arrays have the same shape, dtype and bits: NaN equals itself, 0 is not −0."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return bool((_bits(a) == _bits(b)).all())


def _bits(array: Array) -> Array:
    """An array's bytes, eight at a time if possible; copied only where they do not lie together."""
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return flat.view(np.uint64) if flat.size % 8 == 0 else flat
