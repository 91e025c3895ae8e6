"""A run from its first task to its record, and `adbench.run` for scripts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from adbench.backends import unavailable
from adbench.record import adbench_version, environment
from adbench.record.model import CaseResult, CheckOptions, RunRecord
from adbench.record.origin import SuiteInfo
from adbench.runner import outcomes
from adbench.runner.dask import run_on_dask
from adbench.runner.inprocess import run_in_process
from adbench.runner.paths import shown_path
from adbench.runner.pool import Outcome, run_in_pool
from adbench.runner.select import select
from adbench.runner.staff import WORKER_MARK
from adbench.runner.tasks import Task, expand
from adbench.suite import Suite, resolve_targets

OnResult = Callable[[CaseResult], object]
OnStart = Callable[[Task], object]

_running: ContextVar[bool] = ContextVar("adbench.runner running", default=False)
_NESTED = (
    "a run was started by a file that is being checked, which would go on for ever; put the call "
    "under `if __name__ == '__main__':` there"
)


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What a run does with its suites; each default is that of the command line."""

    backends: Sequence[str] = ()
    """Names, with or without a mode, or "all"; empty means all."""
    device: str = "cpu"
    select: str | None = None
    """A `--select` expression over names and tags; None selects every case."""
    tags: Sequence[str] = ()
    """Only cases that carry any of these."""
    check: CheckOptions = field(default_factory=CheckOptions)
    """What is set explicitly here overrides the cases' own."""
    jobs: int | None = None
    """The most workers at a time; None: one a core."""
    timeout: float | None = None
    """Seconds that one task may take; None: no limit."""
    fail_fast: bool = False
    """Stop at the first result that is not as it should be."""
    require: bool = False
    """A backend that is missing is an error instead of skipped."""
    in_process: bool = False
    """No worker processes: for debuggers. A crash ends the run, and `timeout` is not kept."""
    executor: Literal["local", "dask"] = "local"
    """Where workers run: on this machine, or on a dask cluster."""
    scheduler: str | None = None
    """The address of a dask scheduler; None: a cluster on this machine, for this run."""
    dtype: str | None = None
    """The dtype that `resolve_targets` was given, repeated in each result's `reproduce`."""
    choose: Callable[[list[Task]], list[Task]] | None = None
    """A further choice among the selected tasks; the same tasks must give the same choice."""
    command: str = "adbench.run"
    """The command line, for the record."""

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, not {self.jobs}")
        if self.timeout is not None and not self.timeout > 0:
            raise ValueError(f"timeout must be above 0 seconds, not {self.timeout}")
        if self.scheduler is not None and self.executor != "dask":
            raise ValueError("a scheduler is dask's: it needs the executor dask")
        if self.executor == "dask" and self.in_process:
            raise ValueError("the executor dask and in_process exclude each other")
        if self.scheduler is not None and self.jobs is not None:
            raise ValueError("jobs starts workers here, and a scheduler has its own")


def plan(suites: Sequence[Suite], options: RunOptions) -> list[Task]:
    """The tasks that a run would do, in order.

    Raises SelectError for an expression and ValueError for a backend that cannot be read.
    """
    cases = [case for suite in suites for case in suite.cases]
    tasks = expand(
        select(cases, options.select, options.tags),
        options.backends,
        device=options.device,
        check=options.check,
        require=options.require,
        dtype=options.dtype,
    )
    return options.choose(tasks) if options.choose is not None else tasks


def run(
    suites: Sequence[Suite],
    options: RunOptions | None = None,
    on_result: OnResult | None = None,
    on_start: OnStart | None = None,
) -> RunRecord:
    """Run the selected tasks of `suites` and return the record; results stand in suite order.

    `on_start` is called with each task as its own code begins (not with one whose backend is
    missing), `on_result` with each result as it is done. Ctrl-C ends the run and is kept in the
    record (`interrupted`), with everything that was done. Raises what `plan` raises, and
    RuntimeError when it is called from a file that is being checked.
    """
    options = options or RunOptions()
    if WORKER_MARK in os.environ or _running.get():
        raise RuntimeError(_NESTED)
    nesting = _running.set(True)
    try:
        return _run(suites, options, on_result, on_start)
    finally:
        _running.reset(nesting)


def _run(
    suites: Sequence[Suite],
    options: RunOptions,
    on_result: OnResult | None,
    on_start: OnStart | None,
) -> RunRecord:
    started, begin = datetime.now(UTC), time.monotonic()
    tasks = plan(suites, options)
    place = environment()
    done: dict[int, CaseResult] = {}
    threads: dict[str, int] = {}
    try:
        with closing(_outcomes(tasks, options, on_start)) as arriving:
            for outcome in arriving:
                done[outcome.index] = outcome.result
                threads.update(outcome.threads)
                if on_result is not None:
                    on_result(outcome.result)
                if options.fail_fast and not outcome.result.expected:
                    break
    except KeyboardInterrupt:
        pass  # the record of what was done is the answer; `interrupted` says that it is partial
    return RunRecord(
        adbench_version=adbench_version(),
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=time.monotonic() - begin,
        command=options.command,
        environment=place.model_copy(update={"threads": threads}),
        suites=tuple(suite_info(suite) for suite in suites),
        results=tuple(done[index] for index in sorted(done)),
        planned=len(tasks),
        interrupted=len(done) < len(tasks),
    )


def run_targets(
    targets: str | os.PathLike[str] | Suite | Sequence[str | os.PathLike[str] | Suite],
    *,
    backend: str | Sequence[str] = (),
    args: Sequence[str] = (),
    dtype: str | None = None,
    seed: int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    search: float | None = None,
    power: bool | None = None,
    thorough: bool | None = None,
    device: str = "cpu",
    select: str | None = None,
    tags: Sequence[str] = (),
    jobs: int | None = None,
    timeout: float | None = None,
    fail_fast: bool = False,
    require: bool = False,
    in_process: bool = False,
    on_result: OnResult | None = None,
) -> RunRecord:
    """Check suites or functions from a script or a notebook, as `adbench check` does.

    Args:
        targets: One or more of: a suite file, a folder of suites, `file.py:function`,
            `package.module:function`, or a Suite.
        backend: Names, with or without a mode; none for all that a case is meant for.
        args: Inputs of bare functions, as `--arg` takes them: `["x=normal(3, 4)"]`.
        dtype: The inputs' dtype, in place of the cases' own.
        seed: Seeds inputs and directions, in place of the cases' own.
        rtol: Relative tolerance, in place of the case's or the dtype's.
        atol: Absolute tolerance, likewise.
        device: Where the backends compute: `cpu` or `cuda`.
        select: Only these cases, an expression as `--select` takes it.
        tags: Only cases with one of these tags.
        jobs: How many worker processes may run at once; one a core without it.
        timeout: Seconds that one task may take; no limit without it.
        fail_fast: Stop at the first result that is not as it should be.
        require: Make a backend that is not installed an error, instead of skipped.
        in_process: Run in this process: for debuggers, a crash ends it.
        on_result: Called with each `CaseResult` as it is done.

    Returns:
        The record of the run; `record.results` has one `CaseResult` for each case and backend,
        in the suites' order, and `result.expected` says whether it is as it should be.

    Raises:
        SuiteError: A target cannot be read; it holds every mistake found.
        ValueError: An option cannot be read.
    """
    listed = [targets] if isinstance(targets, str | os.PathLike | Suite) else list(targets)
    suites = [target for target in listed if isinstance(target, Suite)]
    names = [os.fspath(target) for target in listed if not isinstance(target, Suite)]
    if names:
        suites += resolve_targets(names, args=args, dtype=dtype, seed=seed)
    given = {"rtol": rtol, "atol": atol, "search": search, "power": power, "thorough": thorough}
    shown = ", ".join(repr(name) for name in names or [suite.name for suite in suites])
    options = RunOptions(
        backends=[backend] if isinstance(backend, str) else backend,
        device=device,
        select=select,
        tags=tags,
        check=CheckOptions.model_validate({k: v for k, v in given.items() if v is not None}),
        jobs=jobs,
        timeout=timeout,
        fail_fast=fail_fast,
        require=require,
        in_process=in_process,
        dtype=dtype,
        command=f"adbench.run({shown})",
    )
    return run(suites, options, on_result)


def _outcomes(
    tasks: Sequence[Task], options: RunOptions, on_start: OnStart | None
) -> Generator[Outcome]:
    """Every task's outcome as it is done; a missing backend costs no worker."""
    if options.executor == "dask":  # which backends are missing is known there
        yield from run_on_dask(
            tasks,
            address=options.scheduler,
            jobs=options.jobs,
            timeout=options.timeout,
            on_start=on_start,
        )
        return
    here: list[int] = []
    for index, task in enumerate(tasks):
        if (error := unavailable(task.backend)) is not None:
            yield Outcome(index, outcomes.unavailable(task, error))
        else:
            here.append(index)
    chosen = [tasks[index] for index in here]
    if options.in_process:
        arriving = run_in_process(chosen, on_start)
    else:
        arriving = run_in_pool(
            chosen, jobs=options.jobs, timeout=options.timeout, on_start=on_start
        )
    with closing(arriving):
        for outcome in arriving:
            yield Outcome(here[outcome.index], outcome.result, outcome.threads)


def suite_info(suite: Suite) -> SuiteInfo:
    """What the record keeps of a suite that was run."""
    return SuiteInfo(name=suite.name, path=shown_path(suite.path), sha256=suite.sha256)
