"""Richardson tables with an error bound on every entry, and the choice among the entries.

All tables are arrays whose last axis runs over independent problems (a direction and an output
weighting each), so that a whole Jacobian's worth of them costs a few NumPy calls.

Sources: Richardson's extrapolation,

    T[j](h) = T[j-1](h/r) + (T[j-1](h/r) − T[j-1](h)) / (r^(pj) − 1),

for an error expansion in powers of h^p (Brezinski and Redivo Zaglia, Extrapolation Methods, 1991,
ch. 2). The difference of neighbouring entries is the usual error *estimate*; here it becomes a
bound only together with the observed rate of convergence, the measured noise, and the absence of
contradicting entries made with finer steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

RATIO = 4.0
"""Each step is about a quarter of the one before: few evaluations span many scales."""

_BLOCK = 256
"""Problems whose entries are compared with one another at a time."""
_STALLED = 0.9
"""Observed ratio of successive corrections from which a column counts as not converging."""


@dataclass(frozen=True, slots=True)
class Table:
    """Every entry of a Richardson table: column j extrapolates levels l … l + j.

    `values`, `truncation` and `roundoff` have shape (E, D); `first` and `last` (E,) give the
    coarsest and the finest level that an entry uses. The entries of column 0, the plain
    differences, come as `plain` (L, D).
    """

    values: Array
    truncation: Array
    roundoff: Array
    first: Array
    last: Array
    plain: Array
    plain_roundoff: Array


def table(plain: Array, steps: Array, roundoff: Array, power: int, columns: int) -> Table:
    """Extrapolate difference quotients whose error expands in powers of step^power.

    `plain` (L, D) are the quotients, coarsest first, at `steps` (L,), which fall by any ratios;
    `roundoff` (L, D) bounds what noise does to each quotient.
    """
    previous, noise = plain, roundoff
    values, truncations, roundoffs = [], [], []
    levels = np.arange(len(steps))
    made = range(1, min(columns, len(steps) - 1) + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        for j in made:
            q = (steps[:-j] / steps[j:])[:, None] ** power
            change = previous[1:] - previous[:-1]
            previous = previous[1:] + change / (q - 1)
            values.append(previous)
            truncations.append(_tail(np.abs(change), q, noise))
            noise = (q * noise[1:] + noise[:-1]) / (q - 1)
            roundoffs.append(noise)
    return Table(
        np.concatenate(values),
        np.concatenate(truncations),
        np.concatenate(roundoffs),
        np.concatenate([levels[:-j] for j in made]),
        np.concatenate([levels[j:] for j in made]),
        plain,
        roundoff,
    )


def _tail(size: Array, q: Array, noise: Array) -> Array:
    """What is left of the error once a column's changes, of this size (L, D), are taken away.

    The error is the tail of a geometric series of changes. The ratio is the theory's 1/q (L, 1),
    unless the changes seen so far shrink more slowly than that, beyond noise (L + 1, D). A change
    that happens to vanish says nothing, so each is taken no smaller than theory makes it from the
    one before.
    """
    before, after = size[:-1], size[1:]
    seen = np.where(before > 0, after / before, np.inf)
    slower = (after > noise[1:-1] + noise[2:]) & (seen > 1 / q[1:])
    ratio = np.full_like(size, 0.5)
    known = np.isfinite(before)
    ratio[1:] = np.where(known, np.where(slower, seen, 1 / q[1:]), 0.5)
    size = size.copy()
    size[1:] = np.fmax(after, np.where(known, before / q[:-1], 0.0))
    return np.where(ratio < _STALLED, size * ratio / (1 - ratio), np.inf)


@dataclass(frozen=True, slots=True)
class Choice:
    """The entry chosen in each problem: value ± bound (inf where none is admissible)."""

    value: Array
    bound: Array
    level: Array
    """Finest level used, (D,) int; meaningless where the bound is infinite."""
    challenged: Array
    """The sharpest entry of all, where a finer difference contradicts it; NaN elsewhere."""
    challenged_bound: Array


def choose(tab: Table, epsilon: float, usable: Array) -> Choice:
    """The entry of least bound among those that nothing made with finer steps contradicts.

    Where `usable` (D,) is False, there is none.
    """
    with np.errstate(invalid="ignore"):
        bound = 2 * tab.truncation + tab.roundoff + 4 * epsilon * np.abs(tab.values)
    finite = np.isfinite(bound) & np.isfinite(tab.values) & usable
    any_entry = np.where(finite, bound, np.inf)
    # How far a plain difference at level l may be from the truth: its own last change and noise.
    reach = np.full_like(tab.plain, np.inf)
    reach[1:] = np.abs(np.diff(tab.plain, axis=0)) + tab.plain_roundoff[1:]
    reach[~np.isfinite(reach)] = np.inf
    # Plain differences overrule coarser entries, and so do extrapolated ones: a high column that
    # leans on a step where nothing had begun to converge may agree with itself by accident.
    witnesses = np.concatenate([tab.plain, tab.values])
    doubts = np.concatenate([reach, bound])
    finest = np.concatenate([np.arange(len(tab.plain)), tab.last])
    finer = (finest[:, None] > tab.last)[..., None]
    admissible = finite
    with np.errstate(invalid="ignore"):
        for part in range(0, finite.shape[1], _BLOCK):
            here = np.s_[:, part : part + _BLOCK]
            apart = np.abs(witnesses[here][:, None] - tab.values[here])
            overruled = finer & (apart > doubts[here][:, None] + bound[here])
            admissible[here] = finite[here] & ~overruled.any(axis=0)
    ranked = np.where(admissible, bound, np.inf)
    best = np.argmin(ranked, axis=0)
    columns = np.arange(ranked.shape[1])
    value, least = tab.values[best, columns], ranked[best, columns]
    sharpest = np.argmin(any_entry, axis=0)
    refused = ~admissible[sharpest, columns] & np.isfinite(any_entry[sharpest, columns])
    return Choice(
        np.where(np.isfinite(least), value, np.nan),
        least,
        tab.last[best],
        np.where(refused, tab.values[sharpest, columns], np.nan),
        np.where(refused, any_entry[sharpest, columns], np.nan),
    )
