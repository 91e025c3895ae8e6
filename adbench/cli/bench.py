"""`adbench bench`: what do these gradients cost?"""

from enum import StrEnum
from typing import Annotated

import typer

from adbench.cli.exits import INTERRUPTED, NOTHING, bench_exit_code
from adbench.cli.options import (
    Arg,
    Device,
    Dtype,
    Html,
    Seed,
    Select,
    Tag,
    Targets,
    complete_backend,
)


class WhatName(StrEnum):
    """What can be timed of a function."""

    VJP = "vjp"
    JVP = "jvp"
    HVP = "hvp"
    PRIMAL = "primal"


def bench(
    targets: Targets,
    arg: Arg = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            "-b",
            metavar="NAME[:MODE]",
            help="native, torch, jax or manual, with a mode if need be (torch:compile), or all; "
            "repeatable. Default: all that a case is meant for, in all modes.",
            autocompletion=complete_backend,
        ),
    ] = None,
    what: Annotated[
        WhatName, typer.Option(metavar="vjp|jvp|hvp|primal", help="What to time.")
    ] = WhatName.VJP,
    dtype: Dtype = None,
    seed: Seed = None,
    select: Select = None,
    tag: Tag = None,
    size: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE[,VALUE…]",
            help="Only grid points where this parameter has one of these values; repeatable.",
        ),
    ] = None,
    device: Device = "cpu",
    threads: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Threads, and cores, that each backend computes with."
        ),
    ] = 1,
    budget: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Time for the whole run; what it does not allow is left out and said so. "
            "Default: as long as the rounds take.",
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="How often each backend is started anew. Default: 3; with --against, 8.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="Measure a git revision, or another environment (the path of its python), side "
            "by side with this one; exit code 1 if this one is slower.",
        ),
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Address space that a function may take in its worker, such as 500MB or 2GiB.",
        ),
    ] = None,
    output_format: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORMAT[=PATH]",
            help="text, json, junit, github or markdown, to standard output or to a file; "
            "repeatable. Beside json=PATH, every raw sample is written to PATH's .samples.json.",
        ),
    ] = None,
    html: Html = None,
) -> None:
    """Measure what gradients cost: time, memory, and compilation.

    Each gradient is checked first, and a wrong one is not timed. Backends take turns, in processes
    of their own and pinned to the same cores; what cannot be told apart shares a rank.
    """
    import shlex
    import sys
    from contextlib import redirect_stdout
    from dataclasses import replace

    from adbench.cli.outputs import document_on_stdout, parse_outputs, write_outputs
    from adbench.cli.samples import write_samples
    from adbench.cli.steps import steps
    from adbench.cli.targets import planned, refuse, suites_of
    from adbench.record import RecordError
    from adbench.runner.bench import AgainstError, BenchOptions, memory_size
    from adbench.runner.bench import bench as measure

    outputs = parse_outputs(output_format or (), html)
    try:
        options = BenchOptions(
            backends=backend or (),
            what=what.value,
            device=device,
            threads=threads,
            select=select,
            tags=tag or (),
            sizes=size or (),
            budget=budget,
            rounds=rounds or 0,
            against=against,
            memory_limit=None if memory_limit is None else memory_size(memory_limit),
            dtype=dtype,
            command=shlex.join(["adbench", *sys.argv[1:]]),
        )
    except ValueError as error:
        refuse(f"error: {error}")
    suites = suites_of(targets, args=arg or (), dtype=dtype, seed=seed)
    # Told in the words of the command line, where no backend stands for all modes of all.
    asked = replace(options.checking, backends=options.backends)
    if not options.choose(planned(suites, asked)):
        listed = " ".join(size or ())
        refuse(f"nothing was selected: no case has the size {listed}", NOTHING)
    prints = sys.stderr if document_on_stdout(outputs) else sys.stdout
    try:
        with steps(sys.stderr) as on_step, redirect_stdout(prints):
            done = measure(suites, options, on_step)
    except AgainstError as error:
        refuse(f"error: {error}")
    record, failures = done.record, []
    try:
        record = write_samples(record, done.samples, outputs)
    except RecordError as error:  # the samples alone: the record is still to be had
        failures.append(error)
    try:
        write_outputs(record, outputs, done.samples)
    except RecordError as error:
        failures.append(error)
    if failures:
        refuse(f"error: {failures[0]}")
    if record.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(bench_exit_code(record))
