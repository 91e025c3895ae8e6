"""Sample calls of adbench/engine/scipy/stats.py and multivariate.py."""

from typing import Any

from samples.arrays import Arr, arr

from adbench.engine.scipy import stats as ss

LINE, POSITIVE, SHARE = (-2.0, 2.0), (0.3, 3.0), (0.1, 0.9)
SHAPE = (0.6, 3.0)
"""Of a shape parameter."""

CONTINUOUS: dict[str, tuple[tuple[float, float], ...]] = {
    "norm": (LINE,),
    "cauchy": (LINE,),
    "laplace": (LINE,),
    "logistic": (LINE,),
    "gumbel_r": (LINE,),
    "gumbel_l": (LINE,),
    "t": (LINE, SHAPE),
    "gennorm": (POSITIVE, SHAPE),
    "vonmises": (LINE, SHAPE),
    "expon": (POSITIVE,),
    "halfnorm": (POSITIVE,),
    "gamma": (POSITIVE, SHAPE),
    "invgamma": (POSITIVE, SHAPE),
    "chi2": (POSITIVE, SHAPE),
    "f": (POSITIVE, SHAPE, SHAPE),
    "lognorm": (POSITIVE, SHAPE),
    "weibull_min": (POSITIVE, SHAPE),
    "pareto": ((1.1, 3.0), SHAPE),
    "uniform": (SHARE,),
    "beta": (SHARE, SHAPE, SHAPE),
    "truncnorm": ((-0.4, 1.4), (-2.0, -0.5), (1.5, 2.0)),
}
"""Intervals of the variable and the shapes."""
MOVED = (-0.04, 0.04), (0.95, 1.05)
"""Intervals of location and scale."""

DISCRETE: dict[str, tuple[tuple[float, ...], tuple[tuple[float, float], ...]]] = {
    "poisson": ((0.0, 2.0, 5.0), (POSITIVE,)),
    "bernoulli": ((0.0, 0.0, 0.0), (SHARE,)),
    "binom": ((0.0, 2.0, 4.0), ((5.0, 5.0), SHARE)),
    "geom": ((1.0, 2.0, 5.0), (SHARE,)),
    "nbinom": ((0.0, 2.0, 5.0), (POSITIVE, SHARE)),
    "betabinom": ((0.0, 2.0, 4.0), ((5.0, 5.0), SHAPE, SHAPE)),
}
"""Values of the variable, of which one may lie outside, and intervals of the parameters."""


def continuous(name: str, kind: str) -> list[tuple[Any, ...]]:
    """With location and scale, and the densities without."""
    function = getattr(getattr(ss, name), kind)
    x, *shapes = CONTINUOUS[name]
    x = SHARE if kind == "ppf" else x
    moved = (
        lambda *arrays: function(*arrays[:-2], loc=arrays[-2], scale=arrays[-1]),
        *(Arr(s, *i) for s, i in zip([(2, 1), *[(3,)] * 4], [x, *shapes, *MOVED], strict=False)),
    )
    if kind not in ("pdf", "logpdf"):
        return [moved]
    return [
        moved,
        (function, *(Arr((), *i) for i in [x, *shapes])),
        *([(function, Arr((0,), *x))] if name == "norm" else []),
    ]


def discrete(name: str, kind: str) -> list[tuple[Any, ...]]:
    """In the parameters that have a derivative."""
    function = getattr(getattr(ss, name), kind)
    values, parameters = DISCRETE[name]
    k = list(values)
    whole = parameters[0] == (5.0, 5.0)
    drawn = [Arr((3,), *i) for i in parameters[whole:]]
    if whole:
        return [(lambda *arrays: function(k, 5, *arrays), *drawn)]
    return [(lambda *arrays: function(k, *arrays), *drawn)]


CALLS: dict[str, list[tuple[Any, ...]]] = {
    **{
        f"scipy.stats.{name}.{kind}": continuous(name, kind)
        for name in CONTINUOUS
        for kind in vars(getattr(ss, name))
    },
    **{
        f"scipy.stats.{name}.{kind}": discrete(name, kind)
        for name in DISCRETE
        for kind in vars(getattr(ss, name))
    },
    "scipy.stats.multivariate_normal.logpdf": [
        (ss.multivariate_normal.logpdf, arr(3), arr(3), arr(3, 3, kind="definite")),
        (ss.multivariate_normal.logpdf, arr(2, 4, 3), arr(3), arr(3, 3, kind="definite")),
        (ss.multivariate_normal.logpdf, arr(4, 3), arr(3), arr(3, low=0.5)),
        (ss.multivariate_normal.logpdf, arr(4), arr(), arr(low=0.5)),
    ],
    "scipy.stats.multivariate_normal.pdf": [
        (ss.multivariate_normal.pdf, arr(2, 3), arr(3), arr(3, 3, kind="definite")),
        (lambda x, cov: ss.multivariate_normal.pdf(x, cov=cov), arr(3),
         arr(3, 3, kind="definite")),
    ],
    "scipy.stats.multivariate_normal.entropy": [
        (lambda cov: ss.multivariate_normal.entropy(cov=cov), arr(3, 3, kind="definite")),
    ],
    "scipy.stats.dirichlet.logpdf": [
        (ss.dirichlet.logpdf, arr(2, low=0.1, high=0.4), arr(3, low=0.5)),
        (ss.dirichlet.logpdf, arr(2, 4, low=0.1, high=0.4), arr(3, low=0.5)),
    ],
    "scipy.stats.dirichlet.pdf": [
        (ss.dirichlet.pdf, arr(2, low=0.1, high=0.4), arr(3, low=0.5)),
    ],
}  # fmt: skip
