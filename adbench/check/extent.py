"""How far a large input's gradient is wrong around one wrong element: a tail, a row, a channel.

Asked along each axis at distances that double, and then halved down to the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.narrowing import short_ladder
from adbench.check.probes import elementwise
from adbench.check.subject import Subject
from adbench.numeric.ladder import differentiate
from adbench.numeric.sampling import Lines

Array = NDArray[Any]

_CLOSE = 1e-7
_INSIDE = 4
"""Elements within what seems wrong that are looked at for confirmation."""
_TELLING = 4
"""Wrong ones, and right ones, that the diagnosis sees."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What is wrong around an element, in words, and a few coordinates of either kind."""

    words: str
    telling: Array


class _Probe:
    """Whether single elements are wrong, each asked once, by a short ladder of steps."""

    def __init__(
        self, subject: Subject, scale: Array, weight: Array, gradient: Array, step: float
    ) -> None:
        self.subject, self.scale, self.weight, self.gradient = subject, scale, weight, gradient
        self.steps = short_ladder(step)
        self.known: dict[int, bool] = {}
        self.relative = np.inf

    def wrong(self, coordinates: list[int]) -> list[bool]:
        new = np.array([c for c in dict.fromkeys(coordinates) if c not in self.known], dtype=int)
        if new.size:
            subject = self.subject
            lines = Lines(subject.rows, subject.x, elementwise(self.scale, new), subject.origin)
            found = differentiate(lines, self.weight[None], self.steps, subject.epsilon)
            value, bound = found.value[:, 0], found.bound[:, 0]
            ad = self.gradient[new] * self.scale[new]
            with np.errstate(all="ignore"):
                size = np.maximum(np.abs(ad), np.abs(value))
                apart = np.abs(ad - value) - 2 * bound
                # What counts is an error like the one that was found.
                if not self.known:
                    self.relative = float(apart[0] / size[0])
                wrong = apart > min(_CLOSE, 0.1 * self.relative) * size
            self.known.update(
                zip(map(int, new), map(bool, wrong & np.isfinite(bound)), strict=True)
            )
        return [self.known[c] for c in coordinates]


def extent(
    subject: Subject, scale: Array, guilty: int, weight: Array, gradient: Array, step: float
) -> Extent | None:
    """What is wrong around the coordinate `guilty`; None where it cannot be told.

    `weight` (p,) and `gradient` (n,) are those under which it was found, `step` the size of step
    that served there. Some ten evaluations for every doubling of an axis.
    """
    leaf, index, part = subject.inputs.place(guilty)
    spec = subject.inputs.leaves[leaf]
    if part or index is None or not spec.shape:
        return None
    start = subject.inputs.span(leaf).start
    strides = [int(np.prod(spec.shape[a + 1 :], dtype=int)) for a in range(len(spec.shape))]
    probe = _Probe(subject, scale, weight, gradient, step)
    if not probe.wrong([guilty])[0]:
        return None

    def at(place: tuple[int, ...]) -> int:
        offsets = [i * s for i, s in zip(place, strides, strict=True)]
        return int(start + sum(offsets))

    box = [_run(probe, at, index, axis, length) for axis, length in enumerate(spec.shape)]
    return Extent(_in_words(spec.name, spec.shape, box, probe, at), _telling(probe))


def _run(
    probe: _Probe,
    at: Callable[[tuple[int, ...]], int],
    index: tuple[int, ...],
    axis: int,
    length: int,
) -> slice:
    """The stretch of wrong elements through `index` along an axis."""
    here = index[axis]

    def wrong_at(place: int) -> bool:
        return probe.wrong([at((*index[:axis], place, *index[axis + 1 :]))])[0]

    reach = []
    for sign, room in ((-1, here), (1, length - 1 - here)):
        inside, beyond = 0, min(1, room)
        while beyond > inside and wrong_at(here + sign * beyond):
            inside, beyond = beyond, min(2 * beyond, room)
        while beyond - inside > 1:
            middle = (inside + beyond) // 2
            wrong = wrong_at(here + sign * middle)
            inside, beyond = (middle, beyond) if wrong else (inside, middle)
        reach.append(inside)
    return slice(here - reach[0], here + reach[1] + 1)


def _in_words(
    name: str,
    shape: tuple[int, ...],
    box: list[slice],
    probe: _Probe,
    at: Callable[[tuple[int, ...]], int],
) -> str:
    size = int(np.prod([s.stop - s.start for s in box]))
    if size == 1:
        return "the elements next to it are right"
    rng = np.random.default_rng(0)
    places = [tuple(int(rng.integers(s.start, s.stop)) for s in box) for _ in range(_INSIDE)]
    sampled = probe.wrong([at(place) for place in places])
    text = ", ".join(map(_written, box, shape))
    if not all(sampled):
        return f"some of its neighbours in {name}[{text}] are wrong as well"
    inside = sum(probe.known.values())
    outside = len(probe.known) - inside
    looked = f"{inside} of them were looked at" + (f", and {outside} beside" if outside else "")
    if size == np.prod(shape):
        return f"all {size} elements of {name} seem wrong ({looked})"
    return f"all {size} elements of {name}[{text}] seem wrong, and none next to them ({looked})"


def _written(along: slice, length: int) -> str:
    if along.stop - along.start == 1:
        return f"{along.start}"
    return f"{along.start or ''}:{along.stop if along.stop < length else ''}"


def _telling(probe: _Probe) -> Array:
    wrong = [c for c, flag in probe.known.items() if flag][:_TELLING]
    right = [c for c, flag in probe.known.items() if not flag][:_TELLING]
    return np.array(sorted(wrong + right), dtype=int)
