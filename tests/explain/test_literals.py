"""Literals give back what they stand for, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from adbench.explain.literals import UNPACKED, Literals, comment

NAMESPACE = {"np": np}
exec("import base64\nimport zlib\n" + UNPACKED, NAMESPACE)

dtypes = st.one_of(
    arrays.floating_dtypes(sizes=(16, 32, 64), endianness="="),
    arrays.complex_number_dtypes(sizes=(64, 128), endianness="="),
    arrays.integer_dtypes(endianness="="),
    arrays.unsigned_integer_dtypes(endianness="="),
    arrays.boolean_dtypes(),
)


def read(source):
    return eval(source, NAMESPACE)


def same(a, b):
    assert type(a) is type(b)
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    nan = np.isnan(a) if a.dtype.kind in "fc" else np.zeros(a.shape, bool)
    np.testing.assert_array_equal(nan, np.isnan(b) if a.dtype.kind in "fc" else nan)
    # A NaN's payload and sign are no part of its value; every other bit is.
    assert np.where(nan, 0, a).tobytes() == np.where(nan, 0, b).tobytes()


@given(arrays.arrays(dtypes, arrays.array_shapes(min_dims=0, min_side=0, max_side=9)))
def test_arrays(array):
    same(read(Literals().array(array)), array)


@given(st.floats() | st.complex_numbers() | st.integers() | st.booleans())
def test_python_numbers(number):
    found = read(Literals().value(number))
    assert type(found) is type(number)
    if isinstance(number, int):
        assert found == number
    else:
        same(np.asarray(found), np.asarray(number))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16", "i1", "i8", "u4", "?"])
def test_numpy_numbers_keep_their_type(dtype):
    number = np.dtype(dtype).type(1)
    same(read(Literals().value(number)), number)
    assert read(Literals().value(number.dtype)) == number.dtype
    assert read(Literals().value(type(number))) == number.dtype


def test_indices_and_nested_values():
    index = (slice(None, -1), 2, None, Ellipsis, slice(1, 8, 2))
    assert read(Literals().value(index)) == index
    assert read(Literals().value([1, (2.0,), "a'b"])) == [1, (2.0,), "a'b"]


def test_what_has_no_literal_is_refused():
    with pytest.raises(ValueError, match="object"):
        Literals().value(object())


def test_a_comment_stays_on_its_line():
    hostile = "a\nb\rc\x0cd\u2028e\u202ef\x1b[2J"
    assert comment(hostile) == "a\\nb\\rc\\x0cd\\u2028e\\u202ef\\x1b[2J"
