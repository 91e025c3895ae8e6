"""Here against there: a difference is declared only where the whole interval lies beyond it."""

from __future__ import annotations

from typing import Literal

from adbench.record.bench import Interval

MOST_ALIKE = 0.05
"""A difference that could be more than this is never called none, however noisy the machine."""

SideVerdict = Literal["same", "regression", "improvement", "inconclusive"]


def side_verdict(ratio: Interval, margin: float) -> SideVerdict:
    """What a ratio of times, here over there, says.

    `same`: the whole interval is within the margin, or within 5 % where that is less;
    `inconclusive`: anything between.
    """
    slower, faster = 1 + margin, 1 / (1 + margin)
    alike = 1 + min(margin, MOST_ALIKE)
    if ratio.low > slower:
        return "regression"
    if ratio.high < faster:
        return "improvement"
    if 1 / alike <= ratio.low and ratio.high <= alike:
        return "same"
    return "inconclusive"
