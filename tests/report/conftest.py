"""Run records made by hand, so that a report's look depends on nothing else."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adbench.record.model import (
    CaseResult,
    CheckResult,
    Environment,
    Failure,
    Finding,
    RunRecord,
    SourceLocation,
    SuiteInfo,
    Verdict,
)

sys.path.insert(0, str(Path(__file__).parent))  # the specimen and the browser, beside the tests

ENVIRONMENT = Environment(
    python="3.11.9",
    platform="Linux-6.1",
    machine="x86_64",
    processor="a processor",
    cores=2,
    memory_bytes=2**33,
    versions={"adbench": "0.1.0", "numpy": "2.4.0"},
    threads={"openblas": 2},
    variables={},
)
WHERE = SourceLocation(
    file="suites/article.py", line=12, function="square", text="    return -x * x"
)


def make_result(
    case: str = "square",
    backend: str = "native",
    verdict: Verdict = Verdict.PASS,
    **changes: Any,
) -> CaseResult:
    mode = {"native": "eager", "torch": "eager", "jax": "jit"}.get(backend, "eager")
    reason = changes.pop("reason", f"the reason for {verdict}")
    findings = changes.pop("findings", ())
    resolution = changes.pop("resolution", 3e-9 if verdict is Verdict.PASS else None)
    suite = changes.get("suite", "article")
    check = CheckResult(
        verdict=verdict,
        reason=reason,
        function="article.py:square",
        backend=backend,
        mode=mode,
        findings=findings,
        resolution=resolution,
        evaluations=24,
    )
    base: dict[str, Any] = {
        "suite": suite,
        "case": case,
        "backend": backend,
        "mode": mode,
        "dtype": "float64",
        "seed": 0,
        "verdict": verdict,
        "reason": reason,
        "check": check,
        "source": SourceLocation(file=f"suites/{suite}.yaml", line=7),
        "reproduce": f"adbench check {shlex.quote(f'suites/{suite}.yaml')} -k {shlex.quote(case)} "
        f"--backend {backend}:{mode} --seed 0",
    }
    if verdict in (Verdict.ERROR, Verdict.SKIPPED):
        base["check"] = None
    return CaseResult(**(base | changes))


def make_record(*results: CaseResult, **changes: Any) -> RunRecord:
    base: dict[str, Any] = {
        "adbench_version": "0.1.0",
        "started": "2026-01-01T00:00:00Z",
        "seconds": 2.125,
        "command": "adbench check suites",
        "environment": ENVIRONMENT,
        "suites": (SuiteInfo(name="article", path="suites/article.yaml", sha256="0" * 64),),
        "results": results,
    }
    return RunRecord(**(base | changes))


def make_everything() -> RunRecord:
    """One result of every kind."""
    flipped = Finding(
        kind="value",
        level="fail",
        message="The derivative in x[1] has the wrong sign.",
        derivative="vjp",
        input="x",
        index=(1,),
        ad=-4.0,
        numeric=4.0,
        bound=3.1e-9,
        tolerance=1e-7,
        diagnosis="sign flipped",
        where=WHERE,
    )
    raised = Failure(
        kind="exception",
        type="ValueError",
        message="operands could not be broadcast together with shapes (3,) (4,)",
        frames=(
            WHERE,
            WHERE.model_copy(update={"line": 30, "function": "helper", "text": "x + y"}),
        ),
        printed="step 1\nstep 2\n",
    )
    wide = Finding(
        kind="noise",
        level="inconclusive",
        message="The function's own noise is too large to tell; evaluate it in float64.",
        derivative="vjp",
        input="params['w']",
        ad=1.0,
        numeric=1.1,
        bound=0.5,
    )
    torch_missing = "torch is not installed; pip install 'adbench-grad[torch]'"
    return make_record(
        make_result("square"),
        make_result("square", "jax"),
        make_result("square", "torch", Verdict.SKIPPED, reason=torch_missing),
        make_result("flipped", "native", Verdict.FAIL, findings=(flipped,)),
        make_result("flipped", "jax", Verdict.FAIL, findings=(flipped,)),
        make_result("flipped", "torch", Verdict.SKIPPED, reason=torch_missing),
        make_result("raises", "native", Verdict.ERROR, failure=raised),
        make_result("noisy[n=3,dtype=float32]", "native", Verdict.INCONCLUSIVE, findings=(wide,)),
        make_result(
            "relu", "native", Verdict.KINK, suite="elementwise", reason="a subgradient at x[0] = 0"
        ),
        make_result(
            "sort", "jax", Verdict.FAIL, suite="elementwise", xfail="ties are split unevenly"
        ),
        make_result("floor", "jax", suite="elementwise", xfail="no rule yet"),
    )


@pytest.fixture
def result() -> Callable[..., CaseResult]:
    return make_result


@pytest.fixture
def record() -> Callable[..., RunRecord]:
    return make_record


@pytest.fixture
def everything() -> RunRecord:
    return make_everything()
