"""Faults that PyTorch users plant with PyTorch's own means: detach, .data, ctx, checkpoint."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import torch
from array_api_compat import array_namespace
from torch.autograd import Function
from torch.utils.checkpoint import checkpoint

from corpus.entry import (
    Bug,
    Evidence,
    InputFactory,
    Inputs,
    merged,
    normal,
    spread,
    uniform,
    values,
)

BUGS: list[Bug] = []


def plant(
    id: str,
    *,
    buggy: Any,
    fixed: Any,
    inputs: InputFactory,
    formula: Any,
    where: str = "",
    **options: Any,
) -> None:
    """Add a bug on torch."""
    BUGS.append(
        Bug(
            id=f"torch/{id}",
            backend="torch",
            buggy=buggy,
            fixed=fixed,
            inputs=inputs,
            formula=formula,
            where=where or buggy.__name__,
            **options,
        )
    )


# --- the graph cut by hand ----------------------------------------------------------------------


def swish_data(x):
    return x * torch.sigmoid(x.data)


def swish(x):
    return x * torch.sigmoid(x)


plant(
    "swish-through-data",
    category="detached",
    description="x·σ(x) with `.data` inside: one factor is out of the graph",
    diagnosis="term is missing",
    buggy=swish_data,
    fixed=swish,
    inputs=normal(x=5),
    formula=lambda x: x / (1 + array_namespace(x).exp(-x)),
)


def softmax_loss_detached_max(x):
    shifted = x - torch.amax(x, 1, keepdim=True)
    return torch.log(torch.exp(shifted).sum(1)) + torch.amax(x, 1).detach()


def softmax_loss(x):
    top = torch.amax(x, 1, keepdim=True).detach()
    return torch.log(torch.exp(x - top).sum(1)) + top[:, 0]


plant(
    "logsumexp-half-detached",
    category="detached",
    description="log-sum-exp: the maximum is detached where it is added, not where it is taken off",
    diagnosis="cut off by detach",
    buggy=softmax_loss_detached_max,
    fixed=softmax_loss,
    inputs=normal(x=(2, 4)),
    formula=lambda x: array_namespace(x).log(
        array_namespace(x).sum(array_namespace(x).exp(x), axis=1)
    ),
)


def attention_no_grad(q, k):
    with torch.no_grad():
        scale = 1 / torch.sqrt((k * k).sum() + 1)
    return torch.tanh(q @ k.T * scale)


def attention(q, k):
    scale = 1 / torch.sqrt((k * k).sum() + 1)
    return torch.tanh(q @ k.T * scale)


plant(
    "scale-under-no-grad",
    category="detached",
    description="a scale that depends on the keys, computed under `no_grad`",
    diagnosis="term is missing.*one number.*constant",
    buggy=attention_no_grad,
    fixed=attention,
    inputs=normal(q=(2, 3), k=(2, 3)),
    formula=lambda q, k: array_namespace(q).tanh(
        q @ k.T / array_namespace(k).sqrt(array_namespace(k).sum(k * k) + 1)
    ),
)


def round_trip_numpy(x):
    weights = torch.from_numpy(np.exp(-(x.detach().numpy() ** 2)))
    return (weights * x).sum()


def gaussian_weights(x):
    return (torch.exp(-(x**2)) * x).sum()


plant(
    "through-numpy",
    category="detached",
    description="Gaussian weights computed in NumPy: the graph ends there",
    diagnosis="term is missing",
    buggy=round_trip_numpy,
    fixed=gaussian_weights,
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).sum(array_namespace(x).exp(-(x**2)) * x),
)


def item_in_the_loss(x):
    return x.sum() * x.max().item()


def tensor_in_the_loss(x):
    return x.sum() * x.max()


plant(
    "item",
    category="detached",
    description="`.item()` inside a loss",
    diagnosis="term is missing|branch",
    buggy=item_in_the_loss,
    fixed=tensor_in_the_loss,
    inputs=uniform(0.5, 2.0, x=4),
    formula=lambda x: array_namespace(x).sum(x) * array_namespace(x).max(x),
)


def rewrapped(w, x):
    return (torch.tensor(w.tolist(), dtype=w.dtype) @ x).sin()


def wrapped(w, x):
    return (w @ x).sin()


plant(
    "rewrapped-tensor",
    category="detached",
    description="`torch.tensor(w)` makes a copy without history: w gets no gradient at all",
    diagnosis="detached",
    buggy=rewrapped,
    fixed=wrapped,
    inputs=normal(w=(2, 3), x=3),
    formula=lambda w, x: array_namespace(x).sin(w @ x),
)

# --- saved tensors ------------------------------------------------------------------------------


class TanhBySavedOutput(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.y = torch.tanh(x)
        return ctx.y.view_as(ctx.y)

    @staticmethod
    def backward(ctx, g):
        return g * (1 - ctx.y * ctx.y)


def tanh_scaled_in_place(x):
    y = TanhBySavedOutput.apply(x)
    y.data.mul_(0.5)
    return y * 2


def tanh_scaled(x):
    return torch.tanh(x) * 0.5 * 2


plant(
    "saved-output-overwritten",
    category="stale",
    description="an output kept on ctx is halved in place through `.data` before backward reads it",
    diagnosis="stale|overwritten",
    buggy=tanh_scaled_in_place,
    fixed=tanh_scaled,
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).tanh(x),
    where="TanhBySavedOutput",
)


class CubeKeepingTheFirst(Function):
    saved: ClassVar[dict[tuple[int, ...], torch.Tensor]] = {}

    @staticmethod
    def forward(ctx, x):
        CubeKeepingTheFirst.saved.setdefault(tuple(x.shape), x.detach().clone())
        return x**3

    @staticmethod
    def backward(ctx, g):
        return 3 * g * CubeKeepingTheFirst.saved[tuple(g.shape)] ** 2


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * g * x**2


def _differs_between_points(function, inputs: Inputs) -> bool:
    """Whether a function of x keeps its first gradient at a second point."""
    gradients = []
    for shift in (0.0, 1.0):
        x = torch.tensor(inputs["x"] + shift).requires_grad_()
        (gradient,) = torch.autograd.grad(function(x).sum(), x)
        gradients.append(gradient)
    return bool(torch.equal(*gradients))


plant(
    "stale-cache-by-shape",
    category="stale",
    description="a cache keyed by shape: every later point gets the first point's gradient",
    diagnosis="stale",
    buggy=lambda x: CubeKeepingTheFirst.apply(x),
    fixed=lambda x: Cube.apply(x),
    inputs=normal(x=5),
    formula=lambda x: x**3,
    where="CubeKeepingTheFirst",
    reach="nearby",
    evidence=Evidence(probe=_differs_between_points),
)


class ExpAccumulating(Function):
    buffer: ClassVar[dict[tuple[int, ...], torch.Tensor]] = {}

    @staticmethod
    def forward(ctx, x):
        y = torch.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        before = ExpAccumulating.buffer.get(tuple(y.shape), torch.zeros_like(y))
        ExpAccumulating.buffer[tuple(y.shape)] = before + g.detach() * y.detach()
        return ExpAccumulating.buffer[tuple(y.shape)].clone()


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


def _differs_between_calls(function, inputs: Inputs) -> bool:
    """Whether equal calls give different gradients; two random masks may be alike by chance."""
    gradients = []
    for _ in range(8):
        x = torch.tensor(inputs["x"]).requires_grad_()
        (gradient,) = torch.autograd.grad(function(x).sum(), x)
        gradients.append(gradient)
    return not all(torch.equal(gradients[0], other) for other in gradients[1:])


plant(
    "gradient-accumulates",
    category="state",
    description="a gradient buffer that is added to and never cleared",
    diagnosis="state",
    buggy=lambda x: ExpAccumulating.apply(x),
    fixed=lambda x: Exp.apply(x),
    inputs=normal(x=3),
    formula=lambda x: array_namespace(x).exp(x),
    where="ExpAccumulating",
    evidence=Evidence(probe=_differs_between_calls),
)


class SquareWithNoise(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * x * (1 + 1e-9 * torch.randn_like(x))


plant(
    "nondeterministic-backward",
    category="nondeterministic",
    description="backward carries a relative noise of 10⁻⁹, as an unordered atomic sum does",
    diagnosis="nondeterministic",
    buggy=lambda x: SquareWithNoise.apply(x),
    fixed=lambda x: x**2,
    inputs=normal(x=5),
    formula=lambda x: x**2,
    where="SquareWithNoise",
    evidence=Evidence(probe=_differs_between_calls),
)


class DropoutResampled(Function):
    @staticmethod
    def forward(ctx, x):
        keep = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 1.0], dtype=x.dtype)
        ctx.save_for_backward(x)
        return x**2 * keep / 0.5

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        keep = (torch.rand_like(x) < 0.5).to(x.dtype)
        return 2 * g * x * keep / 0.5


def dropout_fixed_mask(x):
    return x**2 * torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 1.0], dtype=x.dtype) / 0.5


plant(
    "dropout-mask-resampled",
    category="nondeterministic",
    description="backward draws a new dropout mask instead of keeping forward's",
    diagnosis="nondeterministic",
    buggy=lambda x: DropoutResampled.apply(x),
    fixed=dropout_fixed_mask,
    inputs=normal(x=6),
    formula=lambda x: (
        x**2 * array_namespace(x).asarray([1.0, 0.0, 1.0, 1.0, 0.0, 1.0], dtype=x.dtype) * 2
    ),
    where="DropoutResampled",
    evidence=Evidence(probe=_differs_between_calls),
)


class _Counter:
    calls = 0


def _alternating_block(x):
    _Counter.calls += 1
    return torch.sin(x * (1.0 if _Counter.calls == 1 else 2.0))


def checkpoint_with_state(x):
    _Counter.calls = 0
    return checkpoint(_alternating_block, x, use_reentrant=False)


def checkpoint_without_state(x):
    return checkpoint(torch.sin, x, use_reentrant=False)


plant(
    "checkpoint-recomputes-otherwise",
    category="state",
    description="a checkpointed block whose second run computes another function than its first",
    diagnosis="recomput",
    buggy=checkpoint_with_state,
    fixed=checkpoint_without_state,
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).sin(x),
    where="_alternating_block",
)

# --- mutation -----------------------------------------------------------------------------------


class CentreInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        x.data.sub_(x.mean())
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        pulled = 2 * g * x
        return pulled - pulled.mean()


class Centre(Function):
    @staticmethod
    def forward(ctx, x):
        x = x - x.mean()
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        pulled = 2 * g * x
        return pulled - pulled.mean()


def _mutates_input(function, inputs: Inputs) -> bool:
    x = torch.tensor(inputs["x"]).requires_grad_()
    function(x)
    return not np.array_equal(x.detach().numpy(), inputs["x"])


plant(
    "input-mutated",
    category="mutation",
    description="forward centres its input in place: the caller's array changes",
    diagnosis="mutated-input",
    buggy=lambda x: CentreInPlace.apply(x),
    fixed=lambda x: Centre.apply(x),
    inputs=normal(x=4),
    formula=lambda x: (x - array_namespace(x).mean(x)) ** 2,
    where="CentreInPlace",
    evidence=Evidence(probe=_mutates_input),
)


class ScaleCotangentInPlace(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g.mul_(torch.cos(x)).clone()


def _mutates_cotangent(function, inputs: Inputs) -> bool:
    x = torch.tensor(inputs["x"]).requires_grad_()
    g = torch.ones(x.shape, dtype=x.dtype)
    torch.autograd.grad(function(x), x, g)
    return not bool(torch.all(g == 1))


plant(
    "cotangent-mutated",
    category="mutation",
    description="backward multiplies its cotangent in place: whoever else reads it gets it wrong",
    diagnosis="mutated-cotangent",
    buggy=lambda x: ScaleCotangentInPlace.apply(x),
    fixed=lambda x: torch.sin(x),
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).sin(x),
    where="ScaleCotangentInPlace",
    evidence=Evidence(probe=_mutates_cotangent),
)


# --- second order and forward mode --------------------------------------------------------------


class SineOnce(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * torch.cos(x.detach())


plant(
    "second-order-detached",
    category="second order",
    description="sin with a right gradient whose own derivative in x is cut off",
    diagnosis="detached",
    buggy=lambda x: SineOnce.apply(x),
    fixed=lambda x: torch.sin(x),
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).sin(x),
    where="SineOnce",
    derivative="hvp",
)


class CubeConstantCurvature(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return CubeSlope.apply(g, x)


class CubeSlope(Function):
    @staticmethod
    def forward(ctx, g, x):
        ctx.save_for_backward(g, x)
        return 3 * g * x**2

    @staticmethod
    def backward(ctx, gg):
        g, x = ctx.saved_tensors
        return 3 * gg * x**2, 3 * gg * g * x


plant(
    "second-order-factor",
    category="second order",
    description="x³ with the second derivative 3x in place of 6x",
    diagnosis="factor 1/2",
    buggy=lambda x: CubeConstantCurvature.apply(x),
    fixed=lambda x: x**3,
    inputs=normal(x=4),
    formula=lambda x: x**3,
    where="CubeSlope",
    derivative="hvp",
)


class ExpWithTangent(Function):
    @staticmethod
    def forward(x):
        return torch.exp(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y

    @staticmethod
    def jvp(ctx, tangent):
        (y,) = ctx.saved_tensors
        return tangent + 0 * y


plant(
    "jvp-wrong-vjp-right",
    category="forward mode",
    description="exp with a right VJP and a JVP that forgets to multiply by y",
    diagnosis="factor out is missing",
    buggy=lambda x: ExpWithTangent.apply(x),
    fixed=lambda x: torch.exp(x),
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).exp(x),
    where="ExpWithTangent",
    derivative="jvp",
)

# --- faults of library operations, as their issue trackers had them -----------------------------


class LogSigmoidNaive(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.nn.functional.logsigmoid(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        e = torch.exp(-x)
        return g * e / (1 + e)


plant(
    "overflow-in-backward",
    category="not finite",
    description="log σ(x) with a stable value and a gradient that is ∞/∞ at x = −800",
    diagnosis="not finite.*overflow",
    buggy=lambda x: LogSigmoidNaive.apply(x),
    fixed=lambda x: torch.nn.functional.logsigmoid(x),
    inputs=values(x=[-800.0, 0.5, 3.0]),
    formula=lambda x: -array_namespace(x).log1p(array_namespace(x).exp(-x)),
    where="LogSigmoidNaive",
)


class CumulativeProductByDivision(Function):
    @staticmethod
    def forward(ctx, x):
        y = torch.cumprod(x, 0)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        reached = torch.flip(torch.cumsum(torch.flip(g * y, [0]), 0), [0])
        return torch.where(x == 0, torch.zeros_like(x), reached / x)


plant(
    "cumprod-zero-element",
    category="wrong branch",
    description="the running product's gradient by division, with 0 where an element is zero",
    diagnosis="x is 0",
    buggy=lambda x: CumulativeProductByDivision.apply(x),
    fixed=lambda x: torch.cumprod(x, 0),
    inputs=values(x=[1.2, 0.7, 0.0, 1.9]),
    formula=lambda x: array_namespace(x).cumulative_prod(x, axis=0),
    where="CumulativeProductByDivision",
)


class RenormWithoutLastDimension(Function):
    @staticmethod
    def forward(ctx, x):
        norm = x.norm(dim=1, keepdim=True)
        ctx.save_for_backward(x, norm)
        return torch.where(norm > 1.0, x / norm, x)

    @staticmethod
    def backward(ctx, g):
        x, norm = ctx.saved_tensors
        y = x / norm
        inner = (g * y).sum()
        return torch.where(norm > 1.0, (g - y * inner) / norm, g)


def renorm(x):
    norm = x.norm(dim=1, keepdim=True)
    return torch.where(norm > 1.0, x / norm, x)


def _renorm_formula(x):
    xp = array_namespace(x)
    norm = xp.sqrt(xp.sum(x * x, axis=1, keepdims=True))
    return xp.where(norm > 1.0, x / norm, x)


plant(
    "renorm-sums-over-rows",
    category="wrong axis",
    description="row renormalisation whose inner product runs over the whole matrix",
    diagnosis="wrong axis",
    buggy=lambda x: RenormWithoutLastDimension.apply(x),
    fixed=renorm,
    inputs=normal(x=(3, 4)),
    formula=_renorm_formula,
    where="RenormWithoutLastDimension",
)


class OuterShaped(Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return (x * w).sum()

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g * w[:, None] * torch.ones_like(x), g * x


plant(
    "shape-summed-silently",
    category="wrong shape",
    description="an (n, n) gradient for n elements: autograd sums it to shape without a word",
    diagnosis="summed",
    buggy=lambda x, w: OuterShaped.apply(x, w),
    fixed=lambda x, w: (x * w).sum(),
    inputs=normal(x=4, w=4),
    formula=lambda x, w: array_namespace(x).sum(x * w),
    where="OuterShaped",
)


class GeluTruncated(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.nn.functional.gelu(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        t = torch.tanh(inner)
        slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
        return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)


def _gelu(x):
    xp = array_namespace(x)
    return 0.5 * x * (1 + xp.erf(x / math.sqrt(2)))


plant(
    "approximation-mismatch",
    category="small relative error",
    description="exact GELU forwards, the gradient of its tanh approximation backwards",
    diagnosis="approximat",
    buggy=lambda x: GeluTruncated.apply(x),
    fixed=lambda x: torch.nn.functional.gelu(x),
    inputs=spread(-2.5, 2.5, x=6),
    formula=_gelu,
    where="GeluTruncated",
    evidence=Evidence(relative=1e-4),
)


class AngleWithoutConjugate(Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return torch.log(z)

    @staticmethod
    def backward(ctx, g):
        (z,) = ctx.saved_tensors
        return g / z


def _complex_log_inputs(rng: np.random.Generator) -> Inputs:
    return {"z": rng.uniform(0.5, 2, 3) * np.exp(1j * rng.uniform(-2, 2, 3))}


plant(
    "complex-log-no-conjugate",
    category="conjugate",
    description="complex log with g/z where PyTorch's convention wants g/z̄",
    diagnosis="conjugate",
    buggy=lambda z: AngleWithoutConjugate.apply(z),
    fixed=lambda z: torch.log(z),
    inputs=_complex_log_inputs,
    formula=lambda z: array_namespace(z).log(z),
    where="AngleWithoutConjugate",
)


class SineHalf(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return (g * torch.cos(x.bfloat16())).to(x.dtype)


plant(
    "bfloat16-inside-float32",
    category="precision",
    description="a float32 function with a bfloat16 derivative: 0.4 % off",
    diagnosis="bfloat16",
    buggy=lambda x: SineHalf.apply(x),
    fixed=lambda x: torch.sin(x),
    inputs=normal(dtype="float32", x=6),
    formula=lambda x: array_namespace(x).sin(x),
    where="SineHalf",
    dtype="float32",
    evidence=Evidence(relative=5e-4),
    accuracy=1e-5,
)


class Linear(Function):
    @staticmethod
    def forward(ctx, x, W, b):
        ctx.save_for_backward(x, W)
        return x @ W.T + b

    @staticmethod
    def backward(ctx, g):
        x, W = ctx.saved_tensors
        return g @ W, g.T @ x, g.mean(0)


plant(
    "linear-layer-bias-mean",
    category="broadcast",
    description="a linear layer whose bias gradient is averaged over the batch",
    diagnosis="factor 1/4",
    buggy=lambda x, W, b: Linear.apply(x, W, b),
    fixed=lambda x, W, b: torch.nn.functional.linear(x, W, b),
    inputs=merged(normal(x=(4, 3), W=(2, 3)), normal(b=2)),
    formula=lambda x, W, b: x @ W.T + b,
    where="Linear",
)
