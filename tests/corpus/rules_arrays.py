"""Faults of array rules: transposes, permutations, broadcasts, axes, reductions, indices."""

# ruff: noqa: N805 - a declaration is a record of three functions, not a class with methods

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from corpus.entry import Evidence, normal, uniform, values
from corpus.rules import RuleBook

BOOK = RuleBook()
plant = BOOK.plant

PERMUTATION = np.array([2, 0, 4, 1, 5, 3])
INVERSE = np.argsort(PERMUTATION)
LOOKUP = np.array([0, 2, 2, 1, 0, 2, 3])
ONE_HOT = np.eye(4)[LOOKUP]
LAST_ONLY = np.where(ONE_HOT[::-1].cumsum(0)[::-1] == ONE_HOT, ONE_HOT, 0.0)


def _constant(matrix, like):
    return array_namespace(like).asarray(matrix, dtype=like.dtype)


@plant(
    "factor-n",
    category="constant factor",
    description="the mean's gradient without its 1/n",
    diagnosis="factor 7",
    inputs=normal(x=(3, 7)),
)
class Mean:
    def forward(x):
        return array_namespace(x).mean(x * x, axis=1)

    def right(g, x):
        return 2 * g[:, None] * x / x.shape[1]

    def wrong(g, x):
        return 2 * g[:, None] * x


@plant(
    "factor-one-over-n",
    category="constant factor",
    description="a sum differentiated as a mean",
    diagnosis="factor 1/9",
    inputs=normal(x=9),
)
class Sum:
    def forward(x):
        xp = array_namespace(x)
        return xp.sum(xp.exp(x))

    def right(g, x):
        return g * array_namespace(x).exp(x)

    def wrong(g, x):
        return g * array_namespace(x).exp(x) / x.shape[0]


@plant(
    "variance-n-minus-one",
    category="constant factor",
    description="the population variance differentiated with n − 1",
    diagnosis="n − 1",
    inputs=normal(x=8),
)
class Variance:
    def forward(x):
        xp = array_namespace(x)
        return xp.mean((x - xp.mean(x)) ** 2)

    def right(g, x):
        return 2 * g * (x - array_namespace(x).mean(x)) / x.shape[0]

    def wrong(g, x):
        return 2 * g * (x - array_namespace(x).mean(x)) / (x.shape[0] - 1)


@plant(
    "transpose-missing",
    category="transpose",
    description="the left gradient of A·B is g·B instead of g·Bᵀ",
    diagnosis="transpos",
    inputs=normal(A=(3, 3), B=(3, 3)),
)
class Product:
    def forward(A, B):
        return A @ B

    def right(g, A, B):
        return g @ B.T, A.T @ g

    def wrong(g, A, B):
        return g @ B, A.T @ g


@plant(
    "transposed-result",
    category="transpose",
    description="x ↦ sin(xᵀ): the gradient comes back without being transposed",
    diagnosis="transposed",
    inputs=normal(x=(4, 4)),
)
class SineOfTranspose:
    def forward(x):
        return array_namespace(x).sin(x.T)

    def right(g, x):
        return g.T * array_namespace(x).cos(x)

    def wrong(g, x):
        return g * array_namespace(x).cos(x.T)


@plant(
    "matmul-wrong-operand",
    category="wrong operand",
    description="the right gradient of A·B is Bᵀ·g instead of Aᵀ·g",
    diagnosis="B in the place of A",
    inputs=normal(A=(3, 3), B=(3, 3)),
)
class ProductOperands:
    def forward(A, B):
        return A @ B

    def right(g, A, B):
        return g @ B.T, A.T @ g

    def wrong(g, A, B):
        return g @ B.T, B.T @ g


@plant(
    "permuted",
    category="permuted",
    description="x[p] pulled back with p instead of p⁻¹",
    diagnosis="permuted",
    inputs=normal(x=6),
)
class Permute:
    def forward(x):
        return x[PERMUTATION] ** 2

    def right(g, x):
        return 2 * x * g[INVERSE]

    def wrong(g, x):
        return 2 * x * g[PERMUTATION]


@plant(
    "broadcast-not-summed",
    category="broadcast",
    description="a bias row added to a matrix takes the first row of the cotangent, not the sum",
    diagnosis="broadcast was not summed",
    inputs=normal(x=(4, 3), b=3),
)
class AddRow:
    def forward(x, b):
        return array_namespace(x).tanh(x + b)

    def right(g, x, b):
        xp = array_namespace(x)
        pulled = g * (1 - xp.tanh(x + b) ** 2)
        return pulled, xp.sum(pulled, axis=0)

    def wrong(g, x, b):
        xp = array_namespace(x)
        pulled = g * (1 - xp.tanh(x + b) ** 2)
        return pulled, pulled[0]


@plant(
    "broadcast-averaged",
    category="broadcast",
    description="a bias row's gradient averaged over the batch that it was broadcast to",
    diagnosis="factor 1/5",
    inputs=normal(x=(5, 2), b=2),
)
class ScaleRow:
    def forward(x, b):
        return x * array_namespace(b).exp(b)

    def right(g, x, b):
        xp = array_namespace(x)
        return g * xp.exp(b), xp.sum(g * x, axis=0) * xp.exp(b)

    def wrong(g, x, b):
        xp = array_namespace(x)
        return g * xp.exp(b), xp.mean(g * x, axis=0) * xp.exp(b)


@plant(
    "shift-off-by-one",
    category="shift",
    description="a circular difference whose adjoint shifts the wrong way",
    diagnosis="shift",
    inputs=normal(x=7),
)
class CircularDifference:
    def forward(x):
        return array_namespace(x).roll(x, -1) - x

    def right(g, x):
        return array_namespace(x).roll(g, 1) - g

    def wrong(g, x):
        return array_namespace(x).roll(g, -1) - g


@plant(
    "gradient-shifted",
    category="shift",
    description="a right gradient written one place too far",
    diagnosis="off by one",
    inputs=normal(x=6),
)
class ShiftedSine:
    def forward(x):
        xp = array_namespace(x)
        return xp.sum(xp.sin(x))

    def right(g, x):
        return g * array_namespace(x).cos(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return xp.roll(g * xp.cos(x), 1)


@plant(
    "kernel-not-flipped",
    category="shift",
    description="a circular convolution whose input gradient is a convolution again",
    diagnosis="convolution",
    inputs=normal(x=8, w=3),
)
class Convolution:
    def forward(x, w):
        xp = array_namespace(x)
        return w[0] * x + w[1] * xp.roll(x, 1) + w[2] * xp.roll(x, 2)

    def right(g, x, w):
        xp = array_namespace(x)
        return (
            w[0] * g + w[1] * xp.roll(g, -1) + w[2] * xp.roll(g, -2),
            xp.stack([xp.sum(g * xp.roll(x, k)) for k in range(3)]),
        )

    def wrong(g, x, w):
        xp = array_namespace(x)
        return (
            w[0] * g + w[1] * xp.roll(g, 1) + w[2] * xp.roll(g, 2),
            xp.stack([xp.sum(g * xp.roll(x, k)) for k in range(3)]),
        )


def _softmax(x, axis):
    xp = array_namespace(x)
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


@plant(
    "softmax-wrong-axis",
    category="wrong axis",
    description="softmax over rows, its inner sum taken over columns",
    diagnosis="wrong axis",
    inputs=normal(x=(3, 3)),
)
class Softmax:
    def forward(x):
        return _softmax(x, 1)

    def right(g, x):
        y = _softmax(x, 1)
        return y * (g - array_namespace(x).sum(g * y, axis=1, keepdims=True))

    def wrong(g, x):
        y = _softmax(x, 1)
        return y * (g - array_namespace(x).sum(g * y, axis=0, keepdims=True))


@plant(
    "softmax-diagonal-only",
    category="term missing",
    description="softmax differentiated elementwise as y(1 − y)",
    diagnosis="terms between different elements",
    inputs=normal(x=(2, 4)),
)
class SoftmaxDiagonal:
    def forward(x):
        return _softmax(x, 1)

    def right(g, x):
        y = _softmax(x, 1)
        return y * (g - array_namespace(x).sum(g * y, axis=1, keepdims=True))

    def wrong(g, x):
        y = _softmax(x, 1)
        return g * y * (1 - y)


@plant(
    "logsumexp-wrong-axis",
    category="wrong axis",
    description="log-sum-exp over columns, its weights normalised over rows",
    diagnosis="wrong axis",
    inputs=normal(x=(3, 3)),
)
class LogSumExp:
    def forward(x):
        xp = array_namespace(x)
        return xp.log(xp.sum(xp.exp(x), axis=0))

    def right(g, x):
        return g[None, :] * _softmax(x, 0)

    def wrong(g, x):
        return g[None, :] * _softmax(x, 1)


@plant(
    "mean-wrong-axis",
    category="wrong axis",
    description="row means whose cotangent is spread over columns (a square matrix hides it)",
    diagnosis="wrong axis",
    inputs=normal(x=(4, 4)),
)
class RowMean:
    def forward(x):
        return array_namespace(x).mean(x**3, axis=1)

    def right(g, x):
        return 3 * g[:, None] * x * x / x.shape[1]

    def wrong(g, x):
        return 3 * g[None, :] * x * x / x.shape[1]


def _standardised(x):
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=1, keepdims=True)
    scale = xp.sqrt(xp.mean(centred * centred, axis=1, keepdims=True) + 1e-5)
    return centred / scale, scale


@plant(
    "layer-norm-mean-term",
    category="term missing",
    description="layer normalisation without the term that comes through the mean",
    diagnosis="(term|projection) is missing.*mean",
    inputs=normal(x=(2, 5)),
)
class LayerNormMean:
    def forward(x):
        return _standardised(x)[0]

    def right(g, x):
        xp = array_namespace(x)
        y, scale = _standardised(x)
        centred = g - xp.mean(g, axis=1, keepdims=True)
        return (centred - y * xp.mean(g * y, axis=1, keepdims=True)) / scale

    def wrong(g, x):
        xp = array_namespace(x)
        y, scale = _standardised(x)
        return (g - y * xp.mean(g * y, axis=1, keepdims=True)) / scale


@plant(
    "layer-norm-variance-term",
    category="term missing",
    description="layer normalisation without the term that comes through the variance",
    diagnosis="term is missing.*(mean|norm)",
    inputs=normal(x=(2, 5)),
)
class LayerNormVariance:
    def forward(x):
        return _standardised(x)[0]

    def right(g, x):
        xp = array_namespace(x)
        y, scale = _standardised(x)
        centred = g - xp.mean(g, axis=1, keepdims=True)
        return (centred - y * xp.mean(g * y, axis=1, keepdims=True)) / scale

    def wrong(g, x):
        xp = array_namespace(x)
        _, scale = _standardised(x)
        return (g - xp.mean(g, axis=1, keepdims=True)) / scale


@plant(
    "norm-as-constant",
    category="detached",
    description="x/‖x‖ with the norm taken for a constant",
    diagnosis="norm.*constant",
    inputs=normal(x=5),
)
class Normalise:
    def forward(x):
        xp = array_namespace(x)
        return x / xp.sqrt(xp.sum(x * x))

    def right(g, x):
        xp = array_namespace(x)
        norm = xp.sqrt(xp.sum(x * x))
        y = x / norm
        return (g - y * xp.sum(g * y)) / norm

    def wrong(g, x):
        xp = array_namespace(x)
        return g / xp.sqrt(xp.sum(x * x))


@plant(
    "lookup-overwrites",
    category="indices",
    description="a lookup with repeated indices whose adjoint overwrites where it should add",
    diagnosis="repeated.*overwritten",
    inputs=normal(x=4),
)
class Lookup:
    def forward(x):
        return x[LOOKUP] ** 2

    def right(g, x):
        return 2 * x * (_constant(ONE_HOT.T, g) @ g)

    def wrong(g, x):
        return 2 * x * (_constant(LAST_ONLY.T, g) @ g)


@plant(
    "cumsum-not-reversed",
    category="shift",
    description="the adjoint of a running sum must run backwards; this one runs forwards",
    diagnosis="running sum.*revers",
    inputs=normal(x=6),
)
class RunningSum:
    def forward(x):
        return array_namespace(x).cumulative_sum(x * x, axis=0)

    def right(g, x):
        xp = array_namespace(x)
        return 2 * x * xp.flip(xp.cumulative_sum(xp.flip(g, axis=0), axis=0), axis=0)

    def wrong(g, x):
        return 2 * x * array_namespace(x).cumulative_sum(g, axis=0)


@plant(
    "max-tie-counted-twice",
    category="tie",
    description="the maximum is attained twice and each place takes the whole cotangent",
    diagnosis="ties counted 2",
    inputs=values(x=[0.5, 2.0, -1.0, 2.0]),
)
class Maximum:
    def forward(x):
        return array_namespace(x).max(x)

    def right(g, x):
        xp = array_namespace(x)
        hit = xp.where(x == xp.max(x), xp.ones_like(x), xp.zeros_like(x))
        return g * hit / xp.sum(hit)

    def wrong(g, x):
        xp = array_namespace(x)
        return g * xp.where(x == xp.max(x), xp.ones_like(x), xp.zeros_like(x))


@plant(
    "max-tie-nearby",
    category="tie",
    description="the same at a point without a tie: only a visit to a tie shows it",
    diagnosis="ties counted 2",
    inputs=normal(x=4),
    reach="nearby",
    evidence=Evidence(inputs=values(x=[0.5, 2.0, -1.0, 2.0])),
)
class MaximumElsewhere(Maximum):
    pass


@plant(
    "norm-nan-at-zero",
    category="not finite",
    description="‖x‖ differentiated as x/‖x‖ at x = 0",
    diagnosis="not finite.*0/0",
    inputs=values(x=[0.0, 0.0, 0.0]),
)
class Norm:
    def forward(x):
        xp = array_namespace(x)
        return xp.sqrt(xp.sum(x * x))

    def right(g, x):
        xp = array_namespace(x)
        norm = xp.sqrt(xp.sum(x * x))
        return g * x / xp.where(norm == 0, norm + 1, norm)

    def wrong(g, x):
        xp = array_namespace(x)
        return g * x / xp.sqrt(xp.sum(x * x))


@plant(
    "product-divides-by-zero",
    category="not finite",
    description="a product differentiated as y/xᵢ, with a zero among the factors",
    diagnosis="not finite.*0/0",
    inputs=values(x=[1.5, 0.0, -0.7, 2.0]),
)
class Product4:
    def forward(x):
        return x[0] * x[1] * x[2] * x[3]

    def right(g, x):
        a, b, c, d = (x[i] for i in range(4))
        return g * array_namespace(x).stack([b * c * d, a * c * d, a * b * d, a * b * c])

    def wrong(g, x):
        return g * (x[0] * x[1] * x[2] * x[3]) / x


@plant(
    "one-of-1000",
    category="sparse",
    description="one of 1,000 elements has a zero gradient",
    diagnosis="zero in 1 of",
    inputs=normal(x=1000),
    evidence=Evidence(element=("x", 617)),
)
class SineSum:
    def forward(x):
        xp = array_namespace(x)
        return xp.sum(xp.sin(x))

    def right(g, x):
        return g * array_namespace(x).cos(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return g * xp.cos(x) * _constant(np.arange(x.shape[0]) != 617, x)


@plant(
    "one-of-100000",
    category="sparse",
    description="one of 100,000 elements has twice its gradient",
    diagnosis="factor 2 in 1 of",
    inputs=normal(x=100_000),
    evidence=Evidence(element=("x", 61_803)),
)
class SquareSum:
    def forward(x):
        xp = array_namespace(x)
        return xp.sum(xp.cos(x) * x)

    def right(g, x):
        xp = array_namespace(x)
        return g * (xp.cos(x) - x * xp.sin(x))

    def wrong(g, x):
        xp = array_namespace(x)
        twice = _constant(1.0 + (np.arange(x.shape[0]) == 61_803), x)
        return g * (xp.cos(x) - x * xp.sin(x)) * twice


@plant(
    "last-element-dropped",
    category="sparse",
    description="a loop that ends one early: the last of 20 gradients stays zero",
    diagnosis="zero in 1 of 20",
    inputs=uniform(0.5, 2.0, x=20),
)
class LogSum:
    def forward(x):
        xp = array_namespace(x)
        return xp.sum(xp.log(x))

    def right(g, x):
        return g / x

    def wrong(g, x):
        return g / x * _constant(np.arange(x.shape[0]) < x.shape[0] - 1, x)
