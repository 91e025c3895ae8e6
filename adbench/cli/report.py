"""`adbench report`: records as something that people read."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from adbench.report.html import Source
    from adbench.report.view.arrangement import Arrangement


class Format(StrEnum):
    """What a report can be written as."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


_SUFFIXES = {".html": Format.HTML, ".htm": Format.HTML, ".md": Format.MARKDOWN, ".txt": Format.TEXT}


def report(
    records: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORD",
            help="Files that `--output-format json=PATH` wrote, or a folder of them. A check and "
            "a bench become one report; two of a kind are compared, the older first; more are a "
            "history.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR|FILE",
            help="A folder for index.html and README.md, or a file: its suffix (.html, .md, .txt) "
            "is its format. Default: text, to standard output.",
        ),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(metavar="html|markdown|text", help="The format, whatever the suffix says."),
    ] = None,
) -> None:
    """Show records as a page, as Markdown, or here.

    A page is one file that needs nothing else; its raw data go to a folder beside it.
    """
    from adbench.cli.pages import write_page
    from adbench.cli.targets import refuse
    from adbench.record import RecordError
    from adbench.report.view.arrangement import arrange

    try:
        sources = [source for path in records for source in _sources(path.expanduser())]
        arranged = arrange([source.record for source in sources])
        if output is None:
            _print(arranged, format or Format.TEXT)
            return
        places = _places(output.expanduser(), format)
        for path, chosen in places:
            if chosen is Format.HTML:
                write_page(sources, path)
            else:
                _save(_rendered(arranged, chosen, beside=len(places) > 1), path)
            typer.echo(f"wrote {path}", err=True)
    except RecordError as error:
        refuse(f"error: {error}")


def _sources(path: Path) -> "list[Source]":
    """The record at `path`, or those in the folder there. Raises RecordError."""
    from adbench.record import RecordError, read_record
    from adbench.report.html import Source

    if not path.is_dir():
        record = read_record(path)
        raw = path.parent / record.bench.raw if record.bench and record.bench.raw else None
        return [Source(record, path.stem, _samples(raw))]
    found = [
        file for file in sorted(path.glob("*.json")) if not file.name.endswith(".samples.json")
    ]
    if not found:
        what, remedy = (
            "the folder has no record",
            "make one: adbench check --output-format json=PATH",
        )
        raise RecordError(path, what, remedy)
    return [source for file in found for source in _sources(file)]


def _samples(path: Path | None) -> str | None:
    """The raw samples beside a record, where they still are."""
    try:
        return path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError):
        return None


def _places(output: Path, format: Format | None) -> list[tuple[Path, Format]]:
    """What is written where: both kinds of page in a folder, or one file."""
    named = _SUFFIXES.get(output.suffix.lower())
    if output.is_dir() or (named is None and format is None):
        pages = [(output / "README.md", Format.MARKDOWN), (output / "index.html", Format.HTML)]
        if format is Format.TEXT:
            return [(output / "report.txt", Format.TEXT)]
        return [page for page in pages if format in (None, page[1])]
    return [(output, format or named or Format.TEXT)]


_BESIDE = (
    ("index.html", "the page, with a section for each case and its charts"),
    ("index-data/", "its data"),
)


def _rendered(arranged: "Arrangement", format: Format, *, beside: bool = False) -> str:
    """The report as one text; a page printed has no data beside it."""
    record, comparison, past = arranged.record, arranged.comparison, arranged.past
    if format is Format.HTML:
        from adbench.report.html import render_html

        return render_html(record, comparison=comparison, past=past, commands=arranged.commands)
    if format is Format.MARKDOWN:
        from adbench.report.markdown import render_markdown

        return render_markdown(
            record,
            comparison=comparison,
            past=past,
            commands=arranged.commands,
            beside=_BESIDE if beside else (),
        )
    from adbench.report.arranged import arranged_text
    from adbench.report.text import text

    return text(record, after=arranged_text(arranged))


def _print(arranged: "Arrangement", format: Format) -> None:
    import sys

    from adbench.report.terminal import hush, terminal

    if format is Format.TEXT:
        from adbench.report.arranged import arranged_text
        from adbench.report.text import report as show

        show(arranged.record, terminal(sys.stdout), after=arranged_text(arranged))
        return
    try:
        sys.stdout.buffer.write(_rendered(arranged, format).encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        hush(sys.stdout)


def _save(text: str, path: Path) -> None:
    from adbench.record import RecordError, write_text

    try:
        if path.is_dir():
            raise RecordError(path, "this is a folder", "name a file in it")
        write_text(path, text)
    except OSError as error:
        what = f"the report cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "choose another place with -o") from error
