import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import torch

from adbench.backends import get_backend, to_numpy
from adbench.backends.arrays import at_precision, bits_equal, is_inexact, real_precision

DTYPES = ["float16", "float32", "float64", "complex64", "complex128", "int8", "int64", "bool"]


@pytest.fixture(autouse=True)
def _x64():
    get_backend("jax")


@pytest.mark.parametrize("dtype", [*DTYPES, "bfloat16"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_to_numpy_keeps_dtype_shape_and_values_from_every_library(dtype, shape):
    array = np.ones(shape, dtype=ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    tensor = torch.ones(shape, dtype=getattr(torch, dtype))
    for value in (array, jnp.asarray(array), tensor):
        assert bits_equal(to_numpy(value), array)


def test_to_numpy_takes_tracked_conjugated_and_sparse_tensors():
    z = torch.tensor([1 + 2j], requires_grad=True)
    assert to_numpy(z.conj())[0] == 1 - 2j
    assert to_numpy(z.conj().imag)[0] == -2
    assert to_numpy(torch.eye(2).to_sparse()).tolist() == [[1, 0], [0, 1]]


def test_to_numpy_takes_numbers_lists_and_foreign_byte_order():
    assert to_numpy(1.5).dtype == np.float64
    assert to_numpy([[1, 2]]).shape == (1, 2)
    assert to_numpy(np.ones(2, ">f4")).dtype == np.dtype("=f4")


@pytest.mark.parametrize("value", ["text", None, object(), {"a": 1}])
def test_to_numpy_refuses_what_is_no_number(value):
    with pytest.raises(TypeError, match="not an array of numbers"):
        to_numpy(value)


def test_precisions():
    bfloat16 = np.dtype(ml_dtypes.bfloat16)
    assert is_inexact(bfloat16)
    assert not is_inexact(np.dtype("i4"))
    assert real_precision(np.dtype("c8")) == np.float32
    assert real_precision(bfloat16) == bfloat16
    assert at_precision(np.dtype("c8"), np.dtype("f8")) == np.complex128
    assert at_precision(np.dtype("c16"), np.dtype("f2")) == np.complex64
    assert at_precision(np.dtype("f4"), np.dtype("f8")) == np.float64
    assert at_precision(np.dtype("i4"), np.dtype("f8")) == np.dtype("i4")


def test_bits_equal_tells_what_comparison_does_not():
    nan = np.array([np.nan, 0.0])
    assert bits_equal(nan, nan.copy())
    assert not bits_equal(np.array(0.0), np.array(-0.0))
    assert not bits_equal(np.zeros(2), np.zeros(2, "f4"))
    assert not bits_equal(np.zeros(2), np.zeros((2, 1)))
    assert bits_equal(np.arange(6.0).reshape(2, 3).T, np.arange(6.0).reshape(2, 3).T.copy())
    assert bits_equal(np.zeros(0), np.zeros(0))


def test_jax_arrays_do_not_lose_bits():
    assert jax.config.jax_enable_x64
    assert jnp.asarray(np.ones(1)).dtype == np.float64
