"""Command-line targets -> suites and tasks; every mistake is told, and ends the command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import typer

from adbench.cli.exits import NOTHING, USAGE

if TYPE_CHECKING:
    from adbench.runner import RunOptions, Task
    from adbench.suite import Suite


def suites_of(
    targets: Sequence[str],
    *,
    args: Sequence[str] = (),
    dtype: str | None = None,
    seed: int | None = None,
) -> list[Suite]:
    """The suites that `targets` name; a mistake in them ends the command with exit code 2."""
    from os.path import expanduser

    from adbench.suite import SuiteError, resolve_targets

    try:
        return resolve_targets(
            [expanduser(target) for target in targets], args=args, dtype=dtype, seed=seed
        )
    except SuiteError as error:
        refuse(str(error))


def planned(suites: Sequence[Suite], options: RunOptions) -> list[Task]:
    """The tasks that a run would do; none at all ends the command with exit code 5."""
    from adbench.runner import SelectError, plan

    try:
        tasks = plan(suites, options)
    except SelectError as error:
        refuse(f"error: {error}")
    except ValueError as error:  # a backend or a mode that does not exist
        refuse(f"error: {error}")
    if not tasks:
        refuse(_nothing(suites, options), NOTHING)
    return tasks


def _nothing(suites: Sequence[Suite], options: RunOptions) -> str:
    """Why no task is left, as far as the options say."""
    cases = [case for suite in suites for case in suite.cases]
    if not cases:
        return "nothing was selected: the targets have no cases"
    limits = []
    if options.select is not None:
        limits.append(f"--select {options.select!r}")
    if options.tags:
        limits.append(f"--tag {' '.join(options.tags)}")
    if options.backends:
        limits.append(f"--backend {' '.join(options.backends)}")
    count = f"{len(cases)} {'case' if len(cases) == 1 else 'cases'}"
    some = ", ".join(case.name for case in cases[:5]) + (", …" if len(cases) > 5 else "")
    return (
        f"nothing was selected: {' and '.join(limits)} leaves none of {count} ({some});\n"
        "`adbench list TARGET` shows the cases, their backends and tags"
    )


def refuse(message: str, code: int = USAGE) -> NoReturn:
    """Say on standard error why the command cannot be done, and leave with `code`."""
    from adbench.report.visible import visible_lines

    typer.echo("\n".join(visible_lines(message)), err=True)
    raise typer.Exit(code)
