"""What the conformance tests share: the registry's sample calls, and how derivatives are compared.

Numeric derivatives and their error bounds come from adbench.numeric, which knows no AD.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from samples import table
from samples.arrays import Arr
from scipy import special as sp

from adbench.engine import jvp, vjp
from adbench.engine.coverage import load
from adbench.engine.operation import ZERO
from adbench.engine.primitive import DERIVED, PRIMITIVES
from adbench.numeric.derivative import derivatives

load()

REGISTRY = sorted({*PRIMITIVES, *DERIVED})
SHAPES = [((2, 3), (3,)), ((), (2,)), ((2, 1), (1, 3)), ((0, 3), (1,)), ((3,), ())]
"""Broadcasting, scalars and arrays without elements, for elementwise functions."""

NEAR = 0.05
"""How far, times a random direction, numeric derivatives look: samples lie within domains."""
TIGHT = 1e-9
"""Allowed beyond the error bound, relative to the values' scale."""
VAGUE = 1e-6
"""A relative error bound from which a sample tests nothing, and has to be changed."""

Outputs = list[Any]


def function_of(name: str) -> Any:
    if name in table.FUNCTIONS:
        return table.FUNCTIONS[name]
    found: Any = sp if name.startswith("scipy.special.") else np
    for part in name.removeprefix("scipy.special.").split("."):
        found = getattr(found, part)
    return found


def calls_of(name: str) -> list[tuple[Any, ...]]:
    """(function, arrays to draw) for each sample call of a registry entry."""
    calls = []
    if name in table.ELEMENTWISE:
        intervals = table.ELEMENTWISE[name]
        for shapes in SHAPES:
            arrays = [Arr(s, *i) for s, i in zip(shapes, intervals, strict=False)]
            calls.append((function_of(name), *arrays))
    return calls + table.CALLS.get(name, [])


def dtypes_of(name: str) -> list[str]:
    return ["float64", *(["complex128"] if name in table.COMPLEX else [])]


def every_call() -> list[tuple[str, int]]:
    return [(name, i) for name in REGISTRY for i, _ in enumerate(calls_of(name))]


def active(name: str, call: tuple[Any, ...]) -> list[int]:
    """The arguments of a sample call in which it is not declared piecewise constant."""
    count = len(call) - 1
    rules = PRIMITIVES[name].rules if name in PRIMITIVES else ()
    if len(rules) != count:  # a sample that gives some arguments by itself
        rules = (None,) * count
    return [k for k, rule in enumerate(rules) if rule is not ZERO]


def random_for(*parts: Any) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("".join(map(str, parts)).encode()))


def draw(rng: np.random.Generator, spec: Arr, dtype: str) -> Any:
    shape = spec.shape
    if spec.kind == "uniform":
        x = rng.uniform(spec.low, spec.high, shape)
        if np.dtype(dtype).kind == "c":
            x = x + 1j * rng.uniform(-0.7, 0.7, shape)
        return np.asarray(x).astype(dtype)
    n = shape[-1]
    x = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=shape)
    if spec.kind == "regular":
        return (x + 2 * n * np.diag(np.arange(1, n + 1))).astype(dtype)
    x = x @ np.conj(np.swapaxes(x, -1, -2))
    return (x / 2 + np.diag(np.arange(1.0, n + 1))).astype(dtype)


def noise(rng: np.random.Generator, like: Any) -> Any:
    v = rng.normal(size=like.shape)
    if like.dtype.kind == "c":
        v = v + 1j * rng.normal(size=like.shape)
    return v.astype(like.dtype)[()] if like.shape == () else v.astype(like.dtype)


def floats(function: Callable[..., Any]) -> Callable[..., Outputs]:
    """A function's floating-point results, as a list."""

    def call(*args: Any) -> Outputs:
        value = function(*args)
        items = value if isinstance(value, list | tuple) else [value]
        arrays = [v if hasattr(v, "dtype") else np.asarray(v)[()] for v in items]
        return [v for v in arrays if v.dtype.kind in "fc"]

    return call


def plain(values: Outputs) -> Outputs:
    return [np.asarray(v) for v in values]


def close(actual: Any, expected: Any, rtol: float) -> None:
    """Equal up to rounding, relative to the largest number among them."""
    scale = max(1.0, *(np.max(np.abs(e), initial=0) for e in expected)) if expected else 1.0
    for a, e in zip(actual, expected, strict=True):
        assert np.shape(a) == np.shape(e)
        np.testing.assert_allclose(a, e, rtol=rtol, atol=rtol * scale)


def pair(a: Any, b: Any) -> float:
    """Re Σ aᵢbᵢ over lists of arrays: how a complex cotangent is read."""
    return float(
        sum(np.sum(np.real(np.asarray(x) * np.asarray(y))) for x, y in zip(a, b, strict=True))
    )


# Numeric derivatives.


def as_reals(values: Outputs, sign: float = 1.0) -> Any:
    """Arrays as one real vector: their real parts, then their imaginary parts times `sign`."""
    flat = np.concatenate([np.ravel(v) for v in values]) if values else np.zeros(0)
    return np.concatenate([np.real(flat), sign * np.imag(flat)])


def assert_slope(
    f: Callable[[Any], Outputs], x: Any, v: Any, weights: list[Outputs], slopes: list[float]
) -> None:
    """d/dt ⟨w, f(x + t·v)⟩ is each of `slopes`, up to the numeric derivative's error bound."""
    size = np.size(x)

    def rows(points: Any) -> Any:
        made = [(p[:size] + 1j * p[size:] if x.dtype.kind == "c" else p[:size]) for p in points]
        return np.stack([as_reals(plain(f(m.reshape(x.shape)[()]))) for m in made])

    start = as_reals([x])
    origin = as_reals(plain(f(x)))
    if not size or not origin.size:
        assert slopes == [0.0] * len(slopes)
        return
    matrix = np.stack([as_reals(w, -1.0) for w in weights])
    found = derivatives(rows, start, origin, NEAR * as_reals([v])[None], matrix, 2.0**-53).best
    numeric, bound = found.value[0] / NEAR, found.bound[0] / NEAR
    scale = max(1.0, float(np.max(np.abs(numeric), initial=0)))
    assert np.all(bound <= VAGUE * scale), f"the sample is no test: {numeric} ± {bound}"
    for slope, value, width in zip(slopes, numeric, bound, strict=True):
        assert abs(slope - value) <= 2 * width + TIGHT * scale, f"{slope}, not {value} ± {width}"


def assert_derivatives(f: Callable[[Any], Outputs], x: Any, rng: np.random.Generator) -> None:
    """The value, VJP, JVP and second-order VJP of a function of one array."""
    v = noise(rng, x)
    value, pullback = vjp(f, x)
    close(value, plain(f(x)), rtol=1e-12)
    cotangents = [[noise(rng, np.asarray(p)) for p in value] for _ in range(3)]
    (gradient,) = pullback(cotangents[0])
    assert gradient.shape == x.shape
    assert gradient.dtype == x.dtype
    _, tangent = jvp(f, (x,), (v,))
    assert [t.dtype for t in tangent] == [p.dtype for p in value]
    assert_slope(f, x, v, cotangents, [pair(c, tangent) for c in cotangents])
    close([pair([gradient], [v])], [pair(cotangents[0], tangent)], rtol=1e-10)

    def first(x: Any) -> Outputs:
        return [vjp(f, x)[1](cotangents[0])[0]]

    _, second = vjp(first, x)
    weight = [noise(rng, x)]
    assert_slope(first, x, v, [weight], [pair(second(weight)[:1], [v])])
