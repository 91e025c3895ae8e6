"""One factor too many or too few: −1, 2, ½, n, 1/n, π, or any other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence

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


def factor_by_output(e: Evidence) -> Iterator[str]:
    """One factor for one output, where the others are right."""
    guilty = np.flatnonzero(e.off.reshape(len(e.off), -1).any(axis=1))
    if not e.by_output or len(e.off) < 2 or len(guilty) != 1:
        return
    row = int(guilty[0])
    entries = np.zeros_like(e.off)
    entries[row] = e.substantial[row]
    if (e.off & ~entries).any():
        return
    label = e.outputs.label(row)
    if (e.ad[entries] == 0).all():
        yield f"output {label} contributes nothing: its cotangent is not pulled back"
    elif (name := _factor_of(e, entries, least=1)) is not None:
        yield f"{name} in what output {label} contributes; the others are right"


def single(e: Evidence) -> str:
    """`, there by a factor of 1.02` where one element alone is off, which no other confirms."""
    entries = e.off & e.substantial
    places = np.flatnonzero(entries.any(axis=0))
    if len(places) != 1 or (e.off & ~entries).any():
        return ""
    row = int(np.argmax(np.where(entries, np.abs(e.numeric), 0.0).reshape(len(e.ad), -1).max(1)))
    ratio = e.ad[row].reshape(-1)[places[0]] / e.numeric[row].reshape(-1)[places[0]]
    return f", there by a factor of {ratio:.6g}"


def count(wrong: Array, seen: Array) -> str:
    """`3 of 8 elements`."""
    return f"{int(wrong.sum())} of {int(seen.sum())} elements"


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
    if middle == 0 or not (np.abs(ratio - middle) <= doubt * max(1.0, abs(middle))).all():
        return None
    # A difference that is no larger than the doubt has no factor that could be told.
    if float(np.min(doubt)) * max(1.0, abs(middle)) > 0.1 * abs(middle - 1):
        return None
    uncertainty = float(np.min(doubt)) * max(1.0, abs(middle))
    if name := _name_of(middle, uncertainty, e.sizes):
        return name
    return f"a constant factor {middle:.6g}" if ratio.size >= least else None


def _name_of(factor: float, doubt: float, sizes: tuple[int, ...]) -> str | None:
    def near(value: float) -> bool:
        return abs(factor - value) <= doubt + 1e-6 * abs(value)

    if near(-1):
        return "sign flipped"
    for name, value in _NAMED[:2]:
        if near(value):
            return f"factor {name}"
        if near(-value):
            return f"factor {name} and sign flipped"
    for n in sizes:
        if near(n):
            return f"factor {n}: a division by n is missing, or a sum stands for a mean"
        if near(1 / n):
            return f"factor 1/{n}: a mean stands for a sum, or a broadcast was not summed over"
    for name, value in _NAMED[2:]:
        if near(value):
            return f"factor {name}"
        if near(-value):
            return f"factor {name} and sign flipped"
    for n in sizes:
        if n > 2 and near(n / (n - 1)):
            return f"factor {n}/{n - 1}: n − 1 stands where n = {n} belongs"
        if n > 2 and near((n - 1) / n):
            return f"factor {n - 1}/{n}: n = {n} stands where n − 1 belongs"
        if n > 2 and near(math.sqrt(n)):
            return f"factor √{n}: a division by √n is missing"
        if n > 2 and near(1 / math.sqrt(n)):
            return f"factor 1/√{n}: a division by √n too many"
    return None
