"""Jumps are found with the height that they have, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from adbench.numeric.discontinuity import jump

ROUNDING = 2.0**-53


@pytest.mark.parametrize("height", [1e-2, 1e-5, 1e-8])
def test_a_small_jump_of_a_smooth_function_is_found_with_its_height(height: float) -> None:
    found = jump(lambda t: np.sin(3 * t) + height * (t > 0.0713), -0.125, 0.125, ROUNDING)
    assert found is not None
    assert found.height == pytest.approx(height, rel=1e-2)
    assert found.range == pytest.approx(2 * np.sin(0.375), rel=2e-2)


def test_stairs_have_the_height_of_the_precision() -> None:
    found = jump(lambda t: (1.5 + t).astype(np.float32).astype(float), -0.125, 0.125, ROUNDING)
    assert found is not None
    assert found.height == pytest.approx(2.0**-23)


def test_jumps_are_counted() -> None:
    few = jump(lambda t: t + 1e-6 * np.floor(16 * t + 0.3), -0.125, 0.125, ROUNDING)
    assert few is not None
    assert 1 / 32 < few.spacing < 1 / 8


@pytest.mark.parametrize(
    "function",
    [
        np.sin,
        lambda t: np.abs(t - 0.03),
        lambda t: np.sqrt(np.abs(t - 0.03)),
        lambda t: np.tanh(1e6 * (t - 0.0312)),
        lambda t: np.exp(40 * t),
        np.zeros_like,
        lambda t: np.where(t > 0.05, np.nan, t),
    ],
    ids=["sin", "kink", "root", "steep", "exp", "constant", "nan"],
)
def test_what_is_no_jump_is_not_taken_for_one(function) -> None:
    assert jump(function, -0.125, 0.125, 2 * ROUNDING) is None
