"""Inputs near the ends of what float64 can write: nothing overflows, and nobody is accused."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench.record import Verdict

FUNCTIONS = {
    "times": (lambda x: 1.5 * x, lambda x, cotangent: 1.5 * cotangent),
    "sum": (lambda x: (2 * x).sum(), lambda x, cotangent: 2 * cotangent * np.ones_like(x)),
    "reciprocal": (lambda x: 1 / x, lambda x, cotangent: -cotangent / x / x),
    "logarithm": (np.log, lambda x, cotangent: cotangent / x),
}
POINTS = [(200, -200), (-300, 300), (155, 0), (0, -155), (300, 300), (-200, -200)]


@pytest.mark.parametrize("exponents", POINTS, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_gradient_is_not_accused(name: str, exponents: tuple[int, int]) -> None:
    function, gradient = FUNCTIONS[name]
    x = np.array([1.3, 0.7]) * 10.0 ** np.array(exponents)
    with np.errstate(over="ignore"):  # a gradient that is too large to be written is infinite
        found = adbench.check(function, x, gradient=gradient)
    assert found.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE)
    assert found.verdict is Verdict.PASS or name in ("reciprocal", "sum")


@pytest.mark.parametrize("exponents", [(200, -200), (155, 0), (0, -155)], ids=str)
@pytest.mark.parametrize("name", ["times", "logarithm"])
def test_a_sign_is_found_there_too(name: str, exponents: tuple[int, int]) -> None:
    function, gradient = FUNCTIONS[name]
    x = np.array([1.3, 0.7]) * 10.0 ** np.array(exponents)
    wrong = adbench.check(
        function,
        x,
        gradient=lambda x, cotangent: gradient(x, cotangent) * np.array([1, -1]),
    )
    assert wrong.verdict is Verdict.FAIL


def test_an_infinity_of_the_wrong_sign_is_found() -> None:
    """The derivative of 1/x at 1e-200 is -1e400, which only an infinity can stand for."""
    with np.errstate(over="ignore"):
        wrong = adbench.check(
            lambda x: 1 / x,
            np.array([1e-200]),
            gradient=lambda x, cotangent: cotangent / x / x,
        )
    assert wrong.verdict is Verdict.FAIL
