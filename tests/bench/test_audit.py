"""Breaches of fairness, each planted, each named; and what is fair is not accused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from array_api_compat import array_namespace

from adbench.bench.audit import breaches, facts, judge
from adbench.bench.protocol import Facts
from adbench.bench.subject import Subject
from adbench.record.bench import Threads

FAIR = Facts(
    inputs=("float64",),
    outputs=("float64",),
    gradients=("float64",),
    devices=("cpu",),
    tracked=False,
    value=(1.0, -2.0),
    norm=5.0**0.5,
)
ONE = Threads(requested=1, observed=1, cores=(0,))
SIDES = ("native:eager", "torch:eager", "jax:jit")


def named(changes: dict[str, dict[str, object]], rtol: float = 1e-9) -> dict[str, list[str]]:
    """The breaches by side, after `changes` to what is fair."""
    stated = {key: FAIR.model_copy(update=changes.get(key, {})) for key in SIDES}
    audit = judge(stated, dict.fromkeys(SIDES, ONE), rtol, requested=1)
    return {
        key: [item.name for item in found] for key, a in audit.items() if (found := breaches(a))
    }


def test_what_is_fair_passes_every_condition() -> None:
    audit = judge(dict.fromkeys(SIDES, FAIR), dict.fromkeys(SIDES, ONE), 1e-9, requested=1)
    for items in audit.values():
        assert [item.name for item in items] == [
            "dtype",
            "threads",
            "device",
            "untracked primal",
            "inputs on device",
            "same value",
        ]
        assert all(item.ok and item.message for item in items)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"outputs": ("float32",)}, "dtype"),
        ({"gradients": ("float32",)}, "dtype"),
        ({"devices": ("cuda:0",)}, "device"),
        ({"devices": ("cuda:0", "cpu")}, "device"),
        ({"tracked": True}, "untracked primal"),
        ({"converted": True}, "inputs on device"),
        ({"value": (1.0, -2.1), "norm": 5.41**0.5}, "same value"),
        ({"value": (1.0, -2.0), "norm": 3.0}, "same value"),
        ({"value": (1.0,), "norm": 5.0**0.5}, "same value"),
        ({"value": (float("nan"), -2.0), "norm": float("nan")}, "same value"),
    ],
)
def test_a_breach_names_itself_on_the_side_that_stands_apart(
    change: dict[str, object], name: str
) -> None:
    assert named({"jax:jit": change}) == {"jax:jit": [name]}


def test_values_within_the_tolerance_are_the_same() -> None:
    near = {"value": (1.0 + 9e-7, -2.0), "norm": 5.0**0.5 * (1 + 3e-7)}
    assert named({"jax:jit": near}, rtol=1e-6) == {}
    assert named({"jax:jit": near}, rtol=1e-9) == {"jax:jit": ["same value"]}


def test_rounding_of_a_number_that_cancelled_is_no_breach() -> None:
    """Beside numbers of size 1, 1e-17 and 3e-17 are the same."""
    changes = {
        key: {"value": (1.0, small), "norm": 1.0}
        for key, small in zip(SIDES, (1e-17, 3e-17, 0.0), strict=True)
    }
    assert named(changes) == {}


def test_a_function_that_overflows_everywhere_has_the_same_value() -> None:
    both = {"value": (float("inf"), 1.0), "norm": float("inf")}
    assert named(dict.fromkeys(SIDES, both)) == {}


def test_between_two_the_one_that_changes_precision_is_to_blame() -> None:
    stated = {"a": FAIR, "b": FAIR.model_copy(update={"outputs": ("float32",)})}
    audit = judge(stated, {"a": ONE, "b": ONE}, 1e-9, requested=1)
    assert breaches(audit["a"]) == []
    (breach,) = breaches(audit["b"])
    assert breach.message == "computes float32 from float64; others do not"


def test_an_input_without_a_path_is_no_breach() -> None:
    assert named({"torch:eager": {"gradients": ("none",)}}) == {}


@pytest.mark.parametrize(
    ("threads", "ok", "words"),
    [
        (Threads(requested=1, observed=1, cores=(0,)), True, "1 of 1 thread at work"),
        (Threads(requested=1, observed=5, cores=(0,)), True, "5 threads take turns on 1 core"),
        (Threads(requested=1, observed=2, cores=(0, 1)), False, "2 threads compute, 1 asked for"),
        (Threads(requested=1, observed=2), False, "2 threads compute, 1 asked for"),
        (Threads(requested=2, observed=1, cores=(0,)), False, "was given 2 threads"),
        (None, False, "was not seen"),
    ],
)
def test_threads_are_judged_by_what_was_seen(threads: Threads | None, ok: bool, words: str) -> None:
    seen = {} if threads is None else {"a": threads}
    (items,) = judge({"a": FAIR}, seen, 1e-9, requested=1).values()
    (item,) = (item for item in items if item.name == "threads")
    assert item.ok == ok
    assert words in item.message


# -- facts -----------------------------------------------------------------------------------------


def pair(x):
    xp = array_namespace(x)
    return xp.sin(x), xp.sum(x)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize(
    ("backend", "mode"), [("native", "eager"), ("native", "compiled"), ("torch", "eager"),
                          ("jax", "jit"), ("jax", "eager")]
)  # fmt: skip
def test_facts_are_those_of_the_arrays(
    backend: str, mode: str, dtype: str, subject: Callable[..., Subject]
) -> None:
    pytest.importorskip("numpy" if backend == "native" else backend)
    x = np.array([0.5, -1.5, 2.0]).astype(dtype)
    stated = facts(subject(pair, x, backend=backend, mode=mode))
    assert stated.inputs == stated.gradients == (dtype,)
    assert stated.outputs == (dtype, dtype)
    assert stated.devices == ("cpu",)
    assert not stated.tracked
    assert not stated.converted
    flat = np.concatenate([np.sin(x), [x.sum()]])
    flat = flat.view(flat.real.dtype)
    assert stated.value == pytest.approx(flat, rel=1e-6)
    assert stated.norm == pytest.approx(np.linalg.norm(flat), rel=1e-6)


def test_a_primal_that_records_is_seen(subject: Callable[..., Subject]) -> None:
    torch = pytest.importorskip("torch")
    made = subject(lambda x: torch.sin(x).sum(), np.ones(3), backend="torch")
    x = made.timed.inputs[0].requires_grad_()
    recording = replace(made.untracked, call=lambda: (torch.sin(x).sum(),))
    assert facts(replace(made, untracked=recording)).tracked


def test_an_input_that_is_converted_at_each_call_is_seen(
    subject: Callable[..., Subject],
) -> None:
    pytest.importorskip("torch")
    made = subject(pair, np.ones(3), backend="torch")
    handed_over = replace(made.timed, inputs=(np.ones(3),))
    assert facts(replace(made, timed=handed_over)).converted


def test_a_function_that_computes_in_float32_is_found_out(
    subject: Callable[..., Subject],
) -> None:
    torch = pytest.importorskip("torch")

    def single(x):
        return torch.sin(x.to(torch.float32))

    x = np.ones(3)
    stated = {
        "native:eager": facts(subject(np.sin, x)),
        "native:compiled": facts(subject(np.sin, x, mode="compiled")),
        "torch:eager": facts(subject(single, x, backend="torch")),
    }
    audit = judge(stated, dict.fromkeys(stated, ONE), 1e-9, requested=1)
    assert breaches(audit["native:eager"]) == breaches(audit["native:compiled"]) == []
    assert [item.name for item in breaches(audit["torch:eager"])] == ["dtype", "same value"]


def test_a_difference_in_value_is_told_by_its_size() -> None:
    changed = FAIR.model_copy(update={"value": (1.0, -2.002), "norm": 2.2378570})
    stated = {"a": FAIR, "b": FAIR, "c": changed}
    (item,) = breaches(judge(stated, dict.fromkeys(stated, ONE), 1e-6, requested=1)["c"])
    assert item.message == (
        "its primal differs from that of a by 1.0e-03 relative, "
        "and the check's tolerance is 1.0e-06"
    )
