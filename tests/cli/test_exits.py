"""Exit codes, from records made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from adbench.cli.exits import exit_code
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.record.origin import Environment

PASS, KINK, SKIPPED = Verdict.PASS, Verdict.KINK, Verdict.SKIPPED
INCONCLUSIVE, ERROR, FAIL = Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAIL


def record(*verdicts: Verdict, **changes: Any) -> RunRecord:
    results = tuple(
        CaseResult(
            suite="s",
            case=f"case{i}",
            backend="native",
            mode="eager",
            dtype="float64",
            seed=0,
            verdict=verdict,
            reason="",
            **changes,
        )
        for i, verdict in enumerate(verdicts)
    )
    return RunRecord(
        adbench_version="0",
        started="",
        seconds=0,
        command="",
        environment=Environment(
            python="",
            platform="",
            machine="",
            processor="",
            cores=1,
            memory_bytes=1,
            versions={},
            threads={},
            variables={},
        ),
        suites=(),
        results=results,
    )


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((PASS,), 0),
        ((PASS, KINK, SKIPPED, INCONCLUSIVE), 0),
        ((PASS, FAIL, ERROR, INCONCLUSIVE), 1),
        ((PASS, ERROR, INCONCLUSIVE), 3),
        ((SKIPPED, SKIPPED), 3),
        ((), 5),
    ],
)
def test_gravest_verdict_decides(verdicts: tuple[Verdict, ...], code: int) -> None:
    assert exit_code(record(*verdicts), strict=False) == code


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((PASS, INCONCLUSIVE), 4),
        ((PASS,), 0),
        ((INCONCLUSIVE, ERROR), 3),
        ((INCONCLUSIVE, FAIL), 1),
    ],
)
def test_strict_minds_inconclusive(verdicts: tuple[Verdict, ...], code: int) -> None:
    assert exit_code(record(*verdicts), strict=True) == code


@pytest.mark.parametrize(
    ("verdict", "code"), [(FAIL, 0), (ERROR, 0), (INCONCLUSIVE, 0), (PASS, 1), (KINK, 1)]
)
def test_announced_failures(verdict: Verdict, code: int) -> None:
    assert exit_code(record(verdict, xfail="known"), strict=False) == code
