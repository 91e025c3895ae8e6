"""`adbench schema`: the JSON Schema of suite files, for editors and other programs."""

import typer


def schema() -> None:
    """Print the JSON Schema of suite files.

    An editor that knows it completes and checks suites as they are written: save it with
    `adbench schema > suite.schema.json` and begin a suite with
    `# yaml-language-server: $schema=suite.schema.json`.
    """
    import json

    from adbench.suite import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
