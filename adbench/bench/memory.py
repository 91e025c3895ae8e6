"""Peak memory of one derivative above its inputs: the backend's count beside the kernel's."""

from __future__ import annotations

import os
from typing import Any

from adbench.bench.memory_counters import Counted, counted
from adbench.bench.memory_kernel import ALLOCATOR, CannotTellError, KernelPeak, kernel_peak
from adbench.bench.protocol import MemoryMeasured
from adbench.bench.subject import Subject
from adbench.record.bench import Memory

ENVIRONMENT = {
    **ALLOCATOR,
    "KINETO_LOG_LEVEL": "99",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
"""Beside the timed process's own variables: an allocator that gives memory back, a profiler that
keeps quiet, and no share of the GPU taken before it is needed."""
DISAGREEMENT = 0.15
"""The relative difference between two counts from which on it is a warning."""


def measure(subject: Subject) -> MemoryMeasured:
    """The peak, in a process of its own that was started with `ENVIRONMENT` and timed nothing.

    The count includes the gradient itself and what the backend keeps for it between two calls;
    it leaves out the inputs, and what the first call needed to trace and compile. Where two
    counts differ by more than 15 % and by more than the kernel's count may be off, that is a
    warning; so is a count that could not be checked.
    """
    found = counted(subject)
    inputs = sum(_size(array) for array in (*subject.timed.inputs, *subject.timed.data))
    if not subject.device.startswith("cpu"):
        return _on_device(found, inputs)
    try:
        seen = _by_kernel(subject)
    except CannotTellError as error:
        return _unchecked(subject, found, inputs, str(error))
    if found is None:
        memory = Memory(peak=seen.peak, method="kernel high-water mark", inputs=inputs)
        return MemoryMeasured(memory=memory, warnings=_spread(seen))
    checked = seen.peak + found.held
    memory = Memory(peak=found.peak, method=found.method, cross_check=checked, inputs=inputs)
    warnings = []
    difference = checked - found.peak
    if abs(difference) > max(DISAGREEMENT * found.peak, seen.floor):
        warnings.append(
            f"{found.method} counts {_shown(found.peak)} and the kernel {_shown(checked)}: "
            + (
                "memory that the counter does not see, such as a library's own scratch space"
                if difference > 0
                else "memory that was counted but never touched, or was there already"
            )
        )
    return MemoryMeasured(memory=memory, warnings=tuple(warnings))


def _spread(seen: KernelPeak) -> tuple[str, ...]:
    """With no other count beside it, what the mark varies by is all there is to doubt it by."""
    if seen.high - seen.low <= max(DISAGREEMENT * seen.peak, seen.floor):
        return ()
    return (
        f"the peak varied from {_shown(seen.low)} to {_shown(seen.high)} between calls: "
        "operations run beside the program that frees their inputs",
    )


def _by_kernel(subject: Subject) -> KernelPeak:
    if any(os.environ.get(name) != value for name, value in ALLOCATOR.items()):
        raise CannotTellError("this process was not started with the allocator told to trim")
    return kernel_peak(subject.derivative)


def _on_device(found: Counted | None, inputs: int) -> MemoryMeasured:
    if found is None:
        return MemoryMeasured(warnings=("this device counts no memory",))
    memory = Memory(
        peak=found.peak,
        method=found.method,
        cross_check=found.other,
        reserved=found.reserved,
        inputs=inputs,
    )
    if found.other is None or abs(found.other - found.peak) <= DISAGREEMENT * found.other:
        return MemoryMeasured(memory=memory)
    warning = (
        f"{found.method} is {_shown(found.peak)} and the compiled program's plan "
        f"{_shown(found.other)}: the first is of the first call, with what compiling tried out"
    )
    return MemoryMeasured(memory=memory, warnings=(warning,))


def _unchecked(subject: Subject, found: Counted | None, inputs: int, reason: str) -> MemoryMeasured:
    if found is None:
        return MemoryMeasured(
            warnings=(f"{subject.backend}:{subject.mode} counts no memory, and {reason}",)
        )
    memory = Memory(peak=found.peak, method=found.method, inputs=inputs)
    return MemoryMeasured(memory=memory, warnings=(f"memory was not cross-checked: {reason}",))


def _size(array: Any) -> int:
    return int(array.nbytes)


def _shown(count: int) -> str:
    """Bytes as a person takes them in: `3.2 MiB`."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}"
