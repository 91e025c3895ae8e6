"""What leaves a direction undecided, from the arrays of a comparison."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from adbench.check.conclusion import unresolved


@pytest.mark.parametrize(
    ("open_under", "resolution", "subgradient", "expected"),
    [
        ([True, True], np.nan, False, True),
        ([True, True], 1e-9, False, True),
        ([True, False], 1e-9, False, False),  # one weighting swamps what the other shows
        ([True, False], np.nan, False, True),  # too small to be seen under the other
        ([True, False], np.nan, True, False),
        ([False, False], np.nan, False, False),  # zero under both
    ],
)
def test_a_direction_that_nothing_shows_is_unresolved_if_anything_is_open(
    open_under: list[bool], resolution: float, subgradient: bool, expected: bool
) -> None:
    comparison = SimpleNamespace(
        open=np.array([open_under, [False, False]]),
        resolution=np.array([[np.nan, resolution], [1e-9, 1e-9]]),
        subgradient=np.array([[False, subgradient], [False, False]]),
    )
    assert unresolved(SimpleNamespace(comparison=comparison)) is expected
