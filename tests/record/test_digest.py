"""The digest of what a function is given: the same for the same inputs, another for any other."""

from __future__ import annotations

import numpy as np
import pytest

from adbench.record.digest import inputs_digest

X = np.array([[1.0, 2.0], [3.0, 4.0]])


def digest(x=X, *, active=True, **params):
    return inputs_digest({"x": x}, {"x": active}, params)


@pytest.mark.parametrize(
    "same", [X.copy(), np.asfortranarray(X), X.astype(">f8"), np.repeat(X, 2, axis=0)[::2]]
)
def test_layout_and_byte_order_do_not_matter(same) -> None:
    assert digest(same).sha256 == digest().sha256


@pytest.mark.parametrize(
    "other",
    [
        X.astype(np.float32),
        X.reshape(4),
        X.T,
        np.nextafter(X, 9.0),
        -0.0 * X,
    ],
)
def test_dtype_shape_and_every_bit_matter(other) -> None:
    assert digest(other).sha256 != digest().sha256


def test_what_is_differentiated_and_the_parameters_matter() -> None:
    digests = {digest().sha256, digest(active=False).sha256, digest(k=2).sha256, digest(k=3).sha256}
    assert len(digests) == 4


def test_the_figures_are_norm_and_projections() -> None:
    (figures,) = digest(np.array([3.0, 4.0])).figures.values()
    assert figures[0] == 5.0
    assert {abs(value) for value in figures[1:]} <= {1.0, 7.0}
    (complex_figures,) = digest(np.array([3.0 + 4.0j])).figures.values()
    assert complex_figures[0] == 5.0
    (huge,) = digest(np.array([3e200, 4e200])).figures.values()
    assert huge[0] == pytest.approx(5e200)


def test_the_parameters_have_a_digest_of_their_own() -> None:
    assert digest(k=1).parameters != digest(k=2).parameters
    assert digest(k=1).parameters == digest(X + 1, k=1).parameters


def test_leaves_are_named_as_a_user_writes_them() -> None:
    arguments = {"w": {"a": np.ones(3)}, "layers": [np.ones((2, 2), np.float32), np.arange(4)]}
    active = {"w": {"a": True}, "layers": [True, False]}
    found = inputs_digest(arguments, active, {})
    assert found.leaves == {
        "w['a']": "float64[3]",
        "layers[0]": "float32[2, 2]",
        "layers[1]": "int64[4] data",
    }
    assert found.numbers == 11


def test_a_dtype_that_numpy_does_not_have_is_no_obstacle() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert digest(X.astype(ml_dtypes.bfloat16)).leaves == {"x": "bfloat16[2, 2]"}
