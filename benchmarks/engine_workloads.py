"""The workloads of the engine's benchmark: scalar functions in an array namespace `xp`.

Each is `name: Workload(function, inputs, dtype, active)`: the function takes `xp` and the
inputs, and is differentiated by the first `active` of them. The last three are those of the
classic suite, which find their namespace themselves.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SUITE = Path(__file__).parents[1] / "suites" / "adbench_classic"


class Workload(NamedTuple):
    """A function f(xp, *inputs), its inputs, and how many of them it is differentiated by."""

    function: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    active: int
    needs: tuple[str, ...] = ()
    """The files of the classic suite that it uses."""


def chain(operations: int) -> Workload:
    """`operations` operations on eight numbers: with a scalar, elementwise, with an array."""

    def f(xp: Any, x: Any) -> Any:
        y = x
        for i in range(operations // 4):
            y = y * 1.01
            y = y + 0.1
            y = xp.sin(y) if i % 2 else xp.tanh(y)
            y = y * x
        return xp.sum(y)

    return Workload(f, (np.linspace(0.5, 1.5, 8),), 1)


def rosenbrock(n: int) -> Workload:
    """Rosenbrock's function of n numbers."""

    def f(xp: Any, x: Any) -> Any:
        return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return Workload(f, (np.linspace(-1.0, 1.0, n),), 1)


def mixture(n: int, d: int, k: int) -> Workload:
    """The log likelihood of a Gaussian mixture: n points, d dimensions, k components."""

    def f(xp: Any, alpha: Any, mu: Any, q: Any, lower: Any, x: Any) -> Any:
        centred = x[None, :, :] - mu[:, None, :]
        scaled = xp.exp(q)[:, None, :] * centred + centred @ lower
        terms = alpha[:, None] + xp.sum(q, -1)[:, None] - 0.5 * xp.sum(scaled**2, -1)
        top = xp.max(terms, 0)
        mixed = xp.log(xp.sum(xp.exp(terms - top), 0)) + top
        peak = xp.max(alpha)
        normaliser = xp.log(xp.sum(xp.exp(alpha - peak))) + peak
        prior = xp.sum(xp.exp(2.0 * q)) + xp.sum(lower**2)
        return xp.sum(mixed) - n * normaliser - 0.5 * prior - n * d / 2 * math.log(2 * math.pi)

    rng = np.random.default_rng(0)
    lower = np.swapaxes(np.tril(rng.normal(size=(k, d, d)), -1), -1, -2)
    shapes = (rng.normal(size=k), rng.uniform(size=(k, d)), rng.normal(size=(k, d)) * 0.3)
    return Workload(f, (*shapes, np.ascontiguousarray(lower), rng.normal(size=(n, d))), 4)


def perceptron(width: int, batch: int, dtype: str) -> Workload:
    """Three layers of tanh and a squared loss."""

    def f(xp: Any, a: Any, b: Any, c: Any, x: Any, y: Any) -> Any:
        h = xp.tanh(x @ a)
        h = xp.tanh(h @ b)
        return xp.mean((h @ c - y) ** 2)

    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(width, width)) / math.sqrt(width) for _ in range(3)]
    data = [rng.normal(size=(batch, width)) for _ in range(2)]
    return Workload(f, tuple(a.astype(dtype) for a in (*weights, *data)), 3)


def products(count: int, n: int, power: int = 1) -> Workload:
    """`count` matrix products, and the sum of the last one's elements to some power."""

    def f(xp: Any, x: Any, w: Any) -> Any:
        y = x
        for _ in range(count):
            y = y @ w
        return xp.sum(y if power == 1 else y**power)

    rng = np.random.default_rng(0)
    w = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return Workload(f, (rng.normal(size=(n, n)), w), 2)


def classic(file: str) -> Any:
    """A module of the classic suite, loaded once."""
    name = f"adbench_classic_{file}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SUITE / f"{file}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def adjustment(cameras: int, points: int, observations: int) -> Workload:
    """BA: half the squared residuals."""

    def f(xp: Any, r: Any, c: Any, focal: Any, pp: Any, k: Any, p: Any, w: Any, seen: Any) -> Any:
        camera = {"rotation": r, "center": c, "focal": focal, "principal_point": pp}
        camera["distortion"] = k
        errors, weights = classic("ba").residuals(camera, p, w, seen)
        return 0.5 * (xp.sum(errors**2) + xp.sum(weights**2))

    rng = np.random.default_rng(0)
    n, m, o = cameras, points, observations
    inputs = (
        rng.normal(size=(n, 3)) * 0.1,
        rng.normal(size=(n, 3)) * 0.2,
        rng.uniform(0.8, 1.2, n),
        rng.normal(size=(n, 2)) * 0.1,
        rng.normal(size=(n, 2)) * 0.05,
        rng.uniform(2, 4, (m, 3)),
        rng.uniform(0.5, 1.5, o),
        rng.uniform(size=(o, 2)),
    )
    return Workload(f, inputs, 7, ("ba",))


def hand(vertices: int, correspondences: int) -> Workload:
    """HAND, simple: half the squared residuals."""

    def f(xp: Any, theta: Any) -> Any:
        errors = classic("hand").simple(theta, vertices=vertices, correspondences=correspondences)
        return 0.5 * xp.sum(errors**2)

    return Workload(f, (np.random.default_rng(0).normal(size=26) * 0.2,), 1, ("hand",))


def lstm(layers: int, bits: int, characters: int) -> Workload:
    """LSTM: the mean log loss of the next character."""

    def f(xp: Any, main: Any, extra: Any, state: Any, sequence: Any) -> Any:
        return classic("dlstm").loss(main, extra, state, sequence)

    rng = np.random.default_rng(0)
    inputs = (
        rng.uniform(size=(2 * layers, 4 * bits)),
        rng.uniform(size=(3, bits)),
        rng.normal(size=(2 * layers, bits)),
        (rng.uniform(size=(characters, bits)) > 0.5).astype(float),
    )
    return Workload(f, inputs, 2, ("dlstm",))


WORKLOADS: dict[str, Workload] = {
    "chain of 1,000 operations": chain(1000),
    "Rosenbrock, 1,000 inputs": rosenbrock(1000),
    "GMM n=1000 d=10 k=25": mixture(1000, 10, 25),
    "MLP 512×3, batch 256, float64": perceptron(512, 256, "float64"),
    "MLP 512×3, batch 256, float32": perceptron(512, 256, "float32"),
    "50 matmuls of 100×100": products(50, 100),
    "50 matmuls, sum of squares": products(50, 100, 2),
    "BA n=10 m=100 p=400": adjustment(10, 100, 400),
    "HAND 544 vertices": hand(544, 100),
    "LSTM 2 layers, 14 bits, 6 characters": lstm(2, 14, 6),
}
CHAINS = (100, 1000, 10000)
"""Lengths of the chains whose compile time is measured."""
