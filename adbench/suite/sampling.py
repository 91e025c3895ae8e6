"""Random and regular arrays from an input's description, each from a stream of its own."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.suite.distributions import DISTRIBUTIONS

Array = NDArray[Any]
Shape = tuple[int, ...]
Draw = Callable[[np.random.Generator, Shape, Mapping[str, float], bool], Array]
"""(stream, shape, parameters, whether complex) -> float64 or complex128 (or integer) array."""


def stream(seed: int, case: str, leaf: str) -> np.random.Generator:
    """The leaf's random stream (PCG64), keyed so that one leaf never moves another's numbers."""
    key = hashlib.sha256(f"{seed}\0{case}\0{leaf}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(key, "little")))


def draw(
    distribution: str,
    shape: Shape,
    parameters: Mapping[str, float],
    dtype: np.dtype[Any],
    generator: np.random.Generator,
) -> Array:
    """An array from a distribution of the table.

    Drawn in float64 (complex128 for a complex dtype, with independent real and imaginary parts)
    and then rounded, so that a case at float32 sees the numbers of the case at float64.
    """
    declared = DISTRIBUTIONS[distribution].parameters
    values = {name: parameters.get(name, known.default) for name, known in declared.items()}
    given = {name: value for name, value in values.items() if value is not None}
    array = _DRAWS[distribution](generator, shape, given, dtype.kind == "c")
    return np.asarray(array).astype(dtype, copy=False)


def complex_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The complex dtype of the same precision (complex64 for float16, which has none)."""
    return np.result_type(dtype, np.complex64)


def _parts(part: Callable[[], Array], complex_: bool) -> Array:
    real = part()
    return real + 1j * part() if complex_ else real


def _normal(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return _parts(lambda: p["mean"] + p["std"] * g.standard_normal(shape), c)


def _uniform(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return _parts(lambda: p["low"] + (p["high"] - p["low"]) * g.random(shape), c)


def _lognormal(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return _parts(lambda: np.exp(p["mean"] + p["std"] * g.standard_normal(shape)), c)


def _integers(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return g.integers(math.ceil(p["low"]), math.ceil(p["high"]), size=shape)


def _bernoulli(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return np.asarray(g.random(shape) < p["p"])


def _signs(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return np.where(g.random(shape) < 0.5, -1.0, 1.0)


def _permutation(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return g.permutation(shape[0])


def _constant(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return np.full(shape, p["value"])


def _linspace(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return np.linspace(p["start"], p["stop"], math.prod(shape)).reshape(shape)


def _arange(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return (p["start"] + p["step"] * np.arange(math.prod(shape))).reshape(shape)


def _eye(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    return np.broadcast_to(np.eye(shape[-2], shape[-1]), shape).copy()


def _orthogonal(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    # Q of a Gaussian matrix is Haar-distributed once R's diagonal is made positive:
    # F. Mezzadri, "How to generate random matrices from the classical compact groups",
    # Notices of the AMS 54 (2007), section 5.
    q, r = np.linalg.qr(_normal(g, shape, {"mean": 0.0, "std": 1.0}, c))
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    return np.asarray(q * (diagonal / np.abs(diagonal))[..., None, :])


def _spd(g: np.random.Generator, shape: Shape, p: Mapping[str, float], c: bool) -> Array:
    q = _orthogonal(g, shape, {}, c)
    eigenvalues = np.logspace(0.0, -math.log10(p["condition"]), shape[-1])
    a = (q * eigenvalues) @ np.conj(np.swapaxes(q, -1, -2))
    return np.asarray((a + np.conj(np.swapaxes(a, -1, -2))) / 2)


_DRAWS: dict[str, Draw] = {
    "normal": _normal,
    "uniform": _uniform,
    "lognormal": _lognormal,
    "integers": _integers,
    "bernoulli": _bernoulli,
    "signs": _signs,
    "permutation": _permutation,
    "zeros": lambda g, shape, p, c: np.zeros(shape),
    "ones": lambda g, shape, p, c: np.ones(shape),
    "constant": _constant,
    "linspace": _linspace,
    "arange": _arange,
    "eye": _eye,
    "spd": _spd,
    "orthogonal": _orthogonal,
}
