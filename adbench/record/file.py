"""Records as files: written whole or not at all, and refused in words when they cannot be read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adbench.record.base import first_problems
from adbench.record.model import SCHEMA_VERSION, RunRecord

_AGAIN = "give a file that `adbench check --output-format json=PATH` wrote"
_RERUN = "make the record again"
_BY_HAND = f"{_RERUN}; it was changed by hand"


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
    try:
        if path.is_dir():
            raise RecordError(path, "this is a folder", f"name a file, such as {path / 'run.json'}")
        write_text(path, record.model_dump_json(indent=2) + "\n")
    except OSError as error:
        what = f"the record cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "choose another place with --output-format json=PATH") from (
            error
        )
    return path


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8, as `write_bytes` does. Raises OSError."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole: beside its place, and then renamed. Missing folders are made.

    A pipe, or /dev/stdout, is written to as it is. Raises OSError.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    target = path.resolve()  # behind a symbolic link, the file is replaced and not the link
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(data)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def read_record(path: str | os.PathLike[str]) -> RunRecord:
    """Read what `write_record` wrote. Raises RecordError for anything else."""
    path = Path(path)
    data = parse_json(path, read_text(path, _AGAIN), _RERUN)
    return parse_record(path, data)


def parse_record(path: Path, data: Any) -> RunRecord:
    """Like `read_record`, from the file's parsed JSON."""
    if not isinstance(data, dict) or "schema_version" not in data or "results" not in data:
        raise RecordError(
            path,
            "this is JSON but not an adbench run record",
            _AGAIN,
        )
    version = data["schema_version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        what = f"its schema_version is {version!r} and not a whole number from 1 on"
        raise RecordError(path, what, _BY_HAND)
    if version > SCHEMA_VERSION:
        writer = data.get("adbench_version", "a newer version")
        raise RecordError(
            path,
            f"it was written by adbench {writer} with record schema {version}, "
            f"and this adbench reads schemas up to {SCHEMA_VERSION}",
            "upgrade adbench here, or make the record again with this version",
        )
    try:
        record = RunRecord.model_validate(data)
    except ValidationError as error:
        what = f"it does not fit record schema {version}: {first_problems(error)}"
        raise RecordError(path, what, _BY_HAND) from None
    seen: set[str] = set()
    for result in record.results:
        if result.task in seen:
            raise RecordError(path, f"it has {result.task} twice", _BY_HAND)
        seen.add(result.task)
    return record


def read_text(path: Path, again: str) -> str:
    """The file's text. Raises RecordError, which ends in what to do, `again`."""
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


def parse_json(path: Path, text: str, rerun: str) -> Any:
    """The JSON in `text`. Raises RecordError, which ends in what to do, `rerun`."""
    if not text.strip():
        raise RecordError(path, "the file is empty", rerun)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut_short = text.lstrip()[0] == "{" and _open_at_end(text)
        if cut_short:
            what = f"the file stops in the middle (line {error.lineno}), so it was cut short"
            raise RecordError(path, what, f"copy it again, or {rerun}") from None
        what = f"this is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        raise RecordError(path, what, rerun) from None
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        raise RecordError(path, f"this cannot be read ({error})", rerun) from None


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
