"""`adbench baseline`: bless what a run has shown, look at it, and tidy it up."""

from typing import TYPE_CHECKING, Annotated

import typer

from adbench.cli.exits import EXIT_CODES, INTERRUPTED, exit_code
from adbench.cli.options import (
    Arg,
    Backend,
    Device,
    Dtype,
    InProcess,
    Jobs,
    Seed,
    Select,
    Tag,
    Targets,
    Timeout,
)
from adbench.cli.settings import Configured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adbench.record.baseline import Baseline
    from adbench.record.baseline_update import Update
    from adbench.record.model import RunRecord
    from adbench.runner.baselines import SuiteBaseline
    from adbench.suite import Suite

Place = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="PATH",
        help="Where the baselines are: a folder, or one file. "
        "Default: adbench-baselines/SUITE.json beside each suite.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
]

baseline = typer.Typer(
    help="Bless gradients, so that `adbench check --baseline` can tell what has changed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@baseline.command("update", cls=Configured, epilog=EXIT_CODES)
def update(
    targets: Targets,
    arg: Arg = None,
    select: Select = None,
    tag: Tag = None,
    backend: Backend = None,
    dtype: Dtype = None,
    seed: Seed = None,
    device: Device = "cpu",
    place: Place = None,
    record: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Bless this run's record, of `adbench check` or `adbench bench`, and run nothing; "
            "one of `bench` has peak memory too.",
        ),
    ] = None,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    timeout: Timeout = None,
    in_process: InProcess = False,
) -> None:
    """Run the checks and keep each task's objective, gradient and verdict in the baseline.

    What is not selected stays as it is. A wrong gradient is not blessed, unless the suite
    announces it.
    """
    from adbench.cli.targets import suites_of

    suites = suites_of(targets, args=arg or (), dtype=dtype, seed=seed)
    known = _known(suites, place)
    if record is not None:
        ran = _read(record, suites, select, tag, backend)
    else:
        ran = _run(
            suites, select, tag, backend, dtype, device, jobs, timeout, in_process=in_process
        )
    if ran.interrupted:
        typer.echo("nothing was blessed: the run did not end", err=True)
        raise typer.Exit(INTERRUPTED)
    # Read again: another run may have blessed its own checks while this one ran.
    _bless(_known([found.suite for found in known], place), ran, dry_run=dry_run)
    raise typer.Exit(exit_code(ran, strict=False))


@baseline.command("show", cls=Configured)
def show(
    targets: Targets, select: Select = None, backend: Backend = None, place: Place = None
) -> None:
    """Show what is blessed: verdict, objective and gradient of each task."""
    import sys

    from adbench.cli.targets import refuse, suites_of
    from adbench.report.baseline_text import baseline_lines
    from adbench.report.terminal import terminal
    from adbench.runner.baselines import selected_keys

    console = terminal(sys.stdout)
    shown = 0
    for found in _known(suites_of(targets), place):
        try:
            keys = selected_keys(found, select, backend or ())
        except ValueError as error:
            refuse(f"error: {error}")
        entries = {key: found.present.tasks[key] for key in keys}
        for line in baseline_lines(str(found.path), entries, found.present.places):
            console.print(line, soft_wrap=True)
        shown += len(entries)
    if not shown:
        refuse("nothing is blessed here: run `adbench baseline update TARGET`", 1)


@baseline.command("diff", cls=Configured, epilog=EXIT_CODES)
def diff(
    targets: Targets,
    arg: Arg = None,
    select: Select = None,
    tag: Tag = None,
    backend: Backend = None,
    dtype: Dtype = None,
    seed: Seed = None,
    device: Device = "cpu",
    place: Place = None,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="A right gradient that has changed fails too.")
    ] = False,
    jobs: Jobs = None,
    timeout: Timeout = None,
    in_process: InProcess = False,
) -> None:
    """Run the checks and show what differs from the baseline; write nothing."""
    import sys
    from pathlib import Path

    from adbench.cli.targets import suites_of
    from adbench.record.comparison_tasks import Rules
    from adbench.report.compare_text import comparison_text
    from adbench.report.terminal import terminal
    from adbench.report.text import show as print_part
    from adbench.runner.baselines import compare_with_baselines

    suites = suites_of(targets, args=arg or (), dtype=dtype, seed=seed)
    known = _known(suites, place)
    ran = _run(suites, select, tag, backend, dtype, device, jobs, timeout, in_process=in_process)
    at = Path(place) if place is not None else None
    comparison = compare_with_baselines(ran, known, Rules(frozen), at)
    print_part(comparison_text(comparison), terminal(sys.stdout))
    if ran.interrupted:
        raise typer.Exit(INTERRUPTED)
    ran = ran.model_copy(update={"comparison": comparison})
    raise typer.Exit(exit_code(ran, strict=False))


@baseline.command("prune", cls=Configured)
def prune(targets: Targets, place: Place = None, dry_run: DryRun = False) -> None:
    """Take out of the baseline what its suite no longer has."""
    from adbench.cli.targets import suites_of
    from adbench.record.baseline_update import pruned
    from adbench.report.visible import visible

    for found in _known(suites_of(targets), place):
        gone = found.gone()
        for key in gone:
            typer.echo(f"- {visible(f'{found.suite.name}/{key}')}")
        if gone and not dry_run:
            _write(found, pruned(found.present, set(gone)))
        typer.echo(
            f"{visible(str(found.path))}: {_counted(len(gone), 'entry', 'entries')} "
            f"{'would be ' if dry_run else ''}removed"
        )


def _known(suites: "Sequence[Suite]", place: str | None) -> "list[SuiteBaseline]":
    from pathlib import Path

    from adbench.cli.targets import refuse
    from adbench.record import RecordError
    from adbench.runner.baselines import baselines_of

    try:
        return baselines_of(suites, Path(place).expanduser() if place is not None else None)
    except RecordError as error:
        refuse(f"error: {error}")


def _run(
    suites: "Sequence[Suite]",
    select: str | None,
    tag: list[str] | None,
    backend: list[str] | None,
    dtype: str | None,
    device: str,
    jobs: int | None,
    timeout: float | None,
    *,
    in_process: bool,
) -> "RunRecord":
    import shlex
    import sys

    from adbench.cli.progress import progress
    from adbench.cli.targets import planned, refuse
    from adbench.runner import RunOptions, run

    try:
        options = RunOptions(
            backends=backend or (),
            device=device,
            select=select,
            tags=tag or (),
            jobs=jobs,
            timeout=timeout,
            in_process=in_process,
            dtype=dtype,
            command=shlex.join(["adbench", *sys.argv[1:]]),
        )
    except ValueError as error:
        refuse(f"error: {error}")
    tasks = planned(suites, options)
    with progress(len(tasks), sys.stderr, lines=in_process) as shown:
        return run(suites, options, shown.result, shown.start)


def _read(
    path: str,
    suites: "Sequence[Suite]",
    select: str | None,
    tag: list[str] | None,
    backend: list[str] | None,
) -> "RunRecord":
    """The part of a record that the selection leaves; of these suites as they are now."""
    from pathlib import Path

    from adbench.cli.targets import planned, refuse
    from adbench.record import RecordError, read_record
    from adbench.runner import RunOptions

    try:
        record = read_record(Path(path).expanduser())
    except RecordError as error:
        refuse(f"error: {error}")
    theirs = {suite.name: suite.sha256 for suite in record.suites}
    for suite in suites:
        if suite.name not in theirs:
            refuse(f"error: {path} is no run of the suite {suite.name!r}; make the record again")
        if theirs[suite.name] != suite.sha256:
            refuse(
                f"error: the suite {suite.name!r} has changed since {path} was made; make the "
                "record again"
            )
    tasks = {
        task.name
        for task in planned(
            suites, RunOptions(backends=backend or (), select=select, tags=tag or ())
        )
    }
    results = tuple(result for result in record.results if result.task in tasks)
    if not results:
        refuse(f"error: {path} has none of the selected checks; select others, or make it again")
    return record.model_copy(update={"results": results})


def _bless(known: "Sequence[SuiteBaseline]", ran: "RunRecord", *, dry_run: bool) -> None:
    from adbench.record.baseline import entries_of
    from adbench.record.baseline_update import updated
    from adbench.report.visible import visible

    wrong = {result.task: result.reason for result in ran.results if not result.expected}
    entries, place = entries_of(ran)
    for found in known:
        good = {
            key: entry
            for key, entry in entries.get(found.suite.name, {}).items()
            if f"{found.suite.name}/{key}" not in wrong
        }
        change = updated(found.present, good, place)
        for line in _lines(found.suite.name, change):
            typer.echo(visible(line))
        if change.writes and not dry_run:
            _write(found, change.after)
        would = "would be " if dry_run else ""
        typer.echo(
            f"{visible(str(found.path))}: {len(change.added)} {would}added, "
            f"{len(change.changed)} {would}changed, {change.unchanged} unchanged"
        )
        if gone := found.gone():
            typer.echo(
                f"  {_counted(len(gone), 'entry is', 'entries are')} no longer in the suite: "
                "adbench baseline prune"
            )
    for task, reason in wrong.items():
        typer.echo(f"not blessed: {visible(task)}: {visible(reason)}", err=True)


def _lines(suite: str, change: "Update") -> "Iterable[str]":
    for key in change.added:
        yield f"+ {suite}/{key}"
    for key, comparison in change.changed.items():
        yield f"~ {suite}/{key}"
        for difference in comparison.changes:
            yield f"    {difference.message}"


def _write(found: "SuiteBaseline", after: "Baseline") -> None:
    from adbench.cli.targets import refuse
    from adbench.record import RecordError
    from adbench.record.baseline_file import write_baseline

    try:
        write_baseline(after, found.path)
    except RecordError as error:
        refuse(f"error: {error}")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
