"""Sample calls of adbench/engine/rules/distributions.py."""

from typing import Any

from samples.arrays import arr
from scipy import special as sp

from adbench.engine.rules.distributions import f_in_shapes, student_in_df

POSITIVE = arr(3, low=0.5, high=3)
SHAPE = arr(2, 1, low=0.7, high=4)
SHARE = arr(3, low=0.2, high=0.8)


def wide(function: Any, p: Any) -> Any:
    """Of 5 trials; in float32 SciPy warns, as if 5 were no whole number."""
    return function(2.0, 5, p.astype("float64")).astype(p.dtype)


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.special.chdtr": [(sp.chdtr, SHAPE, POSITIVE)],
    "scipy.special.chdtrc": [(sp.chdtrc, SHAPE, POSITIVE)],
    "scipy.special.chdtri": [(sp.chdtri, SHAPE, SHARE)],
    "scipy.special.stdtr": [(sp.stdtr, SHAPE, arr(3))],
    "scipy.special.stdtrit": [(sp.stdtrit, SHAPE, SHARE)],
    "scipy.special.pdtr": [(lambda x: sp.pdtr(2, x), POSITIVE)],
    "scipy.special.pdtrc": [(lambda x: sp.pdtrc(2, x), POSITIVE)],
    "scipy.special.pdtri": [(lambda p: sp.pdtri(2, p), SHARE)],
    "scipy.special.gdtr": [(sp.gdtr, POSITIVE, SHAPE, POSITIVE)],
    "scipy.special.gdtrc": [(sp.gdtrc, POSITIVE, SHAPE, POSITIVE)],
    "scipy.special.gdtrix": [(sp.gdtrix, POSITIVE, SHAPE, SHARE)],
    "scipy.special.gdtria": [(sp.gdtria, SHARE, SHAPE, POSITIVE)],
    "scipy.special.bdtr": [(lambda p: wide(sp.bdtr, p), SHARE)],
    "scipy.special.bdtrc": [(lambda p: wide(sp.bdtrc, p), SHARE)],
    "scipy.special.bdtri": [(lambda y: wide(sp.bdtri, y), SHARE)],
    "scipy.special.nbdtr": [(lambda p: sp.nbdtr(2, 5, p), SHARE)],
    "scipy.special.nbdtrc": [(lambda p: sp.nbdtrc(2, 5, p), SHARE)],
    "scipy.special.nbdtri": [(lambda y: sp.nbdtri(2, 5, y), SHARE)],
    "scipy.special.fdtr": [(sp.fdtr, SHAPE, POSITIVE, POSITIVE)],
    "scipy.special.fdtrc": [(sp.fdtrc, SHAPE, POSITIVE, POSITIVE)],
    "scipy.special.fdtri": [(sp.fdtri, SHAPE, POSITIVE, SHARE)],
    "scipy.special.nrdtrimn": [
        (sp.nrdtrimn, arr(2, 3, low=0.1, high=0.9), arr(3, low=0.5, high=2), arr(2, 1)),
        (sp.nrdtrimn, arr(0, low=0.1, high=0.9), arr(low=0.5), arr()),
    ],
    "scipy.special.nrdtrisd": [
        (sp.nrdtrisd, arr(2, 3, low=-2, high=0), arr(3, low=0.6, high=0.9), arr(2, 1, low=1)),
    ],
    "scipy.special.tklmbda": [(lambda x: sp.tklmbda(x, 0.4), arr(3, low=-1.0, high=1.0))],
    "rules.distributions.student_slope": [
        (student_in_df, SHAPE, arr(3)),
        (lambda t: student_in_df(2.5, t), arr()),
    ],
    "rules.distributions.f_slope": [
        (f_in_shapes, SHAPE, POSITIVE, POSITIVE),
        (lambda n, d, x: f_in_shapes(n, d, x, (0, 1)), SHAPE, arr(low=0.7), arr(3, low=0.5)),
    ],
}
