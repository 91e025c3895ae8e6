"""Gradients in tests: `assert_gradients`, for pytest, unittest and any other runner."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from adbench.check import check

if TYPE_CHECKING:
    from adbench.record.model import CheckResult

__all__ = ["assert_gradients"]


def assert_gradients(
    f: Callable[..., Any],
    *inputs: Any,
    inconclusive: Literal["fail", "skip"] = "fail",
    **options: Any,
) -> CheckResult:
    """Assert that the derivatives of `f` at `inputs` are right.

    Args:
        f: The function, as `adbench.check` takes it.
        inputs: Arrays, or trees of arrays, likewise.
        inconclusive: What an inconclusive verdict means: `fail`, since nothing was shown, or
            `skip`, which skips the test with the reason.
        options: Everything else that `adbench.check` takes: `backend`, `gradient`, `derivatives`,
            `rtol`, `atol`, `seed`, `device`, `params`, `search`, `power`, `thorough`.

    Returns:
        The `CheckResult`, a pass or a kink.

    Raises:
        AssertionError: A derivative is wrong, or none could be judged; the message explains it.
        unittest.SkipTest: The verdict is inconclusive, and `skip` was asked for.
        Exception: Whatever `adbench.check` raises.
    """
    __tracebackhide__ = True  # pytest then shows the test's own line
    if inconclusive not in ("fail", "skip"):
        raise ValueError(f"inconclusive must be 'fail' or 'skip', not {inconclusive!r}")
    result = check(f, *inputs, **options)
    if result.ok:
        return result
    if result.verdict == "inconclusive" and inconclusive == "skip":
        raise unittest.SkipTest(str(result))
    raise AssertionError(str(result))
