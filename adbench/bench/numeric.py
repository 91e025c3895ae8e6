"""What the same gradient costs without AD: forward differences, n + 1 primals."""

from __future__ import annotations

import time
from typing import Any

from adbench.bench.protocol import NumericMeasured
from adbench.bench.subject import Subject

_MOST_GRADIENTS = 30


def measure(subject: Subject, seconds: float) -> NumericMeasured:
    """Time whole gradients by forward differences for about `seconds`.

    One gradient is the primal once at the point and once for each of the n numbers in the active
    inputs (two for a complex one), on this backend and in this mode without tracking, and the
    difference of each two outputs over the step. What moving one number in place would add is
    left out: the cost is the method's least. Where n + 1 primals do not fit, as many as do are
    run, and the rest is reckoned from them.

    Only a VJP is a gradient; for anything else there are no times.
    """
    if subject.what != "vjp":
        return NumericMeasured(seconds=())
    columns = sum(
        point.size * (2 if point.dtype.kind == "c" else 1) for point in subject.bound.point
    )
    value = subject.primal()
    subject.synchronise(_divided(value, value))  # the first difference is compiled, on JAX
    deadline = time.perf_counter() + seconds
    taken: list[float] = []
    while len(taken) < _MOST_GRADIENTS:
        spent, done = _differences(subject, columns, deadline)
        if done < columns:
            if taken:
                break
            warning = (
                f"forward differences: {done:,} of {columns:,} columns were run, the rest reckoned"
            )
            whole = spent * (columns + 1) / (done + 1)
            return NumericMeasured(seconds=(whole,), extrapolated=True, warnings=(warning,))
        taken.append(spent)
        if time.perf_counter() + spent > deadline:
            break
    return NumericMeasured(seconds=tuple(taken))


def _differences(subject: Subject, columns: int, deadline: float) -> tuple[float, int]:
    """Seconds for the base point and as many columns as end before the deadline, at least one."""
    begin = time.perf_counter()
    base = subject.primal()
    done = 0
    while done < columns:
        subject.synchronise(_divided(subject.primal(), base))
        done += 1
        if time.perf_counter() > deadline:
            break
    return time.perf_counter() - begin, done


def _divided(moved: tuple[Any, ...], base: tuple[Any, ...]) -> tuple[Any, ...]:
    """(f(x + h) − f(x)) / h, in the backend's own arrays."""
    return tuple((a - b) * 1e8 for a, b in zip(moved, base, strict=True))
