"""Exact arrays act as ndarrays do: operators, methods, indexing, casts, conversions."""

import copy
import operator

import numpy as np
import pytest

from adbench.numeric.exact import ExactArray
from adbench.numeric.exact.numbers import doubles
from adbench.numeric.exact.operators import METHODS
from adbench.numeric.refusal import CannotReplay

rng = np.random.default_rng(11)
m = rng.normal(size=(3, 4))
n = rng.normal(size=(3, 4))
v = np.sort(rng.normal(size=5))
z = m + 1j * n


def plain(value):
    return doubles(value.raw, value.complex) if isinstance(value, ExactArray) else value


def same(found, expected):
    np.testing.assert_allclose(plain(found), expected, rtol=1e-14, atol=1e-15)
    assert np.shape(found) == np.shape(expected)
    assert found.dtype == np.asarray(expected).dtype


OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
]


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
@pytest.mark.parametrize("other", [n, 2, 0.1, np.float64(0.3), np.array([1, 2, 3, 4])], ids=str)
def test_operators_with_arrays_and_numbers_on_either_side(op, other):
    exact = ExactArray(other) if other is n else other
    same(op(ExactArray(m), exact), op(m, other))
    same(op(exact, ExactArray(m)), op(other, m))


def test_powers_products_and_signs():
    x = ExactArray(m)
    same(abs(x) ** 2.5, abs(m) ** 2.5)
    same(2**x, 2**m)
    same(x @ ExactArray(n.T), m @ n.T)
    same(m.T @ x, m.T @ m)
    same(-x, -m)
    same(+x, m)
    same(1j * x, 1j * m)


def test_operators_in_place_write_into_the_same_memory():
    x, expected = ExactArray(m), m.copy()
    view, expected_view = x[1:], expected[1:]
    for array in (x, expected):
        array += 1
        array *= 2.5
        array -= n
        array /= 3
        array **= 2
    same(view, expected_view)


ARGUMENTS = {
    "dot": (n.T,),
    "clip": (-0.5, 0.5),
    "swapaxes": (0, 1),
    "repeat": (2,),
    "take": ([0, 2],),
    "searchsorted": (0.3,),
    "compress": ([True, False, True], 0),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_does_what_numpys_does(name):
    array = v if name == "searchsorted" else m
    arguments = ARGUMENTS.get(name, ())
    found = getattr(ExactArray(array), name)(*arguments)
    expected = getattr(array, name)(*arguments)
    if isinstance(expected, tuple):
        assert all(map(np.array_equal, found, expected))
    else:
        same(found, expected)


def test_methods_about_shape():
    x = ExactArray(m)
    same(x.reshape(4, 3), m.reshape(4, 3))
    same(x.reshape((2, -1)), m.reshape((2, -1)))
    same(x.transpose(), m.transpose())
    same(x.transpose(1, 0), m.transpose(1, 0))
    same(x.flatten(), m.flatten())
    same(x.T, m.T)
    same(x.mT, m.mT)
    same(ExactArray(z).real, z.real)
    same(ExactArray(z).imag, z.imag)
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == (m.shape, 2, 12, 3, m.dtype)
    assert (x.nbytes, x.itemsize, x.device) == (m.nbytes, 8, m.device)
    assert x.to_device("cpu") is x


INDICES = [
    (1,),
    (slice(None), 2),
    (slice(None, None, -1),),
    (..., None, 1),
    ([0, 2],),
    (np.array([0, 1]), np.array([3, 0])),
    (m > 0,),
    (m[:, 0] > 0, slice(1, 3)),
    (2, 3),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing_and_assignment(index):
    x, expected = ExactArray(m), m.copy()
    same(x[index], expected[index])
    for array in (x, expected):
        array[index] = 7.5
        array[index] *= 2
    same(x, expected)
    x[index] = ExactArray(m)[index]
    same(x, m)


def test_iteration_and_membership():
    x = ExactArray(v)
    assert [plain(item).item() for item in x] == v.tolist()
    assert [plain(item).item() for item in x.flat] == v.tolist()
    assert [plain(item).item() for item in x.tolist()] == v.tolist()
    assert v[0] in x
    assert 100.0 not in x
    a, *_ = x
    same(a, v[0])


def test_a_copy_has_memory_of_its_own():
    x = ExactArray(v)
    for twin in (x.copy(), copy.copy(x), copy.deepcopy(x), np.copy(x)):
        twin.fill(0.0)
        twin.sort()
    same(x, v)


def test_casts():
    x = ExactArray(10 * m)
    same(x.astype(float), 10 * m)
    same(x.astype("complex128"), (10 * m).astype(complex))
    for dtype in (int, np.int32, bool):
        found = x.astype(dtype)
        assert type(found) is np.ndarray
        same(found, (10 * m).astype(dtype))
    for dtype in (np.float32, np.float16, np.complex64):
        with pytest.raises(CannotReplay, match="rounds"):
            x.astype(dtype)
    with pytest.raises(CannotReplay):
        ExactArray(z).astype(float)


def test_conversions_of_one_element():
    x = ExactArray(np.array(2.75))
    assert int(x) == 2
    assert bool(x)
    assert not ExactArray(np.array(0.0))
    same(round(x), round(np.float64(2.75)) * 1.0)
    same(x.item(), 2.75)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(ExactArray(m))
    with pytest.raises(TypeError):
        int(ExactArray(m))
    with pytest.raises(TypeError):
        hash(x)
    with pytest.raises(TypeError):
        len(x)


def test_what_an_ndarray_has_and_an_exact_array_lacks():
    x = ExactArray(m)
    assert not hasattr(x, "view")
    assert not hasattr(x, "cuda")
    with pytest.raises(CannotReplay, match=r"numpy\.ndarray\.tobytes"):
        x.tobytes()
    with pytest.raises(AttributeError, match="no attribute 'cuda'"):
        x.cuda()


def test_complex_numbers_do_not_fit_into_a_real_array():
    x = ExactArray(m)
    with pytest.raises(TypeError, match="complex"):
        x[0, 0] = 1j


def test_numbers_of_all_kinds_are_taken_exactly():
    third = ExactArray(np.array([1.0])) / 3
    assert not (third == 1.0 / 3.0).item()
    assert (ExactArray(np.float64(0.1)) == 0.1).item()
    assert (ExactArray(np.longdouble("0.1")) != 0.1).item() == (np.finfo(np.longdouble).nmant > 52)
    assert (ExactArray(2**60 + 1) - 2**60).item() == 1
