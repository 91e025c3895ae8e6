"""Loading the bundled suites' functions and differentiating them by each library directly."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SUITES = Path(__file__).parents[2] / "suites"


@pytest.fixture(scope="session")
def functions():
    """`functions("control")` is the module suites/control.py."""

    def load(name):
        key = "bundled_" + name.replace("/", "_")
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, SUITES / f"{name}.py")
            sys.modules[key] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[key])
        return sys.modules[key]

    return load


@pytest.fixture(scope="session")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="session")
def jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


@pytest.fixture
def rng():
    return np.random.default_rng(20240917)


@pytest.fixture(scope="session")
def gradients(torch, jax):
    """`gradients(f, *arrays)`: the gradients of a scalar f, equal by torch and by jax."""

    def both(f, *arrays):
        tensors = [torch.tensor(array, dtype=torch.float64, requires_grad=True) for array in arrays]
        by_torch = [g.numpy() for g in torch.autograd.grad(f(*tensors), tensors)]
        arrays = [np.asarray(array, dtype=np.float64) for array in arrays]
        by_jax = jax.jit(jax.grad(f, argnums=tuple(range(len(arrays)))))(*arrays)
        for a, b in zip(by_torch, by_jax, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)
        return by_torch

    return both
