"""What counts as rounding: every reordering of a sum does, and nothing that a person changed."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest

from adbench.check.digest import digest_of
from adbench.record.comparison_numbers import (
    LEAST_TERMS,
    compare_arrays,
    probabilistic_gamma,
)
from adbench.record.model import ArrayDigest

U = 2.0**-53


def array(*values: float, noise=(), dtype: str = "float64", name: str = "x") -> ArrayDigest:
    return ArrayDigest(
        name=name, shape=(len(values),), dtype=dtype, values=values, noise=tuple(noise)
    )


def compare(old: ArrayDigest, new: ArrayDigest, unit: float = U, terms: int = LEAST_TERMS):
    return compare_arrays([old], [new], terms, unit)


def test_the_bound_lies_between_one_rounding_and_the_worst_case() -> None:
    for n in (10**3, 10**6, 10**9):
        worst = n * U / (1 - n * U)
        assert U < probabilistic_gamma(n, U) < worst
    assert probabilistic_gamma(100, U) == pytest.approx(8 * 10 * U, rel=1e-9)


def test_equal_numbers_are_the_same() -> None:
    values = (1.0, -0.0, math.nan, math.inf)
    assert compare(array(*values), array(1.0, 0.0, math.nan, math.inf)).level == "same"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [10, 1000, 100_000])
def test_every_order_of_a_sum_is_rounding(seed: int, count: int) -> None:
    """Sums of terms of both signs; noise as the digest measures it, by moving the last bits."""
    rng = np.random.default_rng(seed)
    terms = rng.standard_normal(count) * np.exp(rng.standard_normal(count) * 4)

    def total(order) -> float:
        result = 0.0
        for term in terms[order].tolist():
            result += term
        return result

    moved = terms * (1 + 2 * U * rng.choice([-1, 1], (3, count)))
    exact = math.fsum(terms)
    noise = max(abs(math.fsum(row) - exact) for row in moved)
    sums = [total(rng.permutation(count)) for _ in range(4)]
    sums += [total(np.argsort(terms)), total(np.argsort(-np.abs(terms))), float(np.sum(terms))]
    for other in sums:
        got = compare(array(exact, noise=[noise]), array(other, noise=[noise]), terms=count)
        assert got.level in ("same", "rounding")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1.0, 1.0 + 1e-10),
        (1.0, -1.0),
        (1.0, 0.0),
        (0.0, 1e-300),
        (1e-300, 2e-300),
        (1.0, math.nan),
        (math.inf, 1.0),
        (math.inf, -math.inf),
    ],
)
def test_a_difference_that_no_order_explains_is_a_change(before: float, after: float) -> None:
    assert compare(array(before), array(after)).level == "changed"


def test_one_large_element_does_not_hide_a_small_one() -> None:
    got = compare(array(1e4, 1e-12), array(1e4, 2e-12))
    assert got.level == "changed"
    assert got.name == "x[1]"


def test_terms_that_cancel_exactly_may_leave_their_rounding() -> None:
    assert compare(array(1.0, 0.0), array(1.0, 4 * U)).level == "rounding"
    assert compare(array(1.0, 0.0), array(1.0, 1e-12)).level == "changed"


def test_half_of_the_digits_are_no_rounding_however_noisy_the_function() -> None:
    noisy = [0.1]
    assert compare(array(1.0, noise=noisy), array(1.0 + 1e-9, noise=noisy)).level == "rounding"
    assert compare(array(1.0, noise=noisy), array(1.0 + 1e-7, noise=noisy)).level == "changed"


def test_float32_is_judged_by_its_own_rounding() -> None:
    old, new = array(1.0, dtype="float32"), array(1.0 + 2**-23, dtype="float32")
    got = compare(old, new, unit=2.0**-24)
    assert got.level == "rounding"
    assert got.ulps == 1.0


@pytest.mark.parametrize("value", [1.0, 1.5, 3e-200, 2.0**60, 1e300, -7.25])
@pytest.mark.parametrize("steps", [1, 2, 17])
def test_ulps_are_counted_as_numbers_between(value: float, steps: int) -> None:
    other = value
    for _ in range(steps):
        other = math.nextafter(other, math.copysign(math.inf, value))
    assert compare(array(value), array(other)).ulps == steps
    assert compare(array(value), array(other)).relative == pytest.approx(
        float(abs(Fraction(other) - Fraction(value)) / abs(Fraction(other)))
    )


def large(vector, name: str = "w", shape=None) -> ArrayDigest:
    shape = shape or (vector.size,)
    digest = digest_of(vector[None], name, shape, complex_=False, seed=0)
    return digest.model_copy(update={"dtype": "float64"})


def test_a_large_array_that_was_rounded_otherwise_is_rounding() -> None:
    rng = np.random.default_rng(0)
    vector = rng.standard_normal(10_000)
    other = vector * (1 + 2 * U * rng.integers(-3, 4, vector.size))
    assert compare(large(vector), large(other)).level == "rounding"


@pytest.mark.parametrize("place", [0, 4321, 9999])
def test_one_wrong_element_of_a_large_array_is_a_change(place: int) -> None:
    vector = np.random.default_rng(0).standard_normal(10_000)
    other = vector.copy()
    other[place] *= 1 + 1e-8
    assert compare(large(vector), large(other)).level == "changed"


def test_an_element_among_the_largest_is_named() -> None:
    vector = np.random.default_rng(0).standard_normal(10_000)
    vector[4321] = 100.0
    other = vector.copy()
    other[4321] = -100.0
    got = compare(large(vector, shape=(100, 100)), large(other, shape=(100, 100)))
    assert (got.name, got.before, got.after) == ("w[43, 21]", 100.0, -100.0)


def test_a_complex_element_is_named_with_its_part() -> None:
    old = ArrayDigest(name="z", shape=(2,), dtype="complex128", values=(1.0, 2.0, 3.0, 4.0))
    new = old.model_copy(update={"values": (1.0, 2.0, 3.0, 5.0)})
    assert compare(old, new).name == "imaginary part of z[1]"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ([], "x became nothing"),
        ([array(1.0, name="y")], "x became y"),
        ([array(1.0, 2.0)], r"had shape \(1,\) and has \(2,\)"),
        ([array(1.0, dtype="complex128")], "was float64 and is complex128"),
    ],
)
def test_other_arrays_are_told_in_words(new, said: str) -> None:
    got = compare_arrays([array(1.0)], new, LEAST_TERMS, U)
    assert got.level == "changed"
    assert re.search(said, got.message)


def test_of_a_large_array_that_changed_altogether_the_norm_is_told() -> None:
    rng = np.random.default_rng(0)
    got = compare(large(rng.standard_normal(10_000)), large(rng.standard_normal(10_000)))
    assert got.level == "changed"
    assert got.name == "the norm of w"
