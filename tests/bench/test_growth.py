"""Exponents of known laws, their intervals' coverage, and which ratios are pointed out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adbench.bench.growth import fit, fit_exponent
from adbench.record.bench import Interval, Measurement, Memory


def exact(value: float) -> Interval:
    return Interval(value=value, low=value, high=value)


def measured(n: float, seconds: float, **changes: object) -> Measurement:
    base: dict[str, object] = {
        "suite": "s",
        "case": f"case[n={n:g}]",
        "base": "case",
        "backend": "torch",
        "mode": "eager",
        "dtype": "float64",
        "params": {"n": n},
        "parameter": "n",
        "size": n,
        "status": "measured",
        "steady": exact(seconds),
    }
    return Measurement.model_validate(base | changes)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.5])
def test_an_exact_power_law_is_found_exactly(exponent: float) -> None:
    sizes = [10.0, 30.0, 500.0, 1000.0]
    fitted = fit_exponent(sizes, [exact(3e-5 * n**exponent) for n in sizes])
    assert fitted.value == pytest.approx(exponent, abs=1e-12)
    assert fitted.low == pytest.approx(exponent, abs=1e-12)
    assert fitted.high == pytest.approx(exponent, abs=1e-12)


def test_the_interval_of_noisy_times_holds_the_truth() -> None:
    rng = np.random.default_rng(7)
    sizes, truth, noise = [10.0, 100.0, 1000.0], 1.5, 0.1
    held = 0
    for _ in range(400):
        centres = [1e-4 * n**truth * math.exp(noise * rng.normal()) for n in sizes]
        factor = math.exp(1.96 * noise)
        values = [Interval(value=c, low=c / factor, high=c * factor) for c in centres]
        fitted = fit_exponent(sizes, values)
        held += fitted.low <= truth <= fitted.high
    # Binomial(400, 0.95) falls below 360 less than once in ten thousand times.
    assert held >= 360


def test_a_fixed_cost_widens_the_interval_to_the_slopes_at_both_ends() -> None:
    """t = 1 + n/100 is flat at first and linear at last: no one exponent tells it."""
    sizes = [1.0, 10.0, 100.0, 1000.0, 10000.0]
    times = [1 + n / 100 for n in sizes]
    fitted = fit_exponent(sizes, [exact(t) for t in times])
    assert fitted.low == pytest.approx(math.log10(times[1] / times[0]))
    assert fitted.high == pytest.approx(math.log10(times[-1] / times[-2]))
    assert fitted.high > 0.95


def test_every_quantity_has_its_curve() -> None:
    points = [
        measured(
            n,
            1e-6 * n,
            ratio=exact(3.0),
            numeric=exact(1e-6 * n**2),
            memory=Memory(peak=round(8 * n), method="counter"),
        )
        for n in (100.0, 1000.0, 10.0)
    ]
    found = {g.quantity: g for g in fit(points)}
    assert {q: round(g.exponent.value, 9) for q, g in found.items()} == {
        "time": 1,
        "memory": 1,
        "ratio": 0,
        "numeric": 2,
    }
    assert {(g.suite, g.base, g.backend, g.mode, g.parameter) for g in found.values()} == {
        ("s", "case", "torch", "eager", "n")
    }
    assert found["time"].sizes == (10.0, 100.0, 1000.0)
    assert not any(g.flagged for g in found.values())


def test_a_ratio_that_grows_is_pointed_out_in_words() -> None:
    ratios = {10.0: 3.0, 100.0: 6.0, 1000.0: 12.0}
    points = [measured(n, 1e-6 * n, ratio=exact(ratio)) for n, ratio in ratios.items()]
    (ratio,) = (g for g in fit(points) if g.quantity == "ratio")
    assert ratio.flagged == (
        "the gradient costs 3 primals at n = 10 and 12 at 1000: a ratio that grows with the size"
    )


def test_a_ratio_that_only_might_grow_is_not() -> None:
    wide = {10.0: (3, 2, 5), 100.0: (3.5, 2, 6), 1000.0: (4.2, 2, 9)}
    points = [
        measured(n, 1e-6 * n, ratio=Interval(value=v, low=low, high=high))
        for n, (v, low, high) in wide.items()
    ]
    (ratio,) = (g for g in fit(points) if g.quantity == "ratio")
    assert ratio.exponent.value > 0
    assert ratio.flagged == ""


def test_other_axes_of_the_grid_make_curves_of_their_own() -> None:
    points = [
        measured(n, k * n**k, case=f"case[k={k},n={n:g}]", params={"k": k, "n": n})
        for k in (1, 2)
        for n in (1.0, 2.0, 4.0)
    ]
    found = fit(points)
    assert {g.base for g in found} == {"case"}
    assert {g.point: round(g.exponent.value, 9) for g in found} == {"k=1": 1, "k=2": 2}


def test_backends_and_derivatives_are_not_mixed() -> None:
    points = [
        measured(n, n**power, backend=backend, what=what)
        for backend, what, power in [("torch", "vjp", 1), ("jax", "vjp", 2), ("jax", "hvp", 3)]
        for n in (1.0, 2.0, 4.0)
    ]
    found = {(g.backend, g.what): round(g.exponent.value, 9) for g in fit(points)}
    assert found == {("torch", "vjp"): 1, ("jax", "vjp"): 2, ("jax", "hvp"): 3}


@pytest.mark.parametrize(
    "change",
    [
        {"status": "wrong", "steady": None},
        {"steady": Interval(value=1.0, low=0.0, high=2.0)},
        {"parameter": None, "size": None},
    ],
)
def test_too_few_points_make_no_curve(change: dict[str, object]) -> None:
    points = [measured(1.0, 1.0), measured(2.0, 2.0), measured(4.0, 4.0, **change)]
    assert fit(points) == ()
    assert fit([*points, measured(8.0, 8.0)]) != ()
