"""Where in the input's range a gradient is wrong: a branch, a threshold, the largest element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis import together
from adbench.check.diagnosis.evidence import Evidence
from adbench.check.diagnosis.factors import count

Array = NDArray[Any]

_FACTORS = 2.0 ** np.arange(-3, 6)
_STEP = 2.0**-14 * (1 + 219 / 2**10)
_GROSS = 1e-3
_TINY = 1e-20
"""Derivative, relative to the one that is wrong, below which a formula may underflow."""
_SLIGHT = 1e-6
"""Relative error up to which a gradient counts as right on the way to a branch."""
_BESIDE = 1.0 + 2.0**-10
"""Off the other element's very value: two that are equal are a tie."""
_BISECTIONS = 12
"""No more: right next to a branch that sets in gently its error could not be told from none."""


def by_value(e: Evidence) -> Iterator[str]:
    """The wrong elements are those on one side of a number; tested by moving one across it."""
    wrong, right = e.told_apart
    if e.complex or not wrong.any() or not right.any():
        return
    w, r = e.values[wrong], e.values[right]
    many = w.size > 1 or r.size > 3
    if (largest := _largest_along(e, wrong, right)) and _holds(e, wrong, right, ranked=True):
        yield largest
        return
    words = None
    if many and w.max() < 0 <= r.min():
        words = f"wrong exactly where {e.name} < 0: a wrong branch"
    elif many and r.max() <= 0 < w.min():
        words = f"wrong exactly where {e.name} > 0: a wrong branch"
    elif wrong.size > 3 and (w == 0).all() and (r != 0).all():
        words = f"wrong exactly where {e.name} is 0: a wrong branch, or a division by it"
    elif w.size > 1 and r.size > 1:
        size = {True: (np.abs(w), np.abs(r), f"|{e.name}|"), False: (w, r, e.name)}
        two_sided = bool((w > 0).any() and (w < 0).any())
        bad, good, name = size[two_sided]
        if bad.min() > good.max():
            words = _beyond(e, wrong, name, ">", float(good.max()), float(bad.min()))
        elif bad.max() < good.min():
            words = _beyond(e, wrong, name, "<", float(bad.max()), float(good.min()))
    if words and _holds(e, wrong, right):
        yield words


def _beyond(e: Evidence, wrong: Array, name: str, sign: str, low: float, high: float) -> str:
    return (
        f"wrong in {count(wrong, e.looked_at)}, exactly where {name} {sign} t, for a t between "
        f"{low:.3g} and {high:.3g}: a wrong branch"
    )


def _largest_along(e: Evidence, wrong: Array, right: Array) -> str | None:
    """Whether the wrong elements are the largest, or smallest, of their line."""
    known = wrong | right
    for axis in range(e.values.ndim):
        if e.shape[axis] < 3 or wrong.sum() < 2:
            continue
        for words, value in (
            ("largest", e.values.max(axis, keepdims=True)),
            ("smallest", e.values.min(axis, keepdims=True)),
        ):
            lines = wrong.any(axis=axis, keepdims=True)
            extreme = (e.values == value) & lines & known
            if np.array_equal(extreme, wrong) and lines.all():
                return f"wrong exactly in the {words} elements along axis {axis}"
    return None


def _holds(e: Evidence, wrong: Array, right: Array, *, ranked: bool = False) -> bool:
    """Whether it is the value that makes an element wrong, as far as that can be told.

    The wrong element that differs most is given the value of one that is right, and the other way
    round: the error must go, and come. With `ranked` only the first is asked. Where the function
    cannot be asked, or does not say, the values at hand have to do.
    """
    if e.subject is None or e.weights is None:
        return True
    row, place = _worst(e)
    start = e.inputs.span(e.leaf).start
    bad, good = np.flatnonzero(wrong) + start, np.flatnonzero(right) + start
    to = float(np.sort(e.x[good])[good.size // 2]) * _BESIDE
    if _error_at(e, row, place, to) > _SLIGHT:
        return False
    if ranked:
        return True
    telling = np.where(np.isfinite(e.all_numeric), np.abs(e.all_numeric), 0.0)[:, good]
    other, which = np.unravel_index(int(np.argmax(telling)), telling.shape)
    to = float(np.sort(e.x[bad])[bad.size // 2]) * _BESIDE
    return not _error_at(e, int(other), int(good[which]), to) <= _SLIGHT


def by_scan(e: Evidence) -> Iterator[str]:
    """The worst element moved through its range: where it is right, and where wrong.

    Some two hundred evaluations, a few at a time, and a VJP for every five.
    """
    if not e.may_ask or e.complex or not e.wrong.any():
        return
    row, place = _worst(e)
    here = float(e.x[place])
    size = abs(here) if here else 1.0
    grid = np.unique(np.concatenate([size * _FACTORS, -size * _FACTORS, [here, 0.1, 1.0, -1.0]]))
    grid = grid[grid != 0]
    errors = np.array([_error_at(e, row, place, value) for value in grid])
    grid, errors = grid[np.isfinite(errors)], errors[np.isfinite(errors)]
    wrong = errors > _SLIGHT
    edges = np.flatnonzero(wrong[1:] != wrong[:-1])
    clear = (errors[wrong] > _GROSS).any() and (errors[~wrong] < 0.1 * _SLIGHT).all()
    if (~wrong).sum() < 3 or not clear or not 1 <= len(edges) <= 2:
        return
    decided = together.decides(e, row, place, float(grid[_inmost(~wrong)]), _error_of)
    if decided is not None:
        if decided:
            yield decided
        return
    bounds = [_edge(e, row, place, grid[k], grid[k + 1], bool(wrong[k])) for k in edges]
    if not np.isfinite(bounds).all():
        return
    digits = 4 - int(np.ceil(np.log10(size)))
    label, first, last = e.inputs.label(place), *np.round(bounds, digits)[[0, -1]] + 0.0
    if len(bounds) == 1:
        where = f"{label} {'<' if wrong[0] else '>'} {first:.3g}"
    elif wrong[edges[0] + 1]:
        where = f"{first:.3g} < {label} < {last:.3g}"
    else:
        where = f"{label} < {first:.3g}, and where it is > {last:.3g}"
    yield f"wrong where {where}, right elsewhere: a wrong branch"


def _inmost(flags: Array) -> int:
    """The place farthest from any at which a flag is not set."""
    others = np.flatnonzero(~flags)
    own = np.flatnonzero(flags)
    return int(own[np.abs(own[:, None] - others[None]).min(axis=1).argmax()])


def scan_if_all_are_wrong(e: Evidence) -> Iterator[str]:
    """The same, where no element that is right tells of a region."""
    if e.right_at is not None or not e.told_apart[1].any():
        yield from by_scan(e)


def _worst(e: Evidence) -> tuple[int, int]:
    """The row and the coordinate that differ most, of this leaf."""
    span = e.inputs.span(e.leaf)
    places = np.flatnonzero(e.all_wrong)
    places = places[(places >= span.start) & (places < span.stop)]
    off = np.nan_to_num(np.abs(e.all_ad - e.all_numeric)[:, places], posinf=0.0)
    row, which = np.unravel_index(int(np.argmax(off)), off.shape)
    return int(row), int(places[which])


def _edge(e: Evidence, row: int, place: int, low: float, high: float, low_wrong: bool) -> float:
    """Where right turns into wrong; NaN where the error only fades away."""
    right = [0.0]
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        error = _error_at(e, row, place, middle)
        if not np.isfinite(error):
            break
        if error <= _SLIGHT:
            right.append(error)
        low, high = (middle, high) if (error > _SLIGHT) == low_wrong else (low, middle)
    # The last of them may have been disturbed by a step across the edge.
    fades = float(np.median(right[-3:])) > 0.1 * _SLIGHT
    return np.nan if fades else (low + high) / 2


def _error_at(e: Evidence, row: int, place: int, value: float) -> float:
    """The relative error of one coordinate's gradient where it has this value; NaN if unknown."""
    x = e.x.copy()
    x[place] = value
    return _error_of(e, row, place, x)


def _error_of(e: Evidence, row: int, place: int, x: Array) -> float:
    """The same at any point x (n,)."""
    assert e.subject is not None
    assert e.weights is not None
    weight, value = e.weights[row], float(x[place])
    there = e.subject.at(x)
    if there is None or not np.isfinite(there.origin).all():
        return np.nan
    h = (abs(value) or float(np.abs(e.x).max()) or 1.0) * _STEP
    points = np.repeat(x[None], 4, axis=0)
    points[:, place] += h * np.array([1.0, -1.0, 0.5, -0.5])
    rise = (there.rows(points) - there.origin) @ weight
    coarse, fine = (rise[0] - rise[1]) / (2 * h), (rise[2] - rise[3]) / h
    slope = fine + (fine - coarse) / 3
    try:
        ad = float(there.gradient(there.x, weight)[place])
    except Exception:  # outside its domain a function may raise whatever it likes
        return np.nan
    size = max(abs(ad), abs(slope))
    doubt = abs(fine - coarse) + 1e-14 * float(np.abs(there.origin) @ np.abs(weight)) / h
    if size == 0:
        return 0.0
    here = float(np.nanmax(np.abs([e.all_ad[row, place], e.all_numeric[row, place]])))
    if not np.isfinite(ad - slope) or doubt > 0.1 * size or size < _TINY * here:
        return np.nan
    return float(max(abs(ad - slope) - doubt, 0.0) / size)
