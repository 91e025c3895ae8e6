"""Where a search must not trust differences, and where it may trust a NaN."""

from __future__ import annotations

import numpy as np
import pytest

from adbench.backends import get_backend
from adbench.check.jumps import jumps
from adbench.check.subject import Subject


def _subject(f, x):
    backend = get_backend("native")
    x = np.asarray(x, float)
    bound = backend.bind(f, {"x": x}, {"x": True}, {})
    return Subject(backend, bound, [np.dtype(float)])


@pytest.mark.parametrize(
    ("f", "x", "answer"),
    [
        (np.floor, [2.0, 0.5], True),
        (np.floor, [2.5, 0.5], False),
        (lambda x: x**2 + 1e-3 * np.floor(x), [-10000.0, 3.0], True),
        (lambda x: np.sign(x) * x, [0.0, 1.0], False),
        (lambda x: np.exp(50 * x), [3.0, -1.0], False),
        (lambda x: 1e8 + np.sin(x), [0.3, 1.0], False),
        (lambda x: np.log(1 - np.exp(-x)), [34.0, 33.0], True),
        (lambda x: np.log1p(-np.exp(-x)), [34.0, 33.0], False),
        (lambda x: x + 1e-9 * np.sin(1e14 * x), [0.3, 1.0], True),
    ],
)
def test_jumps(f, x, answer):
    subject = _subject(f, x)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert jumps(subject, np.abs(subject.x) + 1, rng).any() == answer


def test_only_the_output_that_jumps_is_left_out():
    subject = _subject(lambda x: x + np.floor(x), [2.0, 0.5, 0.25])
    marked = jumps(subject, np.ones(3), np.random.default_rng(0))
    assert marked.tolist() == [True, False, False]
