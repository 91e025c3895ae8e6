"""Sample calls of adbench/engine/rules/distributions.py."""

from typing import Any

from samples.arrays import arr
from scipy import special as sp

POSITIVE = arr(3, low=0.5, high=3)
SHARE = arr(3, low=0.2, high=0.8)


def wide(function: Any, p: Any) -> Any:
    """Of 5 trials; in float32 SciPy warns, as if 5 were no whole number."""
    return function(2.0, 5, p.astype("float64")).astype(p.dtype)


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.special.chdtr": [(lambda x: sp.chdtr(3.0, x), POSITIVE)],
    "scipy.special.chdtrc": [(lambda x: sp.chdtrc(3.0, x), POSITIVE)],
    "scipy.special.chdtri": [(lambda p: sp.chdtri(3.0, p), SHARE)],
    "scipy.special.stdtr": [(lambda x: sp.stdtr(4.0, x), POSITIVE)],
    "scipy.special.stdtrit": [(lambda x: sp.stdtrit(4.0, x), SHARE)],
    "scipy.special.pdtr": [(lambda x: sp.pdtr(2, x), POSITIVE)],
    "scipy.special.pdtrc": [(lambda x: sp.pdtrc(2, x), POSITIVE)],
    "scipy.special.pdtri": [(lambda p: sp.pdtri(2, p), SHARE)],
    "scipy.special.gdtr": [
        (lambda a, x: sp.gdtr(a, 2.0, x), arr(3, low=0.5, high=2), arr(3, low=0.5, high=2))
    ],
    "scipy.special.gdtrc": [
        (lambda a, x: sp.gdtrc(a, 2.0, x), arr(3, low=0.5, high=2), arr(3, low=0.5, high=2))
    ],
    "scipy.special.gdtrix": [(lambda a, p: sp.gdtrix(a, 2.0, p), arr(3, low=0.5, high=2), SHARE)],
    "scipy.special.gdtria": [(lambda p, x: sp.gdtria(p, 2.0, x), SHARE, arr(3, low=0.5, high=2))],
    "scipy.special.bdtr": [(lambda p: wide(sp.bdtr, p), SHARE)],
    "scipy.special.bdtrc": [(lambda p: wide(sp.bdtrc, p), SHARE)],
    "scipy.special.bdtri": [(lambda y: wide(sp.bdtri, y), SHARE)],
    "scipy.special.nbdtr": [(lambda p: sp.nbdtr(2, 5, p), SHARE)],
    "scipy.special.nbdtrc": [(lambda p: sp.nbdtrc(2, 5, p), SHARE)],
    "scipy.special.nbdtri": [(lambda y: sp.nbdtri(2, 5, y), SHARE)],
    "scipy.special.fdtr": [(lambda x: sp.fdtr(3.0, 5.0, x), POSITIVE)],
    "scipy.special.fdtrc": [(lambda x: sp.fdtrc(3.0, 5.0, x), POSITIVE)],
    "scipy.special.fdtri": [(lambda p: sp.fdtri(3.0, 5.0, p), SHARE)],
    "scipy.special.nrdtrimn": [
        (sp.nrdtrimn, arr(2, 3, low=0.1, high=0.9), arr(3, low=0.5, high=2), arr(2, 1)),
        (sp.nrdtrimn, arr(0, low=0.1, high=0.9), arr(low=0.5), arr()),
    ],
    "scipy.special.nrdtrisd": [
        (sp.nrdtrisd, arr(2, 3, low=-2, high=0), arr(3, low=0.6, high=0.9), arr(2, 1, low=1)),
    ],
    "scipy.special.tklmbda": [(lambda x: sp.tklmbda(x, 0.4), arr(3, low=-1.0, high=1.0))],
}
