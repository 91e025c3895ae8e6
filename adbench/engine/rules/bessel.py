"""Rules of Bessel functions and their relatives in their argument. Numbers cite DLMF."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import _ufuncs as sp

from adbench.engine.errors import DifferentiationError
from adbench.engine.primitive import define
from adbench.engine.rules.special import part

ROOT_PI = math.sqrt(math.pi)


def real(x: Any, name: str) -> Any:
    """x, where a scaling by an absolute value has no complex derivative."""
    if x.dtype.kind == "c":
        raise DifferentiationError(
            f"scipy.special.{name}",
            "has a complex argument, in which it is not holomorphic",
            f"scipy.special.{name.removesuffix('e')}",
        )
    return x


# Bessel functions in their argument (DLMF 10.6, 10.29).
define(sp.j0, x=lambda g, x: -g * sp.j1(x))
define(sp.y0, x=lambda g, x: -g * sp.y1(x))
define(sp.j1, x=lambda g, x: g * (sp.j0(x) - sp.jv(2, x)) / 2)
define(sp.y1, x=lambda g, x: g * (sp.y0(x) - sp.yv(2, x)) / 2)
define(sp.jv, v=None, x=lambda g, v, x: g * (sp.jv(v - 1, x) - sp.jv(v + 1, x)) / 2)
define(sp.yv, v=None, x=lambda g, v, x: g * (sp.yv(v - 1, x) - sp.yv(v + 1, x)) / 2)
define(sp.yn, n=None, x=lambda g, n, x: g * (sp.yv(n - 1, x) - sp.yv(n + 1, x)) / 2)
define(sp.iv, v=None, x=lambda g, v, x: g * (sp.iv(v - 1, x) + sp.iv(v + 1, x)) / 2)
define(sp.kv, v=None, x=lambda g, v, x: -g * (sp.kv(v - 1, x) + sp.kv(v + 1, x)) / 2)
define(
    sp.ive,
    v=None,
    x=lambda g, v, x, out: (
        g * ((sp.ive(v - 1, x) + sp.ive(v + 1, x)) / 2 - np.sign(real(x, "ive")) * out)
    ),
)
define(
    sp.kve,
    v=None,
    x=lambda g, v, x, out: g * (out - (sp.kve(v - 1, x) + sp.kve(v + 1, x)) / 2),
)
define(sp.i0, x=lambda g, x: g * sp.i1(x))
define(sp.i1, x=lambda g, x: g * (sp.i0(x) + sp.iv(2, x)) / 2)
define(sp.i0e, x=lambda g, x, out: g * (sp.i1e(x) - np.sign(x) * out))
define(sp.i1e, x=lambda g, x, out: g * ((sp.i0e(x) + sp.ive(2, x)) / 2 - np.sign(x) * out))
define(sp.k0, x=lambda g, x: -g * sp.k1(x))
define(sp.k1, x=lambda g, x: -g * (sp.k0(x) + sp.kv(2, x)) / 2)
define(sp.k0e, x=lambda g, x, out: g * (out - sp.k1e(x)))
define(sp.k1e, x=lambda g, x, out: g * (out - (sp.k0e(x) + sp.kve(2, x)) / 2))

# Scaled and modified Bessel and Hankel functions (DLMF 10.6).
define(sp.kn, n=None, x=lambda g, n, x: -g * (sp.kn(n - 1, x) + sp.kn(n + 1, x)) / 2)
define(
    sp.hankel1,
    v=None,
    z=lambda g, v, z: g * (sp.hankel1(v - 1, z) - sp.hankel1(v + 1, z)) / 2,
)
define(
    sp.hankel2,
    v=None,
    z=lambda g, v, z: g * (sp.hankel2(v - 1, z) - sp.hankel2(v + 1, z)) / 2,
)

define(
    sp.jve,
    v=None,
    z=lambda g, v, z: g * (sp.jve(v - 1, real(z, "jve")) - sp.jve(v + 1, z)) / 2,
)
define(
    sp.yve,
    v=None,
    z=lambda g, v, z: g * (sp.yve(v - 1, real(z, "yve")) - sp.yve(v + 1, z)) / 2,
)
define(
    sp.hankel1e,
    v=None,
    z=lambda g, v, z, out: g * ((sp.hankel1e(v - 1, z) - sp.hankel1e(v + 1, z)) / 2 - 1j * out),
)
define(
    sp.hankel2e,
    v=None,
    z=lambda g, v, z, out: g * ((sp.hankel2e(v - 1, z) - sp.hankel2e(v + 1, z)) / 2 + 1j * out),
)

# Airy functions (9.2).
define(
    sp.airy,
    z=lambda g, z, out: (
        part(g, 0) * out[1]
        + part(g, 1) * z * out[0]
        + part(g, 2) * out[3]
        + part(g, 3) * z * out[2]
    ),
)
define(
    sp.airye,
    z=lambda g, z, out: (
        part(g, 0) * (out[1] + np.sqrt(np.maximum(real(z, "airye"), 0)) * out[0])
        + part(g, 1) * (z * out[0] + np.sqrt(np.maximum(z, 0)) * out[1])
        + part(g, 2) * (out[3] - np.sqrt(np.maximum(z, 0)) * out[2])
        + part(g, 3) * (z * out[2] - np.sqrt(np.maximum(z, 0)) * out[3])
    ),
)
# Kelvin functions: w = ber + i·bei and ker + i·kei solve x²w″ + xw′ = ix²w (10.61.3).
define(sp.ber, x=lambda g, x: g * sp.berp(x))
define(sp.bei, x=lambda g, x: g * sp.beip(x))
define(sp.ker, x=lambda g, x: g * sp.kerp(x))
define(sp.kei, x=lambda g, x: g * sp.keip(x))
define(sp.berp, x=lambda g, x, out: -g * (sp.bei(x) + out / x))
define(sp.beip, x=lambda g, x, out: g * (sp.ber(x) - out / x))
define(sp.kerp, x=lambda g, x, out: -g * (sp.kei(x) + out / x))
define(sp.keip, x=lambda g, x, out: g * (sp.ker(x) - out / x))

# Struve functions (11.4.24, 11.4.30).


def struve_term(v: Any, x: Any) -> Any:
    """(x/2)ᵛ / (√π Γ(v + 3/2))."""
    return (x / 2) ** v * sp.rgamma(v + 1.5) / ROOT_PI


define(
    sp.struve,
    v=None,
    x=lambda g, v, x: g * (sp.struve(v - 1, x) - sp.struve(v + 1, x) + struve_term(v, x)) / 2,
)
define(
    sp.modstruve,
    v=None,
    x=lambda g, v, x: g * (sp.modstruve(v - 1, x) + sp.modstruve(v + 1, x) + struve_term(v, x)) / 2,
)

# Integrals of Bessel and Struve functions: the derivative is the integrand.
define(sp.itj0y0, x=lambda g, x: part(g, 0) * sp.j0(x) + part(g, 1) * sp.y0(x))
define(sp.iti0k0, x=lambda g, x: part(g, 0) * sp.i0(x) + part(g, 1) * sp.k0(x))
define(sp.it2j0y0, x=lambda g, x: (part(g, 0) * (1 - sp.j0(x)) - part(g, 1) * sp.y0(x)) / x)
define(sp.it2i0k0, x=lambda g, x: (part(g, 0) * (sp.i0(x) - 1) - part(g, 1) * sp.k0(x)) / x)
define(sp.itstruve0, x=lambda g, x: g * sp.struve(0.0, x))
define(sp.it2struve0, x=lambda g, x: -g * sp.struve(0.0, x) / x)
define(sp.itmodstruve0, x=lambda g, x: g * sp.modstruve(0.0, x))

# Parabolic cylinder and Wright's function (12.2.2; 10.46.1).
define(
    sp.pbdv,
    v=None,
    x=lambda g, v, x, out: part(g, 0) * out[1] + part(g, 1) * (x * x / 4 - v - 0.5) * out[0],
)
define(
    sp.pbvv,
    v=None,
    x=lambda g, v, x, out: part(g, 0) * out[1] + part(g, 1) * (x * x / 4 - v - 0.5) * out[0],
)
define(
    sp.pbwa,
    a=None,
    x=lambda g, a, x, out: part(g, 0) * out[1] + part(g, 1) * (a - x * x / 4) * out[0],
)
define(sp.wright_bessel, a=None, b=None, x=lambda g, a, b, x: g * sp.wright_bessel(a, a + b, x))
define(
    sp.log_wright_bessel,
    a=None,
    b=None,
    x=lambda g, a, b, x, out: g * np.exp(sp.log_wright_bessel(a, a + b, x) - out),
)
