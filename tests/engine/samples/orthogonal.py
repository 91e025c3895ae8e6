"""Sample calls of adbench/engine/rules/orthogonal.py."""

from typing import Any

from samples.arrays import arr
from scipy import special as sp

X = arr(3, low=0.2, high=0.8)

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.special.eval_jacobi": [(lambda x: sp.eval_jacobi(3, 0.5, 1.5, x), X)],
    "scipy.special.eval_gegenbauer": [(lambda x: sp.eval_gegenbauer(3, 0.5, x), X)],
    "scipy.special.eval_legendre": [(lambda x: sp.eval_legendre(4, x), X)],
    "scipy.special.eval_chebyt": [(lambda x: sp.eval_chebyt(4, x), X)],
    "scipy.special.eval_chebyu": [(lambda x: sp.eval_chebyu(4, x), X)],
    "scipy.special.eval_chebyc": [(lambda x: sp.eval_chebyc(4, x), X)],
    "scipy.special.eval_chebys": [(lambda x: sp.eval_chebys(4, x), X)],
    "scipy.special.eval_hermite": [(lambda x: sp.eval_hermite(4, x), X)],
    "scipy.special.eval_hermitenorm": [(lambda x: sp.eval_hermitenorm(4, x), X)],
    "scipy.special.eval_laguerre": [(lambda x: sp.eval_laguerre(4, x), X)],
    "scipy.special.eval_genlaguerre": [(lambda x: sp.eval_genlaguerre(4, 0.5, x), X)],
    "scipy.special.eval_sh_legendre": [(lambda x: sp.eval_sh_legendre(4, x), X)],
    "scipy.special.eval_sh_chebyt": [(lambda x: sp.eval_sh_chebyt(4, x), X)],
    "scipy.special.eval_sh_chebyu": [(lambda x: sp.eval_sh_chebyu(4, x), X)],
    "scipy.special.eval_sh_jacobi": [(lambda x: sp.eval_sh_jacobi(3, 2.5, 1.5, x), X)],
}
