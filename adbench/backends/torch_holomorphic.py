"""Whether what PyTorch does with complex numbers is holomorphic, seen operation by operation."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from adbench.backends.errors import UnsupportedError

_ELEMENTWISE = """add sub rsub mul div neg positive pow square exp exp2 expm1 log log1p log2 log10
    sqrt rsqrt reciprocal sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh sigmoid
    addcmul addcdiv lerp where masked_fill"""
_LINEAR = """sum mean prod cumsum cumprod dot mv mm bmm addmm addmv addbmm baddbmm addr trace
    convolution _linalg_solve_ex linalg_inv_ex _linalg_det linalg_solve_triangular
    linalg_matrix_exp _fft_c2c"""
_MOVING = """view reshape _unsafe_view expand permute transpose t select slice unsqueeze squeeze
    unbind split split_with_sizes cat stack index index_select gather diag diagonal diag_embed flip
    roll tril triu clone copy alias as_strided repeat constant_pad_nd scatter scatter_add index_put
    index_add select_scatter slice_scatter diagonal_scatter unfold lift_fresh"""
_CONSTANT = "zeros_like ones_like full_like new_zeros new_ones new_full fill zero empty_like"
_HOLOMORPHIC = frozenset(" ".join([_ELEMENTWISE, _LINEAR, _MOVING, _CONSTANT]).split())
"""ATen's operations that map complex tensors holomorphically, away from branch cuts. Those that
conjugate or take a modulus on the way (vdot, a QR or Cholesky decomposition, a norm) are not."""
_CASTS = frozenset(["_to_copy", "to"])
_CHECKS = frozenset(["_linalg_check_errors"])

_WAYS_OUT = frozenset(["numpy", "__array__", "tolist", "item", "__dlpack__", "data_ptr"])


class no_way_out(TorchFunctionMode):  # type: ignore[misc]  # noqa: N801  (a context manager)
    """Refuses to hand numbers to NumPy or Python, where nobody sees what is done to them."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in _WAYS_OUT and _complex(args[0]):
            raise UnsupportedError(f"{name} hands complex numbers over to what cannot be seen")
        return func(*args, **(kwargs or {}))


class OnlyHolomorphic(TorchDispatchMode):  # type: ignore[misc]  # torch is untyped
    """Refuses, with UnsupportedError, whatever is not holomorphic in the complex tensors given.

    A complex tensor that comes from nowhere may have been through other hands, and is refused too.
    """

    def __init__(self, leaves: list[Any]) -> None:
        super().__init__()
        self._seen = {id(leaf): leaf for leaf in leaves}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        kwargs = kwargs or {}
        given = [t for t in torch.utils._pytree.tree_leaves((args, kwargs)) if _complex(t)]
        if any(id(t) not in self._seen for t in given):
            raise UnsupportedError(f"{name} takes complex numbers that no operation has made")
        if given and not getattr(kwargs.get("dtype"), "is_complex", True):
            raise UnsupportedError(f"{name} drops the imaginary part, which is not holomorphic")
        made = func(*args, **kwargs)
        results = torch.utils._pytree.tree_leaves(made)
        plain = name if name in _HOLOMORPHIC else name.removesuffix("_")
        cast = plain in _CASTS and all(map(_complex, results))
        if given and not cast and plain not in _HOLOMORPHIC | _CHECKS:
            raise UnsupportedError(f"{name} is not holomorphic")
        for result in results:
            if _complex(result):
                self._seen[id(result)] = result
        return made


def _complex(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and bool(value.is_complex())
