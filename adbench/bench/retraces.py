"""What a compiled derivative does for other data: whether it is traced or compiled anew."""

from __future__ import annotations

import time
from collections.abc import Iterable

from adbench.backends.protocol import Arrays
from adbench.bench.memory_counters import warm
from adbench.bench.protocol import RetracesCounted
from adbench.bench.subject import Subject


def count(subject: Subject, points: Iterable[Arrays], seconds: float) -> RetracesCounted:
    """Call the derivative at each of `points`, values of the active leaves of the bound shapes
    and dtypes, and count what is compiled meanwhile; no further point is begun after about
    `seconds`.

    It is warm at the bound point before. Control flow that depends on values is what makes a
    second compilation for the same shapes; a point at which the function raises is left out.
    Ends with another point than the bound one, so the subject is not to be timed afterwards.
    """
    warm(subject)
    deadline = time.perf_counter() + seconds
    asked = compiled = 0
    move = subject.timed.move
    if move is None or subject.timed.compilations() == 0:
        return RetracesCounted(points=0, compilations=0)
    for point in points:
        if time.perf_counter() > deadline:
            break
        move(point)
        before = subject.timed.compilations()
        try:
            subject.derivative()
        except Exception:  # outside the function's domain, say: that is the check's business
            continue
        asked += 1
        compiled += subject.timed.compilations() - before
    return RetracesCounted(points=asked, compilations=compiled)
