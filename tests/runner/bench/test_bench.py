"""A benchmark by real workers: what is measured, what is refused, and what goes wrong in a row."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from adbench.record.model import Verdict
from adbench.runner.bench import BenchOptions, memory_size

pytestmark = pytest.mark.slow


def test_two_modes_are_measured_in_turns_and_ranked(benched: Any, by_case: Any) -> None:
    done = benched({"f": "right"}, backends=["native:eager", "native:compiled"], rounds=2)
    bench = done.record.bench
    assert done.record.kind == "bench"
    assert [m.status for m in bench.measurements] == ["measured", "measured"]
    # One mode is checked in full; the other is held against it.
    assert [(r.mode, r.verdict) for r in done.record.results] == [("eager", Verdict.PASS)]
    eager, compiled = bench.measurements
    assert [item.ok for item in compiled.audit if item.name == "gradient"] == [True]
    assert all(item.ok for m in bench.measurements for item in m.audit)
    for m in bench.measurements:
        assert m.samples == 30
        assert m.restarts == 2
        assert m.steady.low <= m.steady.value <= m.steady.high
        assert m.ratio.value > 0
        assert m.numpy_primal == eager.numpy_primal
        assert m.threads.requested == 1
        assert m.rank in (1, 2)
        assert m.inputs == 3
    assert {m.reference for m in bench.measurements} <= {"native:eager", "native:compiled"}
    assert min(m.relative.value for m in bench.measurements) == 1.0
    assert compiled.break_even.against == "native:eager"
    assert bench.noise_floor is not None
    assert 0 <= bench.overhead < 1


@pytest.mark.torch
@pytest.mark.jax
def test_other_libraries_and_what_compiling_costs(benched: Any) -> None:
    case = f"right\nfunction: {Path(__file__).with_name('hostile.py')}:for_all"
    case += "\ninputs: {x: normal(50)}"
    backends = ["native:eager", "torch:eager", "jax:eager", "jax:jit"]
    found = {
        f"{m.backend}:{m.mode}": m
        for m in benched({"f": case}, backends=backends).record.bench.measurements
    }
    assert {m.status for m in found.values()} == {"measured"}
    jit = found["jax:jit"]
    stages = [stage.name for stage in jit.compile]
    assert stages == ["trace", "lower", "compile", "first execution"]
    assert sum(stage.seconds for stage in jit.compile) == pytest.approx(jit.first_call)
    assert jit.break_even.against == "jax:eager"
    assert not found["torch:eager"].compile
    assert all(m.voided == 0 and m.retraces == 0 for m in found.values())
    assert len({m.numpy_primal.value for m in found.values()}) == 1
    assert all(m.relative.value >= 1.0 for m in found.values())


def test_the_raw_samples_give_what_the_record_says(benched: Any, by_case: Any) -> None:
    done = benched({"f": "right"})
    (m,) = done.record.bench.measurements
    samples = done.samples[m.task]
    assert len(samples["derivative"]) == m.samples
    assert {process for process, _, _ in samples["derivative"]} == {0}
    seconds = sorted(seconds for _, _, seconds in samples["derivative"])
    assert seconds[0] <= m.steady.value <= seconds[-1]
    # Each sample lasts at least a millisecond, calibration permitting.
    assert samples["calls"] == m.calls_per_sample > 1
    assert len(samples["primal"]) == len(samples["derivative"])
    assert done.samples["suite/f"]["twin"]


def test_a_wrong_gradient_is_not_timed(benched: Any, by_case: Any) -> None:
    hand = "right\ngradient: {}:wrong_by_hand\ninputs: {{x: normal(3)}}"
    file = Path(__file__).with_name("hostile.py")
    done = benched({"f": hand.format(file)}, backends=["native:eager", "manual"])
    native, manual = done.record.bench.measurements
    assert native.status == "measured"
    assert manual.status == "wrong"
    assert manual.reason.startswith("fail:")
    assert manual.steady is None
    assert manual.rank is None


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("dies_when_benched", "SIGSEGV"),
        ("raises_when_benched", "not on this machine"),
        ("random_when_benched", "different values"),
    ],
)
def test_what_goes_wrong_is_a_row_and_the_rest_is_measured(
    benched: Any, by_case: Any, function: str, reason: str
) -> None:
    found = by_case(benched({"bad": function, "good": "right"}))
    assert found["bad"].status == "failed"
    assert reason in found["bad"].reason
    assert found["good"].status == "measured"


def test_a_function_that_hangs_is_ended_and_the_rest_is_measured(
    benched: Any, by_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adbench.runner.bench.ledger._UNLIMITED", 8.0)
    found = by_case(benched({"bad": "hangs_when_benched", "good": "right"}))
    assert found["bad"].status == "failed"
    assert "no answer within" in found["bad"].reason
    assert found["good"].status == "measured"


def test_a_function_that_takes_longer_than_the_budget_is_named(benched: Any) -> None:
    (m,) = benched({"bad": "hangs_when_benched"}, budget=8.0).record.bench.measurements
    assert m.status == "unfinished"
    assert "budget" in m.reason


def test_a_function_that_fails_at_one_size_is_measured_at_the_others(
    benched: Any, by_case: Any
) -> None:
    case = "fails_at_one_size\ninputs: {x: normal(n)}\nmatrix: {n: [3, 7]}"
    found = by_case(benched({"f": case}))
    assert found["f[n=3]"].status == "measured"
    assert found["f[n=7]"].status == "failed"
    assert "seven is not for me" in found["f[n=7]"].reason


def test_the_address_space_can_be_limited(benched: Any, by_case: Any) -> None:
    cases = {"bad": "needs_memory_when_benched", "good": "right"}
    found = by_case(benched(cases, memory_limit=memory_size("200MB")))
    assert found["bad"].status == "failed"
    assert "allocate" in found["bad"].reason.lower() or "memory" in found["bad"].reason.lower()
    assert found["good"].status == "measured"


def test_a_budget_that_is_too_short_leaves_rows_unfinished(benched: Any) -> None:
    done = benched({f"f{n}": "right" for n in range(6)}, budget=1.5, rounds=3)
    statuses = {m.status for m in done.record.bench.measurements}
    assert "unfinished" in statuses
    assert all(m.reason for m in done.record.bench.measurements if m.status == "unfinished")
    assert not done.record.interrupted


def test_ctrl_c_keeps_what_is_done(benched: Any, by_case: Any) -> None:
    steps = itertools.count()

    def interrupt(step: Any) -> None:
        # The second case begins only when the first one has been measured.
        if "/second" in step.text and "checking" not in step.text and next(steps) == 0:
            os.kill(os.getpid(), signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    done = benched({"first": "right", "second": "right"}, on_step=interrupt)
    found = by_case(done)
    assert done.record.interrupted
    assert found["first"].status == "measured"
    assert found["second"].status == "unfinished"
    assert found["second"].reason == "interrupted"


def test_a_missing_device_is_said_and_nothing_is_pretended(benched: Any) -> None:
    done = benched({"f": "right"}, device="cuda")
    (m,) = done.record.bench.measurements
    if m.status != "measured":
        assert m.status == "skipped"
        assert "no CUDA device" in m.reason
        assert m.steady is None


def test_the_primal_alone_can_be_timed(benched: Any) -> None:
    (m,) = benched({"f": "right"}, what="primal").record.bench.measurements
    assert m.status == "measured"
    assert m.what == "primal"
    assert m.ratio is None


def test_sizes_choose_grid_points(benched: Any) -> None:
    case = "right\ninputs: {x: normal(n)}\nmatrix: {n: [3, 7, 9]}"
    done = benched({"f": case}, sizes=["n=3,9"])
    assert [m.params["n"] for m in done.record.bench.measurements] == [3, 9]


@pytest.mark.parametrize(
    "options", [{"rounds": -1}, {"threads": 0}, {"budget": 0.0}, {"sizes": ["n"]}]
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options)).rstrip("s")):
        BenchOptions(**options)


@pytest.mark.parametrize(
    ("text", "count"),
    [("500MB", 500_000_000), ("2GiB", 2 * 1024**3), ("1.5k", 1500), ("64", 64), ("10 M", 10**7)],
)
def test_sizes_of_memory(text: str, count: int) -> None:
    assert memory_size(text) == count


@pytest.mark.parametrize("text", ["", "much", "-1MB", "0", "3XB", "1e3"])
def test_what_is_no_size_of_memory_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size of memory"):
        memory_size(text)
