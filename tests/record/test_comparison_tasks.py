"""What is said of one task before and after, and whether it makes the job red."""

from __future__ import annotations

import numpy as np
import pytest

from adbench.record.baseline import Entry, Place
from adbench.record.comparison_places import differing
from adbench.record.comparison_tasks import Rules, compare_entries, shortest
from adbench.record.digest import inputs_digest
from adbench.record.model import ArrayDigest, InputsDigest, Verdict

PLACE = Place(
    python="3.11.7",
    platform="Linux",
    machine="x86_64",
    processor="P",
    cores=2,
    versions={"numpy": "2.4.0", "torch": "2.9.0", "jax": "0.10.0"},
    threads={"native/openblas": 2, "torch/torch": 2},
    variables={},
)
INPUTS = InputsDigest(sha256="a" * 64, leaves={"x": "float64[2]"}, numbers=2)


def array(name: str, *values: float, dtype: str = "float64") -> ArrayDigest:
    return ArrayDigest(name=name, shape=(len(values),), dtype=dtype, values=values)


def entry(objective=(1.0,), gradient=(2.0, 3.0), *, dtype: str = "float64", **fields) -> Entry:
    known = {
        "verdict": Verdict.PASS,
        "dtype": "float64",
        "seed": 0,
        "inputs": INPUTS,
        "outputs": (array("out", *objective, dtype=dtype),),
        "gradient": (array("x", *gradient, dtype=dtype),),
        "suite_sha256": "s",
        "place": PLACE.key,
    }
    return Entry.model_validate(known | fields)


def compare(after: Entry, before: Entry | None = None, *, expected=True, rules=None, now=PLACE):
    return compare_entries(
        "s/f@torch:eager",
        before or entry(),
        after,
        expected=expected,
        rules=rules or Rules(),
        places=(PLACE, now),
        update="adbench baseline update s.yaml",
    )


ROUNDED = entry((1.0 + 2**-52,), (2.0, 3.0 + 2**-51))
OTHER_GRADIENT = entry(gradient=(2.0, -3.0))
OTHER_OBJECTIVE = entry(objective=(1.5,))
BOTH = entry((1.5,), (2.0, 4.0))


@pytest.mark.parametrize(
    ("after", "outcome", "kinds", "said"),
    [
        (entry(), "same", [], "nothing changed"),
        (ROUNDED, "rounding", ["rounding", "rounding"], "only rounding changed"),
        (OTHER_GRADIENT, "changed", ["gradient"], "the gradient changed with the same objective"),
        (OTHER_OBJECTIVE, "changed", ["objective"], "objective changed, and its gradient did not"),
        (BOTH, "changed", ["objective", "gradient"], "objective changed, and the gradient with it"),
    ],
)
def test_what_changed_is_told_apart(after, outcome, kinds, said) -> None:
    found = compare(after)
    assert found.outcome == outcome
    assert [change.kind for change in found.changes] == kinds
    assert said in found.reason
    assert not found.failing


@pytest.mark.parametrize("after", [OTHER_GRADIENT, OTHER_OBJECTIVE, BOTH])
def test_a_right_change_fails_only_when_frozen(after) -> None:
    found = compare(after)
    assert "the check says that the gradient is right" in found.reason
    assert found.reason.endswith("adbench baseline update s.yaml")
    assert compare(after, rules=Rules(frozen=True)).failing


def test_rounding_does_not_fail_even_when_frozen() -> None:
    assert not compare(ROUNDED, rules=Rules(frozen=True)).failing


def test_a_wrong_gradient_is_wrong_whatever_the_baseline_says() -> None:
    for gradient in ((2.0, 3.0), (2.0, -3.0)):
        found = compare(entry(gradient=gradient, verdict=Verdict.FAIL), expected=False)
        assert (found.outcome, found.failing) == ("wrong", True)
        assert "the gradient is wrong" in found.reason


def test_an_unexpected_pass_is_not_called_a_wrong_gradient() -> None:
    found = compare(entry(), entry(verdict=Verdict.FAIL), expected=False)
    assert found.failing
    assert "passes although a failure was announced" in found.reason


def test_a_change_that_nobody_vouches_for_fails() -> None:
    found = compare(entry(gradient=(2.0, -3.0), verdict=Verdict.INCONCLUSIVE))
    assert (found.outcome, found.failing) == ("unproven", True)


def test_an_announced_failure_may_change() -> None:
    found = compare(entry(gradient=(2.0, -3.0), verdict=Verdict.FAIL), entry(verdict=Verdict.FAIL))
    assert (found.outcome, found.failing) == ("changed", False)
    assert "wrong, as announced" in found.reason


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"seed": 1, "inputs": INPUTS}, "the seed was 0 and is 1"),
        (
            {"inputs": INPUTS.model_copy(update={"sha256": "b" * 64})},
            "the values of the inputs are others",
        ),
        (
            {"inputs": INPUTS.model_copy(update={"sha256": "b" * 64, "parameters": "p"})},
            "the parameters of the inputs are others",
        ),
        (
            {"inputs": InputsDigest(sha256="c", leaves={"x": "float32[2]"}, numbers=2)},
            "x was float64[2] and is float32[2]",
        ),
        (
            {"inputs": InputsDigest(sha256="c", leaves={"y": "float64[2]"}, numbers=2)},
            "x was float64[2] and is absent, y was absent and is float64[2]",
        ),
    ],
)
def test_other_inputs_leave_nothing_to_compare(fields, said: str) -> None:
    found = compare(entry(gradient=(7.0, 8.0), **fields))
    assert (found.outcome, found.failing) == ("stale", True)
    assert said in found.reason
    assert "adbench baseline update s.yaml" in found.reason
    assert [change.kind for change in found.changes] == ["inputs"]


def test_the_place_explains_a_change_and_is_not_mentioned_without_one() -> None:
    now = PLACE.model_copy(
        update={"versions": PLACE.versions | {"torch": "2.9.1", "jax": "0.11.0"}, "cores": 8}
    )
    messages = [c.message for c in compare(ROUNDED, now=now).changes if c.kind == "environment"]
    assert messages == ["cores 2 → 8", "torch 2.9.0 → 2.9.1"]
    assert compare(entry(), now=now).changes == ()


def test_everything_that_decides_numbers_is_set_side_by_side() -> None:
    now = Place(
        python="3.12.0",
        platform="Linux2",
        machine="arm64",
        processor="Q",
        cores=4,
        versions={"numpy": "2.4.0", "scipy": "1.0"},
        threads={"native/openblas": 1},
        variables={"JAX_ENABLE_X64": "1"},
    )
    assert differing(PLACE, now) == [
        "python 3.11.7 → 3.12.0",
        "platform Linux → Linux2",
        "machine x86_64 → arm64",
        "processor P → Q",
        "cores 2 → 4",
        "jax 0.10.0 → absent",
        "scipy absent → 1.0",
        "torch 2.9.0 → absent",
        "threads of native/openblas 2 → 1",
        "JAX_ENABLE_X64 absent → 1",
    ]
    assert differing(PLACE, PLACE) == []


def test_a_coarser_dtype_is_a_change_though_its_rounding_explains_it() -> None:
    found = compare(entry((1.0 + 2**-24,), (2.0, 3.0), dtype="float32"))
    assert found.outcome == "changed"
    assert "its values are float32 now" in found.reason
    assert "out was float64 and is float32" in [change.message for change in found.changes]
    assert compare(entry(dtype="float32")).outcome == "same"


def test_a_weaker_pass_is_told() -> None:
    found = compare(entry(resolution=1e-3), entry(resolution=1e-9))
    assert not found.failing
    assert "a pass is worth less: errors above 0.001 would show, before 1e-09" in [
        change.message for change in found.changes
    ]


def test_time_is_shown_and_never_gates() -> None:
    found = compare(entry(steady=10.0), entry(steady=1.0), rules=Rules(frozen=True))
    assert not found.failing
    (change,) = found.changes
    assert change.kind == "time"
    assert "1 s → 10 s (× 10.00" in change.message


@pytest.mark.parametrize(("margin", "failing"), [(None, False), (0.5, False), (0.1, True)])
def test_memory_gates_only_beyond_a_margin(margin, failing) -> None:
    found = compare(entry(memory=1200), entry(memory=1000), rules=Rules(memory_margin=margin))
    assert found.failing is failing
    assert "peak memory 1,000 → 1,200 bytes (+20%)" in [c.message for c in found.changes]
    if failing:
        assert found.outcome == "memory"


def test_less_memory_is_no_failure() -> None:
    found = compare(entry(memory=500), entry(memory=1000), rules=Rules(memory_margin=0.1))
    assert not found.failing


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (1.0, -1.0, "1 → -1"),
        (1.0, 1.0 + 2**-52, "1 → 1.0000000000000002"),
        (0.1, float("nan"), "0.1 → nan"),
    ],
)
def test_values_are_shown_with_as_few_digits_as_tell_them_apart(before, after, text) -> None:
    assert shortest(before, after) == text


def digest_of_inputs(*values: float) -> InputsDigest:
    return inputs_digest({"x": np.array(values)}, {"x": True}, {})


def test_inputs_that_another_machine_makes_with_other_last_digits_are_compared() -> None:
    old = entry(inputs=digest_of_inputs(1.0, 2.0))
    found = compare(entry(inputs=digest_of_inputs(1.0, 2.0 + 2**-50)), old)
    assert found.outcome == "same"
    moved = (2.0, 3.0 + 2**-51)
    found = compare(entry(gradient=moved, inputs=digest_of_inputs(1.0, 2.0 + 2**-50)), old)
    assert found.outcome == "rounding"
    assert "the inputs differ in their last digits" in [change.message for change in found.changes]


@pytest.mark.parametrize("values", [(1.0, 2.0 + 1e-9), (2.0, 1.0), (-1.0, 2.0), (1.0, np.nan)])
def test_inputs_that_differ_by_more_are_others(values) -> None:
    found = compare(
        entry(inputs=digest_of_inputs(*values)), entry(inputs=digest_of_inputs(1.0, 2.0))
    )
    assert found.outcome == "stale"
