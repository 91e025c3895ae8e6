"""Peak memory as the kernel saw it: the high-water mark of the process's resident pages."""

from __future__ import annotations

import ctypes
import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adbench.bench.machine import replaced_allocator

ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0"}
"""What glibc has to be told before the process starts: arrays from 64 KiB on get pages of their
own, which go back to the kernel at once, so that the mark rises and falls with the arrays. NumPy
is several times slower so; a process that runs like this is never timed."""

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
_CALLS, _SECONDS = 5, 2.0
"""Of the derivative: so many calls, or as many as begin within these seconds."""
_GRAIN = 256 * 1024
"""What arrays below the 64 KiB, Python's own objects and the kernel's batched page counts were
seen to differ by, from one call to the next."""


@dataclass(frozen=True, slots=True)
class KernelPeak:
    """Bytes above what the process held before, and what such a figure may be off by."""

    peak: int
    floor: int
    low: int
    """The smallest of the calls' peaks."""
    high: int


class CannotTellError(Exception):
    """Why the kernel's mark says nothing here, as a sentence for a person."""


def kernel_peak(call: Callable[[], object]) -> KernelPeak:
    """The median over up to five warm calls of how far each raised the resident pages.

    The floor is measured here: what calls of nothing raise them by, beside 256 KiB for what is
    too small to have pages of its own. Raises CannotTellError where there is no such mark, or the
    allocator would not give pages back.
    """
    _require()
    call()
    nothing = max(_risen(lambda: None) for _ in range(_CALLS))
    peaks: list[int] = []
    begin = time.perf_counter()
    while len(peaks) < _CALLS and (not peaks or time.perf_counter() - begin < _SECONDS):
        peaks.append(_risen(call))
    return KernelPeak(
        peak=statistics.median_high(peaks),
        floor=_GRAIN + nothing,
        low=min(peaks),
        high=max(peaks),
    )


def _require() -> None:
    if sys.platform != "linux":
        raise CannotTellError(
            f"only Linux has a high-water mark that can be set back; this is {sys.platform}"
        )
    if replaced := replaced_allocator():
        raise CannotTellError(f"{replaced} stands in for glibc's allocator and keeps its pages")
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        raise CannotTellError("the C library is not glibc, whose allocator can be told to trim")
    try:
        _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
    except OSError as error:
        raise CannotTellError(f"{_CLEAR} cannot be written: {error.strerror}") from error


def _risen(call: Callable[[], object]) -> int:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
    before = _bytes("VmRSS")
    result = call()
    peak = _bytes("VmHWM")
    del result  # it counts: a gradient's own arrays are part of its peak
    return max(0, peak - before)


def _bytes(name: str) -> int:
    for line in _STATUS.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise CannotTellError(f"{_STATUS} has no {name}")
