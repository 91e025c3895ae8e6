"""Ill-conditioned linear algebra: nobody is accused for rounding that the function amplifies."""

from __future__ import annotations

import numpy as np
import pytest

import adbench

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def nearly_dependent(seed: int, rows: int, columns: int, distance: float) -> np.ndarray:
    """A matrix whose last column is a combination of the others, but for `distance`."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((rows, columns))
    a[:, -1] = a[:, :-1] @ rng.standard_normal(columns - 1) + distance * rng.standard_normal(rows)
    return a


FUNCTIONS = {
    "q": lambda a: torch.linalg.qr(a)[0],
    "r": lambda a: torch.linalg.qr(a)[1],
    "pinv": torch.linalg.pinv,
}


@pytest.mark.parametrize("distance", [1e-7, 1e-11])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_nearly_rank_deficient_matrix(name, distance):
    for seed in range(2):
        a = nearly_dependent(seed, 3, 2, distance)
        result = adbench.check(FUNCTIONS[name], a, backend="torch", seed=seed)
        assert result.verdict != "fail", (seed, result.reason)


def test_eigenvectors_at_a_gap_of_1e_6():
    for seed in range(2):
        rng = np.random.default_rng(seed)
        q = np.linalg.qr(rng.standard_normal((3, 3)))[0]
        a = (q * np.array([0.5, 0.5 + 1e-6, 2.0])) @ q.T
        squares = lambda a: torch.linalg.eigh((a + a.T) / 2)[1] ** 2  # noqa: E731
        result = adbench.check(squares, a, backend="torch", seed=seed)
        assert result.verdict != "fail", (seed, result.reason)
