"""A small array namespace in 120 digits (mpmath), so that a corpus function can be replayed.

It is the referee of the corpus itself and shares nothing with adbench. An array is a NumPy
object array of mpf or mpc numbers in a wrapper that answers `__array_namespace__`.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp.clone()
mp.dps = 120

pi = float(np.pi)
inf = float("inf")
nan = float("nan")
newaxis = None
float64 = object
float32 = object
int64 = np.int64


def _number(value: Any) -> Any:
    if isinstance(value, (mp.mpf, mp.mpc)):
        return value
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return mp.mpf(int(value))
    if isinstance(value, (complex, np.complexfloating)):
        return mp.mpc(complex(value))
    return mp.mpf(float(value))


_numbers = np.frompyfunc(_number, 1, 1)


def _raw(value: Any) -> np.ndarray:
    """The object array behind anything array-like."""
    if isinstance(value, MpArray):
        return value.raw
    if isinstance(value, (list, tuple)):
        return np.array([_raw(item) for item in value], dtype=object)
    return np.asarray(_numbers(np.asarray(value)), dtype=object)


def _index(key: Any) -> Any:
    return np.asarray(key) if isinstance(key, list) else key


class MpArray:
    """An array of multiple-precision numbers."""

    __slots__ = ("raw",)
    __array_ufunc__ = None
    dtype = object
    device = None

    def __init__(self, raw: Any) -> None:
        self.raw = np.asarray(raw, dtype=object)

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return sys.modules[__name__]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.raw.shape

    @property
    def ndim(self) -> int:
        return self.raw.ndim

    @property
    def size(self) -> int:
        return self.raw.size

    @property
    def T(self) -> MpArray:  # noqa: N802 - the array API's name
        return MpArray(self.raw.T)

    @property
    def real(self) -> MpArray:
        return real(self)

    @property
    def imag(self) -> MpArray:
        return imag(self)

    def __len__(self) -> int:
        return len(self.raw)

    def __iter__(self) -> Any:
        return (MpArray(item) for item in self.raw)

    def __getitem__(self, key: Any) -> MpArray:
        return MpArray(self.raw[_index(key)])

    def __float__(self) -> float:
        return float(self.raw.item())

    def __int__(self) -> int:
        return int(self.raw.item())

    def __neg__(self) -> MpArray:
        return MpArray(-self.raw)

    def __matmul__(self, other: Any) -> MpArray:
        return MpArray(np.matmul(self.raw, _raw(other)))

    def __rmatmul__(self, other: Any) -> MpArray:
        return MpArray(np.matmul(_raw(other), self.raw))


def _binary(function: Callable[[Any, Any], Any]) -> Any:
    def method(self: MpArray, other: Any) -> MpArray:
        return MpArray(function(self.raw, _raw(other)))

    def reflected(self: MpArray, other: Any) -> MpArray:
        return MpArray(function(_raw(other), self.raw))

    return method, reflected


def _power(base: Any, exponent: Any) -> Any:
    integer = exponent == int(exponent.real) if exponent.imag == 0 else False
    return base ** int(exponent.real) if integer else mp.power(base, exponent)


for _name, _function in {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "mod": np.frompyfunc(lambda a, b: a - b * mp.floor(a / b), 2, 1),
    "pow": np.frompyfunc(_power, 2, 1),
}.items():
    _method, _reflected = _binary(_function)
    setattr(MpArray, f"__{_name}__", _method)
    setattr(MpArray, f"__r{_name}__", _reflected)


def _comparison(function: Callable[[Any, Any], Any]) -> Any:
    def compare(self: MpArray, other: Any) -> Any:
        return np.asarray(function(self.raw, _raw(other))).astype(bool)

    return compare


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(MpArray, f"__{_name}__", _comparison(getattr(operator, _name)))


def _elementwise(function: Callable[..., Any], arguments: int = 1) -> Callable[..., MpArray]:
    vectorised = np.frompyfunc(function, arguments, 1)

    def apply(*values: Any) -> MpArray:
        return MpArray(vectorised(*(_raw(value) for value in values)))

    return apply


exp = _elementwise(mp.exp)
expm1 = _elementwise(mp.expm1)
log = _elementwise(mp.log)
log1p = _elementwise(mp.log1p)
sqrt = _elementwise(mp.sqrt)
sin = _elementwise(mp.sin)
cos = _elementwise(mp.cos)
tan = _elementwise(mp.tan)
sinh = _elementwise(mp.sinh)
cosh = _elementwise(mp.cosh)
tanh = _elementwise(mp.tanh)
asin = _elementwise(mp.asin)
acos = _elementwise(mp.acos)
atan = _elementwise(mp.atan)
atan2 = _elementwise(mp.atan2, 2)
abs = _elementwise(mp.fabs)
sign = _elementwise(mp.sign)
floor = _elementwise(mp.floor)
round = _elementwise(mp.nint)
erf = _elementwise(mp.erf)
erfc = _elementwise(mp.erfc)
gamma = _elementwise(mp.gamma)
gammaln = _elementwise(mp.loggamma)
i0e = _elementwise(lambda x: mp.exp(-mp.fabs(x)) * mp.besseli(0, x))
conj = _elementwise(mp.conj)
real = _elementwise(mp.re)
imag = _elementwise(mp.im)
hypot = _elementwise(mp.hypot, 2)
pow = _elementwise(_power, 2)
maximum = _elementwise(lambda a, b: a if a >= b else b, 2)
minimum = _elementwise(lambda a, b: a if a <= b else b, 2)
multiply = _elementwise(operator.mul, 2)


def clip(x: Any, low: Any, high: Any) -> MpArray:
    return minimum(maximum(x, low), high)


def where(condition: Any, a: Any, b: Any) -> MpArray:
    return MpArray(np.where(np.asarray(condition), _raw(a), _raw(b)))


def asarray(value: Any, dtype: Any = None, device: Any = None) -> MpArray:
    return value if isinstance(value, MpArray) else MpArray(_raw(value))


def astype(x: MpArray, dtype: Any) -> MpArray:
    return x


def zeros_like(x: MpArray) -> MpArray:
    return MpArray(_raw(np.zeros(x.shape)))


def ones_like(x: MpArray) -> MpArray:
    return MpArray(_raw(np.ones(x.shape)))


def zeros(shape: Any, dtype: Any = None) -> MpArray:
    return MpArray(_raw(np.zeros(shape)))


def ones(shape: Any, dtype: Any = None) -> MpArray:
    return MpArray(_raw(np.ones(shape)))


def eye(n: int, dtype: Any = None) -> MpArray:
    return MpArray(_raw(np.eye(n)))


def arange(*bounds: int, dtype: Any = None) -> MpArray:
    return MpArray(_raw(np.arange(*bounds)))


def _reduction(function: Callable[..., Any]) -> Callable[..., MpArray]:
    def reduce(x: MpArray, axis: Any = None, keepdims: bool = False) -> MpArray:
        return MpArray(function(x.raw, axis=axis, keepdims=keepdims))

    return reduce


sum = _reduction(lambda raw, **options: np.sum(raw, initial=mp.mpf(0), **options))
prod = _reduction(lambda raw, **options: np.prod(raw, initial=mp.mpf(1), **options))
max = _reduction(np.max)
min = _reduction(np.min)


def mean(x: MpArray, axis: Any = None, keepdims: bool = False) -> MpArray:
    count = x.size if axis is None else x.shape[axis]
    return sum(x, axis=axis, keepdims=keepdims) / count


def var(x: MpArray, axis: Any = None, keepdims: bool = False) -> MpArray:
    return mean((x - mean(x, axis=axis, keepdims=True)) ** 2, axis=axis, keepdims=keepdims)


def any(x: Any, axis: Any = None) -> Any:
    return np.any(np.asarray(x), axis=axis)


def all(x: Any, axis: Any = None) -> Any:
    return np.all(np.asarray(x), axis=axis)


def cumulative_sum(x: MpArray, axis: int = 0) -> MpArray:
    return MpArray(np.add.accumulate(x.raw, axis=axis))


def cumulative_prod(x: MpArray, axis: int = 0) -> MpArray:
    return MpArray(np.multiply.accumulate(x.raw, axis=axis))


def reshape(x: MpArray, shape: Any) -> MpArray:
    return MpArray(x.raw.reshape(shape))


def permute_dims(x: MpArray, axes: Sequence[int]) -> MpArray:
    return MpArray(x.raw.transpose(axes))


def flip(x: MpArray, axis: int | None = None) -> MpArray:
    return MpArray(np.flip(x.raw, axis=axis))


def roll(x: MpArray, shift: int, axis: int | None = None) -> MpArray:
    return MpArray(np.roll(x.raw, shift, axis=axis))


def concat(arrays: Sequence[Any], axis: int = 0) -> MpArray:
    return MpArray(np.concatenate([_raw(a) for a in arrays], axis=axis))


def stack(arrays: Sequence[Any], axis: int = 0) -> MpArray:
    return MpArray(np.stack([_raw(a) for a in arrays], axis=axis))


def take(x: MpArray, indices: Any, axis: int = 0) -> MpArray:
    return MpArray(np.take(x.raw, np.asarray(indices), axis=axis))


def sort(x: MpArray, axis: int = -1) -> MpArray:
    return MpArray(np.sort(x.raw, axis=axis))


def matmul(a: Any, b: Any) -> MpArray:
    return MpArray(np.matmul(_raw(a), _raw(b)))


def tensordot(a: Any, b: Any, axes: Any = 2) -> MpArray:
    return MpArray(np.tensordot(_raw(a), _raw(b), axes=axes))


def broadcast_to(x: MpArray, shape: Any) -> MpArray:
    return MpArray(np.broadcast_to(x.raw, shape))


def _matrix(x: MpArray) -> Any:
    return mp.matrix(x.raw.tolist())


def _from_matrix(m: Any, shape: Sequence[int]) -> MpArray:
    return MpArray(np.array(list(m), dtype=object).reshape(shape))


class linalg:  # noqa: N801 - the array API's name
    """The linear algebra of the namespace."""

    @staticmethod
    def inv(x: MpArray) -> MpArray:
        return _from_matrix(_matrix(x) ** -1, x.shape)

    @staticmethod
    def solve(a: MpArray, b: MpArray) -> MpArray:
        return _from_matrix(mp.lu_solve(_matrix(a), mp.matrix(b.raw.tolist())), b.shape)

    @staticmethod
    def det(x: MpArray) -> MpArray:
        return MpArray(mp.det(_matrix(x)))

    @staticmethod
    def cholesky(x: MpArray) -> MpArray:
        symmetric = (x.raw + x.raw.T) / 2
        return _from_matrix(mp.cholesky(mp.matrix(symmetric.tolist())), x.shape)

    @staticmethod
    def eigvalsh(x: MpArray) -> MpArray:
        symmetric = (x.raw + x.raw.T) / 2
        eigenvalues = mp.eigsy(mp.matrix(symmetric.tolist()), eigvals_only=True)
        return MpArray(np.sort(np.array(list(eigenvalues), dtype=object)))

    @staticmethod
    def trace(x: MpArray) -> MpArray:
        return MpArray(np.trace(x.raw))

    @staticmethod
    def vector_norm(x: MpArray, axis: Any = None, keepdims: bool = False) -> MpArray:
        return sqrt(sum(abs(x) ** 2, axis=axis, keepdims=keepdims))
