"""`assert_gradients` as a test of pytest and of unittest calls it, and results in a notebook."""

from __future__ import annotations

import io
import unittest
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

import adbench
from adbench.testing import assert_gradients

X = np.array([1.0, -2.0, 3.0])


def square(x):
    return np.sum(x * x)


def right(x):
    return 2 * x


def wrong(x):
    return -2 * x


def flat(x):
    return np.sum(0 * x)


def test_a_right_gradient_gives_the_result() -> None:
    result = assert_gradients(square, X, gradient=right)
    assert result.verdict == "pass"
    assert result.resolution is not None
    assert result.resolution < 1e-6


def test_options_go_to_the_check() -> None:
    result = assert_gradients(square, X, derivatives=("vjp", "hvp"), seed=7)
    assert [d.derivative for d in result.derivatives] == ["vjp", "hvp"]
    assert result.seed == 7
    with pytest.raises(TypeError, match="no_such_option"):
        assert_gradients(square, X, no_such_option=1)


def test_a_wrong_gradient_is_an_assertion_error_with_the_explanation() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_gradients(square, X, gradient=wrong)
    said = str(caught.value)
    assert said == str(adbench.check(square, X, gradient=wrong))
    assert "looks like: sign flipped" in said
    assert "±" in said


def test_an_inconclusive_verdict_has_shown_nothing() -> None:
    with pytest.raises(AssertionError, match="inconclusive"):
        assert_gradients(flat, X)
    with pytest.raises(unittest.SkipTest, match="inconclusive"):
        assert_gradients(flat, X, inconclusive="skip")
    with pytest.raises(ValueError, match="must be 'fail' or 'skip', not 'pass'"):
        assert_gradients(flat, X, inconclusive="pass")  # type: ignore[arg-type]


def test_what_the_function_raises_comes_through() -> None:
    def fails(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        assert_gradients(fails, X)


def test_unittest_knows_each_outcome() -> None:
    class Gradients(unittest.TestCase):
        def test_right(self):
            assert_gradients(square, X, gradient=right)

        def test_wrong(self):
            assert_gradients(square, X, gradient=wrong)

        def test_undecided(self):
            assert_gradients(flat, X, inconclusive="skip")

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Gradients).run(result)
    assert result.testsRun == 3
    assert result.errors == []
    ((failed, explanation),) = result.failures
    assert failed.id().endswith("test_wrong")
    assert "sign flipped" in explanation
    ((skipped, reason),) = result.skipped
    assert skipped.id().endswith("test_undecided")
    assert "inconclusive" in reason


class _Text(HTMLParser):
    """The text between the tags; unbalanced tags are counted."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_notebook_shows_the_result_and_its_findings() -> None:
    def wrong_of_markup(x):
        return -2 * x

    wrong_of_markup.__name__ = "<b>f</b>"
    square_of_markup = lambda x: square(x)  # noqa: E731
    square_of_markup.__name__ = "<script>"
    result = adbench.check(square_of_markup, X, gradient=wrong_of_markup)
    shown = _Text(result._repr_html_())
    assert shown.open == []
    assert "✗ fail" in shown.text
    assert "<script> on manual:eager" in shown.text
    assert "looks like: sign flipped" in shown.text


def test_rich_shows_the_result() -> None:
    console = Console(width=200, color_system=None, record=True, file=io.StringIO())
    console.print(adbench.check(square, X, gradient=wrong))
    assert "✗ fail: square on manual:eager" in console.export_text()
