"""`adbench init`: a commented suite and its functions, to start from."""

from pathlib import Path
from typing import Annotated

import typer

_STARTER = Path(__file__).parent / "starter"
_FILES = ("gradients.yaml", "functions.py")


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to write them; made if it is not there.")
    ] = Path(),
) -> None:
    """Write a starter suite and its functions, which pass at once.

    Nothing is overwritten: when one of the files is there already, none is written.
    """
    import shlex

    from adbench.cli.targets import refuse
    from adbench.record import write_text

    folder = folder.expanduser()
    targets = [folder / name for name in _FILES]
    if there := [str(target) for target in targets if target.exists() or target.is_symlink()]:
        refuse(f"adbench init overwrites nothing: there is already {' and '.join(there)}")
    for target in targets:
        try:
            write_text(target, (_STARTER / target.name).read_text(encoding="utf-8"))
        except OSError as error:
            refuse(f"error: {target} cannot be written ({error.strerror})")
        typer.echo(f"wrote {target}")
    typer.echo(f"Now run: adbench check {shlex.quote(str(targets[0]))}")
