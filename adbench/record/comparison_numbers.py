"""Numbers before and after: how far apart, and whether another order of additions explains it.

A change is called rounding while it stays within what reassociation may do. Any order of adding up
n terms gives Σ xᵢ(1 + θᵢ). In the worst case |θᵢ| ≤ γₙ₋₁ = (n−1)u / (1 − (n−1)u), u the unit
round-off (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, §4.2);
and where rounding errors are independent with mean zero,

    |θᵢ| ≤ γ̃ₙ(λ) = exp(λ√n·u + n·u² / (1 − u)) − 1

for all i with probability at least 1 − 2n·exp(−λ²(1 − u)²/2) (N. J. Higham and T. Mary, A New
Approach to Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41 (2019), Theorem 2.4).
With λ = 8, a million terms stay within it all but once in 10⁷.

The terms of a user's sums are not to be seen, and where they cancel, the sum is small beside them.
What they amount to is measured instead: the digest holds how far each value moves when the inputs
move by their last bit, which is about u times the terms that depend on them. Hence

    allowed = γ̃ₙ(λ)·|value| + λ√n · measured noise,

but never more than √u of the array's largest element: half of the digits are no rounding. Of a
large array the norm, the random projections and the largest elements are held against the norm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from adbench.record.model import ArrayDigest, InputsDigest

LAMBDA = 8.0
LEAST_TERMS = 1024
"""A function may add up more terms than it has inputs."""

_CANCELLED = 32
"""Rounding left where terms cancel exactly, in units of the largest element's."""

_MADE = 1e4
"""Rounding of inputs that were made by a matrix product or a factorisation, in units."""

_UNIT_ROUNDOFF = {
    "float64": 2.0**-53,
    "complex128": 2.0**-53,
    "float32": 2.0**-24,
    "complex64": 2.0**-24,
    "float16": 2.0**-11,
    "bfloat16": 2.0**-8,
    "float8_e4m3fn": 2.0**-4,
    "float8_e5m2": 2.0**-3,
}

Level = Literal["same", "rounding", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of a set of arrays: how much, and the worst place."""

    level: Level
    message: str = ""
    """For arrays that cannot be set side by side: why."""
    name: str | None = None
    before: float | None = None
    after: float | None = None
    ulps: float | None = None
    relative: float | None = None
    allowed: float | None = None


def unit_roundoff(arrays: Sequence[ArrayDigest]) -> float:
    """That of the coarsest dtype among the arrays; float64's for dtypes that are not known."""
    return max((_unit(array.dtype) for array in arrays), default=2.0**-53)


def probabilistic_gamma(terms: int, unit: float) -> float:
    """γ̃ₙ(λ) of the module's docstring, with λ = 8."""
    return math.expm1(LAMBDA * math.sqrt(terms) * unit + terms * unit**2 / (1 - unit))


def compare_arrays(
    before: Sequence[ArrayDigest], after: Sequence[ArrayDigest], terms: int, unit: float
) -> Difference:
    """The worst difference between two lists of digests, which should have the same arrays.

    `terms` is how many numbers may have been added up, `unit` the unit round-off of the coarsest
    arithmetic that took part.
    """
    if other := _other_arrays(before, after):
        return Difference("changed", message=other)
    worst, gravest = Difference("same"), (0, 0.0)
    for old, new in zip(before, after, strict=True):
        for figure in _figures(old, new, terms, unit):
            # An element tells a person more than a norm, and that more than a projection.
            grave = (figure.telling if figure.gravity > 1 else 0, figure.gravity)
            if grave > gravest:
                worst, gravest = figure.difference(max(_unit(old.dtype), _unit(new.dtype))), grave
    return worst


def same_but_for_rounding(before: InputsDigest, after: InputsDigest) -> bool:
    """Whether the same inputs were made, and at most their last digits differ.

    A matrix product, or a factorisation, gives other last digits on another machine.
    """
    if (before.leaves, before.parameters) != (after.leaves, after.parameters):
        return False
    if not before.figures or before.figures.keys() != after.figures.keys():
        return False
    for name, old in before.figures.items():
        new, unit = after.figures[name], _unit(before.leaves[name].partition("[")[0])
        near = min(_MADE * unit, math.sqrt(unit)) * max(old[0], new[0])
        for one, other in zip(old, new, strict=True):
            if not (abs(one - other) <= near or _alike(one, other)):
                return False
    return True


@dataclass(frozen=True, slots=True)
class _Figure:
    """One number of a digest, before and after."""

    name: str
    before: float
    after: float
    allowed: float
    telling: int
    """1 for a projection, 2 for a norm, 3 for an element."""

    @property
    def apart(self) -> float:
        if _alike(self.before, self.after):
            return 0.0
        apart = abs(self.before - self.after)
        return math.inf if math.isnan(apart) else apart

    @property
    def gravity(self) -> float:
        """How many times the allowed difference; 0 where there is none."""
        if self.apart == 0.0:
            return 0.0
        return self.apart / self.allowed if self.allowed > 0 else math.inf

    def difference(self, unit: float) -> Difference:
        size = max(abs(self.before), abs(self.after))
        finite = math.isfinite(self.apart) and math.isfinite(size)
        return Difference(
            "rounding" if self.gravity <= 1 else "changed",
            name=self.name,
            before=self.before,
            after=self.after,
            ulps=self.apart / _spacing(size, unit) if finite else None,
            relative=self.apart / size if finite else None,
            allowed=self.allowed,
        )


def _figures(old: ArrayDigest, new: ArrayDigest, terms: int, unit: float) -> Iterator[_Figure]:
    gamma, walk = probabilistic_gamma(terms, unit), LAMBDA * math.sqrt(terms)
    names, before = _numbers(old)
    new_names, after = _numbers(new)
    noise = _noise(old, before)
    known = dict(zip(new_names, after, strict=True))
    new_noise = dict(zip(new_names, _noise(new, after), strict=True))
    # A norm bounds what it is the norm of, and so does the largest of the elements shown.
    top = max((abs(v) for v in (*before, *after) if math.isfinite(v)), default=0.0)
    scale = top if old.values is None else 0.0
    telling = [3] * len(names)
    if old.values is None:
        telling = [2] * (old.norm is not None) + [1] * len(old.projections) + [3] * len(old.largest)
    for place, (name, value, moved) in enumerate(zip(names, before, noise, strict=True)):
        if name not in known:
            continue  # no longer among the largest elements; the projections tell of it
        new_value, allowed = known[name], 0.0
        if math.isfinite(value) and math.isfinite(new_value):
            size = max(scale, abs(value), abs(new_value))
            allowed = gamma * size + walk * max(moved, new_noise[name])
            if value == 0 or new_value == 0:  # terms that cancel leave their rounding, or do not
                allowed = max(allowed, _CANCELLED * unit * top)
        allowed = min(allowed, math.sqrt(unit) * top)
        yield _Figure(name, value, new_value, allowed, telling[place])


def _numbers(array: ArrayDigest) -> tuple[list[str], list[float]]:
    """The digest's numbers with a name for each, in the order of its `noise`."""
    if array.values is not None:
        return [_element(array, place) for place in range(len(array.values))], list(array.values)
    names = [f"the norm of {array.name}"] if array.norm is not None else []
    names += [f"projection {i} of {array.name}" for i in range(len(array.projections))]
    names += [_named(array, index) for index, _ in array.largest]
    norm = [array.norm] if array.norm is not None else []
    return names, [*norm, *array.projections, *(value for _, value in array.largest)]


def _noise(array: ArrayDigest, numbers: Sequence[float]) -> Sequence[float]:
    return array.noise if len(array.noise) == len(numbers) else [0.0] * len(numbers)


def _element(array: ArrayDigest, place: int) -> str:
    index: list[int] = []
    complex_ = "complex" in array.dtype
    rest, part = divmod(place, 2) if complex_ else (place, 0)
    for length in reversed(array.shape):
        rest, i = divmod(rest, length)
        index.insert(0, i)
    return _named(array, (*index, part) if complex_ else tuple(index))


def _named(array: ArrayDigest, index: tuple[int, ...]) -> str:
    part = ""
    if "complex" in array.dtype:
        index, part = index[:-1], ("real part of ", "imaginary part of ")[index[-1]]
    where = f"[{', '.join(map(str, index))}]" if index else ""
    return f"{part}{array.name}{where}"


def _other_arrays(before: Sequence[ArrayDigest], after: Sequence[ArrayDigest]) -> str:
    """How the two lists differ in names, shapes or kind of digest; "" where they do not."""
    if (names := [a.name for a in before]) != (new_names := [a.name for a in after]):
        return f"{_listed(names)} became {_listed(new_names)}"
    for old, new in zip(before, after, strict=True):
        if old.shape != new.shape:
            return f"{old.name} had shape {old.shape} and has {new.shape}"
        if ("complex" in old.dtype) != ("complex" in new.dtype):
            return f"{old.name} was {old.dtype} and is {new.dtype}"
        if (old.values is None) != (new.values is None):
            return f"{old.name} was kept in another form"
    return ""


def _alike(one: float, other: float) -> bool:
    """Equal, or neither a number."""
    return one == other or (math.isnan(one) and math.isnan(other))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def _unit(dtype: str) -> float:
    return _UNIT_ROUNDOFF.get(dtype, 2.0**-53)


def _spacing(size: float, unit: float) -> float:
    """The distance of neighbouring numbers at `size` in an arithmetic of unit round-off `unit`."""
    return max(2 * unit * 2.0 ** (math.frexp(size)[1] - 1), 5e-324)
