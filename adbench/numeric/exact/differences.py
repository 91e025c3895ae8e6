"""Difference quotients at 50 digits, with a bound on the error of each.

For g(t) = ⟨w, f(x + t·v)⟩ the steps are h₁ = 2⁻⁴⁰, h₂ = 2⁻⁵⁰ and h₃ = 2⁻⁶⁰ times the scale of t,
with one Richardson step between neighbours,

    A = D(h₂) + (D(h₂) − D(h₁)) / (rᵖ − 1),   B = D(h₃) + (D(h₃) − D(h₂)) / (rᵖ − 1),   r = 2¹⁰,

p = 2 for the central quotient and 1 for the one-sided ones. B's error is smaller than A's by r²
or more where f is smooth on that scale, so |A − B| bounds the error of A; where it does not
become small, everything is done again with finer steps and more digits. Richardson's step: see
`adbench.numeric.extrapolation`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adbench.numeric.exact.array import ExactArray, is_complex, wrap
from adbench.numeric.exact.numbers import (
    DIGITS,
    INF,
    NAN,
    ZERO,
    Objects,
    box,
    exactly,
    mp,
    mpf,
    nearest,
)
from adbench.numeric.referee import ExactDerivatives
from adbench.numeric.refusal import Budget, CannotReplay, refuse, spend

Array = NDArray[Any]
Leaves = Sequence[Objects]

_STEP_BITS = (40, 50, 60)
_LEVEL_BITS = 20
_LEVELS = 4
"""How often the steps may become finer, and by how many bits each time."""
_DIGITS_PER_LEVEL = 13
"""Twice what the steps lose: the quotients become more precise as well."""
_MORE_DIGITS = 15
"""A second evaluation with so many digits more shows the rounding error of the first."""
_MOST_DIGITS = 350
_GUARD = 1000
"""By how much a rounding error is enlarged that was seen at one point only."""
_FIRST_SECONDS = 0.2
"""What a first evaluation may always take: some functions begin with constants of their own."""
_ENOUGH = 2.0**-60
"""Relative bound at which nothing finer is asked for: below the rounding of a double."""
_DIVERGING = 4
"""Growth of a bound under finer steps that says that there is no derivative, as at a jump."""
_NOTHING = 2.0**-90
"""What counts as zero beside the size of the function."""


class Estimate(NamedTuple):
    """A quotient's limit and its bound; nan and inf where there is none."""

    value: Any
    bound: Any


_NONE = Estimate(NAN, INF)


@dataclass(slots=True)
class Result:
    """What is known about one direction and one weighting."""

    central: Estimate
    left: Estimate
    right: Estimate
    kink: bool
    settled: bool


class Function:
    """The user's function on real coordinates: its outputs in one vector, nan where it raises."""

    def __init__(self, apply: Callable[..., Any], x: Sequence[Array], limit: Budget) -> None:
        self.apply = apply
        self.limit = limit
        self.complex = [is_complex(leaf) for leaf in x]
        for leaf in x:
            spend(leaf.size, leaf.size)
        self.x = [exactly(leaf) for leaf in x]
        self.evaluations = 0
        self.kinds: list[tuple[tuple[int, ...], bool]] = []

    def origin(self) -> Objects:
        """The outputs at x. Raises CannotReplay where the function raises."""
        try:
            outputs = self._call(self.x)
        except CannotReplay:
            raise
        except Exception as error:
            reason = f"raised {type(error).__name__} in higher precision: {error}"
            raise CannotReplay("the function", reason) from error
        self.kinds = [(output.shape, output.complex) for output in outputs]
        return _coordinates(outputs, self.kinds)

    def at(self, direction: Leaves, step: Any) -> Objects:
        """The outputs at x + step·direction."""
        leaves = [box(a + v * step) for a, v in zip(self.x, direction, strict=True)]
        try:
            outputs = self._call(leaves)
            if [output.shape for output in outputs] == [shape for shape, _ in self.kinds]:
                return _coordinates(outputs, self.kinds)
        except CannotReplay:
            raise
        except Exception:  # outside its domain a function may raise whatever it likes
            pass
        return np.full(_width(self.kinds), NAN, dtype=object)

    def _call(self, leaves: Leaves) -> list[ExactArray]:
        self.evaluations += 1
        pairs = zip(leaves, self.complex, strict=True)
        outputs = self.apply([wrap(leaf.copy(), complex_) for leaf, complex_ in pairs])
        if self.limit.refused is not None:  # code that swallowed a refusal
            raise self.limit.refused
        return [ExactArray(output) for output in outputs]


def differentiate(
    apply: Callable[..., Any],
    x: Sequence[Array],
    directions: Sequence[Sequence[Array]],
    weights: Sequence[Sequence[Array]],
    limit: Budget,
) -> ExactDerivatives:
    """See `adbench.numeric.referee.exact_derivatives`."""
    bits, spread = _scales(x, directions)
    digits = DIGITS + min(int(spread * 0.302), _MOST_DIGITS)
    function = Function(apply, x, limit)
    results: list[list[Result]] = []
    unsettled = list(range(len(directions)))
    for level in range(_LEVELS):
        finer = level * _LEVEL_BITS
        try:
            with mp.workdps(digits + level * _DIGITS_PER_LEVEL):
                weighting = _Weighting(weights, function, len(unsettled), limit)
                for d in unsettled:
                    steps = [mpf(2) ** (bits[d] - step - finer) for step in _STEP_BITS]
                    line = [exactly(v) for v in directions[d]]
                    found = _line(function, line, steps, weighting)
                    for result, size in zip(found, weighting.sizes, strict=True):
                        result.settled = _settled(result, mpf(2) ** bits[d], size)
                    if level == 0:
                        results.append(found)
                    else:
                        results[d] = list(map(_better, results[d], found))
        except CannotReplay:
            if level == 0:
                raise
            break  # what a coarser level gave has an honest bound
        unsettled = [d for d in unsettled if not all(result.settled for result in results[d])]
        if not unsettled:
            break
    return _rounded(results, len(weights), function.evaluations)


def _scales(x: Sequence[Array], directions: Sequence[Sequence[Array]]) -> tuple[list[int], float]:
    """For each direction the scale of t as a power of two, and the widest spread of scales."""
    bits, widest = [], 0.0
    for direction in directions:
        found = []
        for leaf, v in zip(x, direction, strict=True):
            size, length = np.abs(leaf).ravel(), np.abs(v).ravel()
            moved = (length > 0) & np.isfinite(size)
            known = moved & (size > 0)
            found.append(np.log2(size[known]) - np.log2(length[known]))
            if np.any(moved & ~known):
                found.append(np.zeros(1))
        scales = np.concatenate([*found, np.empty(0)]).tolist() or [0.0]
        bits.append(int(np.floor(min(scales))))
        widest = max(widest, max(scales) - min(scales))
    return bits, widest


def _origin(function: Function, share: float) -> tuple[Objects, Objects, float]:
    """The outputs at x, their rounding errors, and the seconds that an evaluation takes.

    The first evaluation may take `share` seconds.
    """
    digits = mp.dps
    start = time.monotonic()
    with function.limit.at_most(max(share, _FIRST_SECONDS)):
        values = function.origin()
    middle = time.monotonic()
    with mp.workdps(digits + _MORE_DIGITS):
        finer = function.origin()
        seconds = min(middle - start, time.monotonic() - middle)
        if len(finer) != len(values):
            raise refuse("the function", "does not give the same outputs twice")
        noise = np.abs(finer - values) * _GUARD
    return values, noise + np.abs(values) * mpf(10) ** (2 - digits), seconds


class _Weighting:
    """The outputs at x, and the weightings as sparse vectors.

    What is not weighted may be undefined. Raises CannotReplay when the evaluations along so
    many directions would take longer than what is left of the time.
    """

    def __init__(
        self, weights: Sequence[Sequence[Array]], function: Function, directions: int, limit: Budget
    ) -> None:
        count = 2 * len(_STEP_BITS) * directions
        self.origin, self.noise, seconds = _origin(function, limit.left / (count + 2))
        if count * seconds > limit.left:
            needed = count * seconds
            raise refuse("", f"too large: {needed:.2g} s needed, {limit.left:.2g} s left")
        self.terms = []
        for weight in weights:
            spend(sum(w.size for w in weight))
            if [w.shape for w in weight] != [shape for shape, _ in function.kinds]:
                raise refuse("the function", "gives other outputs in higher precision")
            vector = _coordinates([ExactArray(w) for w in weight], function.kinds)
            which = np.flatnonzero(vector != 0)
            self.terms.append((which, vector[which]))
        self.sizes = [_dot(np.abs(w), np.abs(self.origin[which])) for which, w in self.terms]

    def of(self, vector: Objects) -> list[Any]:
        """The inner product with each weighting."""
        return [_dot(w, vector[which]) for which, w in self.terms]

    def noise_where(self, moved: Array) -> list[Any]:
        """The rounding error of each inner product, over the outputs that moved."""
        noise = np.where(moved, self.noise, ZERO)
        return [_dot(np.abs(w), noise[which]) for which, w in self.terms]


def _line(
    function: Function, direction: Leaves, steps: Sequence[Any], weighting: _Weighting
) -> list[Result]:
    """One direction, all weightings."""
    ahead = [function.at(direction, h) - weighting.origin for h in steps]
    behind = [weighting.origin - function.at(direction, -h) for h in steps]
    moved = np.any([rise != 0 for rise in ahead + behind], axis=0)
    noise = weighting.noise_where(moved)
    right = [weighting.of(rise / h) for rise, h in zip(ahead, steps, strict=True)]
    left = [weighting.of(rise / h) for rise, h in zip(behind, steps, strict=True)]
    results = []
    for j, error in enumerate(noise):
        error = 4 * error / steps[1]
        r = _limit([quotients[j] for quotients in right], 1, error)
        l = _limit([quotients[j] for quotients in left], 1, error)  # noqa: E741
        both = [(a[j] + b[j]) / 2 for a, b in zip(right, left, strict=True)]
        results.append(_judge(_limit(both, 2, error), l, r))
    return results


def _limit(quotients: Sequence[Any], power: int, noise: Any) -> Estimate:
    """Richardson's A with its bound, see the module's words."""
    if not all(mp.isfinite(q) for q in quotients):
        return _NONE
    first, second, third = quotients
    divisor = mpf(2) ** (power * (_STEP_BITS[1] - _STEP_BITS[0])) - 1
    value = second + (second - first) / divisor
    finer = third + (third - second) / divisor
    return Estimate(value, 2 * abs(value - finer) + noise)


def _judge(central: Estimate, left: Estimate, right: Estimate) -> Result:
    if left is _NONE or right is _NONE:
        return Result(right if left is _NONE else left, left, right, False, False)
    gap = abs(right.value - left.value)
    doubt = left.bound + right.bound
    if gap > 10 * doubt:
        return Result(_NONE, left, right, True, False)
    # Sides that do not settle, as of √|x| at 0, leave the central quotient without meaning.
    return Result(Estimate(central.value, central.bound + gap + doubt), left, right, False, False)


def _settled(result: Result, scale: Any, size: Any) -> bool:
    wanted = (result.left, result.right) if result.kink else (result.central,)
    return all(
        bound <= _ENOUGH * abs(value) or bound * scale <= _NOTHING * size for value, bound in wanted
    )


def _better(coarse: Result, fine: Result) -> Result:
    """The finer result, unless the coarser one was settled or agrees and is sharper."""
    if coarse.settled:
        return coarse
    if coarse.kink or fine.kink or coarse.central is _NONE or fine.central is _NONE:
        return fine
    if fine.central.bound > _DIVERGING * coarse.central.bound:
        return Result(_NONE, fine.left, fine.right, False, False)
    apart = abs(coarse.central.value - fine.central.value)
    agree = apart <= coarse.central.bound + fine.central.bound
    return coarse if agree and coarse.central.bound < fine.central.bound else fine


def _rounded(results: list[list[Result]], columns: int, evaluations: int) -> ExactDerivatives:
    def parts(get: Callable[[Result], Estimate]) -> tuple[Array, Array]:
        pairs = [_double(get(result)) for row in results for result in row]
        table = np.array(pairs, dtype=float).reshape(len(results), columns, 2)
        return table[..., 0], table[..., 1]

    kink = np.array([result.kink for row in results for result in row], dtype=bool)
    value, bound = parts(lambda result: result.central)
    left, left_bound = parts(lambda result: result.left)
    right, right_bound = parts(lambda result: result.right)
    shape = (len(results), columns)
    return ExactDerivatives(
        value, bound, left, left_bound, right, right_bound, kink.reshape(shape), evaluations
    )


def _double(estimate: Estimate) -> tuple[float, float]:
    """Rounded to double, the rounding in the bound; the bound itself is rounded up."""
    value, bound = nearest(estimate.value), nearest(estimate.bound)
    if not np.isfinite(value):
        return float("nan"), float("inf")
    rounding = nearest(abs(estimate.value - value))
    return value, float(np.nextafter(bound + rounding, np.inf)) if bound + rounding else 0.0


def _coordinates(
    outputs: Sequence[ExactArray], kinds: Sequence[tuple[tuple[int, ...], bool]]
) -> Objects:
    parts = []
    for output, (_, complex_) in zip(outputs, kinds, strict=True):
        parts.append(np.real(output).raw.ravel())
        if complex_:
            parts.append(np.imag(output).raw.ravel())
    return np.concatenate([*parts, np.empty(0, dtype=object)])


def _width(kinds: Sequence[tuple[tuple[int, ...], bool]]) -> int:
    return int(sum(np.prod(shape, dtype=int) * (2 if complex_ else 1) for shape, complex_ in kinds))


def _dot(a: Objects, b: Objects) -> Any:
    return np.dot(a, b) + ZERO if len(a) else ZERO
