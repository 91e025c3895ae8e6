"""Here against there: a difference is declared only where the whole interval lies beyond it."""

from __future__ import annotations

from typing import Literal

from adbench.record.bench import Interval

SideVerdict = Literal["same", "regression", "improvement", "inconclusive"]


def side_verdict(ratio: Interval, margin: float) -> SideVerdict:
    """What a ratio of times, here over there, says.

    `same`: the whole interval is within the margin; `inconclusive`: it crosses the margin.
    """
    slower, faster = 1 + margin, 1 / (1 + margin)
    if ratio.low > slower:
        return "regression"
    if ratio.high < faster:
        return "improvement"
    if faster <= ratio.low and ratio.high <= slower:
        return "same"
    return "inconclusive"
