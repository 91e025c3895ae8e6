"""A region that is no single element's: all of them are right, or wrong, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from adbench.check.diagnosis.evidence import Array, Evidence

_SLIGHT = 1e-6
"""Relative error up to which a gradient counts as right."""
_OTHERS = 3
_POINTS = 16
_LEAST = 3
"""Points on either side that a condition must have been seen at."""

Error = Callable[[Evidence, int, int, Array], float]
"""The relative error of a row's coordinate at a point; NaN if unknown."""


def decides(e: Evidence, row: int, place: int, right: float, error: Error) -> str | None:
    """What makes elements wrong, if it is not the value of each: `place` is right at `right`.

    None where each element has a region of its own, as far as others were there to tell; empty
    where a region holds for `place` alone, and nothing more can be said.
    """
    others = _others(e, row, place)
    if not others:
        return None
    moved = e.x.copy()
    moved[place] = right
    with_it = _known(error(e, row, other, moved) for other in others)
    if len(with_it) and (with_it <= _SLIGHT).all():
        return _of_all(e, row, place, right, error)
    alone = []
    for other in others:
        x = e.x.copy()
        x[other] = right
        alone.append(error(e, row, other, x))
    known = _known(iter(alone))
    return "" if len(known) and (known > _SLIGHT).all() else None


def _others(e: Evidence, row: int, place: int) -> list[int]:
    """The elements that differ most beside `place`."""
    start = e.inputs.span(e.leaf).start
    off = np.where(e.off[row], np.abs(e.ad - e.numeric)[row], 0.0).reshape(-1)
    order = np.argsort(-off, kind="stable")
    return [int(k) + start for k in order if off[k] > 0 and k + start != place][:_OTHERS]


def _of_all(e: Evidence, row: int, place: int, right: float, error: Error) -> str | None:
    """The condition on the whole input; None if it is on the value of `place` after all."""
    rng = np.random.default_rng(0)
    span = e.inputs.span(e.leaf)
    points, wrong, there = [], [], []
    for k in range(_POINTS):
        x = e.x.copy()
        # Half of them stay close: a condition may hold in a small part of the space alone.
        size = np.exp2(rng.uniform(-1.0, 1.0, span.stop - span.start) * (0.3 if k % 4 < 2 else 1.0))
        x[span] *= size * (1.0 if k % 4 < 2 else rng.choice([-1.0, 1.0], span.stop - span.start))
        x[place] = right if k % 2 else e.x[place]
        found = error(e, row, place, x)
        if np.isfinite(found):
            points.append(x)
            wrong.append(found > _SLIGHT)
            there.append(k % 2 == 0)
    said = np.array(wrong, dtype=bool)
    seen = min(int(said.sum()), int((~said).sum()))
    if seen < _LEAST:
        return ""
    if (said == np.array(there)).all():
        return None
    numbers = f"{int(said.sum())} and {int((~said).sum())} points tried"
    for name, value in _conditions(e, points):
        for sign, other, expected in (("<", ">", value < 0), (">", "<", value > 0)):
            if (expected == said).all():
                return (
                    f"wrong where {name} {sign} 0, right where it is {other} 0 ({numbers}): a "
                    f"wrong branch, or a sign, that belongs to {e.name} as a whole"
                )
    return (
        f"wrong, or right, in all elements of {e.name} at once as they are moved ({numbers}): a "
        "wrong branch, whose condition is on them together, such as a determinant, a sum, a norm "
        "or a maximum"
    )


def _conditions(e: Evidence, points: list[Array]) -> Iterator[tuple[str, Array]]:
    """Numbers made of the whole input whose sign may decide, one a point."""
    own = np.stack([e.own(x) for x in points])
    if own.ndim == 3 and own.shape[1] == own.shape[2]:
        yield f"det({e.name})", np.asarray(np.linalg.det(own))
    yield f"the sum of {e.name}", own.reshape(len(points), -1).sum(axis=1)
    assert e.subject is not None
    if e.subject.outputs.size == 1:
        yield "the function's value", e.subject.rows(np.stack(points))[:, 0]


def _known(errors: Iterator[float]) -> Array:
    found = np.array(list(errors))
    return np.asarray(found[np.isfinite(found)])
