"""`adbench check`: are these gradients right?"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adbench.cli.exits import INTERRUPTED, OK, UNAVAILABLE, exit_code
from adbench.cli.options import (
    Arg,
    Backend,
    Device,
    Dtype,
    Html,
    InProcess,
    Jobs,
    Seed,
    Select,
    Tag,
    Targets,
    Timeout,
)


class DerivativeName(StrEnum):
    """What can be checked of a function."""

    VJP = "vjp"
    JVP = "jvp"
    HVP = "hvp"


class Executor(StrEnum):
    """What runs the workers."""

    LOCAL = "local"
    DASK = "dask"


def check(
    ctx: typer.Context,
    targets: Targets,
    arg: Arg = None,
    backend: Backend = None,
    dtype: Dtype = None,
    seed: Seed = None,
    select: Select = None,
    tag: Tag = None,
    derivative: Annotated[
        list[DerivativeName] | None,
        typer.Option(
            metavar="vjp|jvp|hvp", help="What to check; repeatable. Default: the cases' own."
        ),
    ] = None,
    rtol: Annotated[
        float | None,
        typer.Option(
            metavar="R", min=0, help="Relative tolerance; default: the case's or dtype's."
        ),
    ] = None,
    atol: Annotated[
        float | None,
        typer.Option(
            metavar="A", min=0, help="Absolute tolerance; default: the case's or dtype's."
        ),
    ] = None,
    search: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="Look for inputs where a gradient is wrong, so long for each check; what is found "
            "is kept in .adbench/found and looked at again by every later check.",
        ),
    ] = None,
    power: Annotated[
        bool,
        typer.Option(
            "--power", help="Plant faults in each gradient and say which of them the check catches."
        ),
    ] = False,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="More directions, output weightings and points."),
    ] = False,
    device: Device = "cpu",
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Compare with what `adbench baseline update` has blessed: a folder of baselines, "
            "or one file. A gradient that is right and has changed is reported; one that nobody "
            "has blessed fails.",
        ),
    ] = None,
    frozen: Annotated[
        bool,
        typer.Option(
            "--frozen", help="With --baseline: a right gradient that has changed fails too."
        ),
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Only part I of N, balanced by the durations that the baseline, or else the last "
            "run here, recorded; `adbench merge` puts the parts' records together.",
        ),
    ] = None,
    changed_since: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Only cases that files changed since this git revision may affect: the suite, "
            "data, the function's file and what it imports within the project.",
        ),
    ] = None,
    last_failed: Annotated[
        bool,
        typer.Option(
            "--last-failed",
            help="Only what failed in the last run here; everything if nothing did.",
        ),
    ] = False,
    retries: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Run what fails up to N times more, with the same seed. It stays a failure; "
            "another answer makes it `nondeterministic`.",
        ),
    ] = 0,
    jobs: Jobs = None,
    timeout: Timeout = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", "-x", help="Stop at the first failure or error.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Make inconclusive verdicts exit with code 4.")
    ] = False,
    require: Annotated[
        bool, typer.Option("--require", help="Make a missing backend an error, not skipped.")
    ] = False,
    in_process: InProcess = False,
    executor: Annotated[
        Executor,
        typer.Option(
            metavar="local|dask", help="Where workers run: here, or on a dask cluster ([dask])."
        ),
    ] = Executor.LOCAL,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The dask scheduler, such as tcp://host:8786. Default: a cluster on this machine.",
        ),
    ] = None,
    output_format: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORMAT[=PATH]",
            help="text, json, junit, markdown or github (annotations, and the step's summary), to "
            "standard output or to a file; repeatable. json, junit and markdown without a path "
            "take the place of the text.",
        ),
    ] = None,
    html: Html = None,
) -> None:
    """Check gradients against derivatives made without any AD.

    Shows a table of cases × backends, then explains each problem: where, both values with the
    reference's error bound, what it looks like, and the command that repeats it.
    """
    import shlex
    import sys
    from contextlib import redirect_stdout
    from dataclasses import replace
    from importlib.util import find_spec

    from adbench.cli.against_baseline import blessed
    from adbench.cli.narrow import narrowing
    from adbench.cli.outputs import document_on_stdout, parse_outputs, write_outputs
    from adbench.cli.progress import progress
    from adbench.cli.targets import planned, refuse, suites_of
    from adbench.record import CheckOptions, RecordError
    from adbench.runner import ExecutorError, RunOptions, run
    from adbench.runner.last_failed import remember
    from adbench.runner.retry import retried
    from adbench.runner.scripts import keep_scripts

    outputs = parse_outputs(output_format or (), html)
    asked = {
        "derivatives": tuple(derivative or ()) or None,
        "rtol": rtol,
        "atol": atol,
        "search": search,
        "power": power or None,
        "thorough": thorough or None,
    }
    if executor is Executor.DASK and find_spec("distributed") is None:
        refuse("error: --executor dask needs it: pip install 'adbench-grad[dask]'")
    if search and find_spec("hypothesis") is None:
        refuse("error: --search needs hypothesis: pip install 'adbench-grad[search]'")
    try:
        options = RunOptions(
            backends=backend or (),
            device=device,
            select=select,
            tags=tag or (),
            check=CheckOptions.model_validate({k: v for k, v in asked.items() if v is not None}),
            jobs=jobs,
            timeout=timeout,
            fail_fast=fail_fast,
            require=require,
            in_process=in_process,
            executor=executor.value,
            scheduler=scheduler,
            dtype=dtype,
            command=shlex.join(["adbench", *sys.argv[1:]]),
        )
    except ValueError as error:
        refuse(f"error: {error}")
    suites = suites_of(targets, args=arg or (), dtype=dtype, seed=seed)
    # A project's setting is about its suites, and not about a function that is tried out.
    asked_for = str(getattr(ctx.get_parameter_source("baseline"), "name", "")) == "COMMANDLINE"
    known = blessed(suites, baseline, frozen=frozen, functions=asked_for)
    narrowed = narrowing(
        shard=shard, changed_since=changed_since, last_failed=last_failed, seconds=known.seconds
    )
    tasks = planned(suites, options)
    options = replace(options, choose=narrowed.choose)
    tasks = narrowed.choose(tasks)
    for words in narrowed.words:
        typer.echo(words, err=True)
    # What a function prints in this very process must not get into a document.
    prints = sys.stderr if document_on_stdout(outputs) else sys.stdout
    with progress(len(tasks), sys.stderr, lines=in_process) as shown, redirect_stdout(prints):
        try:
            record = run(suites, options, shown.result, shown.start)
        except ExecutorError as error:
            refuse(f"error: {error}", UNAVAILABLE)
        if retries:
            record = retried(record, suites, options, retries)
    record = known.compared(narrowed.recorded(record), frozen=frozen)
    remember(record, Path())
    scripts = keep_scripts(record, Path())
    try:
        write_outputs(record, outputs)
    except RecordError as error:
        refuse(f"error: {error}")
    if scripts and any(o.format == "text" and o.path is None for o in outputs):
        typer.echo(f"Without adbench: python {shlex.quote(str(scripts[0]))}")
    stopped_by_itself = fail_fast and any(not result.expected for result in record.results)
    if record.interrupted and not stopped_by_itself:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(exit_code(record, strict=strict) if tasks else OK)
