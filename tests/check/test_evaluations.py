"""What a check costs is counted, and kept low."""

from __future__ import annotations

import numpy as np
import pytest

import adbench


@pytest.mark.parametrize("backend", ["native", "torch", "jax"])
def test_eight_elements_take_at_most_400_evaluations_in_40_calls(backend):
    pytest.importorskip({"native": "numpy"}.get(backend, backend))

    def function(x):
        return (x**3).sum() + (x[0] * x) ** 2

    result = adbench.check(function, np.linspace(0.3, 2.0, 8), backend=backend)
    assert result.verdict == "pass"
    assert result.evaluations <= 400
    assert result.batched_calls <= 40
    # The others call a cheap function one by one: that is faster.
    assert result.batched_calls > 0 or backend != "torch"


def test_a_large_input_takes_few_and_says_what_it_may_miss():
    x = np.random.default_rng(0).standard_normal(5000)
    result = adbench.check(lambda x: np.sum(np.sin(x) + x * x), x)
    assert result.verdict == "pass"
    assert result.evaluations <= 40
    assert "goes unseen with probability" in result.reason
