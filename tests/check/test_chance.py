"""The stated probability of missing one wrong element is the frequency of missing it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import adbench
from adbench.backends import get_backend
from adbench.check.chance import chance_of_missing
from adbench.check.comparison import compare
from adbench.check.probes import weightings
from adbench.check.reverse import Reverse
from adbench.check.subject import Subject
from adbench.check.trial import Tolerance


def _trials(f, x, seed):
    backend = get_backend("native")
    subject = Subject(backend, backend.bind(f, {"x": x}, {"x": True}, {}), [x.dtype])
    rng = np.random.default_rng(seed)
    weights = weightings(subject.origin, subject.outputs, subject.output_dtypes, rng)
    return Reverse(subject, weights, Tolerance(1e-9, 0.0), rng)


def _spread(x):
    return np.exp(4 * x).sum()


@pytest.mark.parametrize("directions", [1, 2, 6])
@pytest.mark.parametrize("off_by", [1e-6, 1e-4, 1e-2])
def test_it_is_the_frequency(directions, off_by):
    x = np.random.default_rng(0).normal(size=2000)
    trials = _trials(_spread, x, 1)
    gradients = trials.gradients(trials.subject.x)
    trial = trials.random(gradients, directions)
    stated = chance_of_missing(trial, gradients, off_by)
    case = trial.comparison
    missed = 0
    chosen = np.random.default_rng(2).choice(x.size, 400, replace=False)
    for i in chosen:
        wrong = gradients.copy()
        wrong[:, i] *= 1 + off_by
        ad = trial.directions @ wrong.T
        again = compare(
            ad, case.numeric, np.abs(case.numeric.best.value), case.rtol, case.atol,
            trials.subject.epsilon, case.slack,
        )  # fmt: skip
        missed += not again.accused.any()
    deviation = np.sqrt(max(stated * (1 - stated), 0.01) / 400)
    assert abs(missed / 400 - stated) < 4 * deviation + 0.02


def test_more_directions_miss_less():
    x = np.random.default_rng(0).normal(size=2000)
    means = []
    for directions in (1, 4, 16):
        stated = []
        for seed in range(8):
            trials = _trials(_spread, x, seed)
            gradients = trials.gradients(trials.subject.x)
            trial = trials.random(gradients, directions)
            stated.append(chance_of_missing(trial, gradients, 1e-4))
        means.append(np.mean(stated))
    assert means[0] > means[1] > means[2]


def test_elements_without_a_gradient_do_not_count():
    trials = _trials(lambda x: (x[:100] ** 2).sum(), np.ones(1000), 0)
    gradients = trials.gradients(trials.subject.x)
    assert chance_of_missing(trials.random(gradients, 2), gradients) == 0
    trials = _trials(lambda x: 0 * x.sum(), np.ones(1000), 0)
    gradients = trials.gradients(trials.subject.x)
    assert chance_of_missing(trials.random(gradients, 2), gradients) is None


def _stated(result):
    return re.search(
        r"one of ([\d,]+) elements off by 1% goes unseen with probability", result.reason
    )


def test_a_check_along_directions_states_it_and_one_by_element_does_not():
    x = np.random.default_rng(0).normal(size=500)
    assert _stated(adbench.check(lambda x: np.sin(x).sum(), x)).group(1) == "500"
    assert not _stated(adbench.check(lambda x: np.sin(x).sum(), x[:20]))


def test_thorough_looks_at_more():
    x = np.random.default_rng(0).normal(size=1000)
    plain = adbench.check(lambda x: np.sin(x), x)
    thorough = adbench.check(lambda x: np.sin(x), x, thorough=True)
    assert thorough.ok
    assert "along 4 random directions, 2 output" in plain.derivatives[0].method
    assert "along 16 random directions, 6 output" in thorough.derivatives[0].method
    points = [
        int(re.search(r"also at (\d+) other points", result.reason).group(1))
        for result in (plain, thorough)
    ]
    assert points[1] >= points[0] + 8


def test_thorough_goes_element_by_element_where_that_is_affordable():
    result = adbench.check(lambda x: np.sin(x).sum(), np.ones(300), thorough=True)
    assert result.ok
    assert "along 300 elements" in result.derivatives[0].method
