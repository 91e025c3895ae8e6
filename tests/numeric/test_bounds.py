"""The bound under attack: random functions in closed form, with something hidden close by.

Each family has a known derivative and hides a pole, a kink, a spike, a step, a wave or noise at
a random distance from the point, often far below the first ladder's steps. The bound has to hold,
or the values have to be known for contradicting one another on another scale.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
import pytest

import adbench
from adbench.numeric.derivative import derivatives
from adbench.numeric.ladder import Kind

UNIT = 2.0**-53
TOLERANCE = 2.0**-31
"""What adbench allows at float64, relatively."""
COUNT = 50

Scalar = Callable[[float], float]
Drawn = tuple[Scalar, Scalar, float]


def tame(rng) -> tuple[Scalar, Scalar]:
    """A function of order one with nothing to hide, and its derivative."""
    a, b = rng.uniform(0.3, 3) * rng.choice([-1, 1]), rng.uniform(-2, 2)
    kinds = [
        (lambda t: np.sin(a * t + b), lambda t: a * np.cos(a * t + b)),
        (lambda t: np.exp(a * t / 2), lambda t: a / 2 * np.exp(a * t / 2)),
        (lambda t: np.tanh(a * t + b), lambda t: a / np.cosh(a * t + b) ** 2),
        (lambda t: a * t * t + b * t, lambda t: 2 * a * t + b),
    ]
    return kinds[rng.integers(len(kinds))]


def between(rng, low: float, high: float) -> float:
    return float(10 ** rng.uniform(low, high))


def beside(rng, hidden, slope, *, size=(-8, 1), distance=(-12, 0)) -> Drawn:
    """A tame function plus c·hidden((t − a)/d), whose slope is c/d·slope((t − a)/d)."""
    x, d, c = float(rng.uniform(0.5, 2)), between(rng, *distance), between(rng, *size)
    a = x + d * rng.choice([0.0, 0.3, 1.0, 3.0]) * rng.choice([-1, 1])
    f, df = tame(rng)
    return (
        lambda t: f(t) + c * hidden((t - a) / d),
        lambda t: df(t) + c / d * slope((t - a) / d),
        x,
    )


def step(rng) -> Drawn:
    return beside(rng, np.arctan, lambda u: 1 / (1 + u * u))


def kink(rng) -> Drawn:
    return beside(rng, lambda u: np.hypot(u, 1), lambda u: u / np.hypot(u, 1), size=(-12, 0))


def spike(rng) -> Drawn:
    return beside(rng, lambda u: np.exp(-u * u), lambda u: -2 * u * np.exp(-u * u))


def poles_off_the_line(rng) -> Drawn:
    return beside(rng, lambda u: 1 / (1 + u * u), lambda u: -2 * u / (1 + u * u) ** 2)


def pole(rng) -> Drawn:
    x, f_df, power = float(rng.uniform(0.5, 2)), tame(rng), int(rng.integers(1, 4))
    a = x + between(rng, -11, 0) * rng.choice([-1, 1])
    c = (a - x) ** power * between(rng, -4, 2)
    return (
        lambda t: f_df[0](t) + c / (t - a) ** power,
        lambda t: f_df[1](t) - power * c / (t - a) ** (power + 1),
        x,
    )


def root(rng) -> Drawn:
    power = float(rng.choice([4 / 3, 1.5, 2.5]))
    x, f_df, c = float(rng.uniform(0.5, 2)), tame(rng), between(rng, -2, 1)
    a = x + between(rng, -6, 0) * rng.choice([-1, 0, 1])
    return (
        lambda t: f_df[0](t) + c * abs(t - a) ** power,
        lambda t: f_df[1](t) + c * power * abs(t - a) ** (power - 1) * np.sign(t - a),
        x,
    )


def edge(rng) -> Drawn:
    x, f_df, c = float(rng.uniform(0.5, 2)), tame(rng), between(rng, -6, 1)
    a = x - between(rng, -10, 0)
    return (
        lambda t: f_df[0](t) + c * np.log(t - a) if t > a else np.nan,
        lambda t: f_df[1](t) + c / (t - a),
        x,
    )


def flat(rng) -> Drawn:
    x, f_df, d, c = float(rng.uniform(0.5, 2)), tame(rng), between(rng, -3, 0), between(rng, -4, 1)
    a = x + d * rng.uniform(-1, 1)
    value = lambda t: c * np.exp(-((d / (t - a)) ** 2)) if t != a else 0.0  # noqa: E731
    return (
        lambda t: f_df[0](t) + value(t),
        lambda t: f_df[1](t) + (2 * d * d / (t - a) ** 3 * value(t) if t != a else 0.0),
        x,
    )


def wave(rng) -> Drawn:
    x, f_df, w, c = (
        float(rng.uniform(0.5, 2)),
        tame(rng),
        between(rng, 0, 11),
        between(rng, -11, 0),
    )
    phase = rng.uniform(0, 6)
    return (
        lambda t: f_df[0](t) + c * np.sin(w * (t - x) + phase),
        lambda t: f_df[1](t) + c * w * np.cos(w * (t - x) + phase),
        x,
    )


def noise(rng) -> Drawn:
    x, (f, df), size = float(rng.uniform(0.5, 2)), tame(rng), between(rng, -13, -4)
    return (
        lambda t: f(t) + size * (zlib.crc32(np.float64(t).tobytes()) / 2**31 - 1),
        df,
        x,
    )


def along(function: Scalar, x: float, closely: bool):
    rows = lambda points: np.array([[function(p)] for p in points[:, 0]], float)  # noqa: E731
    size = 2.0 ** np.round(np.log2(x))
    point = np.array([x])
    found = derivatives(
        rows,
        point,
        rows(point[None])[0],
        np.array([[size]]),
        np.ones((1, 1)),
        UNIT,
        unit=np.array([1 / size]),
        closely=closely,
    )
    return found, size


def claims(found, size: float, true: float, allowed: float) -> bool:
    """Whether an accusation of the true slope would follow from what was found."""
    best = found.best
    if best.kind[0, 0] == Kind.KINK:
        low, high = sorted((best.left[0, 0], best.right[0, 0]))
        slack = 2 * max(best.left_bound[0, 0], best.right_bound[0, 0]) + allowed * size
        return not low - slack <= true * size <= high + slack
    if not np.isfinite(best.bound[0, 0]) or found.quantised[0, 0] or best.pieces[0, 0]:
        return False
    apart = abs(best.value[0, 0] / size - true)
    other = abs(found.elsewhere[0, 0] / size - true)
    if other <= 2 * found.elsewhere_bound[0, 0] / size + allowed:
        return False
    return apart > 2 * best.bound[0, 0] / size + allowed


FAMILIES = [step, kink, spike, poles_off_the_line, pole, root, edge, flat, wave, noise]


def drawn(family, seed: int) -> tuple[Scalar, Scalar, float, float, float] | None:
    """A function, its slope, the point, the slope there, and what rounding of the point allows."""
    function, slope, x = family(np.random.default_rng([seed, len(family.__name__)]))
    true = float(slope(x))
    if not np.isfinite(true) or not np.isfinite(function(x)):
        return None
    # What the last bits of x decide is not the function's own to tell.
    moved = max(abs(slope(x * (1 + k * UNIT)) - true) for k in (-4, 4))
    return function, slope, x, true, TOLERANCE * abs(true) + 4 * float(moved)


def test_hardly_a_bound_convicts_the_true_slope():
    convicted, judged = [], 0
    with np.errstate(all="ignore"):
        for family in FAMILIES:
            for seed in range(COUNT):
                if (problem := drawn(family, seed)) is None:
                    continue
                judged += 1
                function, _, x, true, allowed = problem
                found, size = along(function, x, closely=True)
                if claims(found, size, true, allowed):
                    convicted.append((family.__name__, seed))
    assert judged > 450
    assert len(convicted) <= 1, convicted


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_no_check_accuses_the_true_slope(family):
    # A bound alone convicts nobody: another ladder, and the gradient's own scatter, are heard too.
    accused = []
    with np.errstate(all="ignore"):
        for seed in range(20):
            if (problem := drawn(family, seed)) is None:
                continue
            function, slope, x, _, _ = problem
            result = adbench.check(
                lambda x, f=function: np.float64(f(float(np.asarray(x)))),
                np.array(x),
                gradient=lambda x, cotangent, s=slope: cotangent * np.float64(s(float(x))),
            )
            if result.verdict == "fail":
                accused.append((seed, result.reason))
    assert accused == []


def test_noise_that_curvature_hides_is_measured_closer():
    # Values good to 1e-10 only, as an eigenvector's at a gap of 1e-6, and bent at all steps.
    d, size = 1e-6, 1e-10
    noisy = lambda t: size * (zlib.crc32(np.float64(t).tobytes()) / 2**31 - 1)  # noqa: E731
    found, unit = along(lambda t: np.arctan((t - 1) / d) + noisy(t), 1.0, closely=False)
    best = found.best
    assert abs(best.value[0, 0] / unit - 1 / d) <= best.bound[0, 0] / unit
    assert best.bound[0, 0] / unit <= 1e-3 / d


def test_a_kink_just_beside_the_point_is_in_the_bound():
    # Central differences over it converge, to the mean of both slopes.
    found, unit = along(lambda t: np.exp(t) + 1e-7 * abs(t - 1 - 2e-11), 1.0, closely=False)
    best = found.best
    assert abs(best.value[0, 0] / unit - (np.e - 1e-7)) <= best.bound[0, 0] / unit
