"""Each backend's own count of a derivative's peak memory, on the CPU and on a GPU."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adbench.bench.subject import Subject

_MOST_WARMING = 6


@dataclass(frozen=True, slots=True)
class Counted:
    """Bytes above the inputs at the peak of one derivative, by the backend's own counter."""

    peak: int
    method: str
    held: int = 0
    """The part of `peak` that the backend keeps between two calls, such as a plan's buffers."""
    reserved: int | None = None
    """What the allocator took from the device for it, where it takes more than it uses."""
    other: int | None = None
    """The same peak by another counter of the backend."""


def warm(subject: Subject) -> None:
    """Call until nothing is compiled or recorded any more."""
    for _ in range(_MOST_WARMING):
        before = subject.timed.compilations()
        subject.derivative()
        if subject.timed.compilations() == before:
            return


def counted(subject: Subject) -> Counted | None:
    """By the counter of the subject's backend; None where it has none: JAX op by op on a CPU.

    The derivative is warm afterwards.
    """
    on_gpu = not subject.device.startswith("cpu")
    match subject.backend:
        case "torch":
            return _torch_cuda(subject) if on_gpu else _torch(subject)
        case "jax":
            return _jax_device(subject) if on_gpu else _jax(subject)
        case _:
            return _cupy(subject) if on_gpu else _numpy(subject)


def _numpy(subject: Subject) -> Counted:
    """NumPy tells tracemalloc of every array's memory, beside Python's own objects.

    What a compiled derivative keeps between calls belongs to its cost: the arrays that have come
    since it was first called and are alive between two calls.
    """
    import numpy as np

    arrays = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    gc.collect()
    tracemalloc.start()
    try:
        warm(subject)
        gc.collect()
        snapshot = tracemalloc.take_snapshot().filter_traces([arrays])
        held = sum(trace.size for trace in snapshot.traces)
        del snapshot
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        result = subject.derivative()
        _, peak = tracemalloc.get_traced_memory()
        del result
    finally:
        tracemalloc.stop()
    return Counted(held + peak - before, "tracemalloc", held=held)


def _torch(subject: Subject) -> Counted:
    """The running sum of the profiler's memory events, one an allocation and one a release."""
    from torch.profiler import ProfilerActivity, profile

    warm(subject)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = subject.derivative()
    del result
    events = [e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]"]
    total = peak = 0
    for event in sorted(events, key=lambda event: int(event.start_ns())):
        total += event.nbytes()
        peak = max(peak, total)
    return Counted(peak, "torch profiler")


def _jax(subject: Subject) -> Counted | None:
    """XLA plans a program's memory as it compiles it."""
    planned = _planned(subject)
    warm(subject)
    return None if planned is None else Counted(planned, "jax memory analysis")


def _planned(subject: Subject) -> int | None:
    """Temporaries and outputs of the compiled program, less outputs in the inputs' memory."""
    if subject.timed.program is None:
        return None
    analysis = subject.timed.program().memory_analysis()
    if analysis is None:  # not every device's compiler tells
        return None
    return int(
        analysis.temp_size_in_bytes + analysis.output_size_in_bytes - analysis.alias_size_in_bytes
    )


def _torch_cuda(subject: Subject) -> Counted:
    """The caching allocator's peaks: what tensors take, and what was taken from the device."""
    import torch

    warm(subject)
    gc.collect()
    torch.cuda.synchronize(subject.device)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(subject.device)
    allocated = torch.cuda.memory_allocated(subject.device)
    reserved = torch.cuda.memory_reserved(subject.device)
    result = subject.derivative()
    peak = torch.cuda.max_memory_allocated(subject.device) - allocated
    taken = torch.cuda.max_memory_reserved(subject.device) - reserved
    del result
    return Counted(peak, "torch.cuda.max_memory_allocated", reserved=taken)


def _jax_device(subject: Subject) -> Counted | None:
    """The device's own peak, which cannot be set back: of the first call, in a fresh process.

    Compiling may use more memory than running, to try kernels out; XLA's plan stands beside it.
    """
    device = next(iter(subject.timed.inputs[0].devices()))
    before = device.memory_stats()
    if before is None:
        return _jax(subject)
    result = subject.derivative()
    after = device.memory_stats()
    del result
    planned = _planned(subject)
    peak = after["peak_bytes_in_use"] - before["bytes_in_use"]
    return Counted(int(peak), "jax peak_bytes_in_use", other=planned)


def _cupy(subject: Subject) -> Counted:
    """CuPy's pool tells of every block that it hands out and gets back."""
    import cupy

    warm(subject)
    gc.collect()
    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    taken = pool.total_bytes()
    with _blocks(cupy.cuda.MemoryHook)() as blocks:
        result = subject.derivative()
    reserved = pool.total_bytes() - taken
    del result
    return Counted(blocks.peak, "CuPy memory pool", reserved=reserved)


def _blocks(hook: Any) -> Callable[[], Any]:
    """A memory hook that keeps the sum, and its peak, of the blocks that are in use."""

    class Blocks(hook):  # type: ignore[misc]
        name = "adbench"

        def __init__(self) -> None:
            self.total = self.peak = 0

        def malloc_postprocess(self, **block: Any) -> None:
            self.total += block["mem_size"]
            self.peak = max(self.peak, self.total)

        def free_preprocess(self, **block: Any) -> None:
            self.total -= block["mem_size"]

    return Blocks
