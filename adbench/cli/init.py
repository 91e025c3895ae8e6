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

    folder = folder.expanduser()
    targets = [folder / name for name in _FILES]
    if there := [str(target) for target in targets if target.exists() or target.is_symlink()]:
        refuse(f"adbench init overwrites nothing: there is already {' and '.join(there)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target in targets:
            with target.open("x", encoding="utf-8") as file:
                file.write((_STARTER / target.name).read_text(encoding="utf-8"))
            typer.echo(f"wrote {target}")
    except OSError as error:
        refuse(f"{error.filename}: cannot be written ({error.strerror})")
    typer.echo(f"Now run: adbench check {shlex.quote(str(targets[0]))}")
