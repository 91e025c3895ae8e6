"""`adbench compare`: what has changed from one run to another?"""

from typing import Annotated

import typer

from adbench.cli.exits import comparison_code

EXIT_CODES = """\b
Exit codes:
    0  nothing changed, or what changed is right
    1  a gradient is wrong, changed without being known to be right, or has no counterpart
    2  a file cannot be read, or the two are not comparable"""


def compare(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A", help="A run record (JSON), a baseline, or a folder of baselines."
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, later.")],
    frozen: Annotated[
        bool, typer.Option("--frozen", help="A right gradient that has changed fails too.")
    ] = False,
    memory_margin: Annotated[
        float | None,
        typer.Option(
            metavar="R",
            min=0,
            help="Fail where peak memory has grown by more than this share, such as 0.1; both "
            "sides have to come from `adbench bench`. Default: it is only shown.",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write the comparison as JSON instead of text.")
    ] = False,
) -> None:
    """Tell apart, for each check, what has changed from A to B.

    The objective, the gradient with the same objective, the inputs, the environment, rounding
    alone, time or memory; in units in the last place and in relative terms.
    """
    import shlex
    import sys
    from pathlib import Path

    from adbench.cli.targets import refuse
    from adbench.record import RecordError
    from adbench.record.comparison_runs import compare_sides, read_side
    from adbench.record.comparison_tasks import Rules
    from adbench.report.compare_text import comparison_text
    from adbench.report.terminal import terminal
    from adbench.report.text import show

    try:
        one, other = (read_side(Path(path).expanduser()) for path in (before, after))
    except RecordError as error:
        refuse(f"error: {error}")
    if not one.tasks & other.tasks:
        some = [", ".join(sorted(side.tasks)[:3]) or "nothing" for side in (one, other)]
        refuse(
            f"error: {before} ({some[0]}) and {after} ({some[1]}) have no check in common; give "
            "two runs of the same suite"
        )
    missing = dict.fromkeys(one.tasks - other.tasks, "run the same checks on both sides")
    comparison = compare_sides(
        one,
        other,
        Rules(frozen, memory_margin),
        update=lambda task: f"adbench baseline update TARGET --record {shlex.quote(after)}",
        gone=missing,
    )
    if json:
        typer.echo(comparison.model_dump_json(indent=2))
    else:
        show(comparison_text(comparison), terminal(sys.stdout))
    raise typer.Exit(comparison_code(comparison))
