"""Faults of elementwise rules: constants, signs, missing terms, precision, branches."""

# ruff: noqa: N805 - a declaration is a record of three functions, not a class with methods

from __future__ import annotations

import math

from array_api_compat import array_namespace

from corpus.entry import Evidence, merged, normal, spread, uniform, values
from corpus.rules import RuleBook

BOOK = RuleBook()
plant = BOOK.plant


@plant(
    "factor-half",
    category="constant factor",
    description="d(x²) = 2x dx, and the 2 is lost",
    diagnosis="factor 1/2",
    inputs=normal(x=5),
)
class Square:
    def forward(x):
        return x * x

    def right(g, x):
        return 2 * g * x

    def wrong(g, x):
        return g * x


@plant(
    "factor-two",
    category="constant factor",
    description="½x² differentiated as x²",
    diagnosis="factor 2",
    inputs=normal(x=(2, 3)),
)
class HalfSquare:
    def forward(x):
        return 0.5 * x * x

    def right(g, x):
        return g * x

    def wrong(g, x):
        return 2 * g * x


@plant(
    "sign-flipped",
    category="sign",
    description="the derivative of cos with sin's sign",
    diagnosis="sign flipped",
    inputs=normal(x=4),
)
class Cosine:
    def forward(x):
        return array_namespace(x).cos(x)

    def right(g, x):
        return -g * array_namespace(x).sin(x)

    def wrong(g, x):
        return g * array_namespace(x).sin(x)


@plant(
    "factor-pi",
    category="constant factor",
    description="sin(πx) differentiated without the inner π",
    diagnosis="factor 1/π",
    inputs=normal(x=3),
)
class SinPi:
    def forward(x):
        return array_namespace(x).sin(math.pi * x)

    def right(g, x):
        return math.pi * g * array_namespace(x).cos(math.pi * x)

    def wrong(g, x):
        return g * array_namespace(x).cos(math.pi * x)


@plant(
    "relative-1e-3",
    category="small relative error",
    description="1/ln 10 = 0.4343 mistyped as 0.4347",
    diagnosis=r"factor 1\.0009",
    inputs=uniform(0.5, 3.0, x=6),
    evidence=Evidence(relative=5e-4),
)
class Log10:
    def forward(x):
        return array_namespace(x).log(x) / math.log(10)

    def right(g, x):
        return g / (math.log(10) * x)

    def wrong(g, x):
        return 0.4347 * g / x


@plant(
    "relative-1e-6",
    category="small relative error",
    description="1/ln 2 cut to 1.442694, a relative error of 7e-7",
    diagnosis=r"factor 0\.99999",
    inputs=uniform(0.5, 3.0, x=6),
    evidence=Evidence(relative=5e-7),
)
class Log2:
    def forward(x):
        return array_namespace(x).log(x) / math.log(2)

    def right(g, x):
        return g / (math.log(2) * x)

    def wrong(g, x):
        return 1.442694 * g / x


@plant(
    "float32-inside",
    category="precision",
    description="the derivative is computed in float32 inside a float64 path",
    diagnosis="float32",
    inputs=normal(x=6),
    evidence=Evidence(relative=1e-9),
)
class SineThroughFloat32:
    def forward(x):
        return array_namespace(x).sin(x)

    def right(g, x):
        return g * array_namespace(x).cos(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return g * xp.astype(xp.cos(xp.astype(x, xp.float32)), xp.float64)


@plant(
    "sign-of-some",
    category="sign",
    description="Huber's tail takes δ where it should take δ·sign(x): wrong for x < −δ",
    diagnosis="sign flipped in",
    inputs=spread(-3.0, 3.0, x=8),
)
class Huber:
    def forward(x):
        xp = array_namespace(x)
        return xp.where(xp.abs(x) < 1.0, 0.5 * x * x, xp.abs(x) - 0.5)

    def right(g, x):
        xp = array_namespace(x)
        return g * xp.where(xp.abs(x) < 1.0, x, xp.sign(x))

    def wrong(g, x):
        xp = array_namespace(x)
        return g * xp.where(xp.abs(x) < 1.0, x, xp.ones_like(x))


@plant(
    "product-term-missing",
    category="term missing",
    description="x·sin x differentiated as sin x: half of the product rule",
    diagnosis="term is missing",
    inputs=normal(x=5),
)
class TimesSine:
    def forward(x):
        return x * array_namespace(x).sin(x)

    def right(g, x):
        xp = array_namespace(x)
        return g * (xp.sin(x) + x * xp.cos(x))

    def wrong(g, x):
        return g * array_namespace(x).sin(x)


@plant(
    "quotient-square-missing",
    category="term missing",
    description="the divisor's gradient −x/y² without the square",
    diagnosis="factor y too many",
    inputs=merged(normal(x=5), uniform(1.3, 2.5, y=5)),
)
class Quotient:
    def forward(x, y):
        return x / y

    def right(g, x, y):
        return g / y, -g * x / (y * y)

    def wrong(g, x, y):
        return g / y, -g * x / y


@plant(
    "second-argument-sign",
    category="sign",
    description="x − exp(y): the gradient of y keeps the sign of x's",
    diagnosis="sign flipped",
    inputs=normal(x=4, y=4),
)
class MinusExp:
    def forward(x, y):
        return x - array_namespace(y).exp(y)

    def right(g, x, y):
        return g, -g * array_namespace(y).exp(y)

    def wrong(g, x, y):
        return g, g * array_namespace(y).exp(y)


@plant(
    "arguments-swapped",
    category="permuted",
    description="atan2's two gradients returned in the wrong order",
    diagnosis="swapped",
    inputs=uniform(0.5, 2.0, y=4, x=4),
)
class Angle:
    def forward(y, x):
        return array_namespace(x).atan2(y, x)

    def right(g, y, x):
        r2 = x * x + y * y
        return g * x / r2, -g * y / r2

    def wrong(g, y, x):
        r2 = x * x + y * y
        return -g * y / r2, g * x / r2


@plant(
    "rsqrt-chain-factor",
    category="term missing",
    description="x^(−½) differentiated as −½·y instead of −½·y³",
    diagnosis="factor (x|1/out²) too many",
    inputs=uniform(0.3, 4.0, x=5),
)
class ReciprocalRoot:
    def forward(x):
        return 1 / array_namespace(x).sqrt(x)

    def right(g, x):
        return -0.5 * g / (x * array_namespace(x).sqrt(x))

    def wrong(g, x):
        return -0.5 * g / array_namespace(x).sqrt(x)


@plant(
    "power-exponent-dropped",
    category="detached",
    description="x^y with no gradient for the exponent",
    diagnosis="detached",
    inputs=merged(uniform(0.5, 2.0, x=4), normal(y=4)),
)
class Power:
    def forward(x, y):
        return x**y

    def right(g, x, y):
        return g * y * x ** (y - 1), g * x**y * array_namespace(x).log(x)

    def wrong(g, x, y):
        return g * y * x ** (y - 1), array_namespace(x).zeros_like(y)


@plant(
    "zero-gradient-tiny-function",
    category="swamped",
    description="10⁻¹²·x² whose gradient is returned as zero: below any absolute tolerance",
    diagnosis="detached",
    inputs=normal(x=5),
)
class TinySquare:
    def forward(x):
        return 1e-12 * x * x

    def right(g, x):
        return 2e-12 * g * x

    def wrong(g, x):
        return array_namespace(x).zeros_like(x)


@plant(
    "factor-tiny-function",
    category="swamped",
    description="10⁻²⁰·exp x with a gradient of twice its size",
    diagnosis="factor 2",
    inputs=normal(x=3),
)
class TinyExp:
    def forward(x):
        return 1e-20 * array_namespace(x).exp(x)

    def right(g, x):
        return 1e-20 * g * array_namespace(x).exp(x)

    def wrong(g, x):
        return 2e-20 * g * array_namespace(x).exp(x)


@plant(
    "small-leaf-swamped",
    category="swamped",
    description="a bias of size 10⁻³ beside weights of size 10⁵; the bias's gradient is 5 % off",
    diagnosis=r"factor 1\.0",
    inputs=merged(normal(scale=1e5, w=16), normal(scale=1e-3, b=3)),
)
class Regularised:
    def forward(w, b):
        xp = array_namespace(w)
        return xp.sum(w * w) + xp.sum(xp.sin(b + 0.7))

    def right(g, w, b):
        return 2 * g * w, g * array_namespace(b).cos(b + 0.7)

    def wrong(g, w, b):
        return 2 * g * w, 1.05 * g * array_namespace(b).cos(b + 0.7)


@plant(
    "small-element-swamped",
    category="swamped",
    description="one element of size 10⁻⁶ beside elements of size 10³, its derivative 2 % off",
    diagnosis=r"factor of 1\.02",
    inputs=values(x=[1.7e3, -2.1e3, 0.9e3, 3.3e-6, 1.2e3]),
)
class SumOfSquares:
    def forward(x):
        return array_namespace(x).sum(x * x)

    def right(g, x):
        return 2 * g * x

    def wrong(g, x):
        xp = array_namespace(x)
        return 2 * g * xp.where(xp.abs(x) < 1.0, 1.02 * x, x)


@plant(
    "swamped-output",
    category="swamped",
    description="two outputs, the first 10⁹ times the second; the second's derivative is off",
    diagnosis=r"factor.*output out\[1\]",
    inputs=normal(x=4),
    evidence=Evidence(relative=1e-12),
)
class LossAndPenalty:
    def forward(x):
        xp = array_namespace(x)
        return 1e9 * xp.sum(x * x), xp.sum(xp.sin(x))

    def right(g, x):
        return 2e9 * g[0] * x + g[1] * array_namespace(x).cos(x)

    def wrong(g, x):
        return 2e9 * g[0] * x + 1.5 * g[1] * array_namespace(x).cos(x)


@plant(
    "swamped-element-of-output",
    category="swamped",
    description="exp(x) over x from 0 to 40: the small outputs' derivatives are doubled",
    diagnosis="factor 2",
    inputs=values(x=[0.3, 1.1, 25.0, 39.5]),
)
class WideExp:
    def forward(x):
        return array_namespace(x).exp(x)

    def right(g, x):
        return g * array_namespace(x).exp(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return g * xp.where(x < 1.0, 2 * xp.exp(x), xp.exp(x))


@plant(
    "branch-visited",
    category="wrong branch",
    description="ELU's negative side differentiated as 1, at a point that has both sides",
    diagnosis="branch",
    inputs=spread(-2.0, 2.0, x=6),
)
class Elu:
    def forward(x):
        xp = array_namespace(x)
        return xp.where(x > 0, x, xp.expm1(xp.where(x > 0, 0 * x, x)))

    def right(g, x):
        xp = array_namespace(x)
        return g * xp.where(x > 0, xp.ones_like(x), xp.exp(xp.where(x > 0, 0 * x, x)))

    def wrong(g, x):
        return g * array_namespace(x).ones_like(x)


@plant(
    "branch-behind-the-sign",
    category="wrong branch",
    description="leaky ReLU's slope lost for x < 0; the given point is positive",
    diagnosis="x.* < 0.*branch",
    inputs=uniform(0.3, 1.5, x=5),
    reach="nearby",
    evidence=Evidence(inputs=uniform(-1.5, -0.3, x=5)),
)
class LeakyRelu:
    def forward(x):
        return array_namespace(x).where(x > 0, x, 0.1 * x)

    def right(g, x):
        xp = array_namespace(x)
        return g * xp.where(x > 0, xp.ones_like(x), 0.1 * xp.ones_like(x))

    def wrong(g, x):
        return g * array_namespace(x).ones_like(x)


@plant(
    "branch-behind-the-scale",
    category="wrong branch",
    description="a Charbonnier tail beyond |x| = 2, wrong there; the given point stays below 1",
    diagnosis="> 2.*branch",
    inputs=uniform(0.6, 1.0, x=5),
    reach="nearby",
    evidence=Evidence(inputs=uniform(2.3, 4.0, x=5)),
)
class CappedSquare:
    def forward(x):
        xp = array_namespace(x)
        return xp.where(xp.abs(x) < 2.0, x * x, 4 * xp.abs(x) - 4)

    def right(g, x):
        xp = array_namespace(x)
        return g * xp.where(xp.abs(x) < 2.0, 2 * x, 4 * xp.sign(x))

    def wrong(g, x):
        return 2 * g * x


@plant(
    "branch-beyond-threshold",
    category="wrong branch",
    description="softplus is x above 20, and its derivative there is returned as 0",
    diagnosis="> 20.*branch",
    inputs=normal(x=4),
    reach="search",
    evidence=Evidence(inputs=uniform(21.0, 30.0, x=4)),
)
class Softplus:
    def forward(x):
        xp = array_namespace(x)
        return xp.where(x > 20, x, xp.log1p(xp.exp(xp.where(x > 20, 0 * x, x))))

    def right(g, x):
        xp = array_namespace(x)
        return g * xp.where(x > 20, xp.ones_like(x), 1 / (1 + xp.exp(-x)))

    def wrong(g, x):
        xp = array_namespace(x)
        return g * xp.where(x > 20, xp.zeros_like(x), 1 / (1 + xp.exp(-x)))


@plant(
    "branch-in-a-band",
    category="wrong branch",
    description="a barrier that acts for 7 < x < 9 only; its derivative is missing",
    diagnosis="7 < x.* < 9.*branch",
    inputs=normal(x=2),
    reach="search",
    evidence=Evidence(inputs=uniform(7.2, 8.8, x=2), relative=1e-3),
)
class Barrier:
    def forward(x):
        xp = array_namespace(x)
        inside = (x > 7) & (x < 9)
        return x * x + xp.where(inside, ((x - 7) * (9 - x)) ** 2, 0 * x)

    def right(g, x):
        xp = array_namespace(x)
        inside = (x > 7) & (x < 9)
        slope = 2 * (x - 7) * (9 - x) * (16 - 2 * x)
        return g * (2 * x + xp.where(inside, slope, 0 * x))

    def wrong(g, x):
        return 2 * g * x


@plant(
    "nan-untaken-side",
    category="not finite",
    description="√x on the positive side, masked by 0·NaN on the other",
    diagnosis="not finite.*where",
    inputs=spread(-2.0, 2.0, x=6),
)
class MaskedRoot:
    def forward(x):
        xp = array_namespace(x)
        return xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, xp.ones_like(x))), 0 * x)

    def right(g, x):
        xp = array_namespace(x)
        root = xp.sqrt(xp.where(x > 0, x, xp.ones_like(x)))
        return g * xp.where(x > 0, 0.5 / root, 0 * x)

    def wrong(g, x):
        xp = array_namespace(x)
        taken = xp.where(x > 0, xp.ones_like(x), xp.zeros_like(x))
        return g * taken * 0.5 / xp.sqrt(x)


@plant(
    "removable-singularity",
    category="not finite",
    description="sin(x)/x is guarded at 0; its derivative divides by x² there",
    diagnosis="not finite.*0/0",
    inputs=values(x=[0.0, 0.5, -1.2]),
)
class Sinc:
    def forward(x):
        xp = array_namespace(x)
        safe = xp.where(x == 0, xp.ones_like(x), x)
        return xp.where(x == 0, xp.ones_like(x), xp.sin(safe) / safe)

    def right(g, x):
        xp = array_namespace(x)
        safe = xp.where(x == 0, xp.ones_like(x), x)
        slope = (safe * xp.cos(safe) - xp.sin(safe)) / (safe * safe)
        return g * xp.where(x == 0, 0 * x, slope)

    def wrong(g, x):
        xp = array_namespace(x)
        return g * (x * xp.cos(x) - xp.sin(x)) / (x * x)


@plant(
    "straight-through",
    category="straight-through",
    description="round(x) differentiated as if it were x, and claimed as the gradient",
    diagnosis="straight through|identity",
    inputs=normal(x=5),
)
class Quantised:
    def forward(x):
        xp = array_namespace(x)
        return x * x + xp.round(4 * x) / 4

    def right(g, x):
        return 2 * g * x

    def wrong(g, x):
        return 2 * g * x + g


@plant(
    "saturated-derivative",
    category="wrong branch",
    description="tanh's derivative from a table that ends at |x| = 1.5",
    diagnosis="x.* >.*branch",
    inputs=spread(-2.5, 2.5, x=7),
)
class Tanh:
    def forward(x):
        return array_namespace(x).tanh(x)

    def right(g, x):
        return g * (1 - array_namespace(x).tanh(x) ** 2)

    def wrong(g, x):
        xp = array_namespace(x)
        held = xp.where(x > 1.5, 0 * x + 1.5, xp.where(x < -1.5, 0 * x - 1.5, x))
        return g * (1 - xp.tanh(held) ** 2)
