"""Derivatives of distribution functions in their shapes, against mpmath, tails included."""

import mpmath as mp
import numpy as np
import pytest

from adbench.engine.rules.distributions import student_slope
from adbench.engine.rules.tails import FEW, beta_slope, f_slope, gamma_slope

TINY = 1e-12
"""The relative difference allowed: a few thousand units in the last place."""


@pytest.fixture(autouse=True)
def _fifty_digits():
    with mp.workdps(50):
        yield


def close(actual, expected, rtol=TINY):
    assert abs(float(actual) - float(expected)) <= rtol * abs(float(expected))


GAMMA = [
    (1e-3, 1e-200), (1e-3, 1e-3), (1e-3, 20.0), (0.3, 1e-30), (0.3, 0.02), (0.3, 5.0), (1.0, 1e-8),
    (1.0, 0.56), (1.0, 300.0), (2.5, 1e-100), (2.5, 2.4), (2.5, 40.0), (80.0, 20.0), (80.0, 79.5),
    (80.0, 200.0), (1e4, 9.5e3), (1e4, 1.0003e4), (1e4, 1.06e4), (1e6, 9.98e5), (1e6, 1.0005e6),
]  # fmt: skip


@pytest.mark.parametrize(("a", "x"), GAMMA)
def test_gamma(a, x):
    if x < a:
        expected = mp.diff(lambda s: mp.gammainc(s, 0, mp.mpf(x), regularized=True), mp.mpf(a))
    else:
        expected = -mp.diff(lambda s: mp.gammainc(s, mp.mpf(x), regularized=True), mp.mpf(a))
    close(gamma_slope(a, x), expected)


BETA = [
    (0.01, 0.02, 1e-60), (0.01, 3.0, 1e-12), (0.3, 0.4, 0.01), (0.3, 0.4, 0.999999),
    (1.0, 1.0, 0.3), (2.5, 1.5, 1e-50), (2.5, 1.5, 0.7), (2.5, 1.5, 1 - 1e-9), (0.5, 90.0, 1e-3),
    (90.0, 0.5, 0.99), (60.0, 40.0, 0.3), (60.0, 40.0, 0.61), (60.0, 40.0, 0.9),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "x"), BETA)
def test_beta(a, b, x):
    ends = (mp.mpf(x), 1) if x > a / (a + b) else (0, mp.mpf(x))
    sign = -1 if ends[0] else 1

    def part(s, t):
        return sign * mp.betainc(s, t, *ends, regularized=True)

    for orders in ((1, 0), (0, 1)):
        close(beta_slope(a, b, x, orders), mp.diff(part, (mp.mpf(a), mp.mpf(b)), orders))


STUDENT = [
    (0.1, 0.02), (0.1, 1e8), (1.0, 0.3), (1.0, 1e5), (3.0, -2.0), (3.0, 50.0), (25.0, 0.1),
    (25.0, 1.6), (25.0, -9.0), (4e3, 0.2), (4e3, -4.0),
]  # fmt: skip


@pytest.mark.parametrize(("df", "t"), STUDENT)
def test_student(df, t):
    def tail(s):
        x = s / (s + mp.mpf(t) ** 2)
        return -mp.betainc(s / 2, 0.5, 0, x, regularized=True) / 2

    def middle(s):
        x = mp.mpf(t) ** 2 / (s + mp.mpf(t) ** 2)
        return mp.betainc(0.5, s / 2, 0, x, regularized=True) / 2

    expected = np.sign(t) * mp.diff(tail if abs(t) > 1 else middle, mp.mpf(df))
    close(student_slope(df, t), expected)
    close(f_slope(1.0, df, t * t, (0, 1)), 2 * abs(expected) * np.sign(expected * t))


def test_second_order():
    x = mp.mpf(2)
    for order in (2, 3):
        expected = mp.diff(lambda a: mp.gammainc(a, 0, x, regularized=True), mp.mpf(1.5), order)
        close(gamma_slope(1.5, 2.0, order), expected, 1e-11)
    mixed = mp.diff(lambda a, b: mp.betainc(a, b, 0, 0.25, regularized=True), (1.5, 2.5), (1, 1))
    close(beta_slope(1.5, 2.5, 0.25, (1, 1)), mixed, 1e-11)

    def f(n, d):
        return mp.betainc(n / 2, d / 2, 0, n / (n + d), regularized=True)

    for orders in ((2, 0), (1, 1), (0, 2), (1, 2)):
        close(f_slope(3.0, 5.0, 1.0, orders), mp.diff(f, (3, 5), orders), 1e-11)


def test_on_the_border_and_beyond():
    x = np.array([0.0, np.inf, -1.0, np.nan])
    np.testing.assert_array_equal(gamma_slope(2.0, x), [0, 0, np.nan, np.nan])
    np.testing.assert_array_equal(beta_slope(2.0, 3.0, np.array([0.0, 1.0])), [0, 0])
    assert np.isnan(beta_slope(2.0, -3.0, 0.5))
    assert np.isnan(gamma_slope(0.0, 1.0))
    np.testing.assert_array_equal(student_slope(3.0, np.array([-np.inf, 0.0, np.inf])), [0, 0, 0])
    assert gamma_slope(np.zeros((0, 3)), 1.0).shape == (0, 3)


def test_many_are_each_as_one():
    a, x = np.linspace(0.1, 9.0, FEW + 1), np.linspace(8.0, 0.05, FEW + 1)
    one_by_one = [gamma_slope(*pair) for pair in zip(a, x, strict=True)]
    np.testing.assert_allclose(gamma_slope(a, x), one_by_one, rtol=1e-14)
