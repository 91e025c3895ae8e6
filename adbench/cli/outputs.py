"""`--output-format`: which report goes where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from adbench.record.model import RunRecord

FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Output:
    """One report: its format, and the file it goes to (None: standard output)."""

    format: str
    path: Path | None


def parse_outputs(values: Sequence[str]) -> list[Output]:
    """`["json=run.json"]` -> what is written where; text on standard output unless json is there.

    Raises typer.BadParameter for an unknown format, an empty path, a folder, or a file named twice.
    """
    outputs = [_parse(value) for value in values]
    named = [output.path for output in outputs if output.path is not None]
    for path in named:
        if named.count(path) > 1:
            raise _bad(f"{path} is named twice: each report needs a file of its own.")
    plain = {output.format for output in outputs if output.path is None}
    if not plain:
        outputs.append(Output("text", None))
    return list(dict.fromkeys(outputs))


def write_outputs(record: RunRecord, outputs: Sequence[Output]) -> None:
    """Write every report. When json takes standard output, text goes to standard error.

    Raises RecordError for a file that cannot be written, after the other reports are out.
    """
    import sys

    from adbench.record import RecordError
    from adbench.report.terminal import terminal
    from adbench.report.text import report

    to_stdout = {output.format for output in outputs if output.path is None}
    if "text" in to_stdout:
        report(record, terminal(sys.stderr if "json" in to_stdout else sys.stdout))
    if "json" in to_stdout:
        _print_json(record)
    failure: RecordError | None = None
    for output in outputs:
        if output.path is not None:
            try:
                _write(record, output.format, output.path)
            except RecordError as error:
                failure = failure or error
    if failure:
        raise failure


def _write(record: RunRecord, format: str, path: Path) -> None:
    from adbench.record import RecordError, write_record
    from adbench.report.text import text

    if format == "json":
        write_record(record, path)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(record), encoding="utf-8")
    except OSError as error:
        what = f"the report cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "choose another place with --output-format") from error


def _print_json(record: RunRecord) -> None:
    import sys

    from adbench.report.json import json_text
    from adbench.report.terminal import hush

    try:
        sys.stdout.write(json_text(record))
        sys.stdout.flush()
    except BrokenPipeError:
        hush(sys.stdout)


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
    if file.is_dir():
        raise _bad(f"{path!r} is a folder. Name a file, such as {file / f'run.{format}'}.")
    return Output(format, file)


def _bad(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="'--output-format'")
