"""A run as large and as varied as wished, made up: what reports are laid out and timed with."""

from __future__ import annotations

import math
import random
from typing import Any

from adbench.record.bench import (
    AuditItem,
    Bench,
    BreakEven,
    CompileStage,
    Growth,
    Interval,
    Measurement,
    Memory,
    SideBySide,
    Threads,
)
from adbench.record.model import (
    CaseResult,
    CheckResult,
    CurvePoint,
    Definition,
    DerivativeResult,
    ElementComparison,
    Environment,
    Finding,
    InputsDigest,
    RunRecord,
    SourceLocation,
    SuiteInfo,
    VCurve,
    Verdict,
)

MODES = (
    ("native", "eager"),
    ("native", "compiled"),
    ("torch", "eager"),
    ("torch", "compile"),
    ("jax", "eager"),
    ("jax", "jit"),
)
NAMES = ("logdet", "gmm", "attention", "huber", "rollout", "lstm", "kernel", "norm", "ode", "conv")
SIZES = (32, 64, 128, 256, 512)
CODE = '''def {name}(a, x):
    """log det(A Aᵀ + I) + ½‖x‖²."""
    xp = array_namespace(a)
    gram = a @ a.T + xp.eye(a.shape[0])
    return xp.linalg.slogdet(gram)[1] + 0.5 * xp.sum(x * x)
'''
_STEADY = {"native": 3.0, "torch": 1.3, "jax": 1.6}
_COMPILED = {"native": 0.6, "torch": 0.7, "jax": 0.15}


def environment(**changes: Any) -> Environment:
    base: dict[str, Any] = {
        "python": "3.11.9",
        "platform": "Linux-6.1-x86_64",
        "machine": "x86_64",
        "processor": "Example 9000 16-Core",
        "cores": 8,
        "memory_bytes": 32 * 2**30,
        "versions": {"adbench": "0.1.0", "numpy": "2.4.0", "torch": "2.13.0", "jax": "0.10.2"},
        "threads": {"openblas": 1, "torch": 1},
        "variables": {"OMP_NUM_THREADS": "1"},
        "git": "0123456789ab",
    }
    return Environment(**(base | changes))


def v_curve(ad: float, numeric: float, rng: random.Random) -> VCurve:
    steps = [10 ** (-0.7 - 0.65 * i) for i in range(12)]
    size = abs(numeric)
    points = []
    for h in steps:
        truncation, roundoff = 0.3 * size * h**2, size * 1e-16 / h
        off = (truncation + roundoff * rng.uniform(0.2, 1)) * rng.choice((-1, 1))
        points.append(
            CurvePoint(step=h, value=numeric + off, truncation=truncation, roundoff=roundoff)
        )
    return VCurve(
        input="a",
        index=(3, 1),
        ad=ad,
        numeric=numeric,
        bound=2e-13 * size,
        chosen_step=steps[4],
        points=tuple(points),
    )


def checked(
    case: str, base: str, backend: str, mode: str, verdict: Verdict, rng: random.Random
) -> CaseResult:
    numeric = 0.412
    wrong = verdict is Verdict.FAIL
    ad = -numeric if wrong else numeric * (1 + rng.uniform(-1, 1) * 1e-13)
    worst = tuple(
        ElementComparison(
            input="a",
            index=(3, i),
            ad=ad + i,
            numeric=numeric + i,
            bound=2e-9,
            tolerance=2e-10,
        )
        for i in range(5)
    )
    finding = Finding(
        kind="wrong-derivative",
        level="fail",
        message="the gradient of a[3, 1] is wrong",
        derivative="vjp",
        input="a",
        index=(3, 1),
        ad=ad,
        numeric=numeric,
        bound=2e-9,
        tolerance=2e-10,
        diagnosis="sign flipped in 1 of 64 elements",
    )
    wide = Finding(
        kind="noise",
        level="inconclusive",
        message="the function's own noise is too large to tell; evaluate it in float64",
        derivative="vjp",
    )
    findings = {Verdict.FAIL: (finding,), Verdict.INCONCLUSIVE: (wide,)}.get(verdict, ())
    reason = findings[0].message if findings else "vjp: agrees within tolerance"
    return CaseResult(
        suite="linear_algebra" if case < "k" else "models",
        case=case,
        backend=backend,
        mode=mode,
        dtype="float64",
        seed=0,
        verdict=verdict,
        reason=reason,
        check=CheckResult(
            verdict=verdict,
            reason=reason,
            function=base,
            backend=backend,
            mode=mode,
            dtype="float64",
            findings=findings,
            derivatives=(
                DerivativeResult(
                    derivative="vjp",
                    verdict=verdict,
                    reason=reason,
                    resolution=6e-10,
                    compared=64,
                    v_curve=v_curve(ad, numeric, rng),
                    worst=worst,
                ),
            ),
            resolution=None if wrong else rng.uniform(4e-10, 9e-10),
            evaluations=rng.randrange(200, 9000),
            where=SourceLocation(
                file=f"suites/{base}.py", line=12, function=base, text=f"def {base}(a, x):"
            ),
        ),
        inputs=InputsDigest(sha256="0" * 64, leaves={"a": "float64[8, 8]", "x": "float64[8]"}),
        definition=Definition(
            base=base,
            description="The log-determinant of a Gram matrix, with a quadratic beside it.",
            inputs={"a": "normal(8, 8)", "x": "uniform(8, low=0, high=1)"},
            code=CODE.format(name=base),
        ),
        source=SourceLocation(file="suites/models.yaml", line=7),
        reproduce=f"adbench check suites/models.yaml -k '{case}' --backend {backend}:{mode}",
    )


def measured(
    result: CaseResult, base: str, size: int, rng: random.Random, slower: float = 1.0
) -> Measurement:
    eager = result.mode == "eager"
    power = 2.0 if result.backend != "native" else 2.15
    factor = _STEADY[result.backend] if eager else _COMPILED[result.backend]
    steady = 2e-5 * factor * (size / 32) ** power * rng.uniform(0.9, 1.1) * slower
    primal = steady / rng.uniform(2.0, 4.2)
    stages = () if eager else (("trace", 0.02), ("lower", 0.05), ("compile", 0.4))
    shared: dict[str, Any] = {
        "suite": result.suite,
        "case": result.case,
        "base": base,
        "backend": result.backend,
        "mode": result.mode,
        "dtype": "float64",
        "params": {"n": size},
        "size": float(size),
        "inputs": size * size,
    }
    if result.verdict is not Verdict.PASS:
        return Measurement(**shared, status="wrong", reason="its gradient is not right")
    return Measurement(
        **shared,
        status="measured",
        steady=interval(steady),
        primal=interval(primal),
        ratio=interval(steady / primal),
        first_call=steady + sum(s for _, s in stages) + 0.003,
        compile=tuple(CompileStage(name=n, seconds=s * rng.uniform(0.8, 2)) for n, s in stages),
        break_even=None
        if eager
        else BreakEven(against=f"{result.backend}:eager", calls=math.ceil(0.5 / steady / 2)),
        numeric=interval(primal * (size + 1)),
        memory=Memory(
            peak=int(size * size * 8 * rng.uniform(3, 14)),
            method={"native": "tracemalloc", "torch": "torch profiler"}.get(
                result.backend, "jax memory analysis"
            ),
            cross_check=int(size * size * 8 * 9),
            inputs=size * size * 8,
        ),
        threads=Threads(requested=1, observed=1, cores=(2,)),
        samples=90,
        restarts=3,
        audit=(AuditItem(name="dtype", ok=True, message="float64 everywhere"),),
    )


def interval(value: float, spread: float = 0.03) -> Interval:
    return Interval(value=value, low=value * (1 - spread), high=value * (1 + spread))


def specimen(
    cases: int = 50,
    modes: int = 6,
    *,
    seed: int = 0,
    bench: bool = True,
    sizes: bool = True,
    slower: float = 1.0,
    started: str = "2026-11-01T12:00:00Z",
    **changes: Any,
) -> RunRecord:
    """A run of so many cases on so many modes; a few fail, one is slower than before.

    With `sizes` five cases each are grid points of one function, else each is one of its own.
    """
    rng = random.Random(seed)
    results: list[CaseResult] = []
    measurements: list[Measurement] = []
    for number in range(cases):
        name, size = NAMES[number // len(SIZES) % len(NAMES)], SIZES[number % len(SIZES)]
        base = name + ("" if number < 50 else f"_{number // 50}")
        if not sizes:
            base = f"{base}_{size}"
        for backend, mode in MODES[:modes]:
            verdict = Verdict.PASS
            if (name, size, backend) == ("logdet", 64, "torch"):
                verdict = Verdict.FAIL
            elif (name, size, backend) == ("huber", 512, "jax"):
                verdict = Verdict.INCONCLUSIVE
            elif name == "norm" and size == 32:
                verdict = Verdict.KINK
            case = f"{base}[n={size}]" if sizes else base
            result = checked(case, base, backend, mode, verdict, rng)
            results.append(result)
            if bench:
                measurements.append(measured(result, base, size, rng, slower))
    base_run: dict[str, Any] = {
        "kind": "bench" if bench else "check",
        "adbench_version": "0.1.0",
        "started": started,
        "seconds": 184.2,
        "command": "adbench bench suites --output-format json=run.json",
        "environment": environment(),
        "suites": (
            SuiteInfo(name="linear_algebra", path="suites/linear_algebra.yaml", sha256="0" * 64),
            SuiteInfo(name="models", path="suites/models.yaml", sha256="1" * 64),
        ),
        "results": tuple(results),
        "planned": len(results),
        "bench": costs(measurements) if bench else None,
    }
    return RunRecord(**(base_run | changes))


def costs(measurements: list[Measurement]) -> Bench:
    """Ranks, growth, a regression and a noise floor for measurements."""
    ranked: list[Measurement] = []
    by_case: dict[str, list[Measurement]] = {}
    for m in measurements:
        by_case.setdefault(f"{m.suite}/{m.case}", []).append(m)
    for several in by_case.values():
        times = sorted(m.steady.value for m in several if m.steady)
        for m in several:
            rank = None
            if m.steady:
                rank = 1 + sum(t * 1.05 < m.steady.value for t in times)
            ranked.append(m.model_copy(update={"rank": rank}))
    curves = {(m.suite, m.base, m.backend, m.mode) for m in ranked if m.steady}
    growth = tuple(
        Growth(
            suite=suite,
            base=base,
            backend=backend,
            mode=mode,
            parameter="n",
            quantity="time",
            exponent=Interval(value=2.02, low=1.96, high=2.09),
            sizes=tuple(map(float, SIZES)),
            flagged="gradient ÷ primal grows with n: n^0.31 (0.25 to 0.37)"
            if (base, backend, mode) == ("rollout", "native", "eager")
            else "",
        )
        for suite, base, backend, mode in sorted(curves)
    )
    pairs = tuple(
        SideBySide(
            task=m.task,
            ratio=Interval(value=r, low=r * 0.97, high=r * 1.03),
            margin=0.03,
            verdict=verdict,
        )
        for m, r, verdict in zip(
            ranked, (1.21, 1.0, 0.8), ("regression", "same", "improvement"), strict=False
        )
        if m.steady
    )
    return Bench(
        measurements=tuple(ranked),
        growth=growth,
        noise_floor=0.011,
        side_by_side=pairs,
        governor="performance",
        load=(0.2, 0.3, 0.4),
        allocator={"MALLOC_MMAP_THRESHOLD_": "65536"},
        raw="samples.json",
        warnings=("the frequency of the cores was not fixed",),
    )
