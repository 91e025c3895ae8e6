"""Whether two modes of one backend give the same gradient: fingerprints, and how near they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adbench.backends import to_numpy

_ELEMENTS, _PROJECTIONS = 200, 8
_ROUNDING = 1e3
"""Two orders of the same additions differ by a few roundings of the leaf's size."""


def fingerprint(result: Sequence[Any]) -> tuple[float, ...]:
    """For each array its Euclidean norm, elements spread over it, and its dot products with seeded
    vectors of random signs; a missing array (no path to that input) counts as a zero.

    Complex numbers are read as pairs of real ones.
    """
    found: list[float] = []
    for leaf in result:
        values = np.zeros(1) if leaf is None else _real(to_numpy(leaf))
        found.append(float(np.linalg.norm(values)))
        places = np.unique(np.linspace(0, values.size - 1, _ELEMENTS).astype(int))
        found += values[places].tolist() if values.size else []
        signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(_PROJECTIONS, values.size))
        found += (signs @ values).tolist()
    return tuple(found)


def alike(one: Sequence[float], other: Sequence[float], rtol: float, eps: float) -> bool:
    """Whether two fingerprints are of the same numbers, each to within `rtol` of itself and a few
    roundings (`eps`) of the largest."""
    a, b = np.asarray(one), np.asarray(other)
    if a.shape != b.shape:
        return False
    scale = float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0))
    return np.allclose(a, b, rtol=rtol, atol=_ROUNDING * eps * scale, equal_nan=True)


def _real(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.dtype.kind == "c":
        flat = flat.view(flat.real.dtype)
    return flat.astype(np.float64)
