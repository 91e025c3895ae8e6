"""Right functions with kinks, ties, jumps and noise: where differences do not converge."""

from __future__ import annotations

import math

import numpy as np
from array_api_compat import array_namespace

from corpus.entry import HardBook, normal, uniform, values

BOOK = HardBook()
hard = BOOK.hard

AT_A_KINK = ("pass", "kink")

# --- kinks --------------------------------------------------------------------------------------


@hard("relu-near-0", "the kink is 10⁻⁹ away", values(x=[1e-9, -1e-9, 2e-8, 1.0]))
def relu_near(x):
    xp = array_namespace(x)
    return xp.where(x > 0, x, 0 * x)


@hard(
    "relu-at-0",
    "at the kink every slope in [0, 1] is right",
    values(x=[0.0, 1.0, -1.0]),
    allowed=AT_A_KINK,
)
def relu_at(x):
    xp = array_namespace(x)
    return xp.where(x > 0, x, 0 * x)


@hard(
    "maximum-at-0", "max(x, 0) at 0, by another rule", values(x=[0.0, 0.5, -0.5]), allowed=AT_A_KINK
)
def maximum_at(x):
    xp = array_namespace(x)
    return xp.maximum(x, 0 * x)


@hard("abs-near-0", "the kink is 10⁻¹² away", values(x=[1e-12, -3e-12, 0.4]))
def abs_near(x):
    return array_namespace(x).abs(x)


@hard("abs-at-0", "every slope in [−1, 1] is right", values(x=[0.0, 2.0, -0.3]), allowed=AT_A_KINK)
def abs_at(x):
    return array_namespace(x).abs(x)


@hard(
    "abs-sum-all-zero", "an L1 penalty on a model of zeros", values(x=[0.0] * 5), allowed=AT_A_KINK
)
def l1(x):
    xp = array_namespace(x)
    return xp.sum(xp.abs(x))


@hard(
    "norm-at-0", "‖x‖ at 0 with the guarded zero gradient", values(x=[0.0, 0.0]), allowed=AT_A_KINK
)
def norm_guarded(x):
    xp = array_namespace(x)
    square = xp.sum(x * x)
    safe = xp.where(square > 0, square, square + 1)
    return xp.where(square > 0, xp.sqrt(safe), 0 * square)


@hard(
    "max-two-way-tie",
    "the maximum is attained twice",
    values(x=[1.0, 3.0, 3.0, -1.0]),
    allowed=AT_A_KINK,
)
def max_two(x):
    return array_namespace(x).max(x)


@hard(
    "max-three-way-tie",
    "the maximum is attained three times",
    values(x=[2.0, 2.0, 0.5, 2.0]),
    allowed=AT_A_KINK,
)
def max_three(x):
    return array_namespace(x).max(x)


@hard(
    "max-near-tie",
    "two maxima 10⁻¹⁰ apart: a kink for every step that rounding leaves useful",
    values(x=[1.0, 1.0 + 1e-10, 0.2]),
    allowed=AT_A_KINK,
)
def max_near(x):
    return array_namespace(x).max(x)


@hard(
    "min-tie-in-rows",
    "ties along one axis of a matrix",
    values(x=[[1.0, 1.0, 2.0], [0.3, 0.2, 0.2]]),
    allowed=AT_A_KINK,
)
def min_rows(x):
    return array_namespace(x).min(x, axis=1)


@hard(
    "maximum-of-equal", "max(x, y) at x = y", values(x=[1.0, 2.0], y=[1.0, 0.0]), allowed=AT_A_KINK
)
def larger(x, y):
    return array_namespace(x).maximum(x, y)


@hard("sort-near-ties", "a sort with neighbours 10⁻⁸ apart", values(x=[0.3, 0.1, 0.1 + 1e-8, 2.0]))
def sorted_weighted(x):
    xp = array_namespace(x)
    return xp.sort(x) * xp.asarray([1.0, 2.0, 3.0, 4.0], dtype=x.dtype)


@hard(
    "sort-with-ties",
    "a sort with two equal elements",
    values(x=[0.3, 1.0, 1.0, -2.0]),
    allowed=AT_A_KINK,
)
def sorted_tied(x):
    xp = array_namespace(x)
    return xp.sum(xp.sort(x) * xp.asarray([1.0, 2.0, 3.0, 4.0], dtype=x.dtype))


@hard(
    "clip-at-bounds",
    "two elements exactly at the bounds",
    values(x=[-1.0, 1.0, 0.3, 2.0]),
    allowed=AT_A_KINK,
)
def clipped(x):
    return array_namespace(x).clip(x, -1.0, 1.0)


@hard(
    "clip-near-bounds",
    "10⁻⁷ inside and outside the bounds",
    values(x=[1 - 1e-7, 1 + 1e-7, -1 + 1e-7]),
)
def clipped_near(x):
    return array_namespace(x).clip(x, -1.0, 1.0) * x


@hard(
    "hinge-at-margin",
    "a hinge loss with one point on the margin",
    values(w=[0.5, 0.25]),
    allowed=AT_A_KINK,
)
def hinge(w):
    xp = array_namespace(w)
    points = xp.asarray([[2.0, 0.0], [1.0, 1.0], [0.0, -1.0]], dtype=w.dtype)
    slack = 1 - points @ w
    return xp.sum(xp.where(slack > 0, slack, 0 * slack))


@hard(
    "interpolation-at-knots",
    "piecewise-linear interpolation, two of the points on knots",
    values(x=[1.0, 0.4, 2.0, 2.7]),
    allowed=AT_A_KINK,
)
def interpolate(x):
    xp = array_namespace(x)
    y = 0 * x
    for knot, slope in ((0.0, 1.0), (1.0, -3.0), (2.0, 2.5)):
        y = y + slope * xp.where(x > knot, x - knot, 0 * x)
    return y


@hard(
    "huber-at-threshold",
    "Huber at |x| = 1: the second derivative jumps, the first does not",
    values(x=[1.0, -1.0, 0.5]),
)
def huber(x):
    xp = array_namespace(x)
    return xp.where(xp.abs(x) <= 1.0, 0.5 * x * x, xp.abs(x) - 0.5)


@hard("cubed-abs", "|x|³ at and near 0: smooth to second order only", values(x=[0.0, 1e-6, -0.7]))
def cubed_abs(x):
    return array_namespace(x).abs(x) ** 3


@hard(
    "branch-boundary",
    "a branch 10⁻⁶ away, where value and slope both jump",
    values(x=[0.5 + 1e-6, 0.5 - 1e-6, 0.9]),
)
def branch(x):
    return array_namespace(x).where(x > 0.5, x * x + 1, 3 * x)


# --- jumps --------------------------------------------------------------------------------------


@hard(
    "floor-plus-smooth", "⌊4x⌋ + x²: almost everywhere the slope is 2x", values(x=[0.1, 0.6, -1.3])
)
def staircase(x):
    return array_namespace(x).floor(4 * x) + x * x


@hard("floor-near-jump", "the same, 10⁻⁷ after a jump", values(x=[0.25 + 1e-7, 1.0 + 2e-7]))
def staircase_near(x):
    return array_namespace(x).floor(4 * x) + x * x


@hard(
    "step-function",
    "sign(x − 0.5): a zero gradient that is right almost everywhere",
    uniform(-2.0, 0.3, x=4),
    allowed=("pass", "inconclusive"),
    inconclusive="an all-zero reference is no evidence",
)
def step(x):
    xp = array_namespace(x)
    return xp.where(x > 0.5, xp.ones_like(x), -xp.ones_like(x)) + 0 * x


@hard("sawtooth", "x − ⌊x⌋ between its jumps", values(x=[0.2, 1.7, -0.4]))
def sawtooth(x):
    return x - array_namespace(x).floor(x)


@hard(
    "partly-quantised",
    "x² with a part in steps of 10⁻¹² every 10⁻⁶: any larger step sees a slope of 10⁻⁶ too many",
    normal(x=4),
    allowed=("pass", "inconclusive"),
    inconclusive="only steps below 10⁻⁶ see the slope, and rounding leaves those few digits",
)
def quantised(x):
    xp = array_namespace(x)
    return x * x + 1e-12 * xp.round(1e6 * x)


@hard(
    "rounded-to-1e-9",
    "sin x with an added multiple of 10⁻⁹ that depends on rounding at 10⁻⁷",
    normal(x=3),
    allowed=("pass", "inconclusive"),
    inconclusive="the jumps of 10⁻⁹ every 10⁻⁷ make a slope of 10⁻² at any larger step",
)
def rounded(x):
    xp = array_namespace(x)
    return xp.sin(x) + 1e-9 * (xp.round(1e7 * x) - 1e7 * x)


# --- noise --------------------------------------------------------------------------------------


@hard(
    "solver-stopped-at-1e-7",
    "a fixed point iterated until it changes by less than 10⁻⁷: noise of that size",
    uniform(0.3, 1.5, a=3),
    eager=True,
)
def solver(a):
    xp = array_namespace(a)
    y, change = 0 * a, math.inf
    while change > 1e-7:
        following = 0.7 * xp.cos(xp.tanh(a) * y) + 0.2
        change, y = xp.max(xp.abs(following - y)), following
    return y


@hard(
    "newton-while-loop",
    "Newton's method stopped at 10⁻⁵: quadratically convergent, so its noise is 10⁻¹⁰",
    uniform(0.5, 5.0, a=3),
    eager=True,
)
def newton(a):
    xp = array_namespace(a)
    square = a * a + 0.1
    y, change = 0.5 * (square + 1), math.inf
    while change > 1e-5:
        following = 0.5 * (y + square / y)
        change, y = xp.max(xp.abs(following - y)), following
    return y


@hard(
    "series-stopped-by-size",
    "a series summed until its terms fall below 10⁻⁶: the number of terms depends on x",
    uniform(0.2, 0.7, x=2),
    eager=True,
)
def geometric(x):
    xp = array_namespace(x)
    total, term = 0 * x + 1, 0 * x + 1
    ratio = 0.8 * xp.tanh(x)
    while xp.max(xp.abs(term)) > 1e-6:
        term = term * ratio
        total = total + term
    return total


@hard(
    "tiny-ripple",
    "x² + 10⁻¹⁰ sin(10⁸ x): a ripple that acts as noise, with a slope of 10⁻²",
    normal(x=2),
    accuracy=1e-6,
    allowed=("pass", "inconclusive"),
    inconclusive="above steps of 10⁻⁸ the ripple cannot be told from noise",
)
def tiny_ripple(x):
    return x * x + 1e-10 * array_namespace(x).sin(1e8 * x)


@hard(
    "quadrature",
    "Simpson's rule with 200 cells: a long sum of rounded terms",
    uniform(0.5, 2.0, a=3),
)
def quadrature(a):
    xp = array_namespace(a)
    nodes = xp.asarray(np.linspace(0.0, 1.0, 401), dtype=a.dtype)
    weights = np.full(401, 2.0)
    weights[1::2], weights[0], weights[-1] = 4.0, 1.0, 1.0
    w = xp.asarray(weights / 1200.0, dtype=a.dtype)
    return xp.sum(w * xp.exp(-a[:, None] * nodes**2), axis=1)
