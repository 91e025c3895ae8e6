"""The namespace of traced arrays, beyond the functions that test_array_api.py calls."""

import array_api_compat
import numpy as np
import pytest

from adbench.engine import grad

X = np.array([[0.6, -1.2, 2.5], [0.7, 0.1, -0.4]])


def traced_namespace():
    found = []
    grad(lambda x: found.append(x.__array_namespace__()) or np.sum(x))(X)
    return found[0]


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


def test_versions_of_the_standard():
    def f(x):
        assert x.__array_namespace__(api_version="2023.12") is x.__array_namespace__()
        with pytest.raises(ValueError, match=r"2020\.01"):
            x.__array_namespace__(api_version="2020.01")
        return np.sum(x)

    grad(f)(X)
    grad(f, mode="compiled")(X)


def test_floor_division_in_place_leaves_no_derivative():
    def f(x):
        y = x * 1.0
        y //= 0.5
        y += x
        return np.sum(y * x)

    np.testing.assert_allclose(grad(f)(X), X // 0.5 + 2 * X)
    compiled = grad(f, mode="compiled")
    for _ in range(3):
        np.testing.assert_allclose(compiled(X), X // 0.5 + 2 * X)


def test_buffers_of_booleans_take_bitwise_operators():
    def f(x):
        mask = np.zeros_like(x, dtype=bool)
        mask |= x > 0
        return np.sum(np.where(mask & ~np.zeros_like(x, dtype=bool), x, 0.0))

    np.testing.assert_array_equal(grad(f)(X), X > 0)
    compiled = grad(f, mode="compiled")
    for _ in range(3):
        np.testing.assert_array_equal(compiled(X), X > 0)
