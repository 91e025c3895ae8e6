"""`adbench validate`: read suite files, run nothing."""

from typing import Annotated

import typer

from adbench.cli.exits import NOTHING


def validate(
    suites: Annotated[
        list[str], typer.Argument(metavar="SUITE", help="Suite files, or folders of them.")
    ],
) -> None:
    """Check suite files for mistakes without running a function.

    Every mistake is shown with its file, line and column, and the exit code is then 2.
    """
    from adbench.cli.targets import suites_of
    from adbench.report.visible import visible

    found = suites_of(suites)
    for suite in found:
        count = len(suite.cases)
        typer.echo(f"{visible(str(suite.path))}: ok, {count} {'case' if count == 1 else 'cases'}")
    if not any(suite.cases for suite in found):
        raise typer.Exit(NOTHING)
