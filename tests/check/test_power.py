"""What a check says it would catch, it catches."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench.backends import get_backend
from adbench.check import examine
from adbench.check.faults import Planted, faults
from adbench.record import CheckOptions

NAMES = {
    "zero", "sign flipped", "times 1.01", "times 1.000001", "one element dropped",
    "one element NaN", "shifted by one", "permuted", "transposed", "stale",
}  # fmt: skip


def _bound(f, **arrays):
    backend = get_backend("native")
    return backend, backend.bind(f, arrays, dict.fromkeys(arrays, True), {})


def _rng():
    return np.random.default_rng(0)


def _solve(A, b):
    return np.linalg.solve(A, b)


def test_every_fault_of_a_smooth_function_is_caught():
    result = adbench.check(
        _solve, _rng().normal(size=(3, 3)) + 4 * np.eye(3), np.ones(3), power=True
    )
    assert result.power == dict.fromkeys(NAMES, True)
    assert result.ok
    assert "10 of 10 planted faults would have been caught" in str(result)


def test_without_being_asked_nothing_is_planted():
    result = adbench.check(np.sin, np.ones(3))
    assert result.power is None
    assert "planted" not in str(result)


def test_a_fault_that_changes_nothing_is_not_counted():
    scalar = adbench.check(np.sin, np.array(1.0), power=True).power
    assert not {"shifted by one", "permuted", "transposed"} & scalar.keys()
    equal = adbench.check(lambda x: x.sum(), np.ones((3, 3)), power=True).power
    assert not {"shifted by one", "permuted", "transposed", "stale"} & equal.keys()


def test_the_numeric_derivatives_are_not_computed_again():
    f, x = np.sin, np.linspace(0.1, 2, 12)
    plain, with_power = adbench.check(f, x), adbench.check(f, x, power=True)
    assert with_power.evaluations == plain.evaluations


def test_the_seed_repeats_it():
    x = _rng().normal(size=(50, 50))
    one, two = (adbench.check(lambda x: np.sin(x @ x), x, power=True, seed=3) for _ in range(2))
    assert one.power == two.power


@pytest.mark.parametrize(
    ("f", "arrays"),
    [
        (_solve, {"A": _rng().normal(size=(3, 3)) + 4 * np.eye(3), "b": np.ones(3)}),
        (lambda x: np.sin(x).sum(), {"x": _rng().normal(size=5000)}),
        (lambda x, y: (np.exp(x) * y).sum(), {"x": _rng().normal(size=70), "y": np.array(2.0)}),
        (lambda z: (z * z).real, {"z": np.array([1 + 2j, 0.5 - 1j])}),
        (np.sin, {"x": np.ones(3, np.float32)}),
    ],
    ids=["solve", "large", "leaves", "complex", "float32"],
)
def test_a_planted_fault_is_caught_as_announced(f, arrays):
    backend, bound = _bound(f, **arrays)
    announced = examine(backend, bound, CheckOptions(power=True)).power
    healthy = [
        np.asarray(g)
        for g in bound.vjp(
            bound.point, [np.ones(o.shape, o.dtype) for o in bound.outputs]
        ).gradients
    ]
    for name, fault in faults(healthy, _rng()).items():
        if name in announced:
            verdict = examine(
                backend, Planted(bound, fault), CheckOptions(other_points=False)
            ).verdict
            assert (verdict == "fail") is announced[name], name


def test_an_error_within_the_tolerance_is_said_to_be_missed():
    backend, bound = _bound(np.sin, x=np.linspace(0.3, 1.2, 4))
    result = examine(backend, bound, CheckOptions(power=True, rtol=1e-5))
    assert result.power["times 1.000001"] is False
    assert result.power["sign flipped"] is True
    assert "missed: times 1.000001" in str(result)


def test_a_pass_below_the_floor_is_no_pass():
    backend, bound = _bound(np.sin, x=np.linspace(0.3, 1.2, 4))
    weak = CheckOptions(rtol=0.05, power_floor=0.95)
    result = examine(backend, bound, weak)
    assert result.verdict == "inconclusive"
    assert "below the floor of 95%" in result.reason
    assert "missed: times 1.01, times 1.000001" in result.reason
    assert examine(backend, bound, weak.model_copy(update={"power_floor": 0.5})).ok
    assert examine(backend, bound, CheckOptions(power_floor=1.0)).ok


def test_a_failing_gradient_has_no_power_to_measure():
    result = adbench.check(np.sin, np.ones(3), gradient=lambda x, cotangent: cotangent, power=True)
    assert result.verdict == "fail"
    assert result.power is None


def test_permuted_is_never_the_order_there_is():
    healthy = [np.arange(1.0, 4.0), np.array([1.0]), np.arange(2.0)]
    for seed in range(50):
        changed = faults(healthy, np.random.default_rng(seed))["permuted"](healthy)
        assert not np.array_equal(changed[0], healthy[0])
        assert [sorted(g) for g in changed] == [sorted(g) for g in healthy]
