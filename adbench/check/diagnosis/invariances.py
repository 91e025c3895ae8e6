"""What the function itself says of its gradient: what it does not change under, or how it scales.

If f(x + c) = f(x) + k·c for every constant c, the gradient adds up to k; if f(λx) = λᵏ·f(x),
⟨x, gradient⟩ = k·f(x) (Euler). Both are exact, and each is seen by moving the whole input.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence

_SHIFTS = (1.0, -0.5, 0.25)
_SCALES = (2.0, 0.5, 1.25)
_EXACT = 1e-9
"""Relative to what is compared, up to which a function's values follow such a law."""
_CLEAR = 1e-6
"""Relative to the gradient, from which AD breaks it."""


def invariant(e: Evidence) -> Iterator[str]:
    """A law that the function keeps, and the gradient too, and that AD's gradient breaks."""
    if not e.may_ask or e.complex or not e.looked_at.all() or not e.known.all():
        return
    assert e.subject is not None
    if e.wrong.size < 3 or not (e.by_output or e.subject.outputs.size == 1):
        return
    axes = [tuple(range(e.values.ndim))]
    if e.values.ndim > 1:
        axes += [(axis,) for axis in range(e.values.ndim) if e.shape[axis] > 1]
    for over in axes[1:] + axes[:1]:
        if words := _shifted(e, over):
            yield words
            return
    # Where some elements are right, the others say more than this sum over all.
    if not e.told_apart[1].any() and (words := _scaled(e)):
        yield words


def _shifted(e: Evidence, axes: tuple[int, ...]) -> str | None:
    """f(x + c) = f(x) + k·c, with one constant for each index of the other axes."""
    whole = len(axes) == e.values.ndim
    rng = np.random.default_rng(0)
    shape = [1 if a in axes else n for a, n in enumerate(e.shape)]
    size = float(np.abs(e.values).max()) or 1.0
    by = np.ones(shape) if whole else rng.uniform(0.5, 1.0, shape)
    rises = _rises(e, [e.values + c * size * by for c in _SHIFTS])
    if rises is None:
        return None
    rise, level = rises
    slope = rise / (size * np.array(_SHIFTS))[:, None]
    constant = slope[0]
    if (np.abs(slope - constant) * size > _EXACT * level).any():
        return None
    if not whole and (np.abs(constant) * size > _EXACT * level).any():
        return None  # a rise for each index cannot be told from their sum
    right, ours = (_sums(a * by) for a in (e.numeric, e.ad))
    row = _broken(e, right, ours, constant)
    if row is None or abs(2 * constant[row] - np.rint(2 * constant[row])) > 1e-6:
        return None  # that a linear function is one says nothing
    given = float(ours[row] if whole else e.ad[row].sum(axis=axes).flat[_worst(e, row, axes)])
    along = "" if whole else f" along axis {axes[0]}"
    if abs(constant[row]) * size <= _EXACT * level[row]:
        return (
            f"{_who(e, row)} does not change when a constant is added to all of {e.name}{along}, "
            f"so its gradient adds up to 0 there, and AD's adds up to {given:.6g}: a term "
            "is missing, or is there too often"
        )
    rate = f"{constant[row]:.6g}"
    return (
        f"{_who(e, row)} rises by {rate} for each 1 that is added to all of {e.name}, exactly, so "
        f"its gradient adds up to {rate}, and AD's adds up to {given:.6g}: a term is "
        "missing, or is there too often"
    )


def _sums(array: Array) -> Array:
    """Each row's sum over the input's axes."""
    return np.asarray(array.sum(axis=tuple(range(1, array.ndim))))


def _who(e: Evidence, row: int) -> str:
    return "the function" if len(e.y) == 1 else f"output {e.outputs.label(row)}"


def _worst(e: Evidence, row: int, axes: tuple[int, ...]) -> int:
    """Which of the sums along these axes AD gets most wrong."""
    return int(np.abs((e.ad - e.numeric)[row].sum(axis=axes)).argmax())


def _scaled(e: Evidence) -> str | None:
    """f(λx) = λᵏ·f(x) for one k, with the other inputs as they are."""
    rises = _rises(e, [c * e.values for c in _SCALES])
    if rises is None:
        return None
    assert e.weights is not None
    here = e.weights @ e.y
    if (here == 0).any():
        return None
    with np.errstate(all="ignore"):
        powers = np.log((rises[0] + here) / here) / np.log(_SCALES)[:, None]
    power = float(np.round(2 * powers.flat[0]) / 2)
    if not (np.abs(powers - power) <= _EXACT).all():
        return None
    true, ours = (_sums(a * e.values) for a in (e.numeric, e.ad))
    row = _broken(e, true, ours, power * here)
    if row is None:
        return None
    right, given = (float(f"{number:.6g}") for number in (power * here[row], ours[row]))
    law = "does not change when" if power == 0 else f"is multiplied by λ^{power:g} when"
    return (
        f"{_who(e, row)} {law} {e.name} is multiplied by λ, so ⟨{e.name}, gradient⟩ is {right:g}, "
        f"and AD's is {given:g}: a term is missing, or is there too often"
    )


def _rises(e: Evidence, moved: list[Array]) -> tuple[Array, Array] | None:
    """What each row's value rises by, (k, rows), and its size (rows,); None where undefined."""
    assert e.subject is not None
    assert e.weights is not None
    points = np.repeat(e.x[None], len(moved), axis=0)
    points[:, e.inputs.span(e.leaf)] = [values.reshape(-1) for values in moved]
    rise = (e.subject.rows(points) - e.y) @ e.weights.T
    if not np.isfinite(rise).all():
        return None
    level = np.abs(e.weights) @ np.abs(e.y) + 1e-3 * np.abs(e.numeric).reshape(len(e.ad), -1).max(
        axis=1
    ) * (np.abs(e.values).max() or 1.0)
    return np.asarray(rise), np.asarray(level)


def _broken(e: Evidence, numeric: Array, ad: Array, expected: Array) -> int | None:
    """The row whose sum AD gets most wrong, where the numeric one is as expected."""
    size = np.abs(e.numeric).reshape(len(e.ad), -1).max(axis=1) * max(1, e.wrong.size)
    spread = (np.abs(e.values).max() or 1.0) if np.ndim(e.values) else 1.0
    unsure = 4 * e.doubt.reshape(len(e.ad), -1).sum(axis=1) * max(1.0, float(spread))
    if (np.abs(numeric - expected) > unsure + _CLEAR * size * max(1.0, float(spread))).any():
        return None
    excess = np.abs(ad - expected) - 10 * unsure - 100 * _CLEAR * size
    row = int(excess.argmax())
    return row if excess[row] > 0 else None
