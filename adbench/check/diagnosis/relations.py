"""AD and the derivative related by a simple function, by the axes they depend on, or by a value."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence
from adbench.check.diagnosis.terms import named_values, varies

_FUNCTIONS = (
    ("tanh({})", np.tanh),
    ("exp({})", np.exp),
    ("log({})", np.log),
    ("sin({})", np.sin),
    ("cos({})", np.cos),
    ("√{}", np.sqrt),
    ("σ({})", lambda v: 1 / (1 + np.exp(-v))),
    ("max(0, {})", lambda v: np.maximum(v, 0.0)),
)
_CLOSE = 1e-6
_SEEN = 1e-4
"""Relative difference between AD and the derivative from which these relations are looked for."""


def function_left_out(e: Evidence) -> Iterator[str]:
    """Each entry of the derivative is tanh, exp … of AD's, or the other way round."""
    entries = e.substantial | e.off
    if e.complex or not varies(e.numeric, entries):
        return
    if entries.sum() < 4 or e.off.sum() < 3 or float(np.median(e.relative)) < _SEEN:
        return
    with np.errstate(all="ignore"):
        for name, function in _FUNCTIONS:
            made = function(np.where(entries, e.ad, 0.0))
            apart = np.abs(made - e.numeric)[entries]
            allowed = (4 * e.doubt + _CLOSE * np.abs(e.numeric))[entries]
            if (apart <= allowed).all():
                yield (
                    f"the derivative is {name.format('AD')}, entry by entry: what goes into "
                    f"{name.format('·')} is taken for what comes out of it, the wrong operand"
                )
            elif e.fits(function(np.where(entries, e.numeric, 0.0)), within=entries, least=3):
                yield (
                    f"AD is {name.format('the derivative')}, entry by entry: what comes out of "
                    f"{name.format('·')} is taken for what goes into it, the wrong operand"
                )


def factor_of_some_axes(e: Evidence) -> Iterator[str]:
    """AD is off by a factor that depends on a few of the axes alone."""
    entries = e.substantial
    if e.complex or not e.known.all() or (e.off & ~entries).any() or entries.sum() < 6:
        return
    with np.errstate(all="ignore"):
        ratio = np.where(entries, e.ad / e.numeric, np.nan)
    if not np.isfinite(ratio[entries]).all() or (ratio[entries] == 0).any():
        return
    outer: tuple[int, ...] = ()
    names = [f"axis {axis} of {e.name}" for axis in range(len(e.shape))]
    if e.by_output and len(e.outputs.leaves) == 1 and len(e.ad) > 1:
        outer = Evidence.shape_of(e.outputs, 0)
        of = e.outputs.leaves[0].name
        names = [f"axis {axis} of {of}" for axis in range(len(outer))] + names
    elif len(e.ad) > 1:
        return
    ratio = ratio.reshape(*outer, *e.shape)
    long = [axis for axis in range(ratio.ndim) if ratio.shape[axis] > 1]
    for count in range(1, len(long)):
        for kept in combinations(long, count):
            if (found := _depends_on(ratio, kept)) is not None:
                which = " and ".join(names[axis] for axis in kept)
                yield (
                    f"a factor that depends on {which} alone, from {found.min():.4g} to "
                    f"{found.max():.4g}: an inner value with these axes, or its derivative, is "
                    "missing or stands there too often"
                )
                return


def _depends_on(ratio: Array, kept: tuple[int, ...]) -> Array | None:
    """The factors, if they are the same along all other axes, as enough entries say."""
    others = tuple(axis for axis in range(ratio.ndim) if axis not in kept)
    seen = np.isfinite(ratio).sum(axis=others)
    if (seen[seen > 0] < 2).any() or seen.sum() - (seen > 0).sum() < 4:
        return None
    with np.errstate(all="ignore"):
        low = np.where(seen > 0, np.nanmin(np.where(np.isnan(ratio), np.inf, ratio), others), 1.0)
        high = np.where(seen > 0, np.nanmax(np.where(np.isnan(ratio), -np.inf, ratio), others), 1.0)
    same = (high - low <= _CLOSE * np.maximum(np.abs(low), np.abs(high))).all()
    varied = np.ptp(low[seen > 0]) > 1e-4
    return np.asarray(low[seen > 0]) if same and varied else None


def other_constants(e: Evidence) -> Iterator[str]:
    """Both are a + b·v of the same value v, with other numbers a and b."""
    entries = e.substantial | e.off
    if entries.sum() < 4 or e.complex or float(np.median(e.relative)) < _SEEN:
        return
    others = []
    with np.errstate(all="ignore"):
        for name, value in named_values(e):
            if not varies(value, entries):
                continue
            v = np.broadcast_to(value, entries.shape)[entries]
            given, right = (_line(v, a[entries], e.doubt[entries]) for a in (e.ad, e.numeric))
            if given is None or right is None or min(abs(given[1]), abs(right[1])) < _CLOSE:
                continue
            if np.allclose(given, right, rtol=_SEEN, atol=_CLOSE):
                continue
            words = f"AD is {_written(given, name)}, the derivative {_written(right, name)}"
            words += (
                ": the same terms with other constants, as of a value that was scaled, or "
                "overwritten since the forward pass (stale)"
            )
            others.append((len(name), words))
    yield from (words for _, words in sorted(others))


def _line(v: Array, of: Array, doubt: Array) -> tuple[float, float] | None:
    """a and b with of = a + b·v; None where that does not hold of four and more."""
    if len(np.unique(np.round(v, 9))) < 4:
        return None
    slope, level = np.polyfit(v, of, 1)
    left = np.abs(of - (level + slope * v))
    size = float(np.abs(of).max())
    # Element by element: a small one must not hide beside large ones.
    fits = (left <= 4 * doubt + 1e-8 * np.abs(of)).all() and float(doubt.max()) < 1e-4 * size
    return (float(level), float(slope)) if fits else None


def _written(line: tuple[float, float], name: str) -> str:
    level, slope = (float(f"{number:.6g}") for number in line)
    times = name if abs(slope) == 1 else f"{abs(slope):g}·{name}"
    if abs(level) < _CLOSE:
        return times if slope > 0 else f"−{times}"
    return f"{level:g} {'+' if slope > 0 else '−'} {times}"
