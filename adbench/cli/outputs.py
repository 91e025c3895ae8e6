"""`--output-format`: which report goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from typing import Any, TextIO

    from adbench.record import RecordError
    from adbench.record.model import RunRecord

FORMATS = ("text", "json", "junit", "github", "markdown")
_DOCUMENTS = ("json", "junit", "markdown")
"""Formats that stand alone where they are written; text and github are lines of a log."""
_SUFFIXES = {"text": "txt", "json": "json", "junit": "xml", "github": "txt", "markdown": "md"}


@dataclass(frozen=True, slots=True)
class Output:
    """One report: its format, and the file it goes to (None: standard output)."""

    format: str
    path: Path | None


def parse_outputs(values: Sequence[str], html: Path | None = None) -> list[Output]:
    """`["json=run.json"]` -> what is written where; text on standard output unless a document is.

    `html` is where a page is to go, and its data beside it.

    Raises typer.BadParameter for an unknown format, a path that cannot be written, a file named
    twice, and two documents on standard output: before a run, and not at its end.
    """
    outputs = [_parse(value) for value in values]
    if html is not None:
        html = html.expanduser()
        if why := _unwritable(html):
            raise typer.BadParameter(f"{str(html)!r} {why}.", param_hint="'--html'")
        outputs.append(Output("html", html))
    named = [output.path for output in outputs if output.path is not None]
    for path in named:
        if named.count(path) > 1:
            raise _bad(f"{path} is named twice: each report needs a file of its own.")
    plain = list(dict.fromkeys(output.format for output in outputs if output.path is None))
    documents = [format for format in plain if format in _DOCUMENTS]
    if len(documents) > 1:
        first, second, *_ = documents
        raise _bad(
            f"{first} and {second} cannot both go to standard output. Give one of them a file: "
            f"{second}=run.{_SUFFIXES[second]}."
        )
    if not documents and "text" not in plain:
        outputs.append(Output("text", None))
    return list(dict.fromkeys(outputs))


def document_on_stdout(outputs: Sequence[Output]) -> str | None:
    """The format of the document that has standard output to itself, or None."""
    plain = (output.format for output in outputs if output.path is None)
    return next((format for format in plain if format in _DOCUMENTS), None)


def write_outputs(
    record: RunRecord, outputs: Sequence[Output], samples: Mapping[str, Any] | None = None
) -> None:
    """Write every report. Where a document takes standard output, text goes to standard error.

    `samples` are a benchmark's raw ones, for those who look into a page's data. Files come first:
    nothing that happens to a stream may lose them.

    Raises RecordError for a file that cannot be written, after the other reports are out.
    """
    failure = _write_files(record, outputs, samples)
    _print_all(record, outputs)
    if failure:
        raise failure


def _print_all(record: RunRecord, outputs: Sequence[Output]) -> None:
    """What goes to standard output, or to standard error beside a document."""
    import sys

    from adbench.report.terminal import terminal
    from adbench.report.text import report

    plain = {output.format for output in outputs if output.path is None}
    document = document_on_stdout(outputs)
    log = sys.stderr if document else sys.stdout
    if "text" in plain:
        report(record, terminal(log))
    if "github" in plain:
        _print(_rendered(record, "github"), log)
    if document:
        _print(_rendered(record, document), sys.stdout)


def _write_files(
    record: RunRecord, outputs: Sequence[Output], samples: Mapping[str, Any] | None
) -> RecordError | None:
    """Every file that is asked for; the first that cannot be written keeps no other from it."""
    from adbench.record import RecordError

    failure: RecordError | None = None
    for output in outputs:
        try:
            if output.path is not None and output.format == "html":
                _write_page(record, output.path, samples)
            elif output.path is not None:
                _write(record, output.format, output.path)
            if output.format == "github":
                _write_step_summary(record)
        except RecordError as error:
            failure = failure or error
    return failure


def _rendered(record: RunRecord, format: str) -> str:
    if format == "json":
        from adbench.report.json import json_text

        return json_text(record)
    if format == "junit":
        from adbench.report.junit import render_junit

        return render_junit(record)
    if format == "markdown":
        from adbench.report.markdown import render_markdown

        return render_markdown(record)
    if format == "github":
        import os

        from adbench.report.github import render_github

        workspace = os.environ.get("GITHUB_WORKSPACE", "")
        return render_github(record, folder=os.getcwd(), workspace=workspace)
    from adbench.report.text import text

    return text(record)


def _write(record: RunRecord, format: str, path: Path) -> None:
    from adbench.record import RecordError, write_record, write_text

    if format == "json":
        write_record(record, path)
        return
    try:
        write_text(path, _rendered(record, format))
    except OSError as error:
        what = f"the report cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "choose another place with --output-format") from error


def _write_page(record: RunRecord, path: Path, samples: Mapping[str, Any] | None) -> None:
    import json

    from adbench.cli.pages import write_page
    from adbench.report.html import Source

    raw = None if samples is None else json.dumps(samples) + "\n"
    write_page([Source(record, samples=raw)], path)


def _write_step_summary(record: RunRecord) -> None:
    """Add the run to the summary of a step of GitHub Actions, where there is one."""
    import os

    from adbench.record import RecordError
    from adbench.report.github import SUMMARY_BYTES, step_summary
    from adbench.report.markdown import render_markdown

    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    path = Path(name)
    try:
        with path.open("ab") as file:
            room = SUMMARY_BYTES - file.tell()
            file.write(step_summary(render_markdown(record), room).encode())
    except OSError as error:
        what = f"the step's summary cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "set GITHUB_STEP_SUMMARY to a file, or unset it") from error


def _print(text: str, stream: TextIO) -> None:
    """Documents are UTF-8 wherever they go; a log has its terminal's encoding."""
    from adbench.report.terminal import hush

    try:
        stream.flush()
        stream.buffer.write(text.encode())
        stream.buffer.flush()
    except BrokenPipeError:
        hush(stream)


def _parse(value: str) -> Output:
    import difflib

    format, equals, path = value.partition("=")
    if format not in FORMATS:
        near = difflib.get_close_matches(format, FORMATS, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(FORMATS)}."
        raise _bad(f"there is no format {format!r}. {hint}")
    if not equals:
        return Output(format, None)
    if not path:
        raise _bad(f"{value!r} names no file. Write {format}=PATH, or {format} alone.")
    file = Path(path).expanduser()
    if why := _unwritable(file):
        raise _bad(f"{path!r} {why}.")
    return Output(format, file)


def _unwritable(file: Path) -> str:
    """Why a report could not be written there at the end of a run; "" where it could."""
    import os
    import tempfile

    try:
        if file.is_dir():
            return f"is a folder; name a file in it, such as {file / 'report'}"
        if file.exists() and not file.is_file():  # a pipe or a device is written to as it is
            return "" if os.access(file, os.W_OK) else "cannot be written: permission denied"
        folder = file.resolve().parent
        while not folder.exists():  # missing folders will be made
            folder = folder.parent
        if not folder.is_dir():
            return f"cannot be written: {folder} is not a folder"
        with tempfile.TemporaryFile(dir=folder):  # permissions alone know no read-only disk
            return ""
    except OSError as error:
        return f"cannot be written: {error.strerror or error}"


def _bad(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="'--output-format'")
