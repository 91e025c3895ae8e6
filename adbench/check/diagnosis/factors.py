"""One factor too many or too few: −1, 2, ½, n, 1/n, π, or any other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence
from adbench.check.diagnosis.positions import named_places

Array = NDArray[Any]

_NAMED = (
    ("2", 2.0),
    ("1/2", 0.5),
    ("3", 3.0),
    ("1/3", 1 / 3),
    ("4", 4.0),
    ("1/4", 0.25),
    ("π", math.pi),
    ("1/π", 1 / math.pi),
    ("2π", 2 * math.pi),
    ("1/(2π)", 0.5 / math.pi),
    ("√2", math.sqrt(2)),
    ("1/√2", math.sqrt(0.5)),
    ("180/π: degrees for radians", 180 / math.pi),
    ("π/180: degrees for radians", math.pi / 180),
    ("ln 2: a logarithm of another base", math.log(2)),
    ("1/ln 2: a logarithm of another base", 1 / math.log(2)),
    ("ln 10: a logarithm of another base", math.log(10)),
    ("1/ln 10: a logarithm of another base", 1 / math.log(10)),
)


_VANISHING = 1e-6
"""A factor below this is none: AD is of another order."""
_PLAINEST = 2
"""So many of them are more likely nothing but a number than anything made of sizes."""


def one_factor(e: Evidence) -> Iterator[str]:
    """The same factor for every element."""
    entries = e.substantial
    if not entries.any() or not e.wrong[entries.any(axis=0)].all():
        return
    if (e.off & ~entries).any():
        return  # something where nothing should be: no factor does that
    if (name := _factor_of(e, entries)) is not None:
        yield name


def factor_for_some(e: Evidence) -> Iterator[str]:
    """One factor for the elements that are wrong, where others are right."""
    wrong = e.wrong & e.looked_at
    right = e.looked_at & ~e.wrong
    entries = e.off & e.substantial
    if not right.any() or not entries.any() or (e.off & ~e.substantial).any():
        return
    if (e.ad[entries] == 0).all():
        return
    name = _factor_of(e, entries)
    if name is not None:
        yield f"{name} in {count(wrong, e.looked_at)}"


def factors_by_place(e: Evidence) -> Iterator[str]:
    """Two or three factors, each for the elements of a plain pattern of indices."""
    entries = e.off & e.substantial
    if not entries.any() or (e.off & ~entries).any():
        return
    with np.errstate(all="ignore"):
        ratio = np.where(entries, e.ad / e.numeric, np.nan)
    levels = np.unique(np.round(np.nan_to_num(ratio[entries], nan=np.inf), 6))
    if not np.isfinite(levels).all() or not 2 <= len(levels) <= 3:
        return
    said = []
    for level in levels:
        group = entries & (np.abs(ratio - level) <= 2e-6)
        mine, others = group.any(axis=0), (entries & ~group).any(axis=0)
        places = named_places(e, mine, e.told_apart[1] | (others & ~mine))
        name = "zero" if level == 0 else _factor_of(e, group)
        if places is None or name is None or (mine & others).any():
            return
        said.append(f"{name} in {count(mine, e.looked_at)}, {places}")
    yield "; ".join(said)


def factor_by_output(e: Evidence) -> Iterator[str]:
    """One factor for one output, where the others are right."""
    if not e.by_output or len(e.off) < 2:
        return
    guilty = np.asarray(e.off.reshape(len(e.off), -1).any(axis=1))
    for leaf, spec in enumerate(e.outputs.leaves):
        rows = np.arange(len(guilty))[e.outputs.span(leaf)]
        if len(e.outputs.leaves) > 1 and len(rows) > 1 and guilty[rows].sum() == guilty.sum() > 1:
            yield from _in_these(e, rows, spec.name)
    if guilty.sum() == 1:
        yield from _in_these(e, np.flatnonzero(guilty), e.outputs.label(int(np.argmax(guilty))))


def _in_these(e: Evidence, rows: Array, label: str) -> Iterator[str]:
    entries = np.zeros_like(e.off)
    entries[rows] = e.substantial[rows]
    if (e.off & ~entries).any() or not entries.any():
        return
    if (e.ad[entries] == 0).all():
        yield f"output {label} contributes nothing: its cotangent is not pulled back"
    elif (name := _factor_of(e, entries, least=1)) is not None:
        yield f"{name} in what output {label} contributes; the others are right"


def factor_between_elements(e: Evidence) -> Iterator[str]:
    """One factor in the terms between different elements, while their own have none."""
    size = int(np.prod(e.shape, dtype=int))
    if not e.by_output or len(e.ad) != size or size < 3 or e.complex or not e.known.all():
        return
    if len(e.outputs.leaves) != 1 or Evidence.shape_of(e.outputs, 0) != e.shape:
        return
    own = np.eye(size, dtype=bool).reshape(e.ad.shape)
    between = e.substantial & ~own
    if between.sum() < 3 or (e.off & ~own & ~between).any() or not (e.off | ~between).all():
        return
    with np.errstate(all="ignore"):
        ratio = (e.ad / e.numeric)[own & e.substantial]
        level = float(np.median((e.ad / e.numeric)[between]))
    if not (np.abs(ratio - level) > 1e-3 * abs(level)).any():
        return
    if level != 0 and (name := _factor_of(e, between)) is not None:
        first, colon, rest = name.partition(":")
        yield f"{first} in the terms between different elements{colon}{rest}"


def spread(e: Evidence) -> str:
    """`, there by factors from 0.7 to 1.4`: how far off the wrong elements are, where that is all
    that can be said."""
    entries = e.off & e.substantial
    if not entries.any() or (e.off & ~entries).any():
        return ""
    # An element may have many outputs: the one that it moves most.
    size = np.where(entries, np.abs(e.numeric), 0.0).reshape(len(e.ad), -1)
    places = np.flatnonzero(size.any(axis=0))
    rows = size.argmax(axis=0)[places]
    with np.errstate(all="ignore"):
        ratio = (e.ad / e.numeric).reshape(len(e.ad), -1)[rows, places]
    if not np.isfinite(ratio).all():
        return ""
    if len(ratio) == 1:
        return f", there by a factor of {written(ratio[0])}"
    if np.ptp(ratio) <= 1e-6 * np.abs(ratio).max():
        return f", there by a factor of {written(ratio[0])}" if not e.by_output else ""
    return f", there by factors from {ratio.min():.3g} to {ratio.max():.3g}"


def count(wrong: Array, seen: Array) -> str:
    """`3 of 8 elements`; of a large input some are looked at."""
    sampled = "" if seen.all() else " that were looked at"
    return f"{int(wrong.sum())} of {int(seen.sum())} elements{sampled}"


def _factor_of(e: Evidence, entries: Array, least: int = 2) -> str | None:
    """The name of the one factor that all these entries are off by; without a name it must have
    been seen at `least` of them."""
    with np.errstate(all="ignore"):
        ratio = e.ad[entries] / e.numeric[entries]
        doubt = 2 * e.doubt[entries] / np.abs(e.numeric[entries]) + 1e-9
    if not np.isfinite(ratio).all():
        return None
    sharpest = float(ratio[np.argmin(doubt)])
    middle = float(np.median(ratio)) if ratio.size > 2 else sharpest
    if (
        abs(middle) < _VANISHING
        or not (np.abs(ratio - middle) <= doubt * max(1.0, abs(middle))).all()
    ):
        return None
    # A difference that is no larger than the doubt has no factor that could be told.
    if float(np.min(doubt)) * max(1.0, abs(middle)) > 0.1 * abs(middle - 1):
        return None
    uncertainty = float(np.min(doubt)) * max(1.0, abs(middle))
    if name := _name_of(middle, uncertainty, e):
        return name
    if ratio.size < least:
        return None
    sharp = 2 * e.doubt[entries] / np.abs(e.numeric[entries])
    return f"a constant factor {written(middle)}{_mistyped(middle, float(sharp.min()))}"


def written(factor: float) -> str:
    """A factor with six digits, or, close to 1, with two of what it differs by."""
    apart = abs(factor - 1)
    digits = 6 if apart == 0 else max(6, 2 - math.floor(math.log10(apart)))
    return f"{factor:.{min(digits, 16)}g}"


_CONSTANTS = (
    ("π", math.pi),
    ("2π", 2 * math.pi),
    ("1/π", 1 / math.pi),
    ("π/180", math.pi / 180),
    ("180/π", 180 / math.pi),
    ("e", math.e),
    ("√2", math.sqrt(2)),
    ("1/√2", math.sqrt(0.5)),
    ("√π", math.sqrt(math.pi)),
    ("√(2π)", math.sqrt(2 * math.pi)),
    ("1/√(2π)", 1 / math.sqrt(2 * math.pi)),
    ("2/√π", 2 / math.sqrt(math.pi)),
    ("√(2/π)", math.sqrt(2 / math.pi)),
    ("ln 2", math.log(2)),
    ("ln 10", math.log(10)),
    ("log 2π", math.log(2 * math.pi)),
)
_DECIMALS = (0.1, 0.2, 0.3, 0.01, 0.02, 0.05, 0.001, 1e-4, 1e-5, 1e-6, 0.9, 0.99, 0.999)


def _mistyped(factor: float, doubt: float) -> str:
    """` (π/180 typed as 0.0174533, perhaps)`, where a rounded constant gives such a factor."""
    apart = abs(factor - 1)
    within = max(doubt, 2e-4 * apart)
    if not 0 < apart < 2e-3 or within > 1e-2 * apart:
        return ""
    for name, value in _CONSTANTS:
        for digits in range(3, 9):
            typed = float(f"{value:.{digits}g}")
            if abs(factor - typed / value) <= within:
                return f" ({name} typed as {typed:.{digits}g}, perhaps)"
    for value in _DECIMALS:
        if abs(factor - float(np.float32(value)) / value) <= within:
            return f" ({value:g} kept as float32, perhaps)"
    return ""


def _name_of(factor: float, doubt: float, e: Evidence) -> str | None:
    """The plainest name that a factor has, and what else it may stand for."""

    def near(value: float) -> bool:
        return abs(factor - value) <= doubt + 1e-6 * abs(value)

    if near(-1):
        return "sign flipped"
    readings = [*_of_sizes(near, e)]
    for place, (name, value) in enumerate(_NAMED):
        if readings and place == _PLAINEST and not near(round(factor)):
            break  # 2/3 and the like are seldom nothing but a number
        for sign, flipped in ((1, ""), (-1, " and sign flipped")):
            if near(sign * value):
                if place < _PLAINEST:
                    readings = [text for text in readings if text[2]]
                # Small numbers come about in many ways.
                perhaps = "; or ".join(text for _, text, _ in readings[:2])
                return f"factor {name}{flipped}" + (f": perhaps {perhaps}" if perhaps else "")
    if readings:
        return f"factor {readings[0][0]}: " + "; or ".join(text for _, text, _ in readings[:2])
    return None


_Reading = tuple[str, str, bool]
"""The factor as made of sizes, what that would mean, and whether more than the number says so."""


def _of_sizes(near: Callable[[float], bool], e: Evidence) -> Iterator[_Reading]:
    yield from _one_of(_of_masks(near, e))
    for n in filter(lambda n: n > 2, e.sizes):
        sure = _centred(e, n)
        if near(n / (n - 1)):
            yield f"{n}/{n - 1}", f"n − 1 stands where n = {n} belongs", sure
        if near((n - 1) / n):
            yield f"{n - 1}/{n}", f"n = {n} stands where n − 1 belongs", sure
        if sure and near(n - 1):
            yield f"{n - 1}", f"a division by n − 1 is missing (n = {n})", sure
        if sure and near(1 / (n - 1)):
            yield f"1/{n - 1}", f"a division by n − 1 too many (n = {n})", sure
    for n in e.sizes:
        its = "" if n > 4 else f" (n = {n})"
        if near(n):
            yield f"{n}", f"a division by n is missing, or a sum stands for a mean{its}", False
        if near(1 / n):
            words = f"a mean stands for a sum, or a broadcast was not summed over{its}"
            yield f"1/{n}", words, False
        if n > 2 and near(math.sqrt(n)):
            yield f"√{n}", f"a division by √n is missing{its}", False
        if n > 2 and near(1 / math.sqrt(n)):
            yield f"1/√{n}", f"a division by √n too many{its}", False


def _one_of(readings: Iterator[_Reading]) -> list[_Reading]:
    return [*readings][:1]


def _of_masks(near: Callable[[float], bool], e: Evidence) -> Iterator[_Reading]:
    """Elements that a mask leaves out, counted, or not, in a mean."""
    for some, n in _counted(e):
        if near(some / n):
            yield f"{some}/{n}", f"a mean over all {n} for one over the {some} that count", True
        if near(n / some):
            yield f"{n}/{some}", f"a mean over the {some} that count for one over all {n}", True
        if some > 2 and near(some):
            yield f"{some}", f"a division by {some}, as many elements as count, is missing", True
        if some > 2 and near(1 / some):
            yield f"1/{some}", f"a division by {some}, as many elements as count, too many", True


def _counted(e: Evidence) -> list[tuple[int, int]]:
    """How many of how many elements have a derivative at all, where some have none: a mask."""
    if not e.looked_at.all():
        return []
    counts = np.asarray(e.substantial.any(axis=0))
    seen = {(int(counts.sum()), counts.size)}
    for axis in range(counts.ndim):
        lines = counts.any(axis=tuple(a for a in range(counts.ndim) if a != axis))
        seen.add((int(lines.sum()), lines.size))
    return sorted((some, n) for some, n in seen if 0 < some < n)


def _centred(e: Evidence, n: int) -> bool:
    """Whether the derivatives add up to zero over n elements, as behind a variance.

    At the point itself that may be by chance; AD, which is a multiple of them, is asked elsewhere.
    """
    if not e.known.all() or not _adds_up_to_zero(e.numeric, n):
        return False
    if e.subject is None or e.weights is None:
        return True
    other = e.x * np.linspace(1.1, 1.3, e.x.size)
    try:
        return _adds_up_to_zero(e.own(e.subject.gradient(other, e.weights[0])[None]), n)
    except Exception:  # outside its domain a function may raise whatever it likes
        return False


def _adds_up_to_zero(values: Array, n: int) -> bool:
    sums = [values.sum(axis=a) for a in range(1, values.ndim) if values.shape[a] == n]
    if values[0].size == n:
        sums.append(values.reshape(len(values), -1).sum(axis=1))
    size = float(np.abs(values).max(initial=0.0))
    return size > 0 and any(np.abs(s).max() <= 1e-6 * size * n for s in sums)
