"""What holds for every derivative: linear in the cotangent, and a Taylor remainder of order two."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict

X = np.array([0.7, -1.3, 2.1, -0.4])


def slope(f, gradient, x=X):
    return adbench.check(f, x, gradient=gradient).derivatives[0].taylor_slope


def test_the_remainder_of_a_right_gradient_shrinks_with_the_square_of_the_step():
    assert slope(lambda x: np.sum(np.sin(x)), np.cos) == pytest.approx(2, abs=0.1)


def test_the_remainder_of_a_wrong_gradient_shrinks_with_the_step():
    assert slope(lambda x: np.sum(np.sin(x)), lambda x: 1.1 * np.cos(x)) == pytest.approx(
        1, abs=0.1
    )


def test_a_linear_function_has_no_remainder():
    assert slope(lambda x: np.sum(3 * x), lambda x: 3 + 0 * x) is None


def test_a_backward_pass_that_is_homogeneous_but_not_additive_is_found():
    def largest_only(x, cotangent):
        return np.where(np.abs(cotangent) == np.abs(cotangent).max(), cotangent, 0) * np.cos(x)

    result = adbench.check(np.sin, X, gradient=largest_only)
    assert result.verdict is Verdict.FAIL
    assert "not additive" in result.findings[0].message


def test_a_solver_in_the_backward_pass_may_leave_a_little_open():
    def nearly(x, cotangent):
        wobble = 1e-12 * np.sin(1e3 * cotangent / np.abs(cotangent).max())
        return cotangent * np.cos(x) + wobble * np.abs(cotangent).max()

    assert adbench.check(np.sin, X, gradient=nearly).verdict is Verdict.PASS


def test_what_could_not_be_decided_has_no_resolution():
    result = adbench.check(lambda x: np.sum(np.floor(x)), X)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.resolution is None
    assert "would have shown" not in str(result)
