"""Sample calls of adbench/engine/rules/incomplete.py."""

from typing import Any

from samples.arrays import P, U, arr
from scipy import special as sp

from adbench.engine.rules.incomplete import beta_in_shapes, gamma_in_a

ELEMENTWISE: dict[str, tuple[tuple[float, float], ...]] = {
    "scipy.special.gammainc": (P, P),
    "scipy.special.gammaincc": (P, P),
    "scipy.special.gammaincinv": (P, U),
    "scipy.special.gammainccinv": (P, U),
}

SHAPES = arr(2, 1, low=0.5, high=3), arr(3, low=0.5, high=3)

CALLS: dict[str, list[tuple[Any, ...]]] = {
    **{
        f"scipy.special.{name}": [
            (getattr(sp, name), *SHAPES, arr(2, 3, low=0.2, high=0.8)),
            (getattr(sp, name), arr(low=0.5), arr(0, low=0.5), arr(low=0.3, high=0.7)),
        ]
        for name in ("betainc", "betaincc", "betaincinv", "betainccinv")
    },
    "rules.incomplete.gamma_slope": [
        (gamma_in_a, *SHAPES),
        (gamma_in_a, arr(0, low=0.5), arr(low=0.5)),
    ],
    "rules.incomplete.beta_slope": [
        (beta_in_shapes, *SHAPES, arr(2, 3, low=0.2, high=0.8)),
        (lambda a, b, x: beta_in_shapes(a, b, x, (0, 1)), *SHAPES, arr(3, low=0.2, high=0.8)),
    ],
}
