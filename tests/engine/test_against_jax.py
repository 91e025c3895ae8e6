"""The sample calls of the conformance test, differentiated by JAX as well.

A sample is a function of NumPy calls; here its `np` is jax.numpy and its `sp` jax.scipy.special.
"""

import importlib.util
import types
import zlib
from pathlib import Path

import numpy as np
import pytest

from adbench.engine import vjp

jax = pytest.importorskip("jax")
pytestmark = [pytest.mark.jax, pytest.mark.slow]


def load(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


samples = load("samples")
conformance = load("test_conformance")

FAMILIES = ("fft.", "linalg.", "scipy.special.")
OTHERS = {
    "add",
    "cumprod",
    "cumsum",
    "prod",
    "max",
    "mean",
    "var",
    "std",
    "matmul",
    "einsum",
    "tensordot",
    "convolve",
    "kron",
    "cross",
    "power",
    "logaddexp",
    "arctan2",
    "sort",
    "quantile",
    "sinc",
    "where",
    "clip",
    "getitem",
    "concatenate",
    "pad",
    "diff",
    "gradient",
}

ABSENT = {
    "linalg.cholesky": "JAX symmetrises its argument; NumPy reads one triangle",
    "linalg.eigh": "JAX symmetrises its argument; NumPy reads one triangle",
    "linalg.eigvalsh": "JAX symmetrises its argument; NumPy reads one triangle",
    "linalg.eig": "JAX has no derivative of general eigenvectors",
    "linalg.eigvals": "JAX orders the eigenvalues differently",
    "scipy.special.spence": "JAX's derivative is NaN here (0.10.2)",
}
"""Names that cannot be compared, with the reason."""


def in_jax(function):
    """A sample function with JAX's modules in place of NumPy's and SciPy's."""
    if not isinstance(function, types.FunctionType):
        name = {"psi": "digamma"}.get(function.__name__, function.__name__)
        return getattr(jax.numpy, name, None) or getattr(jax.scipy.special, name)
    space = {**function.__globals__, "np": jax.numpy, "sp": jax.scipy.special}
    for helper in ("thin_svd", "projectors", "unit_phase"):
        original = function.__globals__.get(helper)
        if original is not None:
            space[helper] = types.FunctionType(original.__code__, space)
    return types.FunctionType(
        function.__code__, space, function.__name__, function.__defaults__, function.__closure__
    )


def comparable(name):
    if name in ABSENT:
        return False
    if name.startswith("scipy.special."):
        return hasattr(jax.scipy.special, name.removeprefix("scipy.special."))
    return name.startswith(FAMILIES) or name in OTHERS


NAMES = [name for name in conformance.REGISTRY if comparable(name)]


@pytest.fixture(scope="module", autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", NAMES)
def test_vjp_agrees(name):
    function, *specs = conformance.calls_of(name)[0]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    arrays = [conformance.draw(rng, spec, "float64") for spec in specs]

    def theirs(*args):
        leaves = jax.tree.leaves(in_jax(function)(*args))
        return [leaf for leaf in leaves if leaf.dtype.kind in "fc"]

    value, pullback = jax.vjp(theirs, *map(jax.numpy.asarray, arrays))
    ours, our_pullback = vjp(conformance.floats(function), *arrays)
    conformance.close([np.asarray(v) for v in value], ours, rtol=1e-9)
    cotangents = [conformance.noise(rng, np.asarray(v)) for v in ours]
    expected = pullback([jax.numpy.asarray(c) for c in cotangents])
    conformance.close(our_pullback(cotangents), [np.asarray(e) for e in expected], rtol=1e-9)
