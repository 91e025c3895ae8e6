"""PyTorch's two ways to many gradients at once: `torch.func.vmap`, and a batched backward pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from adbench.backends.errors import UnsupportedError
from adbench.backends.torch_autograd import first_line

Tensor = Any
Batched = tuple[Sequence[Tensor], Sequence[Tensor | None]]
"""Outputs and gradients, each with the batch in front."""


def vmapped_vjp(
    function: Callable[..., tuple[Tensor, ...]], x: Sequence[Tensor], cotangents: Sequence[Tensor]
) -> Batched:
    """vmap over the VJP, at a point of its own for each cotangent. Raises UnsupportedError."""

    def one(seen: tuple[Tensor, ...], given: tuple[Tensor, ...]) -> Any:
        outs, pull = torch.func.vjp(function, *seen)
        return outs, pull(tuple(g.to(out.dtype) for g, out in zip(given, outs, strict=True)))

    try:
        outputs, gradients = torch.func.vmap(one)(tuple(x), tuple(cotangents))
    except Exception as error:
        raise UnsupportedError(f"torch.func.vmap: {first_line(error)}") from error
    return outputs, gradients


def many_rows(
    outs: Sequence[Tensor], leaves: Sequence[Tensor], cotangents: Sequence[Tensor]
) -> Batched:
    """`autograd.grad(…, is_grads_batched=True)`: one graph, many cotangents.

    Raises UnsupportedError.
    """
    count = len(cotangents[0])
    tracked = [k for k, out in enumerate(outs) if out.requires_grad]
    if not tracked:
        return [out.expand(count, *out.shape) for out in outs], [None] * len(leaves)
    try:
        gradients = torch.autograd.grad(
            [outs[k] for k in tracked],
            leaves,
            [cotangents[k] for k in tracked],
            allow_unused=True,
            is_grads_batched=True,
        )
    except Exception as error:
        raise UnsupportedError(f"is_grads_batched: {first_line(error)}") from error
    return [out.expand(count, *out.shape) for out in outs], gradients
