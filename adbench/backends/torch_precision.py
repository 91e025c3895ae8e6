"""Where PyTorch takes a float64 tensor and gives a narrower one, forward and backward."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from adbench.backends.parts import user_place
from adbench.backends.protocol import Narrowing

_MOST = 8
_ALLOCATIONS = ("new_", "zeros_like", "ones_like", "empty_like", "full_like", "rand")


class Narrowings(TorchDispatchMode):  # type: ignore[misc]  # torch is untyped
    """Keeps each operation that narrows, with the user's line that calls it, while it is active."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Narrowing] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = _widths((args, kwargs))
        made = func(*args, **kwargs)
        name = func.overloadpacket.__name__
        results = _widths(made)
        narrow = results and given and max(results) < max(given)
        if narrow and not name.startswith(_ALLOCATIONS) and len(self.found) < _MOST:
            dtypes = [t.dtype for t in torch.utils._pytree.tree_leaves(made) if _is_float(t)]
            narrowing = Narrowing(
                name.strip("_"), str(dtypes[0]).removeprefix("torch."), user_place()
            )
            if narrowing not in self.found:
                self.found.append(narrowing)
        return made


def _widths(tree: Any) -> list[int]:
    """Bytes of the real numbers in the floating tensors of a tree."""
    leaves = [t for t in torch.utils._pytree.tree_leaves(tree) if _is_float(t)]
    return [t.element_size() // (2 if t.is_complex() else 1) for t in leaves]


def _is_float(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and (value.is_floating_point() or value.is_complex())
