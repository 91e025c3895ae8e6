"""Records as files: written whole or not at all, and refused in words when they cannot be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adbench.record.model import SCHEMA_VERSION, RunRecord

_SHOWN_PROBLEMS = 3


class RecordError(Exception):
    """A record that cannot be read or written; the message says which file, why, and what to do."""

    def __init__(self, path: Path, what: str, remedy: str) -> None:
        super().__init__(f"{path}: {what}; {remedy}")
        self.path = path
        self.what = what
        self.remedy = remedy


def write_record(record: RunRecord, path: str | os.PathLike[str]) -> Path:
    """Write `record` as JSON; a reader sees the old file or the new one, never half of one.

    Missing folders are made. Returns the path. Raises RecordError when it cannot be written.
    """
    path = Path(path)
    text = record.model_dump_json(indent=2) + "\n"
    try:
        if path.is_dir():
            raise RecordError(path, "this is a folder", f"name a file, such as {path / 'run.json'}")
        if path.exists() and not path.is_file():  # a pipe or /dev/stdout is never replaced
            path.write_text(text, encoding="utf-8")
            return path
        target = path.resolve()  # behind a symbolic link, the file is replaced and not the link
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            beside.write_text(text, encoding="utf-8")
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        what = f"the record cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "choose another place with --output-format json=PATH") from (
            error
        )
    return path


def read_record(path: str | os.PathLike[str]) -> RunRecord:
    """Read what `write_record` wrote. Raises RecordError for anything else."""
    path = Path(path)
    data = _parse(path, _read(path))
    if not isinstance(data, dict) or "schema_version" not in data or "results" not in data:
        raise RecordError(
            path,
            "this is JSON but not an adbench run record",
            "give a file that `adbench check --output-format json=PATH` wrote",
        )
    version = data["schema_version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        what = f"its schema_version is {version!r} and not a whole number from 1 on"
        raise RecordError(path, what, "make the record again; it was changed by hand")
    if version > SCHEMA_VERSION:
        writer = data.get("adbench_version", "a newer version")
        raise RecordError(
            path,
            f"it was written by adbench {writer} with record schema {version}, "
            f"and this adbench reads schemas up to {SCHEMA_VERSION}",
            "upgrade adbench here, or make the record again with this version",
        )
    try:
        return RunRecord.model_validate(data)
    except ValidationError as error:
        what = f"it does not fit record schema {version}: {_problems(error)}"
        raise RecordError(path, what, "make the record again; it was changed by hand") from None


def _read(path: Path) -> str:
    again = "give a file that `adbench check --output-format json=PATH` wrote"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RecordError(path, "there is no such file", again) from None
    except IsADirectoryError:
        raise RecordError(path, "this is a folder", f"name the file in it: {path}/…") from None
    except UnicodeDecodeError:
        raise RecordError(path, "this is not a text file, so not a record", again) from None
    except OSError as error:
        raise RecordError(path, f"it cannot be read ({error.strerror})", again) from error


def _parse(path: Path, text: str) -> Any:
    rerun = "make the record again"
    if not text.strip():
        raise RecordError(path, "the file is empty", rerun)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut_short = text.lstrip()[0] == "{" and _open_at_end(text)
        if cut_short:
            what = f"the record stops in the middle (line {error.lineno}), so it was cut short"
            raise RecordError(path, what, f"copy it again, or {rerun}") from None
        what = f"this is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        raise RecordError(path, what, rerun) from None
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        raise RecordError(path, f"this is no run record ({error})", rerun) from None


def _open_at_end(text: str) -> bool:
    """Whether JSON brackets or a string are still open where the text ends."""
    depth, in_string, escaped = 0, False, False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
    return in_string or depth > 0


def _problems(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'the record'}: {problem['msg']}"
        for problem in problems[:_SHOWN_PROBLEMS]
    ]
    more = len(problems) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
