"""One task, done in this process: load, bind, check, and turn what goes wrong into a result."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from adbench.backends import Backend, BackendUnavailableError, get_backend
from adbench.check import examine
from adbench.check.found import FoundInputs
from adbench.record.digest import inputs_digest
from adbench.record.model import CaseResult, CheckResult, Finding, InputsDigest, SourceLocation
from adbench.runner import outcomes
from adbench.runner.definition import definition_of
from adbench.runner.failures import failure_of, locate
from adbench.runner.paths import shown_path
from adbench.runner.tasks import Task
from adbench.suite import call_params, load_function, make_inputs


def execute(task: Task, started: Callable[[], None]) -> CaseResult:
    """Check one case on one backend.

    `started` is called once the backend's library is imported and the user's own code is about
    to run: a time limit counts from there. Raises nothing but KeyboardInterrupt.
    """
    start, begin, has_started = os.getcwd(), time.perf_counter(), False

    def start_clock() -> None:
        nonlocal begin, has_started
        begin, has_started = time.perf_counter(), True
        started()

    try:
        check, inputs = _check(task, start_clock, start)
        result = outcomes.checked(task, check, time.perf_counter() - begin)
        definition = definition_of(task.case, load_function(task.function))
        return result.model_copy(update={"inputs": inputs, "definition": definition})
    except BackendUnavailableError as error:
        return outcomes.unavailable(task, error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        os.chdir(start)  # the user's function may have left it; paths are shown relative to it
        failure = failure_of(error, task, start)
        if not has_started:  # the library itself, and not the user's function, is at fault
            failure = failure.model_copy(update={"kind": "startup"})
        return outcomes.failed(task, failure, time.perf_counter() - begin)


def _check(task: Task, started: Callable[[], None], start: str) -> tuple[CheckResult, InputsDigest]:
    # The library comes first: a user's folder on sys.path could hide a module that it imports.
    backend = None if task.case.gradient and task.backend == "manual" else _backend(task)
    started()
    if backend is None:
        backend = _backend(task)
    function = load_function(task.function)
    arguments, differentiable = make_inputs(task.case)
    params = call_params(function, task.case.params, arguments)
    inputs = inputs_digest(arguments, differentiable, params)  # before a function writes into them
    bound = backend.bind(function, arguments, differentiable, params)
    where = _definition(function, start)
    check = examine(
        backend,
        bound,
        task.options,
        name=task.function.name,
        where=where,
        found=FoundInputs.of(task.case.suite, task.case.name, start),
    )
    return check.model_copy(update={"findings": _located(check.findings, start)}), inputs


def _located(findings: Iterable[Finding], start: str) -> tuple[Finding, ...]:
    """The findings with their files as a record names them, wherever it is read."""
    return tuple(
        finding
        if (place := finding.where) is None
        else finding.model_copy(
            update={"where": place.model_copy(update={"file": shown_path(place.file, start)})}
        )
        for finding in findings
    )


def _backend(task: Task) -> Backend:
    if task.backend == "manual" and task.case.gradient is not None:
        gradient = load_function(task.case.gradient)
        return get_backend("manual", task.mode, task.device, gradient=gradient)
    return get_backend(task.backend, task.mode, task.device)


def _definition(function: Callable[..., Any], start: str) -> SourceLocation | None:
    """Where the function is defined; None for what has no Python code of its own."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    return locate([(code.co_filename, code.co_firstlineno, code.co_qualname)], start)[0]
