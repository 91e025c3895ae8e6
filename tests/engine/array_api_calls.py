"""Calls of everything that the array API standard names, for `array_api.py`.

A call is a function of a namespace and of arrays, whose names say what they hold (INPUTS).
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Call: TypeAlias = Callable[..., Any]

rng = np.random.default_rng(7)
x = rng.uniform(-1.8, 1.8, (2, 3))
spd = rng.normal(size=(3, 3))
INPUTS: dict[str, np.ndarray] = {
    "x": x,
    "y": rng.uniform(-1.8, 1.8, (2, 3)),
    "row": np.array([0.3, -1.1, 0.8]),
    "p": rng.uniform(0.4, 2.5, (2, 3)),
    "u": rng.uniform(-0.8, 0.8, (2, 3)),
    "big": rng.uniform(1.2, 3.0, (2, 3)),
    "cube": rng.normal(size=(2, 3, 4)),
    "a": rng.normal(size=(3, 3)) + 4 * np.diag([1.0, 2.0, 3.0]),
    "many": rng.normal(size=(2, 3, 3)) + 4 * np.diag([1.0, 2.0, 3.0]),
    "s": spd @ spd.T + np.diag([1.0, 2.0, 3.0]),
    "tall": rng.normal(size=(4, 3)),
    "scalar": np.asarray(0.7),
    "f": rng.uniform(-1.8, 1.8, (2, 3)).astype(np.float32),
    "z": rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)),
    "w": rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)),
    "i": np.array([[5, -3, 2], [7, 1, 4]]),
    "j": np.array([[1, 2, 3], [2, 1, 1]]),
    "places": np.array([2, 0]),
    "b": np.array([[True, False, True], [False, False, True]]),
    "c": np.array([[True, True, False], [False, True, False]]),
}
CALLS: dict[str, list[Call]] = {}


def written(target: Any, index: Any, value: Any) -> Any:
    target[index] = value
    return target


def calls(**named: Call | list[Call]) -> None:
    for name, given in named.items():
        CALLS.setdefault(name, []).extend(given if isinstance(given, list) else [given])


def same_call(names: str, *forms: str) -> None:
    """The calls `xp.name(forms)` for each name."""
    for name in names.split():
        for form in forms:
            arrays = [a for a in form.split(", ") if a in INPUTS]
            parameters = ", ".join(dict.fromkeys(arrays))
            calls(**{name: eval(f"lambda xp, {parameters}: xp.{name}({form})")})


# Elementwise functions: arrays, broadcasting, a Python number on either side, float32, complex.
same_call("sin cos tanh sinh cosh exp expm1 square negative positive", "x", "z", "f", "scalar")
same_call("abs atan asinh tan", "x", "z", "f", "scalar")
same_call("sqrt log log2 log10 reciprocal", "p", "z")
same_call("log1p", "p", "z", "f")
same_call("acos asin atanh", "u", "z")
same_call("acosh", "big", "z")
same_call("conj", "x", "z")
same_call("real imag", "z")
same_call("sign", "x", "z", "i")
same_call("round floor ceil trunc", "x", "i")
same_call("signbit isfinite isinf isnan", "x")
same_call("add subtract multiply divide", "x, y", "x, row", "x, 2.0", "2.0, p", "z, w", "f, 2.0")
same_call("pow", "p, y", "p, 3", "2.0, x", "i, 2")
same_call("atan2 hypot copysign logaddexp maximum minimum", "x, y", "p, row", "p, 1.0", "1.0, p")
same_call("nextafter", "x, y")
same_call("remainder floor_divide", "big, p", "x, 0.73", "i, j")
same_call("equal not_equal less less_equal greater greater_equal", "x, y", "x, 0.1", "0.1, x")
same_call("bitwise_and bitwise_or bitwise_xor", "i, j", "i, 3", "b, c")
same_call("bitwise_left_shift bitwise_right_shift", "i, j", "i, 1")
same_call("bitwise_invert", "i", "b")
same_call("logical_and logical_or logical_xor", "b, c")
same_call("logical_not", "b")
calls(
    clip=[
        lambda xp, x: xp.clip(x, -0.5, 0.5),
        lambda xp, x: xp.clip(x, min=-0.5),
        lambda xp, x, u: xp.clip(x, max=u),
        lambda xp, x, u, big: xp.clip(x, u, big),
        lambda xp, i: xp.clip(i, 0, 3),
    ]
)

# Creation.
calls(
    asarray=[
        lambda xp, x: xp.asarray(x),
        lambda xp, x: xp.asarray(x, copy=True, device=x.device),
        lambda xp, x: xp.asarray(x, dtype=xp.float32),
        lambda xp: xp.asarray([[1.0, 2.0], [3.0, 4.0]]),
        lambda xp, x: xp.asarray(2, dtype=x.dtype) * x,
    ],
    arange=[
        lambda xp: xp.arange(4),
        lambda xp, x: xp.arange(1.0, 3.0, 0.5, dtype=x.dtype, device=x.device),
        lambda xp: xp.arange(1, stop=7, step=2),
    ],
    empty=lambda xp, x: xp.empty((2, 3), dtype=x.dtype, device=x.device) * 0 == 0,
    empty_like=lambda xp, x: xp.empty_like(x, dtype=xp.float32, device=x.device).shape,
    eye=lambda xp, x: x @ xp.eye(3, 4, k=1, dtype=x.dtype, device=x.device),
    from_dlpack=[
        lambda xp, x: xp.from_dlpack(x),
        lambda xp, x: xp.from_dlpack(x, device=x.device, copy=True),
    ],
    full=[
        lambda xp, x: xp.full((2, 3), 1.5, dtype=x.dtype, device=x.device) * x,
        lambda xp: xp.full(3, 2),
        lambda xp: xp.full((2,), True),
    ],
    full_like=[
        lambda xp, x: xp.full_like(x, 2.0) * x,
        lambda xp, x: xp.full_like(x, 2, dtype=xp.int64, device=x.device),
    ],
    linspace=[
        lambda xp, x: xp.linspace(0.0, 1.0, num=3, dtype=x.dtype, device=x.device) * x,
        lambda xp: xp.linspace(0, 1, 4, endpoint=False),
    ],
    meshgrid=[
        lambda xp, row: xp.meshgrid(row, row[:2]),
        lambda xp, row: xp.meshgrid(row, 2 * row, indexing="ij"),
    ],
    ones=[
        lambda xp, x: xp.ones((2, 3), dtype=x.dtype, device=x.device) * x,
        lambda xp, b: xp.ones((2, 3), dtype=xp.bool) & b,
    ],
    ones_like=[
        lambda xp, x: xp.ones_like(x) * x,
        lambda xp, x: xp.ones_like(x, dtype=xp.int64, device=x.device),
    ],
    zeros=[
        lambda xp, x: xp.zeros((2, 3), dtype=x.dtype, device=x.device) + x,
        lambda xp, i: i | xp.zeros((2, 3), dtype=xp.int64),
        lambda xp: xp.zeros(2),
    ],
    zeros_like=[
        lambda xp, x: xp.zeros_like(x) + x,
        lambda xp, x: ~xp.zeros_like(x, dtype=xp.bool, device=x.device),
    ],
    tril=[lambda xp, x: xp.tril(x), lambda xp, many: xp.tril(many, k=1)],
    triu=[lambda xp, x: xp.triu(x), lambda xp, many: xp.triu(many, k=-1)],
)

# Data types and inspection.
calls(
    astype=[
        lambda xp, x: xp.astype(x, xp.float32),
        lambda xp, x: xp.astype(x, xp.float64, copy=False, device=x.device),
        lambda xp, x: xp.astype(x, xp.complex128),
        lambda xp, x: xp.astype(10 * x, xp.int64),
    ],
    can_cast=[
        lambda xp, x: xp.can_cast(x, xp.float32),
        lambda xp: xp.can_cast(xp.int32, xp.int64),
    ],
    finfo=lambda xp, x: float(xp.finfo(x.dtype).eps),
    iinfo=lambda xp: xp.iinfo(xp.int32).max,
    isdtype=lambda xp, x: xp.isdtype(x.dtype, ("real floating", "integral")),
    result_type=[
        lambda xp, f: xp.zeros(2, dtype=xp.result_type(f, xp.float64)),
        lambda xp, f: xp.zeros(2, dtype=xp.result_type(f, 1.0)),
    ],
    __array_namespace_info__=[
        lambda xp: sorted(xp.__array_namespace_info__().default_dtypes()),
        lambda xp: sorted(xp.__array_namespace_info__().dtypes(kind="real floating")),
        lambda xp: sorted(xp.__array_namespace_info__().capabilities()),
    ],
)

# Manipulation.
calls(
    broadcast_arrays=lambda xp, x, row: xp.broadcast_arrays(x, row),
    broadcast_shapes=lambda xp: xp.broadcast_shapes((2, 1), (3,)),
    broadcast_to=lambda xp, row: xp.broadcast_to(row, shape=(2, 3)),
    concat=[
        lambda xp, x, y: xp.concat([x, y]),
        lambda xp, x, y: xp.concat((x, y), axis=1),
        lambda xp, x, row: xp.concat([x, row], axis=None),
    ],
    expand_dims=lambda xp, x: xp.expand_dims(x, axis=1),
    flip=[lambda xp, x: xp.flip(x), lambda xp, x: xp.flip(x, axis=1)],
    matrix_transpose=lambda xp, cube: xp.matrix_transpose(cube),
    moveaxis=lambda xp, cube: xp.moveaxis(cube, (0, 1), (2, 0)),
    permute_dims=lambda xp, cube: xp.permute_dims(cube, axes=(2, 0, 1)),
    repeat=[
        lambda xp, x: xp.repeat(x, 2),
        lambda xp, x: xp.repeat(x, 2, axis=0),
        lambda xp, x: xp.repeat(x, xp.asarray([1, 0, 2]), axis=1),
    ],
    reshape=[
        lambda xp, x: xp.reshape(x, (3, 2)),
        lambda xp, x: xp.reshape(x, shape=(-1,), copy=True),
        lambda xp, x: xp.reshape(x, (-1,), copy=False),
    ],
    roll=[
        lambda xp, x: xp.roll(x, 2),
        lambda xp, x: xp.roll(x, shift=(1, -1), axis=(0, 1)),
    ],
    squeeze=lambda xp, x: xp.squeeze(x[:1, None, :], axis=(0, 1)),
    stack=[lambda xp, x, y: xp.stack([x, y]), lambda xp, x, y: xp.stack((x, y), axis=-1)],
    tile=[lambda xp, x: xp.tile(x, (2,)), lambda xp, x: xp.tile(x, (2, 1, 3))],
    unstack=[lambda xp, x: xp.unstack(x), lambda xp, x: xp.unstack(x, axis=1)],
)

# Indexing, searching, sets, sorting.
calls(
    take=[
        lambda xp, x, places: xp.take(x, places, axis=1),
        lambda xp, row, places: xp.take(row, places),
    ],
    take_along_axis=[
        lambda xp, x: xp.take_along_axis(x, xp.argsort(x)),
        lambda xp, x: xp.take_along_axis(x, xp.argmax(x, axis=0, keepdims=True), axis=0),
    ],
    argmax=[lambda xp, x: xp.argmax(x), lambda xp, x: xp.argmax(x, axis=1, keepdims=True)],
    argmin=[lambda xp, x: xp.argmin(x), lambda xp, x: xp.argmin(x, axis=1, keepdims=True)],
    nonzero=lambda xp, x: xp.nonzero(x > 0),
    count_nonzero=[
        lambda xp, x: xp.count_nonzero(x),
        lambda xp, b: xp.count_nonzero(b, axis=1, keepdims=True),
    ],
    searchsorted=[
        lambda xp, row, x: xp.searchsorted(xp.sort(row), x, side="right"),
        lambda xp, row, x: xp.searchsorted(row, x[0, :], sorter=xp.argsort(row)),
        lambda xp, row: xp.searchsorted(xp.sort(row), 0.5),
    ],
    where=[
        lambda xp, b, x, y: xp.where(b, x, y),
        lambda xp, x: xp.where(x > 0, x, 0.0),
        lambda xp, x, row: xp.where(x > 0, 1.0, row),
    ],
    unique_all=lambda xp, x: xp.unique_all(x),
    unique_counts=lambda xp, x: xp.unique_counts(x),
    unique_inverse=lambda xp, x: xp.unique_inverse(x),
    unique_values=lambda xp, x: xp.sort(xp.unique_values(x)),
    isin=[
        lambda xp, i, j: xp.isin(i, j),
        lambda xp, i: xp.isin(i, 2, invert=True),
    ],
    argsort=[
        lambda xp, x: xp.argsort(x),
        lambda xp, x: xp.argsort(x, axis=0, descending=True, stable=False),
    ],
    sort=[
        lambda xp, x: xp.sort(x),
        lambda xp, x: xp.sort(x, axis=0, descending=True, stable=False),
    ],
)

# Reductions.
for name in ("sum", "prod"):
    calls(
        **{
            name: [
                lambda xp, x, name=name: getattr(xp, name)(x),
                lambda xp, cube, name=name: getattr(xp, name)(cube, axis=(0, 2), keepdims=True),
                lambda xp, f, name=name: getattr(xp, name)(f, axis=1, dtype=xp.float64),
                lambda xp, z, name=name: getattr(xp, name)(z, axis=-1),
                lambda xp, i, name=name: getattr(xp, name)(i, axis=0),
            ]
        }
    )
for name in ("mean", "max", "min"):
    calls(
        **{
            name: [
                lambda xp, x, name=name: getattr(xp, name)(x),
                lambda xp, f, name=name: getattr(xp, name)(f, axis=1),
                lambda xp, cube, name=name: getattr(xp, name)(cube, axis=(0, 2), keepdims=True),
            ]
        }
    )
for name in ("std", "var"):
    calls(
        **{
            name: [
                lambda xp, x, name=name: getattr(xp, name)(x),
                lambda xp, f, name=name: getattr(xp, name)(f, axis=1, correction=1),
                lambda xp, cube, name=name: getattr(xp, name)(
                    cube, axis=(0, 2), correction=0.5, keepdims=True
                ),
            ]
        }
    )
for name in ("cumulative_sum", "cumulative_prod"):
    calls(
        **{
            name: [
                lambda xp, row, name=name: getattr(xp, name)(row),
                lambda xp, x, name=name: getattr(xp, name)(x, axis=-1, include_initial=True),
                lambda xp, f, name=name: getattr(xp, name)(f, axis=0, dtype=xp.float64),
            ]
        }
    )
for name in ("all", "any"):
    calls(
        **{
            name: [
                lambda xp, b, name=name: getattr(xp, name)(b),
                lambda xp, x, name=name: getattr(xp, name)(x > 0, axis=1, keepdims=True),
            ]
        }
    )
calls(
    diff=[
        lambda xp, x: xp.diff(x),
        lambda xp, x: xp.diff(x, axis=0, n=1),
        lambda xp, row: xp.diff(row, n=2, prepend=row[:1] * 2, append=row[1:]),
    ]
)

# Products and linear algebra.
calls(
    matmul=[lambda xp, x, a: xp.matmul(x, a), lambda xp, many, row: xp.matmul(many, row)],
    tensordot=[
        lambda xp, cube, a: xp.tensordot(a, cube, axes=((1,), (1,))),
        lambda xp, x, y: xp.tensordot(x, y),
        lambda xp, row: xp.tensordot(row, row, axes=0),
    ],
    vecdot=[
        lambda xp, x, row: xp.vecdot(x, row),
        lambda xp, z, w: xp.vecdot(z, w, axis=-2),
    ],
)
calls(
    **{
        "linalg.cholesky": [
            lambda xp, s: xp.linalg.cholesky(s + s.T),
            lambda xp, s: xp.linalg.cholesky(s + s.T, upper=True),
        ],
        "linalg.cross": [
            lambda xp, x, y: xp.linalg.cross(x, y),
            lambda xp, x, y: xp.linalg.cross(x.T, y.T, axis=-2),
        ],
        "linalg.det": [lambda xp, a: xp.linalg.det(a), lambda xp, many: xp.linalg.det(many)],
        "linalg.diagonal": lambda xp, many: xp.linalg.diagonal(many, offset=-1),
        "linalg.eigh": [
            lambda xp, s: xp.linalg.eigh(s).eigenvalues,
            lambda xp, s: xp.abs(xp.linalg.eigh(s)[1]),
        ],
        "linalg.eigvalsh": lambda xp, s: xp.linalg.eigvalsh(s),
        "linalg.inv": lambda xp, many: xp.linalg.inv(many),
        "linalg.matmul": lambda xp, x, a: xp.linalg.matmul(x, a),
        "linalg.matrix_norm": [
            lambda xp, cube: xp.linalg.matrix_norm(cube),
            lambda xp, cube: xp.linalg.matrix_norm(cube, ord="nuc", keepdims=True),
            lambda xp, cube: xp.linalg.matrix_norm(cube, ord=2),
            lambda xp, cube: xp.linalg.matrix_norm(cube, ord=-2),
            lambda xp, cube: xp.linalg.matrix_norm(cube, ord=1),
            lambda xp, cube: xp.linalg.matrix_norm(cube, ord=-1),
            lambda xp, cube: xp.linalg.matrix_norm(cube, ord=float("inf")),
            lambda xp, cube: xp.linalg.matrix_norm(cube, ord=-float("inf")),
        ],
        "linalg.matrix_power": [
            lambda xp, a: xp.linalg.matrix_power(a, 3),
            lambda xp, many: xp.linalg.matrix_power(many, -2),
            lambda xp, many: xp.linalg.matrix_power(many, 0),
        ],
        "linalg.matrix_rank": [
            lambda xp, many: xp.linalg.matrix_rank(many),
            lambda xp, a: xp.linalg.matrix_rank(a, rtol=0.5),
        ],
        "linalg.matrix_transpose": lambda xp, cube: xp.linalg.matrix_transpose(cube),
        "linalg.outer": lambda xp, row: xp.linalg.outer(row, row[:2]),
        "linalg.pinv": [
            lambda xp, tall: xp.linalg.pinv(tall),
            lambda xp, many: xp.linalg.pinv(many, rtol=1e-9),
        ],
        "linalg.qr": [
            lambda xp, tall: xp.linalg.qr(tall),
            lambda xp, a: xp.linalg.qr(a, mode="complete").R,
        ],
        "linalg.slogdet": lambda xp, many: xp.linalg.slogdet(many),
        "linalg.solve": [
            lambda xp, a, row: xp.linalg.solve(a, row),
            lambda xp, many, tall: xp.linalg.solve(many, tall.T),
        ],
        "linalg.svd": [
            lambda xp, tall: xp.linalg.svd(tall, full_matrices=False).S,
            lambda xp, tall: [xp.abs(part) for part in xp.linalg.svd(tall, full_matrices=False)],
            lambda xp, a: xp.abs(xp.linalg.svd(a)[2]),
        ],
        "linalg.svdvals": lambda xp, many: xp.linalg.svdvals(many),
        "linalg.tensordot": lambda xp, x, y: xp.linalg.tensordot(x, y.T, axes=1),
        "linalg.trace": [
            lambda xp, many: xp.linalg.trace(many, offset=1),
            lambda xp, f: xp.linalg.trace(f, dtype=xp.float64),
        ],
        "linalg.vecdot": lambda xp, x, y: xp.linalg.vecdot(x, y, axis=-2),
        "linalg.vector_norm": [
            lambda xp, x: xp.linalg.vector_norm(x),
            lambda xp, x: xp.linalg.vector_norm(x, axis=1, ord=3),
            lambda xp, cube: xp.linalg.vector_norm(cube, axis=(0, 1), ord=1, keepdims=True),
            lambda xp, x: xp.linalg.vector_norm(x, axis=0, ord=float("inf")),
            lambda xp, x: xp.linalg.vector_norm(x, axis=0, ord=-float("inf")),
            lambda xp, x: xp.linalg.vector_norm(x, axis=0, ord=0),
            lambda xp, z: xp.linalg.vector_norm(z, axis=1),
        ],
    }
)

# Fourier transforms.
for name in ("fft", "ifft", "hfft", "irfft", "rfft", "ihfft"):
    source = "x" if name in ("rfft", "ihfft") else "z"
    for options in ("", ", n=4, axis=0, norm='ortho'", ", n=2, norm='forward'"):
        form = f"lambda xp, {source}: xp.fft.{name}({source}{options})"
        calls(**{f"fft.{name}": eval(form)})
for name in ("fftn", "ifftn", "rfftn", "irfftn"):
    source = "x" if name == "rfftn" else "z"
    for options in ("", ", s=(3, 4), axes=(1, 0), norm='ortho'", ", axes=(1,), norm='forward'"):
        form = f"lambda xp, {source}: xp.fft.{name}({source}{options})"
        calls(**{f"fft.{name}": eval(form)})
calls(
    **{
        "fft.fftfreq": lambda xp, x: xp.fft.fftfreq(4, d=0.5, dtype=x.dtype, device=x.device),
        "fft.rfftfreq": lambda xp, x: xp.fft.rfftfreq(4, d=0.5, dtype=x.dtype, device=x.device),
        "fft.fftshift": lambda xp, x: xp.fft.fftshift(x, axes=1),
        "fft.ifftshift": lambda xp, x: xp.fft.ifftshift(x, axes=(0, 1)),
    }
)

# The array object.
for name in ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv"):
    operation = getattr(operator, name)
    augmented = getattr(operator, f"i{name}")
    calls(
        **{
            f"array.__{name}__": [
                lambda xp, p, y, op=operation: op(p, y),
                lambda xp, p, op=operation: op(p, 2),
            ],
            f"array.__r{name}__": lambda xp, p, op=operation: op(2, p),
            f"array.__i{name}__": lambda xp, p, row, op=augmented: op(p * 1.0, row + 2.0),
        }
    )
for name in ("and", "or", "xor", "lshift", "rshift"):
    operation = getattr(operator, f"{name}_" if name in ("and", "or") else name)
    augmented = getattr(operator, f"i{name}")
    calls(
        **{
            f"array.__{name}__": lambda xp, i, j, op=operation: op(i, j),
            f"array.__r{name}__": lambda xp, j, op=operation: op(6, j),
            f"array.__i{name}__": lambda xp, i, j, op=augmented: op(i * 1, j),
        }
    )
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    operation = getattr(operator, name)
    calls(
        **{
            f"array.__{name}__": [
                lambda xp, x, y, op=operation: op(x, y),
                lambda xp, x, op=operation: op(0.5, x),
            ]
        }
    )
calls(
    **{
        "array.__matmul__": lambda xp, x, a: x @ a,
        "array.__rmatmul__": lambda xp, x, a: a.__rmatmul__(x),
        "array.__imatmul__": lambda xp, x, a: operator.imatmul(x * 1.0, a),
        "array.__neg__": lambda xp, x: -x,
        "array.__pos__": lambda xp, x: +x,
        "array.__abs__": [lambda xp, x: abs(x), lambda xp, z: abs(z)],
        "array.__invert__": lambda xp, i: ~i,
        "array.__bool__": lambda xp, scalar: bool(scalar),
        "array.__int__": lambda xp, scalar: int(scalar * 10),
        "array.__float__": lambda xp, scalar: float(scalar),
        "array.__complex__": lambda xp, scalar: complex(scalar),
        "array.__index__": lambda xp, places: operator.index(places[0]),
        "array.__getitem__": [
            lambda xp, x: x[1, 2],
            lambda xp, x: x[:, ::-1],
            lambda xp, cube: cube[..., None, 1:3],
            lambda xp, x: x[x > 0],
            lambda xp, x, places: x[1, places],
        ],
        "array.__setitem__": [
            lambda xp, x, row: written(xp.zeros_like(x), (0, slice(None)), row),
            lambda xp, x: written(xp.zeros((2, 3)), (slice(None), 1), x[:, 0]),
            lambda xp, x: written(x * 2.0, x > 0, 1.0),
        ],
        "array.T": lambda xp, x: x.T,
        "array.mT": lambda xp, cube: cube.mT,
        "array.shape": lambda xp, x: x.shape,
        "array.size": lambda xp, x: x.size,
        "array.ndim": lambda xp, x: x.ndim,
        "array.dtype": lambda xp, x: x.dtype == xp.float64,
        "array.device": lambda xp, x: x.device == xp.asarray(1.0).device,
        "array.to_device": lambda xp, x: x.to_device(x.device),
        "array.__array_namespace__": lambda xp, x: x.__array_namespace__().sin(x),
        "array.__dlpack__": lambda xp, x: np.from_dlpack(x),
        "array.__dlpack_device__": lambda xp, x: tuple(map(int, x.__dlpack_device__())),
    }
)
CONSTANTS = ["e", "inf", "nan", "pi", "newaxis"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
DTYPES = ["bool", *INTEGERS, "float32", "float64", "complex64", "complex128"]
calls(**{name: (lambda xp, name=name: getattr(xp, name)) for name in CONSTANTS})
calls(**{name: (lambda xp, name=name: xp.zeros(1, dtype=getattr(xp, name))) for name in DTYPES})
