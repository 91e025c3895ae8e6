"""A suite of hostile functions, benchmarked by real workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adbench.record.bench import Measurement
from adbench.runner.bench import Benchmark, BenchOptions, bench
from adbench.suite import resolve_targets

HOSTILE = Path(__file__).with_name("hostile.py")


@pytest.fixture
def benched(tmp_path: Path) -> Callable[..., Benchmark]:
    """Benchmark cases, given as `name: function` with other lines of YAML below."""

    def run(cases: dict[str, str], on_step: Any = None, **options: Any) -> Benchmark:
        text = "version: 1\ncases:\n"
        for name, function in cases.items():
            function, *lines = function.split("\n")
            text += f"- name: {name}\n"
            if not any(line.startswith("function:") for line in lines):
                text += f"  function: {{native: {HOSTILE}:{function}}}\n"
            text += "".join(f"  {line}\n" for line in lines or ["inputs: {x: normal(3)}"])
        suite = tmp_path / "suite.yaml"
        suite.write_text(text, encoding="utf-8")
        given = {"backends": ["native:eager"], "rounds": 1, **options}
        return bench(resolve_targets([str(suite)]), BenchOptions(**given), on_step)

    return run


@pytest.fixture
def by_case() -> Callable[[Benchmark], dict[str, Measurement]]:
    def of(done: Benchmark) -> dict[str, Measurement]:
        assert done.record.bench is not None
        return {m.case: m for m in done.record.bench.measurements}

    return of
