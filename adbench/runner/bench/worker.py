"""The bench worker: one backend in one mode, one task bound at a time, working only when asked.

Its threads are limited by the environment that it is started with, and kept on its cores by
itself, before the user's code and the backend's own client are there.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from adbench.backends import BackendUnavailableError, get_backend
from adbench.backends.calling import Call
from adbench.backends.protocol import Arrays, BoundFunction, Leaf, Timed
from adbench.bench.limit import limit_memory
from adbench.bench.protocol import (
    Bound,
    CountRetraces,
    Failed,
    First,
    MeasureMemory,
    MeasureNumeric,
    Message,
    ProveThreads,
    Ready,
    Sample,
    Skipped,
    StateFacts,
)
from adbench.bench.subject import Subject
from adbench.bench.timing import first_call, sample
from adbench.record.environment import versions
from adbench.runner.bench.messages import Bind, to_worker
from adbench.runner.failures import failure_of
from adbench.runner.tasks import Task, function_for
from adbench.runner.worker import Channel, die_with_parent
from adbench.suite import call_params, load_function, make_inputs


def main(backend: str, cores: Sequence[int], memory_limit: int | None = None) -> None:
    """Serve requests for one backend, on these cores, until the input ends.

    `memory_limit` is in bytes of address space, above what the imported backend takes.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    die_with_parent()
    channel = Channel()
    start = os.getcwd()
    begin = perf_counter()
    _import(backend)
    if memory_limit is not None:
        limit_memory(memory_limit)
    _pin(cores)
    imported = perf_counter() - begin
    channel.send(Ready(pid=os.getpid(), imported=imported, versions=versions()).line())
    desk = _Desk(start)
    for line in channel:
        answer = desk.answer(line)
        os.chdir(start)
        channel.recover()
        channel.send(answer.line())


class _Desk:
    """What is bound now, and what is answered about it."""

    def __init__(self, start: str) -> None:
        self._start = start
        self._task: Task | None = None
        self._subject: Subject | None = None

    def answer(self, line: bytes) -> Message:
        """The answer to one request; an error of the user's function is one too."""
        request = to_worker.validate_json(line)
        if isinstance(request, Bind):
            self._task, self._subject = request.task, None
        assert self._task is not None, "nothing is bound"
        try:
            if isinstance(request, Bind):
                return self._bind(request)
            assert self._subject is not None, "nothing is bound"
            if isinstance(request, CountRetraces):
                points = _other_points(self._task, request.points)
                return _pass("retraces").count(self._subject, points, request.seconds)  # type: ignore[no-any-return]
            return _do(request, self._subject)
        except BackendUnavailableError as error:
            return Skipped(reason=str(error))
        except BaseException as error:
            os.chdir(self._start)
            return Failed(failure=failure_of(error, self._task, self._start))

    def _bind(self, request: Bind) -> Bound:
        begin = perf_counter()
        self._subject = subject = _subject(request)
        arrays = (*subject.timed.inputs, *subject.timed.data)
        return Bound(
            seconds=perf_counter() - begin,
            inputs=sum(int(np.prod(leaf.shape)) for leaf in subject.bound.inputs),
            input_bytes=sum(int(array.nbytes) for array in arrays),
            numpy=subject.numpy is not None,
        )


def _do(request: Message, subject: Subject) -> Message:
    # What a pass of its own needs is imported by that pass alone.
    match request:
        case First():
            return first_call(subject.timed, subject.mode, request.warm)
        case Sample(side="derivative"):
            return sample(subject.timed, request.calls, request.at_least)
        case Sample(side="primal"):
            return sample(subject.untracked, request.calls, request.at_least)
        case Sample(side="numpy"):
            assert subject.numpy is not None, "the function does not run in plain NumPy"
            return sample(subject.numpy, request.calls, request.at_least)
        case MeasureMemory():
            return _pass("memory").measure(subject)  # type: ignore[no-any-return]
        case MeasureNumeric():
            return _pass("numeric").measure(subject, request.seconds)  # type: ignore[no-any-return]
        case ProveThreads():
            return _pass("threads").prove(subject, request.seconds)  # type: ignore[no-any-return]
        case StateFacts():
            return _pass("audit").facts(subject)  # type: ignore[no-any-return]
    raise AssertionError(request)


def _pass(name: str) -> Any:
    return importlib.import_module(f"adbench.bench.{name}")


def _subject(request: Bind) -> Subject:
    task = request.task
    if task.backend == "manual":
        assert task.case.gradient is not None
        gradient = load_function(task.case.gradient)
        backend = get_backend("manual", task.mode, task.device, gradient=gradient)
    else:
        backend = get_backend(task.backend, task.mode, task.device)
    function = load_function(task.function)
    arguments, differentiable = make_inputs(task.case)
    params = call_params(function, task.case.params, arguments)
    bound = backend.bind(function, arguments, differentiable, params)
    rng = np.random.default_rng(task.options.seed)
    cotangents = _directions(bound.outputs, rng, weights=True)
    tangents = _directions(bound.inputs, rng)
    plain = bound.timed("primal")
    return Subject(
        backend=task.backend,
        mode=task.mode,
        device=task.device,
        what=request.what,
        bound=bound,
        timed=plain
        if request.what == "primal"
        else bound.timed(request.what, cotangents, tangents),
        untracked=plain,
        numpy=_in_numpy(task, bound) if request.numpy else None,
        threads=request.threads,
    )


def _other_points(task: Task, number: int) -> Iterator[Arrays]:
    """The active inputs as other seeds draw them; none where no seed has a say in them."""
    function = load_function(task.function)
    bound = None
    for seed in range(task.case.seed, task.case.seed + number + 1):
        drawn = task.case.model_copy(update={"seed": seed})
        arguments, differentiable = make_inputs(drawn)
        params = call_params(function, drawn.params, arguments)
        point = Call(function, arguments, differentiable, params).point
        if bound is None:
            bound = point
        elif not all(map(np.array_equal, point, bound)):
            yield point


def _directions(
    leaves: tuple[Leaf, ...], rng: np.random.Generator, *, weights: bool = False
) -> list[Any]:
    """Seeded directions; the cotangent of a single scalar is 1, as for any gradient."""
    if weights and [leaf.shape for leaf in leaves] == [()]:
        return [np.ones((), leaves[0].dtype)]
    made = []
    for leaf in leaves:
        values = rng.standard_normal(leaf.shape)
        if leaf.dtype.kind == "c":
            values = values + 1j * rng.standard_normal(leaf.shape)
        made.append(np.asarray(values).astype(leaf.dtype))
    return made


def _in_numpy(task: Task, bound: BoundFunction) -> Timed | None:
    """The primal in plain NumPy, or None where the function does not run there."""
    if task.backend in ("native", "manual"):
        return bound.timed("primal")
    reference = function_for(task.case, "native")
    if reference is None:
        return None
    try:
        function = load_function(reference)
        arguments, differentiable = make_inputs(task.case)
        params = call_params(function, task.case.params, arguments)
        bound = get_backend("native").bind(function, arguments, differentiable, params)
        timed = bound.timed("primal")
        timed()
    except Exception:  # written for another library: it has no plain NumPy form
        return None
    return timed


def _import(backend: str) -> None:
    """Import the backend and take one small gradient: what a library does once in its life (it
    starts threads, loads modules) is not what the first call of somebody's function costs."""
    mode = {"native": "eager", "torch": "eager", "jax": "jit"}.get(backend)
    if mode is None:
        return
    adapter = get_backend(backend, mode)
    square = adapter.bind(lambda x: x * x, {"x": np.ones(1)}, {"x": True}, {})
    square.vjp(list(square.point), [np.ones(1)])


def _pin(cores: Sequence[int]) -> None:
    """Keep all threads, those that there are and those to come, on these cores.

    Before that, imports may use any: how many threads the libraries start is said by their
    variables.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    for thread in os.listdir("/proc/self/task") if sys.platform == "linux" else ["0"]:
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread), cores)
