"""Medians with their intervals, from samples that come from several processes.

Samples of one process share its memory layout and its luck, so an interval is made by resampling
processes first and samples within them after (a two-stage bootstrap; Davison and Hinkley 1997,
§3.8). Percentile intervals, 95 %. NumPy alone: `scipy.stats.bootstrap` has no two stages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adbench.record.bench import Interval

REPLICATES = 1000
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True)
class Reading:
    """Seconds of one call, from one sample: in which process and sweep it was taken."""

    process: int
    sweep: int
    seconds: float


def median_interval(groups: Sequence[Sequence[float]], seed: int = 0) -> Interval | None:
    """The median of all samples with its 95 % interval; `groups` are the processes' samples.

    None where there are no samples. With one sample there is nothing to resample, so that the
    interval is as wide as not known: its ends are the value's own and say nothing.
    """
    filled = [np.asarray(group, dtype=float) for group in groups if len(group)]
    if not filled:
        return None
    value = float(np.median(np.concatenate(filled)))
    medians = _resampled_medians(filled, np.random.default_rng(seed))
    low, high = np.quantile(medians, (_LOW, _HIGH))
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))


def _resampled_medians(groups: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """The medians of REPLICATES resamples: processes with replacement, then their samples."""
    counts = np.array([len(group) for group in groups])
    most = int(counts.max())
    padded = np.full((len(groups), most), np.inf)
    for row, group in zip(padded, groups, strict=True):
        row[: len(group)] = group
    chosen = rng.integers(len(groups), size=(REPLICATES, len(groups)))
    sizes = counts[chosen][..., None]
    places = (rng.random((REPLICATES, len(groups), most)) * sizes).astype(int)
    drawn = padded[chosen[..., None], places]
    drawn[np.broadcast_to(np.arange(most), drawn.shape) >= sizes] = np.inf
    ordered = np.sort(drawn.reshape(REPLICATES, -1), axis=1)
    totals = sizes.sum(axis=(1, 2))
    rows = np.arange(REPLICATES)
    medians: np.ndarray = (ordered[rows, (totals - 1) // 2] + ordered[rows, totals // 2]) / 2
    return medians


def by_process(readings: Sequence[Reading]) -> list[list[float]]:
    """Seconds, grouped by process."""
    groups: dict[int, list[float]] = {}
    for reading in readings:
        groups.setdefault(reading.process, []).append(reading.seconds)
    return list(groups.values())


def paired_ratios(over: Sequence[Reading], under: Sequence[Reading]) -> list[list[float]]:
    """Ratios of the samples that were taken in the same sweep, grouped by process."""
    there: Mapping[tuple[int, int], float] = {(r.process, r.sweep): r.seconds for r in under}
    groups: dict[int, list[float]] = {}
    for reading in over:
        seconds = there.get((reading.process, reading.sweep))
        if seconds:
            groups.setdefault(reading.process, []).append(reading.seconds / seconds)
    return list(groups.values())


def ratio_interval(over: Sequence[Reading], under: Sequence[Reading]) -> Interval | None:
    """The median of paired ratios with its interval; None without a pair."""
    return median_interval(paired_ratios(over, under))


def half_width(ratio: Interval) -> float:
    """How wide a ratio's interval is to either side: of equals, the noise floor.

    What is left of a difference between equals lies within; a comparison's own interval, which has
    to lie beyond the margin as a whole, covers the same noise once more.
    """
    return (ratio.high - ratio.low) / 2
