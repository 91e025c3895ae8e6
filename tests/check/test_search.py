"""Inputs where a gradient is wrong are found, made readable, kept, and looked at again."""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path

import numpy as np
import pytest

import adbench
from adbench.check.search import SearchUnavailableError
from adbench.engine import custom_vjp

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _with_derivative(f, derivative):
    """An elementwise function whose backward pass uses the derivative given."""

    @custom_vjp
    def function(x):
        return f(x)

    function.defvjp(lambda x: (f(x), x), lambda x, g: (g * derivative(x),))
    return function


def _wrong_beyond(threshold):
    return _with_derivative(np.square, lambda x: np.where(x > threshold, 0.0, 2 * x))


def test_what_is_found_is_simple():
    result = adbench.check(_wrong_beyond(20), np.random.default_rng(0).normal(size=4), search=20)
    (kept,) = Path(".adbench").rglob("*.json")
    x = np.array(json.loads(kept.read_text())["inputs"]["x"])
    assert sorted(x) == [0, 0, 0, 21]
    assert f"x = np.array({x.tolist()})" in result.reason
    assert str(kept) in result.reason
    assert result.findings[0].index == (int(np.argmax(x)),)


def test_what_was_found_is_looked_at_first_the_next_time():
    buggy, point = _wrong_beyond(20), np.ones(4)
    first = adbench.check(buggy, point, search=20)
    assert "a search found" in first.reason
    begin = time.perf_counter()
    second = adbench.check(buggy, point, search=60)
    assert time.perf_counter() - begin < 30
    assert "an earlier search found" in second.reason


def test_nothing_is_read_or_kept_without_a_search():
    buggy, point = _wrong_beyond(20), np.ones(4)
    adbench.check(buggy, point)
    assert not Path(".adbench").exists()


def test_a_search_in_vain_is_told():
    result = adbench.check(lambda x: np.sin(x).sum(), np.ones(3), search=1)
    assert result.ok
    assert "inputs found nothing wrong" in result.reason
    assert not Path(".adbench").exists()


def test_where_the_given_point_fails_there_is_no_search():
    begin = time.perf_counter()
    result = adbench.check(_wrong_beyond(-20), np.ones(4), search=60)
    assert result.verdict == "fail"
    assert time.perf_counter() - begin < 30


def test_a_gradient_that_is_not_finite_in_a_region_is_found():
    def softplus(x):
        return np.where(x > 30, x, np.log1p(np.exp(x)))

    result = adbench.check(softplus, np.ones(3), search=30)
    assert result.verdict == "fail"
    assert result.findings[0].kind == "nonfinite-derivative"


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sqrt(x) * np.log(x),
        lambda x: 1 / x,
        lambda x: np.arccos(x / 2),
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: np.abs(x) + np.maximum(x, 0.5),
        lambda x: np.floor(x) + x**2,
        lambda x: np.exp(x),
        lambda x: 1e8 + np.sin(x),
    ],
    ids=["log", "pole", "edge", "overflow", "kinks", "jumps", "exp", "offset"],
)
def test_a_right_function_is_not_accused_at_its_edges(function):
    result = adbench.check(function, np.array([0.5, 1.25, 0.75]), search=1.5)
    assert result.verdict in ("pass", "kink")


def test_a_function_may_raise_away_from_the_given_point():
    def only_positive(x):
        if (x <= 0).any():
            raise ValueError("x must be positive")
        return np.where(x > 50, 1.0, 1.0) * np.log(x)

    assert adbench.check(only_positive, np.ones(3), search=1).ok


@pytest.mark.timeout(120, method="thread")  # the alarm is for the search itself
def test_a_function_that_hangs_elsewhere_does_not_hang_the_search():
    def slow_when_large(x):
        while x.sum() > 50:
            pass
        return x**2

    begin = time.perf_counter()
    assert adbench.check(slow_when_large, np.ones(2), search=2).ok
    assert time.perf_counter() - begin < 60


def test_a_search_too_short_for_one_input_is_told():
    def slow(x):
        time.sleep(0.03)
        return x**2

    result = adbench.check(slow, np.ones(1), search=0.01)
    assert result.ok
    assert "a search was too short to try a single input" in result.reason


def test_inputs_inside_trees_and_beside_data_are_searched():
    buggy = _wrong_beyond(13)
    tree = {"w": np.ones((2, 3)), "b": [np.array(2.0)]}
    result = adbench.check(
        lambda p, i: buggy(p["w"][i]).sum() + p["b"][0] ** 2, tree, np.array([0, 1, 1]), search=20
    )
    assert result.verdict == "fail"
    assert result.findings[0].input == "p['w']"
    assert "p['b'][0] = np.array(0.0)" in result.reason


def test_many_elements_are_searched_too():
    buggy = _wrong_beyond(40)
    result = adbench.check(buggy, np.random.default_rng(1).normal(size=3000), search=20)
    assert result.verdict == "fail"
    assert "np.full((3000,), 0.0); x[" in result.reason


def test_found_inputs_are_representable_in_the_declared_dtype():
    point = np.random.default_rng(0).normal(size=3).astype(np.float32)
    result = adbench.check(_wrong_beyond(20), point, search=20)
    assert result.verdict == "fail"
    assert "dtype='float32'" in result.reason


def test_without_hypothesis_it_says_what_to_install(monkeypatch):
    module = importlib.import_module("adbench.check.search")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(SearchUnavailableError, match=r"pip install 'adbench-grad\[search\]'"):
        adbench.check(np.sin, np.ones(2), search=1)
