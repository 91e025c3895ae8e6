"""The conformance samples, differentiated by PyTorch as well: all calls that it takes too.

array_api_compat.torch gives PyTorch NumPy's names and keywords; `Numpy` gives the rest.
"""

import array_api_compat.torch
import numpy as np
import pytest
import torch
from conformance import REGISTRY, calls_of, close, draw, floats, noise, random_for
from peers import rebound

from adbench.engine import coverage, vjp

pytestmark = pytest.mark.torch


class Numpy:
    """PyTorch by NumPy's names, for what array-api-compat leaves as PyTorch has it."""

    def __getattr__(self, name):
        return getattr(array_api_compat.torch, name)

    array = staticmethod(torch.tensor)
    cumprod = staticmethod(lambda a, axis=None: running(torch.cumprod, a, axis))
    cumsum = staticmethod(lambda a, axis=None: running(torch.cumsum, a, axis))
    diff = staticmethod(lambda a, n=1, axis=-1: torch.diff(a, n, axis))
    flip = staticmethod(lambda m, axis=None: array_api_compat.torch.flip(m, axis=axis))
    roll = staticmethod(lambda a, shift, axis=None: torch.roll(a, shift, axis))
    squeeze = staticmethod(lambda a, axis=None: a.squeeze(*([] if axis is None else [axis])))
    tensordot = staticmethod(lambda a, b, axes=2: torch.tensordot(a, b, dims=positive(a, b, axes)))
    tile = staticmethod(lambda a, reps: torch.tile(a, reps if type(reps) is tuple else (reps,)))
    transpose = staticmethod(lambda a, axes=None: a.permute(axes or tuple(range(a.ndim))[::-1]))
    tril = staticmethod(lambda m, k=0: torch.tril(m, k))
    triu = staticmethod(lambda m, k=0: torch.triu(m, k))
    where = staticmethod(
        lambda c, x, y: torch.where(torch.as_tensor(c), *map(torch.as_tensor, (x, y)))
    )


def running(function, a, axis):
    return function(a.ravel(), 0) if axis is None else function(a, axis)


def positive(a, b, axes):
    if type(axes) is int:
        return axes
    left, right = ([n] if type(n) is int else list(n) for n in axes)
    return [n % a.ndim for n in left], [n % b.ndim for n in right]


NOT_TAKEN = {
    "PyTorch symmetrises its argument; NumPy reads one triangle": (
        "linalg.cholesky-0 linalg.cholesky-1 linalg.cholesky-2 linalg.eigh-0 linalg.eigh-1 "
        "linalg.eigvalsh-0"
    ),
    "PyTorch's function of that name gives something else": (
        "cumprod-4 cumsum-4 median-0 nanmedian-0 linalg.qr-3 linspace-0 logspace-0 select-0 "
        "transpose-1 imag-0 imag-1 imag-2 imag-3 imag-4 put-0 put-1 split-1"
    ),
    "PyTorch has no derivative of it, or stumbles over its own": (
        "bincount-0 unique-0 unique-1 linalg.cond-1 vander-0 vander-1 ldexp-0 "
        "scipy.special.gammainc-0 scipy.special.gammainc-1 scipy.special.gammainc-2 "
        "scipy.special.gammainc-3 scipy.special.gammainc-4 scipy.special.gammaincc-0 "
        "scipy.special.gammaincc-1 scipy.special.gammaincc-2 scipy.special.gammaincc-3 "
        "scipy.special.gammaincc-4"
    ),
    "PyTorch refuses an array without elements": (
        "fft.fft-3 fft.irfft-3 fft.rfft-3 quantile-7 var-3"
    ),
    "PyTorch does not take these arguments": (
        "cross-2 cross-3 "
        "angle-5 concatenate-2 cov-1 cov-2 cross-0 cumprod-2 cumsum-2 diff-1 dot-0 dot-1 dot-2 "
        "dot-3 einsum-6 fft.ifftn-0 fft.irfftn-1 fft.rfftn-1 gradient-1 gradient-2 gradient-4 "
        "heaviside-0 linalg.svd-3 linspace-1 linspace-2 max-3 median-1 meshgrid-1 nanquantile-0 "
        "outer-0 prod-3 quantile-1 quantile-2 quantile-3 quantile-4 quantile-5 quantile-6 ravel-1 "
        "reshape-1 sort-2 split-2 std-1 sum-2 "
        "sum-4 take-0 take-1 take-2 take-3 take-4 take-5 trace-1 var-1 vdot-0 where-2"
    ),
}
"""Calls of functions that PyTorch has which cannot be compared, by the reason."""
ABSENT = {call for calls in NOT_TAKEN.values() for call in calls.split()}


def cases():
    return [
        (name, i)
        for name in REGISTRY
        if coverage.torch_has(name) and not coverage.through_namespace(name)
        for i, _ in enumerate(calls_of(name))
    ]


def test_what_is_not_taken_is_a_sample():
    assert ABSENT - {f"{name}-{i}" for name, i in cases()} == set()


@pytest.mark.parametrize(("name", "i"), [c for c in cases() if f"{c[0]}-{c[1]}" not in ABSENT])
def test_vjp_agrees(name, i):
    function, *specs = calls_of(name)[i]
    rng = random_for(name, i)
    arrays = [draw(rng, spec, "float64") for spec in specs]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    value = rebound(function, Numpy(), torch.special)(*tensors)
    value = list(value) if isinstance(value, (tuple, list)) else [value]
    value = [v for v in value if v.dtype.is_floating_point or v.dtype.is_complex]
    ours, pullback = vjp(floats(function), *arrays)
    close([v.detach().resolve_conj().numpy() for v in value], ours, rtol=1e-9)
    cotangents = [noise(rng, np.asarray(v)) for v in ours]
    # Re Σ c·v, whose gradient by a real argument does not depend on a convention.
    total = sum(
        torch.sum(torch.real(v * torch.tensor(c))) for v, c in zip(value, cotangents, strict=True)
    )
    expected = torch.autograd.grad(total, tensors, allow_unused=True)
    close(
        pullback(cotangents),
        [
            np.zeros_like(a) if e is None else e.numpy()
            for a, e in zip(arrays, expected, strict=True)
        ],
        rtol=1e-9,
    )
