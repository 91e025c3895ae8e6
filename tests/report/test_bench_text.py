"""The report of a bench run: its tables against golden files, and what each figure says."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adbench.record.bench import (
    AuditItem,
    Bench,
    BreakEven,
    Growth,
    Interval,
    Measurement,
    Memory,
    Retraces,
    SideBySide,
    Threads,
)
from adbench.record.model import RunRecord, Verdict
from adbench.report import text
from adbench.report.terminal import terminal
from adbench.report.text import report

GOLDEN = Path(__file__).parent / "golden"
MIB = 2**20


def around(value: float, share: float = 0.02) -> Interval:
    return Interval(value=value, low=value * (1 - share), high=value * (1 + share))


def measured(mode: str = "torch:eager", seconds: float = 1e-3, **changes: Any) -> Measurement:
    backend, _, its_mode = mode.partition(":")
    base: dict[str, Any] = {
        "suite": "classic",
        "case": "gmm[N=100]",
        "base": "gmm",
        "backend": backend,
        "mode": its_mode,
        "dtype": "float64",
        "params": {"N": 100},
        "parameter": "N",
        "size": 100,
        "inputs": 28,
        "status": "measured",
        "steady": around(seconds),
        "ratio": around(3.0),
        "rank": 1,
        "first_call": 0.4,
        "memory": Memory(peak=round(1.5 * MIB), method="counter"),
        "threads": Threads(requested=1, observed=1, cores=(0,)),
        "samples": 30,
        "restarts": 3,
    }
    return Measurement(**(base | changes))


def unmeasured(mode: str, status: str, **changes: Any) -> Measurement:
    nothing = dict.fromkeys(("steady", "ratio", "rank", "first_call", "memory", "threads"))
    return measured(mode, status=status, **nothing, samples=0, restarts=0, **changes)


BLOCKED = (
    AuditItem(name="dtype", ok=False, message="gives a gradient in float32 of an input in float64"),
    AuditItem(name="device", ok=True, message="computes on cpu"),
)
MEASUREMENTS = (
    measured("native:eager", 8.42e-3, rank=4, numeric=around(0.2), memory=None),
    measured("torch:eager", 1.03e-3, rank=2),
    measured(
        "torch:compile",
        1.01e-3,
        rank=2,
        break_even=BreakEven(against="torch:eager", calls=None),
        warnings=("torch profiler counts 1.5 MiB and the kernel 2 MiB: scratch space",),
    ),
    measured(
        "jax:jit",
        8.1e-4,
        rank=1,
        break_even=BreakEven(against="jax:eager", calls=411.3),
        retraces=2,
        data_retraces=Retraces(points=5, compilations=1),
    ),
    unmeasured("jax:eager", "wrong", reason="the gradient of alpha[1] is wrong: sign flipped"),
    measured("native:compiled", 5e-3, rank=None, status="unfair", audit=BLOCKED),
    unmeasured("torch:eager", "failed", case="ba[p=5]", base="ba", reason="MemoryError: 3 GiB"),
    unmeasured("jax:jit", "unfinished", case="ba[p=5]", base="ba", reason="the budget ended it"),
)
GROWTH = tuple(
    Growth(
        suite="classic",
        base="gmm",
        backend="torch",
        mode="eager",
        parameter="N",
        quantity=quantity,
        exponent=Interval(value=value, low=low, high=high),
        sizes=(10, 100, 1000),
        flagged=flagged,
    )
    for quantity, value, low, high, flagged in [
        ("time", 0.98, 0.91, 1.04, ""),
        ("memory", 1.0, 1.0, 1.0, ""),
        ("ratio", 0.3, 0.2, 0.4, "the gradient costs 3 primals at N = 10 and 12 at 1000"),
    ]
)


@pytest.fixture
def bench_record(record: Callable[..., RunRecord], result: Callable[..., Any]) -> RunRecord:
    checks = (
        result("gmm[N=100]", "torch", suite="classic"),
        result(
            "gmm[N=100]",
            "jax",
            Verdict.FAIL,
            suite="classic",
            mode="eager",
            reason="the gradient of alpha[1] is wrong: sign flipped",
        ),
    )
    bench = Bench(
        budget=300.0,
        measurements=MEASUREMENTS,
        growth=GROWTH,
        noise_floor=0.013,
        governor="performance",
        load=(0.12, 0.3, 0.4),
        raw="run.samples.jsonl",
        overhead=0.043,
        warnings=("the machine was already busy",),
    )
    return record(*checks, kind="bench", bench=bench, seconds=292.0)


def with_bench(record: Callable[..., RunRecord], *measurements: Measurement, **more: Any) -> str:
    bench = Bench(measurements=measurements, **more)
    return text(record(kind="bench", bench=bench), 120)


def rows(shown: str) -> list[list[str]]:
    """The lines of modes, split at the columns."""
    return [
        line.split() for line in shown.splitlines() if line.startswith("    ") and ":" in line[:24]
    ]


@pytest.mark.parametrize("width", [100, 60])
def test_report_matches_golden_file(bench_record: RunRecord, width: int) -> None:
    path = GOLDEN / f"bench-{width}.txt"
    written = text(bench_record, width)
    if os.environ.get("ADBENCH_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_lines_fit_except_commands(bench_record: RunRecord, width: int) -> None:
    for line in text(bench_record, width).splitlines():
        assert len(line) <= width or "adbench check" in line, line
        assert line == line.rstrip()


def test_the_time_and_its_ratio_outlast_every_other_column(bench_record: RunRecord) -> None:
    narrow = text(bench_record, 48)
    assert "1.03 ms ± 2 %    1.27×\n" in narrow
    assert "to best" in narrow
    assert "÷ primal" not in narrow.splitlines()[1]
    assert "the peak above the inputs" not in narrow


def test_modes_stand_by_rank_and_ties_are_called_ties(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(
        record,
        measured("native:eager", 3e-3, rank=3),
        measured("jax:jit", 1.01e-3, rank=1),
        measured("torch:eager", 1.00e-3, rank=1),
    )
    found = rows(shown)
    assert [row[:2] for row in found] == [
        ["1", "torch:eager"],
        ["1", "jax:jit"],
        ["3", "native:eager"],
    ]
    assert [row[7] for row in found] == ["1.00×", "tie", "3.00×"]
    assert "tie, or the same place" in shown


def test_ratios_to_the_best_are_the_paired_ones_where_there_are_any(
    record: Callable[..., RunRecord],
) -> None:
    shown = with_bench(
        record,
        measured("torch:eager", 1e-3, rank=1, reference="torch:eager", relative=around(1.0)),
        measured("jax:jit", 3e-3, rank=2, reference="torch:eager", relative=around(2.5)),
    )
    assert rows(shown)[1][7] == "2.50×"


def test_differences_are_told_in_gradients_by_ad(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(record, measured(seconds=1e-3, numeric=around(0.029)))
    assert "29.0×" in shown


def test_columns_with_nothing_to_say_are_left_out(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(record, measured(memory=None, ratio=None))
    for heading in ("memory", "÷ primal", "pays after", "fwd diff"):
        assert heading not in shown


def test_a_wrong_gradient_shows_its_verdict_in_place_of_a_time(bench_record: RunRecord) -> None:
    shown = text(bench_record, 120)
    assert (
        "    ✗ fail  jax:eager\n        the gradient of alpha[1] is wrong: sign flipped\n" in shown
    )
    assert not [row for row in rows(shown) if "jax:eager" in row[:2] and "ms" in row]


def test_modes_with_the_same_fate_share_a_line(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(
        record,
        measured("native:eager"),
        *(
            unmeasured(m, "unfinished", reason="the budget ended")
            for m in ("torch:eager", "jax:jit")
        ),
    )
    assert "    … unfinished  torch:eager, jax:jit\n        the budget ended\n" in shown


def test_cases_that_were_measured_nowhere_share_a_line(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(
        record,
        measured("native:eager"),
        *(
            unmeasured(mode, "unfinished", case=case, base=case, reason="the budget ended")
            for case in ("a", "b")
            for mode in ("torch:eager", "jax:jit")
        ),
    )
    assert "  … unfinished  a, b\n      the budget ended\n" in shown
    assert shown.count("the budget ended") == 1


def test_an_interval_wider_than_its_value_says_so(record: Callable[..., RunRecord]) -> None:
    wide = measured(steady=Interval(value=1e-4, low=5e-5, high=9e-4))
    assert "100 µs ± >100 %" in with_bench(record, wide)


def test_a_breach_of_fairness_is_named_and_has_no_rank(bench_record: RunRecord) -> None:
    shown = text(bench_record, 120)
    assert "≠ not comparable" in shown
    assert "dtype: gives a gradient in float32 of an input in float64" in shown
    assert "computes on cpu" not in shown
    (row,) = (r for r in rows(shown) if "native:compiled" in r[:2])
    assert row[:7] == ["native:compiled", "5.00", "ms", "±", "2", "%", "–"]


def test_what_may_not_be_compared_is_nobody_s_best(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(
        record,
        measured("torch:eager", 2e-3),
        measured("jax:jit", 1e-3, rank=None, status="unfair", audit=BLOCKED),
    )
    assert rows(shown)[0][7] == "1.00×"


def test_a_run_without_any_time_has_no_table_of_times(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(record, unmeasured("torch:eager", "skipped", reason="no CUDA device"))
    assert "– skipped" in shown
    assert "no CUDA device" in shown
    assert "to best" not in shown


def test_derivatives_of_one_case_are_not_ranked_together(
    record: Callable[..., RunRecord],
) -> None:
    shown = with_bench(
        record, measured(seconds=1e-3), measured(what="hvp", seconds=3e-3), what=("vjp", "hvp")
    )
    assert "vjp of 28 numbers" in shown
    assert "hvp of 28 numbers" in shown
    assert [row[7] for row in rows(shown)] == ["1.00×", "1.00×"]


def test_two_revisions_stand_with_changes_first(record: Callable[..., RunRecord]) -> None:
    pairs = tuple(
        SideBySide(
            task=f"s/{name}@torch:eager",
            ratio=around(ratio),
            margin=0.03,
            verdict=verdict,  # type: ignore[arg-type]
            memory_here=2 * MIB,
            memory_there=MIB,
        )
        for name, ratio, verdict in [("a", 1.0, "same"), ("b", 1.2, "regression")]
    )
    shown = with_bench(record, against="main", side_by_side=pairs)
    assert shown.index("▲ regression") < shown.index("= same")
    assert "s/b@torch:eager  vjp 1.200× the time (1.176 to 1.224; margin ± 3.0 %)" in shown
    assert "memory 1.00 MiB → 2.00 MiB" in shown
    assert "Beside main" in shown


def test_warnings_in_the_same_words_are_told_once(record: Callable[..., RunRecord]) -> None:
    same = [
        measured("torch:eager", case=f"c{i}", base=f"c{i}", warnings=("not cross-checked",))
        for i in range(5)
    ]
    shown = with_bench(record, *same)
    assert shown.count("not cross-checked") == 1
    assert "c0 on torch:eager, c1 on torch:eager, c2 on torch:eager and 2 more" in shown


def test_growth_says_its_interval_and_its_point(record: Callable[..., RunRecord]) -> None:
    shown = with_bench(record, growth=(GROWTH[0].model_copy(update={"point": "D=2"}),))
    assert "classic/gmm[D=2]  vjp, exponents of N from 10 to 1000" in shown
    assert "0.98 (0.91–1.04)" in shown


def test_an_exponent_below_zero_keeps_its_minus_apart(record: Callable[..., RunRecord]) -> None:
    falling = GROWTH[0].model_copy(update={"exponent": Interval(value=-0.04, low=-0.23, high=0.15)})
    assert "−0.04 (−0.23 to 0.15)" in with_bench(record, growth=(falling,))


def test_warnings_that_differ_in_numbers_alone_are_told_once(
    record: Callable[..., RunRecord],
) -> None:
    shown = with_bench(
        record,
        *(
            measured(
                case=f"c{n}",
                warnings=(f"{n} of {n * 1000:,} columns were run, of {n}.5 MiB",),
            )
            for n in range(1, 6)
        ),
    )
    assert shown.count("columns were run") == 1
    assert "1 of 1,000 columns were run, of 1.5 MiB" in shown
    assert "and 2 more, with other numbers" in shown


def test_hostile_names_are_shown_as_text(record: Callable[..., RunRecord]) -> None:
    evil = "[red]x\x1b[31m\u202e"
    shown = with_bench(
        record,
        measured(case=evil, base=evil, warnings=(evil,)),
        unmeasured("jax:jit", "failed", case=evil, reason=evil),
        warnings=(evil,),
    )
    assert shown.count(r"[red]x\x1b[31m\u202e") == 5
    assert "\x1b" not in shown


def test_names_too_long_for_the_table_are_folded(record: Callable[..., RunRecord]) -> None:
    name = "n" * 150
    bench = Bench(measurements=(measured(case=name, base=name),))
    shown = text(record(kind="bench", bench=bench), 60)
    assert shown.count("n" * 50) >= 2
    assert max(map(len, shown.splitlines())) <= 60


def test_an_ascii_terminal_can_show_all_of_it(bench_record: RunRecord) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    report(bench_record, terminal(stream))
    stream.flush()
    shown = raw.getvalue().decode("ascii")
    assert "1.03 ms +/- 2" in shown
    assert "\\" not in shown
