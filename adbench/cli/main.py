"""The command `adbench`: its subcommands, its version and its help.

Everything heavy is imported inside the commands, so that `adbench --help` is at once.
"""

import errno
import os
import sys
from typing import Annotated

import typer

from adbench.cli.baseline import baseline
from adbench.cli.bench import bench
from adbench.cli.check import check
from adbench.cli.compare import EXIT_CODES as COMPARE_EXIT_CODES
from adbench.cli.compare import compare
from adbench.cli.config import config
from adbench.cli.doctor import doctor
from adbench.cli.exits import EXIT_CODES, INTERRUPTED, USAGE
from adbench.cli.explain import explain
from adbench.cli.init import init
from adbench.cli.list import list_cases
from adbench.cli.merge import merge
from adbench.cli.report import report
from adbench.cli.schema import schema
from adbench.cli.settings import Configured
from adbench.cli.validate import validate

app = typer.Typer(
    name="adbench",
    help="Unit tests and honest benchmarks for gradients: native, PyTorch and JAX.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("check", cls=Configured, no_args_is_help=True, epilog=EXIT_CODES)(check)
app.command("bench", cls=Configured, no_args_is_help=True, epilog=EXIT_CODES)(bench)
app.add_typer(baseline, name="baseline")
app.command("compare", cls=Configured, no_args_is_help=True, epilog=COMPARE_EXIT_CODES)(compare)
app.command("merge", cls=Configured, no_args_is_help=True, epilog=EXIT_CODES)(merge)
app.command("report", no_args_is_help=True)(report)
app.command("explain", no_args_is_help=True)(explain)
app.command("list", cls=Configured, no_args_is_help=True)(list_cases)
app.command("validate", no_args_is_help=True)(validate)
app.command("schema")(schema)
app.command("init")(init)
app.command("doctor")(doctor)
app.command("config")(config)


def _show_version(wanted: bool) -> None:
    if wanted:
        from adbench import __version__

        typer.echo(f"adbench {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The options that stand before a command."""


_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""What a write to a stream may fail with that is no fault of the program's."""


def main() -> None:
    """The entry point: runs the command line and leaves with its exit code.

    Output that cannot be written ends it in words, with the code of a file that cannot be.
    """
    _have_streams()
    try:
        app(prog_name="adbench")
    except KeyboardInterrupt:  # before the command itself had begun
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        _say(f"error: the output cannot be written ({error.strerror}); direct it elsewhere")
        os._exit(USAGE)  # leaving otherwise would flush the stream, and fail once more


def _have_streams() -> None:
    """A shell may have closed them (`>&-`); what is said then is said to nobody."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _say(message: str) -> None:
    try:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
    except OSError:
        return
