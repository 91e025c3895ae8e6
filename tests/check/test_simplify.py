"""Failing points become readable, and go on failing."""

from __future__ import annotations

import numpy as np
import pytest

from adbench.check.simplify import simplify


@pytest.mark.parametrize(
    ("fails", "simplest"),
    [
        (lambda x: (x > 20).any(), [0, 0, 0, 21]),
        (lambda x: x[1] < -7.5, [0, -8, 0, 0]),
        (lambda x: 0.2 < x[0] < 0.7, [0.5, 0, 0, 0]),
        (lambda x: x[0] == x[1] != 0, [1, 1, 0, 0]),
        (lambda x: bool(np.all(x != 0)), [1, 1, 1, 1]),
    ],
)
def test_the_simplest_point(fails, simplest):
    rng = np.random.default_rng(0)
    starts = rng.normal(scale=30, size=(20_000, 4))
    starts[::2, 1] = starts[::2, 0]
    starts = [x for x in starts if fails(x)][:20]
    assert len(starts) == 20
    for x in starts:
        assert sorted(simplify(x, fails)) == sorted(np.array(simplest, float))


def test_many_elements_take_few_calls():
    calls = 0

    def fails(x):
        nonlocal calls
        calls += 1
        return x[777] > 3

    x = np.random.default_rng(0).normal(size=100_000)
    x[777] = 12.345
    found = simplify(x, fails)
    assert fails(found)
    assert found[777] == 4
    assert calls < 1000


def test_what_ends_the_search_is_passed_on():
    class Enough(BaseException):
        pass

    def fails(x):
        raise Enough

    with pytest.raises(Enough):
        simplify(np.ones(3), fails)
