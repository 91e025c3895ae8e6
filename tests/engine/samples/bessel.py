"""Sample calls of adbench/engine/rules/bessel.py, beside those of the functions without options."""

from typing import Any

from samples.arrays import P, R, arr
from scipy import special as sp

POSITIVE = arr(3, low=0.5, high=3)

ELEMENTWISE: dict[str, tuple[tuple[float, float], ...]] = {
    "scipy.special.j0": (P,),
    "scipy.special.y0": (P,),
    "scipy.special.j1": (P,),
    "scipy.special.y1": (P,),
    "scipy.special.i0": (R,),
    "scipy.special.i1": (R,),
    "scipy.special.i0e": (P,),
    "scipy.special.i1e": (P,),
    "scipy.special.k0": (P,),
    "scipy.special.k1": (P,),
    "scipy.special.k0e": (P,),
    "scipy.special.k1e": (P,),
    "scipy.special.airy": (R,),
}

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.special.jv": [(lambda x: sp.jv(1.5, x), POSITIVE)],
    "scipy.special.yv": [(lambda x: sp.yv(1.5, x), POSITIVE)],
    "scipy.special.yn": [(lambda x: sp.yn(3, x), POSITIVE)],
    "scipy.special.iv": [(lambda x: sp.iv(1.5, x), POSITIVE)],
    "scipy.special.kv": [(lambda x: sp.kv(1.5, x), POSITIVE)],
    "scipy.special.kn": [(lambda x: sp.kn(2, x), POSITIVE)],
    "scipy.special.jve": [(lambda x: sp.jve(1.5, x), POSITIVE)],
    "scipy.special.yve": [(lambda x: sp.yve(1.5, x), POSITIVE)],
    "scipy.special.ive": [(lambda x: sp.ive(1.5, x), POSITIVE)],
    "scipy.special.kve": [(lambda x: sp.kve(1.5, x), POSITIVE)],
    "scipy.special.hankel1": [(lambda x: sp.hankel1(1.5, x), POSITIVE)],
    "scipy.special.hankel2": [(lambda x: sp.hankel2(1.5, x), POSITIVE)],
    "scipy.special.hankel1e": [(lambda x: sp.hankel1e(1.5, x), POSITIVE)],
    "scipy.special.hankel2e": [(lambda x: sp.hankel2e(1.5, x), POSITIVE)],
    "scipy.special.airye": [(lambda x: sp.airye(x), POSITIVE)],
    **{
        f"scipy.special.{function.__name__}": [(function, POSITIVE)]
        for function in (
            sp.ber, sp.bei, sp.ker, sp.kei, sp.berp, sp.beip, sp.kerp, sp.keip,
            sp.itj0y0, sp.iti0k0, sp.it2j0y0, sp.it2i0k0,
            sp.itstruve0, sp.it2struve0, sp.itmodstruve0,
        )
    },
    "scipy.special.struve": [(lambda x: sp.struve(1.5, x), POSITIVE)],
    "scipy.special.modstruve": [(lambda x: sp.modstruve(0.5, x), POSITIVE)],
    "scipy.special.pbdv": [(lambda x: sp.pbdv(1.5, x), POSITIVE)],
    "scipy.special.pbvv": [(lambda x: sp.pbvv(1.5, x), POSITIVE)],
    "scipy.special.pbwa": [(lambda x: sp.pbwa(1.5, x), POSITIVE)],
    "scipy.special.wright_bessel": [(lambda x: sp.wright_bessel(0.7, 1.2, x), POSITIVE)],
    "scipy.special.log_wright_bessel": [(lambda x: sp.log_wright_bessel(0.7, 1.2, x), POSITIVE)],
}  # fmt: skip

COMPLEX = {
    "scipy.special.airy", "scipy.special.hankel1", "scipy.special.hankel1e",
    "scipy.special.hankel2", "scipy.special.hankel2e", "scipy.special.iv", "scipy.special.jv",
    "scipy.special.kv", "scipy.special.kve", "scipy.special.yv",
}  # fmt: skip
