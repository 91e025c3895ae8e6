"""Diagnoses that need more than a fit: what the function says of itself, regions, rounding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import adbench
from adbench import Verdict

X = np.array([0.7, -1.3, 2.1, -0.4, 1.6])
RNG = np.random.default_rng(5)


def diagnosis(f, *inputs, **options):
    result = adbench.check(f, *inputs, **options)
    assert result.verdict is Verdict.FAIL
    assert not [note.message for note in result.findings if note.kind == "unexplained"]
    return result.findings[0].diagnosis or ""


# Rounding is said where the error is like it, and not for its size.


def standardised(x):
    return (x - x.mean()) / np.sqrt(x.var() + 2e-5)


def standardised_backward(x, cotangent):
    n, s = x.size, np.sqrt(x.var() + 1e-5)
    y = (x - x.mean()) / s
    return (cotangent - cotangent.mean() - y * (cotangent @ y) / n) / s


def test_another_epsilon_is_no_rounding():
    said = diagnosis(standardised, X, gradient=standardised_backward)
    assert "inside" not in said
    assert said.startswith("nearly right")


@pytest.mark.parametrize(("dtype", "words"), [("float32", "float32"), ("float16", "half")])
def test_rounding_is_named_as_such(dtype, words):
    def gradient(x):
        return np.cos(x.astype(dtype)).astype(np.float64)

    said = diagnosis(lambda x: np.sum(np.sin(x)), X, gradient=gradient)
    assert said.startswith(f"{words}")
    assert "inside" in said


def test_round_values_are_of_no_particular_precision():
    slopes = np.array([1.0, 2.0, -0.5, 4.0, 1.5])
    near = slopes * (1 + 2e-4 * np.array([1.0, -0.6, 0.8, -1.0, 0.5]))
    said = diagnosis(lambda x: near @ x, X, gradient=lambda x: slopes)
    assert "inside" not in said


# A region is one of an element's value only where the elements say so one by one.


def log_volume(a):
    return np.log(np.abs(np.linalg.det(a)))


def test_a_determinants_sign_is_no_threshold_of_an_element():
    a = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.7], [-0.5, 0.9, 1.4]])
    a *= -np.sign(np.linalg.det(a)) * np.ones((3, 1))

    def gradient(a):
        return np.sign(np.linalg.det(a)) * np.linalg.inv(a).T

    said = diagnosis(log_volume, a, gradient=gradient)
    assert said.startswith("sign flipped; wrong where det(a) < 0, right where it is > 0 (")


def test_a_threshold_of_a_sum_is_not_one_of_an_element():
    def gradient(x):
        return (0.9 if x.sum() > 0 else 1.0) * np.cos(x)

    said = diagnosis(lambda x: np.sum(np.sin(x)), X, gradient=gradient)
    assert "wrong where the sum of x > 0, right where it is < 0" in said


def test_a_branch_on_one_element_is_told_though_it_changes_all():
    def gradient(x):
        return (0.9 if x[2] > 1 else 1.0) * np.cos(x)

    said = diagnosis(lambda x: np.sum(np.sin(x)), X, gradient=gradient)
    assert "x[0]" not in said
    assert "determinant" not in said


def test_a_quotient_at_zero_is_zero_there_and_nothing_else():
    def gradient(x, cotangent):
        with np.errstate(all="ignore"):
            back = np.cumsum((cotangent * np.cumprod(x))[::-1])[::-1]
            return np.nan_to_num(back / x, nan=0.0, posinf=0.0, neginf=0.0)

    said = diagnosis(
        lambda x: np.cumprod(x), np.array([0.7, 0.0, -1.4, 1.9, 0.6]), gradient=gradient
    )
    assert said.startswith("zero in 1 of 5 elements")
    assert "exactly where x is 0" in said


def test_a_mean_over_all_in_the_place_of_those_that_count():
    def centred(x):
        return np.where(x > 0, x - x[x > 0].mean(), 0.0)

    def gradient(x, cotangent):
        kept = x > 0
        return kept * (cotangent - (cotangent * kept).sum() / x.size)

    said = diagnosis(centred, X, gradient=gradient)
    assert "factor 3/5 in the terms between different elements" in said
    assert "a mean over all 5 for one over the 3 that count" in said


# What a function keeps to, and its gradient with it.


def triangle(p):
    """(3, 2): the perimeter."""
    return sum(np.sqrt(np.sum((p[i] - p[i - 1]) ** 2)) for i in range(3))


def triangle_slope(p, forgotten=None):
    g = np.zeros_like(p)
    for i in range(3):
        d = p[i] - p[i - 1]
        d = d / np.sqrt(d @ d)
        g[i] += d
        if i != forgotten:
            g[i - 1] -= d
    return g


def test_a_force_without_its_reaction_does_not_add_up():
    p = RNG.standard_normal((3, 2))
    said = diagnosis(triangle, p, gradient=lambda p: triangle_slope(p, forgotten=0))
    assert "does not change when a constant is added to all of p along axis 0" in said
    assert "exactly at the last index of axis 0" in said
    total = triangle_slope(p, forgotten=0).sum(axis=0)
    given = float(said.partition("AD's adds up to ")[2].partition(":")[0])
    assert np.isclose(total, given, rtol=1e-5).any()


def test_a_count_that_is_one_short_is_told():
    c = RNG.standard_normal((4, 5))

    def f(x):
        return np.sum(np.log(np.exp(c + x).sum(axis=1)))

    def gradient(x):
        e = np.exp(c + x)
        return (e / e.sum(axis=1, keepdims=True))[:-1].sum(axis=0)

    said = diagnosis(f, X, gradient=gradient)
    assert "rises by 4 for each 1 that is added to all of x, exactly" in said
    assert "AD's adds up to 3" in said


def test_a_function_that_keeps_to_nothing_is_said_to_keep_to_nothing():
    wrong = RNG.standard_normal(5)
    said = diagnosis(lambda x: np.sum(np.sin(x) * np.roll(x, 1)), X, gradient=lambda x: wrong)
    assert "the function" not in said


# Factors and terms.


def test_a_factor_close_to_one_is_written_out_and_its_constant_named():
    said = diagnosis(
        lambda x: np.sum(np.sin(np.pi * x)), X, gradient=lambda x: 3.14159 * np.cos(np.pi * x)
    )
    assert said == "a constant factor 0.999999155 (π typed as 3.14159, perhaps)"
    said = diagnosis(lambda x: np.sum(np.sin(x)), X, gradient=lambda x: (1 + 3.21e-7) * np.cos(x))
    assert said == "a constant factor 1.00000032"


def test_weights_that_are_left_out_are_no_factor_of_the_output():
    weights = np.array([0.2, 0.9, -0.4, 0.7, 0.3])
    said = diagnosis(lambda x: weights * x, X, gradient=lambda x, cotangent: cotangent)
    assert said.startswith("weights are missing: each output is an element of x times")


def test_a_factor_on_the_wrong_side_of_a_matrix():
    w, r = RNG.standard_normal((4, 4)), np.array([0.3, 1.2, -0.7, 0.9])

    def gradient(h, r, cotangent):
        return (r * cotangent) @ w.T, (cotangent @ w.T) * h

    result = adbench.check(lambda h, r: (r * h) @ w, X[:4], r, gradient=gradient)
    said = {f.input: f.diagnosis for f in result.findings}
    assert said["h"].startswith(
        "a factor r is on the wrong side: AD takes it at the output's index"
    )


def test_a_projections_residual_that_is_left_out():
    b = RNG.standard_normal(6)

    def f(a):
        return np.linalg.solve(a.T @ a, a.T @ b)

    def gradient(a, cotangent):
        return -np.outer(a @ np.linalg.solve(a.T @ a, cotangent), f(a))

    said = diagnosis(f, RNG.standard_normal((6, 3)), gradient=gradient)
    assert "an outer product, a vector along axis 0 of a, orthogonal to a there" in said


def test_one_number_of_each_group_with_another_divisor():
    def grouped(x):
        y = x.reshape(3, 4)
        d = y - y.mean(axis=1, keepdims=True)
        return (d / np.sqrt((d**2).mean(axis=1, keepdims=True))).reshape(-1)

    def gradient(x, cotangent):
        y = x.reshape(3, 4)
        d = y - y.mean(axis=1, keepdims=True)
        s = np.sqrt((d**2).mean(axis=1, keepdims=True))
        h, c = d / s, cotangent.reshape(3, 4)
        inner = (c * h).sum(axis=1, keepdims=True) / 3
        return ((c - c.mean(axis=1, keepdims=True) - h * inner) / s).reshape(-1)

    said = diagnosis(grouped, RNG.standard_normal(12), gradient=gradient)
    assert "in each of the 3 groups of elements" in said


# Which output, and which elements, when some are not finite.


def test_beside_what_is_not_finite_another_fault_is_named_for_what_it_is():
    x = np.array([0.5, 1.0, -2.0, 1.5])

    def gradient(x, cotangent):
        slope = np.cos(x)
        slope[1] = np.nan
        slope[2] = 0.0
        return cotangent * slope

    findings = adbench.check(np.sin, x, gradient=gradient).findings
    said = {f.index: f for f in findings if f.level == "fail"}
    assert said[(1,)].diagnosis.startswith("not finite")
    assert said[(1,)].output == "out[1]"
    assert said[(2,)].diagnosis.startswith("zero in 1 of 3")
    assert said[(2,)].output == "out[2]"


def test_the_output_that_is_blamed_is_one_that_the_element_moves():
    def gradient(x, cotangent):
        return np.cos(x) * np.where(x == 1.0, np.nan, cotangent) + 0 * cotangent.sum() / (x != 1.0)

    x = np.array([0.5, 0.7, 1.0])
    (finding,) = [f for f in adbench.check(np.sin, x, gradient=gradient).findings if f.input]
    assert finding.output == "out[2]"
    assert finding.numeric == pytest.approx(np.cos(1.0))


# What an operation keeps between its calls.


def shared(bug):
    class Kept(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            Kept.last = x
            ctx.save_for_backward(x)
            return torch.exp(x) * torch.sin(x)

        @staticmethod
        def backward(ctx, g):
            x = Kept.last if bug else ctx.saved_tensors[0]
            return g * torch.exp(x) * (torch.sin(x) + torch.cos(x))

    return lambda x: Kept.apply(x) + Kept.apply(x * x)


def test_what_a_rule_keeps_on_its_class_is_found_by_calling_it_twice():
    assert adbench.check(shared(False), X[:3], backend="torch").verdict is Verdict.PASS
    result = adbench.check(shared(True), X[:3], backend="torch")
    finding = result.findings[0]
    assert finding.diagnosis.startswith("stale: shared.<locals>.Kept is right by itself")
    assert finding.where.function.endswith("Kept.backward")


def test_a_buffer_that_is_used_again_is_found_by_calling_its_rule_twice():
    buffer = np.zeros(3)
    rule = adbench.custom_vjp(np.tanh)

    def forward(x):
        buffer[:] = np.tanh(x)
        return np.tanh(x), buffer

    rule.defvjp(forward, lambda y, g: (g * (1 - y**2),))
    said = diagnosis(lambda x: np.sum(rule(x) * rule(x / 2)), X[:3], backend="native")
    assert said.startswith("stale: tanh is right by itself")


def test_a_cotangent_that_is_written_into_has_a_place():
    def gradient(x, cotangent):
        cotangent *= np.cos(x)
        return cotangent

    (finding,) = [
        f for f in adbench.check(np.sin, X, gradient=gradient).findings if f.level == "fail"
    ]
    assert finding.kind == "mutated-cotangent"
    assert finding.where.text == "def gradient(x, cotangent):"


# Large inputs.


@pytest.mark.parametrize(
    ("shape", "spoil", "words"),
    [
        ((1003,), np.s_[1000:], "all 3 elements of x[1000:] seem wrong"),
        ((700,), np.s_[411], "the elements next to it are right"),
        ((20, 30), np.s_[7], "all 30 elements of x[7, :] seem wrong"),
        ((4, 12, 6), np.s_[:, 5], "all 24 elements of x[:, 5, :] seem wrong"),
    ],
)
def test_around_a_wrong_element_its_neighbours_are_looked_at(shape, spoil, words):
    x = np.random.default_rng(2).uniform(0.5, 1.5, shape)

    def gradient(x):
        slope = np.cosh(x)
        slope[spoil] = 0.0
        return slope

    said = diagnosis(lambda x: np.sum(np.sinh(x)), x, gradient=gradient)
    assert words in said
    assert "that were looked at" in said
    assert "diagonal" not in said


def test_of_several_leaves_the_one_that_is_wrong_is_looked_at_by_itself():
    a, b = (np.random.default_rng(0).normal(size=shape) for shape in ((100, 60), (4, 8)))
    result = adbench.check(
        lambda a, b: np.sum(np.sin(b)) + np.sum(np.cos(a)),
        a,
        b,
        gradient=lambda a, b: (-np.sin(a), 1.5 * np.cos(b)),
    )
    wrong = [f for f in result.findings if f.level == "fail"]
    assert len(wrong) == 5
    assert {(f.input, f.diagnosis) for f in wrong} == {("b", "a constant factor 1.5")}


def test_suspects_cost_so_many_evaluations_at_the_most():
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        return np.sum(np.sin(x) * np.roll(np.exp(x), 1))

    wrong = RNG.standard_normal(12)
    x = RNG.standard_normal(12)
    adbench.check(f, x, gradient=lambda x: np.cos(x) * np.roll(np.exp(x), 1) + wrong)
    spoiled, calls = calls, 0
    right = adbench.check(
        f,
        x,
        gradient=lambda x: np.cos(x) * np.roll(np.exp(x), 1) + np.roll(np.sin(x), -1) * np.exp(x),
    )
    assert right.verdict is Verdict.PASS
    assert spoiled - calls <= 1_485
