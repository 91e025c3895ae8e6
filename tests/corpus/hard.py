"""Right functions on which gradient checkers raise false alarms: scale, rounding, noise."""

from __future__ import annotations

import math

import numpy as np
from array_api_compat import array_namespace

from corpus.entry import HardBook, merged, normal, spread, uniform, values

BOOK = HardBook()
hard = BOOK.hard

# --- magnitudes ---------------------------------------------------------------------------------


@hard(
    "log-at-1e8",
    "an absolute step of 10⁻⁶ is a few dozen ulps of x",
    lambda rng: {"x": 1e8 * rng.uniform(0.5, 2.0, 4)},
)
def log_large(x):
    return array_namespace(x).log(x)


@hard(
    "square-at-1e8",
    "the value is 10¹⁶: an absolute step changes it by less than its rounding",
    lambda rng: {"x": 1e8 * rng.uniform(0.5, 2.0, 4)},
)
def square_large(x):
    return x * x


@hard(
    "reciprocal-at-1e-8",
    "an absolute step of 10⁻⁶ jumps over the pole",
    lambda rng: {"x": 1e-8 * rng.uniform(0.5, 2.0, 4)},
)
def reciprocal_small(x):
    return 1 / x


@hard(
    "x-log-x-at-1e-8",
    "an absolute step leaves the domain",
    lambda rng: {"x": 1e-8 * rng.uniform(0.5, 2.0, 4)},
)
def entropy(x):
    return x * array_namespace(x).log(x)


@hard(
    "log-near-0",
    "x = 10⁻³⁰⁰: a relative step is needed, and the derivative is 10³⁰⁰",
    lambda rng: {"x": 1e-300 * rng.uniform(0.5, 2.0, 3)},
)
def log_tiny(x):
    return array_namespace(x).log(x)


@hard("sqrt-at-1e-7", "the domain's edge is 10⁻⁷ away", values(x=[1e-7, 3e-7, 2.0]))
def root_near_zero(x):
    return array_namespace(x).sqrt(x)


@hard("sqrt-at-1e-30", "the domain's edge is 10⁻³⁰ away", values(x=[1e-30, 4e-28, 1.0]))
def root_at_zero_plus(x):
    return array_namespace(x).sqrt(x)


@hard("tiny-function", "10⁻³⁰·f: below every absolute tolerance", normal(x=4))
def tiny(x):
    return 1e-30 * array_namespace(x).sin(x)


@hard("huge-function", "10³⁰·f: an absolute tolerance means nothing", normal(x=4))
def huge(x):
    return 1e30 * array_namespace(x).sin(x)


@hard(
    "mixed-scale-input",
    "elements of 10⁻¹⁰ and 10¹⁰ in one leaf",
    lambda rng: {"x": np.array([1e-10, 1e10, 1.0, 1e5]) * rng.uniform(0.5, 2.0, 4)},
)
def mixed_elements(x):
    xp = array_namespace(x)
    return xp.log(x) * xp.sqrt(x)


@hard(
    "mixed-scale-leaves",
    "one leaf of 10⁻¹⁰ and one of 10¹⁰, multiplied",
    lambda rng: {"x": 1e-10 * rng.uniform(0.5, 2, 3), "y": 1e10 * rng.uniform(0.5, 2, 3)},
)
def mixed_leaves(x, y):
    return array_namespace(x).sin(x * y)


@hard("mixed-scale-output", "outputs of 10¹² and 10⁻¹² side by side", normal(x=3))
def mixed_outputs(x):
    xp = array_namespace(x)
    return xp.concat([1e12 * xp.sin(x), 1e-12 * xp.cos(x), xp.exp(x)])


@hard(
    "large-constant-added",
    "10⁸ + sin x: eight digits of the value are constant",
    normal(x=4),
)
def offset(x):
    return 1e8 + array_namespace(x).sin(x)


@hard(
    "cancellation",
    "(10⁶ + x)² − 10¹²: ten digits cancel",
    normal(x=4),
)
def cancelling(x):
    return (1e6 + x) ** 2 - 1e12


@hard(
    "one-minus-cos",
    "1 − cos x at 10⁻⁴: the value has eight digits, its derivative all",
    uniform(1e-4, 3e-4, x=4),
)
def versine(x):
    return 1 - array_namespace(x).cos(x)


@hard(
    "expm1-over-x",
    "(eˣ − 1)/x at 10⁻⁶, written naively: cancellation in value and gradient",
    uniform(1e-6, 3e-6, x=3),
    accuracy=2e-3,
    allowed=("pass", "inconclusive"),
    inconclusive="the gradient itself is off by 10⁻⁴ in floating point",
)
def naive_ratio(x):
    return (array_namespace(x).exp(x) - 1) / x


@hard(
    "float32-at-1e3",
    "sin at 10³ in float32: an ulp of x is 6·10⁻⁵",
    lambda rng: {"x": (1e3 * rng.uniform(0.5, 2, 4)).astype(np.float32)},
    dtype="float32",
    accuracy=1e-4,
)
def sine_float32(x):
    return array_namespace(x).sin(x)


@hard(
    "float32-mean",
    "a mean of squares of 300 float32 values, gradients of 10⁻³",
    normal(dtype="float32", x=300),
    dtype="float32",
    accuracy=1e-5,
)
def mean_float32(x):
    return array_namespace(x).mean(x * x)


@hard(
    "float32-softmax",
    "a float32 softmax with probabilities down to 10⁻⁶",
    lambda rng: {"x": rng.uniform(-6, 6, 5).astype(np.float32)},
    dtype="float32",
    accuracy=1e-4,
)
def softmax_float32(x):
    xp = array_namespace(x)
    e = xp.exp(x - xp.max(x))
    return e / xp.sum(e)


# --- curvature and frequency --------------------------------------------------------------------


@hard("high-frequency", "sin(10⁴ x): truncation grows at 10⁻⁵", normal(x=3), accuracy=1e-7)
def fast_sine(x):
    return array_namespace(x).sin(1e4 * x)


@hard(
    "wave-on-slope",
    "x² + 10⁻⁶ sin(10⁶ x): the ripple's slope is as large as the parabola's",
    normal(x=3),
    accuracy=1e-6,
)
def ripple(x):
    return x * x + 1e-6 * array_namespace(x).sin(1e6 * x)


@hard(
    "tan-near-pole",
    "tan 10⁻⁵ before π/2",
    lambda rng: {"x": math.pi / 2 - 1e-5 * rng.uniform(0.5, 2, 3)},
    accuracy=1e-7,
)
def tangent(x):
    xp = array_namespace(x)
    return xp.sin(x) / xp.cos(x)


@hard("x-to-the-x", "xˣ with small and large x", values(x=[0.05, 1.0, 7.5]))
def self_power(x):
    return array_namespace(x).exp(x * array_namespace(x).log(x))


@hard(
    "flat-exponential",
    "exp(−1/x²) near 0: every derivative is small, and grows fast",
    values(x=[0.08, 0.2, -0.11, 0.9]),
)
def flat(x):
    return array_namespace(x).exp(-1 / (x * x))


@hard("gaussian-tail", "exp(−x²) at 12: 10⁻⁶³", values(x=[12.0, -11.0, 0.5]))
def gaussian(x):
    return array_namespace(x).exp(-x * x)


@hard(
    "polynomial-20",
    "Wilkinson's polynomial of degree 20 near its roots",
    uniform(9.0, 12.0, x=3),
    accuracy=1e-2,
    allowed=("pass", "inconclusive"),
    inconclusive="close to a stationary point the product form itself cancels",
)
def wilkinson(x):
    y = x - 1
    for root in range(2, 21):
        y = y * (x - root)
    return y


@hard("rosenbrock", "a valley 10² times steeper across than along", normal(x=6))
def rosenbrock(x):
    return array_namespace(x).sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@hard("rosenbrock-minimum", "its gradient at the minimum is exactly zero", values(x=[1.0] * 4))
def rosenbrock_at_minimum(x):
    return array_namespace(x).sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@hard("runge", "Runge's function 1/(1 + 25x²)", spread(-1.0, 1.0, x=5))
def runge(x):
    return 1 / (1 + 25 * x * x)


@hard(
    "narrow-peak",
    "a Lorentz peak of width 10⁻⁵",
    lambda rng: {"x": 0.3 + 1e-5 * rng.uniform(-2, 2, 3)},
    accuracy=1e-6,
)
def lorentz(x):
    return 1e-10 / ((x - 0.3) ** 2 + 1e-10)


@hard("steep-sigmoid", "σ(10⁵ x) across its step", lambda rng: {"x": 1e-5 * rng.uniform(-3, 3, 4)})
def steep(x):
    return 1 / (1 + array_namespace(x).exp(-1e5 * x))


@hard(
    "saturated-tanh",
    "tanh at ±15: the derivative 10⁻¹³ is lost in the value 1",
    values(x=[15.0, -14.0, 0.3]),
    accuracy=1e-2,
    allowed=("pass", "inconclusive"),
    inconclusive="float64 leaves 1 − tanh² few digits there",
)
def saturated(x):
    return array_namespace(x).tanh(x)


@hard(
    "logistic-tail",
    "σ(x) at −40 and 36: one tail keeps its digits, the other loses them",
    values(x=[-40.0, 30.0, 1.0]),
    accuracy=1e-3,
    allowed=("pass", "inconclusive"),
    inconclusive="y(1 − y) has few digits left at 30, for an AD that computes it so",
)
def logistic(x):
    return 1 / (1 + array_namespace(x).exp(-x))


@hard(
    "cosh-overflow-edge",
    "cosh at ±700, close to the largest double",
    values(x=[700.0, -690.0, 1.0]),
)
def cosh_large(x):
    return array_namespace(x).cosh(x)


@hard(
    "chaos",
    "30 iterations of the logistic map: an error doubles at each",
    uniform(0.1, 0.9, x=2),
    accuracy=1e-3,
)
def logistic_map(x):
    for _ in range(30):
        x = 3.9 * x * (1 - x)
    return x


@hard(
    "long-product",
    "a product of 60 factors near 1",
    lambda rng: {"x": 1 + 0.1 * rng.standard_normal(60)},
)
def long_product(x):
    return array_namespace(x).prod(x)


@hard("deep-composition", "sin iterated 200 times", normal(x=3))
def deep(x):
    xp = array_namespace(x)
    for _ in range(200):
        x = xp.sin(x)
    return x


def _implicit_euler(x, stiffness, steps):
    """x′ = −stiffness·(x − cos t), by implicit Euler with steps of 0.1."""
    for i in range(steps):
        x = (x + 0.1 * stiffness * math.cos(0.1 * (i + 1))) / (1 + 0.1 * stiffness)
    return x


@hard("stiff-ode", "a stiff decay: the initial value's influence falls to 10⁻³", normal(x=2))
def stiff(x):
    return _implicit_euler(x, 1e2, 3)


@hard(
    "stiff-ode-forgotten",
    "a very stiff decay: the initial value's influence falls to 10⁻²⁵",
    normal(x=2),
    allowed=("pass", "inconclusive"),
    inconclusive="in double precision the value does not depend on x",
)
def very_stiff(x):
    return _implicit_euler(x, 1e6, 5)


@hard(
    "mean-of-100000",
    "a mean over 10⁵ elements: each gradient is 10⁻⁵",
    normal(x=100_000),
)
def big_mean(x):
    xp = array_namespace(x)
    return xp.mean(xp.sin(x))


@hard(
    "alternating-sum",
    "1,000 large terms that cancel to about 1",
    lambda rng: {"x": 1e6 * np.tile([1.0, -1.0], 500) + rng.standard_normal(1000)},
)
def alternating(x):
    xp = array_namespace(x)
    return xp.sum(x) + 1e-6 * xp.sum(x * x)


@hard(
    "harmonic-series",
    "a sum whose elements' derivatives range over eight decades",
    uniform(0.5, 2.0, x=40),
)
def decades(x):
    xp = array_namespace(x)
    weights = xp.asarray(10.0 ** np.linspace(-4, 4, 40), dtype=x.dtype)
    return xp.sum(weights * xp.sqrt(x))


# --- stable formulas ----------------------------------------------------------------------------


@hard("softmax-huge-logits", "softmax at ±10³", values(x=[1000.0, 999.0, -1000.0, 998.5]))
def softmax_huge(x):
    xp = array_namespace(x)
    e = xp.exp(x - xp.max(x))
    return e / xp.sum(e)


@hard("logsumexp-1e3", "log-sum-exp at 10³ and −10³", values(x=[1000.0, 1001.0, -1000.0]))
def logsumexp_huge(x):
    xp = array_namespace(x)
    top = xp.max(x)
    return top + xp.log(xp.sum(xp.exp(x - top)))


@hard("log1p-tiny", "log(1 + x) at 10⁻¹²", values(x=[1e-12, -3e-12, 0.5]))
def log1p_small(x):
    return array_namespace(x).log1p(x)


@hard("softplus-both-tails", "softplus at −600 and +600", values(x=[-600.0, 600.0, 0.2]))
def softplus(x):
    xp = array_namespace(x)
    above = xp.where(x > 0, x, 0 * x)
    below = xp.where(x > 0, 0 * x, x)
    return xp.where(x > 0, above + xp.log1p(xp.exp(-above)), xp.log1p(xp.exp(below)))


@hard("cross-entropy-confident", "a cross-entropy of 10⁻⁹", values(x=[25.0, 3.0, 4.0]))
def cross_entropy(x):
    xp = array_namespace(x)
    return xp.log1p(xp.exp(x[1] - x[0]) + xp.exp(x[2] - x[0]))


@hard(
    "acos-at-1",
    "arccos at 1 − 10⁻⁶: the domain ends there",
    lambda rng: {"x": np.array([1 - 1e-6, -1 + 1e-6, 0.2])},
)
def arc(x):
    return array_namespace(x).acos(x)


@hard("sqrt-domain-edge", "√(1 − x²) at 1 − 10⁻⁹", values(x=[1 - 1e-9, -0.5, 0.999]))
def semicircle(x):
    return array_namespace(x).sqrt(1 - x * x)


@hard(
    "power-three-halves-at-0",
    "x^(3/2) at its domain's edge, where the derivative is 0",
    values(x=[0.0, 1.0, 2.5]),
    allowed=("pass", "kink"),
)
def three_halves(x):
    return x**1.5


@hard("norm-near-0", "‖x‖ at 10⁻¹²", normal(scale=1e-12, x=3))
def norm_small(x):
    xp = array_namespace(x)
    square = xp.sum(x * x)
    safe = xp.where(square > 0, square, square + 1)
    return xp.where(square > 0, xp.sqrt(safe), 0 * square)


@hard("guarded-where", "the double-where idiom on both sides of 0", spread(-2.0, 2.0, x=6))
def guarded(x):
    xp = array_namespace(x)
    return xp.where(x > 0, xp.log(xp.where(x > 0, x, xp.ones_like(x))), 0 * x)


# --- exact zeros and constants ------------------------------------------------------------------


@hard("linear", "a linear function: the Taylor remainder is zero, no slope to measure", normal(x=5))
def linear(x):
    xp = array_namespace(x)
    return 3 * x[0] - xp.sum(x[1:]) * 0.5


@hard(
    "constant-in-one-leaf",
    "a leaf that does not enter: its zero gradient is right",
    normal(x=3, y=3),
)
def ignores_y(x, y):
    return array_namespace(x).sin(x) + 0 * y


@hard(
    "constant",
    "a function that is constant: nothing to compare with",
    normal(x=3),
    allowed=("pass", "inconclusive"),
    inconclusive="an all-zero reference is no evidence",
)
def constant(x):
    return 0 * x + 2.0


@hard(
    "zero-size-leaf",
    "an empty leaf beside a normal one",
    lambda rng: {"x": rng.standard_normal(3), "y": np.zeros((0, 2))},
)
def empty_leaf(x, y):
    xp = array_namespace(x)
    return xp.sum(xp.sin(x)) + xp.sum(y * y)


@hard(
    "products-with-zeros",
    "x·y·z with zeros among them",
    values(x=[0.0, 1.0, 0.0], y=[2.0, 0.0, 0.0], z=[3.0, 4.0, 5.0]),
)
def products(x, y, z):
    return x * y * z


@hard("cumprod-with-zero", "a running product through a zero", values(x=[1.5, 0.0, 2.0, -0.5]))
def running_product(x):
    xp = array_namespace(x)
    out = [x[0]]
    for i in range(1, 4):
        out.append(out[-1] * x[i])
    return xp.stack(out)


@hard("square-at-zero", "x² and x³ at exactly 0", values(x=[0.0, 0.0, 1.0]))
def powers_at_zero(x):
    return x**2 + x**3


@hard(
    "stationary-point",
    "cos at 0 and π: a zero gradient between large curvatures",
    values(x=[0.0, math.pi]),
)
def stationary(x):
    return array_namespace(x).cos(x)


# --- complex ------------------------------------------------------------------------------------


def _complex(rng, n=3):
    return rng.standard_normal(n) + 1j * rng.standard_normal(n)


@hard("complex-holomorphic", "z³ exp(z)", lambda rng: {"z": _complex(rng)})
def holomorphic(z):
    return z * z * z * array_namespace(z).exp(z)


@hard("complex-modulus", "|z| and |z|²: not holomorphic", lambda rng: {"z": _complex(rng)})
def modulus(z):
    xp = array_namespace(z)
    return xp.abs(z) + xp.real(z * xp.conj(z))


@hard(
    "complex-mixed",
    "a real and a complex leaf",
    lambda rng: {"z": _complex(rng), "x": rng.standard_normal(3)},
)
def mixed_kinds(z, x):
    xp = array_namespace(z)
    return xp.real(z) * xp.sin(x) + xp.imag(z * z) * x


@hard(
    "complex-scales",
    "real parts of 10⁶ beside imaginary parts of 10⁻⁶",
    lambda rng: {"z": 1e6 * rng.uniform(0.5, 2, 3) + 1e-6j * rng.uniform(0.5, 2, 3)},
)
def complex_scales(z):
    return 1 / z


@hard(
    "many-leaves",
    "seven leaves of different shapes, one of them a scalar",
    merged(normal(a=(), b=1, c=2), normal(d=(2, 2), e=(1, 2), f=(2, 1)), uniform(1, 2, g=(2, 2))),
)
def many(a, b, c, d, e, f, g):
    xp = array_namespace(a)
    return xp.sum(a * b + c * d @ (e * f) + xp.log(g) * xp.sin(d))
