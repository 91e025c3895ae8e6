"""The clock, in the worker: the first call with its stages, and samples of warm calls."""

from __future__ import annotations

import gc
import math
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np

from adbench.backends import to_numpy
from adbench.backends.protocol import Timed
from adbench.bench.likeness import fingerprint
from adbench.bench.protocol import FirstCalled, Sampled
from adbench.record.bench import CompileStage

_COMPILED_MODES = ("compile", "compiled", "jit")
_MOST_FIRST = 4
"""A compiled mode may need more than one call: native's records its first two."""
_RETRIES = 3
_LONG = 0.02
"""Seconds of a sample from which on to be interrupted now and then is part of being run."""
_SAME = 1e-6
"""How far two calls with the same inputs may differ, relatively: threads add in any order."""


def first_call(timed: Timed, mode: str, warm: float) -> FirstCalled:
    """Call until nothing is compiled any more, then for about `warm` seconds.

    The seconds are those of the first call, and in a compiled mode of the calls after it that
    compiled as well. A stage's seconds come from the backend; what none of them tells is the
    `first execution`.
    """
    compiled, spent = timed.compilations(), timed.stages()
    result, seconds = _clocked(timed)
    count = timed.compilations()
    for _ in range(_MOST_FIRST if mode in _COMPILED_MODES and count > compiled else 0):
        again, more = _clocked(timed)
        if timed.compilations() == count:
            break
        result, seconds, count = again, seconds + more, timed.compilations()
    stages = [
        CompileStage(name=name, seconds=after - spent.get(name, 0.0))
        for name, after in timed.stages().items()
        if after > spent.get(name, 0.0)
    ]
    told = sum(stage.seconds for stage in stages)
    if stages and seconds > told:
        stages.append(CompileStage(name="first execution", seconds=seconds - told))
    begin = perf_counter()
    repeated = timed()
    same = _same(result, repeated)
    while perf_counter() - begin < warm:
        timed()
    return FirstCalled(
        seconds=seconds,
        stages=tuple(stages),
        steady=same,
        compilations=count - compiled,
        later=timed.compilations() - count,
        warmed=perf_counter() - begin,
        fingerprint=fingerprint(repeated),
    )


def sample(timed: Timed, calls: int, at_least: float) -> Sampled:
    """Time `calls` calls, each waited for; with 0, first find how many take `at_least` seconds.

    The collector of garbage is off meanwhile. Where there are several calls, one more goes before
    them untimed: another process had the caches. A short sample in which the kernel gave the core
    to someone else says how busy the machine is and nothing of the function: it is taken again, a
    few times.
    """
    begin = perf_counter()
    if calls == 0:
        calls = 1
        while (seconds := _seconds(timed, calls)) < at_least:
            calls = max(2 * calls, math.ceil(1.2 * calls * at_least / max(seconds, 1e-9)))
    if calls > 1:
        timed()
    compiled = timed.compilations()
    preempted = 0
    while True:
        switches = _preemptions()
        seconds = _seconds(timed, calls)
        if _preemptions() == switches or seconds > _LONG or preempted == _RETRIES:
            break
        preempted += 1
    return Sampled(
        seconds=seconds,
        calls=calls,
        compilations=timed.compilations() - compiled,
        busy=perf_counter() - begin,
        preempted=preempted,
    )


def _seconds(timed: Timed, calls: int) -> float:
    call, wait = timed.call, timed.wait
    with _no_collection():
        begin = perf_counter()
        for _ in range(calls):
            wait(call())
        return perf_counter() - begin


def _preemptions() -> int:
    """How often the kernel has taken the core away from this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def _clocked(timed: Timed) -> tuple[Any, float]:
    begin = perf_counter()
    result = timed()
    return result, perf_counter() - begin


@contextmanager
def _no_collection() -> Iterator[None]:
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _same(first: Sequence[Any], second: Sequence[Any]) -> bool:
    """Whether two calls gave the same numbers, up to the order of additions."""
    for a, b in zip(first, second, strict=True):
        if a is None or b is None:
            if a is not b:
                return False
            continue
        a, b = to_numpy(a), to_numpy(b)
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind not in "fc":  # bfloat16, which NumPy cannot compare closely
            a, b = a.astype(np.float32), b.astype(np.float32)
        scale = float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a)))
        limit = max(_SAME, 64 * float(np.finfo(a.dtype).eps)) * scale
        if not np.allclose(a, b, rtol=0.0, atol=limit, equal_nan=True):
            return False
    return True
