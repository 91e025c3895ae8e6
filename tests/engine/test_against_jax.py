"""The conformance samples, differentiated by JAX as well: one of each function that JAX has."""

import jax
import jax.scipy.stats
import numpy as np
import pytest
from conformance import REGISTRY, calls_of, close, draw, floats, noise, random_for
from peers import rebound

from adbench.engine import coverage, vjp

pytestmark = [pytest.mark.jax, pytest.mark.slow]

TRIANGLE = "JAX symmetrises its argument; NumPy reads one triangle"
IMMUTABLE = "writes into its argument, which JAX does not allow"
NO_DERIVATIVE = "JAX has no derivative of it"
OTHER_VALUES = "JAX gives something else than NumPy"
FAILS = "JAX's derivative fails on a float0 array of its own (0.10.2)"
NOT_IN_SHAPES = "JAX has no derivative of it in a and b (0.10.2)"
UNMOVED = "JAX has no location and scale of it"
ABSENT = {
    "add.at": IMMUTABLE,
    "fill_diagonal": IMMUTABLE,
    "linalg.cholesky": TRIANGLE,
    "linalg.eig": NO_DERIVATIVE,
    "linalg.eigh": TRIANGLE,
    "linalg.eigvals": "JAX orders the eigenvalues differently",
    "linalg.eigvalsh": TRIANGLE,
    "nextafter": NO_DERIVATIVE,
    "place": IMMUTABLE,
    "polydiv": OTHER_VALUES,
    "put": IMMUTABLE,
    "put_along_axis": IMMUTABLE,
    "scipy.special.betainc": NOT_IN_SHAPES,
    "scipy.special.spence": "JAX's derivative is NaN here (0.10.2)",
    "scipy.linalg.cho_factor": TRIANGLE,
    "scipy.linalg.cholesky": TRIANGLE,
    "scipy.linalg.eigh": TRIANGLE,
    "scipy.linalg.polar": NO_DERIVATIVE,
    "scipy.linalg.solve_sylvester": NO_DERIVATIVE,
    "scipy.linalg.sqrtm": NO_DERIVATIVE,
    "scipy.stats.beta.cdf": NOT_IN_SHAPES,
    "scipy.stats.gennorm.logpdf": UNMOVED,
    "scipy.stats.gumbel_l.logpdf": FAILS,
    "scipy.stats.gumbel_r.logpdf": FAILS,
    "scipy.stats.multivariate_normal.logpdf": TRIANGLE,
    "scipy.stats.vonmises.logpdf": UNMOVED,
    "subtract.at": IMMUTABLE,
    "unique": NO_DERIVATIVE,
    "unique_all": NO_DERIVATIVE,
    "unique_counts": NO_DERIVATIVE,
    "unique_inverse": NO_DERIVATIVE,
    "unique_values": NO_DERIVATIVE,
}
"""Functions that JAX has and that cannot be compared, with the reason."""

ARRAYS = {"interp", "percentile", "polyint", "nanquantile"}
"""Functions whose first sample hands on a list, which JAX does not take."""

SAME_FORMULAS = (".pdf", ".pmf", ".sf", ".logcdf", ".logsf", ".ppf")
"""What follows from a distribution's log-density and `cdf`; each takes JAX a while."""

NAMES = [
    name
    for name in REGISTRY
    if coverage.jax_has(name) and name not in ABSENT and not name.endswith(SAME_FORMULAS)
]


class Numpy:
    """jax.numpy, with lists of numbers taken for arrays."""

    def __getattr__(self, name):
        found = getattr(jax.numpy, name)
        return taking_lists(found) if name in ARRAYS else found


def taking_lists(function):
    def call(*args, **kwargs):
        return function(*(np.asarray(a) if type(a) is list else a for a in args), **kwargs)

    return call


@pytest.fixture(scope="module", autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


def test_what_is_absent_is_something_that_jax_has():
    assert [name for name in ABSENT if not coverage.jax_has(name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_vjp_agrees(name):
    function, *specs = calls_of(name)[0]
    rng = random_for(name)
    arrays = [draw(rng, spec, "float64") for spec in specs]
    theirs = rebound(function, Numpy(), jax.scipy.special, jax.scipy)

    def floating(*args):
        return [leaf for leaf in jax.tree.leaves(theirs(*args)) if leaf.dtype.kind in "fc"]

    value, pullback = jax.vjp(floating, *map(jax.numpy.asarray, arrays))
    ours, our_pullback = vjp(floats(function), *arrays)
    close([np.asarray(v) for v in value], ours, rtol=1e-9)
    cotangents = [noise(rng, np.asarray(v)) for v in ours]
    expected = pullback([jax.numpy.asarray(c) for c in cotangents])
    close(our_pullback(cotangents), [np.asarray(e) for e in expected], rtol=1e-9)
