"""The coarser view: noise that the finest steps do not see."""

from __future__ import annotations

import numpy as np

from adbench.numeric.structure import coarse_views


def views(function, x):
    point = np.array([x])
    rows = lambda points: np.stack([np.atleast_1d(function(p[0])) for p in points])  # noqa: E731
    return coarse_views(rows, point, rows(point[None])[0], np.array([2.0]), np.ones((1, 1)))


def stopped_early(x, tolerance=1e-7):
    """√x by a damped iteration stopped at a tolerance: jumps where the count of steps changes."""
    y = 1.0
    while abs(step := 0.1 * (0.5 * (y + x / y) - y)) > 0.1 * tolerance:
        y += step
    return y


def test_a_smooth_function_has_no_noise_to_offer():
    assert all(np.isinf(view.bound[0]) or view.noise[0] < 1e-12 for view in views(np.sin, 1.0))


def test_a_solver_stopped_early_is_noisy_on_the_coarse_scale():
    found = [v for v in views(stopped_early, 2.0) if np.isfinite(v.bound[0])]
    assert found
    best = min(found, key=lambda view: view.bound[0])
    assert 1e-10 < best.noise[0] < 1e-6
    # In units of the direction, which has length 2.
    assert abs(best.slope[0] / 2 - 0.5 / np.sqrt(2.0)) <= best.bound[0]
