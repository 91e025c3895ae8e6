"""The array API standard (2024.12) on traced arrays: every function it names, by its signature.

Each call runs on traced arrays with `xp` from array-api-compat, and on plain ones with NumPy's
own namespace: values, shapes and dtypes must agree, and what stays floating must stay traced
where the standard's function is differentiable.
"""

import array_api_compat
import numpy as np
import pytest

from adbench.engine import grad, vjp
from adbench.engine.array import TracedArray

X = np.array([[0.6, -1.2, 2.5], [0.7, 0.1, -0.4]])
S = np.array([[4.0, 1.0], [1.0, 3.0]])
U = np.array([0.2, 0.5, 0.9])

DIFFERENTIABLE = {
    # Elementwise.
    "abs": lambda xp, x: xp.abs(x),
    "acos": lambda xp, x: xp.acos(x / 3),
    "acosh": lambda xp, x: xp.acosh(xp.abs(x) + 1.1),
    "add": lambda xp, x: xp.add(x, 1.0),
    "asin": lambda xp, x: xp.asin(x / 3),
    "asinh": lambda xp, x: xp.asinh(x),
    "atan": lambda xp, x: xp.atan(x),
    "atan2": lambda xp, x: xp.atan2(x, x + 3),
    "atanh": lambda xp, x: xp.atanh(x / 3),
    "clip": lambda xp, x: xp.clip(x, -1.0, 1.0),
    "conj": lambda xp, x: xp.real(xp.conj(x + 0j)),
    "copysign": lambda xp, x: xp.copysign(x, xp.asarray(1.0)),
    "cos": lambda xp, x: xp.cos(x),
    "cosh": lambda xp, x: xp.cosh(x),
    "divide": lambda xp, x: xp.divide(x, x + 3),
    "exp": lambda xp, x: xp.exp(x),
    "expm1": lambda xp, x: xp.expm1(x),
    "hypot": lambda xp, x: xp.hypot(x, xp.ones_like(x)),
    "imag": lambda xp, x: xp.imag(x * 1j),
    "log": lambda xp, x: xp.log(x**2),
    "log10": lambda xp, x: xp.log10(x**2),
    "log1p": lambda xp, x: xp.log1p(x**2),
    "log2": lambda xp, x: xp.log2(x**2),
    "logaddexp": lambda xp, x: xp.logaddexp(x, -x),
    "maximum": lambda xp, x: xp.maximum(x, 0.3),
    "minimum": lambda xp, x: xp.minimum(x, 0.3),
    "multiply": lambda xp, x: xp.multiply(x, x),
    "negative": lambda xp, x: xp.negative(x),
    "nextafter": lambda xp, x: xp.nextafter(x, x + 1),
    "positive": lambda xp, x: xp.positive(x),
    "pow": lambda xp, x: xp.pow(x, 3),
    "real": lambda xp, x: xp.real(x * (1 + 2j)),
    "reciprocal": lambda xp, x: xp.reciprocal(x),
    "remainder": lambda xp, x: xp.remainder(x, 0.73),
    "sin": lambda xp, x: xp.sin(x),
    "sinh": lambda xp, x: xp.sinh(x),
    "square": lambda xp, x: xp.square(x),
    "sqrt": lambda xp, x: xp.sqrt(xp.abs(x)),
    "subtract": lambda xp, x: xp.subtract(1.0, x),
    "tan": lambda xp, x: xp.tan(x),
    "tanh": lambda xp, x: xp.tanh(x),
    # Creation from an array, types.
    "asarray": lambda xp, x: xp.asarray(x),
    "asarray of a list": lambda xp, x: xp.asarray([x[0, 0], 1.0, x[1, 2]]),
    "asarray dtype": lambda xp, x: xp.asarray(x, dtype=xp.float32),
    "astype": lambda xp, x: xp.astype(x, xp.float32),
    "full": lambda xp, x: xp.full((2,), x[0, 1]),
    "linspace": lambda xp, x: xp.linspace(x[0, 0], x[0, 2], 4),
    "meshgrid": lambda xp, x: xp.meshgrid(x[0], x[1], indexing="ij")[1],
    "tril": lambda xp, x: xp.tril(x, k=1),
    "triu": lambda xp, x: xp.triu(x),
    # Manipulation and indexing.
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x, xp.ones((3,)))[0],
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (4, 2, 3)),
    "concat": lambda xp, x: xp.concat([x, x], axis=1),
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=1),
    "flip": lambda xp, x: xp.flip(x, axis=0),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, 1),
    "permute_dims": lambda xp, x: xp.permute_dims(x, (1, 0)),
    "repeat": lambda xp, x: xp.repeat(x, 2, axis=0),
    "reshape": lambda xp, x: xp.reshape(x, (-1,)),
    "roll": lambda xp, x: xp.roll(x, 1, axis=1),
    "squeeze": lambda xp, x: xp.squeeze(x[None], axis=0),
    "stack": lambda xp, x: xp.stack([x, x], axis=-1),
    "tile": lambda xp, x: xp.tile(x, (2, 1)),
    "unstack": lambda xp, x: xp.unstack(x)[1],
    "take": lambda xp, x: xp.take(x, xp.asarray([2, 0]), axis=1),
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, xp.asarray([[2, 0], [1, 1]]), axis=1),
    "where": lambda xp, x: xp.where(x > 0, x, 0.0),
    "sort": lambda xp, x: xp.sort(x, axis=1),
    "unique_values": lambda xp, x: xp.sort(xp.unique_values(x)),
    # Reductions.
    "cumulative_prod": lambda xp, x: xp.cumulative_prod(x, axis=1),
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x, axis=0),
    "diff": lambda xp, x: xp.diff(x, axis=1),
    "max": lambda xp, x: xp.max(x, axis=1),
    "mean": lambda xp, x: xp.mean(x, axis=0, keepdims=True),
    "min": lambda xp, x: xp.min(x),
    "prod": lambda xp, x: xp.prod(x, axis=1),
    "std": lambda xp, x: xp.std(x, axis=1, correction=1),
    "sum": lambda xp, x: xp.sum(x, axis=(0, 1)),
    "var": lambda xp, x: xp.var(x, correction=1),
    # Linear algebra.
    "matmul": lambda xp, x: xp.matmul(x, xp.matrix_transpose(x)),
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x),
    "tensordot": lambda xp, x: xp.tensordot(x, x, axes=((1,), (1,))),
    "vecdot": lambda xp, x: xp.vecdot(x, x, axis=-1),
    "linalg.cholesky": lambda xp, x: xp.linalg.cholesky(x @ x.T + xp.eye(2)),
    "linalg.cross": lambda xp, x: xp.linalg.cross(x[0], x[1]),
    "linalg.det": lambda xp, x: xp.linalg.det(x[:, :2]),
    "linalg.diagonal": lambda xp, x: xp.linalg.diagonal(x, offset=1),
    "linalg.eigh": lambda xp, x: xp.linalg.eigh(x @ x.T).eigenvalues,
    "linalg.eigvalsh": lambda xp, x: xp.linalg.eigvalsh(x @ x.T),
    "linalg.inv": lambda xp, x: xp.linalg.inv(x[:, :2]),
    "linalg.matmul": lambda xp, x: xp.linalg.matmul(x, x.T),
    "linalg.matrix_norm": lambda xp, x: xp.linalg.matrix_norm(x),
    "linalg.matrix_power": lambda xp, x: xp.linalg.matrix_power(x[:, :2], 3),
    "linalg.matrix_transpose": lambda xp, x: xp.linalg.matrix_transpose(x),
    "linalg.outer": lambda xp, x: xp.linalg.outer(x[0], x[1]),
    "linalg.pinv": lambda xp, x: xp.linalg.pinv(x),
    "linalg.qr": lambda xp, x: xp.linalg.qr(x).R,
    "linalg.slogdet": lambda xp, x: xp.linalg.slogdet(x[:, :2]).logabsdet,
    "linalg.solve": lambda xp, x: xp.linalg.solve(x[:, :2], x[:, 2:]),
    "linalg.svd": lambda xp, x: xp.linalg.svd(x, full_matrices=False).S,
    "linalg.svdvals": lambda xp, x: xp.linalg.svdvals(x),
    "linalg.tensordot": lambda xp, x: xp.linalg.tensordot(x, x.T, axes=1),
    "linalg.trace": lambda xp, x: xp.linalg.trace(x[:, :2]),
    "linalg.vecdot": lambda xp, x: xp.linalg.vecdot(x, x),
    "linalg.vector_norm": lambda xp, x: xp.linalg.vector_norm(x, axis=1, ord=3),
    # Fourier transforms.
    "fft.fft": lambda xp, x: xp.abs(xp.fft.fft(x + 0j)),
    "fft.ifft": lambda xp, x: xp.abs(xp.fft.ifft(x + 0j)),
    "fft.fftn": lambda xp, x: xp.abs(xp.fft.fftn(x + 0j)),
    "fft.ifftn": lambda xp, x: xp.abs(xp.fft.ifftn(x + 0j)),
    "fft.rfft": lambda xp, x: xp.abs(xp.fft.rfft(x)),
    "fft.irfft": lambda xp, x: xp.fft.irfft(x + 0j),
    "fft.rfftn": lambda xp, x: xp.abs(xp.fft.rfftn(x)),
    "fft.irfftn": lambda xp, x: xp.fft.irfftn(x + 0j),
    "fft.hfft": lambda xp, x: xp.fft.hfft(x + 0j),
    "fft.ihfft": lambda xp, x: xp.abs(xp.fft.ihfft(x)),
    "fft.fftshift": lambda xp, x: xp.fft.fftshift(x),
    "fft.ifftshift": lambda xp, x: xp.fft.ifftshift(x),
}

PIECEWISE_CONSTANT = {
    "all": lambda xp, x: xp.all(x > 0, axis=0),
    "any": lambda xp, x: xp.any(x > 0),
    "argmax": lambda xp, x: xp.argmax(x, axis=1),
    "argmin": lambda xp, x: xp.argmin(x),
    "argsort": lambda xp, x: xp.argsort(x, axis=1),
    "ceil": lambda xp, x: xp.ceil(x),
    "count_nonzero": lambda xp, x: xp.count_nonzero(x, axis=0),
    "equal": lambda xp, x: xp.equal(x, 0.1),
    "floor": lambda xp, x: xp.floor(x),
    "floor_divide": lambda xp, x: xp.floor_divide(x, 0.7),
    "greater": lambda xp, x: xp.greater(x, 0.0),
    "greater_equal": lambda xp, x: xp.greater_equal(x, 0.0),
    "isfinite": lambda xp, x: xp.isfinite(x),
    "isinf": lambda xp, x: xp.isinf(x),
    "isnan": lambda xp, x: xp.isnan(x),
    "less": lambda xp, x: xp.less(x, 0.0),
    "less_equal": lambda xp, x: xp.less_equal(x, 0.0),
    "logical_and": lambda xp, x: xp.logical_and(x > 0, x < 1),
    "logical_not": lambda xp, x: xp.logical_not(x > 0),
    "logical_or": lambda xp, x: xp.logical_or(x > 0, x < 1),
    "logical_xor": lambda xp, x: xp.logical_xor(x > 0, x < 1),
    "nonzero": lambda xp, x: xp.nonzero(x > 0)[1],
    "not_equal": lambda xp, x: xp.not_equal(x, 0.1),
    "round": lambda xp, x: xp.round(x),
    "searchsorted": lambda xp, x: xp.searchsorted(xp.sort(x[0]), x[1]),
    "sign": lambda xp, x: xp.sign(x),
    "signbit": lambda xp, x: xp.signbit(x),
    "trunc": lambda xp, x: xp.trunc(x),
    "unique_all": lambda xp, x: xp.unique_all(x).counts,
    "unique_counts": lambda xp, x: xp.unique_counts(x).counts,
    "unique_inverse": lambda xp, x: xp.unique_inverse(x).inverse_indices,
    "linalg.matrix_rank": lambda xp, x: xp.linalg.matrix_rank(x),
    "bitwise_and": lambda xp, x: xp.bitwise_and(xp.argsort(x), 1),
    "bitwise_invert": lambda xp, x: xp.bitwise_invert(xp.argsort(x)),
    "bitwise_left_shift": lambda xp, x: xp.bitwise_left_shift(xp.argsort(x), 1),
    "bitwise_or": lambda xp, x: xp.bitwise_or(xp.argsort(x), 1),
    "bitwise_right_shift": lambda xp, x: xp.bitwise_right_shift(xp.argsort(x), 1),
    "bitwise_xor": lambda xp, x: xp.bitwise_xor(xp.argsort(x), 1),
    # Creation.
    "arange": lambda xp, x: xp.arange(3, dtype=xp.float64),
    "empty": lambda xp, x: xp.empty((2, 0)),
    "empty_like": lambda xp, x: xp.empty_like(x[:0]),
    "eye": lambda xp, x: xp.eye(2, 3, k=1),
    "from_dlpack": None,  # exports memory, which a traced array does not have
    "full_like": lambda xp, x: xp.full_like(x, 2.0),
    "ones": lambda xp, x: xp.ones((2,), dtype=xp.float32),
    "ones_like": lambda xp, x: xp.ones_like(x),
    "zeros": lambda xp, x: xp.zeros((2,)),
    "zeros_like": lambda xp, x: xp.zeros_like(x, dtype=xp.int64),
    "fft.fftfreq": lambda xp, x: xp.fft.fftfreq(4),
    "fft.rfftfreq": lambda xp, x: xp.fft.rfftfreq(4),
    # Types.
    "can_cast": lambda xp, x: xp.asarray(xp.can_cast(x.dtype, xp.float32)),
    "finfo": lambda xp, x: xp.asarray(xp.finfo(x.dtype).eps),
    "iinfo": lambda xp, x: xp.asarray(xp.iinfo(xp.int32).max),
    "isdtype": lambda xp, x: xp.asarray(xp.isdtype(x.dtype, "real floating")),
    "result_type": lambda xp, x: xp.zeros((), dtype=xp.result_type(x, xp.float32)),
}


def traced_namespace():
    found = []
    grad(lambda x: found.append(x.__array_namespace__()) or np.sum(x))(X)
    return found[0]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_differentiable(name):
    call = DIFFERENTIABLE[name]
    expected = call(np, X)

    def f(x):
        result = call(array_api_compat.array_namespace(x), x)
        assert isinstance(result, TracedArray)
        return result

    value, pullback = vjp(f, X)
    np.testing.assert_array_equal(value, expected)
    assert value.dtype == expected.dtype
    rng = np.random.default_rng(0)
    ct, v = rng.normal(size=value.shape).astype(value.dtype), rng.normal(size=X.shape)
    (gradient,) = pullback(ct)
    h = 1e-2 if value.dtype == np.float32 else 1e-5
    slope = (call(np, X + h * v) - call(np, X - h * v)) / (2 * h)
    tolerance = 1e-4 if value.dtype == np.float32 else 1e-8
    np.testing.assert_allclose(
        np.sum(gradient * v), np.sum(ct * slope), rtol=tolerance, atol=tolerance
    )


@pytest.mark.parametrize("name", [n for n, call in PIECEWISE_CONSTANT.items() if call])
def test_piecewise_constant(name):
    call = PIECEWISE_CONSTANT[name]
    expected = call(np, X)
    seen = []

    def f(x):
        seen.append(call(array_api_compat.array_namespace(x), x))
        return np.sum(x)

    grad(f)(X)
    result = seen[0]
    assert getattr(result, "tape", None) is None
    np.testing.assert_array_equal(np.asarray(result), expected)
    assert result.dtype == expected.dtype


STANDARD = [
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "broadcast_arrays",
    "broadcast_to",
    "can_cast",
    "ceil",
    "clip",
    "concat",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "divide",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "finfo",
    "flip",
    "floor",
    "floor_divide",
    "from_dlpack",
    "full",
    "full_like",
    "greater",
    "greater_equal",
    "hypot",
    "iinfo",
    "imag",
    "isdtype",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "negative",
    "nextafter",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "permute_dims",
    "positive",
    "pow",
    "prod",
    "real",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "searchsorted",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "tril",
    "triu",
    "trunc",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "var",
    "vecdot",
    "where",
    "zeros",
    "zeros_like",
    "fft.fft",
    "fft.fftfreq",
    "fft.fftn",
    "fft.fftshift",
    "fft.hfft",
    "fft.ifft",
    "fft.ifftn",
    "fft.ifftshift",
    "fft.ihfft",
    "fft.irfft",
    "fft.irfftn",
    "fft.rfft",
    "fft.rfftfreq",
    "fft.rfftn",
    "linalg.cholesky",
    "linalg.cross",
    "linalg.det",
    "linalg.diagonal",
    "linalg.eigh",
    "linalg.eigvalsh",
    "linalg.inv",
    "linalg.matmul",
    "linalg.matrix_norm",
    "linalg.matrix_power",
    "linalg.matrix_rank",
    "linalg.matrix_transpose",
    "linalg.outer",
    "linalg.pinv",
    "linalg.qr",
    "linalg.slogdet",
    "linalg.solve",
    "linalg.svd",
    "linalg.svdvals",
    "linalg.tensordot",
    "linalg.trace",
    "linalg.vecdot",
    "linalg.vector_norm",
]


def test_every_function_of_the_standard_is_called_here():
    assert sorted(set(STANDARD) - {*DIFFERENTIABLE, *PIECEWISE_CONSTANT}) == []


@pytest.mark.parametrize("name", STANDARD)
def test_namespace_has(name):
    found = traced_namespace()
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found)


def test_constants_and_dtypes():
    xp = traced_namespace()
    assert (xp.pi, xp.e, xp.inf, xp.newaxis) == (np.pi, np.e, np.inf, None)
    assert xp.isnan(xp.nan)
    for name in [
        "bool",
        "int8",
        "int64",
        "uint16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]:
        assert xp.dtype(name) == getattr(xp, name)
    assert "zeros" in dir(xp)
    assert xp.__array_namespace_info__().default_dtypes()["real floating"] == np.float64


def test_attributes_of_the_standards_array_object():
    def f(x):
        assert (x.shape, x.ndim, x.size, x.dtype, x.device) == ((2, 3), 2, 6, X.dtype, "cpu")
        assert x.to_device("cpu") is x
        assert x.T.shape == x.mT.shape == (3, 2)
        return np.sum(x.T @ x) + np.sum(x.mT)

    np.testing.assert_allclose(grad(f)(X), 2 * X.sum(1, keepdims=True) * np.ones(3) * 1 + 1)


def test_traced_and_plain_arrays_share_a_namespace():
    def f(x):
        xp = array_api_compat.array_namespace(x, X, 2.0)
        assert xp is not None
        also = array_api_compat.array_namespace(X, x)
        return xp.sum(x * X) + also.sum(also.exp(x))

    np.testing.assert_allclose(grad(f)(X), X + np.exp(X))


def test_sort_in_descending_order():
    def f(x):
        xp = x.__array_namespace__()
        assert list(xp.argsort(xp.asarray([1.0, 2.0, 2.0]), descending=True)) == [1, 2, 0]
        return xp.sort(x, axis=1, descending=True)[0, 0]

    expected = np.zeros_like(X)
    expected[0, 2] = 1
    np.testing.assert_array_equal(grad(f)(X), expected)


def test_arange_with_traced_bounds():
    def f(x):
        xp = x.__array_namespace__()
        return xp.sum(xp.arange(x[0, 0], 3.0, 0.5) ** 2)

    grid = np.arange(X[0, 0], 3.0, 0.5)
    assert grad(f)(X)[0, 0] == pytest.approx(2 * grid.sum())
