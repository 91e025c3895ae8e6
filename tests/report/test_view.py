"""What a report says before it is Markdown or HTML: figures, ranks, comparisons, histories."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable

import pytest
from specimen import environment, interval, specimen

from adbench.record.bench import BreakEven, Measurement
from adbench.record.comparison import Comparison, TaskComparison
from adbench.record.model import (
    CheckResult,
    DerivativeResult,
    ElementComparison,
    RunRecord,
    Verdict,
)
from adbench.report.tables import measurements_csv, results_csv
from adbench.report.view import signs
from adbench.report.view.anchors import CaseKey, base_of, modes
from adbench.report.view.arrangement import arrange, merged
from adbench.report.view.attention import attention, split_task
from adbench.report.view.cases import groups
from adbench.report.view.compare import attention_of, compare
from adbench.report.view.elements import elements
from adbench.report.view.history import history
from adbench.report.view.matrix import matrix
from adbench.report.view.metrics import METRICS, agreement
from adbench.report.view.numbers import (
    both,
    count,
    digits,
    figure,
    ratio,
    seconds,
    seconds_between,
    size,
    to_bound,
)
from adbench.report.view.verdict import verdict_bar


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.914e-6, "2.91 µs"),
        (0.99996e-3, "1.00 ms"),
        (1.0, "1.00 s"),
        (125.0, "2 min 5 s"),
        (3e-10, "0.300 ns"),
        (0.0, "0 ns"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_seconds(value: float | None, shown: str) -> None:
    assert seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0 B"), (1023, "1,020 B"), (1024, "1.00 KiB"), (3 * 2**30, "3.00 GiB"), (None, "–")],
)
def test_size(value: float | None, shown: str) -> None:
    assert size(value) == shown


def test_ratios_keep_three_digits() -> None:
    assert [ratio(v) for v in (1.0, 12.345, 4310.0, 0.0512)] == [
        "1.00×",
        "12.3×",
        "4,310×",
        "0.0512×",
    ]


def test_digits_of_extremes() -> None:
    assert digits(1e300) == "1.00e300"
    assert digits(1e-300) == "1.00e-300"
    assert digits(9.999) == "10.0"


def test_numbers_are_printed_as_in_print() -> None:
    assert figure("-3.1e-09") == "−3.1e-9"
    assert figure("1e+05") == "1e5"
    assert both(-0.412, 0.412) == ("−0.412", "0.412")


def test_a_range_has_its_unit_once() -> None:
    assert seconds_between(59.5e-6, 63.2e-6) == "59.5–63.2 µs"
    assert seconds_between(900e-6, 1.1e-3) == "900 µs – 1.10 ms"


def test_a_value_ends_where_its_bound_begins() -> None:
    assert to_bound(0.412345678912345, 2e-9) == "0.4123456789"
    assert to_bound(123.456, 1.0) == "123.5"
    assert to_bound(math.nan, 1e-3) == "nan"
    assert to_bound(1.0, 0.0) == "1"


def test_counts() -> None:
    assert [count(1, "call"), count(1234, "call"), count(2, "entry")] == [
        "1 call",
        "1,234 calls",
        "2 entries",
    ]


def test_anchors_are_told_apart_by_punctuation() -> None:
    keys = [CaseKey("s", "f[n=1]"), CaseKey("s", "f(n=1)"), CaseKey("s/f", "[n=1]")]
    assert len({key.anchor for key in keys}) == 3
    assert CaseKey("s", "f[n=1]").anchor == CaseKey("s", "f[n=1]").anchor
    assert CaseKey("日本", "").anchor.isascii()


def test_the_base_of_a_case(result: Callable) -> None:
    assert base_of(result("gmm[d=2,k=5]")) == "gmm"
    assert base_of(result("plain")) == "plain"
    assert base_of(result("[odd]")) == "[odd]"


def test_columns_come_in_their_usual_order(result: Callable) -> None:
    tasks = [result(backend=name) for name in ("manual", "jax", "odd", "native", "torch")]
    assert [mode.partition(":")[0] for mode in modes(tasks)] == [
        "native",
        "torch",
        "jax",
        "manual",
        "odd",
    ]


def test_a_task_is_split_at_its_last_at() -> None:
    assert split_task("s/a@b[n=1]@torch:eager") == (CaseKey("s", "a@b[n=1]"), "torch:eager")


def element(ad: float, numeric: float, bound: float) -> ElementComparison:
    return ElementComparison(
        input="x", index=(0,), ad=ad, numeric=numeric, bound=bound, tolerance=0.0
    )


@pytest.mark.parametrize(
    ("ad", "numeric", "bound", "expected"),
    [
        (1.0, 1.0 + 1e-6, 1e-12, 6.0),
        (1.0, 1.0, 1e-9, 9.0),  # no further than the bound proves
        (1.0, -1.0, 1e-12, 0.0),
        (math.nan, 1.0, 1e-12, 0.0),
        (1.0, 1.0, 0.0, 15.9),
        (0.0, 0.0, 1e-12, None),
        (1.0, math.nan, 1e-12, None),
    ],
)
def test_digits_of_agreement(
    ad: float, numeric: float, bound: float, expected: float | None
) -> None:
    derivative = DerivativeResult(
        derivative="vjp", verdict=Verdict.PASS, reason="", worst=(element(ad, numeric, bound),)
    )
    check = CheckResult(
        verdict=Verdict.PASS,
        reason="",
        function="f",
        backend="native",
        mode="eager",
        derivatives=(derivative,),
    )
    found = agreement(check)
    assert found == (pytest.approx(expected, abs=0.01) if expected is not None else None)


def timed(case: str, mode: str, seconds: float, rank: int = 1, **changes: object) -> Measurement:
    backend, _, how = mode.partition(":")
    fields: dict[str, object] = {
        "suite": "article",
        "case": case,
        "backend": backend,
        "mode": how,
        "dtype": "float64",
        "status": "measured",
        "steady": interval(seconds),
        "rank": rank,
    }
    return Measurement.model_validate(fields | changes)


def with_times(record: RunRecord, *measured: Measurement) -> RunRecord:
    bench = {"measurements": [m.model_dump() for m in measured]}
    return RunRecord.model_validate(record.model_dump() | {"kind": "bench", "bench": bench})


def test_a_cell_is_the_ratio_to_the_rows_best_right_gradient(
    result: Callable, record: Callable
) -> None:
    run = record(
        result("a", "native"),
        result("a", "torch", Verdict.FAIL),
        result("a", "jax"),
    )
    table = matrix(
        with_times(
            run,
            timed("a", "native:eager", 6e-3),
            timed("a", "torch:eager", 1e-3),
            timed("a", "jax:jit", 2e-3),
        )
    )
    (row,) = table.rows
    shown = [cell.figures["time"].text for cell in row.cells if cell]
    assert shown == ["3.00×", "–", "1.00×"]
    assert row.troubled


def test_geometric_means_count_only_cases_that_all_pass(result: Callable, record: Callable) -> None:
    run = record(
        *(result(case, backend) for case in "abc" for backend in ("native", "jax")),
        result("d", "native"),
        result("d", "jax", Verdict.FAIL),
    )
    times = {"a": 2.0, "b": 8.0, "c": 1.0, "d": 1000.0}
    measured = [timed(case, "native:eager", time * 1e-3) for case, time in times.items()]
    measured += [timed(case, "jax:jit", 1e-3) for case in times]
    (mean,) = (m for m in matrix(with_times(run, *measured)).means if m.metric.key == "time")
    assert mean.cases == 3
    assert mean.texts == (ratio(16 ** (1 / 3)), "1.00×")


def test_a_mode_with_few_cases_does_not_empty_the_means(result: Callable, record: Callable) -> None:
    run = record(*(result(case) for case in "abcde"), result("a", "manual"))
    measured = [timed(case, "native:eager", 1e-3) for case in "abcde"]
    measured.append(timed("a", "manual:eager", 2e-3))
    (mean,) = (m for m in matrix(with_times(run, *measured)).means if m.metric.key == "time")
    assert mean.cases == 5
    assert mean.modes == ("native:eager",)


def test_times_that_cannot_be_told_apart_are_marked(result: Callable, record: Callable) -> None:
    run = record(result("a", "native"), result("a", "jax"), result("a", "torch"))
    table = matrix(
        with_times(
            run,
            timed("a", "native:eager", 1e-3, 1),
            timed("a", "jax:jit", 1.01e-3, 1),
            timed("a", "torch:eager", 5e-3, 3),
        )
    )
    ties = [cell.figures["time"].tie for cell in table.rows[0].cells if cell]
    assert ties == [True, False, True]


def test_no_two_metrics_begin_alike() -> None:
    assert len({metric.key[0] for metric in METRICS}) == len(METRICS)


def test_what_never_pays_says_so(result: Callable, record: Callable) -> None:
    never = BreakEven(against="jax:eager", calls=None)
    run = with_times(record(result("a", "jax")), timed("a", "jax:jit", 1e-3, break_even=never))
    cell = matrix(run).rows[0].cells[0]
    assert cell is not None
    assert cell.figures["break"].text == "never"


def test_the_verdict_bar_in_words(result: Callable, record: Callable) -> None:
    results = [result(f"c{i}") for i in range(207)]
    results += [result(f"w{i}", verdict=Verdict.FAIL) for i in range(3)]
    results += [result(f"i{i}", verdict=Verdict.INCONCLUSIVE) for i in range(2)]
    bar = verdict_bar(record(*results), regressions=1)
    assert bar.sentence == "3 of 212 gradients wrong, 2 inconclusive, 1 regression"
    assert bar.sign is signs.FAIL


def test_a_regression_outweighs_what_is_uncertain(result: Callable, record: Callable) -> None:
    run = record(result("a"), result("b", verdict=Verdict.INCONCLUSIVE))
    assert verdict_bar(run, regressions=1).sign is signs.REGRESSION
    assert verdict_bar(run).sign is signs.INCONCLUSIVE


def test_problems_are_worst_first_and_told_once(everything: RunRecord) -> None:
    found = attention(everything)
    assert [item.sign.word for item in found] == ["fail", "xpass", "error", "inconclusive"]
    assert found[0].modes == ("native:eager", "jax:jit")
    assert found[0].place == "suites/article.py:12"


def test_a_baseline_that_was_left_is_a_problem(result: Callable, record: Callable) -> None:
    task = TaskComparison(
        task="article/a@native:eager", outcome="stale", reason="other inputs", failing=True
    )
    told = Comparison(before="old.json", after="run", tasks=(task,))
    (item,) = attention(record(result("a"), comparison=told))
    assert item.sentence == "other inputs"
    assert item.cases == (CaseKey("article", "a"),)


def test_elements_of_the_worst_mode_come_first() -> None:
    (group,) = groups(specimen(5, bench=False))
    wrong = next(case for case in group.cases if case.troubled)
    rows = elements(wrong)
    assert len(rows) == 5
    assert rows[0].numeric.endswith("± 2e-9")
    torch = wrong.modes.index("torch:eager")
    assert rows[0].wrong[torch]
    assert not rows[0].wrong[0]


def test_an_element_of_a_passing_check_is_never_called_wrong() -> None:
    """The verdict allows for more than one element's bound and tolerance."""
    run = specimen(1, bench=False)
    far = element(1.0, 2.0, 1e-9)
    assert run.results[0].check is not None
    derivative = run.results[0].check.derivatives[0].model_copy(update={"worst": (far,)})
    check = run.results[0].check.model_copy(update={"derivatives": (derivative,)})
    run = run.model_copy(update={"results": (run.results[0].model_copy(update={"check": check}),)})
    (group,) = groups(run)
    assert [row.wrong for row in elements(group.cases[0])] == [(False,)]


def two(**changes: object) -> tuple[RunRecord, RunRecord]:
    before = specimen(4, seed=3, started="2026-01-01T00:00:00Z")
    return before, specimen(4, seed=3, **changes)  # type: ignore[arg-type]


def test_the_same_run_twice_has_no_change() -> None:
    view = compare(*two())
    assert not view.changed
    assert view.regressions == 0
    assert not view.no_verdict


def test_a_slower_run_is_a_regression_and_a_faster_one_is_not() -> None:
    slower = compare(*two(slower=1.5))
    timed_rows = [row for row in slower.rows if row.timing]
    assert slower.regressions == len(timed_rows) > 0
    assert {row.sign for row in timed_rows} == {signs.REGRESSION}
    assert len(attention_of(slower)) == slower.regressions
    assert compare(*two(slower=0.6)).regressions == 0
    assert {row.sign for row in compare(*two(slower=0.6)).changed} == {signs.IMPROVEMENT}


def test_what_lies_about_the_margin_is_not_judged() -> None:
    view = compare(*two(slower=1.06))
    assert {row.sign for row in view.rows if row.timing} == {signs.INCONCLUSIVE}
    assert not view.changed


def test_times_of_two_machines_get_no_verdict() -> None:
    view = compare(*two(slower=9.0, environment=environment(processor="another")))
    assert "processor" in view.no_verdict
    assert view.regressions == 0
    assert all(row.timing.sign is None for row in view.rows if row.timing)
    assert any("processor" in phrase for phrase in view.environment)


def test_another_thread_count_is_another_machine() -> None:
    view = compare(*two(environment=environment(threads={"openblas": 8, "torch": 8})))
    assert "threads" in view.no_verdict


def test_what_became_wrong_comes_first(result: Callable, record: Callable) -> None:
    before = record(result("a"), result("b"), result("gone"))
    after = record(result("new"), result("b", verdict=Verdict.FAIL), result("a"))
    view = compare(before, after)
    assert [(row.key.case, row.sign.word) for row in view.rows] == [
        ("b", "fail"),
        ("new", "added"),
        ("gone", "removed"),
        ("a", "same"),
    ]
    assert "pass → fail" in view.rows[0].phrases


def test_a_history_is_in_the_order_of_time() -> None:
    runs = [specimen(2, started=f"2026-01-0{day}T00:00:00Z") for day in (3, 1, 2)]
    past = history(runs)
    assert [run[:10] for run in past.runs] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert all(len(row.verdicts) == 3 for row in past.rows)
    assert past.rows[0].ratio.known


def test_a_task_that_changed_its_verdict_comes_first(result: Callable, record: Callable) -> None:
    runs = [
        record(result("a"), result("b", verdict=v), started=f"2026-01-0{day}T00:00:00Z")
        for day, v in enumerate((Verdict.PASS, Verdict.FAIL, Verdict.PASS), 1)
    ]
    rows = history(runs).rows
    assert [row.key.case for row in rows] == ["b", "a"]
    assert [sign.word for sign in rows[0].verdicts if sign] == ["pass", "fail", "pass"]


def test_a_case_that_was_not_there_leaves_a_gap(result: Callable, record: Callable) -> None:
    days = [f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3)]
    runs = [record(result("a"), started=days[0]), record(started=days[1])]
    runs.append(record(result("a"), started=days[2]))
    (row,) = history(runs).rows
    assert [sign is None for sign in row.verdicts] == [False, True, False]


def test_how_many_records_make_what() -> None:
    check, bench = specimen(2, bench=False), specimen(2)
    assert arrange([bench]).comparison is None
    assert arrange([check, bench]).comparison is None
    assert arrange([bench, check]).record.bench is not None
    assert arrange([check, check]).comparison is not None
    assert arrange([check, bench, bench]).past is not None


def test_a_check_and_a_bench_become_one() -> None:
    check = specimen(4, bench=False, command="adbench check suites")
    bench = specimen(2, command="adbench bench suites")
    both_runs = merged(check, bench)
    assert both_runs.results == check.results
    assert both_runs.bench is not None
    assert len(both_runs.bench.measurements) == 12
    assert arrange([check, bench]).commands == ("adbench check suites", "adbench bench suites")


def test_a_check_from_another_place_is_a_warning() -> None:
    elsewhere = environment(versions={"torch": "2.9.0"})
    found = merged(specimen(2, bench=False, environment=elsewhere), specimen(2))
    assert found.bench is not None
    assert "torch 2.9.0 → 2.13.0" in found.bench.warnings[0]


def test_tables_have_a_line_a_task() -> None:
    run = specimen(4)
    assert run.bench is not None
    checks = list(csv.DictReader(io.StringIO(results_csv(run))))
    costs = list(csv.DictReader(io.StringIO(measurements_csv(run))))
    assert len(checks) == len(run.results)
    assert len(costs) == len(run.bench.measurements)
    first, m = costs[0], run.bench.measurements[0]
    assert m.steady is not None
    assert float(first["steady_s"]) == m.steady.value
    assert first["case"] == m.case


def test_no_text_of_a_table_is_a_formula(result: Callable, record: Callable) -> None:
    written = results_csv(record(result("=cmd()", reason="+1", verdict=Verdict.FAIL)))
    (row,) = csv.DictReader(io.StringIO(written))
    assert row["case"] == "'=cmd()"
    assert row["reason"] == "'+1"


def test_an_error_that_its_check_has_told_is_told_once() -> None:
    run = specimen(cases=1)
    check = run.results[0].model_copy(
        update={"verdict": Verdict.ERROR, "check": None, "reason": "ValueError: no"}
    )
    assert run.bench is not None
    (same,) = [
        m.model_copy(update={"status": "failed", "reason": "ValueError: no", "steady": None})
        for m in run.bench.measurements
        if f"{m.suite}/{m.case}@{m.backend}:{m.mode}" == check.task
    ]
    bench = run.bench.model_copy(
        update={"measurements": (same,), "growth": (), "warnings": (), "side_by_side": ()}
    )
    alone = attention(run.model_copy(update={"results": (), "bench": bench}))
    both_ways = attention(run.model_copy(update={"results": (check,), "bench": bench}))
    assert [item.sentence for item in alone] == ["ValueError: no"]
    assert [item.sentence for item in both_ways] == ["ValueError: no"]
