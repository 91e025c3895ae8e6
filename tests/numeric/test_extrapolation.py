"""Richardson tables: the formula, the bound, and the entries that finer steps contradict."""

from __future__ import annotations

import numpy as np

from adbench.numeric.extrapolation import choose, table
from adbench.numeric.ladder import ladder

STEPS = ladder(2.0**-3, 1e-7)


def column(values):
    return np.asarray(values, dtype=float)[:, None]


def test_powers_of_the_step_are_eliminated_one_column_at_a_time():
    exact = 2.0 + 3.0 * STEPS**2 - 5.0 * STEPS**4
    tab = table(column(exact), STEPS, column(np.zeros_like(STEPS)), power=2, columns=3)
    first = tab.last - tab.first
    # Two columns remove both terms; what is left is the rounding of the table itself.
    assert np.abs(tab.values[first == 2] - 2.0).max() < 1e-14
    assert np.abs(tab.values[first == 1] - 2.0).max() > 1e-6


def test_every_bound_covers_its_own_error():
    values = np.sin(1 + STEPS) - np.sin(1 - STEPS)
    plain = column(values / (2 * STEPS))
    noise = column(2**-53 / STEPS)
    tab = table(plain, STEPS, noise, power=2, columns=4)
    error = np.abs(tab.values - np.cos(1.0))
    assert (error <= 2 * tab.truncation + tab.roundoff + 1e-15).all()


def test_slow_convergence_widens_the_bound():
    rough = column(1.0 + STEPS**0.5)
    tab = table(rough, STEPS, column(np.zeros_like(STEPS)), power=2, columns=4)
    chosen = choose(tab, 2**-53, np.array([True]))
    assert abs(chosen.value[0] - 1.0) <= chosen.bound[0]
    assert chosen.bound[0] > 1e-5


def test_divergence_gives_no_number():
    tab = table(column(STEPS**-0.5), STEPS, column(np.zeros_like(STEPS)), power=2, columns=4)
    assert choose(tab, 2**-53, np.array([True])).bound[0] == np.inf


def test_a_finer_difference_overrules_coarse_agreement():
    # Ten coarse levels agree on 1 to all digits; the finest say 2.
    plain = np.ones_like(STEPS)
    plain[-4:] = 2.0
    tab = table(column(plain), STEPS, column(1e-15 / STEPS), power=2, columns=4)
    chosen = choose(tab, 2**-53, np.array([True]))
    assert abs(chosen.value[0] - 2.0) <= chosen.bound[0] < 0.1
    assert chosen.challenged[0] == 1.0


def test_undefined_levels_are_left_out():
    plain = 1.0 + STEPS**2
    plain[:3] = np.nan
    tab = table(column(plain), STEPS, column(1e-16 / STEPS), power=2, columns=4)
    chosen = choose(tab, 2**-53, np.array([True]))
    assert abs(chosen.value[0] - 1.0) <= chosen.bound[0] < 1e-10
