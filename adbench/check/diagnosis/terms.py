"""A factor or a term missing that is made of the values at hand: x, y, their squares, 1/x …"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.coupling import tied_axes
from adbench.check.diagnosis.evidence import Evidence

Array = NDArray[Any]
Named = Iterator[tuple[str, Array]]

_NAMES = {1.0: "", -1.0: "−", 2.0: "2·", -2.0: "−2·", 0.5: "½·", -0.5: "−½·"}


def factor_of_values(e: Evidence) -> Iterator[str]:
    """AD is off by a factor such as x, 1/x or y², element by element."""
    with np.errstate(all="ignore"):
        for name, value in named_values(e):
            if not varies(value, e.off):
                continue
            if e.fits(e.numeric * value, e.doubt * np.abs(value), least=2):
                yield f"a factor {name} too many"
            elif e.fits(e.numeric / value, e.doubt / np.abs(value), least=2):
                yield f"a factor {name} is missing"


def other_formula(e: Evidence) -> Iterator[str]:
    """AD is a simple expression of the values, which the derivative is not."""
    entries = e.off | e.substantial
    if entries.sum() < 3:
        return
    ad, numeric = e.ad, e.numeric
    numeric_constant = _constant(numeric[entries]) and bool(e.substantial[entries].any())
    with np.errstate(all="ignore"):
        if e.fits(numeric**2, 2 * np.abs(numeric) * e.doubt, least=2):
            yield "the derivative is squared: it is multiplied in twice"
        if not numeric_constant and (np.abs(ad[entries] - 1) < 1e-12).all():
            if not e.substantial.any():
                yield "straight through: AD is 1, as for the identity, where the function is flat"
            else:
                yield "a term is missing: what AD gives is 1, the derivative of the identity, alone"
        if e.by_output or len(e.outputs.leaves) == 1:
            total = (ad + numeric)[entries]
            level = float(np.median(total))
            if _constant(total) and abs(level) > 1e-9:
                yield f"AD is {level:.6g} − the derivative: its complement, or mirrored"
        for name, value in named_values(e):
            if not varies(value, entries):
                continue
            scaled = _multiple(ad, e.doubt, value, entries)
            if scaled is not None and _multiple(numeric, e.doubt, value, entries) is None:
                yield (f"a term is missing: what AD gives is {_written(scaled, name)} alone")


def missing_term(e: Evidence) -> Iterator[str]:
    """The difference is a multiple of something simple."""
    entries = e.off
    if entries.sum() < 2:
        return
    difference = e.numeric - e.ad
    if _multiple(difference, e.doubt, np.ones(1), entries) is not None:
        level = float(np.median(difference[entries]))
        if abs(level + 1) < 1e-6:
            yield "a term too many: AD adds 1, the derivative of the identity (straight through)"
        else:
            yield f"a term is missing: numeric − AD is {level:.6g} in every element that is wrong"
    with np.errstate(all="ignore"):
        for name, value in named_values(e):
            if not varies(value, entries):
                continue
            scaled = _multiple(difference, e.doubt, value, entries)
            if scaled is not None:
                yield f"a term is missing: numeric − AD is {_written(scaled, name)}"


def through_one_number(e: Evidence) -> Iterator[str]:
    """What is missing has rank one: it flows through one number that all elements share."""
    if not e.by_output or len(e.outputs.leaves) != 1 or not e.known.all() or e.complex:
        return
    outer = Evidence.shape_of(e.outputs, 0)
    difference = np.where(e.off, e.numeric - e.ad, 0.0)
    rows = len(e.ad)
    blocks = [(difference.reshape(rows, -1), e.numeric.reshape(rows, -1))]
    where = ""
    tied = tied_axes(e, e.substantial | (e.ad != 0))
    if tied:
        o, i = min(tied)

        def block(array: Array, k: int) -> Array:
            whole = array.reshape(*outer, *e.shape).take(k, axis=len(outer) + i).take(k, axis=o)
            return np.asarray(whole.reshape(rows // outer[o], -1))

        blocks = [(block(difference, k), block(e.numeric, k)) for k in range(e.shape[i])]
        where = f" along axis {i}" if len(e.shape) == 1 else f" for each index of axis {i}"
        if len(e.shape) == 1 and len(outer) == 1:
            return  # elementwise
    full = False
    for missing, whole in blocks:
        if not _rank_one(missing):
            return
        full |= not _rank_one(whole) and min(missing.shape) > 2
    if full:
        yield (
            f"a term is missing: the difference has rank one{where}, like what flows through one "
            "number that the elements share (a mean, a norm, a maximum) and that is taken for a "
            "constant"
        )


def _rank_one(matrix: Array) -> bool:
    if not matrix.any():
        return True
    values = np.linalg.svd(matrix, compute_uv=False)
    return bool(len(values) < 2 or values[1] <= 1e-6 * values[0])


def named_values(e: Evidence) -> Named:
    """Named arrays that broadcast against (rows, *shape): what formulas are made of."""
    bases: list[tuple[str, Array]] = [(e.name, e.values[None])]
    for leaf, spec in enumerate(e.inputs.leaves):
        if leaf != e.leaf and Evidence.shape_of(e.inputs, leaf) == e.shape and spec.shape:
            bases.append((spec.name, e.own(e.x, leaf)[None]))
    if e.by_output and len(e.y) > 1:
        out = e.y.reshape(-1, *([1] * len(e.shape)))
        bases.append(("out", out))
    if e.complex:
        modulus = np.repeat(np.hypot(e.values[..., 0], e.values[..., 1])[..., None], 2, axis=-1)
        bases = [(f"|{e.name}|", modulus[None])]
    for name, value in bases:
        yield name, value
        yield f"{name}²", value**2
        yield f"{name}³", value**3
        yield f"1/{name}", 1 / value
        yield f"1/{name}²", 1 / value**2
        yield f"(1 − {name})", 1 - value
        yield f"(1 − {name}²)", 1 - value**2
        yield f"{name}(1 − {name})", value * (1 - value)
        yield f"√{name}", np.sqrt(value)
        yield f"exp({name})", np.exp(value)
        yield f"exp(−{name})", np.exp(-value)
        yield f"exp(−{name}²)", np.exp(-(value**2))
        yield f"exp(−{name}²/2)", np.exp(-(value**2) / 2)
        yield f"log({name})", np.log(value)
        yield f"(1 + {name}²)", 1 + value**2
        yield f"1/(1 + {name}²)", 1 / (1 + value**2)
        yield f"√(1 + {name}²)", np.sqrt(1 + value**2)
        yield f"σ({name})", 1 / (1 + np.exp(-value))
        yield f"tanh({name})", np.tanh(value)
        yield f"(1 − tanh²({name}))", 1 - np.tanh(value) ** 2
        yield f"sin({name})", np.sin(value)
        yield f"cos({name})", np.cos(value)
        yield f"sign({name})", np.sign(value)
    for one, (name, value) in enumerate(bases):
        for other, there in bases[one + 1 :]:
            yield f"{name}·{other}", value * there
            yield f"{other}/{name}", there / value
            yield f"{name}/{other}", value / there


def varies(value: Array, entries: Array) -> bool:
    """Whether a value is finite and not the same in all of these entries: else it is a factor."""
    here = np.broadcast_to(value, entries.shape)[entries]
    return bool(np.isfinite(here).all()) and not _constant(here)


def _constant(values: Array) -> bool:
    if values.size < 2 or not np.isfinite(values).all():
        return False
    middle = float(np.median(values))
    return bool((np.abs(values - middle) <= 1e-7 * np.abs(values).max()).all())


def _multiple(part: Array, doubt: Array, value: Array, entries: Array) -> float | None:
    """The number c with part = c·value in these entries; None where there is none.

    A c that is no round number needs one element more.
    """
    with np.errstate(all="ignore"):
        values = np.broadcast_to(value, entries.shape)[entries]
        ratio, doubts = part[entries] / values, doubt[entries] / np.abs(values)
    if ratio.size < 2 or not np.isfinite(ratio).all():
        return None
    middle = float(ratio[np.argmin(doubts)])
    # The doubt must leave something to see.
    if not (np.abs(ratio - middle) <= 8 * doubts + 1e-7 * abs(middle)).all():
        return None
    if middle == 0 or (doubts > 1e-2 * abs(middle)).all():
        return None
    named = any(abs(middle - c) <= 1e-6 * abs(c) for c in _NAMES)
    named = named or (abs(middle) < 100 and abs(middle - round(middle)) <= 1e-6)
    return middle if ratio.size >= (2 if named else 3) else None


def _written(scale: float, name: str) -> str:
    for value, text in _NAMES.items():
        if abs(scale - value) <= 1e-6 * abs(value):
            return f"{text}{name}"
    return f"{scale:.6g}·{name}"
