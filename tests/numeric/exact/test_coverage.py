"""Every function that exact arrays cover gives what NumPy or SciPy gives at double precision."""

import numpy as np
import pytest
import scipy.special

from adbench.numeric.exact import ExactArray
from adbench.numeric.exact.array import FUNCTIONS
from adbench.numeric.exact.namespace import namespace
from adbench.numeric.exact.numbers import doubles
from adbench.numeric.exact.ufuncs import ELEMENTWISE, PRODUCTS

rng = np.random.default_rng(7)
v = rng.normal(size=5)
w = rng.normal(size=5)
m = rng.normal(size=(3, 4))
n = rng.normal(size=(3, 4))
a = rng.normal(size=(3, 3)) + 2 * np.eye(3)
s = a + a.T
p = a @ a.T + np.eye(3)
b = rng.normal(size=(3, 2))
stack = rng.normal(size=(2, 3, 3)) + 2 * np.eye(3)
z = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
h = z + z.conj().T
u = rng.uniform(0.1, 0.9, size=(2, 3))
g = rng.uniform(1.1, 4.0, size=(2, 3))
c = rng.normal(size=4) + 1j * rng.normal(size=4)
holes = np.array([1.5, np.nan, -2.0, 0.25])
signed = np.array([-2.5, -1.5, -0.5, -0.0, 0.3, 0.5, 1.5, 2.0])

UFUNCS = {
    "add": [(m, n), (m, 2), (m, 1j), (2.5, m), (z, m[:, :3])],
    "subtract": [(m, n), (1, m)],
    "multiply": [(m, n), (z, z)],
    "divide": [(m, n), (z, z), (np.array([1.0, -1.0, 0.0]), np.zeros(3))],
    "floor_divide": [(m, n), (np.array([7.0, -7.0]), 2.0)],
    "remainder": [(m, n), (signed, 2.0), (signed, -2.0)],
    "fmod": [(m, n), (signed, 2.0), (signed, -2.0)],
    "power": [(g, m[:2, :3]), (m, 2), (m, -3), (m, 3.0), (z, 2), (z, 0.5), (2.0, m), (-g, 0.5)],
    "float_power": [(g, m[:2, :3])],
    "negative": [(m,), (z,)],
    "positive": [(m,)],
    "square": [(m,), (z,)],
    "reciprocal": [(m,), (z,)],
    "sqrt": [(g,), (m,), (z,)],
    "cbrt": [(m,)],
    "exp": [(m,), (z,)],
    "exp2": [(m,)],
    "expm1": [(m,), (1e-9 * m,), (4 * m,)],
    "log": [(g,), (m,), (z,)],
    "log2": [(g,)],
    "log10": [(g,)],
    "log1p": [(g,), (1e-9 * m,)],
    "logaddexp": [(m, n), (np.array([-np.inf, 1e4, -np.inf]), np.array([-np.inf, 1e4, 2.0]))],
    "logaddexp2": [(m, n)],
    "sin": [(m,), (z,), (1e6 * m,)],
    "cos": [(m,), (z,)],
    "tan": [(m,)],
    "arcsin": [(u,), (g,)],
    "arccos": [(u,)],
    "arctan": [(m,)],
    "arctan2": [(m, n)],
    "hypot": [(m, n)],
    "sinh": [(m,), (z,)],
    "cosh": [(m,)],
    "tanh": [(m,), (1e5 * m,)],
    "arcsinh": [(m,)],
    "arccosh": [(g,)],
    "arctanh": [(u,), (g,)],
    "deg2rad": [(m,)],
    "radians": [(m,)],
    "rad2deg": [(m,)],
    "degrees": [(m,)],
    "sign": [(m,), (signed,), (z,)],
    "floor": [(m,), (signed,)],
    "ceil": [(m,), (signed,)],
    "trunc": [(m,), (signed,)],
    "rint": [(m,), (signed,)],
    "maximum": [(m, n), (holes, 0.5), (0.5, holes)],
    "minimum": [(m, n), (holes, 0.5)],
    "fmax": [(m, n), (holes, 0.5), (0.5, holes)],
    "fmin": [(m, n), (holes, 0.5)],
    "copysign": [(m, n)],
    "heaviside": [(m, 0.5), (signed, 0.5)],
    "ldexp": [(m, 3), (m, np.array([1, -2, 3, 0]))],
    "conjugate": [(z,), (m,)],
    "absolute": [(m,), (z,)],
    "fabs": [(m,)],
    "less": [(m, n), (holes, 0.5)],
    "less_equal": [(m, n), (m, m)],
    "greater": [(m, n)],
    "greater_equal": [(m, n), (holes, 0.5)],
    "equal": [(m, m), (z, z), (holes, holes)],
    "not_equal": [(m, n), (holes, holes)],
    "isfinite": [(holes,), (z,)],
    "isinf": [(holes,), (np.array([np.inf, 1.0]),)],
    "isnan": [(holes,)],
    "signbit": [(m,)],
    "logical_and": [(m, holes[:4])],
    "logical_or": [(m, n)],
    "logical_xor": [(m, n)],
    "logical_not": [(signed,)],
    "matmul": [(m, n.T), (v, v), (stack, stack), (z, z), (stack, a)],
    "vecdot": [(m, n), (z, z)],
    "matvec": [(m, v[:4]), (stack, a[0])],
    "vecmat": [(v[:3], m), (z[0], z)],
    "erf": [(m,), (1e5 * m,)],
    "erfc": [(m,), (4 * g,), (1e5 * m,)],
    "erfcx": [(m,), (100 * g,)],
    "erfinv": [(u,), (np.array([-1.0, 0.0, 1.0, 2.0]),)],
    "erfcinv": [(g / 4,)],
    "gamma": [(g,), (-g,), (np.array([0.0, -1.0]),)],
    "rgamma": [(g,), (np.array([0.0, -1.0]),)],
    "gammaln": [(g,), (-g,), (np.array([0.0, -1.0]),), (1e4 * g,)],
    "loggamma": [(g,), (-g,), (z,)],
    "psi": [(g,), (-g,)],
    "beta": [(g, u)],
    "betaln": [(g, u)],
    "expit": [(m,), (500 * m,)],
    "log_expit": [(m,), (500 * m,)],
    "logit": [(u,)],
    "xlogy": [(g, u), (np.zeros(3), np.array([0.0, 1.0, 2.0]))],
    "xlog1py": [(g, u)],
    "entr": [(u,), (np.array([0.0, -1.0]),)],
    "rel_entr": [(u, g), (np.array([0.0, -1.0]), 1.0)],
    "kl_div": [(u, g), (np.array([0.0, -1.0]), 1.0)],
    "ndtr": [(m,)],
    "log_ndtr": [(m,), (-30 * g,), (-300 * g,)],
    "ndtri": [(u,)],
    "boxcox": [(g, u), (g, 0.0)],
    "j0": [(m,), (10 * m,)],
    "j1": [(m,)],
    "y0": [(g,)],
    "y1": [(g,)],
    "i0": [(m,)],
    "i1": [(m,)],
    "i0e": [(m,)],
    "i1e": [(m,)],
    "k0": [(g,)],
    "k1": [(g,)],
    "exp1": [(g,)],
    "expi": [(g,), (-g,)],
}

FUNCTION_SAMPLES = {
    np.reshape: [(m, (4, 3)), (m, -1)],
    np.ravel: [(m,)],
    np.transpose: [(m,), (stack, (1, 0, 2))],
    np.matrix_transpose: [(stack,)],
    np.moveaxis: [(stack, 0, -1)],
    np.swapaxes: [(stack, 0, 1)],
    np.rollaxis: [(stack, 2)],
    np.expand_dims: [(m, 1)],
    np.squeeze: [(m[:, None],)],
    np.flip: [(m,), (m, 1)],
    np.fliplr: [(m,)],
    np.flipud: [(m,)],
    np.rot90: [(m,)],
    np.roll: [(m, 1), (m, 2, 1)],
    np.tile: [(m, 2), (v, (2, 1))],
    np.repeat: [(m, 2), (v, np.array([1, 0, 2, 1, 1]))],
    np.resize: [(v, (2, 4))],
    np.broadcast_to: [(v, (2, 5))],
    np.broadcast_arrays: [(v, v[:, None])],
    np.concatenate: [([m, n],), ([m, np.ones((1, 4))], 0), ([v, [1, 2]],), ([v, c],)],
    np.stack: [([v, w],), ([v, w, np.ones(5)], 1)],
    np.vstack: [([m, n],)],
    np.hstack: [([v, w],)],
    np.dstack: [([m, n],)],
    np.column_stack: [([v, w],)],
    np.block: [([[m, n], [n, m]],)],
    np.split: [(v, [2, 3]), (m, 2, 1)],
    np.array_split: [(v, 2)],
    np.hsplit: [(m, 2)],
    np.vsplit: [(m, 3)],
    np.dsplit: [(stack, 3)],
    np.unstack: [(m,)],
    np.atleast_1d: [(v,), (np.float64(2.0),)],
    np.atleast_2d: [(v,)],
    np.atleast_3d: [(v,)],
    np.diag: [(v,), (a,), (v, 1)],
    np.diagflat: [(v,)],
    np.diagonal: [(m,), (stack, 0, 1, 2)],
    np.tril: [(m,), (m, 1)],
    np.triu: [(m,), (z,)],
    np.pad: [(v, 2), (m, ((1, 0), (0, 2)), "edge"), (v, 1, "reflect"), (v, 1, "wrap")],
    np.take: [(v, [0, 2]), (m, np.array([1, 1]), 1)],
    np.take_along_axis: [(m, np.array([[0], [1], [3]]), 1)],
    np.choose: [(np.array([0, 1, 0, 1, 1]), [v, w])],
    np.compress: [(np.array([True, False, True]), m, 0)],
    np.extract: [(m > 0, m)],
    np.delete: [(v, 1), (m, [0, 2], 1)],
    np.insert: [(v, 1, 2.5)],
    np.append: [(v, [1.0, 2.0])],
    np.meshgrid: [(v, w)],
    np.copy: [(m,)],
    np.fft.fftshift: [(v,)],
    np.fft.ifftshift: [(v,)],
    np.linalg.diagonal: [(stack,)],
    np.linalg.matrix_transpose: [(stack,)],
    np.dot: [(v, w), (m, n.T), (m, 2.0)],
    np.vdot: [(v, w), (z, z)],
    np.inner: [(v, w), (m, n)],
    np.outer: [(v, w)],
    np.tensordot: [(m, n, ([0, 1], [0, 1])), (stack, a, 1)],
    np.kron: [(a, b)],
    np.cross: [(a, s)],
    np.trace: [(a,), (stack, 0, 1, 2)],
    np.convolve: [(v, w), (v, w[:2], "valid")],
    np.correlate: [(v, w, "same")],
    np.vander: [(v, 3)],
    np.polyval: [(v, m), ([1.0, 0.5], m)],
    np.diff: [(v,), (m, 2, 0)],
    np.ediff1d: [(v,)],
    np.trapezoid: [(v,), (v, np.arange(5.0)), (m, None, 0.5)],
    np.linalg.outer: [(v, w)],
    np.linalg.tensordot: [(rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4, 2)))],
    np.linalg.matmul: [(m, n.T)],
    np.linalg.vecdot: [(m, n)],
    np.linalg.cross: [(a, s)],
    np.linalg.trace: [(stack,)],
    np.linalg.multi_dot: [([m, n.T, a],)],
    np.einsum: [("ij,jk->ik", m, n.T), ("bii->b", stack), ("...i,...i", m, n), ("ij->", m)],
    np.shape: [(m,)],
    np.ndim: [(m,)],
    np.size: [(m,), (m, 1)],
    np.result_type: [(m, 1), (z, m)],
    np.can_cast: [(m, np.float64)],
    np.iscomplexobj: [(m,), (z,)],
    np.isrealobj: [(m,), (z,)],
    np.zeros_like: [(m,), (z,), (m, int)],
    np.ones_like: [(m,)],
    np.full_like: [(m, 2.5)],
    np.linspace: [(v[0], v[1], 5), (m, n, 3), (0.0, v, 3, False)],
    np.sum: [(m,), (m, 0), (z, (0, 1)), (v[:0],)],
    np.prod: [(m,), (m, 1)],
    np.max: [(m,), (m, 0), (stack, (0, 2)), (holes,)],
    np.min: [(m,), (m, 0)],
    np.nanmax: [(holes,)],
    np.nanmin: [(holes,)],
    np.nansum: [(holes,)],
    np.nanmean: [(holes,)],
    np.cumsum: [(m,), (m, 1)],
    np.cumprod: [(m, 0)],
    np.cumulative_sum: [(v,)],
    np.cumulative_prod: [(v,)],
    np.mean: [(m,), (m, 0), (z, 1)],
    np.var: [(m,), (m, 0), (z,), (m, 0, None, None, 1)],
    np.std: [(m,), (m, 1)],
    np.average: [(m,), (m, 0, [1.0, 2.0, 3.0]), (m, None, np.abs(n))],
    np.ptp: [(m,), (m, 1)],
    np.quantile: [(v, 0.3), (m, [0.1, 0.5], 1)],
    np.percentile: [(v, 30.0)],
    np.median: [(v,), (m, 0), (m, 1)],
    np.cov: [(m,)],
    np.corrcoef: [(m,)],
    np.where: [(m > 0, m, n), (m > 0, m, 0.0), (m > 0, m, 1j), (m,)],
    np.select: [([m > 1, m > 0], [m, n], 0.5)],
    np.clip: [(m, -0.5, 0.5), (m, None, n)],
    np.real: [(m,), (z,)],
    np.imag: [(m,), (z,)],
    np.angle: [(z,), (z, True)],
    np.real_if_close: [(m,)],
    np.round: [(m,), (m, 2), (signed,)],
    np.fix: [(signed,)],
    np.sinc: [(m,), (signed,)],
    np.i0: [(m,)],
    np.nan_to_num: [(holes,), (np.array([np.inf, -np.inf, 1.0]),)],
    np.astype: [(m, np.float64), (m, np.complex128), (10 * m, np.int64), (signed, np.bool_)],
    np.iscomplex: [(z,), (m,)],
    np.isreal: [(z,), (m,)],
    np.isposinf: [(np.array([np.inf, 1.0]),)],
    np.isneginf: [(np.array([-np.inf, 1.0]),)],
    np.isclose: [(v, v + 1e-9), (holes, holes), (v, w)],
    np.allclose: [(v, v + 1e-9), (v, w)],
    np.array_equal: [(v, v), (v, w), (m, v)],
    np.all: [(signed,), (m, 0)],
    np.any: [(m,), (m, 1)],
    np.nonzero: [(signed,)],
    np.flatnonzero: [(signed,)],
    np.argwhere: [(signed,)],
    np.count_nonzero: [(signed,)],
    np.argmax: [(m,), (m, 1), (holes,)],
    np.argmin: [(m,), (m, 0)],
    np.argsort: [(m,), (m, 0), (holes,)],
    np.sort: [(m,), (m, 0), (holes,), (m, None)],
    np.partition: [(np.sort(v), 2)],
    np.argpartition: [(np.sort(v), 2)],
    np.searchsorted: [(np.sort(v), w), (np.sort(v), w, "right")],
    np.digitize: [(w, np.sort(v))],
    np.interp: [(w, np.sort(v), v), (np.sort(v), np.sort(v), w), (9 * w, np.sort(v), v, -1.0, 1.0)],
    np.linalg.solve: [(a, b), (a, b[:, 0]), (stack, a), (z, b)],
    np.linalg.inv: [(a,), (stack,), (z,)],
    np.linalg.det: [(a,), (stack,), (z,), (np.ones((3, 3)),)],
    np.linalg.slogdet: [(a,), (-a,), (z,)],
    np.linalg.cholesky: [(p,), (z @ z.conj().T,)],
    np.linalg.qr: [(a,), (m,), (m.T,), (m.T, "complete"), (m, "r"), (z,), (stack,), (z[:, :2],)],
    np.linalg.eigh: [(s,), (h,), (s, "U"), (stack + stack.swapaxes(1, 2),)],
    np.linalg.eigvalsh: [(s,), (h,)],
    np.linalg.svd: [(a,), (m, False), (m.T, False), (stack,), (m, True, False)],
    np.linalg.svdvals: [(m,), (z,)],
    np.linalg.pinv: [(m,), (m.T,), (np.ones((3, 2)),), (z,)],
    np.linalg.lstsq: [(m.T, v[:4]), (m.T, np.ones((4, 2))), (m, v[:3])],
    np.linalg.matrix_power: [(a, 3), (a, 0), (a, -2)],
    np.linalg.vector_norm: [(m,), (z,)],
    np.linalg.matrix_norm: [(m,), (stack,)],
    np.linalg.norm: [
        *((v, order) for order in (None, 1, 2, 3, 0, np.inf, -np.inf)),
        *((m, order) for order in (None, "fro", "nuc", 1, 2, -1, -2, np.inf, -np.inf)),
        *((m, 2, 1), (m, None, 0), (stack, "fro", (1, 2)), (z,)),
    ],
    np.linalg.cond: [(a,), (a, 1), (a, -2)],
    np.fft.fft: [(v,), (m, 6, 0), (m, 2), (c, None, -1, "ortho")],
    np.fft.ifft: [(c,), (m, 3, 1, "forward")],
    np.fft.rfft: [(v,), (m, 6, 0, "ortho")],
    np.fft.irfft: [(c,), (c, 5), (c, 4), (c, 10, -1, "forward"), (z, 1)],
    np.fft.fft2: [(m,)],
    np.fft.ifft2: [(z,)],
    np.fft.fftn: [(stack,), (m, (2, 3), (0, 1))],
    np.fft.ifftn: [(stack, None, (0, 1))],
    np.fft.rfft2: [(m,)],
    np.fft.irfft2: [(z, (3, 4))],
    np.fft.rfftn: [(stack,)],
    np.fft.irfftn: [(z,), (z, (3, 5), (0, 1), "ortho")],
    np.fft.hfft: [(c,), (c, 5)],
    np.fft.ihfft: [(v,), (v, 4, -1, "ortho")],
}

SAME = {np.amax: np.max, np.amin: np.min, np.around: np.round, np.empty_like: np.zeros_like}
WRITERS = {np.copyto, np.fill_diagonal, np.put_along_axis}
PRINTERS = {np.array2string, np.array_repr, np.array_str}


def exactly(value):
    """Float arrays and numbers as exact arrays, wherever they are in an argument."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(exactly, value))
    if isinstance(value, (np.ndarray, np.float64)) and value.dtype.kind in "fc":
        return ExactArray(value)
    return value


def compare(found, expected):
    if isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            compare(one, other)
        return
    if isinstance(found, ExactArray):
        assert found.dtype == np.asarray(expected).dtype
        kinds = {"mpc" if found.complex else "mpf"}
        assert {type(x).__name__ for x in found.raw.ravel()} <= kinds
        found = doubles(found.raw, found.complex)
    if isinstance(expected, np.dtype):
        assert found == expected
        return
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=2e-13, atol=1e-14)


def ufunc(name):
    return getattr(np, name, None) or getattr(scipy.special, name)


@pytest.mark.parametrize("name", [*ELEMENTWISE, *PRODUCTS])
def test_a_ufunc_agrees_with_double_precision(name):
    for inputs in UFUNCS[name]:
        with np.errstate(all="ignore"):
            compare(ufunc(name)(*map(exactly, inputs)), ufunc(name)(*inputs))


FUNCTIONS_WITH_SAMPLES = set(FUNCTIONS) - set(SAME) - WRITERS - PRINTERS


@pytest.mark.parametrize(
    "function",
    sorted(FUNCTIONS_WITH_SAMPLES, key=lambda f: f"{f.__module__}.{f.__name__}"),
    ids=lambda f: f"{f.__module__}.{f.__name__}",
)
def test_a_function_agrees_with_double_precision(function):
    for inputs in FUNCTION_SAMPLES[function]:
        with np.errstate(all="ignore"):
            compare(function(*map(exactly, inputs)), function(*inputs))


def test_the_samples_name_nothing_that_is_not_covered():
    assert set(UFUNCS) == {*ELEMENTWISE, *PRODUCTS}
    assert set(FUNCTION_SAMPLES) == FUNCTIONS_WITH_SAMPLES


@pytest.mark.parametrize("alias", SAME, ids=lambda f: f.__name__)
def test_an_alias_does_what_its_twin_does(alias):
    compare(alias(ExactArray(m)), SAME[alias](m))


UNARY = [name for name in ELEMENTWISE if getattr(getattr(np, name, None), "nin", 0) == 1]
EDGES = np.array([0.0, 1.0, -1.0, 0.5, -0.5, 2.0, np.inf, -np.inf, np.nan, 1e-300, -1e-300, 1e15])


@pytest.mark.parametrize("name", UNARY)
def test_a_ufunc_has_numpys_meaning_at_edges(name):
    with np.errstate(all="ignore"):
        expected = ufunc(name)(EDGES)
        compare(ufunc(name)(ExactArray(EDGES)), expected)


BINARY = ["divide", "power", "arctan2", "hypot", "maximum", "minimum", "fmax", "fmin", "remainder"]
BINARY += ["fmod", "floor_divide", "logaddexp", "logaddexp2", "copysign", "heaviside"]


@pytest.mark.parametrize("name", BINARY)
def test_a_binary_ufunc_has_numpys_meaning_at_edges(name):
    edges = EDGES[:-3]  # sizes whose quotients double precision itself cannot tell from an edge
    with np.errstate(all="ignore"):
        expected = ufunc(name)(edges[:, None], edges)
        compare(ufunc(name)(ExactArray(edges[:, None]), ExactArray(edges)), expected)


def test_functions_that_write_into_an_exact_array():
    target, plain = ExactArray(m), m.copy()
    for array, values in ((target, ExactArray(n)), (plain, n)):
        np.copyto(array, values, where=m > 0)
        np.fill_diagonal(array, 7.0)
        np.put_along_axis(array, np.array([[3], [3], [0]]), values[:, :1], 1)
        np.add.at(array, ([0, 0], [1, 1]), values[0, :2])
    compare(target, plain)


def test_printing_shows_the_nearest_doubles():
    x = ExactArray(np.array([0.5, 2.0]))
    assert repr(x) == "ExactArray(array([0.5, 2. ]))"
    assert str(x) == np.array2string(x) == np.array_str(x) == "[0.5 2. ]"
    assert np.array_repr(x) == "array([0.5, 2. ])"
    assert f"{x[0]:.3f}" == "0.500"


def test_ufunc_methods_and_options():
    x = ExactArray(m)
    compare(np.add.reduce(x), np.add.reduce(m))
    compare(np.maximum.reduce(x, axis=None), np.maximum.reduce(m, axis=None))
    compare(np.logaddexp.reduce(x, axis=1), np.logaddexp.reduce(m, axis=1))
    compare(np.multiply.accumulate(x, axis=1), np.multiply.accumulate(m, axis=1))
    compare(np.subtract.outer(x, ExactArray(v)), np.subtract.outer(m, v))
    compare(np.add.reduceat(ExactArray(v), [0, 2]), np.add.reduceat(v, [0, 2]))
    target = ExactArray(np.ones((3, 4)))
    assert np.multiply(x, 2, out=target, where=m > 0) is target
    compare(target, np.where(m > 0, 2 * m, 1.0))
    compare(np.add(x, 1, dtype=complex), np.add(m, 1, dtype=complex))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda xp, x: xp.asarray(x), m),
        (lambda xp, x: xp.asarray([x[0, 0], 2.0]), np.array([m[0, 0], 2.0])),
        (lambda xp, x: xp.array([[x[0, 0], 1], [2, x[1, 1]]]), [[m[0, 0], 1], [2, m[1, 1]]]),
        (lambda xp, x: xp.zeros((2,)) + x[0, 0], np.full(2, m[0, 0])),
        (lambda xp, x: xp.ones(2, dtype=complex) * x[0, :2], m[0, :2].astype(complex)),
        (lambda xp, x: xp.full(2, x[0, 0]), np.full(2, m[0, 0])),
        (lambda xp, x: xp.empty((2, 0)), np.empty((2, 0))),
        (lambda xp, x: xp.eye(3) @ x, m),
        (lambda xp, x: xp.arange(x[0, 0], x[0, 0] + 3), np.arange(3) + m[0, 0]),
        (lambda xp, x: xp.arange(4) * x[0], np.arange(4) * m[0]),
        (lambda xp, x: xp.permute_dims(x, (1, 0)), m.T),
        (lambda xp, x: xp.concat([x, x]), np.concatenate([m, m])),
        (lambda xp, x: xp.astype(x, xp.float64), m),
        (lambda xp, x: xp.cumulative_sum(x[0], include_initial=True), np.cumsum([0, *m[0]])),
        (lambda xp, x: xp.std(x, axis=0, correction=1), np.std(m, axis=0, ddof=1)),
        (lambda xp, x: xp.vecdot(x, x, axis=0), np.vecdot(m, m, axis=0)),
        (lambda xp, x: xp.linalg.vector_norm(x, axis=1, ord=3), np.linalg.norm(m, 3, 1)),
        (lambda xp, x: xp.clip(x, min=0.0), np.maximum(m, 0)),
        (lambda xp, x: xp.sum(x, axis=0, keepdims=True), np.sum(m, 0, keepdims=True)),
    ],
)
def test_the_array_api_namespace(call, expected):
    compare(call(namespace, ExactArray(m)), np.asarray(expected))
