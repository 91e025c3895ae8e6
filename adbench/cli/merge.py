"""`adbench merge`: the records of a run's parts, as one."""

from typing import Annotated

import typer

from adbench.cli.exits import INTERRUPTED, exit_code


def merge(
    records: Annotated[
        list[str],
        typer.Argument(
            metavar="RECORD", help="What each part wrote with --output-format json=PATH."
        ),
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Make inconclusive verdicts exit with code 4.")
    ] = False,
    output_format: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT[=PATH]", help="As in `check`; repeatable."),
    ] = None,
) -> None:
    """Put the records of `adbench check --shard` together, and report them as one run.

    Refuses parts that are missing or unfinished, other versions, suites or code, and results that
    disagree.
    """
    from adbench.cli.outputs import parse_outputs, write_outputs
    from adbench.cli.targets import refuse
    from adbench.record import RecordError, read_record
    from adbench.record.merge import MergeError, merged

    outputs = parse_outputs(output_format or ())
    try:
        record = merged([(path, read_record(path)) for path in dict.fromkeys(records)])
        write_outputs(record, outputs)
    except (RecordError, MergeError) as error:
        refuse(f"error: {error}")
    if record.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(exit_code(record, strict=strict))
