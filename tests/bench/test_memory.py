"""Peaks that can be counted by hand, by each backend's counter and by the kernel's mark.

f(x) = Σ exp(x) over an array of B bytes, gradient exp(x) times the cotangent c of the sum:

- native:eager holds exp(x), c spread over an array (the rule of `sum`), and their product: 3 B;
- native:compiled spreads nothing: exp(x), and the product: 2 B;
- torch:eager holds exp(x), saved for the way back, and the product (c is spread without memory,
  by strides of 0): 2 B;
- torch:compile and jax:jit compute exp(x)·c in one loop from x: the gradient alone, 1 B;
- jax:eager holds exp(x), c spread, and the product: 3 B.

g(x) = Σ tanh(x·w): both products of matrices need memory of their own, z = x·w or what is made of
it in place, and the gradient dz·wᵀ: 2 B wherever nothing more is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from array_api_compat import array_namespace

from adbench.bench import memory, memory_kernel
from adbench.bench.memory_counters import Counted, _blocks, counted
from adbench.bench.memory_kernel import CannotTellError, KernelPeak, kernel_peak
from adbench.bench.subject import Subject

SIDE = 512
BYTES = SIDE * SIDE * 8
FRESH = """
import importlib.util, json, sys
import numpy as np
def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
make = load("conftest", sys.argv[1]).make_subject
functions = load("functions", sys.argv[2])
from adbench.bench.memory import measure
name, backend, mode, side = *sys.argv[3:6], int(sys.argv[6])
x = np.random.default_rng(0).normal(size=(side, side))
arrays = (x, x.T.copy()) if name == "matmul" else (x,)
subject = make(getattr(functions, name), *arrays, backend=backend, mode=mode, data=("y",))
measured = measure(subject)
print(json.dumps(measured.model_dump(mode="json")))
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's mark is Linux's")


def exp_sum(x):
    xp = array_namespace(x)
    return xp.sum(xp.exp(x))


def matmul(x, y):
    xp = array_namespace(x)
    return xp.sum(xp.tanh(x @ y))


def in_a_fresh_process(name: str, backend: str, mode: str, side: int = SIDE) -> dict[str, Any]:
    here = Path(__file__)
    command = [sys.executable, "-c", FRESH, here.with_name("conftest.py"), here]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"), "1")
    done = subprocess.run(
        [*map(str, command), name, backend, mode, str(side)],
        env=os.environ | threads | memory.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


COUNTED_BY_HAND = [
    ("exp_sum", "native", "eager", 3, "tracemalloc"),
    ("exp_sum", "native", "compiled", 2, "tracemalloc"),
    ("exp_sum", "torch", "eager", 2, "torch profiler"),
    ("exp_sum", "torch", "compile", 1, "torch profiler"),
    ("exp_sum", "jax", "jit", 1, "jax memory analysis"),
    ("matmul", "native", "compiled", 2, "tracemalloc"),
    ("matmul", "torch", "eager", 2, "torch profiler"),
    ("matmul", "jax", "jit", 2, "jax memory analysis"),
]


@linux
@pytest.mark.slow
@pytest.mark.parametrize(("name", "backend", "mode", "arrays", "method"), COUNTED_BY_HAND)
def test_the_peak_is_what_can_be_counted_by_hand(
    name: str, backend: str, mode: str, arrays: int, method: str
) -> None:
    pytest.importorskip("numpy" if backend == "native" else backend)
    measured = in_a_fresh_process(name, backend, mode)
    found = measured["memory"]
    assert found["method"] == method
    assert found["peak"] == pytest.approx(arrays * BYTES, rel=0.1)
    assert found["cross_check"] == pytest.approx(arrays * BYTES, rel=0.1)
    assert found["inputs"] == BYTES * (2 if name == "matmul" else 1)
    assert measured["warnings"] == []


@linux
@pytest.mark.slow
def test_the_kernel_stands_in_where_jax_counts_nothing() -> None:
    pytest.importorskip("jax")
    found = in_a_fresh_process("exp_sum", "jax", "eager")["memory"]
    assert found["method"] == "kernel high-water mark"
    assert found["cross_check"] is None
    assert found["peak"] == pytest.approx(3 * BYTES, rel=0.1)


def held_buffers(subject: Subject) -> int:
    found = counted(subject)
    assert found is not None
    return found.held


def test_what_a_plan_keeps_between_calls_is_counted(subject: Callable[..., Subject]) -> None:
    """The gradient is given away, so the plan keeps exp(x) alone; the tape keeps nothing."""
    x = np.ones((SIDE, SIDE))
    assert held_buffers(subject(exp_sum, x, mode="compiled")) == pytest.approx(BYTES, rel=0.1)
    assert held_buffers(subject(exp_sum, x, mode="eager")) < BYTES / 100


def test_jax_op_by_op_has_no_counter(subject: Callable[..., Subject]) -> None:
    pytest.importorskip("jax")
    assert counted(subject(exp_sum, np.ones(4), backend="jax", mode="eager")) is None


# -- the kernel's mark ----------------------------------------------------------------------------


@linux
@pytest.mark.slow
@pytest.mark.parametrize("arrays", [1, 5])
def test_the_mark_rises_by_what_is_touched(arrays: int) -> None:
    code = (
        "import numpy as np\n"
        "from adbench.bench.memory_kernel import kernel_peak\n"
        f"print(kernel_peak(lambda: [np.ones({BYTES}, np.uint8) for _ in range({arrays})]).peak)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | memory.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == pytest.approx(arrays * BYTES, rel=0.02)


@pytest.mark.parametrize(
    ("replace", "words"),
    [
        ({"sys.platform": "darwin"}, "this is darwin"),
        ({"replaced_allocator": lambda: "jemalloc"}, "jemalloc stands in for glibc's"),
        ({"_CLEAR": Path("/proc/self/no-such-file")}, "cannot be written"),
    ],
)
def test_where_the_mark_says_nothing_it_says_why(
    replace: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in replace.items():
        monkeypatch.setattr(f"adbench.bench.memory_kernel.{name}", value)
    with pytest.raises(CannotTellError, match=words):
        kernel_peak(lambda: None)


# -- counts side by side --------------------------------------------------------------------------


@pytest.fixture
def tuned(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in memory_kernel.ALLOCATOR.items():
        monkeypatch.setenv(name, value)


def measured_with(
    monkeypatch: pytest.MonkeyPatch, subject: Subject, found: Counted | None, seen: int, **more: int
) -> memory.MemoryMeasured:
    """`measure` with both counts given."""
    mark = KernelPeak(**{"peak": seen, "floor": 300_000, "low": seen, "high": seen, **more})
    monkeypatch.setattr(memory, "counted", lambda _: found)
    monkeypatch.setattr(memory, "kernel_peak", lambda _: mark)
    return memory.measure(subject)


@pytest.fixture
def any_subject(subject: Callable[..., Subject]) -> Subject:
    return subject(exp_sum, np.ones(4))


@pytest.mark.parametrize(
    ("counted_bytes", "seen", "words"),
    [
        (10_000_000, 11_400_000, ""),
        (10_000_000, 11_600_000, "a library's own scratch space"),
        (10_000_000, 8_400_000, "never touched"),
        (100_000, 390_000, ""),
        (100_000, 410_000, "a library's own scratch space"),
    ],
)
def test_a_disagreement_beyond_15_percent_and_the_floor_is_a_warning(
    counted_bytes: int,
    seen: int,
    words: str,
    any_subject: Subject,
    tuned: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured = measured_with(monkeypatch, any_subject, Counted(counted_bytes, "counter"), seen)
    assert measured.memory is not None
    assert (measured.memory.peak, measured.memory.cross_check) == (counted_bytes, seen)
    assert len(measured.warnings) == bool(words)
    assert words in "".join(measured.warnings)


def test_what_is_kept_between_calls_belongs_to_both_counts(
    any_subject: Subject, tuned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark only rises by what is not there already."""
    found = Counted(10_000_000, "counter", held=9_000_000)
    measured = measured_with(monkeypatch, any_subject, found, 1_000_000)
    assert measured.memory is not None
    assert measured.memory.cross_check == 10_000_000
    assert measured.warnings == ()


def test_a_mark_that_varies_says_so_where_it_stands_alone(
    any_subject: Subject, tuned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = measured_with(monkeypatch, any_subject, None, 5_000_000, high=8_000_000)
    assert measured.memory is not None
    assert measured.memory.method == "kernel high-water mark"
    assert "varied from 4.77 MiB to 7.63 MiB" in measured.warnings[0]


def test_without_the_tuned_allocator_a_count_stands_alone_and_says_so(
    any_subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    measured = memory.measure(any_subject)
    assert measured.memory is not None
    assert measured.memory.cross_check is None
    assert "not cross-checked" in measured.warnings[0]


def test_without_any_count_there_is_no_figure(
    any_subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    monkeypatch.setattr(memory, "counted", lambda _: None)
    measured = memory.measure(any_subject)
    assert measured.memory is None
    assert "native:eager counts no memory" in measured.warnings[0]


# -- a GPU, with the device absent ----------------------------------------------------------------


class Hook:
    """What CuPy calls at every block."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_blocks_of_cupy_s_pool_are_summed_and_their_peak_kept() -> None:
    with _blocks(Hook)() as blocks:
        blocks.malloc_postprocess(device_id=0, size=900, mem_size=1024, mem_ptr=1, pmem_id=1)
        blocks.malloc_postprocess(device_id=0, size=512, mem_size=512, mem_ptr=2, pmem_id=2)
        blocks.free_preprocess(device_id=0, mem_size=1024, mem_ptr=1, pmem_id=1)
        blocks.malloc_postprocess(device_id=0, size=512, mem_size=512, mem_ptr=3, pmem_id=3)
    assert (blocks.total, blocks.peak) == (1024, 1536)


def test_torch_s_allocator_tells_what_is_used_and_what_is_taken(
    subject: Callable[..., Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    asked = []
    for name, answer in {
        "synchronize": None,
        "empty_cache": None,
        "reset_peak_memory_stats": None,
        "memory_allocated": 1000,
        "memory_reserved": 2_000_000,
        "max_memory_allocated": 9000,
        "max_memory_reserved": 4_000_000,
    }.items():
        stub = lambda *_, name=name, answer=answer: (asked.append(name), answer)[1]  # noqa: E731
        monkeypatch.setattr(torch.cuda, name, stub)
    on_cpu = subject(exp_sum, np.ones(4), backend="torch")
    found = memory.measure(replace(on_cpu, device="cuda")).memory
    assert found is not None
    assert (found.peak, found.reserved, found.cross_check) == (8000, 2_000_000, None)
    assert found.method == "torch.cuda.max_memory_allocated"
    assert asked.index("reset_peak_memory_stats") < asked.index("memory_allocated")


class Device:
    """A GPU as JAX shows it: statistics before the first call, and after it."""

    platform = "gpu"

    def __init__(self, *statistics: dict[str, int] | None) -> None:
        self._statistics = list(statistics)

    def memory_stats(self) -> dict[str, int] | None:
        return self._statistics.pop(0)


class OnDevice:
    nbytes = 800

    def __init__(self, device: Device) -> None:
        self._device = device

    def devices(self) -> set[Device]:
        return {self._device}


@pytest.mark.parametrize(
    ("peak", "warned"),
    [(BYTES + 5000, False), (2 * BYTES, True)],
)
def test_jax_s_device_peak_stands_beside_the_compiled_plan(
    peak: int, warned: bool, subject: Callable[..., Subject]
) -> None:
    pytest.importorskip("jax")
    device = Device({"bytes_in_use": 5000}, {"peak_bytes_in_use": peak})
    on_cpu = subject(exp_sum, np.ones((SIDE, SIDE)), backend="jax", mode="jit")
    timed = replace(on_cpu.timed, inputs=(OnDevice(device),))
    measured = memory.measure(replace(on_cpu, device="cuda", timed=timed))
    assert measured.memory is not None
    assert measured.memory.method == "jax peak_bytes_in_use"
    assert measured.memory.peak == peak - 5000
    assert measured.memory.cross_check == pytest.approx(BYTES, rel=0.01)
    assert bool(measured.warnings) == warned


def test_a_device_that_counts_nothing_says_so(subject: Callable[..., Subject]) -> None:
    pytest.importorskip("jax")
    on_cpu = subject(exp_sum, np.ones(4), backend="jax", mode="eager")
    timed = replace(on_cpu.timed, inputs=(OnDevice(Device(None)),))
    measured = memory.measure(replace(on_cpu, device="cuda", timed=timed))
    assert measured.memory is None
    assert measured.warnings == ("this device counts no memory",)


@linux
def test_a_slow_derivative_is_not_called_more_often_than_it_must(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_kernel, "_SECONDS", 0.0)
    calls = []
    kernel_peak(lambda: calls.append(None))
    assert len(calls) == 2  # to be warm, and to be measured
