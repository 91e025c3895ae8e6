"""NumPy arrays as tensors of a device, and back: every one a copy, so that nothing is shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from adbench.backends.arrays import Array, bits_equal, is_bfloat16, tensor_to_numpy
from adbench.backends.errors import ArgumentError, BackendUnavailableError
from adbench.backends.protocol import Arrays
from adbench.backends.torch_autograd import first_line

Tensor = Any


def tensor_of(array: Array, device: Any) -> Tensor:
    """A tensor of the same dtype on the device, sharing memory with nothing.

    Raises ArgumentError where PyTorch has no such dtype.
    """
    copy = np.array(array, order="C")
    if is_bfloat16(copy.dtype):
        bits = torch.from_numpy(copy.view(np.int16))
        return bits.view(torch.bfloat16).to(device)
    try:
        tensor = torch.from_numpy(copy)
    except TypeError as error:
        raise ArgumentError(f"PyTorch has no dtype {copy.dtype}") from error
    return tensor if device.type == "cpu" else tensor.to(device)


def tensors_like(arrays: Arrays, tensors: Sequence[Tensor], device: Any) -> list[Tensor]:
    """Cotangents or tangents as tensors of the dtypes that autograd wants."""
    made = []
    for array, tensor in zip(arrays, tensors, strict=True):
        given = tensor_of(array, device)
        if given.is_complex() and not tensor.is_complex():
            raise ArgumentError(f"a complex (co)tangent for an array of {tensor.dtype}")
        made.append(given.to(tensor.dtype))
    return made


def array_of(tensor: Tensor | None, like: Tensor | None = None) -> Array:
    """A NumPy copy (a result must not change when the function's own state does); zeros of
    `like` for None."""
    if tensor is None:
        tensor = torch.zeros_like(like)
    return np.array(tensor_to_numpy(tensor), order="C")


def arrays_of(gradients: Sequence[Tensor | None]) -> list[Array | None]:
    """Copies; None, which says that there is no path, stays."""
    return [None if g is None else array_of(g) for g in gradients]


def unchanged(arrays: Arrays, tensors: Sequence[Tensor]) -> bool:
    """Whether tensors still hold these arrays, bit for bit."""
    return all(
        bits_equal(array, tensor_to_numpy(tensor))
        for array, tensor in zip(arrays, tensors, strict=True)
    )


def device_named(text: str) -> Any:
    """The device. Raises ValueError for no name of one, BackendUnavailableError where it is not."""
    try:
        device = torch.device(text)
    except RuntimeError as error:
        raise ValueError(f"PyTorch knows no device {text!r}") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise BackendUnavailableError("no CUDA device")
    if device.type != "cpu":
        try:
            torch.empty(0, device=device)
        except Exception as error:
            raise BackendUnavailableError(f"no device {text}: {first_line(error)}") from error
    return device
