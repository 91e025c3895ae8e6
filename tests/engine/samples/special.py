"""Sample calls of adbench/engine/rules/special.py."""

from typing import Any

import numpy as np
from samples.arrays import P, R, U, arr
from scipy import special as sp

ELEMENTWISE: dict[str, tuple[tuple[float, float], ...]] = {
    "scipy.special.gammaln": (P,),
    "scipy.special.loggamma": (P,),
    "scipy.special.gamma": (P,),
    "scipy.special.rgamma": (P,),
    "scipy.special.digamma": (P,),
    "scipy.special.beta": (P, P),
    "scipy.special.betaln": (P, P),
    "scipy.special.poch": (P, P),
    "scipy.special.binom": ((3.1, 4.9), (1.1, 1.9)),
    "scipy.special.erf": (R,),
    "scipy.special.erfc": (R,),
    "scipy.special.erfcx": (R,),
    "scipy.special.erfi": (R,),
    "scipy.special.erfinv": ((-0.8, 0.8),),
    "scipy.special.erfcinv": ((0.2, 1.8),),
    "scipy.special.dawsn": (R,),
    "scipy.special.ndtr": (R,),
    "scipy.special.log_ndtr": (R,),
    "scipy.special.ndtri": (U,),
    "scipy.special.expit": (R,),
    "scipy.special.logit": (U,),
    "scipy.special.log_expit": (R,),
    "scipy.special.xlogy": (P, P),
    "scipy.special.xlog1py": (P, P),
    "scipy.special.entr": (P,),
    "scipy.special.rel_entr": (P, P),
    "scipy.special.kl_div": (P, P),
    "scipy.special.huber": ((0.3, 0.9), (1.1, 3.0)),
    "scipy.special.pseudo_huber": (P, R),
    "scipy.special.boxcox": (P, P),
    "scipy.special.exp1": (P,),
    "scipy.special.expi": (P,),
    "scipy.special.spence": (P,),
    "scipy.special.ellipk": (U,),
    "scipy.special.ellipe": (U,),
    "scipy.special.cosm1": (R,),
    "scipy.special.exp10": (R,),
    "scipy.special.sindg": (R,),
    "scipy.special.cosdg": (R,),
    "scipy.special.cbrt": (P,),
    "scipy.special.exp2": (R,),
    "scipy.special.expm1": (R,),
    "scipy.special.log1p": (P,),
    "scipy.special.tandg": (R,),
    "scipy.special.cotdg": (P,),
    "scipy.special.boxcox1p": (P, P),
    "scipy.special.inv_boxcox": (P, P),
    "scipy.special.powm1": (P, R),
    "scipy.special.owens_t": (P, P),
    "scipy.special.ellipkinc": (U, U),
    "scipy.special.ellipeinc": (U, U),
    "scipy.special.ellipkm1": (U,),
    "scipy.special.wrightomega": (R,),
    "scipy.special.fresnel": (P,),
    "scipy.special.exprel": (R,),
    "scipy.special.ndtri_exp": ((-3.0, -0.2),),
    "scipy.special.inv_boxcox1p": (P, P),
    "scipy.special.wofz": (R,),
    "scipy.special.modfresnelp": (U,),
    "scipy.special.modfresnelm": (U,),
    "scipy.special.sici": (P,),
    "scipy.special.shichi": (P,),
}

FUNCTIONS: dict[str, Any] = {
    "scipy.special.digamma": sp.digamma,
}

"""How an elementwise function is called, where not by its name."""

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.special.zeta": [(lambda q: sp.zeta(2.5, q), arr(3, low=0.5, high=3))],
    "scipy.special.expn": [(lambda x: sp.expn(3, x), arr(3, low=0.5, high=3))],
    "scipy.special.hyp0f1": [(lambda x: sp.hyp0f1(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.hyp1f1": [(lambda x: sp.hyp1f1(0.5, 1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.hyp2f1": [(lambda x: sp.hyp2f1(0.5, 1.2, 1.5, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.hyperu": [(lambda x: sp.hyperu(0.5, 1.2, x), arr(3, low=0.5, high=3))],
    "scipy.special.voigt_profile": [
        (sp.voigt_profile, arr(2, 3), arr(3, low=0.5), arr(2, 1, low=0.5)),
        (sp.voigt_profile, arr(0), arr(low=0.5), arr(low=0.5)),
    ],
    "scipy.special.radian": [(sp.radian, arr(2, 3), arr(3), arr())],
    "scipy.special.lambertw": [(lambda z: sp.lambertw(z), arr(3, low=0.3, high=3))],
    "scipy.special.ellipj": [(lambda u: sp.ellipj(u, 0.4), arr(3))],
    "i0": [(lambda x: np.i0(x), arr(3))],
}

COMPLEX = {
    "scipy.special.erf",
    "scipy.special.erfc",
    "scipy.special.erfi",
    "scipy.special.lambertw",
    "scipy.special.wofz",
}
