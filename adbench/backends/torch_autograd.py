"""What autograd needs around it: missing paths, refusals, warnings, the size of a run."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import forward_ad
from torch.utils._python_dispatch import TorchDispatchMode

from adbench.backends.errors import UnsupportedError

Tensor = Any


def pull_back(
    outs: Sequence[Tensor],
    leaves: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    create_graph: bool = False,
) -> list[Tensor | None]:
    """`autograd.grad` that takes outputs with no graph: they contribute nothing."""
    tracked = [
        (out, cotangent)
        for out, cotangent in zip(outs, cotangents, strict=True)
        if out is not None and out.requires_grad
    ]
    if not tracked:
        return [None] * len(leaves)
    return list(
        torch.autograd.grad(
            [out for out, _ in tracked],
            leaves,
            [cotangent for _, cotangent in tracked],
            allow_unused=True,
            create_graph=create_graph,
        )
    )


def refuse_once_differentiable(gradients: Sequence[Tensor | None]) -> None:
    """Autograd puts an error node behind a once-differentiable function's gradients, off the
    way to the inputs, so that a second derivative silently takes them for constants."""
    nodes = [g.grad_fn for g in gradients if g is not None]
    seen = set()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        if node.name() == "torch::autograd::Error":
            raise NotImplementedError("a function here is marked once_differentiable")
        seen.add(node)
        nodes += [following for following, _ in node.next_functions]


@contextmanager
def second_derivative(what: str) -> Iterator[None]:
    """Turns autograd's ways of saying that it cannot differentiate twice into UnsupportedError."""
    try:
        yield
    except (RuntimeError, NotImplementedError) as error:
        text = str(error)
        known = ("once_differentiable", "not implemented", "not been implemented", "not support")
        if isinstance(error, NotImplementedError) or any(part in text for part in known):
            raise UnsupportedError(f"no {what}: {first_line(error)}") from error
        raise


@functools.cache
def load_forward_mode() -> None:
    """The first dual number loads a module of decompositions, which warns."""
    with quiet(), forward_ad.dual_level():
        forward_ad.make_dual(torch.zeros(()), torch.zeros(()))


class LargestArray(TorchDispatchMode):  # type: ignore[misc]  # torch is untyped
    """The size of the largest tensor that an operation makes."""

    bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        made = result if isinstance(result, (tuple, list)) else (result,)
        for tensor in made:
            if isinstance(tensor, torch.Tensor):
                size = tensor.numel() * tensor.element_size()
                # A broadcast view is smaller than it looks, a slice smaller than its storage.
                self.bytes = max(self.bytes, min(size, tensor.untyped_storage().nbytes()))
        return result


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings that PyTorch's own modules raise about one another."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\.")
        warnings.filterwarnings("ignore", message="The .grad attribute", module=r"torch\.")
        warnings.filterwarnings("ignore", message="There is a performance drop")
        warnings.filterwarnings("ignore", message="Casting complex values to real")
        yield


def first_line(error: BaseException) -> str:
    """An exception of a library in one line, to be quoted in one of ours."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
