"""Faults in what a rule does with its cotangent: it must be used, once, and linearly."""

# ruff: noqa: N805 - a declaration is a record of three functions, not a class with methods

from __future__ import annotations

from array_api_compat import array_namespace

from corpus.entry import Evidence, normal, uniform
from corpus.rules import RuleBook

BOOK = RuleBook()
plant = BOOK.plant


@plant(
    "cotangent-clipped",
    category="cotangent",
    description="gradient clipping to [−1, 1] inside the rule: seen by larger cotangents only",
    diagnosis="clipped at ±1",
    inputs=normal(x=5),
    evidence=Evidence(cotangent_scale=5.0),
)
class ClippedSine:
    def forward(x):
        return array_namespace(x).sin(x)

    def right(g, x):
        return g * array_namespace(x).cos(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return xp.clip(g, -1.0, 1.0) * xp.cos(x)


@plant(
    "cotangent-clamped-at-zero",
    category="cotangent",
    description="negative cotangents are cut to 0, as in guided back-propagation",
    diagnosis="sign.*cut off",
    inputs=normal(x=5),
)
class GuidedExp:
    def forward(x):
        return array_namespace(x).exp(x)

    def right(g, x):
        return g * array_namespace(x).exp(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return xp.where(g > 0, g, 0 * g) * xp.exp(x)


@plant(
    "cotangent-ignored",
    category="cotangent",
    description="the rule returns f′(x) and forgets to multiply by the cotangent",
    diagnosis="ignored",
    inputs=normal(x=4),
)
class LonelyTanh:
    def forward(x):
        return array_namespace(x).tanh(x)

    def right(g, x):
        return g * (1 - array_namespace(x).tanh(x) ** 2)

    def wrong(g, x):
        return 1 - array_namespace(x).tanh(x) ** 2


@plant(
    "cotangent-ignored-scalar",
    category="cotangent",
    description="a scalar loss whose rule assumes that its cotangent is 1",
    diagnosis="ignored",
    inputs=normal(x=6),
)
class MeanSquare:
    def forward(x):
        xp = array_namespace(x)
        return xp.mean(x * x)

    def right(g, x):
        return 2 * g * x / x.shape[0]

    def wrong(g, x):
        return 2 * x / x.shape[0]


@plant(
    "cotangent-squared",
    category="cotangent",
    description="the cotangent multiplied in twice",
    diagnosis="squared",
    inputs=uniform(0.5, 2.0, x=4),
)
class TwiceLog:
    def forward(x):
        return array_namespace(x).log(x)

    def right(g, x):
        return g / x

    def wrong(g, x):
        return g * g / x


@plant(
    "cotangent-abs",
    category="cotangent",
    description="the cotangent's absolute value is used",
    diagnosis="absolute value",
    inputs=normal(x=4),
)
class AbsoluteCube:
    def forward(x):
        return x**3

    def right(g, x):
        return 3 * g * x * x

    def wrong(g, x):
        return 3 * array_namespace(g).abs(g) * x * x


@plant(
    "cotangent-sign-only",
    category="cotangent",
    description="the cotangent's sign is used, as in sign compression of gradients",
    diagnosis="only its sign",
    inputs=normal(x=4),
)
class SignCompressed:
    def forward(x):
        return x * x

    def right(g, x):
        return 2 * g * x

    def wrong(g, x):
        return 2 * array_namespace(g).sign(g) * x


@plant(
    "cotangent-averaged",
    category="cotangent",
    description="every output's cotangent replaced by their mean: right when all are equal",
    diagnosis="averaged",
    inputs=normal(x=5),
)
class AveragedExp:
    def forward(x):
        return array_namespace(x).exp(x)

    def right(g, x):
        return g * array_namespace(x).exp(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return xp.mean(g) * xp.exp(x)


@plant(
    "cotangent-first-only",
    category="cotangent",
    description="the first output's cotangent used for all outputs",
    diagnosis="first element",
    inputs=normal(x=5),
)
class FirstSine:
    def forward(x):
        return array_namespace(x).sin(x)

    def right(g, x):
        return g * array_namespace(x).cos(x)

    def wrong(g, x):
        return g[0] * array_namespace(x).cos(x)


@plant(
    "cotangent-flushed",
    category="cotangent",
    description="cotangents below 10⁻⁶ flushed to zero, as a half-precision path does",
    diagnosis="flushed to zero",
    inputs=normal(x=5),
    evidence=Evidence(cotangent_scale=1e-8),
)
class FlushedSquare:
    def forward(x):
        return x * x

    def right(g, x):
        return 2 * g * x

    def wrong(g, x):
        xp = array_namespace(x)
        return 2 * xp.where(xp.abs(g) < 1e-6, 0 * g, g) * x


@plant(
    "cotangent-quantised",
    category="cotangent",
    description="the cotangent rounded to multiples of 2⁻¹⁰, as a quantised exchange does",
    diagnosis="rounded to multiples",
    inputs=normal(x=5),
    evidence=Evidence(relative=1e-6),
)
class QuantisedCotangent:
    def forward(x):
        return array_namespace(x).sinh(x)

    def right(g, x):
        return g * array_namespace(x).cosh(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return xp.round(g * 1024) / 1024 * xp.cosh(x)


@plant(
    "cotangent-normalised",
    category="cotangent",
    description="the cotangent divided by its norm: gradient normalisation inside a rule",
    diagnosis="normalised",
    inputs=normal(x=5),
)
class NormalisedCotangent:
    def forward(x):
        return array_namespace(x).cos(x)

    def right(g, x):
        return -g * array_namespace(x).sin(x)

    def wrong(g, x):
        xp = array_namespace(x)
        return -g / xp.sqrt(xp.sum(g * g) + 1e-300) * xp.sin(x)


@plant(
    "output-forgotten",
    category="cotangent",
    description="two outputs; the second's cotangent is not pulled back",
    diagnosis=r"out\[1\] contributes nothing",
    inputs=normal(x=4),
)
class SineAndCosine:
    def forward(x):
        xp = array_namespace(x)
        return xp.sin(x), xp.cos(x)

    def right(g, x):
        xp = array_namespace(x)
        return g[0] * xp.cos(x) - g[1] * xp.sin(x)

    def wrong(g, x):
        return g[0] * array_namespace(x).cos(x)


@plant(
    "outputs-swapped",
    category="cotangent",
    description="two outputs whose cotangents are taken for each other",
    diagnosis="swapped",
    inputs=normal(x=4),
)
class ExpAndSquare:
    def forward(x):
        return array_namespace(x).exp(x), x * x

    def right(g, x):
        return g[0] * array_namespace(x).exp(x) + 2 * g[1] * x

    def wrong(g, x):
        return g[1] * array_namespace(x).exp(x) + 2 * g[0] * x
