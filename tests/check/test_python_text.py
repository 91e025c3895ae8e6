"""A point's text, run as Python, is that point."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adbench.backends.protocol import Leaf
from adbench.check.layout import Layout
from adbench.check.python_text import effort, python_text

_DTYPES = st.sampled_from([np.float64, np.float32, np.float16, np.complex128, np.complex64])
_SHAPES = st.sampled_from([(), (3,), (2, 2), (0,), (5, 8), (100,)])


@given(st.data(), _DTYPES, _SHAPES)
def test_the_text_gives_the_array_back(data, dtype, shape):
    finite = {"allow_nan": False, "allow_infinity": False}
    x = data.draw(arrays(dtype, shape, elements=finite, fill=st.just(0)))
    text = python_text([x], Layout([Leaf("x", shape, np.dtype(dtype))]))
    if text is None:
        assert x.size > 16
        return
    scope = {"np": np}
    exec(text, scope)
    np.testing.assert_array_equal(scope["x"], x, strict=True)


def test_a_leaf_of_a_tree_is_assigned_where_it_is():
    layout = Layout([Leaf("p['w']", (2,), np.dtype(float)), Leaf("b", (), np.dtype(float))])
    text = python_text([np.array([1.5, 0.0]), np.array(2.0)], layout)
    assert text == "p['w'] = np.array([1.5, 0.0]); b = np.array(2.0)"


def test_simple_is_less_effort():
    points = [[0, 0, 0], [0, 0, 1], [0, 0, 21], [0, 0, 20.53], [0, 21, 22], [1, 21, 22]]
    efforts = [effort([np.array(x, float)]) for x in points]
    assert efforts == sorted(efforts)
