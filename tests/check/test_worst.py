"""The five elements that differ most: both values, whatever the verdict."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench import Verdict
from adbench.record.model import CheckResult


def worst_of(result, derivative="vjp"):
    (found,) = (r for r in result.derivatives if r.derivative == derivative)
    return found.worst


def test_a_passing_gradient_has_them_too():
    x = np.linspace(0.3, 2.0, 9)
    result = adbench.check(lambda x: np.sum(np.sin(x)), x)
    worst = worst_of(result)
    assert result.verdict is Verdict.PASS
    assert len(worst) == 5
    for element in worst:
        assert element.input == "x"
        assert element.ad == pytest.approx(np.cos(x[element.index]), rel=1e-12)
        assert abs(element.numeric - np.cos(x[element.index])) <= element.bound
        assert element.tolerance == pytest.approx(abs(element.ad) * result.rtol, rel=1e-6)
    measure = [abs(e.ad - e.numeric) / (e.bound + e.tolerance) for e in worst]
    assert measure == sorted(measure, reverse=True)


def test_the_wrong_elements_come_first():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    wrong = np.array([1.0, 1.0, -1.0, 1.001])
    result = adbench.check(lambda x: np.sum(x**2), x, gradient=lambda x: 2 * x * wrong)
    first, second, *rest = worst_of(result)
    assert (first.index, second.index) == ((2,), (3,))
    assert (first.ad, first.numeric) == pytest.approx((-6.0, 6.0))
    assert all(e.ad == pytest.approx(e.numeric) for e in rest)


def test_a_gradient_that_is_not_finite_comes_first_and_survives_the_record():
    x = np.array([1.0, 2.0, 3.0])
    result = adbench.check(
        lambda x: np.sum(x**2), x, gradient=lambda x: np.where(x == 2, np.nan, 2 * x)
    )
    again = CheckResult.model_validate_json(result.model_dump_json())
    first = worst_of(again)[0]
    assert first.index == (1,)
    assert np.isnan(first.ad)
    assert first.numeric == pytest.approx(4.0)


def test_of_a_large_input_they_are_the_elements_that_were_looked_at():
    x = np.linspace(1.0, 2.0, 5000)
    wrong = np.where(np.arange(5000) == 3210, 3.0, 1.0)
    result = adbench.check(lambda x: np.sum(x**2), x, gradient=lambda x: 2 * x * wrong)
    assert worst_of(result)[0].index == (3210,)
    assert worst_of(adbench.check(lambda x: np.sum(x**2), x)) == ()


def test_a_complex_element_has_a_part():
    z = np.array([1 + 2j, 0.5 - 1j])
    result = adbench.check(lambda z: np.sum(z.real**2 * z.imag), z)
    assert {(e.index, e.part) for e in worst_of(result)} == {
        ((k,), part) for k in (0, 1) for part in ("real", "imag")
    }


def test_forward_and_second_derivatives_have_them():
    x = np.array([0.3, 0.6])
    result = adbench.check(
        lambda x: {"a": np.sin(x), "b": x[0] * x[1]}, x, derivatives=("vjp", "jvp", "hvp")
    )
    assert {e.input for e in worst_of(result, "jvp")} == {"out['a']", "out['b']"}
    assert {e.input for e in worst_of(result, "hvp")} == {"x"}
    for derivative in ("jvp", "hvp"):
        for element in worst_of(result, derivative):
            assert abs(element.ad - element.numeric) <= element.tolerance + 2 * element.bound


def test_nothing_is_shown_where_no_differences_converge():
    rng = np.random.default_rng(0)
    table = rng.standard_normal(1 << 16)

    def rough(x):
        return np.sum(table[np.frombuffer(x.tobytes(), np.uint16).reshape(3, 4) % 60000])

    result = adbench.check(rough, np.array([0.1, 0.2, 0.3]), gradient=lambda x: np.ones(3))
    assert worst_of(result) == ()
