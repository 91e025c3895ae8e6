"""Arguments and options that several commands share, word for word."""

from pathlib import Path
from typing import Annotated

import typer

_OFFERED = ("native", "torch", "torch:compile", "jax", "jax:eager", "manual", "all")


def complete_backend(incomplete: str) -> list[str]:
    """What a shell offers after `--backend`."""
    return [name for name in _OFFERED if name.startswith(incomplete)]


Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET",
        help="A suite file, a folder of suites, a function of a file (model.py:loss) or of a "
        "module (package.module:loss).",
    ),
]
Arg = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=SPEC",
        help="An input of a bare function, such as 'x=normal(3,4)' or x=[1,2,3]; repeatable.",
    ),
]
Backend = Annotated[
    list[str] | None,
    typer.Option(
        "--backend",
        "-b",
        metavar="NAME[:MODE]",
        help="native, torch, jax or manual, with a mode if need be (torch:compile), or all; "
        "repeatable. Default: all that a case is meant for.",
        autocompletion=complete_backend,
    ),
]
Dtype = Annotated[
    str | None,
    typer.Option(
        metavar="DTYPE", help="The inputs' dtype, such as float32; default: the cases' own."
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Seeds inputs and directions; default: the cases' own."),
]
Select = Annotated[
    str | None,
    typer.Option(
        "--select",
        "-k",
        metavar="EXPR",
        help="Only these cases: a name, a part of one or a pattern, with and, or, not: "
        "'gmm* and not large'.",
    ),
]
Tag = Annotated[
    list[str] | None,
    typer.Option(metavar="TAG", help="Only cases with one of these tags; repeatable."),
]
Device = Annotated[
    str, typer.Option(metavar="DEVICE", help="Where backends compute: cpu, cuda, cuda:1.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="N",
        help="How many worker processes may run at once. Default: one a core.",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="How long one task may take. Default: no limit."),
]
InProcess = Annotated[
    bool,
    typer.Option("--in-process", help="Run in this process, for debuggers: a crash ends it."),
]
Html = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH", help="Write a page to read there, and its data to a folder beside it."
    ),
]
