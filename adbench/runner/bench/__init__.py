"""Benchmarks from their first task to their record: who is asked what, when, and what it means."""

from adbench.runner.bench.against import AgainstError
from adbench.runner.bench.api import Benchmark, Step, bench, bench_plan
from adbench.runner.bench.options import BenchOptions, memory_size

__all__ = [
    "AgainstError",
    "BenchOptions",
    "Benchmark",
    "Step",
    "bench",
    "bench_plan",
    "memory_size",
]
